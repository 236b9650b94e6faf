// SPDX-License-Identifier: GPL-2.0

//! A node of the tree: 64 slots, and two words that tell the writer what is in them.

use core::ptr::NonNull;
use kernel::{
    alloc::AllocError,
    bindings,
    ffi::c_void,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        rcu, //
    },
    types::Opaque, //
};

/// How many bits of a number select a slot of a node.
pub(super) const BITS: u32 = 6;

/// How many slots a node has.
pub(super) const FANOUT: u32 = 1 << BITS;

/// A node covers `FANOUT << shift` numbers; each of its slots `1 << shift` of them.
///
/// In a leaf (`shift` 0) a slot holds what is published as the number, in an inner node the child.
/// The words are for the writer alone, who has the lock of the map; readers look at the slots and
/// `shift` only.
///
/// # Invariants
///
/// - The non-null slots of an inner node point to valid nodes, with a shift that is less by
///   [`BITS`]. A node that was in a slot stays valid for an RCU grace period after it was taken
///   out.
/// - In a leaf, bit i of `taken` is set iff number i is reserved or published; `present` is unused.
/// - In an inner node, bit i of `present` is set iff slot i is not null, and bit i of `taken` iff
///   all that slot i covers is taken.
pub(super) struct Node {
    rcu: Opaque<bindings::kvfree_rcu_head>,
    shift: u32,
    taken: Atomic<u64>,
    present: Atomic<u64>,
    slots: [Atomic<*mut c_void>; FANOUT as usize],
}

// SAFETY: A node owns its children, which are as sendable as itself. What the slots of a leaf point
// to is never accessed through the node.
unsafe impl Send for Node {}

// SAFETY: All that is changed through a shared reference is atomic.
unsafe impl Sync for Node {}

impl Node {
    /// Allocates an empty node that nobody refers to. May sleep.
    pub(super) fn new() -> Result<KBox<Self>, AllocError> {
        KBox::new(
            Self {
                rcu: Opaque::uninit(),
                shift: 0,
                taken: Atomic::new(0),
                present: Atomic::new(0),
                slots: [const { Atomic::new(core::ptr::null_mut()) }; FANOUT as usize],
            },
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Makes an unused node one of the given shift.
    pub(super) fn with_shift(mut node: KBox<Self>, shift: u32) -> KBox<Self> {
        node.shift = shift;
        node
    }

    pub(super) fn shift(&self) -> u32 {
        self.shift
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.shift == 0
    }

    /// The slot that covers `key` if the node does.
    pub(super) fn index(&self, key: u32) -> u32 {
        (key >> self.shift) % FANOUT
    }

    /// Whether `key` is within what a root like this covers.
    pub(super) fn covers(&self, key: u32) -> bool {
        key >> self.shift < FANOUT
    }

    /// What is in a slot, for a reader or a writer.
    pub(super) fn slot(&self, index: u32) -> *mut c_void {
        // Pairs with the release in `set_slot()`: who sees a pointer sees what it points to.
        self.slots[index as usize].load(Acquire)
    }

    fn set_slot(&self, index: u32, ptr: *mut c_void) {
        self.slots[index as usize].store(ptr, Release);
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    pub(super) fn is_full(&self) -> bool {
        self.taken() == u64::MAX
    }

    /// Whether nothing is in the node, so that it can go.
    pub(super) fn is_empty(&self) -> bool {
        match self.is_leaf() {
            true => self.taken() == 0,
            false => self.present.load(Relaxed) == 0,
        }
    }

    /// Sets or clears the bit of a slot in `taken`.
    pub(super) fn set_taken(&self, index: u32, taken: bool) {
        let word = with_bit(self.taken(), index, taken);

        self.taken.store(word, Relaxed);
    }

    /// Puts an object into a slot of a leaf.
    pub(super) fn set_object(&self, index: u32, object: *mut c_void) {
        debug_assert!(self.is_leaf());
        self.set_slot(index, object);
    }

    /// Puts a node of the next lower shift into an empty slot of an inner node.
    pub(super) fn adopt(&self, index: u32, child: KBox<Self>) {
        debug_assert_eq!(child.shift + BITS, self.shift);
        self.set_taken(index, child.is_full());
        self.present
            .store(with_bit(self.present.load(Relaxed), index, true), Relaxed);
        self.set_slot(index, KBox::into_raw(child).cast());
    }

    /// Takes a child out of a slot of an inner node.
    pub(super) fn expel(&self, index: u32) -> Option<Expelled> {
        debug_assert!(!self.is_leaf());
        let child = NonNull::new(self.slot(index).cast::<Self>());

        self.set_slot(index, core::ptr::null_mut());
        self.set_taken(index, false);
        self.present
            .store(with_bit(self.present.load(Relaxed), index, false), Relaxed);
        child.map(Expelled)
    }

    /// The child in a slot of an inner node.
    ///
    /// # Safety
    ///
    /// The node is an inner node, and for `'a` the caller holds what keeps its children valid: the
    /// lock of the map, or an RCU read-side section in which it has found the node.
    pub(super) unsafe fn child<'a>(&self, index: u32) -> Option<&'a Self> {
        // SAFETY: By the type invariants the pointer is null or valid, and it stays so by the
        // requirements of this function.
        unsafe { self.slot(index).cast::<Self>().as_ref() }
    }
}

impl Drop for Node {
    /// Drops the node and all below it. Nobody else can be in them: the map goes with its root.
    fn drop(&mut self) {
        if self.is_leaf() {
            return;
        }
        for index in 0..FANOUT {
            let child = self.slot(index).cast::<Self>();

            if !child.is_null() {
                // SAFETY: By the type invariants this is a valid node, which `adopt()` got from
                // a box. Recursion ends after the few levels that a number has.
                drop(unsafe { KBox::from_raw(child) });
            }
        }
    }
}

/// A node that was taken out of the tree. Readers that found it before may be in it still, so that
/// it is freed a grace period after this is dropped.
///
/// # Invariants
///
/// The pointer is that of a `KBox<Node>` that nobody else owns.
pub(super) struct Expelled(NonNull<Node>);

// SAFETY: It owns a node, which is `Send`.
unsafe impl Send for Expelled {}

impl Drop for Expelled {
    fn drop(&mut self) {
        let node = self.0.as_ptr();
        // SAFETY: By the type invariants the node came from `KBox`, that is from `kmalloc()`, and
        // is ours to free. It is empty, so that nothing is lost with its destructor.
        unsafe { bindings::kvfree_call_rcu((*node).rcu.get(), node.cast()) };
    }
}

/// The child in a slot of an inner node, for a reader. A leaf has none.
///
/// # Safety
///
/// The node was found under the guard, or under one that was held since.
pub(super) unsafe fn child_rcu<'a>(
    node: &'a Node,
    index: u32,
    _: &'a rcu::Guard,
) -> Option<&'a Node> {
    if node.is_leaf() {
        return None;
    }
    // SAFETY: An inner node, and the guard is held for `'a`.
    unsafe { node.child(index) }
}

fn with_bit(word: u64, index: u32, set: bool) -> u64 {
    match set {
        true => word | 1 << index,
        false => word & !(1 << index),
    }
}
