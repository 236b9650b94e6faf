// SPDX-License-Identifier: GPL-2.0

//! What happens to the orphans of a space.

use kernel::{
    fmt,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// Who adopts the orphans of a space, and what becomes of the space when its init exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The space's init adopts them and must wait for them. When it exits, all members of the
    /// space and of those below are killed before it can be waited for.
    Init,
    /// The space's init adopts them, but they are released as they exit.
    Auto,
    /// As [`Policy::Auto`] while there is an init. When it exits the others live on, and then the
    /// init of the nearest space above that has one adopts them.
    Outer,
}

impl Policy {
    /// All of them. The index of each is its number as a module parameter.
    pub(crate) const ALL: [Self; 3] = [Self::Init, Self::Auto, Self::Outer];

    /// The name that is read and written in /proc/pspace.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Policy::Init => "init",
            Policy::Auto => "auto",
            Policy::Outer => "outer",
        }
    }

    /// Returns the policy with a name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name().as_bytes() == name)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A [`Policy`] that can be changed while others read it. Nothing else is ordered by that.
pub(crate) struct PolicyCell(Atomic<u32>);

impl PolicyCell {
    pub(crate) fn new(policy: Policy) -> Self {
        Self(Atomic::new(policy as u32))
    }

    pub(crate) fn get(&self) -> Policy {
        match self.0.load(Relaxed) {
            raw if raw == Policy::Auto as u32 => Policy::Auto,
            raw if raw == Policy::Outer as u32 => Policy::Outer,
            _ => Policy::Init,
        }
    }

    pub(crate) fn set(&self, policy: Policy) {
        self.0.store(policy as u32, Relaxed);
    }
}
