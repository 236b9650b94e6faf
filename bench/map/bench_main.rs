// SPDX-License-Identifier: GPL-2.0

//! The map of a pspace against the kernel's idr, by time, in the kernel.
//!
//! Loading the module runs it all and prints lines `bench,arm,x,unit,value` to the kernel's log, one
//! for each sample: x is the count of numbers in the map. The arms take turns, so that what the
//! machine does meanwhile hits both. Then loading fails with `EAGAIN`, as there is nothing to stay
//! for.
//!
//! - `find`: a number that is there, chosen at random, and a look into the object that was found,
//!   as each caller in the kernel takes one. The next one waits for it.
//! - `walk`: all numbers in order.
//! - `alloc`: allocate the next number, publish, release: what a fork and an exit do.
//! - `fill`: numbers from nothing, each.

use kernel::{
    prelude::*,
    sync::{
        atomic::Atomic,
        rcu, //
    },
    time::{
        Instant,
        Monotonic, //
    }, //
};

mod idr_arm;
mod map_arm;
#[path = "../../pid_map/mod.rs"]
#[expect(dead_code, reason = "not all of it is measured")]
mod pid_map;

module! {
    type: Bench,
    name: "pid_map_bench",
    authors: ["The pspace authors"],
    description: "Benchmark of the map of a pspace",
    license: "GPL v2",
}

/// All numbers are below, as of `PID_MAX_LIMIT`.
const LIMIT: u32 = 1 << 22;

/// What is in a map: of the size of a cache line, with the number at its beginning.
#[repr(C, align(64))]
pub(crate) struct Object {
    number: Atomic<u32>,
}

/// One of those that are compared.
trait Arm: Sized {
    const NAME: &'static str;

    fn new() -> Result<Self>;

    /// Adds an object under a number, or under the next one.
    fn add(&self, want: Option<u32>, object: &Object) -> Result<u32>;

    fn remove(&self, nr: u32);

    /// Finds a number, and returns it from the object.
    fn find(&self, nr: u32, guard: &rcu::Guard) -> u32;

    /// Finds the next number.
    fn find_ge(&self, nr: u32, guard: &rcu::Guard) -> Option<u32>;
}

/// Which numbers are in a map of a size.
#[derive(Clone, Copy)]
enum Layout {
    /// One after the other.
    Dense,
    /// As far from each other as they can be.
    Spread,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Layout::Dense => "dense",
            Layout::Spread => "spread",
        }
    }

    fn number(self, index: u32, size: u32) -> u32 {
        match self {
            Layout::Dense => 1 + index,
            Layout::Spread => 1 + index * ((LIMIT - 1) / size),
        }
    }
}

const SIZES: [u32; 4] = [100, 10_000, 100_000, 1_000_000];
const SAMPLES: usize = 7;
/// How many operations a sample times at least.
const OPERATIONS: u32 = 200_000;

/// Calls `work` and prints what each of its operations took.
fn sample(
    what: &str,
    layout: Layout,
    arm: &str,
    size: u32,
    operations: u32,
    work: impl FnOnce() -> Result,
) -> Result {
    let start = Instant::<Monotonic>::now();
    work()?;
    let picoseconds = start.elapsed().as_nanos() * 1000 / i64::from(operations);

    pr_info!(
        "map.{}.{},{},{},ns,{}.{:03}\n",
        what,
        layout.name(),
        arm,
        size,
        picoseconds / 1000,
        picoseconds % 1000
    );
    // What was freed a grace period ago is to be had again, and on the account of who freed it.
    rcu::rcu_barrier();
    Ok(())
}

/// What an arm is measured with.
struct Subject<A> {
    arm: A,
    objects: KVVec<Object>,
    /// The numbers in it, in random order.
    numbers: KVVec<u32>,
    layout: Layout,
}

impl<A: Arm> Subject<A> {
    fn new(layout: Layout, size: u32) -> Result<Self> {
        let mut objects = KVVec::with_capacity(size as usize + 1, GFP_KERNEL)?;
        let mut numbers = KVVec::with_capacity(size as usize, GFP_KERNEL)?;

        for index in 0..size {
            objects.push(
                Object {
                    number: Atomic::new(0),
                },
                GFP_KERNEL,
            )?;
            numbers.push(layout.number(index, size), GFP_KERNEL)?;
        }
        // The one that comes and goes.
        objects.push(
            Object {
                number: Atomic::new(0),
            },
            GFP_KERNEL,
        )?;

        // R. A. Fisher and F. Yates, in the form of R. Durstenfeld, 1964; the same order each time.
        let mut random = 88_172_645_463_325_252_u64;
        for index in (1..numbers.len()).rev() {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            numbers.swap(index, (random % (index as u64 + 1)) as usize);
        }

        let subject = Self {
            arm: A::new()?,
            objects,
            numbers,
            layout,
        };
        sample("fill", layout, A::NAME, size, size, || {
            for index in 0..size {
                subject.arm.add(
                    Some(layout.number(index, size)),
                    &subject.objects[index as usize],
                )?;
            }
            Ok(())
        })?;
        Ok(subject)
    }

    fn size(&self) -> u32 {
        self.numbers.len() as u32
    }

    fn measure(&self) -> Result {
        let size = self.size();
        let rounds = OPERATIONS.div_ceil(size);

        sample("find", self.layout, A::NAME, size, rounds * size, || {
            let guard = rcu::read_lock();
            let mut found = 0;

            for _ in 0..rounds {
                for nr in &self.numbers {
                    // Waits for what was found before, and is 0.
                    let nothing = core::hint::black_box(found) >> 31;

                    found = self.arm.find(nr + nothing, &guard);
                    if found != *nr {
                        return Err(EIO);
                    }
                }
            }
            Ok(())
        })?;
        sample("walk", self.layout, A::NAME, size, rounds * size, || {
            let guard = rcu::read_lock();

            for _ in 0..rounds {
                let (mut next, mut seen) = (1, 0);

                while let Some(nr) = self.arm.find_ge(next, &guard) {
                    next = nr + 1;
                    seen += 1;
                }
                if seen != size {
                    return Err(EIO);
                }
            }
            Ok(())
        })?;
        sample("alloc", self.layout, A::NAME, size, OPERATIONS, || {
            let object = &self.objects[size as usize];

            for operation in 0..OPERATIONS {
                let nr = self.arm.add(None, object)?;

                self.arm.remove(nr);
                if operation % 16 == 0 {
                    idr_arm::breathe();
                }
            }
            Ok(())
        })
    }
}

impl<A> Drop for Subject<A> {
    fn drop(&mut self) {
        // Objects must outlive their release by a grace period; nobody reads any more.
        rcu::synchronize_rcu();
    }
}

fn compare(layout: Layout, size: u32) -> Result {
    let map = Subject::<map_arm::MapArm>::new(layout, size)?;
    let idr = Subject::<idr_arm::IdrArm>::new(layout, size)?;

    for _ in 0..SAMPLES {
        map.measure()?;
        idr.measure()?;
    }
    Ok(())
}

struct Bench;

impl kernel::Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: All maps are gone when this function returns.
        let _nodes = unsafe { pid_map::NodeCache::open() }?;

        for size in SIZES {
            for layout in [Layout::Dense, Layout::Spread] {
                compare(layout, size)?;
            }
        }
        pr_info!("done\n");
        Err(EAGAIN)
    }
}
