// SPDX-License-Identifier: GPL-2.0

//! Words that are read and written once, as by the kernel's `READ_ONCE()` and `WRITE_ONCE()`.
//!
//! `kernel::sync::atomic` has the same as relaxed loads and stores, and calls a C helper for each,
//! of which the map would make some dozen for a number. A volatile access is what the macros are.

use core::cell::UnsafeCell;

/// A word that one thread at a time writes, and others may read meanwhile. Nothing is ordered by it
/// but what depends on the value that was read.
#[repr(transparent)]
pub(super) struct Volatile<T>(UnsafeCell<T>);

/// Integers and pointers: what the processor loads and stores as a whole if it is aligned.
///
/// # Safety
///
/// The type is one of these, and not larger than a pointer.
pub(super) unsafe trait Scalar: Copy {}

// SAFETY: An integer, not larger than a pointer on the machines that the module is for.
unsafe impl Scalar for u64 {}
const _: () = assert!(size_of::<u64>() <= size_of::<*mut u8>());

// SAFETY: An integer that is smaller.
unsafe impl Scalar for u32 {}

// SAFETY: A pointer.
unsafe impl<T> Scalar for *mut T {}

// SAFETY: Readers get a copy, of a value that was written as a whole.
unsafe impl<T: Scalar> Sync for Volatile<T> {}

impl<T: Scalar> Volatile<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Where the word is, for an access that is ordered.
    #[inline(always)]
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    #[inline(always)]
    pub(super) fn read(&self) -> T {
        // SAFETY: The reference is valid and aligned. A write at the same time is one of a whole
        // word, and the volatile read is one, which the memory model of the kernel allows.
        unsafe { self.0.get().read_volatile() }
    }

    /// Not for two threads at once: one of the writes would be lost.
    #[inline(always)]
    pub(super) fn write(&self, value: T) {
        // SAFETY: As for `read()`.
        unsafe { self.0.get().write_volatile(value) }
    }
}
