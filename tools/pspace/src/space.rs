// SPDX-License-Identifier: GPL-2.0
//! A space: its descriptor, and the files that steer it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::procfs::{is_denied, is_gone, open, require};
use crate::{Error, ExitStatus, Name, Nr, Pair, Result, Setting, SpaceId, sys};

const ABOVE: &str =
    "it takes CAP_SYS_ADMIN in the user namespace that owns the space, and to be above it";
pub(crate) const LOOK: &str =
    "it takes the right to look at one of its processes, as its user or root has";

/// A space that is there, as an open file of it: it stays the same one, whatever happens to it.
#[derive(Debug)]
pub struct Space {
    id: SpaceId,
    file: OwnedFd,
}

/// What is to be said of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// How its pid 1 has ended, if it has.
    pub exit: Option<ExitStatus>,
    /// Tasks that have not exited.
    pub alive: u32,
    /// Of those, stopped by a tracer.
    pub traced: u32,
    /// Of those, in uninterruptible sleep.
    pub blocked: u32,
    /// Tasks that have exited and are to be waited for.
    pub zombies: u32,
}

impl Space {
    /// The space with an id, by way of one of its processes that the caller may look at.
    pub fn open(id: SpaceId) -> Result<Self> {
        let mut denied = false;
        for nr in Space::processes(id)? {
            match open(&format!("/proc/pspace/{id}/{nr}/ns/pid"), OFlags::RDONLY) {
                Ok(file) => {
                    // One in a classic pid namespace in it has a file of that.
                    if sys::namespace_id(&file) == Ok(id.get()) {
                        return Ok(Space { id, file });
                    }
                }
                Err(errno) => denied |= is_denied(errno),
            }
        }
        if denied {
            return Err(Error::NotPermitted { what: format!("open space {id}"), need: LOOK });
        }
        Err(if Space::exists(id) { Error::Empty(id) } else { Error::NoSpace(id) })
    }

    pub(crate) fn from_file(file: OwnedFd) -> Result<Self> {
        let what = "cannot read the id of a space";
        let id = sys::namespace_id(&file).map_err(|errno| Error::system(what, errno))?;
        let id = SpaceId::new(id).ok_or_else(|| Error::format("NS_GET_ID", "the id is 0"))?;
        Ok(Space { id, file })
    }

    /// Its id.
    pub fn id(&self) -> SpaceId {
        self.id
    }

    /// Is there such a space, for the caller?
    pub fn exists(id: SpaceId) -> bool {
        std::path::Path::new(&format!("/proc/pspace/{id}")).exists()
    }

    /// The numbers of its processes.
    pub fn processes(id: SpaceId) -> Result<Vec<Nr>> {
        require()?;
        let what = || format!("cannot list space {id}");
        let missing = |error: std::io::Error| match Errno::from_io_error(&error) {
            Some(errno) if is_gone(errno) => Error::NoSpace(id),
            _ => Error::system(what(), error),
        };
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(format!("/proc/pspace/{id}")).map_err(missing)? {
            let name = entry.map_err(missing)?.file_name();
            numbers.extend(number(&name));
        }
        Ok(numbers)
    }

    /// What is to be said of it now.
    pub fn info(&self) -> Result<Info> {
        let raw = sys::info(&self.file).map_err(|errno| match errno {
            Errno::NOTTY => Error::NotPermitted {
                what: format!("ask for space {}", self.id),
                need: "it is the machine's own, which does not end",
            },
            errno => Error::system(format!("cannot ask for space {}", self.id), errno),
        })?;
        Ok(Info {
            exit: (raw.flags & sys::INFO_EXIT != 0).then(|| ExitStatus::from_raw(raw.exit_code)),
            alive: raw.alive,
            traced: raw.traced,
            blocked: raw.blocked,
            zombies: raw.zombies,
        })
    }

    /// Wait until its pid 1 has exited. None if it never had one and has ended.
    pub fn wait(&self) -> Result<Option<ExitStatus>> {
        self.info()?;
        self.wait_for(PollFlags::IN)?;
        Ok(self.info()?.exit)
    }

    /// Wait until its last member is gone.
    pub fn wait_for_end(&self) -> Result<Option<ExitStatus>> {
        self.info()?;
        // Of what nobody asks for, the end is told.
        self.wait_for(PollFlags::empty())?;
        Ok(self.info()?.exit)
    }

    fn wait_for(&self, events: PollFlags) -> Result<()> {
        let mut polled = [PollFd::new(&self.file, events)];
        loop {
            match poll(&mut polled, None) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => {
                    return Err(Error::system(format!("cannot wait for space {}", self.id), errno));
                }
            }
        }
    }

    /// Kill all in it and below.
    pub fn kill(&self) -> Result<()> {
        sys::kill(&self.file).map_err(|errno| self.denied("kill", errno))
    }

    /// Kill all in the space with an id and below: it need not have a process to be opened by.
    pub fn kill_by_id(id: SpaceId) -> Result<()> {
        write(id, "kill", "1", ABOVE)
    }

    /// Have it killed when this is dropped, or the caller dies.
    pub fn kill_on_close(&self) -> Result<()> {
        sys::kill_on_close(&self.file).map_err(|errno| self.denied("own", errno))
    }

    fn denied(&self, verb: &str, errno: Errno) -> Error {
        if is_denied(errno) {
            return Error::NotPermitted { what: format!("{verb} space {}", self.id), need: ABOVE };
        }
        Error::system(format!("cannot {verb} space {}", self.id), errno)
    }

    /// What a setting of a space is.
    pub fn get(id: SpaceId, setting: Setting) -> Result<String> {
        require()?;
        let file = format!("/proc/pspace/{id}/{}", setting.name());
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(text.trim_end().to_string()),
            Err(error) if Errno::from_io_error(&error).is_some_and(is_gone) => {
                Err(missing(id, setting.name()))
            }
            Err(error) => Err(Error::system(format!("cannot read {file}"), error)),
        }
    }

    /// Change a setting of a space.
    pub fn set(id: SpaceId, setting: Setting, value: &str) -> Result<()> {
        let bad = || Error::Value {
            value: value.into(),
            setting: setting.name(),
            choice: setting.choice(),
        };
        // Nothing that the kernel would take for two lines, or for none.
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad());
        }
        match write(id, setting.name(), value, setting.need()) {
            Err(Error::System { source, .. })
                if Errno::from_io_error(&source) == Some(Errno::INVAL) =>
            {
                Err(bad())
            }
            result => result,
        }
    }

    /// Would the caller be let write to the files that steer a space?
    pub fn may_steer(id: SpaceId) -> bool {
        open(&format!("/proc/pspace/{id}/kill"), OFlags::WRONLY).is_ok()
    }

    /// A pidfd of the process with a number in it.
    pub fn pidfd(&self, nr: Nr) -> Result<OwnedFd> {
        sys::open_pidfd(&self.file, nr).map_err(|errno| self.lookup(nr, errno))
    }

    /// The number that a process in it has in the caller's own pid namespace. It is given one if
    /// it has none. None if it gets none.
    pub fn number_here(&self, nr: Nr) -> Result<Option<Nr>> {
        match sys::get_wid(&self.file, nr) {
            Ok(number) => Ok(Some(number)),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(self.lookup(nr, errno)),
        }
    }

    pub(crate) fn lookup(&self, nr: Nr, errno: Errno) -> Error {
        let name = Name::Pair(Pair { space: self.id, nr });
        match errno {
            Errno::SRCH => Error::NoProcess(name),
            Errno::NOENT => Error::Thread(name),
            _ => Error::system(format!("cannot find {name}"), errno),
        }
    }
}

impl AsFd for Space {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn number(name: &OsStr) -> Option<Nr> {
    let digits = name.as_bytes().iter().all(u8::is_ascii_digit);
    digits.then(|| name.to_str()?.parse().ok()).flatten()
}

/// The file of a space is missing: the space is, or it is the root, which has none of these.
fn missing(id: SpaceId, file: &str) -> Error {
    if !Space::exists(id) {
        return Error::NoSpace(id);
    }
    Error::NotPermitted {
        what: format!("steer space {id}"),
        need: match file {
            "pid_max" | "last_pid" => {
                "the machine's own space has /proc/sys/kernel/pid_max and ns_last_pid"
            }
            _ => "it is the machine's own, which has no such setting",
        },
    }
}

/// Write to a file that steers a space. An id is never given again, so this is exact.
fn write(id: SpaceId, name: &str, text: &str, need: &'static str) -> Result<()> {
    require()?;
    let path = format!("/proc/pspace/{id}/{name}");
    let result =
        open(&path, OFlags::WRONLY).and_then(|file| rustix::io::write(file, text.as_bytes()));
    match result {
        Ok(_) => Ok(()),
        Err(errno) if is_gone(errno) => Err(missing(id, name)),
        Err(errno) if is_denied(errno) => {
            let what = match name {
                "kill" => format!("kill space {id}"),
                _ => format!("set {name} of space {id} to {text}"),
            };
            Err(Error::NotPermitted { what, need })
        }
        Err(errno) => Err(Error::system(format!("cannot write {text} to {path}"), errno)),
    }
}
