// SPDX-License-Identifier: GPL-2.0

//! `/proc/pspace/tasks`: a header line, then a line for each process that the reader can see, in the
//! order of its pair. The columns are separated by blanks; `-` stands for what there is not, or what
//! the reader may not see. And the lines that `/proc/<pid>/status` has of a task's names.

use super::way::{
    pair,
    path,
    wid,
    OrDash, //
};
use kernel::{
    fmt,
    pid::Pid,
    pid_namespace::PidNamespace,
    prelude::*,
    pspace::ListedTask,
    seq_file::{
        seq_print,
        SeqFile, //
    }, //
};

/// Prints the header line.
pub(crate) fn show_header(m: &SeqFile) {
    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>5} {:>6} {:<16} {}\n",
        "pspace",
        "pid",
        "wid",
        "ppspace",
        "ppid",
        "state",
        "uid",
        "command",
        "path"
    );
}

/// Prints the line of a process.
pub(crate) fn show(m: &SeqFile, task: &ListedTask, viewer: &PidNamespace) {
    let own = pair(task.pid(), viewer);
    let parent = task.parent().and_then(|parent| pair(parent, viewer));

    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>5} {:>6} {:<16} {}\n",
        OrDash(own.map(|pair| pair.space)),
        OrDash(own.map(|pair| pair.nr)),
        OrDash(wid(task.pid(), viewer)),
        OrDash(parent.map(|pair| pair.space)),
        OrDash(parent.map(|pair| pair.nr)),
        task.state(),
        task.uid(),
        Command(task.comm()),
        OrDash(path(task.pid(), viewer))
    );
}

/// Prints the pair and the path of a task, each in a line.
pub(crate) fn show_status(m: &SeqFile, pid: &Pid, viewer: &PidNamespace) {
    if let Some(pair) = pair(pid, viewer) {
        seq_print!(m, "Pspace:\t{}\t{}\n", pair.space, pair.nr);
    }
    if let Some(path) = path(pid, viewer) {
        seq_print!(m, "PspacePath:\t{}\n", path);
    }
}

/// The name of a process in one column: what is blank or is not printed stands there as `\` and
/// three octal digits, as does the backslash.
struct Command<'a>(&'a [u8]);

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut len = 0;

        for &byte in self.0 {
            if byte.is_ascii_graphic() && byte != b'\\' {
                f.write_fmt(fmt!("{}", char::from(byte)))?;
                len += 1;
            } else {
                f.write_fmt(fmt!("\\{:03o}", byte))?;
                len += 4;
            }
        }
        // An empty name is a column, too.
        if len == 0 {
            f.write_str("-")?;
            len = 1;
        }
        for _ in len..f.width().unwrap_or(0) {
            f.write_str(" ")?;
        }
        Ok(())
    }
}
