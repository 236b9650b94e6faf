// SPDX-License-Identifier: GPL-2.0

//! The path of a task: the number of the process that created the task's space, before it that of
//! the process that created that one's space, and so on from the reader's own space; or from a space
//! that is named by its id, since its creator is gone or the path would have too many steps:
//!
//! ```text
//! 1200/57/8      8 in the space that 57 created, in the space that 1200 created
//! 1200.2/8       8 in the second space that 1200 created
//! 8              8 in the reader's own space
//! @57/8          8 in the space 57
//! @57/3/8        8 in the space that 3 created, in the space 57
//! ```
//!
//! A step is the number of a process that is there, which is the only one to have it; an id is never
//! reused. So a path names one task. Nothing here knows of the kernel.

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
    pub(crate) nth: u64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            1 => f.write_fmt(fmt!("{}", self.creator)),
            nth => f.write_fmt(fmt!("{}.{}", self.creator, nth)),
        }
    }
}

/// The way to a space: from the reader's own or from one with an id, a bounded number of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The id of the space in which it begins; `None` for the reader's own.
    origin: Option<u64>,
    /// From outside. What there is is at the end.
    steps: [Option<Step>; Self::MAX_STEPS],
}

impl Way {
    /// That of what is in the reader's own space.
    pub(crate) const HERE: Self = Self {
        origin: None,
        steps: [None; Self::MAX_STEPS],
    };

    /// How many steps there are at most. So it takes no longer to tell the way to a space, however
    /// deep that is.
    pub(crate) const MAX_STEPS: usize = 8;

    /// The way to the first of `spaces`, each of which is in the next, up to the one in the reader's
    /// own. Each is told by its id and, if its creator is there, by the step to it from the next.
    pub(crate) fn upwards(spaces: impl IntoIterator<Item = (u64, Option<Step>)>) -> Self {
        let mut way = Self::HERE;
        let mut free = way.steps.iter_mut().rev();

        for (id, step) in spaces {
            match (step, free.next()) {
                (Some(step), Some(slot)) => *slot = Some(step),
                _ => {
                    way.origin = Some(id);
                    break;
                }
            }
        }
        way
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flatten()
    }

    /// Whether it names the creator of the space it leads to: that one is there, and in sight.
    pub(crate) fn ends_in_step(&self) -> bool {
        self.steps().next().is_some()
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";

        if let Some(id) = self.origin {
            f.write_fmt(fmt!("@{}", id))?;
            separator = "/";
        }
        for step in self.steps() {
            f.write_fmt(fmt!("{}{}", separator, step))?;
            separator = "/";
        }
        Ok(())
    }
}

/// A task, by the way to its space and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) way: Way,
    pub(crate) nr: Number,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.way != Way::HERE {
            f.write_fmt(fmt!("{}/", self.way))?;
        }
        f.write_fmt(fmt!("{}", self.nr))
    }
}

/// Takes a path apart. `None` if it is no path, or not written as this module writes it.
#[cfg(CONFIG_KUNIT = "y")]
pub(crate) fn parse(text: &str) -> Option<Path> {
    let (way, nr) = match text.rsplit_once('/') {
        Some((way, nr)) => (parse_way(way)?, nr),
        None => (Way::HERE, text),
    };

    Some(Path {
        way,
        nr: parse_number(nr)?,
    })
}

#[cfg(CONFIG_KUNIT = "y")]
fn parse_way(text: &str) -> Option<Way> {
    let mut way = Way::HERE;
    let mut free = way.steps.iter_mut().rev();
    let mut names = text.split('/').rev().peekable();

    while let Some(name) = names.next() {
        match name.strip_prefix('@') {
            // It is the first of them.
            Some(id) if names.peek().is_none() => way.origin = Some(parse_decimal(id)?),
            _ => *free.next()? = Some(parse_step(name)?),
        }
    }
    Some(way)
}

#[cfg(CONFIG_KUNIT = "y")]
fn parse_step(text: &str) -> Option<Step> {
    let (creator, nth) = match text.split_once('.') {
        Some((creator, nth)) => (creator, parse_decimal(nth).filter(|&nth| nth > 1)?),
        None => (text, 1),
    };

    Some(Step {
        creator: parse_number(creator)?,
        nth,
    })
}

#[cfg(CONFIG_KUNIT = "y")]
fn parse_number(text: &str) -> Option<Number> {
    Number::new(parse_decimal(text)?.try_into().ok()?)
}

/// A number in the one way to write it: digits, and no zero before another.
#[cfg(CONFIG_KUNIT = "y")]
fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');

    canonical.then(|| text.parse().ok()).flatten()
}
