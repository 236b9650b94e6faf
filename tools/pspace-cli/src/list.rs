// SPDX-License-Identifier: GPL-2.0
//! `ls` and `ps`: what there is.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use pspace::tables::{SpaceRow, TaskRow, spaces, tasks};
use pspace::{Nr, Pair, Space, SpaceId, Usage, arguments, now, printable, usage};
use serde::Serialize;
use tabwriter::TabWriter;

use crate::arguments::{Column, Ls, Ps};
use crate::failure::{Failure, Outcome};
use crate::tree::preorder;

/// What stands where there is nothing.
const NONE: &str = "-";

/// How deep a tree is drawn: who nests deeper is beside that.
pub const DEEPEST: usize = 50;

const COLUMNS: [Column; 10] = [
    Column::Pair,
    Column::Path,
    Column::Wid,
    Column::Parent,
    Column::User,
    Column::State,
    Column::Time,
    Column::Rss,
    Column::Age,
    Column::Command,
];

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NONE.into(), |value| value.to_string())
}

/// Print lines of words as columns, below the names of these.
pub fn table<T: ToString>(
    header: impl IntoIterator<Item = T>,
    lines: impl Iterator<Item = Vec<String>>,
) -> io::Result<()> {
    let header = header.into_iter().map(|name| name.to_string()).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut aligned = TabWriter::new(&mut out).padding(2);
    for line in std::iter::once::<Vec<String>>(header).chain(lines) {
        writeln!(aligned, "{}", line.join("\t"))?;
    }
    aligned.flush()?;
    drop(aligned);
    out.flush()
}

fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    out.flush()
}

/// List spaces.
pub fn ls(ls: &Ls) -> Outcome {
    let rows = spaces()?;

    if ls.json {
        json(&rows)?;
        return Ok(0);
    }
    let header =
        ["SPACE", "PARENT", "INIT", "MEMBERS", "POLICY", "ISOLATION", "PID_MAX", "CREATOR"];
    table(header, rows.into_iter().map(space_line))?;
    Ok(0)
}

fn space_line(row: SpaceRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        or_none(row.parent),
        or_none(row.parent.zip(row.init).map(|(space, nr)| Pair { space, nr })),
        or_none(row.members),
        or_none(row.policy),
        or_none(row.isolation),
        or_none(row.pid_max),
        or_none(row.creator),
    ]
}

/// A process, as JSON has it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct Line {
    pub pair: Pair,
    pub path: Option<String>,
    pub wid: Option<Nr>,
    pub parent: Option<Pair>,
    pub uid: u32,
    pub state: char,
    pub cpu_seconds: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub age_seconds: Option<u64>,
    pub command: String,
}

/// A process, and what it has used.
struct Shown {
    task: TaskRow,
    usage: Option<Usage>,
    age: Option<Duration>,
}

impl Shown {
    fn new(task: TaskRow, now: Duration, with_usage: bool) -> Self {
        let usage = with_usage.then(|| usage(task.pair)).flatten();
        let age = usage.map(|usage| now.saturating_sub(usage.start));

        Shown { task, usage, age }
    }

    fn word(&self, column: Column, users: &Users) -> String {
        let task = &self.task;
        match column {
            Column::Pair => task.pair.to_string(),
            Column::Path => or_none(task.path.as_ref()),
            Column::Wid => or_none(task.wid),
            Column::Parent => or_none(task.parent),
            Column::Space => task.pair.space.to_string(),
            Column::Pid => task.pair.nr.to_string(),
            Column::User => users.name(task.uid),
            Column::Uid => task.uid.to_string(),
            Column::State => task.state.to_string(),
            Column::Time => or_none(self.usage.map(|usage| clock(usage.cpu))),
            Column::Rss => or_none(self.usage.map(|usage| usage.rss / 1024)),
            Column::Age => or_none(self.age.map(clock)),
            Column::Command => printable(&task.command),
            Column::Args => arguments(task.pair).map_or_else(
                // As ps has those of the kernel, which have none.
                || format!("[{}]", printable(&task.command)),
                |arguments| printable(&arguments),
            ),
        }
    }

    fn line(&self) -> Line {
        Line {
            pair: self.task.pair,
            wid: self.task.wid,
            parent: self.task.parent,
            uid: self.task.uid,
            state: self.task.state,
            cpu_seconds: self.usage.map(|usage| usage.cpu.as_secs_f64()),
            rss_bytes: self.usage.map(|usage| usage.rss),
            age_seconds: self.age.map(|age| age.as_secs()),
            command: printable(&self.task.command),
            path: self.task.path.clone(),
        }
    }
}

/// Those processes that can be seen, or those of one space.
pub fn tasks_of(space: Option<SpaceId>) -> pspace::Result<Vec<TaskRow>> {
    let mut rows = tasks()?;
    if let Some(id) = space {
        rows.retain(|row| row.pair.space == id);
        if rows.is_empty() && !Space::exists(id) {
            return Err(pspace::Error::NoSpace(id));
        }
    }
    Ok(rows)
}

/// List processes.
pub fn ps(ps: &Ps) -> Outcome {
    let columns = if ps.columns.is_empty() { &COLUMNS[..] } else { &ps.columns };
    let used = [Column::Time, Column::Rss, Column::Age];
    let with_usage =
        ps.json || ps.filter.is_some() || columns.iter().any(|column| used.contains(column));
    let now = now();
    let rows = tasks_of(ps.space)?;

    let mut shown: Vec<Shown> =
        rows.into_iter().map(|row| Shown::new(row, now, with_usage)).collect();
    let users = Users::new();
    if let Some(filter) = &ps.filter {
        let mut kept = Vec::new();
        for row in shown {
            let user = users.name(row.task.uid);
            if filter.is_true(&row.line(), &user).map_err(Failure::Filter)? {
                kept.push(row);
            }
        }
        shown = kept;
    }
    if ps.json {
        json(&shown.iter().map(Shown::line).collect::<Vec<_>>())?;
        return Ok(0);
    }

    let order = if ps.tree { tree(&shown) } else { (0..shown.len()).map(|at| (at, 0)).collect() };
    let header = columns.iter().map(|column| format!("{column:?}").to_uppercase());
    let lines = order.into_iter().map(|(at, depth)| {
        let word = |column: &Column| match column {
            Column::Command | Column::Args => {
                "  ".repeat(depth.min(DEEPEST)) + &shown[at].word(*column, &users)
            }
            column => shown[at].word(*column, &users),
        };
        columns.iter().map(word).collect()
    });
    table(header, lines)?;
    Ok(0)
}

/// The processes as a tree, across spaces.
fn tree(shown: &[Shown]) -> Vec<(usize, usize)> {
    preorder(shown.iter().map(|row| (row.task.pair, row.task.parent)))
}

/// Names of users, as far as the machine's own file has them.
pub struct Users(HashMap<u32, String>);

impl Users {
    /// As they are now.
    pub fn new() -> Self {
        let text = std::fs::read("/etc/passwd").unwrap_or_default();
        Users(parse_users(&String::from_utf8_lossy(&text)))
    }

    /// The name of a user, or the number.
    pub fn name(&self, uid: u32) -> String {
        self.0.get(&uid).map_or_else(|| uid.to_string(), |name| printable(name.as_bytes()))
    }
}

fn parse_users(text: &str) -> HashMap<u32, String> {
    let user = |line: &str| {
        let mut words = line.split(':');
        let name = words.next()?;
        Some((words.nth(1)?.parse().ok()?, name.to_string()))
    };
    // The first of a number counts, as it does for who asks the C library.
    text.lines().rev().filter_map(user).collect()
}

/// A time as ps has it: [[days-]hours:]minutes:seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes, rest) =
        (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes:02}:{rest:02}"),
        (0, _) => format!("{hours:02}:{minutes:02}:{rest:02}"),
        _ => format!("{days}-{hours:02}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(pair: &str, parent: Option<&str>) -> Shown {
        let task = TaskRow {
            pair: pair.parse().unwrap(),
            wid: None,
            parent: parent.map(|parent| parent.parse().unwrap()),
            state: 'S',
            uid: 0,
            command: b"x".to_vec(),
            path: None,
        };
        Shown { task, usage: None, age: None }
    }

    fn order(rows: &[Shown]) -> Vec<(String, usize)> {
        tree(rows).into_iter().map(|(at, depth)| (rows[at].task.pair.to_string(), depth)).collect()
    }

    #[test]
    fn children_stand_below_their_parents_across_spaces() {
        let rows = [
            task("4:1", None),
            task("4:9", Some("4:1")),
            task("57:1", Some("4:1")),
            task("57:2", Some("57:1")),
        ];
        let expected = [("4:1", 0), ("4:9", 1), ("57:1", 1), ("57:2", 2)];
        assert_eq!(order(&rows), expected.map(|(pair, depth)| (pair.to_string(), depth)));
    }

    #[test]
    fn whose_parent_is_not_shown_is_at_the_left() {
        assert_eq!(order(&[task("57:2", Some("57:1"))]), [("57:2".to_string(), 0)]);
    }

    #[test]
    fn a_circle_is_shown_once() {
        let rows = [task("4:1", Some("4:2")), task("4:2", Some("4:1")), task("4:3", Some("4:3"))];
        let shown = order(&rows);
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn times_are_as_ps_has_them() {
        for (seconds, text) in
            [(0, "00:00"), (61, "01:01"), (3600, "01:00:00"), (90061, "1-01:01:01")]
        {
            assert_eq!(clock(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn the_first_user_of_a_number_counts() {
        let users =
            parse_users("root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad\nann:x:1000:1000:::\n");
        assert_eq!((users.get(&0).map(String::as_str), users.len()), (Some("root"), 2));
    }
}
