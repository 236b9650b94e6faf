// SPDX-License-Identifier: GPL-2.0

//! Which operation comes next, by chance and by what there is.

use crate::{
    model::Model,
    op::{
        Child, FIRST, Isolation, Nr, Numbers, Op, Policy, ROOT, Setting, Signals, Space, Target,
        Task, With,
    },
};
use libc::{SIGKILL, SIGTERM};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng},
};
use proptest_state_machine::ReferenceStateMachine;

/// A machine for proptest: it makes sequences, and shortens those that fail.
#[derive(Debug)]
pub struct Walk;

impl ReferenceStateMachine for Walk {
    type State = Model;
    type Transition = Op;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new()).boxed()
    }

    fn transitions(state: &Model) -> BoxedStrategy<Op> {
        let state = state.clone();

        Just(()).prop_perturb(move |(), rng| Chance { rng, model: &state }.op()).boxed()
    }

    fn apply(mut state: Model, op: &Op) -> Model {
        state.apply(op);
        state
    }

    fn preconditions(state: &Model, op: &Op) -> bool {
        state.allows(op)
    }
}

/// A generator of random numbers that a seed repeats.
pub fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];

    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

struct Chance<'a> {
    rng: TestRng,
    model: &'a Model,
}

impl Chance<'_> {
    fn below(&mut self, limit: usize) -> usize {
        (self.rng.next_u64() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let at = self.below(choices.len());

        choices.get(at).copied()
    }

    fn op(mut self) -> Op {
        for _ in 0..100 {
            if let Some(op) = self.candidate()
                && self.model.allows(&op)
            {
                return op;
            }
        }
        Op::Ids { by: self.actor().unwrap_or(FIRST) }
    }

    /// Those in spaces have more to do.
    fn actor(&mut self) -> Option<Task> {
        let actors: Vec<Task> = self.model.actors().collect();
        let inside: Vec<Task> =
            actors.iter().copied().filter(|task| self.model.space_of(*task) != ROOT).collect();

        if inside.is_empty() || self.one_in(4) { self.of(&actors) } else { self.of(&inside) }
    }

    /// A number that the task can use, or one that is nobody's.
    fn number_for(&mut self, by: Task) -> Option<Nr> {
        let numbers: Vec<Nr> = self.model.numbers_for(by).collect();

        if self.model.space_of(by) != ROOT && self.one_in(12) {
            return Some(self.below(12) as Nr + 1);
        }
        self.of(&numbers)
    }

    fn space(&mut self) -> Option<Space> {
        let spaces: Vec<Space> = self.model.spaces().collect();

        self.of(&spaces)
    }

    /// One that is above a space, perhaps.
    fn above(&mut self, space: Space) -> Option<Task> {
        let above: Vec<Task> =
            self.model.actors().filter(|task| self.model.is_above(*task, space)).collect();

        self.of(&above)
    }

    fn process(&mut self) -> Option<Task> {
        let processes: Vec<Task> = self.model.states().map(|(task, _)| task).collect();

        self.of(&processes)
    }

    fn number_in(&mut self, space: Space) -> Option<Nr> {
        let numbers: Vec<Nr> = self.model.numbers_in(space).collect();

        if space != ROOT && self.one_in(12) {
            return Some(self.below(12) as Nr);
        }
        self.of(&numbers)
    }

    fn signal(&mut self) -> i32 {
        self.of(&[0, SIGKILL, SIGKILL, SIGTERM]).unwrap_or(0)
    }

    fn candidate(&mut self) -> Option<Op> {
        let mut by = self.actor()?;
        let what = self.below(104);

        // What a space is set to, those above decide.
        let space = self.space();
        if let Some(space) = space
            && matches!(what, 73..85 | 99..101)
            && !self.one_in(6)
        {
            by = self.above(space)?;
        }
        Some(match what {
            0..30 => Op::Clone { by, child: self.model.new_task()?, with: self.with() },
            30..33 => Op::Unshare { by, space: self.model.new_space(), classic: self.one_in(4) },
            33..38 => Op::SetNs { by, space: self.space()? },
            38..40 => Op::Exec { by },
            40..48 => Op::Exit { by, status: self.below(256) as u8, group: !self.one_in(3) },
            48..54 => {
                Op::Kill { by, to: Target::Number(self.number_for(by)?), signal: self.signal() }
            }
            54..59 => Op::Kill { by, to: Target::Pidfd(self.process()?), signal: self.signal() },
            59..60 => Op::KillAll { by, signal: self.signal() },
            60..66 => Op::Wait { by, child: Child::Number(self.number_for(by)?) },
            66..70 => Op::Wait { by, child: Child::Each },
            70..73 => Op::Subreaper { by, on: !self.one_in(4) },
            73..82 => Op::Set { by, space: space?, to: self.setting() },
            82..85 => {
                let space = space?;
                Op::GetWid { by, space, nr: self.number_in(space)? }
            }
            85..88 => {
                let space = if self.one_in(5) { ROOT } else { self.space()? };
                Op::OpenPair { by, space, nr: self.number_in(space)? }
            }
            88..91 => Op::Ids { by },
            91..93 => Op::Look { by, piece: self.below(4000) as u16 + 300 },
            93..97 => Op::Seize { by, nr: self.number_for(by)? },
            97..99 => Op::Detach { by, nr: self.number_for(by)? },
            99..101 => Op::Own { by, space: space?, file: self.model.new_file() },
            101..103 => {
                let files: Vec<u8> = self.model.files_of(by).collect();
                Op::Close { by, file: self.of(&files)? }
            }
            _ => Op::Rmmod { by },
        })
    }

    fn with(&mut self) -> With {
        // In a few spaces more happens than in many.
        let new = self.one_in(3 + 3 * self.model.spaces().count());
        let thread = !new && self.one_in(8);
        let set_tid = match self.below(12) {
            0 if new => vec![1, self.below(8) as Nr + 1],
            0 => vec![self.below(8) as Nr + 1],
            _ => Vec::new(),
        };

        With {
            space: new.then(|| self.model.new_space()),
            classic: new && self.one_in(6),
            parent: self.one_in(8),
            thread,
            autoreap: self.one_in(20),
            set_tid,
        }
    }

    fn setting(&mut self) -> Setting {
        match self.below(20) {
            0..10 => Setting::Policy(
                self.of(&[Policy::Init, Policy::Auto, Policy::Outer, Policy::Outer])
                    .unwrap_or(Policy::Init),
            ),
            10..13 => Setting::Isolation(
                self.of(&[Isolation::Full, Isolation::Half, Isolation::Peers, Isolation::Peers])
                    .unwrap_or(Isolation::Full),
            ),
            13..15 => Setting::Numbers(
                self.of(&[Numbers::Never, Numbers::Ask, Numbers::Show, Numbers::List])
                    .unwrap_or(Numbers::List),
            ),
            15..17 => Setting::Signals(
                self.of(&[Signals::Ordinary, Signals::Ordinary, Signals::Init])
                    .unwrap_or(Signals::Init),
            ),
            17..19 => Setting::LastPid(self.below(600) as Nr),
            _ => Setting::Kill,
        }
    }
}
