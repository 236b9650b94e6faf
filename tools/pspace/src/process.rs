// SPDX-License-Identifier: GPL-2.0
//! A process, by any of its names.

use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::Serialize;

use crate::escape::printable;
use crate::procfs::{is_denied, is_gone, open, open_at, require};
use crate::{Error, Name, Nr, Pair, Result, Signal, Space, sys};

/// A process that was found: from then on it is this one, and never another with its number.
#[derive(Debug)]
pub struct Process {
    name: Name,
    // A pidfd, or the directory of procfs, which is as good to send a signal.
    handle: OwnedFd,
}

/// What is known of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Details {
    /// What it is.
    pub pair: Pair,
    /// Its path.
    pub path: String,
    /// Its number in the caller's own space, which it is given if it has none. None if it gets
    /// none.
    pub number: Option<Nr>,
    /// Its name, as a terminal may have it.
    pub command: String,
    /// A letter, as `ps` shows it.
    pub state: char,
    /// Its user.
    pub uid: u32,
    /// How many threads it has.
    pub threads: u32,
    /// May the caller signal it?
    pub may_signal: bool,
    /// May the caller look at its namespaces, memory and files, and trace it?
    pub may_look: bool,
    /// May the caller kill and set its space?
    pub may_steer: bool,
}

impl Process {
    /// The process of a name.
    pub fn open(name: &Name) -> Result<Self> {
        let handle = match name {
            Name::Number(nr) => by_number(name, *nr)?,
            Name::Pair(pair) => match Space::open(pair.space) {
                Ok(space) => space.pidfd(pair.nr)?,
                // To send a signal does not take the right to look.
                Err(Error::NotPermitted { .. }) => directory(name)?,
                Err(error) => return Err(error),
            },
            Name::Path(_) => directory(name)?,
        };
        Ok(Process { name: name.clone(), handle })
    }

    /// Send it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        sys::send_signal(&self.handle, signal.number()).map_err(|error| match Errno::from_io_error(
            &error,
        ) {
            Some(Errno::SRCH) => Error::NoProcess(self.name.clone()),
            Some(Errno::PERM) => Error::NotPermitted {
                what: format!("signal {}", self.name),
                need: "it takes to be its user, or CAP_KILL in its user namespace",
            },
            _ => Error::system(format!("cannot send {signal} to {}", self.name), error),
        })
    }
}

impl Details {
    /// The pair of the process of a name. It is given no number by this.
    pub fn pair_of(name: &Name) -> Result<Pair> {
        Ok(Details::seen(name)?.1.pair)
    }

    /// What is known of the process of a name.
    pub fn read(name: &Name) -> Result<Self> {
        let (directory, mut details) = Details::seen(name)?;
        details.may_signal = sys::send_signal(&directory, Signal::PROBE.number()).is_ok();
        details.may_look = open_at(&directory, "ns/pid", OFlags::RDONLY).is_ok();
        details.may_steer = Space::may_steer(details.pair.space);
        details.number = match name {
            Name::Number(nr) => Some(*nr),
            // Who may not open the space finds its number in no other way.
            _ => Space::open(details.pair.space)
                .and_then(|space| space.number_here(details.pair.nr))
                .unwrap_or(None),
        };
        Ok(details)
    }

    /// What its directory shows of it.
    fn seen(name: &Name) -> Result<(OwnedFd, Self)> {
        let directory = directory(name)?;
        let gone = |errno: Errno| match errno {
            errno if is_gone(errno) => Error::NoProcess(name.clone()),
            errno => Error::system(format!("cannot read the status of {name}"), errno),
        };
        let read = |file: &str| {
            let mut text = Vec::new();
            let file = open_at(&directory, file, OFlags::RDONLY).map_err(gone)?;
            std::fs::File::from(file)
                .read_to_end(&mut text)
                .map_err(|error| gone(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
            Ok::<_, Error>(text)
        };
        let status = read("status")?;
        let mut details = parse_status(&String::from_utf8_lossy(&status))
            .map_err(|what| Error::format("status", format!("{what} of {name}")))?
            .ok_or_else(|| require().err().unwrap_or_else(|| Error::Classic(name.clone())))?;
        // As it is, and not as the status has it, escaped in part.
        let command = read("comm")?;
        details.command = printable(command.strip_suffix(b"\n").unwrap_or(&command));
        Ok((directory, details))
    }
}

/// What a status says. None without the lines of pspaces.
fn parse_status(status: &str) -> std::result::Result<Option<Details>, &'static str> {
    let line =
        |key: &str| status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(":\t"));
    let Some(pair) = line("Pspace") else { return Ok(None) };
    let (space, nr) = pair.split_once('\t').ok_or("no pair")?;
    let first = |key: &str| line(key)?.split('\t').next();
    Ok(Some(Details {
        pair: Pair {
            space: space.parse().map_err(|_| "no space")?,
            nr: nr.parse().map_err(|_| "no number")?,
        },
        path: line("PspacePath").ok_or("no path")?.into(),
        number: None,
        command: String::new(),
        state: line("State").and_then(|word| word.chars().next()).ok_or("no state")?,
        uid: first("Uid").and_then(|word| word.parse().ok()).ok_or("no user")?,
        threads: line("Threads").and_then(|word| word.parse().ok()).unwrap_or(0),
        may_signal: false,
        may_look: false,
        may_steer: false,
    }))
}

fn by_number(name: &Name, nr: Nr) -> Result<OwnedFd> {
    let pid = i32::try_from(nr).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::NoProcess(name.clone()))?;
    pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| match errno {
        Errno::SRCH => Error::NoProcess(name.clone()),
        Errno::NOENT | Errno::INVAL => Error::Thread(name.clone()),
        errno => Error::system(format!("cannot open {name}"), errno),
    })
}

fn directory(name: &Name) -> Result<OwnedFd> {
    open(&name.directory(), OFlags::RDONLY | OFlags::DIRECTORY).map_err(|errno| {
        if let Err(error) = require() {
            return error;
        }
        match errno {
            errno if is_gone(errno) || errno == Errno::NOTDIR => Error::NoProcess(name.clone()),
            errno if is_denied(errno) => Error::NotPermitted {
                what: format!("look at {name}"),
                need: "/proc hides it from you (hidepid)",
            },
            errno => Error::system(format!("cannot open {}", name.directory()), errno),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tsh\nState:\tS (sleeping)\nUid:\t1000\t0\t0\t0\nNSpid:\t0\t3\n\
                          Pspace:\t57\t3\nPspacePath:\t1200/3\nThreads:\t2\n";

    #[test]
    fn a_status_has_all_names() {
        let details = parse_status(STATUS).unwrap().unwrap();
        assert_eq!(details.pair.to_string(), "57:3");
        assert_eq!(details.path, "1200/3");
        assert_eq!((details.state, details.uid, details.threads), ('S', 1000, 2));
    }

    #[test]
    fn a_kernel_without_pspaces_has_none_of_them() {
        assert_eq!(parse_status("Name:\tsh\nNSpid:\t7\n"), Ok(None));
    }

    #[test]
    fn half_a_status_is_an_error() {
        assert!(parse_status("Pspace:\t57\n").is_err());
        assert!(parse_status("Pspace:\t57\t3\n").is_err());
        assert!(parse_status("Pspace:\tx\t3\nPspacePath:\t1\n").is_err());
    }
}
