// SPDX-License-Identifier: GPL-2.0

//! When the members of a space are given numbers in the namespaces above.

use kernel::{
    fmt,
    pspace::Numbers,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// All of them, from what hides most. The index of each is its number as a module parameter.
pub(crate) const ALL: [Numbers; 4] = [Numbers::Never, Numbers::Ask, Numbers::Show, Numbers::List];

/// The name that is read and written in /proc/pspace.
fn name(numbers: Numbers) -> &'static str {
    match numbers {
        Numbers::Never => "never",
        Numbers::Ask => "ask",
        Numbers::Show => "show",
        Numbers::List => "list",
    }
}

/// Returns the one with a name.
pub(crate) fn from_name(text: &[u8]) -> Option<Numbers> {
    ALL.into_iter()
        .find(|&numbers| name(numbers).as_bytes() == text)
}

/// One that is printed by its name.
pub(crate) struct Name(pub(crate) Numbers);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(self.0))
    }
}

/// [`Numbers`] that can be changed while others read them. Nothing else is ordered by that.
pub(crate) struct NumbersCell(Atomic<u32>);

impl NumbersCell {
    pub(crate) fn new(numbers: Numbers) -> Self {
        Self(Atomic::new(numbers as u32))
    }

    pub(crate) fn get(&self) -> Numbers {
        let raw = self.0.load(Relaxed);

        ALL.into_iter()
            .find(|&numbers| numbers as u32 == raw)
            .unwrap_or(Numbers::List)
    }

    pub(crate) fn set(&self, numbers: Numbers) {
        self.0.store(numbers as u32, Relaxed);
    }
}
