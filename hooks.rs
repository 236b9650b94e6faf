// SPDX-License-Identifier: GPL-2.0

//! What the kernel calls, turned into calls of the other modules.

use crate::{
    pid_map::Number,
    procfs,
    pspace::{
        Cell,
        Pspace,
        Signals,
        Word, //
    },
    reaper,
    PspaceModule, //
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
        Allocated,
        Isolation,
        ListedTask,
        Numbers,
        Operations,
        Setting,
        Unnumbered, //
    },
    seq_file::{
        seq_print,
        SeqFile, //
    },
    sync::rcu, //
};

/// The operations of a pspace. In which context each is called, and what its caller holds, is in
/// `struct pspace_operations`: those that may run under `tasklist_lock` take no lock.
pub(crate) struct Hooks;

// SAFETY: `Pspace` returns from lookups what was published and not released, counts what is
// reserved, and gives no number twice or after `close()`, nor number 1 after `lose_init()`, which
// closes it with the last number. Its table, a `PidMap`, is its own: there is no way around it.
#[vtable]
unsafe impl Operations for Hooks {
    type OwnerModule = PspaceModule;
    type Space = Pin<KBox<Pspace>>;

    fn create(ns: &PidNamespace) -> Result<Self::Space> {
        Pspace::new(ns, crate::default_settings()?, crate::first_last(ns)?)
    }

    fn reserve(space: Pin<&Pspace>, want: Option<i32>, pid_max: i32) -> Result<i32> {
        Ok(space.reserve(wanted(want)?, limit(pid_max)?)?.into())
    }

    fn publish(space: Pin<&Pspace>, nr: i32, pid: &Pid) {
        if let Some(nr) = expect_number(nr) {
            space.publish(nr, pid);
        }
    }

    fn assign(space: Pin<&Pspace>, pid: Unnumbered<'_>, want: Option<i32>, pid_max: i32) -> Result {
        space.assign(&pid, wanted(want)?, limit(pid_max)?)?;
        Ok(())
    }

    fn release(space: Pin<&Pspace>, nr: i32, pid: &Pid) -> Allocated {
        if let Some(nr) = expect_number(nr) {
            space.release(nr, pid);
        }
        Self::allocated(space)
    }

    fn find(space: Pin<&Pspace>, nr: i32, rcu: &rcu::Guard) -> Option<NonNull<Pid>> {
        space.find(Number::try_from(nr).ok()?, rcu)
    }

    fn find_ge(space: Pin<&Pspace>, nr: i32, rcu: &rcu::Guard) -> Option<NonNull<Pid>> {
        let from = Number::try_from(nr.max(1)).ok()?;

        space.find_ge(from, rcu)
    }

    fn close(space: Pin<&Pspace>) {
        space.close();
    }

    fn allocated(space: Pin<&Pspace>) -> Allocated {
        let usage = space.usage();

        Allocated {
            count: usage.count,
            open: usage.open,
        }
    }

    fn last(space: Pin<&Pspace>) -> i32 {
        space.last().map_or(0, i32::from)
    }

    fn set_last(space: Pin<&Pspace>, nr: i32) {
        let nr = u32::try_from(nr).unwrap_or(0).min(Number::MAX);

        space.set_last(Number::new(nr));
    }

    fn autoreap(space: Pin<&Pspace>) -> bool {
        reaper::autoreap(space.settings().policy.get())
    }

    fn outlives_init(space: Pin<&Pspace>, doomed: bool) -> bool {
        let lives_on = reaper::outlives_init(space.settings().policy.get(), doomed);

        if lives_on {
            space.lose_init();
        }
        lives_on
    }

    fn isolation(space: Pin<&Pspace>) -> Isolation {
        space.settings().isolation.get()
    }

    fn numbers(space: Pin<&Pspace>) -> Numbers {
        space.settings().numbers.get()
    }

    fn takes_signals(space: Pin<&Pspace>) -> bool {
        space.settings().signals.get() == Signals::Ordinary
    }

    fn show_setting(m: &SeqFile, space: Pin<&Pspace>, setting: Setting) {
        let settings = space.get_ref().settings();

        match setting {
            Setting::Policy => show(m, &settings.policy),
            Setting::Isolation => show(m, &settings.isolation),
            Setting::Numbers => show(m, &settings.numbers),
            Setting::Signals => show(m, &settings.signals),
        }
    }

    fn set_setting(space: Pin<&Pspace>, setting: Setting, word: &CStr, privileged: bool) -> Result {
        let settings = space.get_ref().settings();

        match setting {
            Setting::Policy => settings.policy.set(parse(word)?),
            Setting::Isolation => settings.isolation.set(parse(word)?),
            Setting::Numbers => {
                let numbers = parse(word)?;

                if numbers < crate::default_numbers()? && !privileged {
                    return Err(EPERM);
                }
                settings.numbers.set(numbers);
            }
            Setting::Signals => settings.signals.set(parse(word)?),
        }
        Ok(())
    }

    fn show_header(m: &SeqFile) {
        procfs::spaces::show_header(m);
    }

    fn show(m: &SeqFile, space: Option<Pin<&Pspace>>, ns: &PidNamespace, viewer: &PidNamespace) {
        procfs::spaces::show(m, space.as_deref(), ns, viewer);
    }

    fn show_task_header(m: &SeqFile) {
        procfs::tasks::show_header(m);
    }

    fn show_task(m: &SeqFile, task: &ListedTask, viewer: &PidNamespace) {
        procfs::tasks::show(m, task, viewer);
    }

    fn show_status(m: &SeqFile, pid: &Pid, viewer: &PidNamespace) {
        procfs::tasks::show_status(m, pid, viewer);
    }
}

fn show<T: crate::pspace::Setting>(m: &SeqFile, cell: &Cell<T>) {
    seq_print!(m, "{}", Word(cell.get()));
}

fn parse<T: crate::pspace::Setting>(word: &CStr) -> Result<T> {
    T::from_word(word.to_bytes()).ok_or(EINVAL)
}

/// The number that is asked for, if one is.
fn wanted(nr: Option<i32>) -> Result<Option<Number>> {
    nr.map(Number::try_from).transpose()
}

/// What all numbers must be below.
fn limit(pid_max: i32) -> Result<u32> {
    u32::try_from(pid_max).map_err(|_| EINVAL)
}

/// A number the kernel got from [`Pspace`] before. Anything else is a bug in the hooks, which must
/// not become a wrong entry in the table.
fn expect_number(nr: i32) -> Option<Number> {
    let number = Number::try_from(nr).ok();

    kernel::warn_on!(number.is_none());
    number
}
