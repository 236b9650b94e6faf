// SPDX-License-Identifier: GPL-2.0

//! The kernel's spinlock.

#[cfg(feature = "explore")]
use loom::sync as imp;
#[cfg(not(feature = "explore"))]
use std::sync as imp;

/// A lock.
pub struct SpinLock<T>(imp::Mutex<T>);

/// What is held of a lock.
pub type SpinLockGuard<'a, T> = imp::MutexGuard<'a, T>;

impl<T> SpinLock<T> {
    /// A lock that is free.
    #[expect(clippy::new_ret_no_self)]
    pub fn new(value: T) -> impl pinned_init::PinInit<Self> {
        let lock = Self(imp::Mutex::new(value));

        // SAFETY: The place is filled by what need not be pinned.
        unsafe {
            pinned_init::pin_init_from_closure(move |place: *mut Self| {
                place.write(lock);
                Ok(())
            })
        }
    }

    /// Takes the lock.
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        self.0.lock().expect("who had the lock has panicked")
    }
}

/// As in the kernel.
#[macro_export]
macro_rules! new_spinlock {
    ($value:expr, $name:literal) => {
        $crate::sync::SpinLock::new($value)
    };
}
