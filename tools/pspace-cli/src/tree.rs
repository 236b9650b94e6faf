// SPDX-License-Identifier: GPL-2.0
//! Trees, of processes and of spaces.

use std::collections::HashMap;
use std::hash::Hash;

/// The order of a tree: the place of each and how deep it is, a parent before its children. Each
/// is a name and that of its parent, which need not be there. Who comes and goes while a list is
/// read may make a circle: each is there once all the same.
pub fn preorder<T: Eq + Hash>(
    rows: impl IntoIterator<Item = (T, Option<T>)>,
) -> Vec<(usize, usize)> {
    let (names, parents): (Vec<T>, Vec<Option<T>>) = rows.into_iter().unzip();
    let places: HashMap<&T, usize> =
        names.iter().enumerate().map(|(at, name)| (name, at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    let mut roots = Vec::new();
    for (at, parent) in parents.iter().enumerate() {
        match parent.as_ref().and_then(|parent| places.get(parent)) {
            Some(parent) if *parent != at => children[*parent].push(at),
            _ => roots.push(at),
        }
    }

    let mut order = Vec::with_capacity(names.len());
    let mut seen = vec![false; names.len()];
    for root in roots.into_iter().chain(0..names.len()) {
        let mut open = vec![(root, 0)];
        while let Some((at, depth)) = open.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            order.push((at, depth));
            open.extend(children[at].iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    order
}
