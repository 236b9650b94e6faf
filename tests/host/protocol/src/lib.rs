// SPDX-License-Identifier: GPL-2.0

//! How spaces are left, killed and waited for, as a model in which every order of steps is tried.
//!
//! Each function here stands for one of the kernel, by its name where it has one, and is cut into
//! steps where others can come in between: one step reads or writes one thing that is shared. What
//! is done with `tasklist_lock` held is cut as well, since not all who look have it. docs/hooks.md
//! says in words what this tries.
//!
//! Steps happen one at a time, so that a barrier is not seen here. Where the kernel has one between
//! a write and a read, a [`Mutation`] that removes it does the read first: that is what a processor
//! may make of it. The memory model in full is that of tests/litmus and of loom.
//!
//! Left out: parents and zombies (who exits is released at once), threads, and the death of
//! namespaces, which each walk excludes by its reference.

mod steps;

use stateright::{Checker, Model, Property};
use steps::Op;

/// Namespaces, by their index.
pub type Ns = usize;
/// Tasks, by their index: that is also the order of their numbers. Each is an actor.
pub type Task = usize;

/// The machine's, in which nothing ends.
pub const ROOT: Ns = 0;
const NAMESPACES: usize = 4;

/// An error in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// `set_current_state()` has no barrier: who waits looks before it says that it sleeps.
    SleepWithoutBarrier,
    /// `release` is no barrier: whom to wake is looked at before.
    ReleaseWithoutBarrier,
    /// A release does not wake the namespace's own init.
    NoWake,
    /// A release does not wake an init above.
    NoWakeAbove,
    /// A fork looks whether its namespaces are closed before it takes `tasklist_lock`.
    ForkLooksUnlocked,
    /// A fork looks at the innermost of its namespaces only.
    ForkLooksInside,
    /// `reserve` does not look whether the namespace is closed.
    ReserveWhenClosed,
    /// A kill does not wait for who has `tasklist_lock`.
    KillDoesNotPassLock,
    /// A kill closes a space behind its walk.
    KillClosesLate,
    /// A kill leaves what is below to itself.
    KillStaysAbove,
    /// `pidns_link()` has no barrier: the kills are looked at before it is in the tree.
    LinkWithoutBarrier,
    /// `pspace_kill_all()` has no barrier: what is below is looked at before the kill is counted.
    KillWithoutBarrier,
    /// A creation does not look whether what is above is killed.
    LinkDoesNotLook,
    /// An init that exits does not look whether its space is closed.
    LivesOnInClosed,
    /// An init that exits does not look whether the namespace above is closed.
    LivesOnInClosedParent,
    /// An init that exits looks before it takes `tasklist_lock`.
    LivesOnLooksUnlocked,
    /// An init does not wait for spaces below that have none.
    NoWaitForOrphaned,
    /// Who waits for the living relies on somebody else to close a space.
    WaitsInOpen,
    /// Who waits for the living does not look again when it has said that it waits.
    WaitsWithoutLook,
    /// A space without an init stays open when its last number goes.
    OrphanedStaysOpen,
}

/// What a task does of its own accord. It exits as well, if it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// `fork()`, or `setns()` and `fork()`: of this task.
    Fork(Task),
    /// `clone()` into a new namespace, of its init.
    Create(Task),
    /// `exit()`.
    Exit,
    /// `pspace_kill()`.
    Kill(Ns),
}

/// A task.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where it has numbers, the innermost first.
    pub numbers: Vec<Ns>,
    /// Whether it is there at first.
    pub there: bool,
    /// What it does.
    pub deeds: Vec<Deed>,
}

/// Who and what there is at first.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The parent of each namespace.
    pub parents: [Ns; NAMESPACES],
    /// Whether it is a pspace.
    pub pspace: [bool; NAMESPACES],
    /// Whether its members outlive its init.
    pub outer: [bool; NAMESPACES],
    /// Whether it is there at first.
    pub linked: [bool; NAMESPACES],
    /// The init of each.
    pub inits: [Option<Task>; NAMESPACES],
    /// The tasks.
    pub people: Vec<Person>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Life {
    /// Not yet, or it never was.
    None,
    Alive,
    /// Exited.
    Dead,
    /// No number leads to it.
    Released,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Namespace {
    linked: bool,
    open: bool,
    initless: bool,
    count: u8,
    killed: bool,
    adopter: Option<Ns>,
    reaper: Option<Task>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Actor {
    life: Life,
    killed: bool,
    /// Where it has a number.
    numbers: [bool; NAMESPACES],
    /// In `TASK_IDLE`.
    sleeps: bool,
    /// On the queue of this one's pid.
    waits_for: Option<Task>,
    /// What it is about to do, the next step last.
    ops: Vec<Op>,
}

/// Where all are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    namespaces: [Namespace; NAMESPACES],
    actors: Vec<Actor>,
    lock: Option<Task>,
    kills: u8,
    // What only the properties look at.
    /// Whose walk has killed each namespace, and is not done.
    walks: [Option<Task>; NAMESPACES],
    /// A space was made before such a walk was done with the one above.
    to_be_found: bool,
    /// An init has exited too early.
    left: bool,
}

/// A scenario, with an error or none.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What happens.
    pub scenario: Scenario,
    /// What is wrong.
    pub mutation: Option<Mutation>,
}

impl Protocol {
    fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn is_below(&self, ns: Ns, top: Ns) -> bool {
        let mut ns = ns;

        while ns != ROOT && ns != top {
            ns = self.scenario.parents[ns];
        }
        ns == top
    }

    /// Tries every order. Returns how many states there are, or what is wrong with one, and how it
    /// comes about.
    pub fn check(&self) -> Result<usize, String> {
        let checker = self.clone().checker().spawn_bfs().join();

        match checker.discoveries().into_iter().next() {
            None => Ok(checker.unique_state_count()),
            Some((what, path)) => {
                let steps: String = path
                    .into_vec()
                    .into_iter()
                    .filter_map(|(state, me)| {
                        Some(format!("  task {}: {:?}\n", me?, state.actors[me?].ops.last()))
                    })
                    .collect();

                Err(format!("{what}, but:\n{steps}"))
            }
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Task;

    fn init_states(&self) -> Vec<State> {
        let scenario = &self.scenario;
        let actors: Vec<_> = scenario
            .people
            .iter()
            .map(|person| {
                let mut numbers = [false; NAMESPACES];

                for &ns in person.numbers.iter().filter(|_| person.there) {
                    numbers[ns] = true;
                }
                Actor {
                    life: if person.there { Life::Alive } else { Life::None },
                    killed: false,
                    numbers,
                    sleeps: false,
                    waits_for: None,
                    ops: person.deeds.iter().rev().copied().map(Op::Do).collect(),
                }
            })
            .collect();
        let namespaces = core::array::from_fn(|ns| Namespace {
            linked: scenario.linked[ns],
            open: true,
            initless: false,
            count: actors.iter().map(|actor| u8::from(actor.numbers[ns])).sum(),
            killed: false,
            adopter: None,
            reaper: scenario.inits[ns].filter(|&init| scenario.people[init].there),
        });

        vec![State {
            namespaces,
            actors,
            lock: None,
            kills: 0,
            walks: [None; NAMESPACES],
            to_be_found: false,
            left: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Task>) {
        actions.extend((0..state.actors.len()).filter(|&me| state.may_step(me)));
    }

    fn next_state(&self, last: &State, me: Task) -> Option<State> {
        let mut state = last.clone();

        self.step(&mut state, me);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn is_end(model: &Protocol, state: &State) -> bool {
            let mut actions = Vec::new();

            model.actions(state, &mut actions);
            actions.is_empty()
        }

        vec![
            Property::always(
                "an init exits when nobody lives who dies with it",
                |_, state: &State| !state.left,
            ),
            Property::always("nobody waits for ever", |model: &Protocol, state: &State| {
                !is_end(model, state)
                    || state
                        .actors
                        .iter()
                        .all(|actor| actor.life == Life::None || actor.ops.is_empty())
            }),
            Property::always(
                "nobody lives in what was killed",
                |model: &Protocol, state: &State| {
                    !is_end(model, state)
                        || state.actors.iter().all(|actor| {
                            actor.life != Life::Alive
                                || (0..NAMESPACES)
                                    .all(|ns| !actor.numbers[ns] || !state.namespaces[ns].killed)
                        })
                },
            ),
            // One that is made when all walks are over has no members: see the property before.
            Property::always(
                "a kill finds what was made before",
                |model: &Protocol, state: &State| {
                    !is_end(model, state)
                        || !state.to_be_found
                        || (1..NAMESPACES).all(|ns| {
                            let above = model.scenario.parents[ns];
                            let this = &state.namespaces[ns];

                            !this.linked || this.killed || !state.namespaces[above].killed
                        })
                },
            ),
            Property::always("an orphaned space ends", |model: &Protocol, state: &State| {
                !is_end(model, state)
                    || state.namespaces.iter().all(|ns| !ns.initless || ns.count > 0 || !ns.open)
            }),
        ]
    }
}
