// SPDX-License-Identifier: GPL-2.0

//! Doing operations, and comparing what comes of them with the model.

use crate::{
    model::{Answer, Cell, Info, Model, Row, State, WALKER},
    op::{Child, FIRST, Nr, Op, ROOT, Space, Target, Task, With, in_root, of_root},
    remote::{self, Silence},
};
use libc::{EIO, O_CLOEXEC, O_RDONLY, O_WRONLY, POLLHUP, POLLIN, SIGKILL, WNOHANG};
use std::{
    collections::BTreeMap,
    ffi::CString,
    fs, io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr, thread,
    time::{Duration, Instant},
};
use syscalls::Sysno;

const CLONE_NEWPSPACE: u64 = 0x0040_0000;
const CLONE_AUTOREAP: u64 = 1 << 34;
const WALL: i32 = 0x4000_0000;

const PSPACE_KILL: u64 = 0xb740;
/// Its argument is a struct pspace_info, of 32 bytes.
const PSPACE_GET_INFO: u64 = 0x8020_b741;
const PSPACE_OPEN_PIDFD: usize = 0xb742;
const PSPACE_GET_WID: usize = 0xb743;
const PSPACE_KILL_ON_CLOSE: usize = 0xb744;
const NS_GET_ID: u64 = 0x8008_b70d;
const PIDFD_GET_PID_NAMESPACE: u64 = 0xff05;
/// The struct pidfd_info of this size has the pair.
const PIDFD_INFO_SIZE: usize = 104;
const PIDFD_GET_INFO: usize = 0xc000_ff0b | PIDFD_INFO_SIZE << 16;

/// What the walker has open, by the names of the sequence.
const PIDFDS: i32 = 300;
const SPACES: i32 = 400;
/// And this is itself, to all actors.
const WALKER_PIDFD: i32 = 901;

/// Why a sequence is a failure.
pub type Trouble = String;

impl From<Silence> for Late {
    fn from(_: Silence) -> Self {
        Self
    }
}

/// An actor has not answered.
#[derive(Debug)]
pub struct Late;

/// What a sequence is run with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long to wait for what must come.
    pub patience: Duration,
    /// Compare the lists after so many operations.
    pub look_every: usize,
}

/// Prepare the walker: once.
pub fn prepare() -> io::Result<()> {
    // All that is killed is to be in a guest.
    fs::metadata("/proc/pspace")?;
    remote::create()?;
    // SAFETY: Calls with numbers, and a set of signals that is ours.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut());

        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        let own = libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) as i32;
        if own < 0 || libc::dup2(own, WALKER_PIDFD) < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::close(own);
    }
    keep(open("/proc/self/ns/pid", O_RDONLY)?, space_fd(ROOT))
}

fn pidfd(task: Task) -> i32 {
    PIDFDS + i32::from(task)
}

/// Of an actor's file that kills a space when it is closed.
fn owner_fd(file: u8) -> usize {
    500 + usize::from(file)
}

fn space_fd(space: Space) -> i32 {
    SPACES + i32::from(space)
}

/// Move a descriptor to a number of its own.
fn keep(fd: i32, to: i32) -> io::Result<()> {
    // SAFETY: Both are numbers.
    unsafe {
        if fd < 0 || libc::dup3(fd, to, O_CLOEXEC) < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::close(fd);
    }
    Ok(())
}

fn open(path: &str, flags: i32) -> io::Result<i32> {
    let name = CString::new(path)?;
    // SAFETY: It is a string.
    let fd = unsafe { libc::open(name.as_ptr(), flags | O_CLOEXEC) };

    if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(fd) }
}

fn ioctl(fd: i32, number: u64, arg: usize) -> io::Result<i32> {
    // SAFETY: The argument is a number, or a place of the size that the number tells.
    let result = unsafe { libc::ioctl(fd, number, arg) };

    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn kill(task: Task) {
    // SAFETY: All are numbers.
    unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd(task), SIGKILL, 0, 0) };
}

/// A sequence as it runs.
pub struct Run {
    settings: Settings,
    model: Model,
    ids: BTreeMap<Space, u64>,
    /// The numbers in the root, as far as they are known.
    root: BTreeMap<Task, Nr>,
    executable: String,
    done: usize,
}

impl Run {
    /// Begin with a first actor.
    pub fn new(settings: &Settings) -> Result<Self, Trouble> {
        let executable = std::env::current_exe().map_err(|err| err.to_string())?;
        let mut id = 0u64;
        ioctl(space_fd(ROOT), NS_GET_ID, &raw mut id as usize).map_err(|err| err.to_string())?;
        // SAFETY: It has no arguments.
        let own = unsafe { libc::getpid() };
        let mut run = Self {
            settings: settings.clone(),
            model: Model::new(),
            ids: [(ROOT, id)].into(),
            root: [(WALKER, own)].into(),
            executable: executable.to_string_lossy().into_owned(),
            done: 0,
        };
        let nr = remote::fork_first(FIRST);

        if nr < 0 || remote::await_birth(FIRST, settings.patience).is_err() {
            return Err(format!("no first actor: {nr}"));
        }
        run.root.insert(FIRST, nr as Nr);
        run.open_process(FIRST, ROOT, nr as Nr)?;
        Ok(run)
    }

    /// Do an operation, and compare.
    pub fn step(&mut self, op: &Op) -> Result<(), Trouble> {
        let before = self.model.clone();
        let expected = self.model.apply(op);
        let got = self
            .perform(&before, op, &expected)
            .map_err(|Late| format!("no answer; the model has {expected:?}"))?;

        self.compare(op, &expected, &got)?;
        self.register(&before, op, &expected)?;
        self.settle()?;
        self.done += 1;
        if self.done % self.settings.look_every == 0 {
            self.look()?;
        }
        Ok(())
    }

    // ---- what was made ---------------------------------------------------------

    fn open_process(&mut self, task: Task, space: Space, nr: Nr) -> Result<(), Trouble> {
        ioctl(space_fd(space), PSPACE_OPEN_PIDFD as u64, nr as usize)
            .and_then(|fd| keep(fd, pidfd(task)))
            .map_err(|err| format!("task {task} is not found as {nr} of space {space}: {err}"))
    }

    fn open_space(&mut self, space: Space, fd: io::Result<i32>) -> Result<(), Trouble> {
        let mut id = 0u64;

        fd.and_then(|fd| keep(fd, space_fd(space)))
            .and_then(|()| ioctl(space_fd(space), NS_GET_ID, &raw mut id as usize))
            .map_err(|err| format!("space {space} is not found: {err}"))?;
        self.ids.insert(space, id);
        Ok(())
    }

    fn register(&mut self, before: &Model, op: &Op, expected: &Answer) -> Result<(), Trouble> {
        match op {
            Op::Clone { by, child, with } if matches!(expected, Answer::Nr(_)) => {
                if with.thread {
                    return Ok(());
                }
                let outside = before.pspace_of(*by);
                let nr = self.model.number_of(*child, outside).unwrap_or(0);
                let nr = self.real(nr)?;
                self.open_process(*child, outside, nr)?;
                if let Some(space) = with.space {
                    let fd = ioctl(pidfd(*child), PIDFD_GET_PID_NAMESPACE, 0);
                    self.open_space(space, fd)?;
                }
            }
            Op::Unshare { by, space, .. } if *expected == Answer::Done => {
                let outside = before.pspace_of(*by);
                let process = before.process_of(*by);
                let number = |task| before.number_of(task, outside).unwrap_or(0);
                let (nr, tid) = (self.real(number(process))?, self.real(number(*by))?);
                let id = self.ids[&outside];
                let path = format!("/proc/pspace/{id}/{nr}/task/{tid}/ns/pid_for_children");
                self.open_space(*space, open(&path, O_RDONLY))?;
            }
            _ => {}
        }
        Ok(())
    }

    // ---- numbers of the root ---------------------------------------------------

    /// What the kernel has for a number of the model's.
    fn real(&mut self, nr: Nr) -> Result<Nr, Trouble> {
        let Some(task) = of_root(nr) else { return Ok(nr) };

        if let Some(nr) = self.root.get(&task) {
            return Ok(*nr);
        }
        let path = format!("/proc/self/fdinfo/{}", pidfd(task));
        let info = fs::read_to_string(path).map_err(|err| err.to_string())?;
        let nr = info
            .lines()
            .find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok())
            .filter(|nr| *nr > 0)
            .ok_or(format!("task {task} has no number in the root"))?;
        self.root.insert(task, nr);
        Ok(nr)
    }

    /// What the model has for a number of the kernel's, in the space of a task.
    fn symbol(&mut self, by: Task, nr: Nr, expected: &Answer) -> Nr {
        if self.model.is_known(by) && self.model.space_of(by) != ROOT {
            return nr;
        }
        let living = |task: &Task| {
            *task == WALKER || self.model.number_of(*task, ROOT) == Some(in_root(*task))
        };
        if let Some((task, _)) = self.root.iter().find(|(task, at)| **at == nr && living(task)) {
            return in_root(*task);
        }
        // One that is seen for the first time is what it should be.
        if let Answer::Nr(foreseen) = expected
            && let Some(task) = of_root(*foreseen)
            && nr > 1
            && !self.root.contains_key(&task)
        {
            self.root.insert(task, nr);
            return *foreseen;
        }
        nr
    }

    // ---- calls -----------------------------------------------------------------

    fn ask(&self, by: Task, number: Sysno, args: &[usize]) -> Result<Result<usize, i32>, Late> {
        let mut all = [0; 6];

        all[..args.len()].copy_from_slice(args);
        let result = remote::ask(by, self.settings.patience, number, all)?;
        Ok(result.map_err(|errno| errno.into_raw()))
    }

    /// Have an actor call something with a descriptor of the walker's.
    fn with_fd(
        &self,
        by: Task,
        fd: i32,
        call: impl FnOnce(usize) -> Result<Result<usize, i32>, Late>,
    ) -> Result<Result<usize, i32>, Late> {
        let mine = self.ask(by, Sysno::pidfd_getfd, &[WALKER_PIDFD as usize, fd as usize, 0])?;
        let Ok(mine) = mine else { return Ok(Err(EIO)) };
        let result = call(mine)?;

        let _ = self.ask(by, Sysno::close, &[mine])?;
        Ok(result)
    }

    fn perform(&mut self, before: &Model, op: &Op, expected: &Answer) -> Result<Answer, Late> {
        let by = op.by();
        let done = |result: Result<usize, i32>| match result {
            Ok(_) => Answer::Done,
            Err(errno) => Answer::Error(errno),
        };

        Ok(match op {
            Op::Clone { child, with, .. } => match self.clone_task(by, *child, with)? {
                Ok(nr) => Answer::Nr(self.symbol(by, nr as Nr, expected)),
                Err(errno) => Answer::Error(errno),
            },
            Op::Unshare { classic, .. } => {
                let flag = if *classic { libc::CLONE_NEWPID as u64 } else { CLONE_NEWPSPACE };
                done(self.ask(by, Sysno::unshare, &[flag as usize])?)
            }
            Op::SetNs { space, .. } => done(self.with_fd(by, space_fd(*space), |fd| {
                self.ask(by, Sysno::setns, &[fd, libc::CLONE_NEWPID as usize])
            })?),
            Op::Exec { .. } => self.exec(before, by)?,
            Op::Exit { status, group, .. } => {
                let call = if *group { Sysno::exit_group } else { Sysno::exit };
                remote::tell(by, call, [usize::from(*status), 0, 0, 0, 0, 0]);
                Answer::None
            }
            Op::Kill { to: Target::Number(nr), signal, .. } => {
                let Ok(nr) = self.real(*nr) else { return Ok(Answer::Error(EIO)) };
                let args = [nr as usize, *signal as usize, 0, 0, 0, 0];
                if *expected == Answer::None {
                    remote::tell(by, Sysno::kill, args);
                    return Ok(Answer::None);
                }
                done(self.ask(by, Sysno::kill, &args)?)
            }
            Op::Kill { to: Target::Pidfd(name), signal, .. } => {
                let call = |fd| {
                    let args = [fd, *signal as usize, 0, 0, 0, 0];
                    if *expected == Answer::None {
                        remote::tell(by, Sysno::pidfd_send_signal, args);
                        return Err(Late);
                    }
                    self.ask(by, Sysno::pidfd_send_signal, &args)
                };
                match self.with_fd(by, pidfd(*name), call) {
                    Err(Late) if *expected == Answer::None => Answer::None,
                    result => done(result?),
                }
            }
            Op::KillAll { signal, .. } => {
                done(self.ask(by, Sysno::kill, &[usize::MAX, *signal as usize])?)
            }
            Op::Wait { child: Child::Number(nr), .. } => {
                let Ok(nr) = self.real(*nr) else { return Ok(Answer::Error(EIO)) };
                match self.wait4(by, nr, WNOHANG)? {
                    Ok((0, _)) => Answer::Nr(0),
                    Ok((nr, _)) => Answer::Nr(self.symbol_of(before, by, nr)),
                    Err(errno) => Answer::Error(errno),
                }
            }
            Op::Wait { child: Child::Each, .. } => {
                let mut children = BTreeMap::new();
                loop {
                    match self.wait4(by, -1, WNOHANG)? {
                        Ok((0, _)) => break Answer::Children(children, true),
                        Ok((nr, status)) => {
                            children.insert(self.symbol_of(before, by, nr), status);
                        }
                        Err(libc::ECHILD) => break Answer::Children(children, false),
                        Err(errno) => break Answer::Error(errno),
                    }
                }
            }
            Op::Subreaper { on, .. } => {
                let option = libc::PR_SET_CHILD_SUBREAPER as usize;
                done(self.ask(by, Sysno::prctl, &[option, usize::from(*on)])?)
            }
            Op::Set { space, to, .. } => {
                let (file, text) = to.text();
                let path = format!("/proc/pspace/{}/{file}\0", self.ids[space]);
                let path = remote::put(by, 0, path.as_bytes());
                let at_fdcwd = libc::AT_FDCWD as usize;
                match self.ask(by, Sysno::openat, &[at_fdcwd, path, O_WRONLY as usize])? {
                    Err(errno) => Answer::Error(errno),
                    Ok(fd) => {
                        let data = remote::put(by, 0, text.as_bytes());
                        let result = self.ask(by, Sysno::write, &[fd, data, text.len()])?;
                        let _ = self.ask(by, Sysno::close, &[fd])?;
                        done(result)
                    }
                }
            }
            Op::GetWid { space, nr, .. } => {
                let result = self.with_fd(by, space_fd(*space), |fd| {
                    self.ask(by, Sysno::ioctl, &[fd, PSPACE_GET_WID, *nr as usize])
                })?;
                match result {
                    Ok(nr) => Answer::Nr(self.symbol(by, nr as Nr, expected)),
                    Err(errno) => Answer::Error(errno),
                }
            }
            Op::OpenPair { space, nr, .. } => self.open_pair(by, *space, *nr)?,
            Op::Ids { .. } => {
                let mut ids = [0; 3];
                for (id, call) in ids.iter_mut().zip([Sysno::getpid, Sysno::gettid, Sysno::getppid])
                {
                    let nr = self.ask(by, call, &[])?.unwrap_or(0) as Nr;
                    *id = self.symbol_of(before, by, nr);
                }
                Answer::Ids(ids)
            }
            Op::Look { piece, .. } => {
                let texts = self.read_lists(by, usize::from(*piece))?;
                match texts {
                    Err(errno) => Answer::Error(errno),
                    Ok([spaces, tasks]) => {
                        return Ok(match self.check_lists(expected, &spaces, &tasks) {
                            Ok(()) => expected.clone(),
                            Err(why) => {
                                println!("# {why}");
                                Answer::Lists(Vec::new(), Vec::new())
                            }
                        });
                    }
                }
            }
            Op::Seize { nr, .. } => {
                let Ok(nr) = self.real(*nr) else { return Ok(Answer::Error(EIO)) };
                done(self.ask(by, Sysno::ptrace, &[libc::PTRACE_SEIZE as usize, nr as usize])?)
            }
            Op::Detach { nr, .. } => {
                let Ok(nr) = self.real(*nr) else { return Ok(Answer::Error(EIO)) };
                let ptrace =
                    |request: u32| self.ask(by, Sysno::ptrace, &[request as usize, nr as usize]);
                match ptrace(libc::PTRACE_INTERRUPT)? {
                    Err(errno) => Answer::Error(errno),
                    Ok(_) => match self.wait4(by, nr, 0)? {
                        Err(errno) => Answer::Error(errno),
                        Ok(_) => done(ptrace(libc::PTRACE_DETACH)?),
                    },
                }
            }
            Op::Own { space, file, .. } => {
                let path = format!("/proc/{}/fd/{}\0", self.root[&WALKER], space_fd(*space));
                let path = remote::put(by, 0, path.as_bytes());
                match self.ask(by, Sysno::openat, &[libc::AT_FDCWD as usize, path, 0])? {
                    Err(errno) => Answer::Error(errno),
                    Ok(fd) => {
                        let result = self.ask(by, Sysno::ioctl, &[fd, PSPACE_KILL_ON_CLOSE, 0])?;
                        if result.is_ok() {
                            let _ = self.ask(by, Sysno::dup2, &[fd, owner_fd(*file)])?;
                        }
                        let _ = self.ask(by, Sysno::close, &[fd])?;
                        done(result)
                    }
                }
            }
            Op::Close { file, .. } => {
                let args = [owner_fd(*file), 0, 0, 0, 0, 0];
                if *expected == Answer::None {
                    remote::tell(by, Sysno::close, args);
                    return Ok(Answer::None);
                }
                done(self.ask(by, Sysno::close, &args)?)
            }
            Op::Rmmod { .. } => {
                let name = remote::put(by, 0, b"pspace\0");
                done(self.ask(by, Sysno::delete_module, &[name, libc::O_NONBLOCK as usize])?)
            }
        })
    }

    /// As symbol(), of what was there before the operation.
    fn symbol_of(&mut self, before: &Model, by: Task, nr: Nr) -> Nr {
        if before.space_of(by) != ROOT || nr == 0 {
            return nr;
        }
        let tasks: Vec<Task> =
            before.numbers_in(ROOT).filter_map(of_root).chain([WALKER]).collect();
        tasks.into_iter().find(|task| self.real(in_root(*task)) == Ok(nr)).map_or(nr, in_root)
    }

    fn wait4(&self, by: Task, nr: Nr, flags: i32) -> Result<Result<(Nr, i32), i32>, Late> {
        let args = [nr as usize, remote::room(by), (flags | WALL) as usize];
        let result = self.ask(by, Sysno::wait4, &args)?;

        Ok(result.map(|nr| (nr as Nr, remote::get_i32(by, 0))))
    }

    fn clone_task(
        &mut self,
        by: Task,
        child: Task,
        with: &With,
    ) -> Result<Result<usize, i32>, Late> {
        let mut flags = 0u64;
        let mut exit_signal = libc::SIGCHLD as u64;
        let mut stack = 0;

        match with.space {
            Some(_) if with.classic => flags |= libc::CLONE_NEWPID as u64,
            Some(_) => flags |= CLONE_NEWPSPACE,
            None => {}
        }
        if with.parent {
            flags |= libc::CLONE_PARENT as u64;
        }
        if with.autoreap {
            flags |= CLONE_AUTOREAP;
        }
        if with.parent || with.thread || with.autoreap {
            exit_signal = 0;
        }
        if with.thread {
            flags |= (libc::CLONE_VM
                | libc::CLONE_FS
                | libc::CLONE_FILES
                | libc::CLONE_SIGHAND
                | libc::CLONE_SYSVSEM
                | libc::CLONE_THREAD) as u64;
            let private = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
            let writable = (libc::PROT_READ | libc::PROT_WRITE) as usize;
            let args = [0, remote::stack_size(), writable, private, usize::MAX, 0];
            match self.ask(by, Sysno::mmap, &args)? {
                Ok(at) => stack = at as u64,
                Err(errno) => return Ok(Err(errno)),
            }
        }

        // A struct clone_args, and the numbers behind it.
        let numbers: Vec<u8> = with.set_tid.iter().flat_map(|nr| nr.to_ne_bytes()).collect();
        let set_tid = if numbers.is_empty() { 0 } else { remote::put(by, 256, &numbers) };
        let args = [
            flags,
            0,
            0,
            0,
            exit_signal,
            stack,
            if stack == 0 { 0 } else { remote::stack_size() as u64 },
            0,
            set_tid as u64,
            with.set_tid.len() as u64,
            0,
        ];
        let bytes: Vec<u8> = args.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let at = remote::put(by, 0, &bytes);
        let result = remote::ask_clone(by, self.settings.patience, [at, bytes.len()], child)?;

        Ok(result.map_err(|errno| errno.into_raw()))
    }

    fn exec(&mut self, before: &Model, by: Task) -> Result<Answer, Late> {
        let first = before.process_of(by);
        let mut text = Vec::new();
        let mut argv = Vec::new();

        for arg in [self.executable.as_str(), "--actor", &first.to_string()] {
            argv.push(remote::room(by) + text.len());
            text.extend_from_slice(arg.as_bytes());
            text.push(0);
        }
        argv.push(0);
        remote::put(by, 0, &text);
        let words: Vec<u8> = argv.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let argv_at = remote::put(by, 1024, &words);
        let null = argv_at + words.len() - 8;
        remote::expect_birth(first);
        remote::tell(by, Sysno::execve, [argv[0], argv_at, null, 0, 0, 0]);
        match remote::await_birth(first, self.settings.patience) {
            Ok(()) => Ok(Answer::Done),
            Err(_) => Err(Late),
        }
    }

    fn open_pair(&mut self, by: Task, space: Space, nr: Nr) -> Result<Answer, Late> {
        let Ok(nr) = self.real(nr) else { return Ok(Answer::Error(EIO)) };
        let info = remote::put(by, 0, &[0; PIDFD_INFO_SIZE]);
        // PIDFD_INFO_PSPACE
        remote::put(by, 0, &(1u64 << 8).to_ne_bytes());
        let mut told = false;
        let result = self.with_fd(by, space_fd(space), |fd| {
            let opened = self.ask(by, Sysno::ioctl, &[fd, PSPACE_OPEN_PIDFD, nr as usize])?;
            let Ok(pidfd) = opened else { return Ok(opened) };
            let result = self.ask(by, Sysno::ioctl, &[pidfd, PIDFD_GET_INFO, info])?;
            let _ = self.ask(by, Sysno::close, &[pidfd])?;
            told = result.is_ok();
            Ok(result)
        })?;

        Ok(match result {
            Err(errno) => Answer::Error(errno),
            Ok(_) => {
                let word =
                    |at| u64::from_ne_bytes(remote::get(by, at, 8).try_into().unwrap_or_default());
                let id = word(PIDFD_INFO_SIZE - 16);
                let nr = remote::get_i32(by, PIDFD_INFO_SIZE - 8);
                self.by_pair(id, nr).map_or(Answer::Error(EIO), Answer::Process)
            }
        })
    }

    fn by_pair(&mut self, id: u64, nr: Nr) -> Option<Task> {
        let tasks: Vec<Task> = self.model.states().map(|(task, _)| task).collect();

        tasks.into_iter().find(|task| match self.model.pair(*task) {
            Some((space, at)) => self.ids[&space] == id && self.real(at) == Ok(nr),
            None => false,
        })
    }

    // ---- comparing -------------------------------------------------------------

    fn compare(&self, _op: &Op, expected: &Answer, got: &Answer) -> Result<(), Trouble> {
        if expected == got {
            return Ok(());
        }
        Err(format!("the kernel has {}, the model {}", show(got), show(expected)))
    }

    /// Wait until each process is what it should be.
    fn settle(&mut self) -> Result<(), Trouble> {
        let end = Instant::now() + self.settings.patience;
        let states: Vec<(Task, State)> = self.model.states().collect();
        let mut polls: Vec<libc::pollfd> = states
            .iter()
            .map(|(task, _)| libc::pollfd { fd: pidfd(*task), events: POLLIN, revents: 0 })
            .collect();

        loop {
            // SAFETY: It is as long as we say.
            unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as u64, 0) };
            let wrong = states.iter().zip(&polls).find(|((_, state), poll)| {
                let should = match state {
                    State::Alive | State::Exiting => 0,
                    State::Zombie(_) => POLLIN,
                    State::Gone => POLLIN | POLLHUP,
                };
                poll.revents & (POLLIN | POLLHUP | libc::POLLNVAL) != should
            });
            let Some(((task, state), poll)) = wrong else { return Ok(()) };
            if Instant::now() > end {
                let is = match poll.revents {
                    0 => "alive",
                    POLLIN => "a zombie",
                    libc::POLLNVAL => "not open",
                    _ => "gone",
                };
                return Err(format!("task {task} is {is}, in the model {state:?}"));
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Compare the lists that the root has.
    fn look(&mut self) -> Result<(), Trouble> {
        let end = Instant::now() + self.settings.patience;
        let expected = self.model.lists(ROOT);

        loop {
            let read = |name| fs::read_to_string(name).map_err(|err| format!("{name}: {err}"));
            let spaces = read("/proc/pspace/spaces")?;
            let tasks = read("/proc/pspace/tasks")?;
            match self.check_lists(&expected, &spaces, &tasks).and_then(|()| self.check_infos()) {
                Ok(()) => return Ok(()),
                Err(why) if Instant::now() > end => return Err(why),
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Numbers are free a moment after a process is gone, so what is read may be read too early.
    fn read_lists(&mut self, by: Task, piece: usize) -> Result<Result<[String; 2], i32>, Late> {
        let kind = remote::put(by, 0, b"proc\0");
        let fs = match self.ask(by, Sysno::fsopen, &[kind, 1])? {
            Ok(fd) => fd,
            Err(errno) => return Ok(Err(errno)),
        };
        // FSCONFIG_CMD_CREATE
        if let Err(errno) = self.ask(by, Sysno::fsconfig, &[fs, 6, 0, 0, 0])? {
            return Ok(Err(errno));
        }
        let mount = match self.ask(by, Sysno::fsmount, &[fs, 1, 0])? {
            Ok(fd) => fd,
            Err(errno) => return Ok(Err(errno)),
        };
        let mut texts = [String::new(), String::new()];
        for (text, name) in texts.iter_mut().zip(["pspace/spaces\0", "pspace/tasks\0"]) {
            let name = remote::put(by, 0, name.as_bytes());
            let fd = match self.ask(by, Sysno::openat, &[mount, name, 0])? {
                Ok(fd) => fd,
                Err(errno) => return Ok(Err(errno)),
            };
            loop {
                match self.ask(by, Sysno::read, &[fd, remote::room(by), piece])? {
                    Err(errno) => return Ok(Err(errno)),
                    Ok(0) => break,
                    Ok(len) => text.push_str(&String::from_utf8_lossy(&remote::get(by, 0, len))),
                }
            }
            let _ = self.ask(by, Sysno::close, &[fd])?;
        }
        let _ = self.ask(by, Sysno::close, &[mount])?;
        let _ = self.ask(by, Sysno::close, &[fs])?;
        Ok(Ok(texts))
    }

    fn check_lists(&mut self, expected: &Answer, spaces: &str, tasks: &str) -> Result<(), Trouble> {
        let Answer::Lists(space_rows, task_rows) = expected else {
            return Err("there are lists".into());
        };
        let oldest = self.ids.values().copied().filter(|id| *id != self.ids[&ROOT]).min();
        let root = self.ids[&ROOT].to_string();
        // What was before us is none of ours, nor is what the root has beside us.
        let is_ours = |row: &&str| {
            let id = row.split_whitespace().next().and_then(|id| id.parse::<u64>().ok());
            id.is_some_and(|id| oldest.is_some_and(|oldest| id >= oldest))
        };
        let known: Vec<String> = self
            .root
            .iter()
            .filter(|(task, _)| self.model.number_of(**task, ROOT).is_some())
            .map(|(_, nr)| nr.to_string())
            .collect();
        let is_known = |row: &&str| {
            let mut words = row.split_whitespace();
            words.next() == Some(&root)
                && words.next().is_some_and(|nr| known.iter().any(|known| known == nr))
        };

        let got: Vec<&str> = spaces.lines().filter(is_ours).collect();
        self.check_rows("spaces", space_rows, &got)?;
        let got: Vec<&str> = tasks.lines().filter(|row| is_ours(row) || is_known(row)).collect();
        self.check_rows("tasks", task_rows, &got)
    }

    /// Compare what is told by a descriptor of each space.
    fn check_infos(&self) -> Result<(), Trouble> {
        for space in self.model.spaces().filter(|space| self.model.is_space(*space)) {
            let mut raw = [0u32; 8];
            ioctl(space_fd(space), PSPACE_GET_INFO, raw.as_mut_ptr() as usize)
                .map_err(|err| format!("PSPACE_GET_INFO of space {space}: {err}"))?;
            let mut poll = libc::pollfd { fd: space_fd(space), events: POLLIN, revents: 0 };
            // SAFETY: It is one.
            unsafe { libc::poll(&mut poll, 1, 0) };

            let [_, _, flags, status, alive, _, _, zombies] = raw;
            let got = Info {
                status: (flags & 1 != 0).then_some(status as i32),
                alive,
                zombies,
                has_ended: poll.revents & POLLHUP != 0,
            };
            let expected = self.model.info(space);
            if got != expected || (poll.revents & POLLIN != 0) != got.status.is_some() {
                return Err(format!(
                    "space {space}: the kernel has {got:?} and events {:#x}, the model {expected:?}",
                    poll.revents
                ));
            }
        }
        Ok(())
    }

    fn check_rows(&mut self, list: &str, expected: &[Row], got: &[&str]) -> Result<(), Trouble> {
        let mut wanted: Vec<Vec<String>> = Vec::new();
        for row in expected {
            let cells: Result<Vec<String>, Trouble> =
                row.iter().map(|cell| self.render(cell)).collect();
            wanted.push(cells?);
        }
        let key = |row: &[String]| {
            (row[0].parse::<u64>().unwrap_or(0), row[1].parse::<u64>().unwrap_or(0))
        };
        match list {
            "spaces" => wanted.sort_by_key(|row| key(row).0),
            _ => wanted.sort_by_key(|row| key(row)),
        }
        let is_row = |wanted: &[String], got: &str| {
            let got: Vec<&str> = got.split_whitespace().collect();
            wanted.len() == got.len()
                && wanted.iter().zip(got).all(|(wanted, got)| wanted == "*" || wanted == got)
        };

        let same = wanted.len() == got.len()
            && wanted.iter().zip(got).all(|(wanted, got)| is_row(wanted, got));
        if same {
            return Ok(());
        }
        let wanted: Vec<String> = wanted.iter().map(|row| row.join(" ")).collect();
        let got: Vec<String> =
            got.iter().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        Err(format!(
            "/proc/pspace/{list}\n#   the kernel has\n#     {}\n#   the model\n#     {}",
            got.join("\n#     "),
            wanted.join("\n#     ")
        ))
    }

    fn render(&mut self, cell: &Cell) -> Result<String, Trouble> {
        Ok(match cell {
            Cell::Any => "*".into(),
            Cell::Dash => "-".into(),
            Cell::Id(space) => self.ids[space].to_string(),
            Cell::Nr(nr) => self.real(*nr)?.to_string(),
            Cell::Word(word) => word.clone(),
            Cell::Path(origin, steps, nr) => {
                let mut parts = Vec::new();
                if let Some(space) = origin {
                    parts.push(format!("@{}", self.ids[space]));
                }
                for (nr, nth) in steps {
                    let nr = self.real(*nr)?;
                    parts.push(if *nth == 1 { nr.to_string() } else { format!("{nr}.{nth}") });
                }
                if let Some(nr) = nr {
                    parts.push(self.real(*nr)?.to_string());
                }
                parts.join("/")
            }
        })
    }

    // ---- the end ---------------------------------------------------------------

    /// How often rules have mattered.
    pub fn met(&self) -> &BTreeMap<&'static str, u64> {
        self.model.met()
    }

    /// Look a last time.
    pub fn finish(&mut self) -> Result<(), Trouble> {
        self.look()
    }
}

impl Drop for Run {
    /// Kill all, whatever the model thinks, and wait for them.
    fn drop(&mut self) {
        let end = Instant::now() + Duration::from_secs(60);
        let spaces: Vec<Space> = self.ids.keys().copied().filter(|space| *space != ROOT).collect();
        for space in &spaces {
            // A classic one is in one that is killed.
            let _ = ioctl(space_fd(*space), PSPACE_KILL, 0);
        }
        let tasks: Vec<Task> = self.model.states().map(|(task, _)| task).collect();
        for task in &tasks {
            kill(*task);
        }
        loop {
            // SAFETY: Numbers and a null pointer.
            match unsafe { libc::waitpid(-1, ptr::null_mut(), WNOHANG | WALL) } {
                0 if Instant::now() > end => panic!("some children do not die"),
                0 => thread::sleep(Duration::from_micros(200)),
                nr if nr < 0 => break,
                _ => {}
            }
        }
        for fd in tasks.iter().map(|task| pidfd(*task)).chain(spaces.iter().map(|at| space_fd(*at)))
        {
            // SAFETY: It is ours, or not open.
            unsafe { libc::close(fd) };
        }
    }
}

fn show(answer: &Answer) -> String {
    match answer {
        Answer::Error(errno) => io::Error::from_raw_os_error(*errno).to_string(),
        other => format!("{other:?}"),
    }
}

/// A space that is none of a sequence.
pub struct Opened {
    /// Its id.
    pub id: u64,
    file: OwnedFd,
}

impl Opened {
    /// Kill all in it.
    pub fn kill(&self) -> io::Result<()> {
        ioctl(self.file.as_raw_fd(), PSPACE_KILL, 0).map(drop)
    }

    /// Is the last member gone?
    pub fn has_ended(&self) -> bool {
        let mut poll = libc::pollfd { fd: self.file.as_raw_fd(), events: 0, revents: 0 };

        // SAFETY: It is one.
        unsafe { libc::poll(&mut poll, 1, 0) };
        poll.revents & POLLHUP != 0
    }
}

/// The space that a process is in, by its number in the root.
pub fn space_of(nr: Nr) -> io::Result<Opened> {
    let fd = open(&format!("/proc/{nr}/ns/pid"), O_RDONLY)?;
    // SAFETY: It was just opened.
    let file = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut id = 0u64;

    ioctl(fd, NS_GET_ID, &raw mut id as usize)?;
    Ok(Opened { id, file })
}

/// Let those that are forked, and what they execute, have it.
pub fn inherit(file: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: Numbers.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Wait until there is no space any more, and nobody who holds the module.
pub fn await_nothing(patience: Duration) -> Result<(), Trouble> {
    let end = Instant::now() + patience;

    loop {
        let spaces = fs::read_to_string("/proc/pspace/spaces").map_err(|err| err.to_string())?;
        let count = spaces.lines().count().saturating_sub(2);
        let users = fs::read_to_string("/sys/module/pspace/refcnt").unwrap_or_default();
        let users = users.trim();

        if count == 0 && users == "0" {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("{count} spaces are left, and {users} references on the module"));
        }
        thread::sleep(Duration::from_millis(5));
    }
}
