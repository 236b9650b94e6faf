// SPDX-License-Identifier: GPL-2.0

//! `pid_map/` and `reaper/`, as they are in the module, and what tests them without a kernel.
#![allow(dead_code)]

// The modules `pid_map` and `reaper` with what they need, and their KUnit suites.
include!(concat!(env!("OUT_DIR"), "/modules.rs"));

#[cfg(all(test, feature = "explore"))]
mod explore;
#[cfg(not(feature = "explore"))]
pub mod sequence;

/// The module is loaded before its suites run.
#[used]
#[link_section = ".init_array"]
static LOAD: extern "C" fn() = {
    extern "C" fn load() {
        // SAFETY: It is never dropped.
        core::mem::forget(unsafe { pid_map::NodeCache::open() }.expect("opened once"));
    }
    load
};
