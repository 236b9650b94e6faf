// SPDX-License-Identifier: GPL-2.0

//! What signals from above do to the init of a space.

use super::setting::Setting;

/// What becomes of a signal from above that the space's init has no handler for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// It is ignored, as by any init, but for SIGKILL and SIGSTOP.
    Init,
    /// It does what it does to any other process.
    Ordinary,
}

impl Setting for Signals {
    const ALL: &'static [Self] = &[Self::Init, Self::Ordinary];

    fn word(self) -> &'static str {
        match self {
            Signals::Init => "init",
            Signals::Ordinary => "ordinary",
        }
    }
}
