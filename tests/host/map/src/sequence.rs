// SPDX-License-Identifier: GPL-2.0

//! Sequences of calls of a map, and a simple table that each answer is compared with.

use crate::pid_map::{Number, Numbered, PidMap};
use arbitrary::Arbitrary;
use core::ptr::{without_provenance_mut, NonNull};
use kernel::{memory, prelude::*, sync::rcu};
use std::collections::BTreeMap;

/// A number, few of them at places where nodes begin and end, so that sequences meet.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which of the places.
    pub place: u8,
    /// How far from it.
    pub offset: u8,
}

impl Spot {
    const PLACES: [u32; 10] =
        [1, 60, Number::WRAP - 2, 4030, 4096, 100_000, 262_080, 262_144, 1 << 21, Number::MAX - 70];

    fn number(self) -> Number {
        let place = Self::PLACES[usize::from(self.place) % Self::PLACES.len()];

        Number::new(place + u32::from(self.offset % 70)).expect("all are numbers")
    }
}

/// What a number is taken below.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// All numbers.
    None,
    /// What a machine begins with.
    Usual,
    /// So few that they run out.
    Few(u8),
    /// Some number.
    At(Spot),
}

impl Limit {
    fn get(self) -> u32 {
        match self {
            Self::None => Number::MAX + 1,
            Self::Usual => 32768,
            Self::Few(limit) => u32::from(limit),
            Self::At(spot) => spot.number().get(),
        }
    }
}

/// A call of a map.
#[allow(missing_docs)]
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Reserve {
        want: Option<Spot>,
        limit: Limit,
    },
    Assign {
        want: Option<Spot>,
        limit: Limit,
    },
    /// So many of the next ones, so that nodes get full.
    AssignMany {
        count: u8,
        limit: Limit,
    },
    Publish(Spot),
    /// What was reserved first of what still is.
    PublishFirst,
    Release(Spot),
    /// The n-th of all that there are.
    ReleaseNth(u8),
    /// So many from one on, so that nodes get empty.
    ReleaseMany {
        from: Spot,
        count: u8,
    },
    Find(Spot),
    FindGe(Spot),
    SetLast(Option<Spot>),
    Close,
    LoseInit,
    /// There is no memory for a while, or there is again.
    Failing(bool),
    /// A reader comes, who stays for a while, or goes.
    Reading(bool),
}

/// Stands in for a `struct pid`. It has no memory: where it is tells the number that it has.
#[repr(align(4))]
struct Object;

impl Object {
    fn of(nr: Number) -> NonNull<Self> {
        NonNull::new(without_provenance_mut(nr.get() as usize * align_of::<Self>()))
            .expect("a number is not 0")
    }
}

// SAFETY: An object has one number, for ever.
unsafe impl Numbered for Object {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        (core::ptr::from_ref(self).addr() / align_of::<Self>()) as u32
    }
}

/// The table.
struct Table {
    /// The numbers in use, and whether they are published.
    numbers: BTreeMap<u32, bool>,
    last: u32,
    open: bool,
    initless: bool,
}

impl Table {
    /// The smallest number from `from` on, below `limit`, that is free.
    fn free(&self, from: u32, limit: u32) -> Option<u32> {
        let mut nr = from;

        for &taken in self.numbers.range(from..).map(|(taken, _)| taken) {
            if taken != nr {
                break;
            }
            nr += 1;
        }
        (nr < limit).then_some(nr)
    }

    fn take(&mut self, want: Option<u32>, limit: u32, published: bool) -> Result<u32> {
        let first = if self.initless { 2 } else { 1 };
        let was_empty = self.numbers.is_empty();
        let nr = match want {
            Some(1) if self.initless => return Err(EEXIST),
            Some(nr) if self.numbers.contains_key(&nr) => return Err(EEXIST),
            Some(nr) => nr,
            None => {
                let next = match was_empty {
                    true => first,
                    false => (self.last + 1).max(first),
                };
                let again = match next > Number::WRAP {
                    true => Number::WRAP,
                    false => first,
                };

                self.free(next, limit).or_else(|| self.free(again, limit)).ok_or(EAGAIN)?
            }
        };

        if !self.open {
            return Err(ENOMEM);
        }
        self.numbers.insert(nr, published);
        if want.is_none() {
            self.last = match was_empty {
                true => self.last.max(nr),
                false => nr,
            };
        }
        Ok(nr)
    }

    fn release(&mut self, nr: u32) -> Option<u32> {
        let published = self.numbers.remove(&nr)?;

        if self.initless && self.numbers.is_empty() {
            self.open = false;
        }
        published.then_some(nr)
    }

    fn find_ge(&self, from: u32) -> Option<u32> {
        self.numbers.range(from..).find_map(|(&nr, &published)| published.then_some(nr))
    }
}

/// What a lookup found, as its number.
fn number_of(object: Option<NonNull<Object>>) -> Option<u32> {
    // SAFETY: Any address will do for a type without a size.
    object.map(|object| unsafe { object.as_ref() }.number(()))
}

/// A map and the table that it has to agree with.
struct Both {
    map: core::pin::Pin<KBox<PidMap<Object>>>,
    table: Table,
    failing: bool,
}

impl Both {
    fn take(&mut self, want: Option<Number>, limit: u32, publish: bool) {
        let got = match publish {
            true => {
                let mut named = None;
                // The object is told only by its number, so there is one for each.
                let expected = self.peek(want, limit);
                let object = Object::of(expected.unwrap_or(Number::INIT));
                let got = self.map.assign(want, limit, object, |nr| named = Some(nr));

                if let Ok(nr) = got {
                    assert_eq!(named, Some(nr));
                }
                got
            }
            false => self.map.reserve(want, limit),
        };
        let got = got.map(Number::get);

        // Without memory it may fail where it needs some, and has changed nothing then.
        if self.failing && got == Err(ENOMEM) && self.table.open {
            return;
        }
        assert_eq!(got, self.table.take(want.map(Number::get), limit, publish));
    }

    /// The number that will be taken, if one will be.
    fn peek(&self, want: Option<Number>, limit: u32) -> Option<Number> {
        let mut table = Table { numbers: self.table.numbers.clone(), ..self.table };

        Number::new(table.take(want.map(Number::get), limit, true).ok()?)
    }

    fn publish(&mut self, nr: Number) {
        self.map.publish(nr, Object::of(nr));
        if let Some(published) = self.table.numbers.get_mut(&nr.get()) {
            *published = true;
        }
    }

    fn release(&mut self, nr: Number) {
        let released = number_of(self.map.release(nr));

        assert_eq!(released, self.table.release(nr.get()));
    }

    fn find_ge(&self, from: Number) {
        let found = number_of(self.map.find_ge(from, &rcu::read_lock()));

        assert_eq!(found, self.table.find_ge(from.get()));
    }

    fn call(&mut self, call: Call, readers: &mut Vec<rcu::Guard>) {
        match call {
            Call::Reserve { want, limit } => self.take(want.map(Spot::number), limit.get(), false),
            Call::Assign { want, limit } => self.take(want.map(Spot::number), limit.get(), true),
            Call::AssignMany { count, limit } => {
                for _ in 0..count {
                    self.take(None, limit.get(), true);
                }
            }
            Call::Publish(spot) => self.publish(spot.number()),
            Call::PublishFirst => {
                let reserved = self.table.numbers.iter().find(|(_, published)| !**published);

                if let Some(nr) = reserved.and_then(|(&nr, _)| Number::new(nr)) {
                    self.publish(nr);
                }
            }
            Call::Release(spot) => self.release(spot.number()),
            Call::ReleaseNth(nth) => {
                let count = self.table.numbers.len().max(1);
                let nr = self.table.numbers.keys().nth(usize::from(nth) % count);

                if let Some(nr) = nr.copied().and_then(Number::new) {
                    self.release(nr);
                }
            }
            Call::ReleaseMany { from, count } => {
                let from = from.number().get();
                let numbers: Vec<_> = self.table.numbers.range(from..).map(|(&nr, _)| nr).collect();

                for nr in numbers.into_iter().take(count.into()) {
                    self.release(Number::new(nr).expect("it was one"));
                }
            }
            Call::Find(spot) => {
                let nr = spot.number();
                let found = number_of(self.map.find(nr, &rcu::read_lock()));
                let published = self.table.numbers.get(&nr.get()) == Some(&true);

                assert_eq!(found, published.then_some(nr.get()));
            }
            Call::FindGe(spot) => self.find_ge(spot.number()),
            Call::SetLast(spot) => {
                let last = spot.map(Spot::number);

                self.map.set_last(last);
                self.table.last = last.map_or(0, Number::get);
            }
            Call::Close => {
                self.map.close();
                self.table.open = false;
            }
            Call::LoseInit => {
                self.map.lose_init();
                self.table.initless = true;
            }
            Call::Failing(failing) => {
                memory::set_failing(failing);
                self.failing = failing;
            }
            Call::Reading(true) => readers.push(rcu::read_lock()),
            Call::Reading(false) => drop(readers.pop()),
        }

        let usage = self.map.usage();
        let table = &self.table;

        assert_eq!(
            (usage.count as usize, usage.open, usage.initless),
            (table.numbers.len(), table.open, table.initless)
        );
        assert_eq!(self.map.last().map_or(0, Number::get), table.last);
    }

    /// All that is in the map, found both ways.
    fn check_all(&self) {
        let mut from = Some(Number::INIT);

        for (&nr, _) in self.table.numbers.iter().filter(|(_, &published)| published) {
            self.find_ge(from.expect("there are others"));
            let this = Number::new(nr).expect("it was one");

            assert_eq!(number_of(self.map.find(this, &rcu::read_lock())), Some(nr));
            from = Number::new(nr + 1);
        }
        if let Some(from) = from {
            self.find_ge(from);
        }
    }
}

/// Makes the calls, and fails where an answer is not that of the table, where a reader is left with
/// memory that was freed, or if some is left in the end.
///
/// # Panics
///
/// If something is wrong.
pub fn run(calls: &[Call]) {
    memory::set_failing(false);
    assert_eq!(memory::pieces(), 0);

    let mut both = Both {
        map: KBox::pin_init(PidMap::new((), None), GFP_KERNEL).expect("there is memory"),
        table: Table { numbers: BTreeMap::new(), last: 0, open: true, initless: false },
        failing: false,
    };
    let mut readers = Vec::new();

    for &call in calls {
        both.call(call, &mut readers);
    }
    both.check_all();
    drop(both);
    drop(readers);
    assert_eq!(memory::pieces(), 0, "memory is left");
}

/// The same for what a fuzzer has made up.
///
/// # Panics
///
/// If something is wrong.
pub fn run_bytes(bytes: &[u8]) {
    let mut bytes = arbitrary::Unstructured::new(bytes);
    let mut calls = Vec::new();

    while let Ok(call) = Call::arbitrary(&mut bytes) {
        calls.push(call);
        if bytes.is_empty() {
            break;
        }
    }
    run(&calls);
}
