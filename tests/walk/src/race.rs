// SPDX-License-Identifier: GPL-2.0

//! Many actors at the same time. What each answer is depends on who was first, so it is not foreseen;
//! what is looked at is what holds in every order:
//!
//! - a list has each pair once, in order, and all that lived throughout;
//! - when a space has ended nobody who was in it lives, or is in a list;
//! - in the end there is no space and no reference on the module.

use crate::{
    generate,
    op::Task,
    remote::{self, SLOTS},
    run::{self, Trouble},
};
use libc::{SIGKILL, SIGTERM, WNOHANG};
use proptest::prelude::RngCore;
use proptest::test_runner::TestRng;
use std::{
    collections::BTreeSet,
    fs::File,
    io::Read,
    time::{Duration, Instant},
};
use syscalls::Sysno;

const CLONE_NEWPSPACE: u64 = 0x0040_0000;
const WALL: i32 = 0x4000_0000;

/// The first actor is pid 1 of a space, and these are members of it that nothing is done to.
const ANCHORS: Task = 6;

/// What an actor is doing, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    /// Nobody has this slot yet.
    Free,
    /// It has been asked for something.
    Busy(Instant),
    /// It is ready for more.
    Idle,
    /// It is thought to be dead.
    Lost,
}

/// So long an actor may take for a call before it is thought to be dead.
const SLOW: Duration = Duration::from_millis(300);

struct Race {
    rng: TestRng,
    is: Vec<Is>,
    id: u64,
    calls: u64,
}

/// Let actors run for so many calls. Returns how many there were.
pub fn round(seed: u64, calls: u64, patience: Duration) -> Result<u64, Trouble> {
    // All who come out of this have its end for writing.
    let (mut life, held) = std::io::pipe().map_err(|err| err.to_string())?;
    run::inherit(&held).map_err(|err| err.to_string())?;

    let first: Task = 0;
    let wid = remote::fork_space(first);
    if wid < 0 || remote::await_birth(first, patience).is_err() {
        return Err(format!("no first actor: {wid}"));
    }
    drop(held);
    let space = run::space_of(wid as i32).map_err(|err| format!("no space: {err}"))?;
    let mut race =
        Race { rng: generate::rng(seed), is: vec![Is::Free; SLOTS.into()], id: space.id, calls: 0 };

    let outcome = race.all(calls, patience);
    let end = Instant::now() + patience;
    space.kill().map_err(|err| format!("the space cannot be killed: {err}"))?;
    // SAFETY: Numbers, and no place for a status.
    while unsafe { libc::waitpid(wid as i32, std::ptr::null_mut(), WNOHANG | WALL) } == 0 {
        if Instant::now() > end {
            return Err(format!("pid 1 of space {} does not die", race.id));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    while !space.has_ended() {
        if Instant::now() > end {
            return Err(format!("space {} does not end", race.id));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    outcome?;
    // The end of the file is there when the last of them has closed it.
    let mut none = [0];
    match life.read(&mut none) {
        Ok(0) => {}
        other => return Err(format!("somebody lives who was in a dead space: {other:?}")),
    }
    let left = listed()?.iter().filter(|(id, _)| *id >= race.id).count();
    if left > 0 {
        return Err(format!("{left} processes of dead spaces are listed"));
    }
    Ok(race.calls)
}

/// The pairs in /proc/pspace/tasks, which is read in pieces. They must be in order, and none twice.
fn listed() -> Result<BTreeSet<(u64, i32)>, Trouble> {
    let mut file = File::open("/proc/pspace/tasks").map_err(|err| err.to_string())?;
    let mut text = Vec::new();
    let mut piece = [0; 700];

    loop {
        match file.read(&mut piece).map_err(|err| format!("/proc/pspace/tasks: {err}"))? {
            0 => break,
            len => text.extend_from_slice(&piece[..len]),
        }
    }
    let mut pairs = BTreeSet::new();
    for line in String::from_utf8_lossy(&text).lines().skip(1) {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_string();
        let pair = (word().parse().unwrap_or(0), word().parse().unwrap_or(0));
        if pairs.last().is_some_and(|last| *last >= pair) {
            return Err(format!("{pair:?} is listed after {:?}", pairs.last()));
        }
        pairs.insert(pair);
    }
    Ok(pairs)
}

impl Race {
    fn below(&mut self, limit: u64) -> u64 {
        self.rng.next_u64() % limit
    }

    fn all(&mut self, calls: u64, patience: Duration) -> Result<(), Trouble> {
        self.is[0] = Is::Idle;
        for anchor in 1..=ANCHORS {
            let made = clone_into(0, anchor, 0);
            remote::await_birth(anchor, patience).map_err(|_| "no anchor".to_string())?;
            remote::hear(0, patience)
                .map_err(|_| "no anchor".to_string())?
                .map_err(|err| format!("no anchor: {err}"))?;
            debug_assert_eq!(made, ());
        }
        for slot in &mut self.is[1..=usize::from(ANCHORS)] {
            *slot = Is::Lost;
        }
        // Those who do something begin in spaces within, so that the anchors are not theirs to kill.
        for child in ANCHORS + 1..ANCHORS + 5 {
            clone_into(0, child, CLONE_NEWPSPACE);
            remote::await_birth(child, patience).map_err(|_| "no space".to_string())?;
            remote::hear(0, patience).map_err(|_| "no space".to_string())?.ok();
            self.is[usize::from(child)] = Is::Idle;
        }
        self.is[0] = Is::Lost;

        let end = Instant::now() + patience;
        while self.calls < calls && Instant::now() < end {
            self.look_around();
            for _ in 0..8 {
                self.call();
            }
            if self.below(8) == 0 {
                let pairs = listed()?;
                for nr in 1..=i32::from(ANCHORS) + 1 {
                    if !pairs.contains(&(self.id, nr)) {
                        return Err(format!("{}:{nr} lives and is not listed", self.id));
                    }
                }
            }
            if self.idle().is_empty() && !self.is.iter().any(|is| matches!(is, Is::Busy(_))) {
                break;
            }
        }
        Ok(())
    }

    fn look_around(&mut self) {
        for task in 0..SLOTS {
            if let Is::Busy(since) = self.is[usize::from(task)] {
                if remote::is_ready(task) {
                    self.is[usize::from(task)] = Is::Idle;
                } else if since.elapsed() > SLOW {
                    self.is[usize::from(task)] = Is::Lost;
                }
            }
        }
    }

    fn idle(&self) -> Vec<Task> {
        (0..SLOTS).filter(|task| self.is[usize::from(*task)] == Is::Idle).collect()
    }

    /// Have somebody do something, and do not wait for that.
    fn call(&mut self) {
        let idle = self.idle();
        if idle.is_empty() {
            return;
        }
        let by = idle[self.below(idle.len() as u64) as usize];
        let free = (0..SLOTS).find(|task| self.is[usize::from(*task)] == Is::Free);
        let nr = self.below(10) as usize + 1;
        let few = idle.len() < 6;
        self.calls += 1;

        match self.below(20) {
            0..8 => {
                let Some(child) = free else { return };
                let flags = match self.below(6) {
                    0 => CLONE_NEWPSPACE,
                    1 => libc::CLONE_PARENT as u64,
                    2 => libc::CLONE_NEWPID as u64,
                    _ => 0,
                };
                clone_into(by, child, flags);
                self.is[usize::from(child)] = Is::Busy(Instant::now());
            }
            8 if !few => remote::tell(by, Sysno::exit_group, [0; 6]),
            9..11 if !few => {
                let signal = if self.below(2) == 0 { SIGKILL } else { SIGTERM };
                remote::tell(by, Sysno::kill, [nr, signal as usize, 0, 0, 0, 0]);
            }
            11 if self.below(6) == 0 => {
                remote::tell(by, Sysno::kill, [usize::MAX, SIGKILL as usize, 0, 0, 0, 0]);
            }
            12 => remote::tell(by, Sysno::unshare, [CLONE_NEWPSPACE as usize, 0, 0, 0, 0, 0]),
            13 => {
                let subreaper = libc::PR_SET_CHILD_SUBREAPER as usize;
                remote::tell(by, Sysno::prctl, [subreaper, 1, 0, 0, 0, 0]);
            }
            14 => {
                let seize = libc::PTRACE_SEIZE as usize;
                remote::tell(by, Sysno::ptrace, [seize, nr, 0, 0, 0, 0]);
            }
            15 => self.set(),
            _ => {
                let flags = (WNOHANG | WALL) as usize;
                remote::tell(by, Sysno::wait4, [usize::MAX, 0, flags, 0, 0, 0]);
            }
        }
        self.is[usize::from(by)] = Is::Busy(Instant::now());
    }

    /// Set a space, or kill it: one that is listed, but not that of the anchors.
    fn set(&mut self) {
        let text = std::fs::read_to_string("/proc/pspace/spaces").unwrap_or_default();
        let ids: Vec<u64> = text
            .lines()
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .filter(|id| *id > self.id)
            .collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.below(ids.len() as u64) as usize];
        let (file, words): (&str, &[&str]) = match self.below(4) {
            0 | 1 => ("policy", &["init", "auto", "outer", "outer"]),
            2 => ("numbers", &["never", "ask", "show", "list"]),
            _ => ("kill", &["1"]),
        };
        if file == "kill" && self.below(3) > 0 {
            return;
        }
        let word = words[self.below(words.len() as u64) as usize];
        // It may be gone.
        let _ = std::fs::write(format!("/proc/pspace/{id}/{file}"), word);
        // And who lists all gives numbers.
        let _ = std::fs::read_dir("/proc").map(Iterator::count);
    }
}

/// Have an actor make another.
fn clone_into(by: Task, child: Task, flags: u64) {
    let parent = flags & libc::CLONE_PARENT as u64 != 0;
    let signal = if parent { 0 } else { libc::SIGCHLD as u64 };
    let args: [u64; 8] = [flags, 0, 0, 0, signal, 0, 0, 0];
    let bytes: Vec<u8> = args.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let at = remote::put(by, 0, &bytes);

    remote::tell_clone(by, [at, bytes.len()], child);
}
