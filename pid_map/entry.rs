// SPDX-License-Identifier: GPL-2.0

//! What is in a slot of the trie: one word, which a reader loads at once.

use super::{
    node::{
        Level,
        Node, //
    },
    once::Once,
    Number, //
};
use core::ptr::{
    null_mut,
    without_provenance_mut,
    NonNull, //
};
use kernel::{
    ffi::c_void,
    sync::atomic::{
        atomic_store,
        Release, //
    }, //
};

/// What an [`Entry`] stands for.
pub(super) enum Kind<T> {
    /// Nothing.
    Empty,
    /// What is published as some number.
    Object(NonNull<T>),
    /// A number that is taken, and is nothing's yet.
    Reserved(Number),
    /// A node, and its level in the place where it was found.
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
pub(super) struct Slot(Once<*mut c_void>);

impl Slot {
    pub(super) const EMPTY: Self = Self(Once::new(null_mut()));

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
