// SPDX-License-Identifier: GPL-2.0

//! The model by itself: sentences of docs/model.md, as scripts.

use super::*;
use crate::op::parse;

/// What the last line answers, and all that is then.
fn after(script: &str) -> (Answer, Model) {
    let mut model = Model::new();
    let mut last = Answer::None;

    for op in parse(script).expect("a script") {
        assert!(model.allows(&op), "{op}");
        last = model.apply(&op);
    }
    (last, model)
}

fn state(model: &Model, name: Task) -> State {
    model.process(name).state
}

const SPACE: &str = "Clone(by: 0, child: 1, with: (space: 1))\nClone(by: 1, child: 2)\n";

#[test]
fn a_member_has_one_number_and_an_init_two() {
    let (_, model) = after(SPACE);

    assert_eq!(model.number(1, 1), Some(1));
    assert_eq!(model.number(1, ROOT), Some(in_root(1)));
    assert_eq!(model.number(2, 1), Some(2));
    assert_eq!(model.number(2, ROOT), None);
}

#[test]
fn all_die_with_their_init() {
    let (_, model) = after(&format!("{SPACE}Exit(by: 1, status: 3, group: true)"));

    assert_eq!(state(&model, 1), State::Zombie(3 << 8));
    assert_eq!(state(&model, 2), State::Gone);
}

#[test]
fn under_outer_they_live_on() {
    let (_, model) = after(&format!(
        "{SPACE}Set(by: 0, space: 1, to: Policy(Outer))\nExit(by: 1, status: 3, group: true)"
    ));

    assert_eq!(state(&model, 2), State::Alive);
    assert_eq!(model.process(2).parent, Parent::Machine);
}

#[test]
fn an_orphaned_space_ends_with_its_last_member() {
    let (answer, _) = after(&format!(
        "{SPACE}Set(by: 0, space: 1, to: Policy(Outer))
         Exit(by: 1, status: 3, group: true)
         Exit(by: 2, status: 4, group: true)
         Wait(by: 0, child: Each)
         SetNs(by: 0, space: 1)
         Clone(by: 0, child: 9)"
    ));

    assert_eq!(answer, Answer::Error(ENOMEM));
}

#[test]
fn under_init_an_orphan_waits_for_the_init_and_under_auto_it_does_not() {
    for (policy, expected) in [("Init", State::Zombie(4 << 8)), ("Auto", State::Gone)] {
        let (_, model) = after(&format!(
            "{SPACE}Set(by: 0, space: 1, to: Policy({policy}))
             Clone(by: 2, child: 3)
             Exit(by: 2, status: 0, group: true)
             Exit(by: 3, status: 4, group: true)"
        ));

        assert_eq!(state(&model, 3), expected);
    }
}

#[test]
fn an_init_is_killed_from_above_only() {
    let (_, model) = after(&format!("{SPACE}Kill(by: 2, to: Number(1), signal: 9)"));
    assert_eq!(state(&model, 1), State::Alive);

    let (_, model) = after(&format!("{SPACE}Kill(by: 0, to: Pidfd(1), signal: 9)"));
    assert_eq!(state(&model, 1), State::Zombie(9));
}

#[test]
fn what_is_above_is_seen_with_half_isolation() {
    let kill = "Kill(by: 2, to: Pidfd(0), signal: 0)";
    let (answer, _) = after(&format!("{SPACE}{kill}"));
    assert_eq!(answer, Answer::Error(EINVAL));

    let (answer, _) = after(&format!("{SPACE}Set(by: 0, space: 1, to: Isolation(Half))\n{kill}"));
    assert_eq!(answer, Answer::Done);
}

#[test]
fn a_tracer_has_the_zombie_first() {
    let (_, model) = after(&format!(
        "{SPACE}Seize(by: 0, nr: 1000000001)
         Clone(by: 1, child: 3, with: (space: 2))
         GetWid(by: 0, space: 1, nr: 2)
         Seize(by: 0, nr: 1000000002)
         Exit(by: 2, status: 5, group: true)
         Wait(by: 1, child: Each)"
    ));
    assert_eq!(state(&model, 2), State::Zombie(5 << 8));

    let (_, model) = after(&format!(
        "{SPACE}GetWid(by: 0, space: 1, nr: 2)
         Seize(by: 0, nr: 1000000002)
         Exit(by: 2, status: 5, group: true)
         Wait(by: 0, child: Each)
         Wait(by: 1, child: Each)"
    ));
    assert_eq!(state(&model, 2), State::Gone);
}

#[test]
fn numbers_go_on_from_the_last_one_and_begin_again_at_300() {
    let mut ns = Ns::new(Some(ROOT), false, 1, 1);

    ns.used = [(1, 1), (300, 2)].into();
    ns.pid_max = 400;
    ns.last = 299;
    assert_eq!(ns.next_free(false), Some(301));
    ns.last = 399;
    assert_eq!(ns.next_free(false), Some(301));
}

#[test]
fn a_script_says_the_same_when_it_is_written_and_read() {
    let text = "Clone(by: 1, child: 3, with: (space: 2, set_tid: [1, 7]))";
    let ops = parse(text).expect("a script");

    assert_eq!(parse(&ops[0].to_string()), Ok(ops));
}
