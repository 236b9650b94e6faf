// SPDX-License-Identifier: GPL-2.0

//! Calls of a map that libFuzzer makes up, against a simple table.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| map::sequence::run_bytes(bytes));
