// SPDX-License-Identifier: GPL-2.0

//! The names of tasks: how a path is written, and that it reads back as what it was.

use crate::{
    pid_map::Number,
    procfs::path::{
        parse,
        Path,
        SpacePath,
        Step, //
    }, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

/// A way of spaces, each by the number of its creator and which of its spaces it is.
fn steps(way: &[(u32, u32)]) -> impl Iterator<Item = Step> + Clone + '_ {
    way.iter().filter_map(|&(creator, nth)| {
        Some(Step {
            creator: Number::new(creator)?,
            nth,
        })
    })
}

fn path(way: &[(u32, u32)], nr: u32) -> Result<CString> {
    let nr = Number::new(nr).ok_or(EINVAL)?;

    Ok(CString::try_from_fmt(fmt!(
        "{}",
        Path {
            steps: steps(way),
            nr
        }
    ))?)
}

fn reads_back(text: &str, way: &[(u32, u32)], nr: u32) -> bool {
    parse(text).is_some_and(|path| path.nr.get() == nr && path.steps.eq(steps(way)))
}

#[kunit_tests(pspace_path)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_and_read_back() -> Result {
        let table: [(&[(u32, u32)], u32, &str); 7] = [
            (&[], 1, "1"),
            (&[], 4_194_303, "4194303"),
            (&[(1200, 1)], 57, "1200/57"),
            (&[(1200, 1), (57, 1)], 8, "1200/57/8"),
            (&[(1200, 2)], 57, "1200.2/57"),
            (
                &[(1, 10), (1, 1), (1, 4_294_967_295)],
                1,
                "1.10/1/1.4294967295/1",
            ),
            (&[(300, 1), (301, 2), (302, 3)], 303, "300/301.2/302.3/303"),
        ];

        for (way, nr, text) in table {
            assert_eq!(path(way, nr)?.to_bytes(), text.as_bytes());
            assert!(reads_back(text, way, nr));
        }
        Ok(())
    }

    #[test]
    fn a_path_may_have_a_thousand_steps() -> Result {
        let mut way = KVec::new();
        let mut text = KVec::new();

        for i in 1..=1000 {
            way.push((i, 1 + i % 3), GFP_KERNEL)?;
        }
        let written = path(&way, 7)?;

        text.extend_from_slice(written.to_bytes(), GFP_KERNEL)?;
        assert_eq!(text.iter().filter(|&&c| c == b'/').count(), 1000);
        let text = core::str::from_utf8(&text).map_err(|_| EINVAL)?;
        assert!(text.starts_with("1.2/2.3/3/4.2/"));
        assert!(text.ends_with("/1000.2/7"));
        assert!(reads_back(text, &way, 7));
        Ok(())
    }

    #[test]
    fn a_space_is_the_way_to_it() -> Result {
        let table: [(&[(u32, u32)], &str); 4] = [
            (&[], ""),
            (&[(1200, 1)], "1200"),
            (&[(1200, 2)], "1200.2"),
            (&[(1200, 1), (57, 3)], "1200/57.3"),
        ];

        for (way, text) in table {
            let written = CString::try_from_fmt(fmt!("{}", SpacePath(steps(way))))?;

            assert_eq!(written.to_bytes(), text.as_bytes());
        }
        Ok(())
    }

    #[test]
    fn what_is_no_path_is_not_read_as_one() {
        for text in [
            "",
            "/",
            "/1",
            "1/",
            "1//2",
            "0",
            "01",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1.2",
            "1.1/2",
            "1.0/2",
            "1.02/2",
            "1./2",
            ".2/2",
            "1.2.3/4",
            "a",
            "1/a",
            "a/1",
            "4194304",
            "4194304/1",
            "99999999999999999999",
            "1.4294967296/1",
            "1/2/0",
        ] {
            assert!(parse(text).is_none());
        }
    }
}
