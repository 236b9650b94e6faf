// SPDX-License-Identifier: GPL-2.0
//! Going into a space.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::procfs::{is_denied, is_gone, open, open_at};
use crate::space::LOOK;
use crate::{Error, Result, Space, sys};

/// The namespaces of a process besides that of its numbers, by their names in `/proc/<pid>/ns`.
/// That of users is first, since it decides about the others.
const NAMESPACES: [&str; 7] = ["user", "cgroup", "ipc", "uts", "net", "time", "mnt"];

impl Space {
    /// Have the caller's next children be members of it.
    ///
    /// Who is not privileged over the space goes to the user namespace that owns it: whoever made
    /// that may.
    pub fn enter(&self) -> Result<()> {
        match self.join() {
            Err(Errno::PERM) => {
                let owner = sys::owner(self).map_err(|errno| self.refused("the numbers", errno))?;
                self.join_other(NAMESPACES[0], &owner)?;
                self.join().map_err(|errno| self.refused("the numbers", errno))
            }
            result => result.map_err(|errno| self.refused("the numbers", errno)),
        }
    }

    /// The same, and go to the other namespaces of its pid 1, all or none. In another user
    /// namespace the caller becomes the user that pid 1 is: that namespace, and so the processes
    /// in it, can be anybody's, and must get no hold of who the caller was.
    ///
    /// Without one the caller stays who they are, with all their privileges.
    pub fn enter_all(&self) -> Result<()> {
        let first = First::of(self)?;
        let others = first.others()?;
        let other_users = others.first().is_some_and(|(name, _)| *name == NAMESPACES[0]);

        if other_users {
            // Inside it may be denied. Who may not do it here has no groups but their own.
            match setgroups(&[]) {
                Ok(()) | Err(nix::Error::EPERM) => {}
                Err(errno) => return Err(Error::system("cannot drop groups", errno)),
            }
            self.join_other(others[0].0, &others[0].1)?;
        }
        self.join().map_err(|errno| self.refused("the numbers", errno))?;
        for (name, file) in others.iter().skip(usize::from(other_users)) {
            self.join_other(name, file)?;
        }
        if other_users {
            let (user, group) = first.user()?;
            setresgid(group, group, group)
                .and_then(|()| setresuid(user, user, user))
                .map_err(|errno| Error::system("cannot become the user of its pid 1", errno))?;
        }
        Ok(())
    }

    fn join(&self) -> rustix::io::Result<()> {
        move_into_link_name_space(self.as_fd(), Some(LinkNameSpaceType::ProcessID))
    }

    fn join_other(&self, name: &str, file: &OwnedFd) -> Result<()> {
        move_into_link_name_space(file.as_fd(), None)
            .map_err(|errno| self.refused(&format!("the {name} namespace"), errno))
    }

    fn refused(&self, what: &str, errno: Errno) -> Error {
        match errno {
            errno if is_denied(errno) => Error::NotPermitted {
                what: format!("enter {what} of space {}", self.id()),
                need: "it takes CAP_SYS_ADMIN in the user namespace that owns it, and here",
            },
            Errno::INVAL => Error::NotPermitted {
                what: format!("enter {what} of space {}", self.id()),
                need: "it can be entered from above only",
            },
            Errno::NOMEM => Error::NoSpace(self.id()),
            errno => Error::system(format!("cannot enter {what} of space {}", self.id()), errno),
        }
    }
}

/// Pid 1 of a space: another member may have come from outside, and be in what is there.
struct First<'a> {
    space: &'a Space,
    directory: OwnedFd,
}

impl<'a> First<'a> {
    fn of(space: &'a Space) -> Result<Self> {
        let id = space.id();
        let directory = open(&format!("/proc/pspace/{id}/1"), OFlags::DIRECTORY).map_err(
            |errno| match errno {
                errno if is_gone(errno) => Error::Empty(id),
                errno => space.lookup(1, errno),
            },
        )?;
        Ok(First { space, directory })
    }

    fn gone(&self) -> Error {
        Error::Empty(self.space.id())
    }

    /// Those of its namespaces that are not the caller's. One that cannot be opened is an error:
    /// who goes to the others only would be where they do not know.
    fn others(&self) -> Result<Vec<(&'static str, OwnedFd)>> {
        let mut others = Vec::new();
        for name in NAMESPACES {
            let own = match open(&format!("/proc/self/ns/{name}"), OFlags::RDONLY) {
                Ok(own) => own,
                // The kernel has no such kind.
                Err(errno) if is_gone(errno) => continue,
                Err(errno) => {
                    return Err(Error::system(format!("cannot open its own {name}"), errno));
                }
            };
            let there = match open_at(&self.directory, &format!("ns/{name}"), OFlags::RDONLY) {
                Ok(file) => file,
                Err(errno) if is_denied(errno) => {
                    let what = format!("open space {}", self.space.id());
                    return Err(Error::NotPermitted { what, need: LOOK });
                }
                Err(errno) if is_gone(errno) => return Err(self.gone()),
                Err(errno) => return Err(self.space.lookup(1, errno)),
            };
            let id = |file: &OwnedFd| {
                sys::namespace_id(file).map_err(|errno| self.space.lookup(1, errno))
            };
            if id(&own)? != id(&there)? {
                others.push((name, there));
            }
        }
        Ok(others)
    }

    /// Its user and group, as the caller's own user namespace has them.
    fn user(&self) -> Result<(Uid, Gid)> {
        let mut status = String::new();
        open_at(&self.directory, "status", OFlags::RDONLY)
            .map_err(std::io::Error::from)
            .and_then(|file| File::from(file).read_to_string(&mut status))
            .map_err(|_| self.gone())?;
        // The effective one.
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        match (number("Uid:"), number("Gid:")) {
            (Some(user), Some(group)) => Ok((Uid::from_raw(user), Gid::from_raw(group))),
            _ => Err(Error::format("status", "no user")),
        }
    }
}

/// Have no descriptor but 0 to 2 be passed on to what is executed from here.
pub fn keep_descriptors() -> Result<()> {
    sys::keep_descriptors().map_err(|error| Error::system("cannot keep descriptors", error))
}
