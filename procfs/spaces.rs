// SPDX-License-Identifier: GPL-2.0

//! `/proc/pspace/spaces`: a header line, then a line for each space that the reader can see, in the
//! order of their ids. The columns are separated by blanks; `-` stands for what there is not, or
//! what the reader may not see.

use crate::{
    pid_map::Number,
    pspace::{
        Policy,
        Pspace, //
    }, //
};
use kernel::{
    fmt,
    pid_namespace::PidNamespace,
    seq_file::{
        seq_print,
        SeqFile, //
    }, //
};

/// A line of the file.
pub(crate) struct Row {
    id: u64,
    outside: Outside,
    members: u32,
    policy: Policy,
    pid_max: i32,
}

/// How the space looks from above. Someone inside sees nothing of that.
#[derive(Default)]
struct Outside {
    parent: Option<u64>,
    creator: Option<Number>,
    init: Option<Number>,
}

impl Row {
    /// Returns the line of the space of `ns`, for a reader in `viewer`, which is that namespace or
    /// one above it.
    pub(crate) fn new(space: &Pspace, ns: &PidNamespace, viewer: &PidNamespace) -> Self {
        let outside = match viewer == ns {
            true => Outside::default(),
            false => Outside {
                parent: ns.parent().map(PidNamespace::id),
                creator: space.creator(),
                init: space.init_wid(),
            },
        };

        Self {
            id: space.id(),
            outside,
            members: space.members(),
            policy: space.policy(),
            pid_max: ns.pid_max(),
        }
    }
}

/// Prints the header line.
pub(crate) fn show_header(m: &SeqFile) {
    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        "id",
        "parent",
        "creator",
        "init",
        "members",
        "policy",
        "pid_max"
    );
}

/// Prints a line.
pub(crate) fn show(m: &SeqFile, row: &Row) {
    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        row.id,
        OrDash(row.outside.parent),
        OrDash(row.outside.creator),
        OrDash(row.outside.init),
        row.members,
        row.policy,
        row.pid_max
    );
}

/// A value, or a dash for none.
struct OrDash<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.pad("-"),
        }
    }
}
