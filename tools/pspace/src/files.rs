// SPDX-License-Identifier: GPL-2.0
//! What files processes hold, in whatever space they are.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, OFlags, StatxFlags, readlinkat, statx};

use crate::procfs::{open, open_at};
use crate::{Error, Pair, Result};

/// How a process holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Its working directory.
    Directory,
    /// Its root.
    Root,
    /// The program that it runs.
    Program,
    /// In its memory.
    Memory,
    /// By a descriptor.
    Descriptor(u32),
}

impl std::fmt::Display for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // As lsof has them.
            Hold::Directory => f.write_str("cwd"),
            Hold::Root => f.write_str("rtd"),
            Hold::Program => f.write_str("txt"),
            Hold::Memory => f.write_str("mem"),
            Hold::Descriptor(number) => number.fmt(f),
        }
    }
}

/// A file that a process holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// How.
    pub hold: Hold,
    /// What it is called there: in its mounts, below its root.
    pub name: PathBuf,
    id: Option<(u64, u64)>,
}

/// Which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    device: u64,
    inode: Option<u64>,
}

impl Target {
    /// A file, or with FILESYSTEM all of the file system it is on.
    pub fn new(path: &Path, filesystem: bool) -> Result<Self> {
        let metadata = std::fs::metadata(path)
            .map_err(|error| Error::system(format!("cannot look at {}", path.display()), error))?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        Ok(Target { device, inode: (!filesystem).then_some(inode) })
    }

    /// Is that one of them?
    pub fn is(&self, held: &Held) -> bool {
        held.id.is_some_and(|(device, inode)| {
            self.device == device && self.inode.is_none_or(|own| own == inode)
        })
    }
}

/// All that a process holds, once each. Nothing of one that is gone, or may not be looked at.
pub fn held(pair: Pair) -> Vec<Held> {
    // Once: the number can be that of another process the next time.
    let Ok(process) = open(
        &format!("/proc/pspace/{}/{}", pair.space, pair.nr),
        OFlags::RDONLY | OFlags::DIRECTORY,
    ) else {
        return Vec::new();
    };
    let link = |file: &str, hold| {
        let name = readlinkat(&process, file, Vec::new()).ok()?;
        let name = OsString::from_vec(name.into_bytes()).into();
        Some(Held { hold, name, id: id_at(&process, file) })
    };
    let links = [("cwd", Hold::Directory), ("root", Hold::Root), ("exe", Hold::Program)];
    let mut all: Vec<Held> =
        links.into_iter().filter_map(|(file, hold)| link(file, hold)).collect();
    let program = all.iter().find(|held| held.hold == Hold::Program).and_then(|held| held.id);

    let mut maps = Vec::new();
    if let Ok(file) = open_at(&process, "maps", OFlags::RDONLY) {
        // A part is better than nothing.
        let _ = File::from(file).read_to_end(&mut maps);
    }
    let mut mapped: Vec<Held> = maps.split(|byte| *byte == b'\n').filter_map(parse_map).collect();
    mapped.sort_by(|a, b| (a.id, &a.name).cmp(&(b.id, &b.name)));
    mapped.dedup_by_key(|held| held.id);
    all.extend(mapped.into_iter().filter(|held| held.id != program));

    let mut numbers: Vec<u32> = open_at(&process, "fd", OFlags::RDONLY | OFlags::DIRECTORY)
        .and_then(Dir::new)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let descriptor = |number| link(&format!("fd/{number}"), Hold::Descriptor(number));
    all.extend(numbers.into_iter().filter_map(descriptor));
    all
}

/// Which file it is. A server that does not answer is not waited for.
fn id_at(directory: &OwnedFd, file: &str) -> Option<(u64, u64)> {
    let statx = statx(directory, file, AtFlags::STATX_DONT_SYNC, StatxFlags::INO).ok()?;
    Some((rustix::fs::makedev(statx.stx_dev_major, statx.stx_dev_minor), statx.stx_ino))
}

/// A line of `maps`: addresses, rights, offset, device, inode, name.
fn parse_map(line: &[u8]) -> Option<Held> {
    let line = String::from_utf8_lossy(line);
    let mut rest = &*line;
    let mut word = || {
        rest = rest.trim_start_matches(' ');
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = behind;
        word
    };
    let (_, _, _, device, inode) = (word(), word(), word(), word(), word());
    let name = rest.trim_start_matches(' ');
    let (major, minor) = device.split_once(':')?;
    let hex = |word| u32::from_str_radix(word, 16).ok();
    let device = rustix::fs::makedev(hex(major)?, hex(minor)?);
    let inode: u64 = inode.parse().ok()?;
    // Memory of no file.
    (inode != 0).then(|| Held { hold: Hold::Memory, name: name.into(), id: Some((device, inode)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_the_name_of_its_file() {
        let line = b"7f0000000000-7f0000001000 r-xp 00001000 08:02 1234     /lib/a b.so (deleted)";
        let map = parse_map(line).unwrap();
        assert_eq!(map.name, Path::new("/lib/a b.so (deleted)"));
        assert_eq!(map.id, Some((rustix::fs::makedev(8, 2), 1234)));
        let target = Target { device: rustix::fs::makedev(8, 2), inode: Some(1234) };
        assert!(target.is(&map));
        assert!(Target { inode: None, ..target }.is(&map));
        assert!(!Target { inode: Some(1235), ..target }.is(&map));
        assert!(!Target { device: 0, inode: None }.is(&map));
    }

    #[test]
    fn memory_of_no_file_is_none() {
        for line in [
            "7ffc0000-7ffd0000 rw-p 00000000 00:00 0                          [stack]",
            "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ",
            "",
            "x",
        ] {
            assert_eq!(parse_map(line.as_bytes()), None, "{line}");
        }
    }
}
