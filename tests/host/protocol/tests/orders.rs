// SPDX-License-Identifier: GPL-2.0

//! The protocol holds in every order of steps, and each error in it is found.

use protocol::{Deed, Mutation, Person, Protocol, Scenario};

const T: usize = 1;
const S: usize = 2;
const N: usize = 3;

fn person(numbers: &[usize], there: bool, deeds: &[Deed]) -> Person {
    Person {
        numbers: numbers.to_vec(),
        there,
        deeds: deeds.to_vec(),
    }
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

fn scenarios() -> Vec<(&'static str, Scenario)> {
    vec![
        ("zap beside forks", zap_beside_forks(false)),
        ("zap beside forks, pspace", zap_beside_forks(true)),
        ("outer beside zap", outer_beside_zap(false, true)),
        ("outer beside zap, pspace", outer_beside_zap(true, true)),
        ("init beside zap", outer_beside_zap(true, false)),
        ("outer beside zap and kill", outer_beside_zap_and_kill(false)),
        ("outer beside zap and kill, pspace", outer_beside_zap_and_kill(true)),
        ("creation beside kill", creation_beside_kill()),
        ("creation beside two kills", creation_beside_two_kills()),
        ("last member beside fork", last_member_beside_fork()),
    ]
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
    the_last_member_beside_a_fork: last_member_beside_fork();
}

/// For finding out which scenario finds what.
#[test]
#[ignore = "tells, and fails never"]
fn a_table() {
    for mutation in [
        Mutation::SleepWithoutBarrier,
        Mutation::ReleaseWithoutBarrier,
        Mutation::NoWake,
        Mutation::NoWakeAbove,
        Mutation::ForkLooksUnlocked,
        Mutation::ForkLooksInside,
        Mutation::ReserveWhenClosed,
        Mutation::KillDoesNotPassLock,
        Mutation::KillClosesLate,
        Mutation::KillStaysAbove,
        Mutation::LinkWithoutBarrier,
        Mutation::KillWithoutBarrier,
        Mutation::LinkDoesNotLook,
        Mutation::LivesOnInClosed,
        Mutation::LivesOnInClosedParent,
        Mutation::LivesOnLooksUnlocked,
        Mutation::NoWaitForOrphaned,
        Mutation::WaitsInOpen,
        Mutation::WaitsWithoutLook,
        Mutation::OrphanedStaysOpen,
    ] {
        for (name, scenario) in scenarios() {
            let model = Protocol {
                scenario,
                mutation: Some(mutation),
            };
            let what = model.check().err();
            let what = what.as_deref().and_then(|what| what.lines().next());

            if let Some(what) = what {
                println!("{mutation:?}: {name}: {what}");
            }
        }
        println!("{mutation:?}: done");
    }
}
