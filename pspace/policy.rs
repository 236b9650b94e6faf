// SPDX-License-Identifier: GPL-2.0

//! What happens to the orphans of a space.

use kernel::fmt;

/// Who adopts the orphans of a space, and what becomes of the space when its init exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The space's init adopts them and must wait for them. When it exits, all members of the
    /// space and of those below are killed before it can be waited for.
    Init,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Policy::Init => "init",
        })
    }
}
