// SPDX-License-Identifier: GPL-2.0

//! A node of the trie: 64 slots, and what the writer wants to know about them. What is in a slot is
//! an [`Entry`]: one word, which a reader loads at once.

use super::{
    level::{
        Level,
        FANOUT, //
    },
    number::Number,
    volatile::Volatile, //
};
use core::{
    mem::offset_of,
    ptr::{
        null_mut,
        without_provenance_mut,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    ffi::c_void,
    sync::atomic::{
        atomic_store,
        Release, //
    },
    types::Opaque, //
};

/// A node. Its level is not in it but in the entry that points to it.
///
/// All is for the one writer but `slots`, which all readers look at, and `first` and `used`, which
/// those look at who search for the next number. A node that is empty may be put into another
/// slot at once, while readers are in it still. They notice by what they find, see [`super::tree`].
///
/// # Invariants
///
/// - All zeros are a node.
/// - Bit i of `used` is set iff slot i is not empty. Bit i of `full` is set iff all numbers that
///   slot i covers are taken.
#[repr(C, align(64))]
pub(super) struct Node {
    slots: [Slot; FANOUT],
    used: Volatile<u64>,
    full: Volatile<u64>,
    /// The first number that the node covers.
    first: Volatile<u32>,
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
    /// Makes an empty node ready to cover `nr` at `level`.
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

    /// What the kernel links the node by while readers may be in it.
    pub(super) fn rcu(&self) -> *mut bindings::kvfree_rcu_head {
        self.rcu.get()
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

/// What an [`Entry`] stands for.
pub(super) enum Kind<T> {
    /// Nothing.
    Empty,
    /// What is published as some number.
    Object(NonNull<T>),
    /// A number that is taken, and is nothing's yet.
    Reserved(Number),
    /// A node, and its level where it was found.
    Node(NonNull<Node>, Level),
}

/// A [`Kind`] in a word, told by the lowest bits, which no pointer has set:
///
/// ```text
/// 0             nothing
/// pointer  00   an object
/// number   10   reserved
/// pointer  L1   a node; L, five bits, is its level
/// ```
///
/// So a reader learns the level of a node before it looks into it, and does not have to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(*mut c_void);

impl Entry {
    const NODE: usize = 0b01;
    const RESERVED: usize = 0b10;
    const KIND: usize = Self::NODE | Self::RESERVED;
    const KIND_BITS: u32 = 2;
    const LEVEL_SHIFT: u32 = 1;
    const NODE_MASK: usize = (1 << (Self::LEVEL_SHIFT + Level::BITS)) - 1;

    /// The entry of an object.
    pub(super) fn object<T>(object: NonNull<T>) -> Self {
        const { assert!(align_of::<T>() > Self::KIND) };
        Self(object.as_ptr().cast())
    }

    /// The entry of a number that is nothing's yet.
    pub(super) fn reserved(nr: Number) -> Self {
        // CAST: A number has fewer bits than an address.
        let addr = (nr.get() as usize) << Self::KIND_BITS | Self::RESERVED;

        Self(without_provenance_mut(addr))
    }

    /// The entry of a node that is put to a level.
    pub(super) fn node(node: NonNull<Node>, level: Level) -> Self {
        const { assert!(align_of::<Node>() > Self::NODE_MASK) };
        let tag = level.to_bits() << Self::LEVEL_SHIFT | Self::NODE;

        Self(node.as_ptr().map_addr(|addr| addr | tag).cast())
    }

    /// The node and its level, if it is one.
    #[inline(always)]
    pub(super) fn as_node(self) -> Option<(NonNull<Node>, Level)> {
        let addr = self.0.addr();

        if addr & Self::NODE == 0 {
            return None;
        }
        let level = Level::from_bits(addr >> Self::LEVEL_SHIFT);
        let node = self.0.map_addr(|addr| addr & !Self::NODE_MASK);

        // SAFETY: `node()` has set the bit, in what was not null.
        Some((unsafe { NonNull::new_unchecked(node.cast()) }, level))
    }

    /// The object, if it is one.
    #[inline]
    pub(super) fn as_object<T>(self) -> Option<NonNull<T>> {
        match self.0.addr() & Self::KIND {
            0 => NonNull::new(self.0.cast()),
            _ => None,
        }
    }

    pub(super) fn kind<T>(self) -> Kind<T> {
        if let Some((node, level)) = self.as_node() {
            return Kind::Node(node, level);
        }
        if let Some(object) = self.as_object() {
            return Kind::Object(object);
        }
        // CAST: `reserved()` put a number there, which fits; else it is `EMPTY`.
        match Number::new((self.0.addr() >> Self::KIND_BITS) as u32) {
            Some(nr) => Kind::Reserved(nr),
            None => Kind::Empty,
        }
    }
}

/// Where an [`Entry`] is kept. All zeros are an empty one.
#[repr(transparent)]
pub(super) struct Slot(Volatile<*mut c_void>);

impl Slot {
    pub(super) const fn empty() -> Self {
        Self(Volatile::new(null_mut()))
    }

    /// As `rcu_dereference()`: who follows a pointer sees what was written to its target before
    /// [`Slot::store`], since that depends on the pointer.
    #[inline(always)]
    pub(super) fn load(&self) -> Entry {
        Entry(self.0.read())
    }

    /// As `rcu_assign_pointer()`, for the one who has the right to change the map.
    #[inline(always)]
    pub(super) fn store(&self, entry: Entry) {
        // SAFETY: The pointer is valid and aligned, and readers read the word as a whole.
        unsafe { atomic_store(self.0.as_ptr(), entry.0, Release) };
    }

    /// As `RCU_INIT_POINTER()` with a null pointer, for the same.
    #[inline(always)]
    pub(super) fn clear(&self) {
        self.0.write(null_mut());
    }
}
