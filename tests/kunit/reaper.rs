// SPDX-License-Identifier: GPL-2.0

//! The decisions of the reaper, for each policy and each shape of the family.

use crate::{
    pspace::Policy,
    reaper::{
        autoreap,
        heir,
        outlives_init,
        Heir,
        Orphanage, //
    }, //
};
use kernel::prelude::*;

#[kunit_tests(pspace_reaper)]
mod tests {
    use super::*;

    #[test]
    fn heir_by_family() {
        for (subreaper, init, expected) in [
            (true, true, Heir::Subreaper),
            (true, false, Heir::Subreaper),
            (false, true, Heir::Init),
            (false, false, Heir::Outer),
        ] {
            assert_eq!(heir(Orphanage { subreaper, init }), expected);
        }
    }

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

    #[test]
    fn policies_have_names() {
        for (policy, name) in [
            (Policy::Init, "init"),
            (Policy::Auto, "auto"),
            (Policy::Outer, "outer"),
        ] {
            assert_eq!(policy.name(), name);
            assert_eq!(Policy::from_name(name.as_bytes()), Some(policy));
        }
        for name in ["", "in", "inits", "INIT", "init ", " init", "none"] {
            assert_eq!(Policy::from_name(name.as_bytes()), None);
        }
    }
}
