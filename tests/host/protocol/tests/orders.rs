// SPDX-License-Identifier: GPL-2.0

//! The protocol holds in every order of steps, and each error in it is found.

use protocol::{Deed, Mutation, Person, Protocol, Scenario};

const T: usize = 1;
const S: usize = 2;
const N: usize = 3;

fn person(numbers: &[usize], there: bool, deeds: &[Deed]) -> Person {
    Person { numbers: numbers.to_vec(), there, deeds: deeds.to_vec() }
}

/// Nobody in particular, outside.
fn outsider(deeds: &[Deed]) -> Person {
    person(&[], true, deeds)
}

/// An init exits while a member forks, and somebody outside forks into its namespace. Whose numbers
/// are the lower ones comes late.
fn zap_beside_forks(pspace: bool) -> Scenario {
    Scenario {
        parents: [0, 0, 0, 0],
        pspace: [false, pspace, false, false],
        outer: [false; 4],
        linked: [true, true, false, false],
        inits: [None, Some(0), None, None],
        people: vec![
            person(&[T], true, &[Deed::Exit]),
            person(&[T], false, &[]),
            person(&[T], false, &[]),
            person(&[T], true, &[Deed::Fork(1)]),
            outsider(&[Deed::Fork(2)]),
        ],
    }
}

/// The init of T exits, in which is S, whose init exits as well, and whose member forks.
fn outer_beside_zap(pspace: bool, outer: bool) -> Scenario {
    Scenario {
        parents: [0, 0, T, 0],
        pspace: [false, pspace, true, false],
        outer: [false, false, outer, false],
        linked: [true, true, true, false],
        inits: [None, Some(0), Some(1), None],
        people: vec![
            person(&[T], true, &[Deed::Exit]),
            person(&[S, T], true, &[Deed::Exit]),
            person(&[S], false, &[]),
            person(&[S], true, &[Deed::Fork(2)]),
        ],
    }
}

/// The same, and somebody kills S from above.
fn outer_beside_zap_and_kill(pspace: bool) -> Scenario {
    let mut scenario = outer_beside_zap(pspace, true);

    scenario.people.push(outsider(&[Deed::Kill(S)]));
    scenario
}

/// T is killed, while a member of S, which is in it, makes another space, and S's init exits.
fn creation_beside_kill() -> Scenario {
    Scenario {
        parents: [0, 0, T, S],
        pspace: [false, true, true, true],
        outer: [false, false, true, false],
        linked: [true, true, true, false],
        inits: [None, None, Some(0), Some(1)],
        people: vec![
            person(&[S, T], true, &[Deed::Exit]),
            person(&[N, S], false, &[]),
            person(&[S], true, &[Deed::Create(1)]),
            outsider(&[Deed::Kill(T)]),
        ],
    }
}

/// The same, but S's init stays until it is killed.
fn creation_in_killed() -> Scenario {
    let mut scenario = creation_beside_kill();

    scenario.people[0].deeds.clear();
    scenario
}

/// Two kills, one of what is in the other, beside the same creation.
fn creation_beside_two_kills() -> Scenario {
    let mut scenario = creation_beside_kill();

    scenario.people[0].deeds.clear();
    scenario.people.push(outsider(&[Deed::Kill(S)]));
    scenario
}

/// A space without an init ends with its last member, or goes on by who comes by setns().
fn last_member_beside_fork() -> Scenario {
    Scenario {
        parents: [0, 0, T, 0],
        pspace: [false, false, true, false],
        outer: [false, false, true, false],
        linked: [true, true, true, false],
        inits: [None, None, Some(0), None],
        people: vec![
            person(&[S, T], true, &[Deed::Exit]),
            person(&[S], true, &[Deed::Exit]),
            person(&[S, T], false, &[Deed::Exit]),
            outsider(&[Deed::Fork(2)]),
        ],
    }
}

/// A space is killed while somebody comes to it from outside, whom no kill concerns.
fn kill_beside_fork() -> Scenario {
    let mut scenario = last_member_beside_fork();

    for person in &mut scenario.people[..3] {
        person.deeds.clear();
    }
    scenario.people.push(outsider(&[Deed::Kill(S)]));
    scenario
}

macro_rules! hold {
    ($($name:ident: $scenario:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let model = Protocol { scenario: $scenario, mutation: None };

                match model.check() {
                    Ok(states) => println!("{states} states"),
                    Err(what) => panic!("{what}"),
                }
            }
        )*
    };
}

hold! {
    a_zap_beside_forks: zap_beside_forks(false);
    a_zap_of_a_pspace_beside_forks: zap_beside_forks(true);
    an_outer_space_beside_a_zap: outer_beside_zap(false, true);
    an_outer_space_beside_a_zap_of_a_pspace: outer_beside_zap(true, true);
    a_space_that_dies_beside_a_zap: outer_beside_zap(true, false);
    an_outer_space_beside_a_zap_and_a_kill: outer_beside_zap_and_kill(false);
    an_outer_space_beside_a_zap_of_a_pspace_and_a_kill: outer_beside_zap_and_kill(true);
    a_creation_beside_a_kill: creation_beside_kill();
    a_creation_beside_two_kills: creation_beside_two_kills();
    a_kill_beside_a_fork: kill_beside_fork();
    the_last_member_beside_a_fork: last_member_beside_fork();
}

macro_rules! fail {
    ($($name:ident: $mutation:ident, $scenario:expr, $what:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let model = Protocol {
                    scenario: $scenario,
                    mutation: Some(Mutation::$mutation),
                };
                let found = model.check().expect_err("it is not found");

                assert!(found.starts_with($what), "{found}");
            }
        )*
    };
}

fail! {
    // Barriers.
    an_init_that_looks_before_it_sleeps: SleepWithoutBarrier, zap_beside_forks(false), "nobody";
    a_release_that_looks_before: ReleaseWithoutBarrier, outer_beside_zap(false, true), "nobody";
    a_link_without_a_barrier: LinkWithoutBarrier, creation_in_killed(), "a kill finds";
    a_kill_without_a_barrier: KillWithoutBarrier, creation_in_killed(), "";

    // Wake-ups.
    a_release_that_wakes_nobody: NoWake, zap_beside_forks(false), "nobody";
    a_release_that_wakes_nobody_above: NoWakeAbove, outer_beside_zap(false, true), "nobody";
    a_wait_without_a_second_look: WaitsWithoutLook, zap_beside_forks(true), "nobody";

    // Looks that are repeated.
    a_fork_that_looks_before_the_lock: ForkLooksUnlocked, zap_beside_forks(false), "nobody";
    a_creation_that_does_not_look: LinkDoesNotLook, creation_in_killed(), "a kill finds";

    // Steps.
    a_kill_that_does_not_pass_the_lock: KillDoesNotPassLock, zap_beside_forks(false),
        "nobody";
    a_kill_that_closes_late: KillClosesLate, kill_beside_fork(), "";
    a_kill_of_one_level: KillStaysAbove, outer_beside_zap(false, true), "";
    a_wait_for_one_level: NoWaitForOrphaned, outer_beside_zap(false, true), "an init exits";
    an_orphaned_space_without_end: OrphanedStaysOpen, last_member_beside_fork(), "an orphaned";
}
