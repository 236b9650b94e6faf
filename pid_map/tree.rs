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
//! - A number that is in the map throughout is found. Each node above it is not empty, so that it
//!   stays where it is; a node may be put in between, which leads to the number before anybody can
//!   come across it.
//! - A node that gets empty is kept for the next slot that needs one, and may be put there at once.
//!   A reader who is in it still goes on from there and finds what has another number. Memory is
//!   never taken for what it is not: a slot's word tells what it points to, and nodes and objects
//!   are freed a grace period after they were taken out.
//!
//! A node with a single entry left stays. So there is at most one node at each of the four levels
//! for a number, and a fork and exit in a loop allocates none.

use super::{
    cache::Loose,
    level::{
        Level,
        BITS, //
    },
    node::{
        Entry,
        Kind,
        Node,
        Slot, //
    },
    number::{
        Number,
        Numbered, //
    }, //
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
    depth: T::Depth,
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

impl Right {
    fn borrow(&self) -> Borrowed<'_> {
        Borrowed(PhantomData)
    }
}

/// The right, borrowed. It has no size, unlike a reference, so that it costs nothing to pass it on.
#[derive(Clone, Copy)]
struct Borrowed<'a>(PhantomData<&'a Right>);

/// Nodes in hand for the next slots that need one.
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
    /// What a tree can cover.
    const ALL: Self = Self {
        first: 0,
        end: 1 << (Level::COUNT as u32 * BITS),
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

    fn includes(self, other: Self) -> bool {
        self.first <= other.first && other.end <= self.end
    }
}

impl<T: Numbered> Tree<T> {
    /// Returns an empty tree for the numbers that objects have at `depth`, and the right to change
    /// it, which must be kept with it.
    pub(super) fn new(depth: T::Depth) -> (Self, Writer) {
        (
            Self {
                root: Slot::empty(),
                depth,
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
        unsafe { object.as_ref() }.number(self.depth)
    }

    /// Returns what is published as `nr`.
    #[inline]
    pub(super) fn find(&self, nr: Number, _: &rcu::Guard) -> Option<NonNull<T>> {
        let mut entry = self.root.load();

        while let Some((node, level)) = entry.as_node() {
            // SAFETY: A node is valid for a grace period after it was taken out of the slot where
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
        // ends in an object or with the numbers that `span` covers done. A span is always within
        // the one before, so that a search that strays does not go past numbers that it has not
        // been near.
        while Span::ALL.contains(from) {
            let mut span = Span::ALL;
            let mut entry = self.root.load();

            loop {
                match entry.kind::<T>() {
                    Kind::Node(node, level) => {
                        // SAFETY: As in `find()`.
                        let node = unsafe { node.as_ref() };
                        let own = Span::of(node, level);

                        // The node is in another slot by now: there was nothing in this one that
                        // has been there throughout.
                        if !span.includes(own) {
                            break;
                        }
                        from = from.max(own.first);
                        if !own.contains(from) {
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
    fn number_in(&self, _: Borrowed<'_>, entry: Entry) -> Option<u32> {
        match entry.kind::<T>() {
            // SAFETY: What the writer finds is published.
            Kind::Object(object) => Some(unsafe { self.number_of(object) }),
            Kind::Reserved(nr) => Some(nr.get()),
            Kind::Node(..) | Kind::Empty => None,
        }
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
            if self.number_in(writer.right.borrow(), entry) != Some(nr) {
                break;
            }
            nr += 1;
        }

        Number::new(nr).filter(|nr| nr.get() < limit)
    }

    /// Finds the slot for `nr`, and takes a node for it if there must be one. Nothing in the tree
    /// is changed yet.
    pub(super) fn vacancy<'a>(
        &'a self,
        writer: &'a mut Writer,
        nr: Number,
    ) -> Result<Vacancy<'a>, Refused> {
        let Writer { right, spares } = writer;
        let right = right.borrow();
        let descent = Descent::to(&self.root, right, nr.get());
        let there = descent.end.load();

        // What is there: a number that it has, the level at which it fills a slot, and whether with
        // no number left free.
        let (other, filled, full) = match there.kind::<T>() {
            Kind::Empty => {
                return Ok(Vacancy {
                    root: &self.root,
                    right,
                    descent,
                    beside: None,
                })
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

        // A node for both, at the level at which they part.
        let node = spares.take().ok_or(Refused::NoNode)?;
        let level = Level::parting(other, nr.get());

        node.settle(level, nr.get());
        node.put(level.digit(other), there, full && level == filled);
        Ok(Vacancy {
            root: &self.root,
            right,
            descent,
            beside: Some((node, level)),
        })
    }

    /// Publishes `object` as `nr`, which is reserved.
    pub(super) fn publish(&self, writer: &mut Writer, nr: Number, object: NonNull<T>) {
        let end = Descent::to(&self.root, writer.right.borrow(), nr.get()).end;

        if end.load() == Entry::reserved(nr) {
            end.store(Entry::object(object));
        }
    }

    /// Takes `nr` out of the tree, and with it the nodes that get empty. Returns what was there, or
    /// `None` if nothing was, and nodes that are not needed.
    #[inline]
    pub(super) fn remove(
        &self,
        writer: &mut Writer,
        nr: Number,
    ) -> (Option<Entry>, Option<Surplus>) {
        let right = writer.right.borrow();
        let descent = Descent::to(&self.root, right, nr.get());
        let entry = descent.end.load();

        if self.number_in(right, entry) != Some(nr.get()) {
            return (None, None);
        }
        match descent.lowest {
            None => self.root.clear(),
            Some(Cover { node, level }) => {
                let digit = level.digit(nr.get());

                if node.has_but(digit) || node.is_full() {
                    return (Some(entry), Some(self.remove_upwards(writer, nr)));
                }
                node.clear(digit);
                node.unmark_full(digit);
            }
        }
        (Some(entry), None)
    }

    /// Takes out `nr`, which is in the tree and the last one in its node, or the first one to get
    /// free there.
    #[cold]
    fn remove_upwards(&self, writer: &mut Writer, nr: Number) -> Surplus {
        let Writer { right, spares } = writer;
        let mut surplus = [const { None }; Level::COUNT];
        let mut gone = true;

        for (Cover { node, level }, surplus) in Chain::to(&self.root, right.borrow(), nr.get())
            .upwards()
            .zip(&mut surplus)
        {
            let digit = level.digit(nr.get());
            let was_full = node.unmark_full(digit);

            if gone {
                node.clear(digit);
                gone = node.is_empty();
                if gone {
                    // The slot that it is in is the next to be cleared, before anybody else can
                    // take it from the spares.
                    // SAFETY: It was given away by `Vacancy::fill()`, and it is empty.
                    *surplus = spares.give(unsafe { Loose::from_ref(node) });
                }
            } else if !was_full {
                // Then none above was.
                break;
            }
        }
        if gone {
            self.root.clear();
        }
        surplus
    }
}

/// Where a number can be inserted, and what is needed for that.
pub(super) struct Vacancy<'a> {
    root: &'a Slot,
    right: Borrowed<'a>,
    descent: Descent<'a>,
    /// The node for the number and for what is in its slot, and the level of it.
    beside: Option<(Loose, Level)>,
}

impl Vacancy<'_> {
    /// Inserts the number by an entry that has it: an object to be found from now on, or what
    /// reserves the number.
    #[inline]
    pub(super) fn fill(self, entry: Entry) {
        let Descent { nr, lowest, end } = self.descent;

        if let Some((node, level)) = self.beside {
            node.put(level.digit(nr), entry, level == Level::LEAF);
            end.store(Entry::node(node.into_ptr(), level));
            return;
        }
        end.store(entry);
        if let Some(Cover { node, level }) = lowest {
            node.mark_used(level.digit(nr));
            if level == Level::LEAF {
                node.mark_full(level.digit(nr));
                if node.is_full() {
                    mark_full_upwards(self.root, self.right, nr);
                }
            }
        }
    }
}

/// Notes in the nodes above that the one at the lowest level over `nr` has no number left free.
#[cold]
fn mark_full_upwards(root: &Slot, right: Borrowed<'_>, nr: u32) {
    let chain = Chain::to(root, right, nr);
    let mut below: Option<Cover<'_>> = None;

    for cover in chain.upwards() {
        if let Some(below) = below {
            if !below.node.is_full() || cover.level != below.level.above() {
                return;
            }
            cover.node.mark_full(cover.level.digit(nr));
        }
        below = Some(cover);
    }
}

impl<T: Numbered> Drop for Tree<T> {
    fn drop(&mut self) {
        drop_nodes(self.root.load());
    }
}

/// Drops all nodes of a tree that is dropped. It is at most four levels deep.
fn drop_nodes(entry: Entry) {
    let Some((node, _)) = entry.as_node() else {
        return;
    };
    // SAFETY: Nodes are valid as long as the tree is.
    let node = unsafe { node.as_ref() };

    while let Some(digit) = node.next_used(0) {
        drop_nodes(node.slot(digit).load());
        node.clear(digit);
    }
    // SAFETY: A node in the tree was given away by `Vacancy::fill()`; this one is empty now, and the
    // slot that it is in goes with the tree or is cleared by the caller.
    drop(unsafe { Loose::from_ref(node) });
}

/// A node that covers a number.
#[derive(Clone, Copy)]
struct Cover<'a> {
    node: &'a Node,
    level: Level,
}

impl<'a> Cover<'a> {
    /// The node in a slot, if there is one and it covers `nr`.
    #[inline]
    fn in_slot(slot: &Slot, _: Borrowed<'a>, nr: u32) -> Option<Self> {
        let (node, level) = slot.load().as_node()?;
        // SAFETY: The writer keeps the nodes of the tree, and we borrow its right.
        let node = unsafe { node.as_ref() };

        node.covers(level, nr).then_some(Self { node, level })
    }

    /// The slot in it that covers `nr`.
    #[inline]
    fn slot(self, nr: u32) -> &'a Slot {
        self.node.slot(self.level.digit(nr))
    }
}

/// Where a descent from the root through the nodes that cover a number ends.
struct Descent<'a> {
    nr: u32,
    /// The last of the nodes.
    lowest: Option<Cover<'a>>,
    /// Where the number is, if it is in the tree.
    end: &'a Slot,
}

impl<'a> Descent<'a> {
    #[inline]
    fn to(root: &'a Slot, right: Borrowed<'a>, nr: u32) -> Self {
        let mut descent = Self {
            nr,
            lowest: None,
            end: root,
        };

        while let Some(cover) = Cover::in_slot(descent.end, right, nr) {
            descent.lowest = Some(cover);
            descent.end = cover.slot(nr);
        }
        descent
    }
}

/// All nodes that cover a number.
struct Chain<'a> {
    covers: [Option<Cover<'a>>; Level::COUNT],
    len: usize,
}

impl<'a> Chain<'a> {
    fn to(root: &'a Slot, right: Borrowed<'a>, nr: u32) -> Self {
        let mut chain = Self {
            covers: [None; Level::COUNT],
            len: 0,
        };
        let mut end = root;

        while let Some(cover) = Cover::in_slot(end, right, nr) {
            chain.covers[chain.len] = Some(cover);
            chain.len += 1;
            end = cover.slot(nr);
        }
        chain
    }

    /// The nodes, the lowest first.
    fn upwards(&self) -> impl Iterator<Item = Cover<'a>> + '_ {
        self.covers[..self.len].iter().rev().copied().flatten()
    }
}
