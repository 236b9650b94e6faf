// SPDX-License-Identifier: GPL-2.0
//! Why the command has failed, and with which exit status it says so.

use std::io::{self, Write};

use pspace::{Error, Kind, Trouble};

/// What a verb comes to: the exit status.
pub type Outcome = std::result::Result<u8, Failure>;

/// Why a verb has failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The library says why.
    #[error(transparent)]
    Library(#[from] Error),
    /// A program could not be started.
    #[error(transparent)]
    Program(#[from] Trouble),
    /// There is nobody to look at it.
    #[error("top takes a terminal; 'pspace top --once' prints")]
    NoTerminal,
    /// An expression is none for a process.
    #[error("the expression of -Q: {0}")]
    Filter(String),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Is it that nobody reads the output any more?
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Tell of it. Where nobody can read it there is nothing else to do.
    pub fn tell(&self) {
        let _ = writeln!(anstream::stderr(), "pspace: {self}");
    }

    /// The exit status of what was to run a program: not one that the program itself can have.
    pub fn not_started(&self) -> u8 {
        match self {
            Failure::Program(Trouble::Exec { source, .. }) => not_run(source),
            _ => 125,
        }
    }

    /// The exit status, as `pspace --help` has them.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Library(error) | Failure::Program(Trouble::Before(error)) => {
                of_kind(error.kind())
            }
            Failure::Program(Trouble::Within(_)) => 125,
            Failure::Program(Trouble::Exec { source, .. }) => not_run(source),
            Failure::Filter(_) | Failure::NoTerminal => 2,
            Failure::Output(_) => 1,
        }
    }
}

/// As env(1) says it: 127 for a program that is not there, 126 for one that cannot be run.
pub fn not_run(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
}

fn of_kind(kind: Kind) -> u8 {
    match kind {
        Kind::Failed => 1,
        Kind::Invalid => 2,
        Kind::Missing => 3,
        Kind::NotPermitted => 4,
        Kind::Unsupported => 5,
    }
}
