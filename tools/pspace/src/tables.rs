// SPDX-License-Identifier: GPL-2.0
//! The lists of `/proc/pspace`: all spaces and all processes that can be seen.

use std::collections::HashMap;

use serde::Serialize;

use crate::escape::unescape;
use crate::procfs::read_list;
use crate::{Error, Nr, Pair, Result, SpaceId};

const SPACES: &str = "/proc/pspace/spaces";
const TASKS: &str = "/proc/pspace/tasks";

/// A line of `/proc/pspace/spaces`. What the kernel does not say, or not to this reader, is
/// none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpaceRow {
    /// Never given again.
    pub id: SpaceId,
    /// The namespace it was created in.
    pub parent: Option<SpaceId>,
    /// The number of its pid 1 in that, while there is one.
    pub init: Option<Nr>,
    /// How many numbers are in use.
    pub members: Option<u64>,
    /// What happens to orphans.
    pub policy: Option<String>,
    /// What its members see of what is outside.
    pub isolation: Option<String>,
    /// All numbers are below.
    pub pid_max: Option<u64>,
    /// The path of the process that created it, while that is there.
    pub creator: Option<String>,
}

/// A line of `/proc/pspace/tasks`: a process.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRow {
    /// What it is.
    pub pair: Pair,
    /// Its number in the namespace above its space, if it has one.
    pub wid: Option<Nr>,
    /// Its parent, if that can be seen.
    pub parent: Option<Pair>,
    /// A letter, as `ps` shows it.
    pub state: char,
    /// Its user.
    pub uid: u32,
    /// Its name, which need not be UTF-8.
    pub command: Vec<u8>,
    /// Its path.
    pub path: Option<String>,
}

/// All spaces that can be seen, in the order of their ids.
pub fn spaces() -> Result<Vec<SpaceRow>> {
    parse(SPACES, &read_list(SPACES)?, |row| {
        Ok(SpaceRow {
            id: row.must("id")?,
            parent: row.may("parent")?,
            init: row.may("init")?,
            members: row.may("members")?,
            policy: row.may("policy")?,
            isolation: row.may("isolation")?,
            pid_max: row.may("pid_max")?,
            creator: row.may("creator")?,
        })
    })
}

/// All processes that can be seen, in the order of their pairs.
pub fn tasks() -> Result<Vec<TaskRow>> {
    parse(TASKS, &read_list(TASKS)?, task)
}

fn task(row: &Row<'_>) -> Result<TaskRow> {
    let parent = row.may("ppspace")?.zip(row.may("ppid")?);
    Ok(TaskRow {
        pair: Pair { space: row.must("pspace")?, nr: row.must("pid")? },
        wid: row.may("wid")?,
        parent: parent.map(|(space, nr)| Pair { space, nr }),
        state: row.must("state")?,
        uid: row.must("uid")?,
        command: unescape(row.word("command")?),
        path: row.may("path")?,
    })
}

/// A line, whose words are found by the names of their columns: there may be new ones.
struct Row<'a> {
    file: &'a str,
    columns: &'a HashMap<&'a [u8], usize>,
    words: &'a [&'a [u8]],
}

impl Row<'_> {
    fn word(&self, column: &str) -> Result<&[u8]> {
        self.columns
            .get(column.as_bytes())
            .and_then(|at| self.words.get(*at).copied())
            .ok_or_else(|| Error::format(self.file, format!("a line has no {column}")))
    }

    fn may<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>> {
        let word = self.word(column)?;
        if word == b"-" {
            return Ok(None);
        }
        std::str::from_utf8(word).ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(
            || Error::format(self.file, format!("{column} is '{}'", String::from_utf8_lossy(word))),
        )
    }

    fn must<T: std::str::FromStr>(&self, column: &str) -> Result<T> {
        self.may(column)?.ok_or_else(|| Error::format(self.file, format!("{column} is missing")))
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}

/// Take a list apart: a header line, and one line for each.
fn parse<T>(file: &str, text: &[u8], mut one: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let header = lines.next().ok_or_else(|| Error::format(file, "it is empty"))?;
    let columns = words(header).enumerate().map(|(at, name)| (name, at)).collect();
    let mut all = Vec::new();
    let mut found = Vec::new();
    for line in lines {
        found.clear();
        found.extend(words(line));
        all.push(one(&Row { file, columns: &columns, words: &found })?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "  pspace      pid      wid  ppspace     ppid state    uid command          path\n";

    fn tasks_of(lines: &str) -> Result<Vec<TaskRow>> {
        parse(TASKS, format!("{HEADER}{lines}").as_bytes(), task)
    }

    #[test]
    fn a_process_is_taken_apart() {
        let rows = tasks_of(
            "      57        1     1201        4     1200     S   1000 a\\040b\\134c 1200/1\n",
        )
        .unwrap();
        assert_eq!(
            rows,
            [TaskRow {
                pair: "57:1".parse().unwrap(),
                wid: Some(1201),
                parent: Some("4:1200".parse().unwrap()),
                state: 'S',
                uid: 1000,
                command: b"a b\\c".to_vec(),
                path: Some("1200/1".into()),
            }]
        );
    }

    #[test]
    fn what_is_not_said_is_none() {
        let rows = tasks_of("4 1 - - - S 0 init -\n").unwrap();
        assert_eq!((rows[0].wid, rows[0].parent, rows[0].path.clone()), (None, None, None));
    }

    #[test]
    fn columns_are_found_by_name() {
        let text =
            b"new path command uid state ppid ppspace wid pid pspace\n! 1/2 sh 7 R 1 4 - 2 9\n";
        let rows = parse(TASKS, text, task).unwrap();
        assert_eq!((rows[0].pair.to_string(), rows[0].uid), ("9:2".to_string(), 7));
    }

    #[test]
    fn nonsense_is_an_error_that_names_the_file() {
        for lines in [
            "4 1 - - - S 0\n",
            "x 1 - - - S 0 init 1\n",
            "4 0x1 - - - S 0 init 1\n",
            "- 1 - - - S 0 i 1\n",
        ] {
            let error = tasks_of(lines).unwrap_err().to_string();
            assert!(error.contains(TASKS), "{lines}: {error}");
        }
        assert!(parse(TASKS, b"", task).is_err());
        assert!(tasks_of("").unwrap().is_empty());
    }
}
