// SPDX-License-Identifier: GPL-2.0
//! Names: ids of spaces, pairs, paths and numbers.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{Error, Result};

/// The number of a process in some space: 1 to `i32::MAX`.
pub type Nr = u32;

const ID: &str = "id of a space, such as 57";
const PAIR: &str = "pair of a space and a number, such as 57:3";
const PATH: &str = "path, such as 1200/57/8, 1200.2/57 or @57/3/8";
const NAME: &str = "process: give a number (1200), a pair (57:3) or a path (1200/57/8)";

/// Digits, and nothing else.
fn digits(word: &str) -> Option<u64> {
    let all = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| word.parse().ok()).flatten()
}

fn nr(word: &str, what: &'static str) -> Result<Nr> {
    digits(word)
        .filter(|nr| (1..=i32::MAX as u64).contains(nr))
        .map(|nr| nr as Nr)
        .ok_or_else(|| Error::word(word, what))
}

/// The id of a space, which is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SpaceId(NonZeroU64);

impl SpaceId {
    /// That with a number; there is none with 0.
    pub fn new(id: u64) -> Option<Self> {
        NonZeroU64::new(id).map(SpaceId)
    }

    /// Its number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SpaceId {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        digits(word).and_then(SpaceId::new).ok_or_else(|| Error::word(word, ID))
    }
}

/// A process for good: its space and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The space.
    pub space: SpaceId,
    /// The number in it.
    pub nr: Nr,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.space, self.nr)
    }
}

impl FromStr for Pair {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        let bad = || Error::word(word, PAIR);
        let (space, number) = word.split_once(':').ok_or_else(bad)?;
        Ok(Pair {
            space: space.parse().map_err(|_| bad())?,
            nr: nr(number, PAIR).map_err(|_| bad())?,
        })
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A step of a path: a creator, and which of the spaces that it created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The creator's number in its own space.
    pub nr: Nr,
    /// 1 is the first space that it created.
    pub nth: u32,
}

/// A way from above to a process: over those who created the spaces in between.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    start: Option<SpaceId>,
    steps: Vec<Step>,
    nr: Nr,
}

impl Path {
    /// The directory in `/proc` that it leads to.
    pub(crate) fn directory(&self) -> String {
        let mut way = match self.start {
            Some(space) => format!("/proc/pspace/{space}"),
            None => "/proc".to_string(),
        };
        for step in &self.steps {
            way += &format!("/{}/pspace", step.nr);
            if step.nth > 1 {
                way += &format!(".{}", step.nth);
            }
        }
        way + &format!("/{}", self.nr)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(space) = self.start {
            write!(f, "@{space}/")?;
        }
        for step in &self.steps {
            write!(f, "{}", step.nr)?;
            if step.nth > 1 {
                write!(f, ".{}", step.nth)?;
            }
            f.write_str("/")?;
        }
        write!(f, "{}", self.nr)
    }
}

impl FromStr for Path {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        let bad = |_| Error::word(word, PATH);
        let mut words: Vec<&str> = word.split('/').collect();
        let last = words.pop().unwrap_or_default();
        let start = match words.first().and_then(|first| first.strip_prefix('@')) {
            Some(id) => {
                words.remove(0);
                Some(id.parse().map_err(bad)?)
            }
            None => None,
        };
        let step = |word: &&str| -> Result<Step> {
            let (number, nth) = word.split_once('.').unwrap_or((word, "1"));
            Ok(Step { nr: nr(number, PATH)?, nth: nr(nth, PATH)? })
        };
        let steps = words.iter().map(step).collect::<Result<_>>().map_err(bad)?;
        Ok(Path { start, steps, nr: nr(last, PATH).map_err(bad)? })
    }
}

/// What a process is called: in one of three ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// By its number here, in the caller's own pid namespace.
    Number(Nr),
    /// By its pair.
    Pair(Pair),
    /// By its path.
    Path(Path),
}

impl Name {
    /// The directory in `/proc` that shows it.
    pub(crate) fn directory(&self) -> String {
        match self {
            Name::Number(nr) => format!("/proc/{nr}"),
            Name::Pair(Pair { space, nr }) => format!("/proc/pspace/{space}/{nr}"),
            Name::Path(path) => path.directory(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Number(nr) => nr.fmt(f),
            Name::Pair(pair) => pair.fmt(f),
            Name::Path(path) => path.fmt(f),
        }
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        if word.contains(':') {
            return word.parse().map(Name::Pair);
        }
        if !word.contains('/') {
            return nr(word, NAME).map(Name::Number);
        }
        Ok(match word.parse()? {
            // That is the pair, in other words.
            Path { start: Some(space), steps, nr } if steps.is_empty() => {
                Name::Pair(Pair { space, nr })
            }
            path => Name::Path(path),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(word: &str) -> Name {
        word.parse().unwrap()
    }

    #[test]
    fn a_number_is_one_here() {
        assert_eq!(name("1200"), Name::Number(1200));
        assert_eq!(name("1200").directory(), "/proc/1200");
    }

    #[test]
    fn a_pair_is_a_space_and_a_number() {
        let pair = Pair { space: SpaceId::new(57).unwrap(), nr: 3 };
        assert_eq!(name("57:3"), Name::Pair(pair));
        assert_eq!(name("57:3").directory(), "/proc/pspace/57/3");
        assert_eq!(pair.to_string(), "57:3");
    }

    #[test]
    fn a_path_walks_over_creators() {
        assert_eq!(name("1200/57/8").directory(), "/proc/1200/pspace/57/pspace/8");
        assert_eq!(name("1200.2/57/8").directory(), "/proc/1200/pspace.2/57/pspace/8");
        assert_eq!(name("@57/3/8").directory(), "/proc/pspace/57/3/pspace/8");
    }

    #[test]
    fn a_path_of_one_space_is_a_pair() {
        assert_eq!(name("@57/8"), name("57:8"));
    }

    #[test]
    fn names_are_written_as_they_are_read() {
        for word in ["1", "57:3", "1200/57/8", "1200.2/57/8", "@57/3/8", "@57/3.7/8"] {
            assert_eq!(name(word).to_string(), word);
        }
        assert_eq!(name("1200.1/57").to_string(), "1200/57");
    }

    #[test]
    fn the_limits_of_a_number() {
        assert_eq!(name("2147483647"), Name::Number(2147483647));
        for word in ["0", "2147483648", "99999999999999999999", "57:0", "57:2147483648", "0/1"] {
            assert!(word.parse::<Name>().is_err(), "{word}");
        }
        assert_eq!("18446744073709551615".parse::<SpaceId>().unwrap().get(), u64::MAX);
        assert!("18446744073709551616".parse::<SpaceId>().is_err());
        assert!("0".parse::<SpaceId>().is_err());
    }

    #[test]
    fn what_is_no_name() {
        for word in [
            "", " 1", "+1", "-1", "1x", "self", "57:", ":3", "57:3:1", "57: 3", "/", "1/", "/1",
            "1//2", "1.2", "1.0/2", "1./2", "1.2/3.4", "@/1", "@57", "@x/1", "1/@57/2", "57:3/4",
            "@57:3",
        ] {
            assert!(word.parse::<Name>().is_err(), "{word}");
        }
    }

    #[test]
    fn an_error_tells_what_could_be_given() {
        assert_eq!(
            "nginx".parse::<Name>().unwrap_err().to_string(),
            "'nginx' is no process: give a number (1200), a pair (57:3) or a path (1200/57/8)"
        );
        assert_eq!(
            "57:x".parse::<Name>().unwrap_err().to_string(),
            "'57:x' is no pair of a space and a number, such as 57:3"
        );
    }
}
