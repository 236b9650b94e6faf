// SPDX-License-Identifier: GPL-2.0
//! A child that stands for its parent: signals are passed on to it, and its end is told.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, getpgid, getpgrp, pidfd_open, test_kill_process_group};
use rustix::stdio::stdin;
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use crate::{Error, ExitStatus, Result, sys};

/// What is passed on. Those that a terminal sends go to the child anyway.
const PASSED_ON: [Signal; 6] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// What a child says when it has nothing left to do but to become the program.
const READY: &[u8] = b"\0";

/// From look to look at a child that is dead and cannot be waited for yet.
const KEPT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Why there is no child.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Before it was born.
    #[error(transparent)]
    Before(#[from] Error),
    /// In it, before it became the program.
    #[error("{0}")]
    Within(String),
    /// It could not become the program.
    #[error("cannot run {}: {source}", program.to_string_lossy())]
    Exec {
        /// Which.
        program: OsString,
        /// What the system said.
        source: io::Error,
    },
}

/// Signals are held back from now on, to be passed on to a child. So none gets lost that comes
/// before there is one.
#[derive(Debug)]
pub struct Relay {
    before: SigSet,
    ignored: bool,
    signals: SignalFd,
}

/// A child that signals are passed on to.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    pidfd: OwnedFd,
    signals: SignalFd,
    terminal: Terminal,
}

/// The terminal, and whether the caller was in front of it.
#[derive(Debug)]
struct Terminal {
    in_front: bool,
}

impl Terminal {
    fn now() -> Self {
        Terminal { in_front: tcgetpgrp(stdin()) == Ok(getpgrp()) }
    }

    /// A shell leaves it to who has had it before, but those it cannot name from within a space.
    /// Then it is nobody's. If it is somebody's the caller has been put behind meanwhile.
    fn take_back(&self) {
        // None that has a number is 0, which is an error.
        let somebody = tcgetpgrp(stdin())
            .is_ok_and(|front| test_kill_process_group(front) != Err(Errno::SRCH));
        if !self.in_front || somebody {
            return;
        }
        let stop: SigSet = [Signal::SIGTTOU].into_iter().collect();
        // Who asks from behind is stopped, unless they hold that back. Nothing is lost if it
        // cannot be had.
        if let Ok(before) = stop.thread_swap_mask(SigmaskHow::SIG_BLOCK) {
            let _ = tcsetpgrp(stdin(), getpgrp());
            let _ = before.thread_set_mask();
        }
    }
}

impl Relay {
    /// Hold back the signals. Once, and before anything that is to be undone by them.
    pub fn new() -> Result<Self> {
        let failed = |errno: nix::Error| Error::system("cannot hold back signals", errno);
        // Ignored, as a parent can have it, there would be nothing to wait for.
        let ignored = sys::hear_of_children().map_err(failed)?;
        let passed_on: SigSet = PASSED_ON.into_iter().collect();
        let before = passed_on.thread_swap_mask(SigmaskHow::SIG_BLOCK).map_err(failed)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&passed_on, flags).map_err(failed)?;
        Ok(Relay { before, ignored, signals })
    }

    /// Start a command. Its signals are as the caller's were before they were held back.
    pub fn spawn(self, command: Command) -> std::result::Result<Child, Trouble> {
        self.spawn_with(command, || Ok(()))
    }

    pub(crate) fn spawn_with(
        self,
        mut command: Command,
        mut setup: impl FnMut() -> Result<()> + Send + Sync + 'static,
    ) -> std::result::Result<Child, Trouble> {
        let failed = |source: io::Error| Error::system("cannot start a process", source);
        let program = command.get_program().to_owned();
        let (said, say) = pipe_with(PipeFlags::CLOEXEC).map_err(|errno| failed(errno.into()))?;
        let (mut said, mut say) = (File::from(said), File::from(say));
        let (before, ignored) = (self.before, self.ignored);
        sys::before_exec(&mut command, move || {
            setup().or_else(|error| {
                say.write_all(error.to_string().as_bytes())?;
                Err(io::Error::other("told"))
            })?;
            if ignored {
                sys::ignore_children()?;
            }
            before.thread_set_mask().map_err(io::Error::from)?;
            say.write_all(READY)
        })
        .map_err(failed)?;
        let terminal = Terminal::now();
        let born = command.spawn();
        // With it goes the end of the pipe to say something.
        drop(command);
        let child = match born {
            Ok(child) => child,
            Err(source) => {
                let mut reason = Vec::new();
                said.read_to_end(&mut reason).map_err(failed)?;
                return Err(match &*reason {
                    // There was none that could have said something.
                    [] => Trouble::Before(failed(source)),
                    READY => Trouble::Exec { program, source },
                    reason => Trouble::Within(String::from_utf8_lossy(reason).into_owned()),
                });
            }
        };
        let pid = Pid::from_child(&child);
        // It is ours to wait for, so the number is still its own.
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| failed(errno.into()))?;
        Ok(Child { child, pidfd, signals: self.signals, terminal })
    }
}

impl Child {
    /// Wait for its end, and pass signals on until then.
    ///
    /// What the terminal has sent is passed on only if the child has not got it already, as one of
    /// the same group. With HANGUP a terminal that goes away is the end of the wait, as if SIGHUP
    /// had killed the child. So is any signal if the child is dead and is kept by a tracer.
    pub fn wait(mut self, hangup: bool) -> Result<ExitStatus> {
        let failed = |error: io::Error| Error::system("cannot wait for the child", error);
        let pid = Pid::from_child(&self.child);
        let mut kept = false;
        loop {
            let mut polled = [
                PollFd::new(&self.signals, PollFlags::IN),
                PollFd::new(&self.pidfd, PollFlags::IN),
            ];
            // Its pidfd says that it is dead as long as it is kept.
            let (watched, time) = if kept { (1, Some(&KEPT)) } else { (2, None) };
            match poll(&mut polled[..watched], time) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
            let dead = kept || !polled[1].revents().is_empty();
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                self.terminal.take_back();
                return Ok(ExitStatus::from_raw(status.into_raw()));
            }
            kept = dead;
            while let Ok(Some(signal)) = self.signals.read_signal() {
                let number = signal.ssi_signo as i32;
                // SI_USER, SI_QUEUE and others are 0 or less: a process has sent it.
                let by_terminal = signal.ssi_code > 0;
                if kept || (by_terminal && hangup && number == Signal::SIGHUP as i32) {
                    return Ok(ExitStatus::Killed(number));
                }
                if !by_terminal || getpgid(Some(pid)) != Ok(getpgrp()) {
                    // It may be gone, which the next look will tell.
                    let _ = sys::send_signal(&self.pidfd, number);
                }
            }
        }
    }
}
