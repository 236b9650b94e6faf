// SPDX-License-Identifier: GPL-2.0

//! A process space.

mod isolation;
mod numbers;
mod policy;
mod setting;
mod signals;

pub(crate) use {
    policy::Policy,
    setting::{
        Cell,
        Setting,
        Word, //
    },
    signals::Signals, //
};

use crate::pid_map::{
    Number,
    Numbered,
    PidMap,
    Usage, //
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    pid::Pid,
    pid_namespace::PidNamespace,
    prelude::*,
    pspace::{
        Isolation,
        Numbers,
        Unnumbered, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    }, //
};

/// A process space: the module's part of a pid namespace that numbers its tasks afresh.
///
/// It lives as long as the namespace: from the clone() or unshare() that creates it to the last
/// reference on the namespace, which tasks, their `struct pid`s, open files of the namespace and
/// the spaces below hold. The kernel calls no operation on it before or after.
///
/// The life of a number begins with [`Pspace::reserve`] and [`Pspace::publish`], or with
/// [`Pspace::assign`], and ends with [`Pspace::release`]. There is no other way to the table, so
/// that what is counted here fits what is in it.
///
/// The map has the only lock. What else changes are single words that nothing is ordered by: the
/// settings, which hold for what is decided after they were set, and what /proc shows.
#[pin_data]
pub(crate) struct Pspace {
    /// Its level among the pid namespaces.
    level: u32,
    settings: Settings,
    /// The number of the space's init in the space above, its wid; 0 while there is none.
    init_wid: Atomic<i32>,
    /// How many of the numbers belong to crossings: members of spaces below that have a number on
    /// this side of the border, too, such as the inits of those spaces.
    crossings: Atomic<i32>,
    #[pin]
    numbers: PidMap<Pid>,
}

/// What is set of a space.
pub(crate) struct Settings {
    /// What happens to its orphans.
    pub(crate) policy: Cell<Policy>,
    /// What its members see of what is outside.
    pub(crate) isolation: Cell<Isolation>,
    /// When its members are given numbers above.
    pub(crate) numbers: Cell<Numbers>,
    /// What signals from above do to its init.
    pub(crate) signals: Cell<Signals>,
}

impl Pspace {
    /// Makes the space of the namespace `ns`, which the current process creates. After its init it
    /// goes on above the number `last`.
    ///
    /// # Context
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM` if there is no memory.
    pub(crate) fn new(
        ns: &PidNamespace,
        settings: Settings,
        last: Option<Number>,
    ) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            pin_init!(Self {
                level: ns.level(),
                settings,
                init_wid: Atomic::new(0),
                crossings: Atomic::new(0),
                numbers <- PidMap::new(ns.level(), last),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// What is set of it.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The number of the init in the space above, while there is one.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn init_wid(&self) -> Option<Number> {
        Number::try_from(self.init_wid.load(Relaxed)).ok()
    }

    /// The init exits and the others live on: the space is orphaned.
    ///
    /// # Context
    ///
    /// Any; takes no lock. The init's number is not released yet.
    pub(crate) fn lose_init(&self) {
        self.init_wid.store(0, Relaxed);
        self.numbers.lose_init();
    }

    /// How many numbers of the space are those of its own tasks, groups and sessions.
    ///
    /// # Context
    ///
    /// Any; takes no lock. It may be wrong for a moment beside a fork or an exit.
    pub(crate) fn members(&self) -> u32 {
        let crossings = self.crossings.load(Relaxed);

        self.usage().count.saturating_add_signed(-crossings)
    }

    /// Reserves `want` or a free number below `limit`.
    ///
    /// # Context
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// Those of [`PidMap::reserve`].
    pub(crate) fn reserve(&self, want: Option<Number>, limit: u32) -> Result<Number> {
        self.numbers.reserve(want, limit)
    }

    /// Lets `pid` be found under `nr`, which is reserved for it.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn publish(&self, nr: Number, pid: &Pid) {
        if self.is_crossing(pid) {
            self.crossings.add(1, Relaxed);
        } else if nr == Number::INIT {
            self.init_wid.store(wid(pid), Relaxed);
        }
        self.numbers.publish(nr, NonNull::from(pid));
    }

    /// Reserves a number as [`Pspace::reserve`] does, for `pid` that has no other, and lets it be
    /// found under that.
    ///
    /// # Context
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// Those of [`PidMap::reserve`].
    pub(crate) fn assign(
        &self,
        pid: &Unnumbered<'_>,
        want: Option<Number>,
        limit: u32,
    ) -> Result<Number> {
        let object = NonNull::from(pid.pid());

        self.numbers
            .assign(want, limit, object, |nr| pid.set_nr(nr.into()))
    }

    /// Gives up the number `nr` of `pid`, published or only reserved.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn release(&self, nr: Number, pid: &Pid) {
        if self.numbers.release(nr).is_none() {
            return;
        }
        if self.is_crossing(pid) {
            self.crossings.add(-1, Relaxed);
        } else if nr == Number::INIT {
            self.init_wid.store(0, Relaxed);
        }
    }

    /// Lets no number be reserved any more.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn close(&self) {
        self.numbers.close();
    }

    /// Returns how many numbers are in use, as exactly as [`PidMap::usage`].
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn usage(&self) -> Usage {
        self.numbers.usage()
    }

    /// Returns the pid that is published as `nr`.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn find(&self, nr: Number, rcu: &rcu::Guard) -> Option<NonNull<Pid>> {
        self.numbers.find(nr, rcu)
    }

    /// Returns the pid that is published under the smallest number from `from` on.
    ///
    /// # Context
    ///
    /// Any; takes no lock.
    pub(crate) fn find_ge(&self, from: Number, rcu: &rcu::Guard) -> Option<NonNull<Pid>> {
        self.numbers.find_ge(from, rcu)
    }

    /// Returns the number that the next search for a free one begins above.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn last(&self) -> Option<Number> {
        self.numbers.last()
    }

    /// Lets the next search for a free number begin above `nr`.
    ///
    /// # Context
    ///
    /// Takes the lock of the map, does not sleep.
    pub(crate) fn set_last(&self, nr: Option<Number>) {
        self.numbers.set_last(nr);
    }

    /// Whether `pid`, which has a number here, is a member of a space below.
    fn is_crossing(&self, pid: &Pid) -> bool {
        pid.level() != self.level
    }
}

/// The maps of a pid are those of pspaces at different levels.
// SAFETY: The kernel writes a number before it is published and never again, also one that is given
// on demand, and keeps a pid for a grace period after it has released its numbers.
unsafe impl Numbered for Pid {
    type Depth = u32;

    fn number(&self, level: u32) -> u32 {
        // CAST: It is positive once it is published.
        self.nr_at(level) as u32
    }
}

/// The number of a pid in the namespace above its own, 0 if it has none.
fn wid(pid: &Pid) -> i32 {
    pid.namespace()
        .parent()
        .and_then(|parent| pid.nr_ns(parent))
        .unwrap_or(0)
}
