// SPDX-License-Identifier: GPL-2.0

//! A number that a task has in a space, and what it is for a map to know it.

use core::num::NonZeroU32;
use kernel::{
    fmt,
    prelude::*, //
};

/// A number that a task can have in a space: [`Number::INIT`] to [`Number::MAX`].
///
/// On its own it identifies nothing: only together with a space does it name a task. It is a type
/// of its own so that it is not taken for any other integer on the way.
///
/// # Invariants
///
/// At most [`Number::MAX`].
///
/// # Examples
///
/// ```
/// assert_eq!(Number::new(1), Some(Number::INIT));
/// assert_eq!(Number::new(0), None);
/// assert_eq!(Number::new(Number::MAX + 1), None);
///
/// // As the kernel has them.
/// assert_eq!(Number::try_from(57).map(i32::from), Ok(57));
/// assert_eq!(Number::try_from(-1), Err(EINVAL));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(NonZeroU32);

impl Number {
    /// The number of a space's init.
    pub(crate) const INIT: Self = Self(NonZeroU32::MIN);

    /// The largest number: `PID_MAX_LIMIT - 1` on 64-bit machines.
    pub(crate) const MAX: u32 = (1 << 22) - 1;

    /// Where the search goes on after the largest number: `RESERVED_PIDS`.
    pub(crate) const WRAP: u32 = 300;

    /// Returns `nr` as a number, if it can be one.
    pub(crate) const fn new(nr: u32) -> Option<Self> {
        match NonZeroU32::new(nr) {
            // INVARIANT: Just checked.
            Some(nr) if nr.get() <= Self::MAX => Some(Self(nr)),
            _ => None,
        }
    }

    /// Returns the plain integer, to index with.
    pub(crate) const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Fails with `EINVAL` for what is not the number of a task in any space.
impl TryFrom<i32> for Number {
    type Error = Error;

    fn try_from(nr: i32) -> Result<Self> {
        u32::try_from(nr).ok().and_then(Self::new).ok_or(EINVAL)
    }
}

impl From<Number> for i32 {
    fn from(nr: Number) -> i32 {
        // CAST: By the type invariant it is at most `Number::MAX`, which fits.
        nr.get() as i32
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

/// What can be published in a [`PidMap`]: an object that knows the number.
///
/// [`PidMap`]: super::PidMap
///
/// It may have several numbers, one in a map at each depth.
///
/// # Safety
///
/// [`Numbered::number`] returns the number that the object was last published as in the map at that
/// depth, from before it is published until a grace period after it is released. So does the object
/// itself live: a map keeps no reference on it.
///
/// # Examples
///
/// ```
/// struct Task {
///     number: Atomic<u32>,
/// }
///
/// impl Task {
///     fn new(nr: u32) -> Result<KBox<Self>> {
///         let number = Atomic::new(nr);
///
///         Ok(KBox::new(Self { number }, GFP_KERNEL)?)
///     }
/// }
///
/// // SAFETY: A task gets its number before it is published, and has it for good. It is dropped a
/// // grace period after it is released, or when there are no readers.
/// unsafe impl Numbered for Task {
///     type Depth = ();
///
///     fn number(&self, (): ()) -> u32 {
///         self.number.load(Relaxed)
///     }
/// }
/// ```
pub(crate) unsafe trait Numbered {
    /// What tells the maps of an object apart: the depth of a space, `()` if there is one map only.
    type Depth: Copy + Send + Sync;

    /// The object's number in the map at `depth`.
    fn number(&self, depth: Self::Depth) -> u32;
}
