// SPDX-License-Identifier: GPL-2.0

//! Process spaces: every task is a (pspace,pid) pair.
//!
//! The kernel calls out where a pid namespace made by `CLONE_NEWPSPACE` is created, numbers its
//! tasks, loses a parent or is listed (`include/linux/pspace.h` in the patched kernel). This module
//! is what it calls:
//!
//! ```text
//!         ┌──► procfs ──┐
//! hooks ──┤             ├──► pspace ──► pid_map
//!         └──► reaper ──┘
//! ```
//!
//! Each needs those to its right only. [`hooks`] turns the kernel's calls into calls of the others,
//! [`procfs`] renders what /proc/pspace shows, [`reaper`] decides who waits for an orphan and what
//! outlives an init, [`pspace`] is a space, and [`pid_map`] its table of numbers.

use core::num::NonZero;
use kernel::{
    pid_namespace::PidNamespace,
    prelude::*,
    pspace::{
        Isolation,
        Numbers, //
    },
    random, //
};
use pid_map::Number;
use pspace::{
    Cell,
    Policy,
    Setting,
    Settings,
    Signals, //
};

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
        default_signals: u8 {
            default: 0,
            description: "What signals from above do to the init of a new pspace: 0 init, 1 ordinary",
        },
        random_start: u8 {
            default: 0,
            description: "Where the numbers of a new pspace begin after 1: 0 at 2, 1 anywhere",
        },
    },
}

/// What is set of a new space.
fn default_settings() -> Result<Settings> {
    Ok(Settings {
        policy: Cell::new(parameter(*module_parameters::default_policy.value_ref())?),
        isolation: Cell::new(Isolation::Full),
        numbers: Cell::new(default_numbers()?),
        signals: Cell::new(parameter(*module_parameters::default_signals.value_ref())?),
    })
}

/// When the members of new spaces are given numbers above. Who has no privilege can hide no more.
fn default_numbers() -> Result<Numbers> {
    parameter(*module_parameters::default_numbers.value_ref())
}

fn parameter<T: Setting>(index: u8) -> Result<T> {
    T::from_parameter(index).ok_or(EINVAL)
}

/// The number that a new space takes for the last one that it gave.
fn first_last(ns: &PidNamespace) -> Result<Option<Number>> {
    match *module_parameters::random_start.value_ref() {
        0 => Ok(None),
        1 => {
            let limit = u32::try_from(ns.pid_max()).ok().and_then(NonZero::new);

            Ok(Number::new(random::below(limit.ok_or(EINVAL)?)))
        }
        _ => Err(EINVAL),
    }
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
        let parameters = [
            (
                "default_policy",
                Policy::ALL.len(),
                *module_parameters::default_policy.value_ref(),
            ),
            (
                "default_numbers",
                Numbers::ALL.len(),
                *module_parameters::default_numbers.value_ref(),
            ),
            (
                "default_signals",
                Signals::ALL.len(),
                *module_parameters::default_signals.value_ref(),
            ),
            (
                "random_start",
                2,
                *module_parameters::random_start.value_ref(),
            ),
        ];

        for (name, count, value) in parameters {
            if usize::from(value) >= count {
                pr_err!("{} is 0 to {}\n", name, count - 1);
                return Err(EINVAL);
            }
        }

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
