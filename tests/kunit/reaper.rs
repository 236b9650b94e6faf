// SPDX-License-Identifier: GPL-2.0

//! The decisions of the reaper, for each policy.

use crate::{
    pspace::Policy,
    reaper::{
        autoreap,
        outlives_init, //
    }, //
};
use kernel::prelude::*;

#[kunit_tests(pspace_reaper)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_by_policy() {
        for (policy, expected) in [
            (Policy::Init, false),
            (Policy::Auto, true),
            (Policy::Outer, true),
        ] {
            assert_eq!(autoreap(policy), expected);
        }
    }

    #[test]
    fn what_outlives_its_init_by_policy() {
        for (policy, doomed, expected) in [
            (Policy::Init, false, false),
            (Policy::Init, true, false),
            (Policy::Auto, false, false),
            (Policy::Auto, true, false),
            (Policy::Outer, false, true),
            (Policy::Outer, true, false),
        ] {
            assert_eq!(outlives_init(policy, doomed), expected);
        }
    }
}
