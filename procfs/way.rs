// SPDX-License-Identifier: GPL-2.0

//! What a reader sees of a space and of a task: the way there, and their names on it.

use super::path::{
    Path,
    Step,
    Way, //
};
use crate::pid_map::Number;
use core::iter::successors;
use kernel::{
    fmt,
    pid::Pid,
    pid_namespace::PidNamespace, //
};

/// A pair: what a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) space: u64,
    pub(super) nr: Number,
}

/// The way from `viewer` to the space `space`.
///
/// Who has created a space may be gone as soon as this has looked, and so with a number alone. What
/// it tells was true of all at once, when it looked at the first: who is there later was there then,
/// since nobody comes back and each created its space before.
pub(super) fn way(space: &PidNamespace, viewer: &PidNamespace) -> Way {
    let spaces = successors(Some(space), |space| {
        space.parent().map(PidNamespace::pspace)
    });

    Way::upwards(
        spaces
            .take_while(|space| space.level() > viewer.level())
            .map(|space| (space.id(), step(space, viewer))),
    )
}

/// The step to the space `space`, if the process that created it is there.
fn step(space: &PidNamespace, viewer: &PidNamespace) -> Option<Step> {
    let (creator, nth) = space.creator().filter(|(pid, _)| pid.is_process())?;

    Some(Step {
        creator: number(creator, viewer)?,
        nth,
    })
}

/// The path of what `pid` is, from `viewer` in or above its space. `None` if it has no number yet, or
/// is in a space above or beside: no path leads there.
pub(super) fn path(pid: &Pid, viewer: &PidNamespace) -> Option<Path> {
    Some(Path {
        nr: number(pid, viewer)?,
        way: way(pid.namespace().pspace(), viewer),
    })
}

/// The number that a path from `viewer` has for `pid`: that in its own space, unless `viewer` is a
/// classic namespace in that.
fn number(pid: &Pid, viewer: &PidNamespace) -> Option<Number> {
    let space = pid.namespace().pspace();
    let scope = match space.level() <= viewer.level() {
        true => viewer,
        false => space,
    };

    Number::try_from(pid.nr_ns(scope)?).ok()
}

/// The pair that `pid` is, if who is in `viewer` may see its space.
pub(super) fn pair(pid: &Pid, viewer: &PidNamespace) -> Option<Pair> {
    let space = pid.namespace().pspace();

    if !viewer.may_see(space) {
        return None;
    }
    Some(Pair {
        space: space.id(),
        nr: Number::try_from(pid.nr_ns(space)?).ok()?,
    })
}

/// The number of `pid` in the namespace above its space, if it has one and who is in `viewer` may
/// see that.
pub(super) fn wid(pid: &Pid, viewer: &PidNamespace) -> Option<Number> {
    let parent = pid.namespace().pspace().parent()?;

    if !viewer.may_see(parent) {
        return None;
    }
    Number::try_from(pid.nr_ns(parent)?).ok()
}

/// A value in a column, or a dash for none.
pub(super) struct OrDash<T>(pub(super) Option<T>);

impl<T: fmt::Display> fmt::Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.pad("-"),
        }
    }
}
