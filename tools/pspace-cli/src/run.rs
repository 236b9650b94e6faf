// SPDX-License-Identifier: GPL-2.0
//! `run`, `exec`, `view` and `newpid`: programs in a space, or before one.

use std::os::unix::process::CommandExt;
use std::process::Command;

use pspace::{Creation, Relay, Setting, Space, Trouble, UserMap};

use crate::arguments::{Exec, Newpid, Program, Run, View, Who};
use crate::failure::Outcome;

impl Program {
    fn command(&self) -> Command {
        let (program, arguments) = self.words.split_first().expect("clap asks for one");
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }
}

/// Become a program.
pub fn become_it(mut command: Command) -> Outcome {
    let source = command.exec();
    Err(Trouble::Exec { program: command.get_program().to_owned(), source }.into())
}

/// Run a program in a space, with the space's `/proc`.
pub fn inside(space: &Space, command: Command) -> Outcome {
    let relay = Relay::new()?;
    space.enter()?;
    Space::show_as_proc(space.id())?;
    Ok(relay.spawn(command)?.wait(false)?.code())
}

/// Run a program as pid 1 of a new space.
pub fn run(run: Run) -> Outcome {
    let relay = Relay::new()?;
    let given = [
        (Setting::Policy, Some(run.policy)),
        (Setting::Signals, Some(run.signals)),
        (Setting::Isolation, run.isolation),
        (Setting::Numbers, run.numbers),
        (Setting::PidMax, run.pid_max),
    ];
    let creation = Creation {
        settings: given
            .into_iter()
            .filter_map(|(setting, value)| Some((setting, value?)))
            .collect(),
        user: run.user.map(|who| match who {
            Who::Own => UserMap::Own,
            Who::Root => UserMap::Root,
        }),
        proc: run.proc.into(),
        die_with_me: run.die_with_me,
        id_file: run.id_file,
    };
    // The space is held to the end: with --die-with-me it is killed when this is closed.
    let (child, _space) = creation.spawn(run.program.command(), relay)?;
    Ok(child.wait(run.die_with_me)?.code())
}

/// Run a program in a space that is there.
pub fn exec(exec: Exec) -> Outcome {
    let space = Space::open(exec.space)?;
    let command = exec.program.command();
    if !exec.all && !exec.no_proc {
        return inside(&space, command);
    }
    let relay = Relay::new()?;
    if exec.all {
        pspace::keep_descriptors()?;
        space.enter_all()?;
    } else {
        space.enter()?;
    }
    Ok(relay.spawn(command)?.wait(false)?.code())
}

/// Become a program that sees the processes of a space as its `/proc`.
pub fn view(view: View) -> Outcome {
    Space::look(view.space)?;
    become_it(view.program.command())
}

/// Become a program whose pid namespaces are spaces.
pub fn newpid(newpid: Newpid) -> Outcome {
    pspace::newpid()?;
    become_it(newpid.program.command())
}
