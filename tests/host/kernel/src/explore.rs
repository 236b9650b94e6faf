// SPDX-License-Identifier: GPL-2.0

//! What loom explores: the words that are read beside a writer, and RCU.
//!
//! loom tries the orders in which threads may come to such a word, and the values that C's memory
//! model lets each read return. It has words of its own for that, which are found by address here.
//!
//! # How far this is the kernel's memory model
//!
//! - C's is weaker than the kernel's where both have an order, but for one thing: it has no order by
//!   dependency. The load of a pointer, which in the kernel orders what is read *through* it, is an
//!   acquire load here, which orders all that is read behind it. So a bug that needs what is read
//!   behind it, and not through it, is not found. tests/litmus has those orders.
//! - A grace period waits for the sections that began before it, and a section that began later sees
//!   what was done before the grace period did.

use loom::sync::atomic::{AtomicU64, Ordering};
use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

/// A piece of memory.
struct Piece {
    layout: Layout,
    /// The sections that it is freed after, if it was given up.
    given_up: Option<BTreeSet<u64>>,
}

impl Piece {
    fn is_freed(&self) -> bool {
        self.given_up.as_ref().is_some_and(BTreeSet::is_empty)
    }
}

/// All there is in one run of a test. loom's threads are one of the machine's.
struct World {
    words: HashMap<usize, Rc<AtomicU64>>,
    pieces: BTreeMap<usize, Piece>,
    sections: BTreeSet<u64>,
    next_section: u64,
    grace_periods: Rc<AtomicU64>,
}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

fn with_world<T>(look: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| look(world.as_mut().expect("not in explore::run()")))
}

/// Explores what a test does, which ends with the memory that it has begun with.
pub fn run(bound: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();

    builder.preemption_bound = Some(bound);
    builder.max_branches = 100_000;
    builder.check(move || {
        // One that has failed has left it.
        WORLD.set(Some(World {
            words: HashMap::new(),
            pieces: BTreeMap::new(),
            sections: BTreeSet::new(),
            next_section: 0,
            grace_periods: Rc::new(AtomicU64::new(0)),
        }));
        test();
        let world = WORLD.take().expect("it was there");

        for (address, piece) in world.pieces {
            assert!(piece.is_freed(), "memory is left");
            // SAFETY: It is from `allocate()`, and nobody has it any more.
            unsafe {
                dealloc(core::ptr::with_exposed_provenance_mut(address), piece.layout);
            }
        }
    });
}

/// The word that loom has for one of the map's.
pub(crate) fn cell<T: Copy>(word: *const T) -> Rc<AtomicU64> {
    const { assert!(size_of::<T>() <= size_of::<u64>()) };
    touch(word.cast());

    let known = with_world(|world| world.words.get(&word.addr()).cloned());

    known.unwrap_or_else(|| {
        let mut value = 0_u64;

        // SAFETY: It is valid, and nobody has ever written to it but who has made it: that goes to
        // loom's.
        unsafe {
            word.cast::<u8>().copy_to_nonoverlapping((&raw mut value).cast(), size_of::<T>());
        }
        let new = Rc::new(AtomicU64::new(value));

        with_world(|world| world.words.insert(word.addr(), new.clone()));
        new
    })
}

/// A volatile access, as loom has to see it. The sources are compiled with these two in the place
/// of the ones of the language.
pub trait Visible<T> {
    /// `read_volatile()`.
    ///
    /// # Safety
    ///
    /// The same.
    unsafe fn read_visibly(self) -> T;

    /// `write_volatile()`.
    ///
    /// # Safety
    ///
    /// The same.
    unsafe fn write_visibly(self, value: T);
}

impl<T: Copy> Visible<T> for *mut T {
    unsafe fn read_visibly(self) -> T {
        // What is read through a pointer depends on it.
        let order = match core::any::type_name::<T>().starts_with("*mut ") {
            true => Ordering::Acquire,
            false => Ordering::Relaxed,
        };
        let value = cell(self).load(order);

        // SAFETY: It is not larger, and was made from a value of the type. (The machine has its
        // low byte first.)
        unsafe { (&raw const value).cast::<T>().read() }
    }

    unsafe fn write_visibly(self, value: T) {
        let mut raw = 0_u64;

        // SAFETY: It is not larger.
        unsafe { (&raw mut raw).cast::<T>().write(value) };
        cell(self).store(raw, Ordering::Relaxed);
    }
}

/// Returns zeroed memory.
pub fn allocate(size: usize, align: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size, align).expect("no such layout");
    // SAFETY: What is allocated has a size.
    let piece = unsafe { alloc_zeroed(layout) };

    with_world(|world| {
        world.pieces.insert(piece.expose_provenance(), Piece { layout, given_up: None })
    });
    // Made by who allocates, not by a reader who comes to them first: loom tells a word that
    // somebody comes to who cannot know that it was made.
    for word in (0..size).step_by(size_of::<u64>()) {
        cell(piece.wrapping_add(word).cast::<u64>());
    }
    piece
}

/// Fails if the memory was freed.
pub fn touch(address: *const u8) {
    with_world(|world| {
        let address = address.addr();

        if let Some((start, piece)) = world.pieces.range(..=address).next_back() {
            let inside = address - start < piece.layout.size();

            assert!(!(inside && piece.is_freed()), "use after free");
        }
    });
}

fn give_up(piece: *mut u8, wait: bool) {
    with_world(|world| {
        let sections = match wait {
            true => world.sections.clone(),
            false => BTreeSet::new(),
        };
        let piece = world.pieces.get_mut(&piece.addr()).expect("was never allocated");

        assert!(piece.given_up.is_none(), "freed twice");
        piece.given_up = Some(sections);
    });
}

/// Frees at once, as nothing should.
///
/// # Safety
///
/// It is from [`allocate`].
pub unsafe fn free(piece: *mut u8) {
    give_up(piece, false);
}

/// Frees when the sections that are open have ended.
///
/// # Safety
///
/// It is from [`allocate`].
pub unsafe fn free_after_grace_period(piece: *mut u8) {
    // Sections that begin later see what was before.
    with_world(|world| world.grace_periods.clone()).fetch_add(1, Ordering::Release);
    give_up(piece, true);
}

pub(crate) fn begin_section() -> u64 {
    // The last value, and by it what was before that. It orders nothing else.
    with_world(|world| world.grace_periods.clone()).fetch_add(0, Ordering::Acquire);
    with_world(|world| {
        world.next_section += 1;
        world.sections.insert(world.next_section);
        world.next_section
    })
}

pub(crate) fn end_section(section: u64) {
    WORLD.with_borrow_mut(|world| {
        // It is gone if a test has failed.
        let Some(world) = world else { return };

        world.sections.remove(&section);
        for piece in world.pieces.values_mut() {
            if let Some(sections) = &mut piece.given_up {
                sections.remove(&section);
            }
        }
    });
}
