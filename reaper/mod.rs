// SPDX-License-Identifier: GPL-2.0

//! Who adopts an orphan.
//!
//! The kernel first looks for another thread of the dying parent; only when there is none it asks.
//! It is asked with `tasklist_lock` write-held and interrupts off, so the decision is a pure
//! function of what the kernel found and of the space's policy.

use crate::pspace::Policy;

/// What the kernel found for the children of a thread group that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orphanage {
    /// Whether an ancestor in the same space has declared itself a child subreaper.
    pub(crate) subreaper: bool,
}

/// Who adopts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heir {
    /// The nearest child subreaper in the space.
    Subreaper,
    /// The space's init.
    Init,
}

/// Chooses who adopts the children of a thread group that dies: a subreaper has asked for it, so it
/// comes before what the policy says.
pub(crate) fn heir(policy: Policy, orphanage: Orphanage) -> Heir {
    match (orphanage.subreaper, policy) {
        (true, _) => Heir::Subreaper,
        (false, Policy::Init) => Heir::Init,
    }
}
