// SPDX-License-Identifier: GPL-2.0

//! The trie of a map, by number, six bits a level.
//!
//! It is one in the manner of Patricia (D. R. Morrison, 1968): a level at which all the numbers in
//! a branch agree has no node, so that a number that is alone in what a slot covers is in that slot
//! itself, however large it is. A map of one number has no node at all. A search does not compare
//! on the way down; it goes by the digits of the number it wants, and looks at the end whether
//! what it found *has* that number.
//!
//! That last look is what makes lookups safe beside a writer:
//!
//! - What is returned was published as that number at some moment of the search: nothing is taken
//!   for something else, even if the search has strayed.
//! - A number that is in the map throughout is found. Each node on its way is not empty, so that
//!   it stays where it is; a node may be put in between, which leads to the number before anybody
//!   can see it.
//! - A node that gets empty is kept for the next place that needs one, and may be put there at
//!   once. A reader who is in it still goes on from that place and finds what has another number.
//!   Memory is never taken for what it is not: a slot's word tells what it points to, and nodes and
//!   objects are freed a grace period after they were taken out.
//!
//! A node with a single entry left stays. So there is at most one node at each of the four levels
//! for a number, and a fork and exit in a loop allocates none.

use super::{
    entry::{
        Entry,
        Kind,
        Slot, //
    },
    node::{
        Level,
        Loose,
        Node, //
    },
    Number,
    Numbered, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// A trie of numbers, each with an object.
///
/// # Invariants
///
/// The nodes in it are its own. Each is as [`Node`] says, is not empty, and covers what the slot
/// that it is in covers, or a part of that.
pub(super) struct Tree<T: Numbered> {
    root: Slot,
    place: T::Place,
    _objects: PhantomData<*mut T>,
}

// SAFETY: The tree owns its nodes, which are `Send`. Of the objects it shares references only.
unsafe impl<T: Numbered + Sync> Send for Tree<T> {}

// SAFETY: All that is changed through a shared reference may be read meanwhile, and is changed by the
// one who has the `Writer` only.
unsafe impl<T: Numbered + Sync> Sync for Tree<T> {}

/// The right to change a tree. There is one for each, and the map keeps it under its lock: who
/// borrows it is the only writer, and no node goes away under it.
pub(super) struct Writer {
    right: Right,
    spares: Spares,
}

/// The right itself.
struct Right(());

/// Nodes in hand for the next places that need one.
struct Spares([Option<Loose>; Self::MAX]);

impl Spares {
    /// As many as get empty and are needed again, in turn, where forks and exits go on: one at the
    /// lowest level, and now and then one above.
    const MAX: usize = 2;

    fn take(&mut self) -> Option<Loose> {
        self.0.iter_mut().find_map(Option::take)
    }

    /// Returns a node that is one too many.
    fn give(&mut self, node: Loose) -> Option<Loose> {
        match self.0.iter_mut().find(|spare| spare.is_none()) {
            Some(spare) => {
                *spare = Some(node);
                None
            }
            None => Some(node),
        }
    }
}

impl Writer {
    /// Hands in a node after [`Refused::NoNode`].
    pub(super) fn give(&mut self, node: Loose) -> Option<Loose> {
        self.spares.give(node)
    }
}

/// Why a number could not be inserted. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is in the tree.
    Taken,
    /// The writer has no node in hand: one must be allocated.
    NoNode,
}

/// Nodes that are not needed, to be dropped when the lock was.
pub(super) type Surplus = [Option<Loose>; Level::COUNT];

/// Numbers from `first` on, below `end`.
#[derive(Clone, Copy)]
struct Span {
    first: u32,
    end: u32,
}

impl Span {
    const ALL: Self = Self {
        first: 0,
        end: Number::MAX + 1,
    };

    /// What a node at `level` covers.
    fn of(node: &Node, level: Level) -> Self {
        let first = node.first();

        Self {
            first,
            end: first + level.size(),
        }
    }

    /// What the slot `digit` of a node at `level` covers that covers `self`.
    fn slot(self, level: Level, digit: usize) -> Self {
        // CAST: A digit is less than 64.
        let first = self.first + digit as u32 * level.slot_size();

        Self {
            first,
            end: first + level.slot_size(),
        }
    }

    fn contains(self, nr: u32) -> bool {
        (self.first..self.end).contains(&nr)
    }
}

impl<T: Numbered> Tree<T> {
    /// Returns an empty tree for objects with a number in `place`, and the right to change it,
    /// which must be kept with it.
    pub(super) fn new(place: T::Place) -> (Self, Writer) {
        (
            Self {
                root: Slot::EMPTY,
                place,
                _objects: PhantomData,
            },
            Writer {
                right: Right(()),
                spares: Spares([const { None }; Spares::MAX]),
            },
        )
    }

    /// The number of an object.
    ///
    /// # Safety
    ///
    /// The object was found in the tree, under a guard that is held, or by the writer.
    #[inline]
    unsafe fn number_of(&self, object: NonNull<T>) -> u32 {
        // SAFETY: Who publishes an object promises that it is valid until a grace period after its
        // release, see `Numbered`.
        unsafe { object.as_ref() }.number(self.place)
    }

    /// Returns what is published as `nr`.
    #[inline]
    pub(super) fn find(&self, nr: Number, _: &rcu::Guard) -> Option<NonNull<T>> {
        let mut entry = self.root.load();

        while let Some((node, level)) = entry.as_node() {
            // SAFETY: A node is valid for a grace period after it was taken out of the place where
            // it was found, and the guard is held since.
            entry = unsafe { node.as_ref() }.slot(level.digit(nr.get())).load();
        }
        let object = entry.as_object()?;
        // SAFETY: Found under the guard.
        (unsafe { self.number_of(object) } == nr.get()).then_some(object)
    }

    /// Returns what is published under the smallest number from `from` on.
    pub(super) fn find_ge(&self, from: Number, _: &rcu::Guard) -> Option<NonNull<T>> {
        let mut from = from.get();

        // Each round goes down by `from`, into the first slot that is not empty from there on, and
        // ends in an object or with the numbers that `span` covers done.
        while Span::ALL.contains(from) {
            let mut span = Span::ALL;
            let mut entry = self.root.load();

            loop {
                match entry.kind::<T>() {
                    Kind::Node(node, level) => {
                        // SAFETY: As in `find()`.
                        let node = unsafe { node.as_ref() };
                        let own = Span::of(node, level);

                        from = from.max(own.first);
                        // Nothing from there on, or the node is in another place by now, and there
                        // was nothing in this one that has been there throughout.
                        if !span.contains(own.first) || !own.contains(from) {
                            break;
                        }
                        let Some(digit) = node.next_used(level.digit(from)) else {
                            break;
                        };
                        span = own.slot(level, digit);
                        from = from.max(span.first);
                        entry = node.slot(digit).load();
                    }
                    Kind::Object(object) => {
                        // SAFETY: Found under the guard.
                        let nr = unsafe { self.number_of(object) };

                        if nr >= from && span.contains(nr) {
                            return Some(object);
                        }
                        break;
                    }
                    Kind::Reserved(_) | Kind::Empty => break,
                }
            }
            from = span.end;
        }
        None
    }

    /// The number of an entry, unless that is a node.
    fn number_in(&self, _: &Right, entry: Entry) -> Option<u32> {
        match entry.kind::<T>() {
            // SAFETY: What the writer finds is published.
            Kind::Object(object) => Some(unsafe { self.number_of(object) }),
            Kind::Reserved(nr) => Some(nr.get()),
            Kind::Node(..) | Kind::Empty => None,
        }
    }

    /// Whether `nr` is reserved or published.
    pub(super) fn is_taken(&self, writer: &Writer, nr: Number) -> bool {
        let path = Path::to(&self.root, &writer.right, nr);

        self.number_in(&writer.right, path.end.load()) == Some(nr.get())
    }

    /// Returns the smallest number from `from` on and below `limit` that is not taken.
    pub(super) fn find_free(&self, writer: &Writer, from: u32, limit: u32) -> Option<Number> {
        let mut nr = from;

        'next: while nr < limit {
            let mut entry = self.root.load();

            while let Some((node, level)) = entry.as_node() {
                // SAFETY: The writer keeps the nodes of the tree.
                let node = unsafe { node.as_ref() };
                let own = Span::of(node, level);

                if !own.contains(nr) {
                    break 'next;
                }
                let Some(digit) = node.next_free(level.digit(nr)) else {
                    nr = own.end;
                    continue 'next;
                };
                nr = nr.max(own.slot(level, digit).first);
                entry = node.slot(digit).load();
            }
            if self.number_in(&writer.right, entry) != Some(nr) {
                break;
            }
            nr += 1;
        }

        Number::new(nr).filter(|nr| nr.get() < limit)
    }

    /// Inserts `nr` by an entry that has that number: an object to be found from now on, or what
    /// reserves it.
    pub(super) fn insert(
        &self,
        writer: &mut Writer,
        nr: Number,
        entry: Entry,
    ) -> Result<(), Refused> {
        let Writer { right, spares } = writer;
        let path = Path::to(&self.root, right, nr);
        let there = path.end.load();

        // What is in the way: a number that it has, the level at which it fills a slot, and whether
        // with no number left free.
        let (other, filled, full) = match there.kind::<T>() {
            Kind::Empty => {
                path.end.store(entry);
                path.mark_used();
                return Ok(());
            }
            Kind::Node(node, level) => {
                // SAFETY: The writer keeps the nodes of the tree.
                let node = unsafe { node.as_ref() };
                (node.first(), level.above(), node.is_full())
            }
            // SAFETY: What the writer finds is published.
            Kind::Object(object) => (unsafe { self.number_of(object) }, Level::LEAF, true),
            Kind::Reserved(other) => (other.get(), Level::LEAF, true),
        };
        if filled == Level::LEAF && other == nr.get() {
            return Err(Refused::Taken);
        }

        // A node for both, there where their ways part.
        let node = spares.take().ok_or(Refused::NoNode)?;
        let level = Level::parting(other, nr.get());

        node.settle(level, nr.get());
        node.put(level.digit(other), there, full && level == filled);
        node.put(level.digit(nr.get()), entry, level == Level::LEAF);
        path.end.store(Entry::node(node.into_ptr(), level));
        Ok(())
    }

    /// Publishes `object` as `nr`, which is reserved.
    pub(super) fn publish(&self, writer: &mut Writer, nr: Number, object: NonNull<T>) {
        let end = Path::to(&self.root, &writer.right, nr).end;

        if end.load() == Entry::reserved(nr) {
            end.store(Entry::object(object));
        }
    }

    /// Takes `nr` out of the tree, and with it the nodes that get empty. Returns what was there, or
    /// `None` if nothing was, and nodes that are not needed.
    pub(super) fn remove(&self, writer: &mut Writer, nr: Number) -> (Option<Entry>, Surplus) {
        let Writer { right, spares } = writer;
        let mut surplus = [const { None }; Level::COUNT];
        let path = Path::to(&self.root, right, nr);
        let entry = path.end.load();

        if self.number_in(right, entry) != Some(nr.get()) {
            return (None, surplus);
        }
        let emptied = path.clear(&self.root);
        for (node, surplus) in emptied.into_iter().flatten().zip(&mut surplus) {
            // SAFETY: A node in the tree was given away by `insert()`; this one is empty, and
            // `clear()` has cleared the slot that it was in.
            *surplus = spares.give(unsafe { Loose::from_ptr(node) });
        }
        (Some(entry), surplus)
    }
}

impl<T: Numbered> Drop for Tree<T> {
    fn drop(&mut self) {
        drop_nodes(self.root.load());
    }
}

/// Drops all nodes of a tree that is dropped. It is at most four levels deep.
fn drop_nodes(entry: Entry) {
    let Some((ptr, _)) = entry.as_node() else {
        return;
    };
    // SAFETY: Nodes are valid as long as the tree is.
    let node = unsafe { ptr.as_ref() };

    while let Some(digit) = node.next_used(0) {
        drop_nodes(node.slot(digit).load());
        node.clear(digit);
    }
    // SAFETY: A node in the tree was given away by `insert()`; this one is empty now, and the slot
    // that it was in goes with the tree or was cleared by the caller.
    drop(unsafe { Loose::from_ptr(ptr) });
}

/// The nodes from the root down that cover a number.
struct Path<'a> {
    nr: u32,
    steps: [Option<Step<'a>>; Level::COUNT],
    len: usize,
    /// Where the number is, if it is in the tree.
    end: &'a Slot,
}

#[derive(Clone, Copy)]
struct Step<'a> {
    ptr: NonNull<Node>,
    node: &'a Node,
    level: Level,
}

impl<'a> Path<'a> {
    fn to(root: &'a Slot, _: &'a Right, nr: Number) -> Self {
        let nr = nr.get();
        let mut path = Self {
            nr,
            steps: [None; Level::COUNT],
            len: 0,
            end: root,
        };

        while let Some((ptr, level)) = path.end.load().as_node() {
            // SAFETY: The writer keeps the nodes of the tree, and we borrow its right.
            let node = unsafe { ptr.as_ref() };

            if !node.covers(level, nr) {
                break;
            }
            path.steps[path.len] = Some(Step { ptr, node, level });
            path.len += 1;
            path.end = node.slot(level.digit(nr));
        }
        path
    }

    /// The nodes, the lowest first.
    fn upwards(&self) -> impl Iterator<Item = Step<'a>> + '_ {
        self.steps[..self.len].iter().rev().copied().flatten()
    }

    /// Notes in the nodes that a number was put to the end, which was empty.
    fn mark_used(&self) {
        let mut steps = self.upwards();
        let Some(lowest) = steps.next() else {
            return;
        };

        lowest.node.mark_used(lowest.level.digit(self.nr));
        if lowest.level != Level::LEAF {
            return;
        }
        lowest.node.mark_full(lowest.level.digit(self.nr));
        let mut below = lowest;
        for step in steps {
            if !below.node.is_full() || step.level != below.level.above() {
                return;
            }
            step.node.mark_full(step.level.digit(self.nr));
            below = step;
        }
    }

    /// Takes the number out. Returns the nodes that are empty now, and in the tree no more.
    fn clear(&self, root: &Slot) -> [Option<NonNull<Node>>; Level::COUNT] {
        let mut emptied = [None; Level::COUNT];
        let mut gone = true;

        for (Step { ptr, node, level }, emptied) in self.upwards().zip(&mut emptied) {
            let digit = level.digit(self.nr);
            let was_full = node.unmark_full(digit);

            if gone {
                node.clear(digit);
                gone = node.is_empty();
                *emptied = gone.then_some(ptr);
            } else if !was_full {
                // Then none above was.
                break;
            }
        }
        if gone {
            root.clear();
        }
        emptied
    }
}
