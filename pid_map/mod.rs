// SPDX-License-Identifier: GPL-2.0

//! The numbers of one space: an allocator and a table in one.
//!
//! A number is *reserved* first, then *published* with the object that it stands for, then
//! *released*. Only a published number is found, so that a lookup never returns something half
//! made. The map does not look at the objects: it hands out the pointer it was given, and whoever
//! publishes sees to it that the object outlives the release by an RCU grace period.
//!
//! # Locks
//!
//! Each map has a spinlock for its writers. It is a leaf: nothing is locked under it, and it is not
//! taken in interrupts nor under a lock that is. Lookups, [`PidMap::usage`], [`PidMap::close`] and
//! [`PidMap::lose_init`] take no lock, so that they may run anywhere, `tasklist_lock` or not. Memory is allocated before locking and freed
//! after a grace period.
//!
//! # Structure
//!
//! A radix tree of 64-way nodes, see [`tree`]. It holds the nodes that its live numbers need, and
//! those over number 0 up to the height that it once had.

mod node;
mod number;
mod tree;

pub(crate) use number::Number;

use core::ptr::NonNull;
use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        SpinLock, //
    }, //
};
use tree::{
    Spares,
    Tree,
    Writer, //
};

/// How many numbers of a map are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Reserved or published.
    pub(crate) count: u32,
    /// Whether more can be reserved.
    pub(crate) open: bool,
    /// Whether the init is gone for good, see [`PidMap::lose_init`].
    pub(crate) initless: bool,
}

impl Usage {
    const OPEN: u32 = 1 << 31;
    const INITLESS: u32 = 1 << 30;

    /// That of a new map.
    pub(crate) const NONE: Self = Self {
        count: 0,
        open: true,
        initless: false,
    };

    fn pack(self) -> u32 {
        let flag = |set, flag| if set { flag } else { 0 };

        self.count | flag(self.open, Self::OPEN) | flag(self.initless, Self::INITLESS)
    }

    fn unpack(raw: u32) -> Self {
        Self {
            count: raw & !(Self::OPEN | Self::INITLESS),
            open: raw & Self::OPEN != 0,
            initless: raw & Self::INITLESS != 0,
        }
    }

    /// With one more number, unless it is closed.
    fn with_one_more(self) -> Option<Self> {
        self.open.then_some(Self {
            count: self.count + 1,
            ..self
        })
    }

    /// With one number less. The last one closes a map without an init.
    fn with_one_less(self) -> Self {
        let count = self.count - 1;

        Self {
            count,
            open: self.open && !(self.initless && count == 0),
            ..self
        }
    }
}

/// What the lock of a map protects.
struct Inner {
    /// The right to change the tree.
    writer: Writer,
    /// Where the search for a free number begins: above the number found last.
    cursor: u32,
}

/// The numbers of one space, and what each stands for.
#[pin_data]
pub(crate) struct PidMap<T> {
    tree: Tree<T>,
    /// A packed [`Usage`]. Changed and read without the lock: [`PidMap::close`] and
    /// [`PidMap::lose_init`] are called where it must not be taken.
    usage: Atomic<u32>,
    #[pin]
    inner: SpinLock<Inner>,
}

impl<T> PidMap<T> {
    /// Returns an empty map.
    pub(crate) fn new() -> impl PinInit<Self> {
        let (tree, writer) = Tree::new();

        pin_init!(Self {
            tree,
            usage: Atomic::new(Usage::NONE.pack()),
            inner <- new_spinlock!(Inner { writer, cursor: 0 }, "pid_map"),
        })
    }

    /// Reserves `want`, or the next free number after the one that was found last: up to `limit`,
    /// then from [`Number::WRAP`] on, so that a number is not reused at once. The first number of
    /// an empty map is [`Number::INIT`], which a map that has lost its init never gives again. All
    /// numbers are below `limit`.
    ///
    /// # Context
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// `EEXIST` if `want` is taken, `EAGAIN` if no number is free, `ENOMEM` if there is no memory
    /// or the map is closed.
    pub(crate) fn reserve(&self, want: Option<Number>, limit: u32) -> Result<Number> {
        let mut spares = Spares::new();

        loop {
            let missing = {
                let mut inner = self.inner.lock();
                let usage = self.usage();

                let nr = match want {
                    Some(Number::INIT) if usage.initless => return Err(EEXIST),
                    Some(nr) if self.tree.is_taken(&inner.writer, nr) => return Err(EEXIST),
                    Some(nr) => nr,
                    None => self.next_free(&inner, usage, limit).ok_or(EAGAIN)?,
                };
                if !usage.open {
                    return Err(ENOMEM);
                }

                let missing = self.tree.missing(&inner.writer, nr);
                if missing <= spares.len() {
                    // What closes the map does not wait for the lock.
                    self.change(Usage::with_one_more).ok_or(ENOMEM)?;
                    if self.tree.take(&mut inner.writer, nr, &mut spares).is_none() {
                        self.change(|usage| Some(usage.with_one_less()));
                        return Err(ENOMEM);
                    }
                    if want.is_none() {
                        inner.cursor = nr.get() + 1;
                    }
                    return Ok(nr);
                }
                missing
            };
            spares.fill(missing)?;
        }
    }

    fn next_free(&self, inner: &Inner, usage: Usage, limit: u32) -> Option<Number> {
        let first = if usage.initless { 2 } else { 1 };
        // A space begins with its init, also after a first attempt that failed.
        let start = if usage.count == 0 {
            first
        } else {
            inner.cursor.max(first)
        };
        let wrap = if start > Number::WRAP {
            Number::WRAP
        } else {
            first
        };
        let limit = limit.min(Number::MAX + 1);

        self.tree
            .find_free(&inner.writer, start, limit)
            .or_else(|| self.tree.find_free(&inner.writer, wrap, limit))
    }

    /// Lets `object` be found under the number `nr`, which was reserved for it.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn publish(&self, nr: Number, object: NonNull<T>) {
        let mut inner = self.inner.lock();

        self.tree.set(&mut inner.writer, nr, object);
    }

    /// Gives up `nr`, reserved or published, and returns what was published. A lookup that starts
    /// afterwards does not find it.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn release(&self, nr: Number) -> Option<NonNull<T>> {
        let mut inner = self.inner.lock();

        let (object, emptied) = self.tree.release(&mut inner.writer, nr);
        self.change(|usage| Some(usage.with_one_less()));
        drop(inner);

        // Readers may be in the nodes still; give them back after those are done.
        drop(emptied);
        object
    }

    /// Lets no number be reserved any more.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn close(&self) {
        self.change(|usage| {
            Some(Usage {
                open: false,
                ..usage
            })
        });
    }

    /// The init exits and the others live on: its number is not given a second time, and the map
    /// closes when the last number is released.
    ///
    /// # Context
    ///
    /// Any; takes no lock. The init's number is not released yet.
    pub(crate) fn lose_init(&self) {
        self.change(|usage| {
            Some(Usage {
                initless: true,
                ..usage
            })
        });
    }

    /// Returns how many numbers are in use. Takes no lock: exact only if the caller excludes
    /// changes or is the one who made them.
    pub(crate) fn usage(&self) -> Usage {
        Usage::unpack(self.usage.load(Relaxed))
    }

    /// Replaces the usage by what `change` makes of it, unless that is nothing. A full barrier:
    /// whoever releases the last number looks next for one who may wait for that, who has looked
    /// at the usage last.
    fn change(&self, change: impl Fn(Usage) -> Option<Usage>) -> Option<()> {
        let mut raw = self.usage.load(Relaxed);

        loop {
            let new = change(Usage::unpack(raw))?.pack();

            match self.usage.cmpxchg(raw, new, Full) {
                Ok(_) => return Some(()),
                Err(now) => raw = now,
            }
        }
    }

    /// Returns what is published as `nr`.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn find(&self, nr: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        self.tree.find(nr, rcu)
    }

    /// Returns what is published under the smallest number from `from` on.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn find_ge(&self, from: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        self.tree.find_ge(from, rcu)
    }

    /// Returns the number that was found by the last search; a number asked for by
    /// [`PidMap::reserve`]'s `want` does not count.
    pub(crate) fn last(&self) -> Option<Number> {
        self.inner
            .lock()
            .cursor
            .checked_sub(1)
            .and_then(Number::new)
    }

    /// Lets the next search begin above `nr`.
    pub(crate) fn set_last(&self, nr: Option<Number>) {
        self.inner.lock().cursor = nr.map_or(0, |nr| nr.get() + 1);
    }
}
