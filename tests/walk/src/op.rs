// SPDX-License-Identifier: GPL-2.0

//! What is done: one operation of one task, as it is written in a script.
//!
//! Tasks and spaces have names, which are small numbers that say nothing of the kernel's. An
//! operation that makes one says what it is to be called, so that a script keeps its meaning when
//! lines are taken out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A task: the first of a process, after which that is called as well, or another thread.
pub type Task = u8;

/// A pid namespace: the root, a pspace or a classic one.
pub type Space = u8;

/// A number of a task. Those in the root are not foreseen: see [`in_root`].
pub type Nr = i32;

/// The namespace that the machine boots in.
pub const ROOT: Space = 0;

/// The task that there is at first. It is in the root.
pub const FIRST: Task = 0;

const ROOT_NUMBERS: Nr = 1_000_000_000;

/// What stands for the number of a task in the root, where others have numbers, too.
pub fn in_root(task: Task) -> Nr {
    ROOT_NUMBERS + Nr::from(task)
}

/// The task that a number of the root stands for.
pub fn of_root(nr: Nr) -> Option<Task> {
    Task::try_from(nr.checked_sub(ROOT_NUMBERS)?).ok()
}

/// What a new task is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct With {
    /// It is the init of a new space of this name.
    #[serde(skip_serializing_if = "is_default")]
    pub space: Option<Space>,
    /// That is a classic pid namespace.
    #[serde(skip_serializing_if = "is_default")]
    pub classic: bool,
    /// CLONE_PARENT.
    #[serde(skip_serializing_if = "is_default")]
    pub parent: bool,
    /// CLONE_THREAD.
    #[serde(skip_serializing_if = "is_default")]
    pub thread: bool,
    /// CLONE_AUTOREAP.
    #[serde(skip_serializing_if = "is_default")]
    pub autoreap: bool,
    /// The numbers that are asked for, innermost first.
    #[serde(skip_serializing_if = "is_default")]
    pub set_tid: Vec<Nr>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How a process is named to who is to send it a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// By a number of the sender's.
    Number(Nr),
    /// By a descriptor.
    Pidfd(Task),
}

/// What wait4() is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Child {
    /// The one with this number.
    Number(Nr),
    /// All that have ended, one after the other.
    Each,
}

/// The words of `/proc/pspace/<id>/policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Policy {
    Init,
    Auto,
    Outer,
}

/// The words of `/proc/pspace/<id>/isolation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Isolation {
    Full,
    Half,
    Peers,
}

/// The words of `/proc/pspace/<id>/numbers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Numbers {
    Never,
    Ask,
    Show,
    List,
}

/// The words of `/proc/pspace/<id>/signals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Signals {
    Init,
    Ordinary,
}

/// A file of `/proc/pspace/<id>` and what is written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Setting {
    Policy(Policy),
    Isolation(Isolation),
    Numbers(Numbers),
    Signals(Signals),
    LastPid(Nr),
    PidMax(Nr),
    Kill,
}

impl Setting {
    /// The name of the file and the text.
    pub fn text(self) -> (&'static str, String) {
        match self {
            Self::Policy(word) => ("policy", lower(word)),
            Self::Isolation(word) => ("isolation", lower(word)),
            Self::Numbers(word) => ("numbers", lower(word)),
            Self::Signals(word) => ("signals", lower(word)),
            Self::LastPid(nr) => ("last_pid", nr.to_string()),
            Self::PidMax(nr) => ("pid_max", nr.to_string()),
            Self::Kill => ("kill", "1".into()),
        }
    }
}

/// A word of the kernel's for one of these.
pub fn lower(word: impl fmt::Debug) -> String {
    format!("{word:?}").to_lowercase()
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Make a task.
    Clone {
        /// Who does so.
        by: Task,
        /// What it is called.
        child: Task,
        /// How.
        #[serde(default)]
        with: With,
    },
    /// Make a space for the next child.
    Unshare {
        /// Who does so.
        by: Task,
        /// What it is called.
        space: Space,
        /// It is a classic one.
        classic: bool,
    },
    /// Put the next child into a space.
    SetNs {
        /// Who does so.
        by: Task,
        /// The space.
        space: Space,
    },
    /// exec() the program again.
    Exec {
        /// Who does so.
        by: Task,
    },
    /// The task ends, or its process with all threads.
    Exit {
        /// Who does so.
        by: Task,
        /// The status.
        status: u8,
        /// With all threads.
        group: bool,
    },
    /// Send a signal.
    Kill {
        /// Who does so.
        by: Task,
        /// To whom.
        to: Target,
        /// Which.
        signal: i32,
    },
    /// kill(-1).
    KillAll {
        /// Who does so.
        by: Task,
        /// Which signal.
        signal: i32,
    },
    /// Wait for children, without sleeping.
    Wait {
        /// Who does so.
        by: Task,
        /// For which.
        child: Child,
    },
    /// Become a subreaper, or none.
    Subreaper {
        /// Who does so.
        by: Task,
        /// Become one.
        on: bool,
    },
    /// Write to a file of `/proc/pspace/<id>`.
    Set {
        /// Who does so.
        by: Task,
        /// The space.
        space: Space,
        /// Which file, and what.
        to: Setting,
    },
    /// PSPACE_GET_WID.
    GetWid {
        /// Who does so.
        by: Task,
        /// The space that the number is of.
        space: Space,
        /// The number.
        nr: Nr,
    },
    /// PSPACE_OPEN_PIDFD, and PIDFD_GET_INFO of what that returns.
    OpenPair {
        /// Who does so.
        by: Task,
        /// The space that the number is of.
        space: Space,
        /// The number.
        nr: Nr,
    },
    /// getpid(), gettid() and getppid().
    Ids {
        /// Who does so.
        by: Task,
    },
    /// Read the lists of /proc/pspace in a procfs of one's own.
    Look {
        /// Who does so.
        by: Task,
        /// In pieces of so many bytes.
        piece: u16,
    },
    /// PTRACE_SEIZE.
    Seize {
        /// Who does so.
        by: Task,
        /// The number of whom.
        nr: Nr,
    },
    /// Stop a tracee, wait for that, and let go of it.
    Detach {
        /// Who does so.
        by: Task,
        /// The number of whom.
        nr: Nr,
    },
    /// PSPACE_KILL_ON_CLOSE on a file that is kept, and that children inherit.
    Own {
        /// Who does so.
        by: Task,
        /// The space.
        space: Space,
        /// What the file is called.
        file: u8,
    },
    /// Close such a file.
    Close {
        /// Who does so.
        by: Task,
        /// Which.
        file: u8,
    },
    /// delete_module().
    Rmmod {
        /// Who does so.
        by: Task,
    },
}

impl Op {
    /// Who does it.
    pub fn by(&self) -> Task {
        match *self {
            Self::Clone { by, .. }
            | Self::Unshare { by, .. }
            | Self::SetNs { by, .. }
            | Self::Exec { by }
            | Self::Exit { by, .. }
            | Self::Kill { by, .. }
            | Self::KillAll { by, .. }
            | Self::Wait { by, .. }
            | Self::Subreaper { by, .. }
            | Self::Set { by, .. }
            | Self::GetWid { by, .. }
            | Self::OpenPair { by, .. }
            | Self::Ids { by }
            | Self::Look { by, .. }
            | Self::Seize { by, .. }
            | Self::Detach { by, .. }
            | Self::Own { by, .. }
            | Self::Close { by, .. }
            | Self::Rmmod { by } => by,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::new().depth_limit(0));

        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

/// The operations of a script: one a line. What begins with `#` is a comment.
pub fn parse(script: &str) -> Result<Vec<Op>, String> {
    let options =
        ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);

    script
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split('#').next().unwrap_or_default().trim()))
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| options.from_str(line).map_err(|err| format!("line {at}: {err}")))
        .collect()
}
