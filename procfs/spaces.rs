// SPDX-License-Identifier: GPL-2.0

//! `/proc/pspace/spaces`: a header line, then a line for each space that the reader can see, in the
//! order of their ids. The columns are separated by blanks; `-` stands for what there is not, or
//! what the reader may not see.

use super::way::{
    way,
    OrDash, //
};
use crate::pspace::{
    Pspace,
    Word, //
};
use kernel::{
    pid_namespace::PidNamespace,
    seq_file::{
        seq_print,
        SeqFile, //
    }, //
};

/// Prints the header line.
pub(crate) fn show_header(m: &SeqFile) {
    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {}\n",
        "id",
        "parent",
        "init",
        "members",
        "policy",
        "isolation",
        "pid_max",
        "creator"
    );
}

/// Prints the line of the space of `ns`, which a reader in `viewer` may see. What it says of the
/// namespace above is for those who see that, too. The machine's own space has no `space`.
pub(crate) fn show(m: &SeqFile, space: Option<&Pspace>, ns: &PidNamespace, viewer: &PidNamespace) {
    let parent = ns.parent().filter(|parent| viewer.may_see(parent));
    let way = way(ns, viewer);
    let settings = space.map(Pspace::settings);

    seq_print!(
        m,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {}\n",
        ns.id(),
        OrDash(parent.map(PidNamespace::id)),
        OrDash(
            space
                .filter(|_| parent.is_some())
                .and_then(Pspace::init_wid)
        ),
        OrDash(space.map(Pspace::members)),
        OrDash(settings.map(|settings| Word(settings.policy.get()))),
        OrDash(settings.map(|settings| Word(settings.isolation.get()))),
        ns.pid_max(),
        OrDash(way.ends_in_step().then_some(way))
    );
}
