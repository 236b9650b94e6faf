// SPDX-License-Identifier: GPL-2.0

//! Who waits for an orphan, and what outlives an init.
//!
//! Two questions that the kernel asks as tasks exit, with `tasklist_lock` held and interrupts off. So
//! each answer is a pure function of what the kernel found and of the space's policy; what follows
//! from it is done by the kernel (`kernel/pspace.c`, `kernel/exit.c`):
//!
//! | | `init` | `auto` | `outer` |
//! |---|---|---|---|
//! | pid 1 waits for one it adopted | yes | no | no |
//! | when pid 1 exits, the others | die | die | live on |
//!
//! An orphan goes to its subreaper, else to pid 1, else to the nearest init above, whatever the policy.

use crate::pspace::Policy;

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
