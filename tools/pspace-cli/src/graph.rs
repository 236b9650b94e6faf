// SPDX-License-Identifier: GPL-2.0
//! `graph`: the tree of spaces as a drawing.

use std::collections::HashMap;
use std::io::{self, Write};

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::geometry::{get_size_for_str, pad_shape_scalar};
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use pspace::tables::{SpaceRow, TaskRow, spaces, tasks};
use pspace::{SpaceId, printable};

use crate::failure::Outcome;
use crate::tree::preorder;

/// The space between a word and the border of its box.
const PADDING: f64 = 20.0;

/// Draw the tree of spaces.
pub fn graph() -> Outcome {
    let drawing = draw(&spaces()?, &tasks()?);
    let mut out = io::stdout().lock();
    writeln!(out, "{drawing}")?;
    out.flush()?;
    Ok(0)
}

/// A box for each space, and an arrow to it from that of which it is a part, with the path of who
/// created it.
fn draw(spaces: &[SpaceRow], tasks: &[TaskRow]) -> String {
    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    let mut nodes = HashMap::new();
    let mut counts: HashMap<SpaceId, usize> = HashMap::new();
    for task in tasks {
        *counts.entry(task.pair.space).or_default() += 1;
    }
    // In this order no arrows cross, and the optimiser, which takes long, has nothing to do.
    for (at, _) in preorder(spaces.iter().map(|row| (row.id, row.parent))) {
        let space = &spaces[at];
        let first = tasks.iter().find(|task| task.pair.space == space.id && task.pair.nr == 1);
        let text = words(space, first, counts.get(&space.id).copied().unwrap_or(0));
        let style = StyleAttr::simple();
        let size = pad_shape_scalar(get_size_for_str(&text, style.font_size), PADDING);
        let shape = ShapeKind::new_box(&text);
        let element = Element::create(shape, style, Orientation::TopToBottom, size);
        nodes.insert(space.id, graph.add_node(element));
    }
    for space in spaces {
        let parent = space.parent.and_then(|parent| nodes.get(&parent));
        if let (Some(parent), Some(node)) = (parent, nodes.get(&space.id)) {
            let arrow = Arrow::simple(space.creator.as_deref().unwrap_or_default());
            graph.add_edge(arrow, *parent, *node);
        }
    }
    let mut svg = SVGWriter::new();
    graph.do_it(false, true, false, &mut svg);
    svg.finalize()
}

fn words(space: &SpaceRow, first: Option<&TaskRow>, count: usize) -> String {
    let mut lines = vec![format!("space {}", space.id)];
    lines.extend(first.map(|task| format!("1: {}", printable(&task.command))));
    lines.push(match count {
        1 => "1 process".into(),
        count => format!("{count} processes"),
    });
    lines.extend(space.policy.as_ref().map(|policy| format!("policy {policy}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(id: &str, parent: Option<&str>) -> SpaceRow {
        SpaceRow {
            id: id.parse().unwrap(),
            parent: parent.map(|parent| parent.parse().unwrap()),
            init: None,
            members: None,
            policy: None,
            isolation: None,
            pid_max: None,
            creator: parent.map(|_| "1200".into()),
        }
    }

    #[test]
    fn a_name_is_a_name_in_a_drawing_too() {
        let spaces = [space("4", None), space("57", Some("4"))];
        let task = TaskRow {
            pair: "57:1".parse().unwrap(),
            wid: None,
            parent: None,
            state: 'S',
            uid: 0,
            command: b"<script>\"".to_vec(),
            path: None,
        };
        let svg = draw(&spaces, &[task]);
        for text in ["space 57", "1200", "1 process", "0 processes", "&lt;script&gt;"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert!(!svg.contains("<script"));
        assert!(svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn many_are_drawn_once_each() {
        let mut all = vec![space("1", None)];
        all.extend((2..200).map(|id: u32| space(&id.to_string(), Some(&(id / 2).to_string()))));
        assert_eq!(draw(&all, &[]).matches("space ").count(), 199);
    }
}
