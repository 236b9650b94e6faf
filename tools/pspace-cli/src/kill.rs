// SPDX-License-Identifier: GPL-2.0
//! `kill`, `wait` and `set`.

use std::io::{self, Write};

use pspace::{Error, Name, Nr, Process, Setting, Space, SpaceId};

use crate::arguments::{Kill, Set, Wait};
use crate::failure::{Failure, Outcome};

/// Signal processes, or kill spaces. Each is tried; the exit status is that of the first failure.
pub fn kill(kill: &Kill) -> Outcome {
    let spaces = kill.space.iter().map(|id| Space::kill_by_id(*id));
    let processes = kill.names.iter().map(|name| {
        // A slip that would hit a process which has nothing to do with it.
        match name {
            Name::Number(nr) if is_other_space(*nr) => Err(Error::Ambiguous(*nr)),
            name => Process::open(name)?.signal(kill.signal),
        }
    });
    let mut code = 0;

    for error in spaces.chain(processes).filter_map(Result::err) {
        let failure = Failure::from(error);
        failure.tell();
        code = if code == 0 { failure.code() } else { code };
    }
    Ok(code)
}

/// Is a number the id of a space, too, that is not the caller's?
fn is_other_space(nr: Nr) -> bool {
    let id = SpaceId::new(nr.into()).filter(|id| Space::exists(*id));
    id.is_some() && id != pspace::own_space().ok()
}

/// Wait for the end of a space.
pub fn wait(wait: &Wait) -> Outcome {
    let space = Space::open(wait.space)?;
    let status = if wait.all { space.wait_for_end()? } else { space.wait()? };

    Ok(status.map_or(0, pspace::ExitStatus::code))
}

/// Change settings of a space, or print them.
pub fn set(set: &Set) -> Outcome {
    let mut out = io::stdout().lock();
    let mut print = |setting: Setting| -> Result<(), Failure> {
        Ok(writeln!(out, "{}={}", setting.name(), Space::get(set.space, setting)?)?)
    };
    for (setting, value) in &set.assignments {
        match value {
            Some(value) => Space::set(set.space, *setting, value)?,
            None => print(*setting)?,
        }
    }
    if set.assignments.is_empty() {
        Setting::ALL.into_iter().try_for_each(print)?;
    }
    Ok(0)
}
