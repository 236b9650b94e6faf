// SPDX-License-Identifier: GPL-2.0

//! The settings of a space: their words and numbers, and what includes what.

use crate::pspace::{
    Cell,
    Policy,
    Setting,
    Signals,
    Word, //
};
use kernel::{
    prelude::*,
    pspace::{
        Isolation,
        Numbers, //
    },
    str::CString, //
};

/// They have these words, in the order of their numbers as module parameters, and no others.
fn have_words<T: Setting + core::fmt::Debug>(words: &[&str]) -> Result {
    assert_eq!(T::ALL.len(), words.len());
    for (index, (&setting, word)) in T::ALL.iter().zip(words).enumerate() {
        let printed = CString::try_from_fmt(fmt!("{}", Word(setting)))?;

        assert_eq!(printed.to_bytes(), word.as_bytes());
        assert_eq!(T::from_word(word.as_bytes()), Some(setting));
        assert_eq!(T::from_parameter(u8::try_from(index)?), Some(setting));
    }
    assert_eq!(T::from_parameter(u8::try_from(words.len())?), None);
    assert_eq!(T::from_parameter(u8::MAX), None);
    for wrong in [
        "", "i", "in", "inits", "INIT", "init ", " init", "lis", "List", "0", "1", "full\n", "none",
    ] {
        assert_eq!(T::from_word(wrong.as_bytes()), None);
    }
    Ok(())
}

/// A cell holds each of them.
fn are_held<T: Setting + core::fmt::Debug>() {
    for &first in T::ALL {
        let cell = Cell::new(first);

        assert_eq!(cell.get(), first);
        for &then in T::ALL {
            cell.set(then);
            assert_eq!(cell.get(), then);
        }
    }
}

#[kunit_tests(pspace_setting)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_words() -> Result {
        have_words::<Policy>(&["init", "auto", "outer"])
    }

    #[test]
    fn isolations_have_words() -> Result {
        have_words::<Isolation>(&["full", "half", "peers"])
    }

    #[test]
    fn numbers_have_words() -> Result {
        have_words::<Numbers>(&["never", "ask", "show", "list"])
    }

    #[test]
    fn signals_have_words() -> Result {
        have_words::<Signals>(&["init", "ordinary"])
    }

    #[test]
    fn a_cell_holds_each() {
        are_held::<Policy>();
        are_held::<Isolation>();
        are_held::<Numbers>();
        are_held::<Signals>();
    }

    #[test]
    fn numbers_include_those_before() {
        for (index, numbers) in Numbers::ALL.iter().enumerate() {
            assert!(Numbers::ALL[..index].iter().all(|less| less < numbers));
        }
    }
}
