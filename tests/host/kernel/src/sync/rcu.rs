// SPDX-License-Identifier: GPL-2.0

//! RCU, as far as it can be told from outside: see [`crate::memory`] for what is freed when.

use crate::memory;
use core::marker::PhantomData;

/// A read-side section.
pub struct Guard {
    section: u64,
    _not_send: PhantomData<*mut ()>,
}

/// Begins a section.
pub fn read_lock() -> Guard {
    Guard { section: memory::begin_section(), _not_send: PhantomData }
}

impl Drop for Guard {
    fn drop(&mut self) {
        memory::end_section(self.section);
    }
}
