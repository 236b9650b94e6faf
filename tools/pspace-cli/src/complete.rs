// SPDX-License-Identifier: GPL-2.0
//! What a shell completes: the spaces, processes and settings that there are now.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use pspace::tables::{self, SpaceRow, TaskRow};
use pspace::{Setting, Signal, printable};

/// Those that begin with what is typed.
fn those(
    current: &OsStr,
    all: impl Iterator<Item = (String, Option<String>)>,
) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    all.filter(|(word, _)| word.starts_with(current))
        .map(|(word, help)| CompletionCandidate::new(word).help(help.map(Into::into)))
        .collect()
}

/// Complete the id of a space.
pub fn spaces() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let help = |row: &SpaceRow| row.members.map(|members| format!("{members} members"));
        let rows = tables::spaces().unwrap_or_default();
        those(current, rows.iter().map(|row| (row.id.to_string(), help(row))))
    })
}

/// Complete a pair.
pub fn processes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let pair = |row: &TaskRow| (row.pair.to_string(), Some(printable(&row.command)));
        let own = pspace::own_space().ok();
        let rows = tables::tasks().unwrap_or_default();
        // Those of the own space have numbers, and other tools for them.
        let others = rows.iter().filter(|row| Some(row.pair.space) != own);
        those(current, others.map(pair))
    })
}

/// Complete the name of a signal.
pub fn signals() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        those(current, Signal::names().map(|name| (name.to_string(), None)))
    })
}

/// Complete a setting and its value.
pub fn settings() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let all = Setting::ALL.iter().flat_map(|setting| {
            let words = setting.words();
            let none = words.is_empty().then_some("");
            words.iter().copied().chain(none).map(|word| format!("{}={word}", setting.name()))
        });
        those(current, all.map(|word| (word, None)))
    })
}
