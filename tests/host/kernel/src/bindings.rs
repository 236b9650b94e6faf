// SPDX-License-Identifier: GPL-2.0

//! What the module calls in C.
#![allow(non_camel_case_types, clippy::missing_safety_doc, missing_docs)]

use crate::memory;
use core::ffi::{c_char, c_void};

pub const GFP_KERNEL_ACCOUNT: u32 = 0;
pub const __GFP_ZERO: u32 = 1;

#[derive(Default)]
pub struct kmem_cache_args {
    pub align: u32,
}

pub struct kmem_cache {
    size: usize,
    align: usize,
}

#[repr(C)]
pub struct kvfree_rcu_head([usize; 2]);

pub unsafe fn __kmem_cache_create_args(
    _name: *const c_char,
    size: u32,
    args: *mut kmem_cache_args,
    _flags: u32,
) -> *mut kmem_cache {
    Box::into_raw(Box::new(kmem_cache {
        size: size as usize,
        // SAFETY: By the caller's promise.
        align: unsafe { (*args).align as usize },
    }))
}

pub unsafe fn kmem_cache_destroy(cache: *mut kmem_cache) {
    // SAFETY: It is from `__kmem_cache_create_args()`.
    drop(unsafe { Box::from_raw(cache) });
}

pub unsafe fn kmem_cache_alloc_noprof(cache: *mut kmem_cache, flags: u32) -> *mut c_void {
    assert_eq!(flags & __GFP_ZERO, __GFP_ZERO);
    // SAFETY: By the caller's promise.
    let kmem_cache { size, align } = unsafe { &*cache };

    memory::allocate(*size, *align).cast()
}

pub unsafe fn kvfree_call_rcu(_head: *mut kvfree_rcu_head, memory: *mut c_void) {
    // SAFETY: By the caller's promise.
    unsafe { memory::free_after_grace_period(memory.cast()) };
}

/// No binding: for a mutant that does not wait for readers.
pub unsafe fn free_at_once(_head: *mut kvfree_rcu_head, memory: *mut c_void) {
    // SAFETY: By the caller's promise.
    unsafe { memory::free(memory.cast()) };
}
