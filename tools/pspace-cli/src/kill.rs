// SPDX-License-Identifier: GPL-2.0
//! `kill`, `wait` and `set`.

use std::io::{self, Write};

use pspace::{Process, Setting, Space};

use crate::arguments::{Kill, Set, Wait};
use crate::failure::{Failure, Outcome};

/// Signal processes, or kill spaces. Each is tried; the exit status is that of the first failure.
pub fn kill(kill: &Kill) -> Outcome {
    let spaces = kill.space.iter().map(|id| Space::kill_by_id(*id));
    let processes = kill.names.iter().map(|name| Process::open(name)?.signal(kill.signal));
    let mut code = 0;

    for error in spaces.chain(processes).filter_map(Result::err) {
        let failure = Failure::from(error);
        failure.tell();
        code = if code == 0 { failure.code() } else { code };
    }
    Ok(code)
}

/// Wait for the end of a space.
pub fn wait(wait: &Wait) -> Outcome {
    let space = Space::open(wait.space)?;
    let status = if wait.all { space.wait_for_end()? } else { space.wait()? };

    Ok(status.map_or(0, pspace::ExitStatus::code))
}

/// Change settings of a space, or print them.
pub fn set(set: &Set) -> Outcome {
    for (setting, value) in &set.assignments {
        Space::set(set.space, *setting, value)?;
    }
    if set.assignments.is_empty() {
        let mut out = io::stdout().lock();
        for setting in Setting::ALL {
            writeln!(out, "{}={}", setting.name(), Space::get(set.space, setting)?)?;
        }
    }
    Ok(0)
}
