// SPDX-License-Identifier: GPL-2.0
//! The edge to the kernel: all that is `unsafe` in this crate.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{self, SigHandler, Signal};
use rustix::ioctl::{self, Getter, Ioctl, IoctlOutput, NoArg, Opcode, opcode};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// CLONE_NEWPSPACE of `<linux/pspace.h>`.
pub const CLONE_NEWPSPACE: u32 = 0x0040_0000;

/// Of `<linux/pspace.h>`.
const PR_SET_PSPACE_NEWPID: c_int = 0x5053_5001;

/// PSPACE_IOCTL of `<linux/pspace.h>`, which is that of `<linux/nsfs.h>`.
const GROUP: u8 = 0xb7;

const NS_GET_USERNS: Opcode = opcode::none(GROUP, 1);
const NS_GET_ID: Opcode = opcode::read::<u64>(GROUP, 13);
const PSPACE_KILL: Opcode = opcode::none(GROUP, 0x40);
const PSPACE_GET_INFO: Opcode = opcode::read::<RawInfo>(GROUP, 0x41);
const PSPACE_OPEN_PIDFD: Opcode = opcode::none(GROUP, 0x42);
const PSPACE_GET_WID: Opcode = opcode::none(GROUP, 0x43);
const PSPACE_KILL_ON_CLOSE: Opcode = opcode::none(GROUP, 0x44);

/// PSPACE_INFO_EXIT of `<linux/pspace.h>`.
pub const INFO_EXIT: u32 = 0x1;

/// `struct pspace_info` of `<linux/pspace.h>`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct RawInfo {
    pub id: u64,
    pub flags: u32,
    pub exit_code: i32,
    pub alive: u32,
    pub traced: u32,
    pub blocked: u32,
    pub zombies: u32,
}

/// The id of a namespace.
pub fn namespace_id(file: impl AsFd) -> rustix::io::Result<u64> {
    // SAFETY: the kernel writes a u64.
    unsafe { ioctl::ioctl(file, Getter::<NS_GET_ID, u64>::new()) }
}

/// The user namespace that owns a namespace.
pub fn owner(file: impl AsFd) -> rustix::io::Result<OwnedFd> {
    // SAFETY: it takes nothing. What it returns is a new descriptor, ours alone.
    unsafe {
        let fd = ioctl::ioctl(file, NumberToNumber::<NS_GET_USERNS>(0))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// What is to be said of a space.
pub fn info(space: impl AsFd) -> rustix::io::Result<RawInfo> {
    // SAFETY: the kernel writes a struct of the size that is in the number.
    unsafe { ioctl::ioctl(space, Getter::<PSPACE_GET_INFO, RawInfo>::new()) }
}

/// Kill all in a space and below.
pub fn kill(space: impl AsFd) -> rustix::io::Result<()> {
    // SAFETY: it takes nothing.
    unsafe { ioctl::ioctl(space, NoArg::<PSPACE_KILL>::new()) }
}

/// Have a space killed when this open file is closed.
pub fn kill_on_close(space: impl AsFd) -> rustix::io::Result<()> {
    // SAFETY: it takes nothing.
    unsafe { ioctl::ioctl(space, NoArg::<PSPACE_KILL_ON_CLOSE>::new()) }
}

/// A pidfd of the process with a number in a space.
pub fn open_pidfd(space: impl AsFd, nr: u32) -> rustix::io::Result<OwnedFd> {
    // SAFETY: it takes a number. What it returns is a new descriptor, ours alone.
    unsafe {
        let fd = ioctl::ioctl(space, NumberToNumber::<PSPACE_OPEN_PIDFD>(nr))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// The number here of the process with a number in a space.
pub fn get_wid(space: impl AsFd, nr: u32) -> rustix::io::Result<u32> {
    // SAFETY: it takes a number and returns one.
    unsafe { ioctl::ioctl(space, NumberToNumber::<PSPACE_GET_WID>(nr)) }.map(|wid| wid as u32)
}

/// An ioctl whose argument is a number, and so is its result.
struct NumberToNumber<const OPCODE: Opcode>(u32);

// SAFETY: no memory is read or written.
unsafe impl<const OPCODE: Opcode> Ioctl for NumberToNumber<OPCODE> {
    type Output = c_int;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        OPCODE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::without_provenance_mut(self.0 as usize)
    }

    unsafe fn output_from_ptr(result: IoctlOutput, _: *mut c_void) -> rustix::io::Result<c_int> {
        Ok(result)
    }
}

/// Go to new namespaces: `flags` are bits of CLONE_NEW*.
pub fn unshare(flags: u32) -> rustix::io::Result<()> {
    let flags = UnshareFlags::from_bits_retain(flags);
    assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: descriptors stay shared.
    unsafe { unshare_unsafe(flags) }
}

/// Have CLONE_NEWPID of this process, and of what it starts, be CLONE_NEWPSPACE.
pub fn ask_newpid() -> io::Result<()> {
    // SAFETY: it takes numbers only.
    let result = unsafe { nix::libc::prctl(PR_SET_PSPACE_NEWPID, 1, 0, 0, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Send a signal, or 0, to the process of a pidfd or of a directory of procfs.
pub fn send_signal(process: impl AsFd, signal: i32) -> io::Result<()> {
    let process = process.as_fd().as_raw_fd();
    // SAFETY: without a siginfo no memory is read.
    let result = unsafe {
        nix::libc::syscall(
            nix::libc::SYS_pidfd_send_signal,
            process,
            signal,
            std::ptr::null::<c_void>(),
            0,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Have the ends of children told. Were they ignored?
pub fn hear_of_children() -> nix::Result<bool> {
    // SAFETY: no handler is set.
    let before = unsafe { signal::signal(Signal::SIGCHLD, SigHandler::SigDfl) }?;
    Ok(before == SigHandler::SigIgn)
}

/// Ignore the ends of children.
pub fn ignore_children() -> nix::Result<()> {
    // SAFETY: no handler is set.
    unsafe { signal::signal(Signal::SIGCHLD, SigHandler::SigIgn) }.map(drop)
}

/// Have no descriptor but 0 to 2 be passed on to what is executed from here.
pub fn keep_descriptors() -> io::Result<()> {
    let flags = nix::libc::CLOSE_RANGE_CLOEXEC as nix::libc::c_int;
    // SAFETY: nothing is closed now, and all that this process has opened is closed then anyway.
    let result = unsafe { nix::libc::close_range(3, u32::MAX, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Have a command do something in the child before it becomes the program.
///
/// `setup` runs between `fork()` and `exec()`. This process has one thread, which is checked,
/// so that no lock is held in the child by a thread that is not there.
pub fn before_exec(
    command: &mut Command,
    setup: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<()> {
    if !is_single_threaded() {
        return Err(io::Error::other("this takes a process of one thread"));
    }
    // SAFETY: there is no other thread, see above.
    unsafe { command.pre_exec(setup) };
    Ok(())
}

/// By the kernel's count, where it can be read: else it is believed.
fn is_single_threaded() -> bool {
    let Ok(status) = File::open("/proc/thread-self/status").and_then(io::read_to_string) else {
        return true;
    };
    status.lines().filter_map(|line| line.strip_prefix("Threads:")).all(|count| count.trim() == "1")
}

#[cfg(test)]
mod tests {
    //! That this is what the header says.

    use super::*;
    use std::io::Write as _;
    use std::process::Stdio;

    /// What the C compiler makes of an expression, with the header of this source tree.
    fn in_c(expressions: &[&str]) -> Vec<u64> {
        let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include/uapi");
        let program = std::env::temp_dir().join(format!("pspace-layout-{}", std::process::id()));
        let lines: String = expressions
            .iter()
            .map(|what| format!("printf(\"%llu\\n\", (unsigned long long)({what}));"))
            .collect();
        let source = format!(
            "#include <stdio.h>\n#include <stddef.h>\n#include <linux/pspace.h>\n\
             int main(void) {{ {lines} return 0; }}\n"
        );
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()))
            .args(["-I", include, "-x", "c", "-o"])
            .arg(&program)
            .arg("-")
            .stdin(Stdio::piped())
            .spawn()
            .expect("a C compiler; set CC to yours");
        compiler.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
        assert!(compiler.wait().unwrap().success());
        let output = Command::new(&program).output().unwrap();
        std::fs::remove_file(&program).unwrap();
        let values = String::from_utf8(output.stdout).unwrap();
        values.lines().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn numbers_and_layout_are_those_of_the_header() {
        use std::mem::{offset_of, size_of};
        let pairs: Vec<(&str, u64)> = vec![
            ("CLONE_NEWPSPACE", CLONE_NEWPSPACE.into()),
            ("PR_SET_PSPACE_NEWPID", PR_SET_PSPACE_NEWPID as u64),
            ("PSPACE_KILL", PSPACE_KILL.into()),
            ("PSPACE_GET_INFO", PSPACE_GET_INFO.into()),
            ("PSPACE_OPEN_PIDFD", PSPACE_OPEN_PIDFD.into()),
            ("PSPACE_GET_WID", PSPACE_GET_WID.into()),
            ("PSPACE_KILL_ON_CLOSE", PSPACE_KILL_ON_CLOSE.into()),
            ("_IO(PSPACE_IOCTL, 1)", NS_GET_USERNS.into()),
            ("_IOR(PSPACE_IOCTL, 13, __u64)", NS_GET_ID.into()),
            ("PSPACE_INFO_EXIT", INFO_EXIT.into()),
            ("PSPACE_INFO_SIZE_VER1", size_of::<RawInfo>() as u64),
            ("sizeof(struct pspace_info)", size_of::<RawInfo>() as u64),
            ("offsetof(struct pspace_info, id)", offset_of!(RawInfo, id) as u64),
            ("offsetof(struct pspace_info, flags)", offset_of!(RawInfo, flags) as u64),
            ("offsetof(struct pspace_info, exit_code)", offset_of!(RawInfo, exit_code) as u64),
            ("offsetof(struct pspace_info, alive)", offset_of!(RawInfo, alive) as u64),
            ("offsetof(struct pspace_info, traced)", offset_of!(RawInfo, traced) as u64),
            ("offsetof(struct pspace_info, blocked)", offset_of!(RawInfo, blocked) as u64),
            ("offsetof(struct pspace_info, zombies)", offset_of!(RawInfo, zombies) as u64),
        ];
        let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
        for ((name, rust), c) in pairs.iter().zip(in_c(&names)) {
            assert_eq!(*rust, c, "{name}");
        }
        assert_eq!(in_c(&names).len(), pairs.len());
    }

    #[test]
    fn all_ioctls_of_the_header_are_here() {
        let header = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include/uapi/linux/pspace.h");
        let text = std::fs::read_to_string(header).unwrap();
        let here = include_str!("sys.rs");
        let ioctls: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("#define") && line.contains("_IO"))
            .filter(|line| line.contains("(PSPACE_IOCTL"))
            .filter_map(|line| line.split_whitespace().nth(1))
            .collect();
        assert!(ioctls.len() >= 5, "{ioctls:?}");
        for name in ioctls {
            assert!(here.contains(&format!("const {name}: Opcode")), "{name}");
        }
    }
}
