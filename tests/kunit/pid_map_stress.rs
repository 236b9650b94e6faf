// SPDX-License-Identifier: GPL-2.0

//! Many at once in one map: what readers find beside writers.

use crate::pid_map::{
    Number,
    Numbered,
    PidMap, //
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        Arc,
        Completion, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue, //
};

/// Stands in for a `struct pid`.
struct Object {
    number: Atomic<u32>,
    /// [`ALIVE`] from before it is published until a grace period after it was released.
    state: Atomic<u32>,
}

const ALIVE: u32 = 0x0a11_0e00;
const DEAD: u32 = 0xdead_0bec;

// SAFETY: `Owned` keeps an object for a grace period, and its number until then.
unsafe impl Numbered for Object {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        self.number.load(Relaxed)
    }
}

const WRITERS: usize = 3;
const READERS: usize = 2;
const ROUNDS: usize = 150;
/// How many numbers a writer holds at once. So the map lives in a few nodes, which come and go.
const HELD: usize = 24;
const LIMIT: u32 = 270_000;
/// Numbers that are there throughout, alone and in company, low and high.
const FIXED: [u32; 7] = [1, 2, 640, 641, 5000, 262_150, 269_999];
/// Where numbers come and go: at the edges of nodes at each level, so that the nodes there get
/// empty and are put into other slots and levels.
const HAUNTS: [u32; 6] = [3, 64, 4032, 4096, 262_080, 262_144];
const HAUNT: u32 = 70;

struct Stress {
    map: Pin<KBox<PidMap<Object>>>,
    /// Writers at work.
    writing: Atomic<u32>,
    /// What went wrong, by kind.
    out_of_memory: Atomic<u32>,
    duplicate: Atomic<u32>,
    released_another: Atomic<u32>,
    found_another: Atomic<u32>,
    found_freed: Atomic<u32>,
    missed: Atomic<u32>,
    out_of_order: Atomic<u32>,
    /// What readers found, to see that they did.
    found: Atomic<u32>,
}

fn count(counter: &Atomic<u32>) {
    counter.fetch_add(1, Relaxed);
}

/// A generator of numbers that look random (G. Marsaglia, "Xorshift RNGs", 2003).
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

impl Stress {
    /// A number where some come and go.
    fn somewhere(random: &mut Random) -> u32 {
        HAUNTS[random.next() as usize % HAUNTS.len()] + random.next() % HAUNT
    }

    /// Takes a number in one of the three ways.
    fn take(&self, random: &mut Random) -> Option<(Number, KBox<Object>)> {
        let object = KBox::new(
            Object {
                number: Atomic::new(0),
                state: Atomic::new(ALIVE),
            },
            GFP_KERNEL,
        );
        let Ok(object) = object else {
            count(&self.out_of_memory);
            return None;
        };
        let want = match random.next() % 3 {
            0 => None,
            _ => Number::new(Self::somewhere(random)),
        };
        let nr = if random.next() % 2 == 0 {
            self.map.assign(want, LIMIT, NonNull::from(&*object), |nr| {
                object.number.store(nr.get(), Relaxed);
            })
        } else {
            self.map.reserve(want, LIMIT).inspect(|nr| {
                object.number.store(nr.get(), Relaxed);
                self.map.publish(*nr, NonNull::from(&*object));
            })
        };

        match nr {
            Ok(nr) => Some((nr, object)),
            Err(err) if want.is_some() && err == EEXIST => None,
            Err(_) => {
                count(&self.out_of_memory);
                None
            }
        }
    }

    fn write(&self, seed: u32) {
        let mut random = Random(seed);

        for _ in 0..ROUNDS {
            let mut held = [const { None }; HELD];

            for slot in &mut held {
                *slot = self.take(&mut random);
            }
            for (nr, object) in held.iter().flatten() {
                if object.number.load(Relaxed) != nr.get() {
                    count(&self.duplicate);
                }
                let released = self.map.release(*nr);
                if released != Some(NonNull::from(&**object)) {
                    count(&self.released_another);
                }
            }
            rcu::synchronize_rcu();
            for (_, object) in held.iter().flatten() {
                object.state.store(DEAD, Relaxed);
            }
        }
        self.writing.fetch_sub(1, Full);
    }

    /// Whether a found object is one that may be found, as `nr` if that is given.
    fn check(&self, object: NonNull<Object>, nr: Option<u32>, _: &rcu::Guard) -> u32 {
        // SAFETY: Found under the guard, and writers keep objects for a grace period.
        let object = unsafe { object.as_ref() };
        let number = object.number.load(Relaxed);

        if object.state.load(Relaxed) != ALIVE {
            count(&self.found_freed);
        }
        if nr.is_some_and(|nr| nr != number) {
            count(&self.found_another);
        }
        count(&self.found);
        number
    }

    fn read(&self, seed: u32) {
        let mut random = Random(seed);

        while self.writing.load(Relaxed) > 0 {
            for _ in 0..200 {
                let nr = Self::somewhere(&mut random);
                let guard = rcu::read_lock();

                if let Some(nr) = Number::new(nr) {
                    if let Some(object) = self.map.find(nr, &guard) {
                        self.check(object, Some(nr.get()), &guard);
                    }
                }
            }
            for nr in FIXED {
                let guard = rcu::read_lock();
                let object = Number::new(nr).and_then(|nr| self.map.find(nr, &guard));

                match object {
                    Some(object) => {
                        self.check(object, Some(nr), &guard);
                    }
                    None => count(&self.missed),
                }
            }
            self.walk();
            // Let others run, where a kernel thread is not preempted.
            fsleep(Delta::from_micros(100));
        }
    }

    /// Goes through all numbers in order. Those that are there throughout are among them.
    fn walk(&self) {
        let mut from = Number::INIT;
        let mut fixed = FIXED.iter().copied().peekable();

        loop {
            let guard = rcu::read_lock();
            let Some(object) = self.map.find_ge(from, &guard) else {
                break;
            };
            let nr = self.check(object, None, &guard);

            if nr < from.get() {
                count(&self.out_of_order);
                return;
            }
            while let Some(fixed_nr) = fixed.next_if(|fixed| *fixed <= nr) {
                if fixed_nr < nr {
                    count(&self.missed);
                }
            }
            match Number::new(nr + 1) {
                Some(next) => from = next,
                None => break,
            }
        }
        if fixed.next().is_some() {
            count(&self.missed);
        }
    }
}

/// Runs a task on a queue of the kernel. Returns what is completed when it is done.
fn spawn(
    stress: &Arc<Stress>,
    task: impl FnOnce(&Stress) + Send + 'static,
) -> Result<Arc<Completion>> {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let (stress, told) = (stress.clone(), done.clone());

    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        task(&stress);
        told.complete_all();
    })?;
    Ok(done)
}

fn stress() -> Result<Arc<Stress>> {
    let stress = Arc::new(
        Stress {
            map: KBox::pin_init(PidMap::new((), None), GFP_KERNEL)?,
            writing: Atomic::new(0),
            out_of_memory: Atomic::new(0),
            duplicate: Atomic::new(0),
            released_another: Atomic::new(0),
            found_another: Atomic::new(0),
            found_freed: Atomic::new(0),
            missed: Atomic::new(0),
            out_of_order: Atomic::new(0),
            found: Atomic::new(0),
        },
        GFP_KERNEL,
    )?;
    let mut fixed = KVec::new();

    for nr in FIXED {
        let object = KBox::new(
            Object {
                number: Atomic::new(nr),
                state: Atomic::new(ALIVE),
            },
            GFP_KERNEL,
        )?;
        stress
            .map
            .assign(Number::new(nr), LIMIT, NonNull::from(&*object), |_| ())?;
        fixed.push(object, GFP_KERNEL)?;
    }

    let mut tasks = KVec::new();
    // 1, and an odd number of others for each.
    let mut seed = 1;
    for _ in 0..WRITERS {
        seed += 2;
        stress.writing.fetch_add(1, Relaxed);
        tasks.push(
            spawn(&stress, move |stress| stress.write(seed))?,
            GFP_KERNEL,
        )?;
    }
    for _ in 0..READERS {
        seed += 2;
        tasks.push(spawn(&stress, move |stress| stress.read(seed))?, GFP_KERNEL)?;
    }
    for done in tasks {
        done.wait_for_completion();
    }

    for object in fixed {
        if let Some(nr) = Number::new(object.number.load(Relaxed)) {
            stress.map.release(nr);
        }
    }
    Ok(stress)
}

#[kunit_tests(pspace_pid_map_stress)]
mod tests {
    use super::*;

    #[test]
    fn readers_find_what_is_there_and_nothing_else_beside_writers() -> Result {
        let stress = stress()?;

        assert_eq!(stress.out_of_memory.load(Relaxed), 0);
        assert_eq!(stress.duplicate.load(Relaxed), 0);
        assert_eq!(stress.released_another.load(Relaxed), 0);
        assert_eq!(stress.found_another.load(Relaxed), 0);
        assert_eq!(stress.found_freed.load(Relaxed), 0);
        assert_eq!(stress.missed.load(Relaxed), 0);
        assert_eq!(stress.out_of_order.load(Relaxed), 0);
        assert!(stress.found.load(Relaxed) > 0);
        assert_eq!(stress.map.usage().count, 0);
        Ok(())
    }
}
