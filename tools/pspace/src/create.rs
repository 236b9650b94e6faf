// SPDX-License-Identifier: GPL-2.0
//! Making a space, with a program as its pid 1.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::UnshareFlags;

use crate::child::{Child, Relay, Trouble};
use crate::procfs::{is_denied, open, require};
use crate::{Error, Result, Setting, Space, SpaceId, sys};

/// Who the caller is in a user namespace of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserMap {
    /// Who they are: what they run has no privilege in the namespace, and `id` says the same.
    #[default]
    Own,
    /// Root: what they run has all privileges in the namespace, and outside those of who they are.
    Root,
}

/// Where a space has its `/proc` from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcMount {
    /// A new one, or, where that is refused, as in a container, that of `/proc/pspace/<id>`.
    #[default]
    Auto,
    /// A new one.
    Mount,
    /// That of `/proc/pspace/<id>`.
    Bind,
    /// What is there stays: the caller's.
    None,
}

/// A space that is to be made.
#[derive(Clone, Debug, Default)]
pub struct Creation {
    /// What is set before its first process runs.
    pub settings: Vec<(Setting, String)>,
    /// Make a user namespace, too. Without, one is made if the caller has no privilege.
    pub user: Option<UserMap>,
    /// Its `/proc`.
    pub proc: ProcMount,
    /// Kill the space when the caller is gone.
    pub die_with_me: bool,
    /// Write its id to a file.
    pub id_file: Option<PathBuf>,
}

impl Creation {
    /// Make the space, with a command as its pid 1.
    ///
    /// The caller has one thread, and nothing else to do afterwards: its later children are in the
    /// space too, and it may be in another user namespace. The space that is returned is the
    /// one descriptor of it.
    pub fn spawn(
        &self,
        command: Command,
        relay: Relay,
    ) -> std::result::Result<(Child, Space), Trouble> {
        let space = self.make()?;
        for (setting, value) in &self.settings {
            Space::set(space.id(), *setting, value)?;
        }
        if self.die_with_me {
            space.kill_on_close()?;
        }
        let (proc, id) = (self.proc, space.id());
        if let Some(file) = &self.id_file {
            fs::write(file, format!("{id}\n")).map_err(|error| {
                Error::system(format!("cannot write the id to {}", file.display()), error)
            })?;
        }
        let child = relay.spawn_with(command, move || mount_proc(proc, id))?;
        // In a user namespace of its own the program may trace who shares that.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(|errno| Error::system("cannot keep others out of this process", errno))?;
        Ok((child, space))
    }

    fn make(&self) -> Result<Space> {
        require()?;
        if let Some(map) = self.user {
            new_user_namespace(map)?;
        }
        let mut made = sys::unshare(sys::CLONE_NEWPSPACE);
        if made == Err(Errno::PERM) && self.user.is_none() {
            new_user_namespace(UserMap::Own)?;
            made = sys::unshare(sys::CLONE_NEWPSPACE);
        }
        made.map_err(|errno| match errno {
            Errno::INVAL => Error::Unsupported,
            Errno::PERM => Error::NotPermitted {
                what: "make a space".into(),
                need: "it takes CAP_SYS_ADMIN, or a user namespace; a seccomp filter that refuses pid \
                       namespaces refuses spaces",
            },
            Errno::NOSPC => Error::system(
                "cannot make a space: /proc/sys/user/max_pid_namespaces is reached, or it would be more \
                 than 32 namespaces deep",
                errno,
            ),
            errno => Error::system("cannot make a space", errno),
        })?;
        let own = "/proc/self/ns/pid_for_children";
        let file = open(own, OFlags::RDONLY)
            .map_err(|errno| Error::system(format!("cannot open {own}"), errno))?;
        Space::from_file(file)
    }
}

/// Go to a user namespace of one's own.
pub(crate) fn new_user_namespace(map: UserMap) -> Result<()> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    sys::unshare(UnshareFlags::NEWUSER.bits()).map_err(|errno| match errno {
        Errno::PERM | Errno::NOSPC => Error::NotPermitted {
            what: "make a user namespace".into(),
            need: "this system lets you not (see /proc/sys/user/max_user_namespaces), so it takes \
                   CAP_SYS_ADMIN, as root has",
        },
        errno => Error::system("cannot make a user namespace", errno),
    })?;
    let (inner_uid, inner_gid) = match map {
        UserMap::Own => (uid, gid),
        UserMap::Root => (0, 0),
    };
    let write = |name: &str, text: String| {
        fs::write(format!("/proc/self/{name}"), text)
            .map_err(|error| Error::system(format!("cannot write /proc/self/{name}"), error))
    };
    // The kernel wants this first, of who is not privileged: groups can take rights away.
    write("setgroups", "deny".into())?;
    write("gid_map", format!("{inner_gid} {gid} 1"))?;
    write("uid_map", format!("{inner_uid} {uid} 1"))
}

/// Go to mounts of one's own. What is mounted outside later comes in, and nothing goes out.
fn own_mounts() -> Result<()> {
    let failed = |errno| Error::system("cannot make mounts of its own", errno);
    sys::unshare(UnshareFlags::NEWNS.bits()).map_err(|errno| match errno {
        Errno::PERM => Error::NotPermitted {
            what: "make mounts of its own".into(),
            need: "it takes CAP_SYS_ADMIN, or a user namespace",
        },
        errno => failed(errno),
    })?;
    let flags = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    mount_change("/", flags).map_err(failed)
}

fn bind_proc(id: SpaceId) -> Result<()> {
    let from = format!("/proc/pspace/{id}");
    mount_bind(&from, "/proc")
        .map_err(|errno| Error::system(format!("cannot bind {from} over /proc"), errno))
}

/// In pid 1: give the space its `/proc`.
fn mount_proc(proc: ProcMount, id: SpaceId) -> Result<()> {
    if proc == ProcMount::None {
        return Ok(());
    }
    own_mounts()?;
    if proc == ProcMount::Bind {
        return bind_proc(id);
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    match mount("proc", "/proc", "proc", flags, None) {
        Ok(()) => Ok(()),
        Err(errno) if is_denied(errno) && proc == ProcMount::Auto => bind_proc(id),
        Err(errno) if is_denied(errno) => Err(Error::NotPermitted {
            what: "mount a new /proc".into(),
            need: "the one here is masked in part, as in a container. --proc=bind gives the space one to live with",
        }),
        Err(errno) => Err(Error::system("cannot mount a new /proc", errno)),
    }
}

/// Have what makes pid namespaces make spaces: this process, and all that it starts. It is for
/// programs that know nothing of spaces. One that gains privileges when it is executed has not asked.
pub fn newpid() -> Result<()> {
    sys::ask_newpid().map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::INVAL) => Error::Unsupported,
        Some(Errno::PERM) => Error::NotPermitted {
            what: "have CLONE_NEWPID make spaces".into(),
            need: "this machine lets nobody ask: /proc/sys/kernel/pspace_newpid is 0",
        },
        _ => Error::system("cannot ask for spaces", error),
    })
}

impl Space {
    /// Have the caller, and what it executes, look at a space: see its processes as `/proc`, in
    /// mounts of its own. Nothing is entered, so its numbers are not those of the caller: to do
    /// something to a process by one is refused. The caller has one thread.
    pub fn look(id: SpaceId) -> Result<()> {
        Space::show_as_proc(id)?;
        crate::look::only()
    }

    /// See the processes of a space as `/proc`, in mounts of the caller's own.
    pub fn show_as_proc(id: SpaceId) -> Result<()> {
        require()?;
        if !Space::exists(id) {
            return Err(Error::NoSpace(id));
        }
        match own_mounts() {
            Err(Error::NotPermitted { .. }) => {
                new_user_namespace(UserMap::Own)?;
                own_mounts()?;
            }
            result => result?,
        }
        bind_proc(id)
    }
}
