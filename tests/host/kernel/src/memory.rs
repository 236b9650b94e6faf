// SPDX-License-Identifier: GPL-2.0

//! Memory that is freed a grace period after it was given up, and how much of it there is.
//!
//! A test that explores has more of it, see [`crate::explore`]: there memory stays until the end,
//! and who comes to what was freed fails.

#[cfg(feature = "explore")]
pub use crate::explore::{allocate, free, free_after_grace_period, touch};
#[cfg(feature = "explore")]
pub(crate) use crate::explore::{begin_section, end_section};

#[cfg(not(feature = "explore"))]
pub use plain::*;

#[cfg(not(feature = "explore"))]
mod plain {
    use std::{
        alloc::{Layout, alloc_zeroed, dealloc},
        cell::RefCell,
        collections::HashMap,
    };

    /// The memory of a thread, which has its maps for itself.
    #[derive(Default)]
    struct Memory {
        live: HashMap<usize, Layout>,
        given_up: Vec<usize>,
        sections: u32,
        failing: bool,
    }

    thread_local! {
        static MEMORY: RefCell<Memory> = RefCell::default();
    }

    /// Whether allocations fail from now on.
    pub fn set_failing(failing: bool) {
        MEMORY.with_borrow_mut(|memory| memory.failing = failing);
    }

    /// How many pieces there are that were not freed.
    pub fn pieces() -> usize {
        MEMORY.with_borrow(|memory| memory.live.len())
    }

    /// Returns zeroed memory, or null.
    pub fn allocate(size: usize, align: usize) -> *mut u8 {
        MEMORY.with_borrow_mut(|memory| {
            if memory.failing {
                return core::ptr::null_mut();
            }
            let layout = Layout::from_size_align(size, align).expect("no such layout");
            // SAFETY: Nodes have a size.
            let piece = unsafe { alloc_zeroed(layout) };

            memory.live.insert(piece.addr(), layout);
            piece
        })
    }

    /// Frees at once, as nothing should.
    ///
    /// # Safety
    ///
    /// It is from [`allocate`].
    pub unsafe fn free(piece: *mut u8) {
        let layout = MEMORY.with_borrow_mut(|memory| memory.live.remove(&piece.addr()));

        // SAFETY: By the caller's promise; it was there only once.
        unsafe { dealloc(piece, layout.expect("freed twice")) };
    }

    /// Frees when no section is open.
    ///
    /// # Safety
    ///
    /// It is from [`allocate`].
    pub unsafe fn free_after_grace_period(piece: *mut u8) {
        MEMORY.with_borrow_mut(|memory| memory.given_up.push(piece.expose_provenance()));
        free_given_up();
    }

    fn free_given_up() {
        let given_up = MEMORY.with_borrow_mut(|memory| match memory.sections {
            0 => core::mem::take(&mut memory.given_up),
            _ => Vec::new(),
        });

        for piece in given_up {
            // SAFETY: As promised to `free_after_grace_period()`.
            unsafe { free(core::ptr::with_exposed_provenance_mut(piece)) };
        }
    }

    pub(crate) fn begin_section() -> u64 {
        MEMORY.with_borrow_mut(|memory| memory.sections += 1);
        0
    }

    pub(crate) fn end_section(_section: u64) {
        MEMORY.with_borrow_mut(|memory| memory.sections -= 1);
        free_given_up();
    }
}
