// SPDX-License-Identifier: GPL-2.0

//! When members are given numbers above: the names of that, and what includes what.

use crate::pspace::numbers::{
    from_name,
    Name,
    NumbersCell,
    ALL, //
};
use kernel::{
    prelude::*,
    pspace::Numbers,
    str::CString, //
};

#[kunit_tests(pspace_numbers)]
mod tests {
    use super::*;

    #[test]
    fn they_have_names() -> Result {
        for (numbers, name) in [
            (Numbers::Never, "never"),
            (Numbers::Ask, "ask"),
            (Numbers::Show, "show"),
            (Numbers::List, "list"),
        ] {
            let printed = CString::try_from_fmt(fmt!("{}", Name(numbers)))?;

            assert_eq!(printed.to_bytes(), name.as_bytes());
            assert_eq!(from_name(name.as_bytes()), Some(numbers));
        }
        Ok(())
    }

    #[test]
    fn nothing_else_is_one() {
        for name in [
            "", "l", "lis", "lists", "List", "LIST", "list ", " list", "0", "3", "full", "init",
        ] {
            assert_eq!(from_name(name.as_bytes()), None);
        }
    }

    #[test]
    fn a_parameter_is_an_index() {
        for (index, numbers) in [
            (0, Some(Numbers::Never)),
            (1, Some(Numbers::Ask)),
            (2, Some(Numbers::Show)),
            (3, Some(Numbers::List)),
            (4, None),
            (255, None),
        ] {
            assert_eq!(ALL.get(index).copied(), numbers);
        }
    }

    #[test]
    fn each_includes_those_before() {
        for (index, numbers) in ALL.into_iter().enumerate() {
            assert!(ALL[..index].iter().all(|&less| less < numbers));
        }
    }

    #[test]
    fn a_cell_holds_each() {
        for first in ALL {
            let cell = NumbersCell::new(first);

            assert_eq!(cell.get(), first);
            for then in ALL {
                cell.set(then);
                assert_eq!(cell.get(), then);
            }
        }
    }
}
