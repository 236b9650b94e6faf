// SPDX-License-Identifier: GPL-2.0

//! Who adopts an orphan, who waits for it, and what outlives an init.
//!
//! Three questions that the kernel asks as tasks exit, with `tasklist_lock` write-held and
//! interrupts off. So each answer is a pure function of what the kernel found and of the space's
//! policy; what follows from it is done by the kernel (`kernel/pspace.c`):
//!
//! | | `init` | `auto` | `outer` |
//! |---|---|---|---|
//! | an orphan goes to | its subreaper, else the init | the same | the same, else the nearest init above |
//! | pid 1 waits for one it adopted | yes | no | no |
//! | when pid 1 exits, the others | die | die | live on |

use crate::pspace::Policy;

/// What the kernel found for the children of a thread group that dies. Another thread of it would
/// have come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orphanage {
    /// Whether an ancestor in the same space has declared itself a child subreaper.
    pub(crate) subreaper: bool,
    /// Whether the space still has its init.
    pub(crate) init: bool,
}

/// Who adopts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heir {
    /// The nearest child subreaper in the space.
    Subreaper,
    /// The space's init.
    Init,
    /// The init of the nearest space above that has one.
    Outer,
}

/// Chooses who adopts the children of a thread group that dies: the nearest who can see them. A
/// subreaper has asked for it.
pub(crate) fn heir(orphanage: Orphanage) -> Heir {
    match orphanage {
        Orphanage {
            subreaper: true, ..
        } => Heir::Subreaper,
        Orphanage { init: true, .. } => Heir::Init,
        _ => Heir::Outer,
    }
}

/// Whether a task that the space's init has adopted is released as it exits, and the init not told.
pub(crate) fn autoreap(policy: Policy) -> bool {
    match policy {
        Policy::Init => false,
        Policy::Auto | Policy::Outer => true,
    }
}

/// Whether the other members live on now that the init exits. They are `doomed` if the space was
/// killed or rebooted, or the space above it dies.
pub(crate) fn outlives_init(policy: Policy, doomed: bool) -> bool {
    match policy {
        Policy::Init | Policy::Auto => false,
        Policy::Outer => !doomed,
    }
}
