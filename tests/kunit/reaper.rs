// SPDX-License-Identifier: GPL-2.0

//! Who adopts an orphan, for each policy and each shape of the family.

use crate::{
    pspace::Policy,
    reaper::{
        heir,
        Heir,
        Orphanage, //
    }, //
};
use kernel::prelude::*;

#[kunit_tests(pspace_reaper)]
mod tests {
    use super::*;

    #[test]
    fn heir_by_policy_and_family() {
        for (policy, subreaper, expected) in [
            (Policy::Init, false, Heir::Init),
            (Policy::Init, true, Heir::Subreaper),
        ] {
            assert_eq!(heir(policy, Orphanage { subreaper }), expected);
        }
    }
}
