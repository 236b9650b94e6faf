// SPDX-License-Identifier: GPL-2.0

//! Process spaces: every task is a (pspace,pid) pair.
//!
//! The kernel calls out where a pid namespace made by `CLONE_NEWPSPACE` is created, numbers its
//! tasks, loses a parent or is listed (`include/linux/pspace.h` in the patched kernel). This module
//! is what it calls:
//!
//! ```text
//! hooks ──► procfs ──► reaper ──► pspace ──► pid_map
//! ```
//!
//! Each knows those to its right only. [`hooks`] turns the kernel's calls into calls of the others,
//! [`procfs`] renders what /proc/pspace shows, [`reaper`] decides who adopts an orphan, [`pspace`]
//! is a space, and [`pid_map`] its table of numbers.

use kernel::{
    prelude::*,
    pspace::Numbers, //
};
use pspace::Policy;

mod hooks;
mod pid_map;
mod procfs;
mod pspace;
mod reaper;

#[cfg(CONFIG_KUNIT = "y")]
#[path = "tests/kunit/mod.rs"]
mod tests;

module! {
    type: PspaceModule,
    name: "pspace",
    authors: ["The pspace authors"],
    description: "Process spaces: tasks named by a (pspace,pid) pair",
    license: "GPL v2",
    params: {
        default_policy: u8 {
            default: 0,
            description: "What happens to the orphans of a new pspace: 0 init, 1 auto, 2 outer",
        },
        default_numbers: u8 {
            default: 3,
            description: "When members of a new pspace get numbers above: 0 never, 1 ask, 2 show, 3 list",
        },
    },
}

/// The policy of new spaces.
fn default_policy() -> Result<Policy> {
    let index = usize::from(*module_parameters::default_policy.value_ref());

    Policy::ALL.get(index).copied().ok_or(EINVAL)
}

/// When the members of new spaces are given numbers above. Who has no privilege can hide no more.
fn default_numbers() -> Result<Numbers> {
    let index = usize::from(*module_parameters::default_numbers.value_ref());

    pspace::numbers::ALL.get(index).copied().ok_or(EINVAL)
}

/// The loaded module. It cannot be unloaded while a pspace lives: each holds a reference on it.
///
/// Dropped in the order of the fields: no pspace can come any more, then the nodes of their maps go.
struct PspaceModule {
    _registration: kernel::pspace::Registration<hooks::Hooks>,
    _nodes: pid_map::NodeCache,
}

impl kernel::Module for PspaceModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        default_policy().inspect_err(|_| pr_err!("default_policy is 0, 1 or 2\n"))?;
        default_numbers().inspect_err(|_| pr_err!("default_numbers is 0, 1, 2 or 3\n"))?;

        // SAFETY: It is dropped after the registration, or if that fails.
        let nodes = unsafe { pid_map::NodeCache::open() }?;

        Ok(Self {
            // SAFETY: This is the last step of the initialisation, and the module's object, which
            // owns the registration, is dropped by the module's exit.
            _registration: unsafe { kernel::pspace::Registration::new() }?,
            _nodes: nodes,
        })
    }
}
