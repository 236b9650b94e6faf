// SPDX-License-Identifier: GPL-2.0

//! What can be a number, and what cannot.

use crate::pid_map::Number;
use kernel::prelude::*;

#[kunit_tests(pspace_number)]
mod tests {
    use super::*;

    #[test]
    fn number_accepts_its_range_only() {
        const MAX: i32 = 4_194_303;

        for (raw, valid) in [
            (i32::MIN, false),
            (-1, false),
            (0, false),
            (1, true),
            (300, true),
            (MAX, true),
            (MAX + 1, false),
            (i32::MAX, false),
        ] {
            assert_eq!(Number::try_from(raw).is_ok(), valid);
        }
    }

    #[test]
    fn number_keeps_its_value() -> Result {
        for raw in [1, 2, 63, 64, 4095, 4096, 4_194_303] {
            let nr = Number::try_from(raw)?;

            assert_eq!(i32::from(nr), raw);
            assert_eq!(i64::from(nr.get()), i64::from(raw));
        }
        Ok(())
    }

    #[test]
    fn number_error_is_einval() {
        assert_eq!(Number::try_from(0), Err(EINVAL));
    }
}
