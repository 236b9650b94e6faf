// SPDX-License-Identifier: GPL-2.0

//! KUnit suites for what is pure. What needs processes is tested from outside, see tests/selftests.

mod examples;
mod number;
mod path;
mod pid_map;
mod pid_map_stress;
mod reaper;
mod setting;
