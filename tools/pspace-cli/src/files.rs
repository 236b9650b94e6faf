// SPDX-License-Identifier: GPL-2.0
//! `lsof` and `fuser`: who holds which files, in all spaces.

use pspace::files::{Held, Target, held};
use pspace::tables::{TaskRow, tasks};
use pspace::{Details, printable};

use crate::arguments::{Fuser, Lsof};
use crate::failure::Outcome;
use crate::list::{Users, table, tasks_of};

const HEADER: [&str; 5] = ["PAIR", "USER", "COMMAND", "FD", "NAME"];

fn line(task: &TaskRow, held: &Held, users: &Users) -> Vec<String> {
    use std::os::unix::ffi::OsStrExt;
    vec![
        task.pair.to_string(),
        users.name(task.uid),
        printable(&task.command),
        held.hold.to_string(),
        printable(held.name.as_os_str().as_bytes()),
    ]
}

/// List what is held.
pub fn lsof(lsof: &Lsof) -> Outcome {
    let mut rows = tasks_of(lsof.space)?;
    let pairs = lsof.names.iter().map(Details::pair_of).collect::<pspace::Result<Vec<_>>>()?;
    rows.retain(|row| pairs.is_empty() || pairs.contains(&row.pair));
    let users = Users::new();
    let of =
        |row: &TaskRow| held(row.pair).into_iter().map(|held| line(row, &held, &users)).collect();
    table(HEADER, rows.iter().flat_map(|row| -> Vec<_> { of(row) }))?;
    Ok(0)
}

/// Tell who holds a file. The exit status is 1 if nobody does.
pub fn fuser(fuser: &Fuser) -> Outcome {
    let target = Target::new(&fuser.path, fuser.filesystem)?;
    let users = Users::new();
    let mut lines = Vec::new();
    for row in tasks()? {
        let those = held(row.pair).into_iter().filter(|held| target.is(held));
        lines.extend(those.map(|held| line(&row, &held, &users)));
    }
    if lines.is_empty() {
        return Ok(1);
    }
    table(HEADER, lines.into_iter())?;
    Ok(0)
}
