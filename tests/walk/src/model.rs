// SPDX-License-Identifier: GPL-2.0

//! What docs/model.md says, as far as the operations go: a tree of spaces, the processes in them,
//! and what each operation answers and changes.
//!
//! It knows nothing of time. Who is to die is dead when the operation is over, and who waits for
//! that in the kernel is waited for by who compares.

use crate::op::{
    Child, FIRST, Isolation, Nr, Numbers, Op, Policy, ROOT, Setting, Signals, Space, Target, Task,
    With, in_root, of_root,
};
use libc::{
    EAGAIN, ECHILD, EEXIST, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, EPERM, ESRCH, EWOULDBLOCK, SIGKILL,
    SIGTERM,
};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for the process that runs the sequence. It is in the root, a subreaper, and the
/// parent of the first task.
pub const WALKER: Task = Task::MAX;

/// Where a search for a number goes on that has come to its end.
const RESERVED: Nr = 300;

/// What an operation returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: it does not return.
    None,
    /// No error.
    Done,
    /// A number.
    Nr(Nr),
    /// An errno.
    Error(i32),
    /// The children that were waited for, with their status, and whether others are left.
    Children(BTreeMap<Nr, i32>, bool),
    /// Those of getpid(), gettid() and getppid().
    Ids([Nr; 3]),
    /// A process, and whether its pair is told.
    Process(Task),
    /// The lines of /proc/pspace/spaces and of tasks, in no order.
    Lists(Vec<Row>, Vec<Row>),
}

/// A line of a list.
pub type Row = Vec<Cell>;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing that is foreseen.
    Any,
    /// A dash.
    Dash,
    /// The id of a space.
    Id(Space),
    /// A number.
    Nr(Nr),
    /// A word.
    Word(String),
    /// A path: where it begins, creators with the counts of their spaces, and the last number.
    Path(Option<Space>, Vec<(Nr, u32)>, Option<Nr>),
}

impl Cell {
    fn nr(nr: Option<Nr>) -> Self {
        nr.map_or(Self::Dash, Self::Nr)
    }
}

/// What has become of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has a task that has not exited.
    Alive,
    /// It is about to be one of the next two.
    Exiting,
    /// It is to be waited for, and has this status.
    Zombie(i32),
    /// It has been released.
    Gone,
}

/// What poll() and PSPACE_GET_INFO say of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Of its init, which has exited.
    pub status: Option<i32>,
    /// How many tasks have a number in it and have not exited.
    pub alive: u32,
    /// How many have.
    pub zombies: u32,
    /// The last one is gone, and there is to be no other.
    pub has_ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    Process(Task),
    /// The process that runs the sequence.
    Walker,
    /// The machine's init.
    Machine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Init {
    /// There has been none.
    Awaited,
    Is(Task),
    /// It has died.
    Gone,
}

#[derive(Clone, Debug)]
struct Ns {
    parent: Option<Space>,
    classic: bool,
    level: usize,
    /// The level of the pspace that it is or is in.
    base: usize,
    policy: Policy,
    isolation: Isolation,
    numbers: Numbers,
    signals: Signals,
    init: Init,
    /// The status that its init has exited with.
    init_status: Option<i32>,
    /// No number is reserved any more.
    closed: bool,
    /// It lives, or has lived, without its init.
    orphaned: bool,
    /// What is orphaned here goes to the init of this one, or of its adopter.
    adopter: Option<Space>,
    /// The number that was given last.
    last: Nr,
    pid_max: Nr,
    used: BTreeMap<Nr, Task>,
    creator: Option<(Task, u32)>,
}

/// A thread, and what is its own.
#[derive(Clone, Debug)]
struct Thread {
    process: Task,
    numbers: BTreeMap<Space, Nr>,
    wids: BTreeMap<Space, Nr>,
    next: Space,
}

#[derive(Clone, Debug)]
struct Process {
    space: Space,
    /// The outermost level at which it has a number from birth.
    base: usize,
    parent: Parent,
    orphan: bool,
    autoreap: bool,
    subreaper: bool,
    state: State,
    threads: BTreeSet<Task>,
    /// The first thread has exited, with this status, and others have not.
    headless: Option<u8>,
    created: u32,
    tracer: Option<Task>,
    /// What it has open of those that kill a space when they are closed.
    files: BTreeSet<u8>,
}

/// The state of all.
#[derive(Clone, Debug)]
pub struct Model {
    spaces: BTreeMap<Space, Ns>,
    processes: BTreeMap<Task, Process>,
    threads: BTreeMap<Task, Thread>,
    /// Names that were used.
    tasks: BTreeSet<Task>,
    /// Files that kill a space when nobody has them any more.
    owners: BTreeMap<u8, Space>,
    /// How often a rule that takes some doing has mattered.
    met: BTreeMap<&'static str, u64>,
}

impl Model {
    /// The first task in the root.
    pub fn new() -> Self {
        let mut root = Ns::new(None, false, 0, 0);
        root.init = Init::Gone;
        let mut model = Self {
            spaces: [(ROOT, root)].into(),
            processes: BTreeMap::new(),
            threads: BTreeMap::new(),
            tasks: [WALKER].into(),
            owners: BTreeMap::new(),
            met: BTreeMap::new(),
        };
        let numbers = [(ROOT, in_root(FIRST))].into();

        model.add(FIRST, ROOT, 0, Parent::Walker, numbers);
        model
    }

    fn add(
        &mut self,
        name: Task,
        space: Space,
        base: usize,
        parent: Parent,
        numbers: BTreeMap<Space, Nr>,
    ) {
        for (at, nr) in &numbers {
            self.ns_mut(*at).used.insert(*nr, name);
        }
        self.tasks.insert(name);
        self.threads
            .insert(name, Thread { process: name, numbers, wids: BTreeMap::new(), next: space });
        self.processes.insert(
            name,
            Process {
                space,
                base,
                parent,
                orphan: false,
                autoreap: false,
                subreaper: false,
                state: State::Alive,
                threads: [name].into(),
                headless: None,
                created: 0,
                tracer: None,
                files: BTreeSet::new(),
            },
        );
    }

    fn meet(&mut self, rule: &'static str) {
        *self.met.entry(rule).or_default() += 1;
    }

    /// How often rules have mattered.
    pub fn met(&self) -> &BTreeMap<&'static str, u64> {
        &self.met
    }

    // ---- looking around --------------------------------------------------------

    fn ns(&self, space: Space) -> &Ns {
        &self.spaces[&space]
    }

    fn ns_mut(&mut self, space: Space) -> &mut Ns {
        self.spaces.get_mut(&space).expect("a space that is there")
    }

    fn process(&self, name: Task) -> &Process {
        &self.processes[&name]
    }

    fn process_mut(&mut self, name: Task) -> &mut Process {
        self.processes.get_mut(&name).expect("a process that is there")
    }

    /// The process of a task that acts.
    fn of(&self, task: Task) -> Task {
        self.threads[&task].process
    }

    /// The space of a task.
    fn at(&self, task: Task) -> Space {
        self.process(self.of(task)).space
    }

    /// The tasks that can do something.
    pub fn actors(&self) -> impl Iterator<Item = Task> {
        self.processes
            .values()
            .filter(|process| process.state == State::Alive)
            .flat_map(|process| &process.threads)
            .copied()
    }

    /// The processes, with those that are gone.
    pub fn states(&self) -> impl Iterator<Item = (Task, State)> {
        self.processes.iter().map(|(name, process)| (*name, process.state))
    }

    /// Is a task above a space?
    pub fn is_above(&self, task: Task, space: Space) -> bool {
        self.is_below(space, self.at(task))
    }

    /// Is it a pspace?
    pub fn is_space(&self, space: Space) -> bool {
        self.is_pspace(space)
    }

    /// The spaces but the root.
    pub fn spaces(&self) -> impl Iterator<Item = Space> {
        self.spaces.keys().copied().filter(|space| *space != ROOT)
    }

    /// The numbers that tasks have in the space of a task.
    pub fn numbers_for(&self, task: Task) -> impl Iterator<Item = Nr> {
        self.ns(self.at(task)).used.keys().copied()
    }

    /// The numbers in a space.
    pub fn numbers_in(&self, space: Space) -> impl Iterator<Item = Nr> {
        self.ns(space).used.keys().copied()
    }

    /// Is it a task that is there?
    pub fn is_known(&self, task: Task) -> bool {
        self.threads.contains_key(&task)
    }

    /// The process of a task that is there.
    pub fn process_of(&self, task: Task) -> Task {
        self.of(task)
    }

    /// The pspace that a task is in, or the root.
    pub fn pspace_of(&self, task: Task) -> Space {
        self.pspace(self.at(task))
    }

    /// The number of a task in a namespace.
    pub fn number_of(&self, task: Task, space: Space) -> Option<Nr> {
        self.number(task, space)
    }

    /// A name for a new file.
    pub fn new_file(&self) -> u8 {
        (0..).find(|name| !self.owners.contains_key(name)).unwrap_or_default()
    }

    /// The files of a task that kill a space.
    pub fn files_of(&self, task: Task) -> impl Iterator<Item = u8> {
        self.process(self.of(task)).files.iter().copied()
    }

    /// The space that a task is in.
    pub fn space_of(&self, task: Task) -> Space {
        self.at(task)
    }

    /// A name for a new task, if there are any left.
    pub fn new_task(&self) -> Option<Task> {
        (0..crate::remote::SLOTS).find(|name| !self.tasks.contains(name))
    }

    /// A name for a new space.
    pub fn new_space(&self) -> Space {
        (0..).find(|name| !self.spaces.contains_key(name)).unwrap_or_default()
    }

    /// The pair of a process: its pspace and its number there.
    pub fn pair(&self, name: Task) -> Option<(Space, Nr)> {
        let space = self.pspace(self.process(name).space);

        Some((space, self.number(name, space)?))
    }

    fn number(&self, task: Task, space: Space) -> Option<Nr> {
        let thread = self.threads.get(&task)?;

        thread.numbers.get(&space).or_else(|| thread.wids.get(&space)).copied()
    }

    /// The namespaces from one up to the root.
    fn upwards(&self, space: Space) -> impl Iterator<Item = Space> {
        std::iter::successors(Some(space), |space| self.ns(*space).parent)
    }

    /// Is it the other, or below?
    fn is_within(&self, space: Space, other: Space) -> bool {
        self.upwards(space).any(|above| above == other)
    }

    fn is_below(&self, space: Space, other: Space) -> bool {
        space != other && self.is_within(space, other)
    }

    /// The pspace that it is, or is in; or the root.
    fn pspace(&self, space: Space) -> Space {
        let base = self.ns(space).base;

        self.upwards(space).find(|above| self.ns(*above).level == base).unwrap_or(ROOT)
    }

    fn is_pspace(&self, space: Space) -> bool {
        space != ROOT && !self.ns(space).classic
    }

    fn is_init(&self, name: Task) -> bool {
        self.ns(self.process(name).space).init == Init::Is(name)
    }

    fn may_see(&self, viewer: Space, space: Space) -> bool {
        if self.is_within(space, viewer) {
            return true;
        }
        if self.ns(space).classic {
            return false;
        }
        let mut at = viewer;
        while at != space {
            let ns = self.ns(at);

            match (self.is_pspace(at), ns.isolation, ns.parent) {
                (true, Isolation::Peers, parent) => {
                    let other = self.ns(space);
                    return self.is_pspace(space)
                        && other.parent == parent
                        && other.isolation == Isolation::Peers;
                }
                (true, Isolation::Half, Some(parent)) => at = parent,
                _ => return false,
            }
        }
        true
    }

    fn may_see_process(&self, viewer: Space, name: Task) -> bool {
        let space = self.process(name).space;

        self.is_within(space, viewer) || self.may_see(viewer, self.pspace(space))
    }

    fn may_control(&self, by: Task, space: Space) -> bool {
        self.is_below(space, self.at(by))
    }

    /// Has a parent no number for a process from its birth?
    fn is_blind(&self, parent: Parent, name: Task) -> bool {
        let process = self.process(name);
        let level = match parent {
            Parent::Process(parent) => self.ns(self.process(parent).space).level,
            Parent::Walker | Parent::Machine => 0,
        };

        process.base > level
    }

    fn children(&self, name: Task) -> Vec<Task> {
        let parent = Parent::Process(name);

        self.processes
            .iter()
            .filter(|(_, child)| child.parent == parent && child.state != State::Gone)
            .map(|(child, _)| *child)
            .collect()
    }

    // ---- numbers ---------------------------------------------------------------

    /// A number in a space, not yet anybody's.
    fn reserve(&mut self, space: Space, want: Option<Nr>, name: Task) -> Result<Nr, i32> {
        if space == ROOT {
            return Ok(in_root(name));
        }
        let ns = self.ns_mut(space);
        let initless = ns.orphaned;

        let nr = match want {
            Some(1) if initless => return Err(EEXIST),
            Some(nr) if ns.used.contains_key(&nr) => return Err(EEXIST),
            Some(nr) => nr,
            None => ns.next_free(initless).ok_or(EAGAIN)?,
        };
        if ns.closed {
            return Err(ENOMEM);
        }
        if want.is_none() {
            ns.last = if ns.used.is_empty() { ns.last.max(nr) } else { nr };
        }
        if ns.init == Init::Awaited && nr != 1 {
            return Err(EINVAL);
        }
        Ok(nr)
    }

    /// Numbers for a new task in each namespace from the level `base` to `space`.
    fn reserve_all(
        &mut self,
        space: Space,
        base: usize,
        set_tid: &[Nr],
        name: Task,
    ) -> Result<BTreeMap<Space, Nr>, i32> {
        let spaces: Vec<Space> =
            self.upwards(space).take_while(|at| self.ns(*at).level >= base).collect();
        let mut numbers = BTreeMap::new();

        if set_tid.len() > spaces.len() {
            return Err(EINVAL);
        }
        for (at, tid) in spaces.iter().zip(set_tid) {
            if *tid < 1 || *tid >= self.ns(*at).pid_max {
                return Err(EINVAL);
            }
        }
        // First those that have a map of their own, then those of the kernel's.
        for classic in [false, true] {
            for (index, at) in spaces.iter().enumerate() {
                if self.is_pspace(*at) != classic {
                    let nr = self.reserve(*at, set_tid.get(index).copied(), name)?;
                    numbers.insert(*at, nr);
                }
            }
        }
        Ok(numbers)
    }

    /// Give a number in a namespace above, if it is to have one.
    fn give(&mut self, task: Task, space: Space, how: Numbers) -> Option<Nr> {
        if let Some(nr) = self.number(task, space) {
            return Some(nr);
        }
        let own = self.process(self.threads.get(&task)?.process).space;

        if !self.is_below(own, space) || self.ns(self.pspace(own)).numbers < how {
            return None;
        }
        let nr = self.reserve(space, None, task).ok()?;
        self.meet(if space == ROOT { "number on demand in the root" } else { "number on demand" });
        self.ns_mut(space).used.insert(nr, task);
        self.threads.get_mut(&task)?.wids.insert(space, nr);
        Some(nr)
    }

    /// A task loses its numbers.
    fn forget(&mut self, task: Task) {
        let Some(thread) = self.threads.remove(&task) else { return };

        for (space, nr) in thread.numbers.into_iter().chain(thread.wids) {
            let ns = self.ns_mut(space);

            ns.used.remove(&nr);
            // An orphaned space ends with its last number.
            if !ns.classic && ns.init == Init::Gone && ns.used.is_empty() && space != ROOT {
                ns.closed = true;
            }
        }
    }

    // ---- life and death --------------------------------------------------------

    /// The init that gets the orphans of a space that has none any more.
    fn outer_init(&self, space: Space) -> Parent {
        let mut at = space;

        while let Some(adopter) = self.ns(at).adopter {
            at = adopter;
        }
        match self.ns(at).init {
            Init::Is(init) => Parent::Process(init),
            _ => Parent::Machine,
        }
    }

    fn new_parent(&self, of: Task) -> Parent {
        let space = self.process(of).space;
        let mut at = self.process(of).parent;

        while let Parent::Process(name) = at {
            let ancestor = self.process(name);

            if ancestor.space != space {
                break;
            }
            if ancestor.subreaper && ancestor.state == State::Alive {
                return at;
            }
            at = ancestor.parent;
        }
        if at == Parent::Walker && space == ROOT {
            return at;
        }
        match self.ns(space).init {
            Init::Is(init) if init != of => Parent::Process(init),
            _ => self.outer_init(space),
        }
    }

    /// Is it released as it exits?
    fn is_released(&self, name: Task) -> bool {
        let process = self.process(name);

        if process.autoreap {
            return true;
        }
        if !process.orphan {
            return false;
        }
        if self.is_blind(process.parent, name) {
            return true;
        }
        match process.parent {
            Parent::Process(parent) => {
                let space = self.process(parent).space;

                self.is_pspace(space) && self.ns(space).policy != Policy::Init
            }
            // It waits for all that it finds.
            Parent::Machine => true,
            Parent::Walker => false,
        }
    }

    fn release(&mut self, name: Task) {
        self.forget(name);
        self.process_mut(name).state = State::Gone;
        self.process_mut(name).tracer = None;
    }

    /// Its parent is told of a zombie, and may not want it.
    fn notify(&mut self, name: Task) {
        let process = self.process(name);

        if matches!(process.state, State::Zombie(_))
            && process.tracer.is_none()
            && self.is_released(name)
        {
            self.meet(match process.parent {
                _ if process.autoreap => "CLONE_AUTOREAP",
                Parent::Machine => "orphan of the machine's init",
                parent if self.is_blind(parent, name) => "orphan of a blind init",
                Parent::Process(parent) => match self.ns(self.process(parent).space).policy {
                    Policy::Auto => "orphan under auto",
                    _ => "orphan under outer",
                },
                Parent::Walker => "orphan of the walker",
            });
            self.release(name);
        }
    }

    fn untrace_by(&mut self, tracer: Task) {
        let tracees: Vec<Task> = self
            .processes
            .iter()
            .filter(|(_, process)| process.tracer == Some(tracer))
            .map(|(name, _)| *name)
            .collect();

        for name in tracees {
            self.process_mut(name).tracer = None;
            self.notify(name);
        }
    }

    /// A thread that is not the first ends.
    fn end_thread(&mut self, task: Task) {
        let process = self.of(task);

        self.untrace_by(task);
        self.process_mut(process).threads.remove(&task);
        self.forget(task);
    }

    /// A process ends with all its threads, and all that ends with it.
    fn exit(&mut self, name: Task, status: i32) {
        if self.process(name).state != State::Alive {
            return;
        }
        self.process_mut(name).state = State::Exiting;
        for task in self.process(name).threads.clone() {
            if task != name {
                self.end_thread(task);
            }
        }
        self.process_mut(name).threads.clear();
        for file in std::mem::take(&mut self.process_mut(name).files) {
            self.close(file);
        }
        self.untrace_by(name);

        if self.is_init(name) {
            let space = self.process(name).space;

            self.ns_mut(space).init_status = Some(status);
            self.lose_init(space, name);
        }
        for child in self.children(name) {
            let parent = self.new_parent(name);
            let orphan = match parent {
                Parent::Process(parent) => self.is_init(parent),
                Parent::Machine => true,
                Parent::Walker => false,
            };
            let process = self.process_mut(child);

            process.parent = parent;
            process.orphan = orphan;
            let is_zombie = matches!(process.state, State::Zombie(_));
            self.meet(match parent {
                Parent::Process(_) if !orphan => "subreaper adopts",
                _ if is_zombie => "init adopts a zombie",
                _ => "init adopts",
            });
            self.notify(child);
        }
        self.process_mut(name).state = State::Zombie(status);
        self.notify(name);
    }

    /// One that has had a file has it no more.
    fn close(&mut self, file: u8) {
        let is_open = self.processes.values().any(|process| process.files.contains(&file));
        let space = self.owners.get(&file).copied();

        if let Some(space) = space.filter(|_| !is_open) {
            self.meet("a space is killed as its file is closed");
            self.kill_space(space);
        }
    }

    fn lose_init(&mut self, space: Space, init: Task) {
        let ns = self.ns(space);
        let doomed = ns.closed || ns.parent.is_some_and(|parent| self.ns(parent).closed);

        if self.is_pspace(space) && ns.policy == Policy::Outer && !doomed {
            let parent = ns.parent;
            let ns = self.ns_mut(space);

            ns.init = Init::Gone;
            ns.orphaned = true;
            ns.adopter = parent;
            let lives = ns.used.len() > 1;
            self.meet(if lives { "space lives on" } else { "space lives on, empty" });
            return;
        }
        self.kill_below(space, Some(init));
        // What it had not waited for, and nobody else is to.
        for child in self.children(init) {
            if self.process(child).tracer.is_none() && !self.is_blind(Parent::Process(init), child)
            {
                self.release(child);
            }
        }
        let parent = self.ns(space).parent;
        let ns = self.ns_mut(space);
        ns.init = Init::Gone;
        ns.adopter = parent;
    }

    /// All in a space and below die, but perhaps for its init, which is dying.
    fn kill_below(&mut self, space: Space, spare: Option<Task>) {
        let spaces: Vec<Space> =
            self.spaces.keys().copied().filter(|at| self.is_within(*at, space)).collect();

        for at in &spaces {
            self.ns_mut(*at).closed = true;
        }
        let victims: Vec<Task> = self
            .processes
            .iter()
            .filter(|(name, process)| spaces.contains(&process.space) && Some(**name) != spare)
            .map(|(name, _)| *name)
            .collect();
        for name in victims {
            if self.process(name).state == State::Alive {
                self.meet(match (self.process(name).space == space, spare) {
                    (true, Some(_)) => "dies with its init",
                    (false, Some(_)) => "dies with the init of a space above",
                    (_, None) => "dies with its space",
                });
            }
            self.exit(name, SIGKILL);
        }
    }

    /// A space is killed as a whole.
    fn kill_space(&mut self, space: Space) {
        let spaces: Vec<Space> =
            self.spaces.keys().copied().filter(|at| self.is_within(*at, space)).collect();

        for at in spaces {
            self.ns_mut(at).closed = true;
        }
        if let Init::Is(init) = self.ns(space).init {
            self.exit(init, SIGKILL);
        }
        self.kill_below(space, None);
    }

    /// What a signal does.
    fn signal(&mut self, by: Task, name: Task, signal: i32) {
        let space = self.process(name).space;
        let above = self.is_below(space, self.at(by));
        let ordinary = self.is_pspace(space) && self.ns(space).signals == Signals::Ordinary;

        let acts = !self.is_init(name) || (above && (signal == SIGKILL || ordinary));
        if self.is_init(name) && signal != 0 {
            self.meet(match (acts, signal) {
                (false, _) => "init ignores a signal",
                (true, SIGKILL) => "init is killed from above",
                _ => "init takes an ordinary signal",
            });
        }
        if acts && (signal == SIGKILL || signal == SIGTERM) {
            self.exit(name, signal);
        }
    }

    // ---- operations ------------------------------------------------------------

    /// Can it be done, so that what comes of it is foreseen?
    pub fn allows(&self, op: &Op) -> bool {
        if !self.actors().any(|actor| actor == op.by()) {
            return false;
        }
        let at = self.at(op.by());
        let process = self.of(op.by());
        let single =
            self.process(process).threads.len() == 1 && self.process(process).headless.is_none();
        let is_traced = |name: &Task| self.process(*name).tracer.is_some();

        // Those of the root are others' as well.
        let is_known = |nr: Nr| match of_root(nr) {
            // And of the thread of one that was put into a space nobody has told.
            Some(task) => {
                at == ROOT
                    && self.ns(ROOT).used.contains_key(&nr)
                    && (self.processes.contains_key(&task) || self.at(task) == ROOT)
            }
            None => at != ROOT,
        };

        match op {
            Op::Clone { child, with, .. } => {
                let inside = self.ns(at).base > 0;
                let levels = with.set_tid.len();
                let thread = with.thread && (is_traced(&process) || with.space.is_some());

                !self.tasks.contains(child)
                    && usize::from(*child) < usize::from(crate::remote::SLOTS)
                    && with.space.is_none_or(|space| !self.spaces.contains_key(&space))
                    && (!with.classic || (with.space.is_some() && inside))
                    && !thread
                    && (levels == 0 || inside || levels == 1)
                    && (levels == 0 || with.space.is_some() || inside || at != self.next(op.by()))
            }
            Op::Unshare { space, classic, .. } => {
                !self.spaces.contains_key(space) && (!classic || self.ns(at).base > 0)
            }
            Op::SetNs { space, .. } => self.spaces.contains_key(space),
            Op::Exec { .. } => single || !is_traced(&process),
            // The first stays, so that there is always one.
            Op::Exit { .. } => process != FIRST,
            Op::Kill { to, signal, .. } => {
                let target = match *to {
                    Target::Number(nr) => match self.ns(at).used.get(&nr) {
                        _ if !is_known(nr) => return false,
                        Some(task) => self.threads[task].process,
                        None => return true,
                    },
                    Target::Pidfd(name) => match self.processes.contains_key(&name) {
                        true => name,
                        false => return false,
                    },
                };
                *signal == 0 || (target != FIRST && (*signal == SIGKILL || !is_traced(&target)))
            }
            Op::KillAll { signal, .. } => {
                at != ROOT && (*signal == SIGKILL || !self.processes.keys().any(|p| is_traced(p)))
            }
            Op::Wait { child, .. } => match *child {
                Child::Number(nr) => is_known(nr),
                Child::Each => true,
            },
            Op::Subreaper { .. } | Op::Ids { .. } | Op::Look { .. } => true,
            Op::Own { space, file, .. } => {
                self.spaces.contains_key(space)
                    && self.is_pspace(*space)
                    && !self.owners.contains_key(file)
            }
            Op::Close { file, .. } => self.process(process).files.contains(file),
            Op::Rmmod { .. } => self.spaces().next().is_some(),
            Op::Set { space, .. } => self.spaces.contains_key(space) && self.is_pspace(*space),
            Op::GetWid { space, nr, .. } => {
                self.spaces.contains_key(space) && self.is_pspace(*space) && of_root(*nr).is_none()
            }
            Op::OpenPair { space, nr, .. } => match of_root(*nr) {
                Some(task) => {
                    *space == ROOT
                        && self.ns(ROOT).used.contains_key(nr)
                        && (self.processes.contains_key(&task) || self.at(task) == ROOT)
                }
                None => self.spaces.contains_key(space) && self.is_pspace(*space),
            },
            Op::Seize { nr, .. } => match self.ns(at).used.get(nr) {
                _ if !is_known(*nr) => false,
                Some(task) => {
                    let process = self.process(self.threads[task].process);
                    self.processes.contains_key(task)
                        && process.threads.len() <= 1
                        && process.headless.is_none()
                }
                None => true,
            },
            // It waits for the stop, and would take a zombie for that.
            Op::Detach { nr, .. } => {
                is_known(*nr)
                    && self.ns(at).used.get(nr).is_none_or(|task| {
                        self.process(self.threads[task].process).state == State::Alive
                    })
            }
        }
    }

    fn next(&self, task: Task) -> Space {
        self.threads[&task].next
    }

    /// Do it.
    pub fn apply(&mut self, op: &Op) -> Answer {
        match self.act(op) {
            Ok(answer) => answer,
            Err(errno) => Answer::Error(errno),
        }
    }

    fn act(&mut self, op: &Op) -> Result<Answer, i32> {
        let by = op.by();
        let process = self.of(by);
        let at = self.at(by);

        Ok(match op {
            Op::Clone { child, with, .. } => Answer::Nr(self.clone_task(by, *child, with)?),
            Op::Unshare { space, classic, .. } => {
                if self.next(by) != at {
                    return Err(EINVAL);
                }
                self.create(by, at, *space, *classic);
                self.count(by, *space);
                self.threads.get_mut(&by).expect("an actor").next = *space;
                Answer::Done
            }
            Op::SetNs { space, .. } => {
                if !self.is_within(*space, at) {
                    return Err(EINVAL);
                }
                self.threads.get_mut(&by).expect("an actor").next = *space;
                Answer::Done
            }
            Op::Exec { .. } => {
                let next = self.next(by);

                for task in self.process(process).threads.clone() {
                    if task != process {
                        self.end_thread(task);
                    }
                }
                if by != process {
                    self.untrace_by(process);
                }
                self.process_mut(process).threads = [process].into();
                self.process_mut(process).headless = None;
                self.threads.get_mut(&process).expect("its first").next = next;
                // The C library looks at /proc/self/maps as it begins.
                self.give(process, ROOT, Numbers::Show);
                Answer::Done
            }
            Op::Exit { status, group, .. } => {
                self.exit_by(by, *status, *group);
                Answer::None
            }
            Op::Kill { to, signal, .. } => {
                let name = match *to {
                    Target::Number(nr) => {
                        let task = *self.ns(at).used.get(&nr).ok_or(ESRCH)?;
                        self.threads[&task].process
                    }
                    Target::Pidfd(name) => {
                        if !self.may_see_process(at, name) {
                            return Err(EINVAL);
                        }
                        if self.process(name).state == State::Gone {
                            return Err(ESRCH);
                        }
                        if !self.is_within(self.process(name).space, at) {
                            self.meet("signal to what is above or beside");
                        }
                        name
                    }
                };
                self.signal(by, name, *signal);
                self.unless_dead(by, Answer::Done)
            }
            Op::KillAll { signal, .. } => {
                let targets: Vec<Task> = self
                    .processes
                    .iter()
                    .filter(|(name, target)| {
                        target.state != State::Gone
                            && **name != process
                            && self.is_within(target.space, at)
                            && self.number(**name, at) != Some(1)
                    })
                    .map(|(name, _)| *name)
                    .collect();

                if targets.is_empty() {
                    return Err(ESRCH);
                }
                for name in targets {
                    if self.process(name).state == State::Alive {
                        self.signal(by, name, *signal);
                    }
                }
                Answer::Done
            }
            Op::Wait { child, .. } => self.wait(by, *child)?,
            Op::Subreaper { on, .. } => {
                self.process_mut(process).subreaper = *on;
                Answer::Done
            }
            Op::Set { space, to, .. } => {
                if !self.may_control(by, *space) {
                    return Err(EPERM);
                }
                self.set(*space, *to)?;
                Answer::Done
            }
            Op::GetWid { space, nr, .. } => {
                if *nr < 1 {
                    return Err(EINVAL);
                }
                if !self.is_within(*space, at) {
                    return Err(ESRCH);
                }
                let task = *self.ns(*space).used.get(nr).ok_or(ESRCH)?;
                if !self.processes.contains_key(&task) {
                    return Err(ENOENT);
                }
                Answer::Nr(self.give(task, at, Numbers::Ask).ok_or(EAGAIN)?)
            }
            Op::OpenPair { space, nr, .. } => {
                if *nr < 1 {
                    return Err(EINVAL);
                }
                if !self.may_see(at, *space) {
                    return Err(ESRCH);
                }
                let task = *self.ns(*space).used.get(nr).ok_or(ESRCH)?;
                let name = self.threads[&task].process;
                if !self.may_see_process(at, name) {
                    return Err(ESRCH);
                }
                if task != name {
                    return Err(ENOENT);
                }
                self.give(name, at, Numbers::Show);
                if let Parent::Process(parent) = self.process(name).parent {
                    self.give(parent, at, Numbers::Show);
                }
                if let Some(tracer) = self.process(name).tracer {
                    self.give(tracer, at, Numbers::Show);
                }
                Answer::Process(name)
            }
            Op::Ids { .. } => Answer::Ids([
                self.number(process, at).unwrap_or(0),
                self.number(by, at).unwrap_or(0),
                match self.process(process).parent {
                    Parent::Process(parent) => self.number(parent, at).unwrap_or(0),
                    Parent::Walker if at == ROOT => in_root(WALKER),
                    Parent::Machine if at == ROOT => 1,
                    _ => 0,
                },
            ]),
            Op::Look { .. } => self.lists(at),
            Op::Seize { nr, .. } => {
                let task = *self.ns(at).used.get(nr).ok_or(ESRCH)?;
                let target = self.process(task);

                if task == process || target.state != State::Alive || target.tracer.is_some() {
                    return Err(EPERM);
                }
                self.process_mut(task).tracer = Some(by);
                Answer::Done
            }
            Op::Detach { nr, .. } => {
                let task = *self.ns(at).used.get(nr).ok_or(ESRCH)?;
                let is_mine = self.processes.contains_key(&task)
                    && self.process(task).tracer == Some(by)
                    && self.process(task).state == State::Alive;

                if !is_mine {
                    return Err(ESRCH);
                }
                self.process_mut(task).tracer = None;
                Answer::Done
            }
            Op::Own { space, file, .. } => {
                if !self.may_control(by, *space) {
                    return Err(EPERM);
                }
                self.owners.insert(*file, *space);
                self.process_mut(process).files.insert(*file);
                Answer::Done
            }
            Op::Close { file, .. } => {
                self.process_mut(process).files.remove(file);
                self.close(*file);
                self.unless_dead(by, Answer::Done)
            }
            Op::Rmmod { .. } => return Err(EWOULDBLOCK),
        })
    }

    /// Who ends itself is told nothing.
    fn unless_dead(&self, by: Task, answer: Answer) -> Answer {
        match self.threads.get(&by) {
            Some(thread) if self.process(thread.process).state == State::Alive => answer,
            _ => Answer::None,
        }
    }

    fn create(&mut self, by: Task, parent: Space, space: Space, classic: bool) {
        let above = self.ns(parent);
        let level = above.level + 1;
        let base = if classic { above.base } else { level };

        debug_assert_eq!(self.at(by), parent);
        self.spaces.insert(space, Ns::new(Some(parent), classic, level, base));
    }

    /// The process has made one more space.
    fn count(&mut self, by: Task, space: Space) {
        let creator = self.of(by);

        if self.ns(space).classic {
            return;
        }
        self.process_mut(creator).created += 1;
        let nth = self.process(creator).created;
        self.ns_mut(space).creator = Some((creator, nth));
    }

    fn clone_task(&mut self, by: Task, child: Task, with: &With) -> Result<Nr, i32> {
        let own = self.of(by);
        let at = self.at(by);

        if with.parent && (self.is_init(own) || self.process(own).autoreap) {
            return Err(EINVAL);
        }
        if with.autoreap && (with.parent || with.thread) {
            return Err(EINVAL);
        }
        if (with.thread || with.space.is_some()) && self.next(by) != at {
            return Err(EINVAL);
        }
        let base = match with.parent || with.thread {
            true => self.process(own).base,
            false => self.ns(at).base,
        };
        let space = with.space.unwrap_or(self.next(by));
        if with.space.is_some() {
            self.create(by, at, space, with.classic);
        }
        let numbers = match self.reserve_all(space, base, &with.set_tid, child) {
            Ok(numbers) => numbers,
            Err(errno) => {
                if with.space.is_some() {
                    self.spaces.remove(&space);
                }
                return Err(errno);
            }
        };
        if with.space.is_some() {
            self.count(by, space);
        }

        let nr = numbers[&at];
        if with.thread {
            for (at, nr) in &numbers {
                self.ns_mut(*at).used.insert(*nr, child);
            }
            self.tasks.insert(child);
            self.process_mut(own).threads.insert(child);
            self.threads
                .insert(child, Thread { process: own, numbers, wids: BTreeMap::new(), next: at });
            return Ok(nr);
        }

        let (parent, orphan) = match with.parent {
            true => (self.process(own).parent, self.process(own).orphan),
            false => (Parent::Process(own), false),
        };
        if self.ns(space).init == Init::Awaited {
            self.ns_mut(space).init = Init::Is(child);
        }
        if with.parent && self.ns(space).base > base {
            self.meet("CLONE_PARENT over a border");
        } else if self.ns(space).init != Init::Is(child) && space != at {
            self.meet("put into a space");
        }
        self.add(child, space, base, parent, numbers);
        self.process_mut(child).files = self.process(own).files.clone();
        self.process_mut(child).orphan = orphan;
        self.process_mut(child).autoreap = with.autoreap;
        Ok(nr)
    }

    fn exit_by(&mut self, by: Task, status: u8, group: bool) {
        let name = self.of(by);
        let process = self.process_mut(name);

        if !group && process.threads.len() > 1 {
            if by == name {
                process.headless = Some(status);
                process.threads.remove(&by);
                self.untrace_by(by);
            } else {
                self.end_thread(by);
            }
            return;
        }
        let code = match process.headless {
            Some(first) if !group => first,
            _ => status,
        };
        self.exit(name, i32::from(code) << 8);
    }

    fn wait(&mut self, by: Task, which: Child) -> Result<Answer, i32> {
        let own = self.of(by);
        let at = self.at(by);
        let mine: Vec<Task> = self
            .processes
            .iter()
            .filter(|(name, child)| {
                let traced = child
                    .tracer
                    .and_then(|tracer| self.threads.get(&tracer))
                    .is_some_and(|tracer| tracer.process == own);
                let parent = Parent::Process(own);

                child.state != State::Gone
                    && (traced || (child.parent == parent && !self.is_blind(parent, **name)))
            })
            .map(|(name, _)| *name)
            .filter(|name| match which {
                Child::Number(nr) => self.number(*name, at) == Some(nr),
                Child::Each => true,
            })
            .collect();
        let mut waited = BTreeMap::new();
        let mut left = false;

        for name in mine {
            let process = self.process(name);
            let others = process
                .tracer
                .and_then(|tracer| self.threads.get(&tracer))
                .is_some_and(|tracer| tracer.process != own);
            let State::Zombie(status) = process.state else {
                left = true;
                continue;
            };
            if others {
                left = true;
                continue;
            }
            waited.insert(self.number(name, at).unwrap_or(0), status);
            if process.parent == Parent::Process(own) {
                self.meet(if process.orphan { "init waits for an orphan" } else { "waits" });
                self.release(name);
            } else {
                self.meet("tracer waits");
                self.process_mut(name).tracer = None;
                self.notify(name);
            }
        }
        match which {
            Child::Each => Ok(Answer::Children(waited, left)),
            Child::Number(nr) if !waited.is_empty() => Ok(Answer::Nr(nr)),
            Child::Number(_) if left => Ok(Answer::Nr(0)),
            Child::Number(_) => Err(ECHILD),
        }
    }

    fn set(&mut self, space: Space, to: Setting) -> Result<(), i32> {
        let in_classic = self.ns(space).parent.is_some_and(|parent| self.ns(parent).classic);
        let ns = self.ns_mut(space);

        match to {
            Setting::Policy(policy) => {
                ns.policy = policy;
                if let Init::Is(init) = ns.init {
                    for child in self.children(init) {
                        let before = self.process(child).state;
                        self.notify(child);
                        if self.process(child).state != before {
                            self.meet("a change of policy releases");
                        }
                    }
                }
            }
            Setting::Isolation(_) if in_classic => return Err(EOPNOTSUPP),
            Setting::Isolation(isolation) => ns.isolation = isolation,
            Setting::Numbers(numbers) => ns.numbers = numbers,
            Setting::Signals(signals) => ns.signals = signals,
            Setting::LastPid(nr) if nr < 0 || nr >= ns.pid_max => return Err(EINVAL),
            Setting::LastPid(nr) => ns.last = nr,
            Setting::PidMax(nr) => ns.pid_max = nr,
            Setting::Kill => self.kill_space(space),
        }
        Ok(())
    }

    // ---- lists -----------------------------------------------------------------

    /// The way from a viewer to a space that is below, innermost step first, and where it begins.
    fn way(&self, space: Space, viewer: Space) -> (Option<Space>, Vec<(Nr, u32)>) {
        let mut steps = Vec::new();
        let mut at = space;

        while self.ns(at).level > self.ns(viewer).level {
            let step = self.ns(at).creator.and_then(|(creator, nth)| {
                let scope = self.scope(self.pspace(self.process(creator).space), viewer);
                Some((self.number(creator, scope)?, nth))
            });
            match step {
                Some(step) if steps.len() < 8 => steps.insert(0, step),
                _ => return (Some(at), steps),
            }
            let Some(parent) = self.ns(at).parent else { break };
            at = self.pspace(parent);
        }
        (None, steps)
    }

    /// Of which namespace are the numbers that a viewer has for what is in a pspace?
    fn scope(&self, space: Space, viewer: Space) -> Space {
        if self.ns(space).level <= self.ns(viewer).level { viewer } else { space }
    }

    fn pair_cells(&self, pair: Option<(Space, Nr)>, viewer: Space) -> [Cell; 2] {
        match pair.filter(|(space, _)| self.may_see(viewer, *space)) {
            Some((space, nr)) => [Cell::Id(space), Cell::Nr(nr)],
            None => [Cell::Dash, Cell::Dash],
        }
    }

    /// What /proc/pspace shows in a procfs of a namespace.
    pub fn lists(&self, viewer: Space) -> Answer {
        let spaces = self
            .spaces()
            .filter(|space| self.is_pspace(*space) && self.may_see(viewer, *space))
            .map(|space| self.space_row(space, viewer))
            .collect();
        let tasks = self
            .processes
            .iter()
            .filter(|(_, process)| process.state != State::Gone)
            .filter(|(_, process)| self.may_see(viewer, self.pspace(process.space)))
            .map(|(name, process)| self.task_row(*name, process, viewer))
            .collect();

        Answer::Lists(spaces, tasks)
    }

    /// What its descriptor tells of a space.
    pub fn info(&self, space: Space) -> Info {
        let ns = self.ns(space);
        let is_alive = |task: &&Task| {
            let process = self.process(self.threads[task].process);
            process.state == State::Alive
                && !(process.headless.is_some() && self.processes.contains_key(*task))
        };
        let alive = ns.used.values().filter(is_alive).count();

        Info {
            status: ns.init_status,
            alive: alive as u32,
            zombies: (ns.used.len() - alive) as u32,
            has_ended: ns.closed && ns.used.is_empty(),
        }
    }

    fn space_row(&self, space: Space, viewer: Space) -> Row {
        let ns = self.ns(space);
        let parent = ns.parent.filter(|parent| self.may_see(viewer, *parent));
        // It has its wid until it is waited for, unless the space lives on.
        let init = ns.used.get(&1).filter(|_| !ns.orphaned);
        let wid = parent.and_then(|parent| self.number(*init?, parent));
        let members = ns
            .used
            .values()
            .filter(|task| self.process(self.threads[task].process).space == space)
            .count();
        let (origin, steps) = self.way(space, viewer);

        vec![
            Cell::Id(space),
            parent.map_or(Cell::Dash, Cell::Id),
            Cell::nr(wid),
            Cell::Word(members.to_string()),
            Cell::Word(crate::op::lower(ns.policy)),
            Cell::Word(crate::op::lower(ns.isolation)),
            Cell::Any,
            match steps.is_empty() {
                true => Cell::Dash,
                false => Cell::Path(origin, steps, None),
            },
        ]
    }

    fn task_row(&self, name: Task, process: &Process, viewer: Space) -> Row {
        let own = self.pspace(process.space);
        let wid = self
            .ns(own)
            .parent
            .filter(|parent| self.may_see(viewer, *parent))
            .and_then(|parent| self.number(name, parent));
        let parent = match process.parent {
            Parent::Process(parent) => self.pair(parent),
            Parent::Walker => Some((ROOT, in_root(WALKER))),
            Parent::Machine => Some((ROOT, 1)),
        };
        let [space, nr] = self.pair_cells(self.pair(name), viewer);
        let [parent_space, parent_nr] = self.pair_cells(parent, viewer);
        let is_zombie = process.state != State::Alive || process.headless.is_some();
        let path = self.number(name, self.scope(own, viewer)).map(|nr| {
            let (origin, steps) = self.way(own, viewer);
            Cell::Path(origin, steps, Some(nr))
        });

        vec![
            space,
            nr,
            Cell::nr(wid),
            parent_space,
            parent_nr,
            if is_zombie { Cell::Word("Z".into()) } else { Cell::Any },
            Cell::Word("0".into()),
            Cell::Any,
            path.unwrap_or(Cell::Dash),
        ]
    }
}

impl Ns {
    fn new(parent: Option<Space>, classic: bool, level: usize, base: usize) -> Self {
        Self {
            parent,
            classic,
            level,
            base,
            policy: Policy::Init,
            isolation: Isolation::Full,
            numbers: Numbers::List,
            signals: Signals::Init,
            init: Init::Awaited,
            init_status: None,
            closed: false,
            orphaned: false,
            adopter: None,
            last: 0,
            pid_max: 4_194_304,
            used: BTreeMap::new(),
            creator: None,
        }
    }

    /// The next number above the last one, then from where all begin again.
    fn next_free(&self, initless: bool) -> Option<Nr> {
        let first = if initless { 2 } else { 1 };
        let start = if self.used.is_empty() { first } else { (self.last + 1).max(first) };
        let wrap = if start > RESERVED { RESERVED } else { first };

        (start..self.pid_max).chain(wrap..self.pid_max).find(|nr| !self.used.contains_key(nr))
    }
}

#[cfg(test)]
mod tests;
