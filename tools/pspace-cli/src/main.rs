// SPDX-License-Identifier: GPL-2.0
//! The command `pspace`: run programs in process spaces, and list and steer these.

#![deny(unsafe_code)]

mod arguments;
mod complete;
mod failure;
mod files;
mod filter;
mod graph;
mod kill;
mod list;
mod run;
mod show;
mod top;
mod trace;
mod tree;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

use arguments::{Arguments, Verb, with_signals};
use failure::Outcome;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Arguments::command).bin("pspace").completer("pspace").complete();
    let verb = Arguments::parse_from(with_signals(std::env::args_os())).verb;
    let starts = verb.starts_a_program();
    match act(verb) {
        Ok(code) => ExitCode::from(code),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::from(if starts { failure.not_started() } else { failure.code() })
        }
    }
}

fn act(verb: Verb) -> Outcome {
    match verb {
        Verb::Run(run) => run::run(run),
        Verb::Exec(exec) => run::exec(exec),
        Verb::View(view) => run::view(view),
        Verb::Newpid(newpid) => run::newpid(newpid),
        Verb::Ls(ls) => list::ls(&ls),
        Verb::Ps(ps) => list::ps(&ps),
        Verb::Kill(kill) => kill::kill(&kill),
        Verb::Wait(wait) => kill::wait(&wait),
        Verb::Set(set) => kill::set(&set),
        Verb::Info(info) => show::info(&info),
        Verb::Trace(trace) => trace::trace(trace),
        Verb::Lsof(lsof) => files::lsof(&lsof),
        Verb::Fuser(fuser) => files::fuser(&fuser),
        Verb::Top(top) => top::top(&top),
        Verb::Graph => graph::graph(),
        Verb::Man { directory } => {
            std::fs::create_dir_all(&directory)?;
            clap_mangen::generate_to(Arguments::command(), &directory)?;
            Ok(0)
        }
    }
}
