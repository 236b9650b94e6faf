// SPDX-License-Identifier: GPL-2.0

//! The steps.

use crate::{Deed, Life, Mutation, NAMESPACES, Ns, Protocol, ROOT, State, Task};

/// A step, or several in a row that have not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Do(Deed),

    // copy_process(): alloc_pid(), then under tasklist_lock.
    Reserve {
        child: Task,
        nth: usize,
    },
    LookDead {
        child: Task,
        nth: usize,
    },
    Attach(Task),
    /// Where it goes on after a failure, to which this belongs.
    EndFork,

    // create_pid_namespace(): pidns_link().
    Link(Ns),
    ReadKills {
        ns: Ns,
        linked: bool,
    },
    LookAbove {
        ns: Ns,
        at: Ns,
    },

    // write_lock_irq(&tasklist_lock), and read_lock() with read_unlock().
    Lock,
    Unlock,
    PassLock,

    // free_pid(): pidns_number_freed(), __pspace_emptied().
    Free {
        task: Task,
        nth: usize,
    },
    ReadReaper(Ns),
    Emptied {
        ns: Ns,
        above: Ns,
    },
    WakeIfClosed {
        init: Task,
        ns: Ns,
    },
    Wake(Task),
    ReleaseAfterLook {
        ns: Ns,
        task: Task,
    },

    // do_exit(): find_child_reaper(), __pspace_outlives_init(), release_task().
    ForgetChildren,
    Doomed {
        ns: Ns,
        at: usize,
        doomed: bool,
    },
    SetAdopter(Ns),
    LoseReaper(Ns),
    Exited,
    Unhash,
    Notify,

    // zap_pid_ns_processes().
    Close(Ns),
    Sleep,
    LookCount {
        ns: Ns,
        left: u8,
    },
    Asleep {
        ns: Ns,
        left: u8,
    },
    Gone(Ns),

    // wait_for_initless(), wait_until_dead().
    WalkInitless {
        top: Ns,
        at: Ns,
        enter: bool,
    },
    WaitLiving {
        ns: Ns,
        from: Task,
    },
    Queue(Task),
    LookLiving(Task),
    Queued,

    // pspace_kill_all().
    KillAll {
        top: Ns,
        spare: bool,
    },
    CountKill,
    UncountKill,
    KillNumbers {
        ns: Ns,
        from: Task,
        spare: bool,
    },
    Walk {
        top: Ns,
        at: Ns,
        enter: bool,
    },
    Visit {
        top: Ns,
        ns: Ns,
    },
    KillCounted(Ns),
}

impl State {
    fn lives(&self, task: Task) -> bool {
        matches!(self.actors[task].life, Life::Alive | Life::Dead)
    }

    /// Whether a task can go on.
    pub(crate) fn may_step(&self, me: Task) -> bool {
        let actor = &self.actors[me];

        match actor.ops.last() {
            // It is not there yet, or does nothing until it is killed.
            Some(Op::Do(_)) if actor.life == Life::None => false,
            None => actor.life == Life::Alive && actor.killed,
            Some(Op::Lock | Op::PassLock | Op::WaitLiving { .. }) => self.lock.is_none(),
            Some(Op::Asleep { .. }) => !actor.sleeps,
            Some(Op::Queued) => actor.waits_for.is_none(),
            Some(_) => true,
        }
    }

    fn push(&mut self, me: Task, ops: &[Op]) {
        self.actors[me].ops.extend(ops.iter().rev());
    }

    /// What pidns_allocated() returns: how many, and whether there can be more.
    fn allocated(&self, ns: Ns) -> (u8, bool) {
        (self.namespaces[ns].count, self.namespaces[ns].open)
    }
}

impl Protocol {
    /// One step of a task.
    pub(crate) fn step(&self, state: &mut State, me: Task) {
        let Some(op) = state.actors[me].ops.pop() else {
            state.actors[me].ops = vec![Op::Do(Deed::Exit)];
            return;
        };

        match op {
            Op::Do(_) if state.actors[me].killed => state.actors[me].ops = self.exit(state, me),
            Op::Do(Deed::Fork(child)) => state.push(me, &self.fork(child)),
            Op::Do(Deed::Create(child)) => self.create(state, me, child),
            Op::Do(Deed::Exit) => state.actors[me].ops = self.exit(state, me),
            Op::Do(Deed::Kill(ns)) => state.push(
                me,
                &match self.has(Mutation::KillClosesLate) {
                    true => [Op::KillAll { top: ns, spare: false }, Op::Close(ns)],
                    false => [Op::Close(ns), Op::KillAll { top: ns, spare: false }],
                },
            ),

            Op::Reserve { child, nth } => self.reserve(state, me, child, nth),
            Op::LookDead { child, nth } => self.look_dead(state, me, child, nth),
            Op::Attach(child) => self.attach(state, child),
            Op::EndFork => (),

            Op::Link(ns) => state.namespaces[ns].linked = true,
            Op::ReadKills { ns, linked } => self.read_kills(state, me, ns, linked),
            Op::LookAbove { ns, at } => self.look_above(state, me, ns, at),

            Op::Lock => state.lock = Some(me),
            Op::Unlock => state.lock = None,
            Op::PassLock => (),

            Op::Free { task, nth } => self.free(state, me, task, nth),
            Op::ReadReaper(ns) => {
                if let Some(init) = state.namespaces[ns].reaper {
                    state.push(me, &[Op::Wake(init)]);
                }
            }
            Op::Emptied { ns, above } => self.emptied(state, me, ns, above),
            Op::WakeIfClosed { init, ns } => {
                if !state.namespaces[ns].open {
                    state.push(me, &[Op::Wake(init)]);
                }
            }
            Op::Wake(init) => state.actors[init].sleeps = false,
            Op::ReleaseAfterLook { ns, task } => {
                // It has seen nobody to wake.
                self.release(state, ns, task);
            }

            Op::ForgetChildren => self.forget_children(state, me),
            Op::Doomed { ns, at, doomed } => self.doomed(state, me, ns, at, doomed),
            Op::SetAdopter(ns) => state.namespaces[ns].adopter = Some(self.scenario.parents[ns]),
            Op::LoseReaper(ns) => state.namespaces[ns].reaper = None,
            Op::Exited => state.actors[me].life = Life::Dead,
            Op::Unhash => state.actors[me].life = Life::Released,
            Op::Notify => {
                for actor in &mut state.actors {
                    if actor.waits_for == Some(me) {
                        actor.waits_for = None;
                    }
                }
            }

            Op::Close(ns) => state.namespaces[ns].open = false,
            Op::Sleep => state.actors[me].sleeps = true,
            Op::LookCount { ns, left } => {
                if state.allocated(ns) == (left, false) {
                    // __set_current_state(TASK_RUNNING), and out of the loop.
                    state.actors[me].sleeps = false;
                    while state.actors[me].ops.pop() != Some(Op::Asleep { ns, left }) {}
                }
            }
            Op::Asleep { ns, left } => self.wait_count(state, me, ns, left),
            Op::Gone(ns) => {
                state.left |= (0..state.actors.len()).any(|other| {
                    other != me
                        && state.lives(other)
                        && (1..NAMESPACES)
                            .any(|of| state.actors[other].numbers[of] && self.is_below(of, ns))
                });
            }

            Op::WalkInitless { top, at, enter } => self.walk_initless(state, me, top, at, enter),
            Op::WaitLiving { ns, from } => self.wait_living(state, me, ns, from),
            Op::Queue(task) => state.actors[me].waits_for = Some(task),
            Op::LookLiving(task) => {
                if !state.lives(task) {
                    state.actors[me].waits_for = None;
                }
            }
            Op::Queued => (),

            Op::KillAll { top, spare } => self.kill_all(state, me, top, spare),
            Op::CountKill => state.kills += 1,
            Op::UncountKill => {
                state.kills -= 1;
                for walk in &mut state.walks {
                    walk.take_if(|who| *who == me);
                }
            }
            Op::KillNumbers { ns, from, spare } => self.kill_numbers(state, me, ns, from, spare),
            Op::Walk { top, at, enter } => {
                if let Some(ns) = self.next_below(state, top, at, enter) {
                    state.push(me, &[Op::Visit { top, ns }]);
                }
            }
            Op::Visit { top, ns } => self.visit(state, me, top, ns),
            Op::KillCounted(ns) => {
                if state.allocated(ns).0 > 0 {
                    state.push(me, &self.kill_numbers_of(ns, false));
                }
            }
        }
    }

    // ---- fork ----

    fn fork(&self, child: Task) -> Vec<Op> {
        let mut ops = vec![Op::Reserve { child, nth: 0 }];
        let look = Op::LookDead { child, nth: 0 };

        match self.has(Mutation::ForkLooksUnlocked) {
            true => ops.extend([look, Op::Lock]),
            false => ops.extend([Op::Lock, look]),
        }
        ops.extend([Op::Attach(child), Op::Unlock, Op::EndFork]);
        ops
    }

    fn fail_fork(&self, state: &mut State, me: Task, child: Task) {
        while state.actors[me].ops.pop() != Some(Op::EndFork) {}
        if state.lock == Some(me) {
            state.lock = None;
        }
        state.push(me, &[Op::Free { task: child, nth: 0 }]);
    }

    fn reserve(&self, state: &mut State, me: Task, child: Task, nth: usize) {
        let numbers = &self.scenario.people[child].numbers;
        let ns = numbers[nth];

        if !state.namespaces[ns].open && !self.has(Mutation::ReserveWhenClosed) {
            return self.fail_fork(state, me, child);
        }
        state.namespaces[ns].count += 1;
        state.actors[child].numbers[ns] = true;
        if nth + 1 < numbers.len() {
            state.push(me, &[Op::Reserve { child, nth: nth + 1 }]);
        }
    }

    /// pid_in_dead_ns(), and fatal_signal_pending().
    fn look_dead(&self, state: &mut State, me: Task, child: Task, nth: usize) {
        let numbers = &self.scenario.people[child].numbers;

        if !state.namespaces[numbers[nth]].open || state.actors[me].killed {
            return self.fail_fork(state, me, child);
        }
        if nth + 1 < numbers.len() && !self.has(Mutation::ForkLooksInside) {
            state.push(me, &[Op::LookDead { child, nth: nth + 1 }]);
        }
    }

    fn attach(&self, state: &mut State, child: Task) {
        let ns = self.scenario.people[child].numbers[0];

        state.actors[child].life = Life::Alive;
        if self.scenario.inits[ns] == Some(child) {
            state.namespaces[ns].reaper = Some(child);
        }
    }

    fn create(&self, state: &mut State, me: Task, child: Task) {
        let ns = self.scenario.people[child].numbers[0];
        let mut ops = match self.has(Mutation::LinkWithoutBarrier) {
            true => vec![Op::ReadKills { ns, linked: false }],
            false => vec![Op::Link(ns), Op::ReadKills { ns, linked: true }],
        };

        ops.extend(self.fork(child));
        state.push(me, &ops);
    }

    fn read_kills(&self, state: &mut State, me: Task, ns: Ns, linked: bool) {
        let above = self.scenario.parents[ns];

        state.to_be_found = state.walks[above].is_some() || !state.namespaces[above].killed;
        if state.kills > 0 && !self.has(Mutation::LinkDoesNotLook) {
            state.push(me, &[Op::LookAbove { ns, at: above }]);
        }
        if !linked {
            state.push(me, &[Op::Link(ns)]);
        }
    }

    /// is_below_killed()
    fn look_above(&self, state: &mut State, me: Task, ns: Ns, at: Ns) {
        if state.namespaces[at].killed {
            state.namespaces[ns].linked = false;
            while state.actors[me].ops.pop() != Some(Op::EndFork) {}
        } else if at != ROOT {
            let at = self.scenario.parents[at];

            state.push(me, &[Op::LookAbove { ns, at }]);
        }
    }

    // ---- what becomes of numbers ----

    fn release(&self, state: &mut State, ns: Ns, task: Task) {
        let this = &mut state.namespaces[ns];

        this.count -= 1;
        if this.initless && this.count == 0 && !self.has(Mutation::OrphanedStaysOpen) {
            this.open = false;
        }
        state.actors[task].numbers[ns] = false;
    }

    fn free(&self, state: &mut State, me: Task, task: Task, nth: usize) {
        let numbers = &self.scenario.people[task].numbers;
        let ns = numbers[nth];

        if nth + 1 < numbers.len() {
            state.push(me, &[Op::Free { task, nth: nth + 1 }]);
        }
        if !state.actors[task].numbers[ns] {
            return;
        }
        if self.has(Mutation::ReleaseWithoutBarrier) {
            // It may be woken only if it is seen to have closed, or to sleep, before.
            let mut above = ns;

            while let Some(next) = state.namespaces[above].adopter {
                above = next;
            }
            if state.namespaces[above].open {
                return state.push(me, &[Op::ReleaseAfterLook { ns, task }]);
            }
        }

        self.release(state, ns, task);
        match state.allocated(ns) {
            (0, false) if self.scenario.pspace[ns] => {
                state.push(me, &[Op::Emptied { ns, above: ns }]);
            }
            (1 | 2, false) if !self.has(Mutation::NoWake) => state.push(me, &[Op::ReadReaper(ns)]),
            _ => (),
        }
    }

    fn emptied(&self, state: &mut State, me: Task, ns: Ns, above: Ns) {
        if let Some(next) = state.namespaces[above].adopter {
            return state.push(me, &[Op::Emptied { ns, above: next }]);
        }
        if let Some(init) = state.namespaces[above].reaper
            && above != ns
            && !self.has(Mutation::NoWakeAbove)
        {
            state.push(me, &[Op::WakeIfClosed { init, ns: above }]);
        }
    }

    // ---- exit ----

    fn exit(&self, _state: &State, me: Task) -> Vec<Op> {
        let mut ops = vec![
            Op::Lock,
            Op::ForgetChildren,
            Op::Exited,
            Op::Unlock,
            Op::Lock,
            Op::Unhash,
            Op::Notify,
            Op::Unlock,
            Op::Free { task: me, nth: 0 },
        ];

        if self.has(Mutation::LivesOnLooksUnlocked) {
            ops.swap(0, 1);
        }
        ops.reverse();
        ops
    }

    fn forget_children(&self, state: &mut State, me: Task) {
        let ns = self.scenario.people[me].numbers[0];

        if state.namespaces[ns].reaper != Some(me) {
            return;
        }
        if self.scenario.pspace[ns] {
            state.push(me, &[Op::Doomed { ns, at: 0, doomed: false }]);
        } else {
            self.zap(state, me, ns);
        }
    }

    /// __pspace_outlives_init()
    fn doomed(&self, state: &mut State, me: Task, ns: Ns, at: usize, doomed: bool) {
        let (of, unseen) = match at {
            0 => (ns, Mutation::LivesOnInClosed),
            _ => (self.scenario.parents[ns], Mutation::LivesOnInClosedParent),
        };
        let doomed = doomed || !state.namespaces[of].open && !self.has(unseen);

        if at == 0 {
            state.push(me, &[Op::Doomed { ns, at: 1, doomed }]);
        } else if self.scenario.outer[ns] && !doomed {
            // lose_init() of the map, which is one step.
            state.namespaces[ns].initless = true;
            state.push(me, &[Op::SetAdopter(ns), Op::LoseReaper(ns)]);
        } else {
            self.zap(state, me, ns);
        }
    }

    /// zap_pid_ns_processes(), with the lock dropped and taken again.
    fn zap(&self, state: &mut State, me: Task, ns: Ns) {
        let mut ops = vec![];

        if state.lock == Some(me) {
            ops.push(Op::Unlock);
        }
        ops.extend([Op::Close(ns), Op::KillAll { top: ns, spare: true }]);
        if self.scenario.pspace[ns] {
            ops.extend(self.wait_until_dead(ns));
        } else {
            ops.extend(self.wait_until(ns, 1));
        }
        if !self.has(Mutation::NoWaitForOrphaned) {
            ops.push(Op::WalkInitless { top: ns, at: ns, enter: true });
        }
        ops.push(Op::Gone(ns));
        if state.lock == Some(me) {
            ops.push(Op::Lock);
        }
        if self.scenario.pspace[ns] {
            ops.extend([Op::SetAdopter(ns), Op::LoseReaper(ns)]);
        }
        state.push(me, &ops);
    }

    /// Sleeps until so many numbers are left.
    fn wait_until(&self, ns: Ns, left: u8) -> [Op; 3] {
        let (sleep, look) = (Op::Sleep, Op::LookCount { ns, left });

        match self.has(Mutation::SleepWithoutBarrier) {
            true => [look, sleep, Op::Asleep { ns, left }],
            false => [sleep, look, Op::Asleep { ns, left }],
        }
    }

    fn wait_count(&self, state: &mut State, me: Task, ns: Ns, left: u8) {
        state.push(me, &self.wait_until(ns, left));
    }

    fn wait_until_dead(&self, ns: Ns) -> Vec<Op> {
        let mut ops = vec![Op::Close(ns), Op::PassLock, Op::WaitLiving { ns, from: 0 }];

        if self.has(Mutation::WaitsInOpen) {
            ops.remove(0);
        }
        ops
    }

    /// get_living() of the next number, and the wait for it.
    fn wait_living(&self, state: &mut State, me: Task, ns: Ns, from: Task) {
        let next = (from..state.actors.len()).find(|&task| state.actors[task].numbers[ns]);
        let Some(task) = next else { return };

        if task == me || !state.lives(task) {
            return state.push(me, &[Op::WaitLiving { ns, from: task + 1 }]);
        }
        let mut ops = vec![Op::Queue(task), Op::LookLiving(task), Op::Queued];

        if self.has(Mutation::WaitsWithoutLook) {
            ops.remove(1);
        }
        ops.push(Op::WaitLiving { ns, from: task });
        state.push(me, &ops);
    }

    fn walk_initless(&self, state: &mut State, me: Task, top: Ns, at: Ns, enter: bool) {
        let Some(ns) = self.next_below(state, top, at, enter) else {
            return;
        };
        let orphaned = state.namespaces[ns].adopter.is_some();

        state.push(me, &[Op::WalkInitless { top, at: ns, enter: orphaned }]);
        if orphaned && self.scenario.pspace[ns] {
            match self.scenario.pspace[top] {
                true => state.push(me, &self.wait_until_dead(ns)),
                false => state.push(me, &self.wait_until(ns, 0)),
            }
        }
    }

    // ---- kill ----

    /// pidns_next_below(), in a tree in which children have higher indices.
    fn next_below(&self, state: &State, top: Ns, at: Ns, enter: bool) -> Option<Ns> {
        let child_after = |parent: Ns, after: Ns| {
            (after + 1..NAMESPACES)
                .find(|&ns| self.scenario.parents[ns] == parent && state.namespaces[ns].linked)
        };

        if enter && let Some(ns) = child_after(at, at) {
            return Some(ns);
        }
        let mut at = at;

        while at != top {
            let parent = self.scenario.parents[at];

            if let Some(ns) = child_after(parent, at) {
                return Some(ns);
            }
            at = parent;
        }
        None
    }

    fn kill_numbers_of(&self, ns: Ns, spare: bool) -> Vec<Op> {
        let mut ops = vec![Op::PassLock, Op::KillNumbers { ns, from: 0, spare }];

        if self.has(Mutation::KillDoesNotPassLock) {
            ops.remove(0);
        }
        ops
    }

    fn kill_all(&self, state: &mut State, me: Task, top: Ns, spare: bool) {
        if core::mem::replace(&mut state.namespaces[top].killed, true) {
            if state.allocated(top).0 > 0 {
                state.push(me, &self.kill_numbers_of(top, spare));
            }
            return;
        }

        state.walks[top] = Some(me);
        let walk = Op::Walk { top, at: top, enter: true };
        let mut ops = vec![Op::CountKill];

        ops.extend(self.kill_numbers_of(top, spare));
        if self.has(Mutation::KillWithoutBarrier) {
            ops.insert(0, walk);
        } else if !self.has(Mutation::KillStaysAbove) {
            ops.push(walk);
        }
        ops.push(Op::UncountKill);
        state.push(me, &ops);
    }

    fn kill_numbers(&self, state: &mut State, me: Task, ns: Ns, from: Task, spare: bool) {
        let next = (from..state.actors.len()).find(|&task| state.actors[task].numbers[ns]);
        let Some(task) = next else { return };
        // Number 1 is spared, which is who asks.
        let spared = spare && task == me;

        if state.actors[task].life == Life::Alive && !spared {
            state.actors[task].killed = true;
        }
        state.push(me, &[Op::KillNumbers { ns, from: task + 1, spare }]);
    }

    fn visit(&self, state: &mut State, me: Task, top: Ns, ns: Ns) {
        let enter = !core::mem::replace(&mut state.namespaces[ns].killed, true);

        if enter {
            state.walks[ns] = Some(me);
        }
        state.push(me, &[Op::Walk { top, at: ns, enter }]);
        if enter && self.scenario.pspace[ns] {
            state.push(
                me,
                &match self.has(Mutation::KillClosesLate) {
                    true => [Op::KillCounted(ns), Op::Close(ns)],
                    false => [Op::Close(ns), Op::KillCounted(ns)],
                },
            );
        }
    }
}
