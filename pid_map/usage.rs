// SPDX-License-Identifier: GPL-2.0

//! How many numbers of a map are in use, in one word.

/// How many numbers of a map are in use, and whether there can be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Reserved or published.
    pub(crate) count: u32,
    /// Whether more can be reserved.
    pub(crate) open: bool,
    /// Whether the init is gone for good, see [`PidMap::lose_init`].
    ///
    /// [`PidMap::lose_init`]: super::PidMap::lose_init
    pub(crate) initless: bool,
}

impl Usage {
    const OPEN: u32 = 1 << 31;
    const INITLESS: u32 = 1 << 30;

    /// That of a new map.
    pub(crate) const NONE: Self = Self {
        count: 0,
        open: true,
        initless: false,
    };

    pub(super) fn pack(self) -> u32 {
        let flag = |set, flag| if set { flag } else { 0 };

        self.count | flag(self.open, Self::OPEN) | flag(self.initless, Self::INITLESS)
    }

    pub(super) fn unpack(raw: u32) -> Self {
        Self {
            count: raw & !(Self::OPEN | Self::INITLESS),
            open: raw & Self::OPEN != 0,
            initless: raw & Self::INITLESS != 0,
        }
    }

    /// With one more number, unless it is closed.
    pub(super) fn with_one_more(self) -> Option<Self> {
        self.open.then_some(Self {
            count: self.count + 1,
            ..self
        })
    }

    /// With one number less. The last one closes a map without an init.
    pub(super) fn with_one_less(self) -> Self {
        let count = self.count - 1;

        Self {
            count,
            open: self.open && !(self.initless && count == 0),
            ..self
        }
    }
}
