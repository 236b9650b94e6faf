// SPDX-License-Identifier: GPL-2.0

//! Readers beside writers, in all orders that loom finds: see [`kernel::explore`] for what it tries.
//!
//! Each test is as short as can be, since the orders are many: it has one thing happen beside one
//! look. `PSPACE_BOUND` says how often a thread may be interrupted where it need not be.

use crate::pid_map::{Number, Numbered, PidMap};
use core::{pin::Pin, ptr::NonNull};
use kernel::{
    explore,
    prelude::*,
    sync::{
        atomic::{smp_mb, Atomic, Relaxed},
        rcu,
    },
};
use loom::thread;
use std::sync::Arc;

/// Stands in for a `struct pid`: a word that is written before it is published.
struct Object {
    number: Atomic<u32>,
    /// What else there is to be seen of it: the same.
    rest: Atomic<u32>,
}

// SAFETY: It is written before it is published, and stays a grace period after its release.
unsafe impl Numbered for Object {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        explore::touch(core::ptr::from_ref(self).cast());
        self.number.load(Relaxed)
    }
}

impl Object {
    fn new() -> NonNull<Self> {
        let place = explore::allocate(size_of::<Self>(), align_of::<Self>()).cast::<Self>();

        // SAFETY: It is for one.
        unsafe {
            place.write(Self { number: Atomic::new(0), rest: Atomic::new(0) });
            NonNull::new_unchecked(place)
        }
    }

    fn name(&self, nr: Number) {
        self.rest.store(nr.get(), Relaxed);
        self.number.store(nr.get(), Relaxed);
    }

    /// Its number, as who has found it sees it.
    fn seen(&self) -> u32 {
        let nr = self.number(());

        assert_eq!(self.rest.load(Relaxed), nr, "found half made");
        nr
    }
}

/// A map in which some numbers are.
struct Space(Pin<KBox<PidMap<Object>>>);

// SAFETY: Objects are shared as references only.
unsafe impl Send for Space {}

// SAFETY: As above.
unsafe impl Sync for Space {}

const LIMIT: u32 = Number::MAX + 1;

fn number(nr: u32) -> Number {
    Number::new(nr).expect("it is one")
}

impl Space {
    fn with(numbers: &[u32]) -> Arc<Self> {
        let space =
            Self(KBox::pin_init(PidMap::new((), None), GFP_KERNEL).expect("there is memory"));

        // The root is there before anybody else comes.
        assert!(!space.find(1));
        for &nr in numbers {
            space.add(nr);
        }
        Arc::new(space)
    }

    /// As the fork of a member.
    fn add(&self, nr: u32) {
        let object = Object::new();

        // SAFETY: It is valid.
        let name = |nr: Number| unsafe { object.as_ref() }.name(nr);

        self.0.assign(Some(number(nr)), LIMIT, object, name).expect("it is free");
    }

    /// As the fork of one who has numbers in several.
    fn add_in_two_steps(&self, nr: u32) {
        let object = Object::new();
        let nr = self.0.reserve(Some(number(nr)), LIMIT).expect("it is free");

        // SAFETY: It is valid.
        unsafe { object.as_ref() }.name(nr);
        self.0.publish(nr, object);
    }

    /// As an exit.
    fn remove(&self, nr: u32) {
        if let Some(object) = self.0.release(number(nr)) {
            // SAFETY: It is from `Object::new()`, and found no more.
            unsafe { kernel::memory::free_after_grace_period(object.as_ptr().cast()) };
        }
    }

    /// What is found has the number.
    fn find(&self, nr: u32) -> bool {
        let guard = rcu::read_lock();
        let found = self.0.find(number(nr), &guard);

        // SAFETY: Found under the guard.
        let got = found.map(|object| unsafe { object.as_ref() }.seen());

        assert!(got.is_none_or(|got| got == nr), "found another number");
        got.is_some()
    }

    fn find_ge(&self, from: u32) -> Option<u32> {
        let guard = rcu::read_lock();
        let found = self.0.find_ge(number(from), &guard);

        // SAFETY: Found under the guard.
        let got = found.map(|object| unsafe { object.as_ref() }.seen());

        assert!(got.is_none_or(|got| got >= from), "found what is before");
        got
    }

    fn empty(&self, numbers: &[u32]) {
        for &nr in numbers {
            self.remove(nr);
        }
    }
}

/// Does one thing beside another, with some numbers there at first and others in the end.
fn beside(
    first: &'static [u32],
    write: impl Fn(&Space) + Copy + Send + Sync + 'static,
    look: impl Fn(&Space) + Copy + Send + Sync + 'static,
    last: &'static [u32],
) {
    let bound = std::env::var("PSPACE_BOUND").map_or(3, |bound| bound.parse().expect("a number"));

    explore::run(bound, move || {
        let space = Space::with(first);
        let writer = thread::spawn({
            let space = space.clone();

            move || write(&space)
        });

        look(&space);
        writer.join().expect("it has not failed");
        space.empty(last);
        assert_eq!(space.0.usage().count, 0, "not all was counted");
    });
}

#[test]
fn a_number_is_found_with_what_was_written_before() {
    beside(&[], |space| space.add(1), |space| _ = space.find(1), &[1]);
}

#[test]
fn a_number_in_two_steps_is_found_with_what_was_written_before() {
    beside(
        &[],
        |space| space.add_in_two_steps(1),
        |space| {
            space.find(1);
            space.find_ge(1);
        },
        &[1],
    );
}

#[test]
fn a_number_stays_found_as_a_node_is_put_above_it() {
    beside(
        &[1],
        |space| space.add(64),
        |space| {
            assert!(space.find(1), "missed");
            space.find(64);
        },
        &[1, 64],
    );
}

#[test]
fn a_node_is_found_with_what_is_in_it() {
    beside(
        &[1],
        |space| space.add(4096),
        |space| {
            assert_eq!(space.find_ge(1), Some(1), "missed");
            let next = space.find_ge(2);

            assert!(next.is_none_or(|nr| nr == 4096), "found another");
        },
        &[1, 4096],
    );
}

#[test]
fn a_node_stays_as_its_numbers_go_but_one() {
    beside(
        &[1, 2, 64],
        |space| space.remove(2),
        |space| {
            assert!(space.find(1), "missed");
            space.find(2);
            assert!(space.find(64), "missed");
        },
        &[1, 64],
    );
}

/// The node of 64 and 65 gets empty, and is that of 4096 and 4097 at once.
fn move_a_node(space: &Space) {
    space.remove(64);
    space.remove(65);
    space.add(4097);
}

#[test]
fn a_node_moves_while_a_reader_is_in_it() {
    beside(
        &[1, 64, 65, 4096],
        move_a_node,
        |space| {
            space.find(65);
        },
        &[1, 4096, 4097],
    );
}

#[test]
fn a_number_stays_found_as_a_node_moves_to_it() {
    beside(
        &[1, 64, 65, 4096],
        move_a_node,
        |space| assert!(space.find(4096), "missed"),
        &[1, 4096, 4097],
    );
}

#[test]
fn the_next_number_is_not_passed_by_as_a_node_moves_behind_it() {
    beside(
        &[1, 64, 65, 4096],
        move_a_node,
        |space| {
            let next = space.find_ge(64);

            assert!(next.is_some_and(|nr| nr <= 4096), "missed");
        },
        &[1, 4096, 4097],
    );
}

#[test]
fn the_next_number_is_not_passed_by_as_a_node_moves_before_it() {
    // The other way: that of 4096 and 4097 gets the one of 64 and 65.
    beside(
        &[1, 64, 4096, 4097, 300_000],
        |space| {
            space.remove(4096);
            space.remove(4097);
            space.add(65);
        },
        |space| {
            let next = space.find_ge(4096);

            assert!(next.is_some_and(|nr| nr <= 300_000), "missed");
        },
        &[1, 64, 65, 300_000],
    );
}

/// More nodes get empty than are kept.
#[test]
fn a_node_is_freed_while_a_reader_is_in_it() {
    beside(
        &[1, 2, 64, 65, 128, 129],
        |space| {
            for nr in [2, 1, 65, 64, 129] {
                space.remove(nr);
            }
        },
        |space| {
            space.find(129);
        },
        &[128],
    );
}

#[test]
fn the_next_number_is_looked_for_while_nodes_are_freed() {
    beside(
        &[1, 2, 64, 65, 128, 129],
        |space| {
            for nr in [2, 1, 65, 64] {
                space.remove(nr);
            }
        },
        |space| {
            assert!(space.find_ge(65).is_some_and(|nr| nr <= 128), "missed");
        },
        &[128, 129],
    );
}

#[test]
fn two_writers_have_a_number_each() {
    beside(&[1], |space| space.add(64), |space| space.add(65), &[1, 64, 65]);
}

/// As a fork beside the exit of the last member of a space that has no init.
#[test]
fn an_initless_map_closes_with_its_last_number_or_goes_on() {
    beside(
        &[1, 2],
        |space| {
            space.0.lose_init();
            space.remove(1);
            space.remove(2);
        },
        |space| {
            if space.0.reserve(Some(number(3)), LIMIT).is_ok() {
                assert!(space.0.usage().count > 0, "closed beside a number");
                space.remove(3);
            }
        },
        &[],
    );
}

/// Who has closed the map and then finds it empty has no number to come.
#[test]
fn no_number_is_taken_behind_a_close() {
    beside(
        &[],
        |space| {
            space.0.close();
            if space.0.usage().count == 0 {
                assert!(!space.find(1), "taken behind a close");
            }
        },
        |space| {
            if space.0.reserve(Some(number(1)), LIMIT).is_ok() {
                assert!(space.0.usage().count > 0, "not counted");
                space.remove(1);
            }
        },
        &[],
    );
}

/// As the last member's exit beside an init that waits for it: one of them sees the other.
#[test]
fn who_waits_for_the_last_number_is_woken() {
    explore::run(3, || {
        let space = Space::with(&[1]);
        let sleeping = Arc::new(Atomic::new(0));
        let exit = thread::spawn({
            let (space, sleeping) = (space.clone(), sleeping.clone());

            move || {
                space.remove(1);
                // Whom pidns_number_freed() wakes.
                sleeping.load(Relaxed) == 1
            }
        });

        // set_current_state(), then pidns_allocated(), as zap_pid_ns_processes() has it.
        sleeping.store(1, Relaxed);
        smp_mb();
        let empty = space.0.usage().count == 0;
        let woken = exit.join().expect("it has not failed");

        assert!(empty || woken, "nobody wakes it");
    });
}
