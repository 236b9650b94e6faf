// SPDX-License-Identifier: GPL-2.0
//! Files of `/proc`, and what their errors mean.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::{Error, Pair, Result, SpaceId, sys};

/// Is there a `/proc/pspace` at all?
pub(crate) fn require() -> Result<()> {
    if Path::new("/proc/pspace").exists() { Ok(()) } else { Err(Error::Unsupported) }
}

/// A list of `/proc/pspace`, as a whole.
pub(crate) fn read_list(file: &str) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    match File::open(file).and_then(|mut list| list.read_to_end(&mut text)) {
        Ok(_) => Ok(text),
        Err(error) => {
            require()?;
            Err(Error::system(format!("cannot read {file}"), error))
        }
    }
}

/// Open a file of a process or space, relative to a directory that is open already or not.
pub(crate) fn open_at(
    directory: impl AsFd,
    file: &str,
    flags: OFlags,
) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(directory, file, flags | OFlags::CLOEXEC, Mode::empty())
}

/// Open a file or directory by its whole path.
pub(crate) fn open(file: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(file, flags | OFlags::CLOEXEC, Mode::empty())
}

/// Does an error say that the process, or the space, is not there (any more)?
pub(crate) fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::SRCH)
}

/// Does an error say that the caller may not?
pub(crate) fn is_denied(errno: Errno) -> bool {
    matches!(errno, Errno::PERM | Errno::ACCESS)
}

/// The id of the caller's own space.
pub fn own_space() -> Result<SpaceId> {
    let what = "cannot read the id of the own space from /proc/self/ns/pid";
    let file =
        open("/proc/self/ns/pid", OFlags::RDONLY).map_err(|errno| Error::system(what, errno))?;
    let id = sys::namespace_id(&file).map_err(|errno| Error::system(what, errno))?;
    SpaceId::new(id).ok_or_else(|| Error::format("/proc/self/ns/pid", "its id is 0"))
}

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of processors, in its and the kernel's code.
    pub cpu: Duration,
    /// When it began, after the boot.
    pub start: Duration,
    /// Memory that it has in use, in bytes.
    pub rss: u64,
}

/// The time since the boot, as `Usage::start` counts it.
pub fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

/// What a process has used, if it is there and this can be seen.
pub fn usage(pair: Pair) -> Option<Usage> {
    let stat = std::fs::read(format!("/proc/pspace/{}/{}/stat", pair.space, pair.nr)).ok()?;
    parse_stat(&stat, rustix::param::clock_ticks_per_second(), rustix::param::page_size() as u64)
}

/// The command line of a process, its words parted by blanks. None if it has none, is gone or
/// may not be seen.
pub fn arguments(pair: Pair) -> Option<Vec<u8>> {
    let mut words =
        std::fs::read(format!("/proc/pspace/{}/{}/cmdline", pair.space, pair.nr)).ok()?;
    let end = words.iter().rposition(|byte| *byte != 0)? + 1;
    words.truncate(end);
    words.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    Some(words)
}

fn parse_stat(stat: &[u8], hertz: u64, page: u64) -> Option<Usage> {
    // The name is in parentheses, and may have some itself.
    let behind = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(stat.get(behind..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // By their numbers in proc(5), of which the third is the first here.
    let field = |nr: usize| fields.get(nr - 3)?.parse::<u64>().ok();
    let ticks = |count: u64| {
        Duration::from_secs(count / hertz) + Duration::from_millis(count % hertz * 1000 / hertz)
    };
    Some(Usage {
        cpu: ticks(field(14)?.saturating_add(field(15)?)),
        start: ticks(field(22)?),
        rss: field(24)?.saturating_mul(page),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_move_the_fields() {
        let fields = "S 1 1 1 0 -1 4194560 10 20 30 40 150 25 0 0 20 0 1 0 1234 8192 77 0";
        let expected = Usage {
            cpu: Duration::from_millis(1750),
            start: Duration::from_millis(12340),
            rss: 77 * 4096,
        };
        for name in ["sh", "a) S 1 (b", ") ) )", "\u{e4}"] {
            let stat = format!("7 ({name}) {fields}");
            assert_eq!(parse_stat(stat.as_bytes(), 100, 4096), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_part_of_a_line_is_nothing() {
        for stat in ["", "7 (sh", "7 (sh)", "7 (sh) S 1 1"] {
            assert_eq!(parse_stat(stat.as_bytes(), 100, 4096), None, "{stat}");
        }
    }
}
