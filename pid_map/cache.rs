// SPDX-License-Identifier: GPL-2.0

//! Where nodes come from and go to: a slab cache. `kmalloc()` would round one up to 1 kB.

use super::node::Node;
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    alloc::AllocError,
    bindings,
    prelude::*,
    sync::SetOnce, //
};

/// The cache that is open.
static CACHE: SetOnce<Cache> = SetOnce::new();

#[derive(Clone, Copy)]
struct Cache(NonNull<bindings::kmem_cache>);

// SAFETY: A slab cache is for all threads.
unsafe impl Send for Cache {}

// SAFETY: As above.
unsafe impl Sync for Cache {}

/// Keeps the cache of the nodes open. The module has one, and no map before or after it.
///
/// # Invariants
///
/// The cache is in `CACHE`.
pub(crate) struct NodeCache(Cache);

impl NodeCache {
    /// Opens the cache, once in the life of the module.
    ///
    /// # Context
    ///
    /// May sleep, as does dropping it.
    ///
    /// # Errors
    ///
    /// - `EBUSY` if it was opened before.
    /// - `ENOMEM` if there is no memory.
    ///
    /// # Safety
    ///
    /// It is dropped when there is no map any more.
    pub(crate) unsafe fn open() -> Result<Self> {
        let mut args = bindings::kmem_cache_args {
            align: align_of::<Node>() as u32,
            ..Default::default()
        };
        // SAFETY: The arguments are valid, and the name is static.
        let cache = unsafe {
            bindings::__kmem_cache_create_args(
                c"pspace_node".as_char_ptr(),
                size_of::<Node>() as u32,
                &raw mut args,
                0,
            )
        };
        let cache = Cache(NonNull::new(cache).ok_or(ENOMEM)?);
        // INVARIANT: It is in `CACHE` if this does not return.
        let this = Self(cache);

        match CACHE.populate(cache) {
            true => Ok(this),
            false => Err(EBUSY),
        }
    }
}

impl Drop for NodeCache {
    fn drop(&mut self) {
        // SAFETY: `open()` has made it. There is no map left by the promise made to that, hence no
        // node but those that RCU is about to free, for which this waits.
        unsafe { bindings::kmem_cache_destroy(self.0 .0.as_ptr()) };
    }
}

/// Allocates zeroed memory for a node, for `kvfree_call_rcu()` to free. May sleep.
fn allocate() -> Result<NonNull<Node>, AllocError> {
    let Cache(cache) = CACHE.copy().ok_or(AllocError)?;
    let flags = bindings::GFP_KERNEL_ACCOUNT | bindings::__GFP_ZERO;
    // SAFETY: It is open as long as there are maps, and one is why we are called.
    let node = unsafe { bindings::kmem_cache_alloc_noprof(cache.as_ptr(), flags) };

    NonNull::new(node.cast()).ok_or(AllocError)
}

/// A node that is in no tree, and the right to put it into one. Readers who found it in a tree may
/// be in it still; so it is freed a grace period after this is dropped.
///
/// # Invariants
///
/// The pointer is that of a node from the cache, empty, which nobody else owns.
pub(super) struct Loose(NonNull<Node>);

// SAFETY: It owns a node, which is `Send`.
unsafe impl Send for Loose {}

// SAFETY: It gives out shared references to a node, which is `Sync`.
unsafe impl Sync for Loose {}

impl Loose {
    /// Allocates a node. May sleep.
    pub(super) fn new() -> Result<Self, AllocError> {
        // INVARIANT: New, and all zeros, which are an empty node.
        Ok(Self(allocate()?))
    }

    /// Takes over a node that was taken out of its slot, or is about to be.
    ///
    /// # Safety
    ///
    /// The node came from [`Self::into_ptr`] and is empty, and whoever has the right to change the
    /// map makes sure that there is no entry for it any more before it gets another.
    pub(super) unsafe fn from_ref(node: &Node) -> Self {
        // INVARIANT: By the requirements of this function.
        Self(NonNull::from(node))
    }

    /// Gives the node away, to be put into a slot.
    pub(super) fn into_ptr(self) -> NonNull<Node> {
        let node = self.0;

        core::mem::forget(self);
        node
    }
}

impl Deref for Loose {
    type Target = Node;

    fn deref(&self) -> &Node {
        // SAFETY: By the type invariants it is valid; nobody has a mutable reference, ever.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        // SAFETY: By the type invariants the node came from a slab cache and is ours to free. It is
        // empty, so that nothing is lost with it.
        unsafe { bindings::kvfree_call_rcu(self.rcu(), self.0.as_ptr().cast()) };
    }
}
