// SPDX-License-Identifier: GPL-2.0
//! Signals by name and number.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A signal, or 0, which is none and asks whether one could be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(i32);

/// In the order of their numbers, from 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Real-time signals, without those that the C library keeps to itself.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

impl Signal {
    /// None: would one be permitted?
    pub const PROBE: Signal = Signal(0);
    /// SIGKILL.
    pub const KILL: Signal = Signal(9);
    /// SIGTERM.
    pub const TERM: Signal = Signal(15);

    /// The names that there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter()
    }

    /// Its number.
    pub fn number(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0 - 1).ok().and_then(|at| NAMES.get(at)) {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl FromStr for Signal {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        let upper = word.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(at) = NAMES.iter().position(|known| *known == name) {
            return Ok(Signal(at as i32 + 1));
        }
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        word.parse()
            .ok()
            .filter(|number| digits && ((0..=31).contains(number) || REAL_TIME.contains(number)))
            .map(Signal)
            .ok_or_else(|| {
                Error::word(word, "signal, such as TERM, SIGHUP, 9, or 34 to 64 (0 just asks)")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (word, number) in [
            ("TERM", 15),
            ("sigterm", 15),
            ("SIGSYS", 31),
            ("hup", 1),
            ("9", 9),
            ("0", 0),
            ("64", 64),
        ] {
            assert_eq!(word.parse::<Signal>().unwrap().number(), number, "{word}");
        }
        for word in ["", "SIG", "65", "32", "33", "-9", "+9", "TERMX", "SIG9", "KILLL"] {
            assert!(word.parse::<Signal>().is_err(), "{word}");
        }
    }

    #[test]
    fn they_are_shown_by_name() {
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        assert_eq!(Signal(34).to_string(), "signal 34");
        assert_eq!(Signal(0).to_string(), "signal 0");
    }
}
