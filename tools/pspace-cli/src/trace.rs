// SPDX-License-Identifier: GPL-2.0
//! `trace`: a debugger where it can see its process.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use pspace::{Details, Space};

use crate::arguments::Trace;
use crate::failure::Outcome;
use crate::run::{become_it, inside};

/// What stands for the number among the words of a debugger.
const PLACE: &str = "{}";

/// Run a debugger on a process: outside, if the process has a number there, else in its space.
pub fn trace(trace: Trace) -> Outcome {
    let details = Details::read(&trace.name)?;
    match details.number {
        Some(number) => become_it(command(trace.words, number)),
        None => {
            let space = Space::open(details.pair.space)?;
            inside(&space, command(trace.words, details.pair.nr))
        }
    }
}

/// The debugger with the number where it is wanted, or else behind -p, as most take it.
fn command(words: Vec<OsString>, number: u32) -> Command {
    let wanted = words.iter().any(|word| word == PLACE);
    let number = number.to_string();
    let put = |word: OsString| if word == PLACE { OsString::from(&number) } else { word };
    let mut words = words.into_iter().map(put);
    let mut command = Command::new(words.next().expect("clap has one"));
    command.args(words);
    if !wanted {
        command.args([OsStr::new("-p"), OsStr::new(&number)]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_where_it_is_wanted() {
        for (words, expected) in [
            (&["strace"][..], &["-p", "7"][..]),
            (&["strace", "-f"], &["-f", "-p", "7"]),
            (&["gdb", "prog", "{}"], &["prog", "7"]),
            (&["perf", "trace", "-p", "{}", "-s"], &["trace", "-p", "7", "-s"]),
        ] {
            let command = command(words.iter().map(OsString::from).collect(), 7);
            assert_eq!(command.get_program(), words[0]);
            assert!(command.get_args().eq(expected.iter().copied()), "{words:?}");
        }
    }
}
