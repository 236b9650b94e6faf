// SPDX-License-Identifier: GPL-2.0

//! How the trie divides a number: six bits a level.

use super::number::Number;

/// How many bits of a number select a slot of a node.
pub(super) const BITS: u32 = 6;

/// How many slots a node has.
pub(super) const FANOUT: usize = 1 << BITS;

/// How high a node is: at level 0 each slot is that of a number, at level 1 that of 64, and so on. Kept
/// as what a number is shifted by to get its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(u32);

impl Level {
    /// How many there are, so that they cover [`Number::MAX`].
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

const _: () = assert!(Number::MAX >> (BITS * Level::COUNT as u32) == 0);
