// SPDX-License-Identifier: GPL-2.0

//! What a reader sees of a space and of a task: the way there, and their names on it.

use super::path::{
    Path,
    Step, //
};
use crate::pid_map::Number;
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

/// The steps from `viewer` to the space `space` within it.
pub(super) fn steps<'a>(
    space: &'a PidNamespace,
    viewer: &'a PidNamespace,
) -> impl Iterator<Item = Step> + Clone + 'a {
    (viewer.level() + 1..=space.level()).filter_map(move |level| {
        let (creator, nth) = space.ancestor(level).creator()?;

        Some(Step {
            creator: number(creator, viewer)?,
            nth,
        })
    })
}

/// The path of what `pid` is, from `viewer` in or above its space. `None` if it has no number yet, or
/// is in a space above: no path leads up.
pub(super) fn path<'a>(
    pid: &'a Pid,
    viewer: &'a PidNamespace,
) -> Option<Path<impl Iterator<Item = Step> + Clone + 'a>> {
    Some(Path {
        steps: steps(pid.namespace().pspace(), viewer),
        nr: number(pid, viewer)?,
    })
}

/// The number that a path from `viewer` has for `pid`: that in its own space, unless `viewer` is a
/// classic namespace in that.
fn number(pid: &Pid, viewer: &PidNamespace) -> Option<Number> {
    let space = pid.namespace().pspace();
    let scope = match space.level() < viewer.level() {
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
