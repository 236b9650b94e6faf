// SPDX-License-Identifier: GPL-2.0

//! The numbers of one space: an allocator and a table in one.
//!
//! A number is *reserved* first, then *published* with the object that it stands for, then
//! *released*; or it is [assigned](PidMap::assign), which is the first two at once. Only a published
//! number is found, so that a lookup never returns something half made. Of an object the map reads
//! the number alone, see [`Numbered`], and whoever publishes it keeps it for an RCU grace period
//! after the release.
//!
//! # Locks
//!
//! Each map has a spinlock for its writers. It is a leaf: nothing is locked under it, and it is not
//! taken in interrupts nor under a lock that is. Lookups, [`PidMap::usage`], [`PidMap::close`] and
//! [`PidMap::lose_init`] take no lock, so that they may run anywhere, `tasklist_lock` or not, and
//! write to nothing that is shared. Memory is allocated before locking, and freed after unlocking
//! and a grace period.
//!
//! # Structure
//!
//! A Patricia trie of 64-way nodes, see [`tree`]. docs/pid_map.md compares it with others. Each of
//! the files needs those to its right only:
//!
//! ```text
//! PidMap ─┬─► tree ──► cache ──► node ─┬─► level ──► number
//!         └─► usage                    └─► volatile
//! ```

mod cache;
mod level;
mod node;
mod number;
mod tree;
mod usage;
mod volatile;

pub(crate) use cache::NodeCache;
pub(crate) use number::{
    Number,
    Numbered, //
};
pub(crate) use usage::Usage;

use cache::Loose;
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
use node::Entry;
use tree::{
    Refused,
    Tree,
    Writer, //
};

/// What the lock of a map protects.
struct Inner {
    /// The right to change the tree.
    writer: Writer,
    /// Where the search for a free number begins: above the number found last.
    cursor: u32,
}

/// The numbers of one space, and what each stands for.
///
/// # Examples
///
/// The life of a number. A `Task` is that of the example of [`Numbered`].
///
/// ```
/// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
/// let nr = map.reserve(None, 32768)?;
/// let task = Task::new(nr.get())?;
///
/// // The number is taken, and nothing is found under it before it is published.
/// assert_eq!(map.find(nr, &rcu::read_lock()), None);
/// map.publish(nr, NonNull::from(&*task));
/// assert_eq!(map.find(nr, &rcu::read_lock()), Some(NonNull::from(&*task)));
///
/// map.release(nr);
/// assert_eq!(map.find(nr, &rcu::read_lock()), None);
/// // Whoever found the task before may still look at it.
/// rcu::synchronize_rcu();
/// drop(task);
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub(crate) struct PidMap<T: Numbered> {
    tree: Tree<T>,
    /// A packed [`Usage`]. Changed and read without the lock: [`PidMap::close`] and
    /// [`PidMap::lose_init`] are called where it must not be taken.
    usage: Atomic<u32>,
    #[pin]
    inner: SpinLock<Inner>,
}

impl<T: Numbered> PidMap<T> {
    /// Returns an empty map for the numbers that objects have at `depth`. After the first number
    /// the search begins above `last`.
    ///
    /// # Examples
    ///
    /// ```
    /// let last = Number::new(4000);
    /// let map = KBox::pin_init(PidMap::<Task>::new((), last), GFP_KERNEL)?;
    ///
    /// assert_eq!(map.reserve(None, 32768)?.get(), 1);
    /// assert_eq!(map.reserve(None, 32768)?.get(), 4001);
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn new(depth: T::Depth, last: Option<Number>) -> impl PinInit<Self> {
        let (tree, writer) = Tree::new(depth);
        let cursor = cursor_after(last);

        pin_init!(Self {
            tree,
            usage: Atomic::new(Usage::NONE.pack()),
            inner <- new_spinlock!(Inner { writer, cursor }, "pid_map"),
        })
    }

    /// Reserves `want`, or the next free number after the one that was found last: up to `limit`,
    /// then from [`Number::WRAP`] on, so that a number is not reused at once. The first number of
    /// an empty map is [`Number::INIT`], which a map that has lost its init never gives again. A
    /// number that is found is below `limit`; `want` may be any.
    ///
    /// # Context
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST` if `want` is taken, or is that of an init that is lost.
    /// - `EAGAIN` if no number is free.
    /// - `ENOMEM` if there is no memory, or the map is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    ///
    /// assert_eq!(map.reserve(None, 32768)?.get(), 1);
    /// assert_eq!(map.reserve(Number::new(57), 32768)?.get(), 57);
    /// assert_eq!(map.reserve(Number::new(57), 32768), Err(EEXIST));
    /// // A number that was wanted does not change where the search goes on.
    /// assert_eq!(map.reserve(None, 32768)?.get(), 2);
    /// assert_eq!(map.reserve(None, 3), Err(EAGAIN));
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn reserve(&self, want: Option<Number>, limit: u32) -> Result<Number> {
        self.allocate(want, limit, Entry::reserved)
    }

    /// As [`PidMap::reserve`], but lets `object` be found under the number at once. Before that,
    /// `set_nr` gives the object its number.
    ///
    /// # Context
    ///
    /// May sleep; `set_nr` may not, and takes no lock.
    ///
    /// # Errors
    ///
    /// Those of [`PidMap::reserve`].
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    /// let task = Task::new(0)?;
    /// let nr = map.assign(None, 32768, NonNull::from(&*task), |nr| {
    ///     task.number.store(nr.get(), Relaxed);
    /// })?;
    ///
    /// assert_eq!(map.find(nr, &rcu::read_lock()), Some(NonNull::from(&*task)));
    /// assert_eq!(map.release(nr), Some(NonNull::from(&*task)));
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn assign(
        &self,
        want: Option<Number>,
        limit: u32,
        object: NonNull<T>,
        mut set_nr: impl FnMut(Number),
    ) -> Result<Number> {
        self.allocate(want, limit, |nr| {
            set_nr(nr);
            Entry::object(object)
        })
    }

    fn allocate(
        &self,
        want: Option<Number>,
        limit: u32,
        mut entry: impl FnMut(Number) -> Entry,
    ) -> Result<Number> {
        let mut spare = None;

        loop {
            let mut inner = self.inner.lock();

            if let Some(spare) = spare.take() {
                // One too many cannot be: we found none.
                drop(inner.writer.give(spare));
            }
            match self.insert(&mut inner, want, limit, &mut entry) {
                Ok(nr) => return Ok(nr),
                Err(NotNow::Never(err)) => return Err(err),
                Err(NotNow::NoNode) => {}
            }
            drop(inner);
            spare = Some(Loose::new()?);
        }
    }

    fn insert(
        &self,
        inner: &mut Inner,
        want: Option<Number>,
        limit: u32,
        entry: &mut impl FnMut(Number) -> Entry,
    ) -> Result<Number, NotNow> {
        let usage = self.usage();
        let nr = match want {
            Some(Number::INIT) if usage.initless => return Err(EEXIST.into()),
            Some(nr) => nr,
            None => self.next_free(inner, usage, limit).ok_or(EAGAIN)?,
        };
        // All that can be missing is there before the number counts: whoever looks at the count
        // is told when a number is released, but not when one was counted in vain.
        let vacancy = self.tree.vacancy(&mut inner.writer, nr)?;

        // What closes the map does not wait for the lock.
        self.change(Usage::with_one_more).ok_or(ENOMEM)?;
        vacancy.fill(entry(nr));
        if want.is_none() {
            let next = nr.get() + 1;

            // The init does not change where the others begin.
            inner.cursor = match usage.count {
                0 => inner.cursor.max(next),
                _ => next,
            };
        }
        Ok(nr)
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

        self.tree.publish(&mut inner.writer, nr, object);
    }

    /// Gives up `nr`, reserved or published, and returns what was published. A lookup that starts
    /// afterwards does not find it.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    /// let nr = map.reserve(None, 32768)?;
    ///
    /// // Nothing was published, but the number is free again.
    /// assert_eq!(map.release(nr), None);
    /// assert_eq!(map.reserve(Some(nr), 32768), Ok(nr));
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn release(&self, nr: Number) -> Option<NonNull<T>> {
        let mut inner = self.inner.lock();

        let (entry, surplus) = self.tree.remove(&mut inner.writer, nr);
        if entry.is_some() {
            self.change(|usage| Some(usage.with_one_less()));
        }
        drop(inner);

        drop(surplus);
        entry.and_then(Entry::as_object)
    }

    /// Lets no number be reserved any more. Those that there are stay until they are released.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    ///
    /// map.reserve(None, 32768)?;
    /// map.close();
    /// assert_eq!(map.reserve(None, 32768), Err(ENOMEM));
    /// assert_eq!(map.usage().count, 1);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    /// let (init, other) = (map.reserve(None, 32768)?, map.reserve(None, 32768)?);
    ///
    /// map.lose_init();
    /// map.release(init);
    /// assert_eq!(map.reserve(Some(Number::INIT), 32768), Err(EEXIST));
    /// map.release(other);
    /// assert!(!map.usage().open);
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn lose_init(&self) {
        self.change(|usage| {
            Some(Usage {
                initless: true,
                ..usage
            })
        });
    }

    /// Returns how many numbers are in use. It is exact only if the caller excludes changes or is
    /// the one who made them.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    ///
    /// assert_eq!(map.usage(), Usage::NONE);
    /// map.reserve(None, 32768)?;
    /// assert_eq!(map.usage().count, 1);
    /// assert!(map.usage().open);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// See [`PidMap`].
    pub(crate) fn find(&self, nr: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        self.tree.find(nr, rcu)
    }

    /// Returns what is published under the smallest number from `from` on.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    /// let task = Task::new(57)?;
    /// let nr = map.assign(Number::new(57), 32768, NonNull::from(&*task), |_| ())?;
    ///
    /// let found = map.find_ge(Number::INIT, &rcu::read_lock());
    /// assert_eq!(found, Some(NonNull::from(&*task)));
    /// map.release(nr);
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn find_ge(&self, from: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        self.tree.find_ge(from, rcu)
    }

    /// Returns the number that was found by the last search, or what was [set](Self::set_last). One
    /// that was wanted does not count.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn last(&self) -> Option<Number> {
        self.inner
            .lock()
            .cursor
            .checked_sub(1)
            .and_then(Number::new)
    }

    /// Lets the next search begin above `nr`.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
    ///
    /// map.reserve(None, 32768)?;
    /// map.set_last(Number::new(56));
    /// assert_eq!(map.reserve(None, 32768)?.get(), 57);
    /// assert_eq!(map.last(), Number::new(57));
    /// # Ok::<(), Error>(())
    /// ```
    pub(crate) fn set_last(&self, nr: Option<Number>) {
        self.inner.lock().cursor = cursor_after(nr);
    }
}

fn cursor_after(nr: Option<Number>) -> u32 {
    nr.map_or(0, |nr| nr.get() + 1)
}

/// Why a number could not be had under the lock.
enum NotNow {
    /// A node must be allocated first.
    NoNode,
    /// It will not be had.
    Never(Error),
}

impl From<Error> for NotNow {
    fn from(err: Error) -> Self {
        Self::Never(err)
    }
}

impl From<Refused> for NotNow {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoNode => Self::NoNode,
            Refused::Taken => Self::Never(EEXIST),
        }
    }
}
