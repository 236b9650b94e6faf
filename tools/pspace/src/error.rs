// SPDX-License-Identifier: GPL-2.0
//! What can go wrong, and what to do about it.

use std::io;

use crate::{Name, SpaceId};

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A word names nothing.
    #[error("'{word}' is no {what}")]
    Word {
        /// What was given.
        word: String,
        /// What it should have been, with an example.
        what: &'static str,
    },
    /// No `/proc/pspace`.
    #[error(
        "no pspaces here: there is no /proc/pspace. Load the module (modprobe pspace); \
         that takes a kernel with CONFIG_PSPACE and /proc mounted"
    )]
    Unsupported,
    /// No space of that id, or one that the caller may not see.
    #[error("no space {0}: it is gone, or not below yours. 'pspace ls' lists those there are")]
    NoSpace(SpaceId),
    /// A space that has no process to open it by, or no pid 1 to go by.
    #[error("space {0} has no pid 1 any more, or no process at all")]
    Empty(SpaceId),
    /// No process of that name, or one that the caller may not see.
    #[error(
        "no process {0}: it is gone, or not below your space. 'pspace ps' lists those there are"
    )]
    NoProcess(Name),
    /// Where the caller is processes have no pairs.
    #[error(
        "{0} has no pair here: this is a classic pid namespace, from which the spaces below it are \
         seen and no others"
    )]
    Classic(Name),
    /// A number that is the id of a space as well.
    #[error(
        "{0} is a space as well as a process here: say --space {0} for the space, or the pair of the process"
    )]
    Ambiguous(u32),
    /// The number is that of a thread.
    #[error("{0} is a thread, not a process: name its process")]
    Thread(Name),
    /// The caller lacks a right.
    #[error("not permitted to {what}: {need}")]
    NotPermitted {
        /// What was tried.
        what: String,
        /// What it takes.
        need: &'static str,
    },
    /// A setting has no such value.
    #[error("'{value}' is no {setting}: {choice}")]
    Value {
        /// What was given.
        value: String,
        /// Of which setting.
        setting: &'static str,
        /// What can be given.
        choice: &'static str,
    },
    /// What the kernel says is not what this crate knows.
    #[error("cannot make sense of {file}: {what}")]
    Format {
        /// Which file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// Another error of the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Kinds of errors: what a program wants to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// None of the others.
    Failed,
    /// What was given is no name, setting or value.
    Invalid,
    /// No such space or process, or it is gone.
    Missing,
    /// Not permitted.
    NotPermitted,
    /// No pspaces here.
    Unsupported,
}

impl Error {
    /// Which kind it is of.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Word { .. } | Error::Value { .. } | Error::Ambiguous(_) => Kind::Invalid,
            Error::Unsupported | Error::Classic(_) => Kind::Unsupported,
            Error::NoSpace(_) | Error::Empty(_) | Error::NoProcess(_) | Error::Thread(_) => {
                Kind::Missing
            }
            Error::NotPermitted { .. } => Kind::NotPermitted,
            Error::Format { .. } | Error::System { .. } => Kind::Failed,
        }
    }

    pub(crate) fn word(word: &str, what: &'static str) -> Self {
        Error::Word { word: word.into(), what }
    }

    pub(crate) fn system(what: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Error::System { what: what.into(), source: source.into() }
    }

    pub(crate) fn format(file: &str, what: impl Into<String>) -> Self {
        Error::Format { file: file.into(), what: what.into() }
    }
}
