// SPDX-License-Identifier: GPL-2.0

//! The radix tree of a map: number by number, six bits a level, as high as the largest one needs.
//!
//! Readers go down from the root under RCU. The writer, there is one at a time, keeps in each inner
//! node which of the children are full, so that the search for a free number skips them.

use super::{
    node::{
        child_rcu,
        Expelled,
        Node,
        BITS,
        FANOUT, //
    },
    Number, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        rcu, //
    }, //
};

/// How many levels the tree needs for [`Number::MAX`].
const MAX_LEVELS: usize = (u32::BITS - Number::MAX.leading_zeros()).div_ceil(BITS) as usize;

/// A tree of numbers, each with a pointer that it does not look at.
///
/// # Invariants
///
/// `root` is null or points to a valid node, made from a box that the tree owns. A node stays valid
/// for a grace period after it was root.
pub(super) struct Tree<T> {
    root: Atomic<*mut Node>,
    _objects: PhantomData<*mut T>,
}

// SAFETY: The tree owns its nodes, which are `Send`, and never accesses the objects.
unsafe impl<T> Send for Tree<T> {}

// SAFETY: All that is changed through a shared reference is atomic, and changed by the one who has
// the `Writer` only.
unsafe impl<T> Sync for Tree<T> {}

/// The right to change a tree. There is one for each, and the map keeps it under its lock: who
/// borrows it is the only writer, and no node goes away under it.
pub(super) struct Writer(());

impl<T> Tree<T> {
    /// Returns an empty tree and the right to change it, which must be kept with it.
    pub(super) fn new() -> (Self, Writer) {
        (
            Self {
                root: Atomic::new(core::ptr::null_mut()),
                _objects: PhantomData,
            },
            Writer(()),
        )
    }

    fn root<'a>(&'a self, _: &'a Writer) -> Option<&'a Node> {
        // SAFETY: By the type invariants null or valid, and no other writer replaces it.
        unsafe { self.root.load(Acquire).as_ref() }
    }

    fn root_rcu<'a>(&'a self, _: &'a rcu::Guard) -> Option<&'a Node> {
        // Pairs with the release in `grow()`.
        // SAFETY: By the type invariants null or valid until the guard is dropped.
        unsafe { self.root.load(Acquire).as_ref() }
    }

    /// Returns what is published as `nr`.
    pub(super) fn find(&self, nr: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        let key = nr.get();
        let mut node = self.root_rcu(rcu)?;

        if !node.covers(key) {
            return None;
        }
        while !node.is_leaf() {
            // SAFETY: Found under the guard, from the root on.
            node = unsafe { child_rcu(node, node.index(key), rcu) }?;
        }
        NonNull::new(node.slot(node.index(key)).cast())
    }

    /// Returns what is published under the smallest number from `from` on.
    pub(super) fn find_ge(&self, from: Number, rcu: &rcu::Guard) -> Option<NonNull<T>> {
        let mut key = from.get();

        // Each round goes down to a leaf, or to a node with nothing from `key` on and then to the
        // next number that it does not cover.
        'down: loop {
            let mut node = self.root_rcu(rcu)?;

            if !node.covers(key) {
                return None;
            }
            loop {
                let shift = node.shift();
                let first = node.index(key);
                let used = (first..FANOUT).find(|&index| !node.slot(index).is_null());

                let Some(index) = used else {
                    key = ((key >> shift >> BITS) + 1) << BITS << shift;
                    continue 'down;
                };
                if index != first {
                    key = ((key >> shift) + (index - first)) << shift;
                }
                if node.is_leaf() {
                    if let Some(object) = NonNull::new(node.slot(index).cast()) {
                        return Some(object);
                    }
                    // Released since.
                    continue 'down;
                }
                // SAFETY: Found under the guard, from the root on.
                match unsafe { child_rcu(node, index, rcu) } {
                    Some(child) => node = child,
                    None => continue 'down,
                }
            }
        }
    }

    /// Whether `nr` is reserved or published.
    pub(super) fn is_taken(&self, writer: &Writer, nr: Number) -> bool {
        let leaf = self.path(writer, nr).leaf();

        leaf.is_some_and(|(leaf, index)| leaf.taken() & 1 << index != 0)
    }

    /// Returns the smallest number from `from` on and below `limit` that is not taken.
    pub(super) fn find_free(&self, writer: &Writer, from: u32, limit: u32) -> Option<Number> {
        let mut key = from;

        'down: while key < limit {
            let Some(mut node) = self.root(writer).filter(|root| root.covers(key)) else {
                break;
            };
            loop {
                let shift = node.shift();
                let first = node.index(key);
                let free = !node.taken() & u64::MAX << first;

                if free == 0 {
                    key = ((key >> shift >> BITS) + 1) << BITS << shift;
                    continue 'down;
                }
                let index = free.trailing_zeros();
                if index != first {
                    key = ((key >> shift) + (index - first)) << shift;
                }
                if node.is_leaf() {
                    break 'down;
                }
                // SAFETY: An inner node of the tree, and the writer keeps it.
                match unsafe { node.child(index) } {
                    Some(child) => node = child,
                    // Nothing there is taken.
                    None => break 'down,
                }
            }
        }

        Number::new(key).filter(|nr| nr.get() < limit)
    }

    /// How many nodes [`Tree::take`] would need for `nr`.
    pub(super) fn missing(&self, writer: &Writer, nr: Number) -> usize {
        let levels = levels(nr);
        let height = self.root(writer).map_or(0, |root| root.shift() / BITS + 1) as usize;

        match height {
            0 => levels,
            // New roots on top, and a branch below the topmost: the others are over number 0 only.
            height if levels > height => (levels - height) + (levels - 1),
            height => height - self.path(writer, nr).len,
        }
    }

    /// Marks `nr`, which is free, as taken. Returns `None` if `spares` has fewer nodes than are
    /// missing.
    pub(super) fn take(&self, writer: &mut Writer, nr: Number, spares: &mut Spares) -> Option<()> {
        self.grow(writer, levels(nr), spares)?;

        let mut node = self.path(writer, nr).last()?;
        while !node.is_leaf() {
            let index = node.index(nr.get());

            node.adopt(index, spares.take(node.shift() - BITS)?);
            // SAFETY: An inner node of the tree, and the writer keeps it.
            node = unsafe { node.child(index) }?;
        }

        node.set_taken(node.index(nr.get()), true);
        let mut full = node.is_full();
        for parent in self.path(writer, nr).nodes().rev().skip(1) {
            if !full {
                break;
            }
            parent.set_taken(parent.index(nr.get()), true);
            full = parent.is_full();
        }
        Some(())
    }

    /// Makes the tree at least `levels` high.
    fn grow(&self, writer: &mut Writer, levels: usize, spares: &mut Spares) -> Option<()> {
        let mut height = self.root(writer).map_or(0, |root| root.shift() / BITS + 1) as usize;

        if height == 0 {
            let root = spares.take((levels as u32 - 1) * BITS)?;

            self.root.store(KBox::into_raw(root), Release);
            return Some(());
        }
        while height < levels {
            let root = spares.take(height as u32 * BITS)?;
            let old = self.root.load(Acquire);

            // SAFETY: By the type invariants this is a valid node from a box; the new root owns it
            // from here on, and the tree owns that.
            root.adopt(0, unsafe { KBox::from_raw(old) });
            self.root.store(KBox::into_raw(root), Release);
            height += 1;
        }
        Some(())
    }

    /// Publishes `object` as `nr`, which is taken.
    pub(super) fn set(&self, writer: &mut Writer, nr: Number, object: NonNull<T>) {
        if let Some((leaf, index)) = self.path(writer, nr).leaf() {
            leaf.set_object(index, object.as_ptr().cast());
        }
    }

    /// Marks `nr`, which is taken, as free, and returns what was published as that and the nodes
    /// that are empty now.
    pub(super) fn release(&self, writer: &mut Writer, nr: Number) -> (Option<NonNull<T>>, Emptied) {
        let mut emptied = Emptied([const { None }; MAX_LEVELS]);
        let path = self.path(writer, nr);
        let Some((leaf, index)) = path.leaf() else {
            return (None, emptied);
        };

        let object = NonNull::new(leaf.slot(index).cast());
        leaf.set_object(index, core::ptr::null_mut());
        leaf.set_taken(index, false);

        let mut empty = leaf.is_empty();
        for (level, parent) in path.nodes().rev().skip(1).enumerate() {
            let index = parent.index(nr.get());

            if empty {
                emptied.0[level] = parent.expel(index);
            } else {
                parent.set_taken(index, false);
            }
            empty = parent.is_empty();
        }
        (object, emptied)
    }

    /// The nodes on the way to `nr`, as far as there are any.
    fn path<'a>(&'a self, writer: &'a Writer, nr: Number) -> Path<'a> {
        let mut path = Path {
            nr,
            nodes: [None; MAX_LEVELS],
            len: 0,
        };
        let mut next = self.root(writer).filter(|root| root.covers(nr.get()));

        while let Some(node) = next {
            path.nodes[path.len] = Some(node);
            path.len += 1;
            next = match node.is_leaf() {
                true => None,
                // SAFETY: An inner node of the tree, and the writer keeps it.
                false => unsafe { node.child(node.index(nr.get())) },
            };
        }
        path
    }
}

impl<T> Drop for Tree<T> {
    fn drop(&mut self) {
        let root = *self.root.get_mut();

        if !root.is_null() {
            // SAFETY: By the type invariants it is a box of ours. Readers borrow the tree, so that
            // there are none left.
            drop(unsafe { KBox::from_raw(root) });
        }
    }
}

/// How many levels a tree needs to cover `nr`.
fn levels(nr: Number) -> usize {
    (u32::BITS - nr.get().leading_zeros()).div_ceil(BITS) as usize
}

/// The way from the root to a number.
struct Path<'a> {
    nr: Number,
    nodes: [Option<&'a Node>; MAX_LEVELS],
    len: usize,
}

impl<'a> Path<'a> {
    fn nodes(&self) -> impl DoubleEndedIterator<Item = &'a Node> + '_ {
        self.nodes[..self.len].iter().copied().flatten()
    }

    fn last(&self) -> Option<&'a Node> {
        self.nodes().next_back()
    }

    /// The leaf with the number and the slot in it, if the way leads that far.
    fn leaf(&self) -> Option<(&'a Node, u32)> {
        self.last()
            .filter(|node| node.is_leaf())
            .map(|leaf| (leaf, leaf.index(self.nr.get())))
    }
}

/// Nodes that were taken out of the tree, to be dropped when the lock was.
pub(super) struct Emptied([Option<Expelled>; MAX_LEVELS]);

/// Nodes that were allocated before the lock was taken.
pub(super) struct Spares {
    nodes: [Option<KBox<Node>>; Self::MAX],
    len: usize,
}

impl Spares {
    /// The most that one number can need: a new branch from a new root over all others.
    const MAX: usize = 2 * MAX_LEVELS;

    pub(super) fn new() -> Self {
        Self {
            nodes: [const { None }; Self::MAX],
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Allocates nodes until there are `len`. May sleep.
    pub(super) fn fill(&mut self, len: usize) -> Result {
        while self.len < len {
            self.nodes[self.len] = Some(Node::new()?);
            self.len += 1;
        }
        Ok(())
    }

    fn take(&mut self, shift: u32) -> Option<KBox<Node>> {
        self.len = self.len.checked_sub(1)?;
        Some(Node::with_shift(self.nodes[self.len].take()?, shift))
    }
}
