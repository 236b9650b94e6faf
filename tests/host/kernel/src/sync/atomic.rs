// SPDX-License-Identifier: GPL-2.0

//! Atomic words with the orders of the kernel.

#[cfg(feature = "explore")]
use loom::sync::atomic as imp;
#[cfg(not(feature = "explore"))]
use std::sync::atomic as imp;

use imp::{AtomicU32, Ordering, fence};

/// How an access is ordered.
pub trait Order {
    /// As C has it.
    const ORDERING: Ordering;
    /// Whether all before is ordered against all behind.
    const FULL: bool = false;
}

macro_rules! orders {
    ($($name:ident = $ordering:ident),*) => {
        $(
            #[allow(missing_docs)]
            pub struct $name;

            impl Order for $name {
                const ORDERING: Ordering = Ordering::$ordering;
            }
        )*
    };
}

orders!(Relaxed = Relaxed, Acquire = Acquire, Release = Release);

/// As `smp_mb()` before and behind.
pub struct Full;

impl Order for Full {
    const ORDERING: Ordering = Ordering::AcqRel;
    const FULL: bool = true;
}

fn ordered<O: Order, T>(access: impl FnOnce() -> T) -> T {
    if O::FULL {
        fence(Ordering::SeqCst);
    }
    let value = access();
    if O::FULL {
        fence(Ordering::SeqCst);
    }
    value
}

/// `smp_mb()`.
pub fn smp_mb() {
    fence(Ordering::SeqCst);
}

/// A word. Of those that the kernel has there is one only.
pub struct Atomic<T> {
    word: AtomicU32,
    _type: core::marker::PhantomData<T>,
}

impl Atomic<u32> {
    /// A word with a value.
    pub fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value), _type: core::marker::PhantomData }
    }

    /// Reads it.
    pub fn load<O: Order>(&self, _: O) -> u32 {
        self.word.load(O::ORDERING)
    }

    /// Writes it.
    pub fn store<O: Order>(&self, value: u32, _: O) {
        self.word.store(value, O::ORDERING);
    }

    /// Replaces `old` by `new`, or returns what is there instead. That orders nothing.
    pub fn cmpxchg<O: Order>(&self, old: u32, new: u32, _: O) -> Result<u32, u32> {
        ordered::<O, _>(|| self.word.compare_exchange(old, new, O::ORDERING, Ordering::Relaxed))
    }
}

/// Writes a word that is not an [`Atomic`].
///
/// # Safety
///
/// It is valid and aligned, and whoever else has it at the same time reads or writes it as a whole.
pub unsafe fn atomic_store<T, O: Order>(word: *mut *mut T, value: *mut T, _: O) {
    #[cfg(feature = "explore")]
    crate::explore::cell(word).store(value.addr() as u64, O::ORDERING);
    #[cfg(not(feature = "explore"))]
    // SAFETY: By the caller's promise.
    unsafe { imp::AtomicPtr::from_ptr(word) }.store(value, O::ORDERING);
}
