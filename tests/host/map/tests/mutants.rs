// SPDX-License-Identifier: GPL-2.0

//! Each test puts an error into a copy of the sources, and sees it caught by another test, which
//! says what is wrong. They build and run that one, so they are left out unless asked for:
//! `cargo test --test mutants -- --ignored`.

use std::process::Command;

/// Who catches an error.
#[derive(Clone, Copy)]
enum By {
    /// A test that loom runs.
    Explore(&'static str),
    /// Random sequences.
    Sequences,
    /// A KUnit suite.
    Suite(&'static str),
}

fn is_caught(file: &str, from: &str, to: &str, by: By, says: &str) {
    let mut test = Command::new(env!("CARGO"));

    test.current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "--locked", "--package", "map"])
        .env("PSPACE_MUTANT_FILE", file)
        .env("PSPACE_MUTANT_FROM", from)
        .env("PSPACE_MUTANT_TO", to)
        .env("RUST_BACKTRACE", "0")
        // What fails here is meant to, and not to be kept.
        .env("PROPTEST_FAILURE_PERSISTENCE", "off")
        .env("PROPTEST_MAX_SHRINK_ITERS", "100");
    match by {
        By::Explore(name) => test.args(["--features", "explore", "--lib", name]),
        By::Sequences => test.args(["--test", "sequences"]),
        By::Suite(name) => test.args(["--lib", name]),
    };
    let output = test.output().expect("cargo can be run");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);

    assert!(text.contains("running "), "it was not built:\n{text}");
    assert!(!output.status.success(), "it was not caught:\n{text}");
    assert!(text.contains(says), "it does not say {says:?}:\n{text}");
}

macro_rules! mutants {
    ($($name:ident: $file:literal, $from:literal => $to:literal, $by:expr, $says:literal;)*) => {
        $(
            #[test]
            #[ignore = "builds and runs another test"]
            fn $name() {
                is_caught($file, $from, $to, $by, $says);
            }
        )*
    };
}

mutants! {
    // Orders.
    a_count_without_a_barrier: "pid_map/mod.rs",
        "cmpxchg(raw, new, Full)" => "cmpxchg(raw, new, Relaxed)",
        By::Explore("who_waits_for_the_last_number_is_woken"), "nobody wakes it";

    // The order of steps.
    a_node_in_its_place_before_what_is_in_it: "pid_map/tree.rs",
        "node.put(level.digit(nr), entry, level == Level::LEAF);
            end.store(Entry::node(node.into_ptr(), level));" =>
        "let nr_digit = level.digit(nr);
            let node = unsafe { &*node.into_ptr().as_ptr() };
            node.clear(level.digit(node.first()));
            end.store(Entry::node(core::ptr::NonNull::from(node), level));
            node.put(nr_digit, entry, level == Level::LEAF);",
        By::Explore("a_number_stays_found_as_a_node_is_put_above_it"), "";
    a_number_that_counts_before_it_is_known_to_fit: "pid_map/mod.rs",
        "let place = self.tree.place(&mut inner.writer, nr)?;" =>
        "self.change(Usage::with_one_more).ok_or(ENOMEM)?;
        let place = self.tree.place(&mut inner.writer, nr)?;
        self.change(|usage| Some(usage.with_one_less())).ok_or(ENOMEM)?;",
        By::Sequences, "assertion `left == right` failed";
    a_close_that_is_not_looked_at: "pid_map/mod.rs",
        "self.change(Usage::with_one_more).ok_or(ENOMEM)?;" =>
        "self.change(|usage| Some(Usage { count: usage.count + 1, ..usage }));",
        By::Explore("no_number_is_taken_behind_a_close"), "taken behind a close";

    // Memory.
    a_node_freed_at_once: "pid_map/node.rs",
        "bindings::kvfree_call_rcu(" => "bindings::free_at_once(",
        By::Explore("a_node_is_freed_while_a_reader_is_in_it"), "use after free";
    a_node_that_is_never_freed: "pid_map/mod.rs",
        "drop(surplus);" => "core::mem::forget(surplus);",
        By::Explore("a_node_is_freed_while_a_reader_is_in_it"), "memory is left";
    a_tree_that_leaves_its_nodes: "pid_map/tree.rs",
        "drop_nodes(self.root.load());" => "",
        By::Sequences, "memory is left";
    a_node_kept_and_still_in_its_place: "pid_map/tree.rs",
        "if gone {
                node.clear(digit);" => "if gone {
                node.unmark_full(digit);",
        By::Sequences, "";

    // Looks.
    no_last_look: "pid_map/tree.rs",
        "(unsafe { self.number_of(object) } == nr.get()).then_some(object)" => "Some(object)",
        By::Explore("a_node_moves_while_a_reader_is_in_it"), "found another number";
    no_last_look_at_the_next: "pid_map/tree.rs",
        "if nr >= from && span.contains(nr) {" => "if nr >= from {",
        By::Explore("the_next_number_is_not_passed_by"), "missed";
    no_look_whether_the_node_has_moved: "pid_map/tree.rs",
        "if !span.includes(own) {
                            break;
                        }" => "",
        By::Explore("the_next_number_is_not_passed_by"), "missed";
    a_reserved_number_is_found: "pid_map/tree.rs",
        "end.store(Entry::object(object));" => "end.store(Entry::reserved(nr));",
        By::Sequences, "assertion `left == right` failed";

    // Numbers.
    a_full_node_that_is_not_known: "pid_map/tree.rs",
        "mark_full_upwards(self.root, nr);" => "",
        By::Sequences, "";
    a_node_thought_full: "pid_map/tree.rs",
        "node.put(level.digit(other), there, full && level == filled);" =>
        "node.put(level.digit(other), there, full);",
        By::Sequences, "assertion `left == right` failed";
    an_init_given_twice: "pid_map/mod.rs",
        "Some(Number::INIT) if usage.initless => return Err(EEXIST.into())," => "",
        By::Suite("suite"), "a_map_that_lost_its_init";
    an_initless_map_that_stays_open: "pid_map/usage.rs",
        "self.open && !(self.initless && count == 0)" => "self.open",
        By::Explore("an_initless_map_closes"), "";
    an_orphan_that_is_waited_for: "reaper/mod.rs",
        "Policy::Auto | Policy::Outer => true," => "Policy::Auto => true, Policy::Outer => false,",
        By::Suite("decisions"), "who_waits_by_policy";
    a_doomed_space_that_lives_on: "reaper/mod.rs",
        "Policy::Outer => !doomed," => "Policy::Outer => true,",
        By::Suite("decisions"), "what_outlives_its_init_by_policy";
}
