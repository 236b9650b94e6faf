// SPDX-License-Identifier: GPL-2.0

//! Locks, atomics and RCU.

pub mod atomic;
mod lock;
pub mod rcu;

pub use lock::{SpinLock, SpinLockGuard};

use std::sync::OnceLock;

/// A value that is set once. The map's is set before there are others, and not explored.
pub struct SetOnce<T>(OnceLock<T>);

impl<T: Copy> SetOnce<T> {
    /// One that is not set.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Sets it. Returns whether it was not set before.
    pub fn populate(&self, value: T) -> bool {
        self.0.set(value).is_ok()
    }

    /// What it was set to.
    pub fn copy(&self) -> Option<T> {
        self.0.get().copied()
    }
}
