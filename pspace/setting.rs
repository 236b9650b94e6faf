// SPDX-License-Identifier: GPL-2.0

//! What can be set of a space: one of a few words.

use core::marker::PhantomData;
use kernel::{
    fmt,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// A setting.
pub(crate) trait Setting: Copy + PartialEq + 'static {
    /// All that it can be. The index of each is its number as a module parameter.
    const ALL: &'static [Self];

    /// The word that is read and written in /proc/pspace.
    fn word(self) -> &'static str;

    /// Returns the one with a word.
    fn from_word(word: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|setting| setting.word().as_bytes() == word)
    }

    /// Returns the one with a number as a module parameter.
    fn from_parameter(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

/// A setting that is printed by its word.
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Setting> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.word())
    }
}

/// A setting that can be changed while others read it. Nothing else is ordered by that.
///
/// # Context
///
/// Any; takes no lock.
///
/// # Invariants
///
/// The index is one of [`Setting::ALL`].
pub(crate) struct Cell<T> {
    index: Atomic<u32>,
    _setting: PhantomData<T>,
}

impl<T: Setting> Cell<T> {
    pub(crate) fn new(setting: T) -> Self {
        // INVARIANT: By `index()`.
        Self {
            index: Atomic::new(Self::index(setting)),
            _setting: PhantomData,
        }
    }

    pub(crate) fn get(&self) -> T {
        let index = self.index.load(Relaxed) as usize;

        // By the invariants it is there.
        T::ALL.get(index).copied().unwrap_or(T::ALL[0])
    }

    pub(crate) fn set(&self, setting: T) {
        // INVARIANT: By `index()`.
        self.index.store(Self::index(setting), Relaxed);
    }

    fn index(setting: T) -> u32 {
        let index = T::ALL.iter().position(|&one| one == setting);

        // CAST: There are a few only.
        index.unwrap_or(0) as u32
    }
}
