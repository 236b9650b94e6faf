// SPDX-License-Identifier: GPL-2.0

//! Random sequences of operations on process spaces, by real processes, each answer of which is
//! compared with that of a model of docs/model.md.
//!
//! A sequence that fails is made as short as it can be, and printed as a script.

mod generate;
mod model;
mod op;
mod race;
mod remote;
mod run;

use generate::Walk;
use op::Op;
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use proptest_state_machine::ReferenceStateMachine;
use run::{Run, Settings};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

const USAGE: &str = "usage: walk [OPTION ...]
  --seed N        what chance begins with (1)
  --sequences N   how many (100)
  --seconds N     stop after so long
  --length N      operations in each, at most (40)
  --patience S    how long to wait for what must come (10)
  --verbose 1     tell of each sequence as it begins
  --race CALLS    actors at the same time, so many calls in a round: what holds in every order
  --replay FILE   do what a script says, instead";

struct Options {
    seed: u64,
    sequences: u64,
    seconds: u64,
    length: usize,
    patience: u64,
    verbose: bool,
    race: u64,
    replay: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        seed: 1,
        sequences: 100,
        seconds: u64::MAX,
        length: 40,
        patience: 10,
        verbose: false,
        race: 0,
        replay: Vec::new(),
    };
    let mut args = std::env::args().skip(1);

    while let Some(name) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} {value}\n{USAGE}"));
        match name.as_str() {
            "--seed" => options.seed = number()?,
            "--sequences" => options.sequences = number()?,
            "--seconds" => options.seconds = number()?,
            "--length" => options.length = number()? as usize,
            "--patience" => options.patience = number()?,
            "--verbose" => options.verbose = number()? != 0,
            "--race" => options.race = number()?,
            "--replay" => options.replay.push(value),
            // What an actor executes.
            "--actor" => remote::resume(number()? as op::Task),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

/// Do a sequence. What fails is told with the operation.
fn sequence(settings: &Settings, ops: &[Op], begun: Option<&AtomicUsize>) -> Result<(), String> {
    let mut run = Run::new(settings)?;

    for op in ops {
        // What comes behind a failure is not looked at again.
        if let Some(begun) = begun {
            begun.fetch_add(1, Ordering::Relaxed);
        }
        run.step(op).map_err(|why| format!("{op}\n# {why}"))?;
    }
    run.finish()?;
    MET.with_borrow_mut(|met| {
        for (rule, times) in run.met() {
            *met.entry(rule).or_default() += times;
        }
    });
    Ok(())
}

thread_local! {
    /// How often rules of the model have mattered in all.
    static MET: RefCell<BTreeMap<&'static str, u64>> = const { RefCell::new(BTreeMap::new()) };
}

fn tell_met() {
    MET.with_borrow(|met| {
        for (rule, times) in met {
            println!("# {times:>7} {rule}");
        }
    });
}

fn script(ops: &[Op]) -> String {
    ops.iter().map(|op| format!("{op}\n")).collect()
}

fn replay(settings: &Settings, files: &[String]) -> Result<u64, String> {
    let mut failed = 0;

    for file in files {
        let text = std::fs::read_to_string(file).map_err(|err| format!("{file}: {err}"))?;
        let ops = op::parse(&text).map_err(|err| format!("{file}: {err}"))?;
        match sequence(settings, &ops, None) {
            Ok(()) => println!("{file}: as in the model"),
            Err(why) => {
                failed += 1;
                println!("{file}: {why}");
            }
        }
    }
    println!("{} passed, {failed} failed", files.len() as u64 - failed);
    Ok(failed)
}

fn walk(options: &Options, settings: &Settings) -> u64 {
    let strategy = Walk::sequential_strategy(1..=options.length);
    let config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let start = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    let steps = Cell::new(0);

    for seed in options.seed..options.seed + options.sequences {
        if start.elapsed() > Duration::from_secs(options.seconds) {
            break;
        }
        let patience = RefCell::new(settings.clone());
        let mut runner = TestRunner::new_with_rng(config.clone(), generate::rng(seed));
        if options.verbose {
            println!("# {:.1} s: seed {seed}", start.elapsed().as_secs_f64());
        }
        let tree = match strategy.new_tree(&mut runner) {
            Ok(tree) => tree,
            Err(why) => {
                println!("# seed {seed}: no sequence: {why}");
                failed += 1;
                continue;
            }
        };
        let outcome = runner.run_one(tree, |(_, ops, seen)| {
            steps.set(steps.get() + ops.len());
            let now = patience.borrow().clone();
            sequence(&now, &ops, seen.as_deref()).map_err(|why| {
                if patience.borrow().patience == settings.patience {
                    println!("# seed {seed} fails at {why}\n{}# and shorter:", script(&ops));
                }
                // What fails once does so again without waiting that long.
                patience.borrow_mut().patience = settings.patience / 5;
                patience.borrow_mut().look_every = 1;
                TestCaseError::fail(why)
            })
        });
        match outcome {
            Ok(_) => passed += 1,
            Err(TestError::Fail(why, (_, ops, _))) => {
                failed += 1;
                println!("# seed {seed} fails at {why}\n{}", script(&ops));
            }
            Err(TestError::Abort(why)) => {
                failed += 1;
                println!("# seed {seed}: {why}");
            }
        }
        if failed >= 10 {
            break;
        }
    }
    if let Err(why) = run::await_nothing(settings.patience * 3) {
        println!("# at the end: {why}");
        failed += 1;
    }
    println!(
        "# from seed {}: {} operations in {:.1} s",
        options.seed,
        steps.get(),
        start.elapsed().as_secs_f64()
    );
    tell_met();
    println!("{passed} passed, {failed} failed");
    failed
}

fn race(options: &Options, settings: &Settings) -> u64 {
    let start = Instant::now();
    let (mut passed, mut failed, mut calls) = (0, 0, 0);

    for seed in options.seed..options.seed + options.sequences {
        if start.elapsed() > Duration::from_secs(options.seconds) || failed > 0 {
            break;
        }
        if options.verbose {
            println!("# {:.1} s: seed {seed}", start.elapsed().as_secs_f64());
        }
        match race::round(seed, options.race, settings.patience) {
            Ok(done) => {
                passed += 1;
                calls += done;
            }
            Err(why) => {
                failed += 1;
                println!("# round of seed {seed}: {why}");
            }
        }
    }
    if let Err(why) = run::await_nothing(settings.patience * 3) {
        println!("# at the end: {why}");
        failed += 1;
    }
    println!(
        "# from seed {}: {calls} calls in {:.1} s",
        options.seed,
        start.elapsed().as_secs_f64()
    );
    println!("{passed} passed, {failed} failed");
    failed
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let settings = Settings { patience: Duration::from_secs(options.patience), look_every: 5 };

    if let Err(why) = run::prepare() {
        eprintln!("walk: {why}");
        return ExitCode::from(2);
    }
    let failed = if options.race > 0 {
        race(&options, &settings)
    } else if options.replay.is_empty() {
        walk(&options, &settings)
    } else {
        match replay(&settings, &options.replay) {
            Ok(failed) => failed,
            Err(why) => {
                eprintln!("walk: {why}");
                return ExitCode::from(2);
            }
        }
    };
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
