// SPDX-License-Identifier: GPL-2.0

//! Who waits for an orphan, and what outlives an init.
//!
//! The kernel asks these two questions as tasks exit, with `tasklist_lock` held and interrupts off.
//! So each answer is a pure function of what the kernel found and of the space's policy. The kernel
//! acts on it (`kernel/exit.c`):
//!
//! | | `init` | `auto` | `outer` |
//! |---|---|---|---|
//! | pid 1 waits for one it adopted | yes | no | no |
//! | when pid 1 exits, the others | die | die | live on |
//!
//! Where an orphan goes does not depend on the policy: to its subreaper, else to pid 1, else to the
//! init of the adopter, the nearest space above that has one.

use crate::pspace::Policy;

/// Whether a task that the space's init has adopted is released as it exits, and the init not told.
///
/// # Context
///
/// Any.
pub(crate) fn autoreap(policy: Policy) -> bool {
    match policy {
        Policy::Init => false,
        Policy::Auto | Policy::Outer => true,
    }
}

/// Whether the other members live on now that the init exits. They are `doomed` if the space was
/// killed or rebooted, or the space above it dies.
///
/// # Context
///
/// Any.
pub(crate) fn outlives_init(policy: Policy, doomed: bool) -> bool {
    match policy {
        Policy::Init | Policy::Auto => false,
        Policy::Outer => !doomed,
    }
}
