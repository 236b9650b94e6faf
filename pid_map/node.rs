// SPDX-License-Identifier: GPL-2.0

//! A node of the trie: 64 slots, and what the writer wants to know about them.

use super::{
    cache,
    entry::{
        Entry,
        Slot, //
    },
    once::Once, //
};
use core::{
    mem::offset_of,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    alloc::AllocError,
    bindings,
    types::Opaque, //
};

/// How many bits of a number select a slot of a node.
pub(super) const BITS: u32 = 6;

/// How many slots a node has.
const FANOUT: usize = 1 << BITS;

/// Where a node is: at level 0 each slot is that of a number, at level 1 that of 64, and so on. Kept
/// as what a number is shifted by to get its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(u32);

impl Level {
    /// How many there are, so that they cover [`Number::MAX`](super::Number::MAX).
    pub(super) const COUNT: usize = 4;

    /// How many bits [`Level::to_bits`] needs.
    pub(super) const BITS: u32 = 5;

    /// The level of which the slots are those of numbers.
    pub(super) const LEAF: Self = Self(0);

    /// The level at which two different numbers part: in a node there they have different slots.
    pub(super) fn parting(one: u32, other: u32) -> Self {
        // Two numbers that are the same part nowhere; the lowest bit makes no difference.
        Self((one ^ other | 1).ilog2() / BITS * BITS)
    }

    #[inline(always)]
    pub(super) fn from_bits(bits: usize) -> Self {
        // CAST: There are few.
        Self((bits % (1 << Self::BITS)) as u32)
    }

    pub(super) fn to_bits(self) -> usize {
        // CAST: There are few.
        self.0 as usize
    }

    /// The next higher level.
    pub(super) fn above(self) -> Self {
        Self(self.0 + BITS)
    }

    /// The slot of a number in a node at this level that covers it.
    #[inline(always)]
    pub(super) fn digit(self, nr: u32) -> usize {
        // CAST: It is less than `FANOUT`.
        (nr >> self.0) as usize % FANOUT
    }

    /// How many numbers a slot covers.
    pub(super) fn slot_size(self) -> u32 {
        1 << self.0
    }

    /// How many numbers a node covers.
    pub(super) fn size(self) -> u32 {
        self.slot_size() << BITS
    }
}

/// A node. Its level is not in it but in the entry that points to it.
///
/// All is for the one writer but `slots`, which all readers look at, and `first` and `used`, which
/// those look at who search for the next number. A node that is empty may be put to another place
/// at once, while readers are in it still. They notice by what they find, see [`super::tree`].
///
/// # Invariants
///
/// - All zeros are a node.
/// - Bit i of `used` is set iff slot i is not empty. Bit i of `full` is set iff all numbers that
///   slot i covers are taken.
#[repr(C, align(64))]
pub(super) struct Node {
    slots: [Slot; FANOUT],
    used: Once<u64>,
    full: Once<u64>,
    /// The first number that the node covers.
    first: Once<u32>,
    rcu: Opaque<bindings::kvfree_rcu_head>,
}

// `kvfree_call_rcu()` takes an offset of less than a page for one.
const _: () = assert!(offset_of!(Node, rcu) < 4096);

// SAFETY: All that is changed through a shared reference may be read meanwhile and has one writer.
// `rcu` is used by the owner alone, when it is dropped.
unsafe impl Sync for Node {}

// SAFETY: Nothing in it is bound to a thread.
unsafe impl Send for Node {}

impl Node {
    /// Makes an empty node ready for the place that covers `nr` at `level`.
    pub(super) fn settle(&self, level: Level, nr: u32) {
        debug_assert!(self.is_empty());
        self.first.write(nr & !(level.size() - 1));
    }

    /// The first number that the node covers.
    pub(super) fn first(&self) -> u32 {
        self.first.read()
    }

    /// Whether the node, which is at `level`, covers `nr`.
    #[inline]
    pub(super) fn covers(&self, level: Level, nr: u32) -> bool {
        (nr ^ self.first()) < level.size()
    }

    #[inline]
    pub(super) fn slot(&self, digit: usize) -> &Slot {
        &self.slots[digit % FANOUT]
    }

    /// Puts an entry into an empty slot.
    pub(super) fn put(&self, digit: usize, entry: Entry, full: bool) {
        self.slot(digit).store(entry);
        self.mark_used(digit);
        if full {
            self.mark_full(digit);
        }
    }

    /// Notes that a slot was filled.
    pub(super) fn mark_used(&self, digit: usize) {
        self.used.write(self.used.read() | 1 << digit);
    }

    /// Notes that a slot has no free number left.
    pub(super) fn mark_full(&self, digit: usize) {
        self.full.write(self.full.read() | 1 << digit);
    }

    /// Notes that a slot has a free number. Returns whether it had none.
    pub(super) fn unmark_full(&self, digit: usize) -> bool {
        let full = self.full.read();

        self.full.write(full & !(1 << digit));
        full & 1 << digit != 0
    }

    /// Empties a slot.
    pub(super) fn clear(&self, digit: usize) {
        self.slot(digit).clear();
        self.used.write(self.used.read() & !(1 << digit));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used.read() == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.read() == u64::MAX
    }

    /// Whether a slot is the only one that is not empty.
    pub(super) fn has_but(&self, digit: usize) -> bool {
        self.used.read() == 1 << digit
    }

    /// The first slot from `digit` on that is not empty.
    pub(super) fn next_used(&self, digit: usize) -> Option<usize> {
        next_bit(self.used.read(), digit)
    }

    /// The first slot from `digit` on that has a free number.
    pub(super) fn next_free(&self, digit: usize) -> Option<usize> {
        next_bit(!self.full.read(), digit)
    }
}

fn next_bit(word: u64, from: usize) -> Option<usize> {
    let rest = word & u64::MAX << from;

    // CAST: It is less than 64.
    (rest != 0).then_some(rest.trailing_zeros() as usize)
}

/// A node that is in no place, and the right to put it into one. Readers who found it in the place
/// where it was may be in it; so it is freed a grace period after this is dropped.
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
        Ok(Self(cache::allocate()?))
    }

    /// Takes over a node that was taken out of its place, or is about to be.
    ///
    /// # Safety
    ///
    /// The node came from [`Self::into_ptr`] and is empty, and whoever has the right to change the
    /// map sees to it that there is no entry for it any more before it gets another.
    pub(super) unsafe fn from_ref(node: &Node) -> Self {
        // INVARIANT: By the requirements of this function.
        Self(NonNull::from(node))
    }

    /// Gives the node away, to be put into a place.
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
        let node = self.0.as_ptr();
        // SAFETY: By the type invariants the node came from a slab cache and is ours to free. It is
        // empty, so that nothing is lost with it.
        unsafe { bindings::kvfree_call_rcu((*node).rcu.get(), node.cast()) };
    }
}
