// SPDX-License-Identifier: GPL-2.0

//! The path of a task: the number of the process that created the task's space, before it that of
//! the process that created that one's space, and so on from the reader's own space:
//!
//! ```text
//! 1200/57/8      8 in the space that 57 created, in the space that 1200 created
//! 1200.2/8       8 in the second space that 1200 created
//! 8              8 in the reader's own space
//! ```
//!
//! A number is not given to another process while a space lives that the process created, so a path
//! names one task. Nothing here knows of the kernel.

use crate::pid_map::Number;
use kernel::{
    fmt,
    prelude::*, //
};

/// A space, by who created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The creator's number in its own space.
    pub(crate) creator: Number,
    /// Which of the creator's spaces it is: the first is 1.
    pub(crate) nth: u32,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            1 => f.write_fmt(fmt!("{}", self.creator)),
            nth => f.write_fmt(fmt!("{}.{}", self.creator, nth)),
        }
    }
}

/// A space, by the way to it from outside.
#[derive(Clone)]
pub(crate) struct SpacePath<S>(pub(crate) S);

impl<S: Iterator<Item = Step> + Clone> fmt::Display for SpacePath<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.clone().enumerate() {
            if i > 0 {
                f.write_str("/")?;
            }
            f.write_fmt(fmt!("{}", step))?;
        }
        Ok(())
    }
}

/// A task, by the way to its space and its number there.
#[derive(Clone)]
pub(crate) struct Path<S> {
    /// The way, from outside.
    pub(crate) steps: S,
    /// The task's number.
    pub(crate) nr: Number,
}

impl<S: Iterator<Item = Step> + Clone> fmt::Display for Path<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps.clone() {
            f.write_fmt(fmt!("{}/", step))?;
        }
        f.write_fmt(fmt!("{}", self.nr))
    }
}

/// Takes a path apart: the steps that its text has, and the number. `None` if it is no path, or not
/// written as this module writes it.
#[cfg(CONFIG_KUNIT = "y")]
pub(crate) fn parse(text: &str) -> Option<Path<impl Iterator<Item = Step> + Clone + '_>> {
    let (steps, nr) = match text.rsplit_once('/') {
        Some((steps, nr)) => (Some(steps), nr),
        None => (None, text),
    };
    let steps = steps.into_iter().flat_map(|steps| steps.split('/'));

    if !steps.clone().all(|step| parse_step(step).is_some()) {
        return None;
    }
    Some(Path {
        steps: steps.filter_map(parse_step),
        nr: Number::new(parse_decimal(nr)?)?,
    })
}

#[cfg(CONFIG_KUNIT = "y")]
fn parse_step(text: &str) -> Option<Step> {
    let (creator, nth) = match text.split_once('.') {
        Some((creator, nth)) => (creator, parse_decimal(nth).filter(|&nth| nth > 1)?),
        None => (text, 1),
    };

    Some(Step {
        creator: Number::new(parse_decimal(creator)?)?,
        nth,
    })
}

/// A number in the one way to write it: digits, and no zero before another.
#[cfg(CONFIG_KUNIT = "y")]
fn parse_decimal(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');

    canonical.then(|| text.parse().ok()).flatten()
}
