// SPDX-License-Identifier: GPL-2.0

//! What the members of a space see of what is outside.

use kernel::{
    fmt,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// Whether the members of a space may see the space it was created in, and what that one sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// They see themselves and what is below.
    Full,
    /// They may list the processes above by their pairs, and signal them by these or by pidfds.
    Half,
}

impl Isolation {
    const ALL: [Self; 2] = [Self::Full, Self::Half];

    /// The name that is read and written in /proc/pspace.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Isolation::Full => "full",
            Isolation::Half => "half",
        }
    }

    /// Returns the isolation with a name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|isolation| isolation.name().as_bytes() == name)
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An [`Isolation`] that can be changed while others read it. Nothing else is ordered by that. It
/// is full at first.
pub(crate) struct IsolationCell(Atomic<bool>);

impl IsolationCell {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(false))
    }

    pub(crate) fn get(&self) -> Isolation {
        match self.0.load(Relaxed) {
            true => Isolation::Half,
            false => Isolation::Full,
        }
    }

    pub(crate) fn set(&self, isolation: Isolation) {
        self.0.store(isolation == Isolation::Half, Relaxed);
    }
}
