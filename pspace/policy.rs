// SPDX-License-Identifier: GPL-2.0

//! What happens to the orphans of a space.

use super::setting::Setting;

/// Who adopts the orphans of a space, and what becomes of the space when its init exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The space's init adopts them and must wait for them. When it exits, all members of the
    /// space and of those below are killed before it can be waited for.
    Init,
    /// The space's init adopts them, but they are released as they exit.
    Auto,
    /// As [`Policy::Auto`] while there is an init. When it exits the others live on in an orphaned
    /// space. Its orphans go to the adopter, the nearest space above that has an init.
    Outer,
}

impl Setting for Policy {
    const ALL: &'static [Self] = &[Self::Init, Self::Auto, Self::Outer];

    fn word(self) -> &'static str {
        match self {
            Policy::Init => "init",
            Policy::Auto => "auto",
            Policy::Outer => "outer",
        }
    }
}
