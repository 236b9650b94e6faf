// SPDX-License-Identifier: GPL-2.0

//! The names of tasks: how a path is written, and that it reads back as what it was.

use crate::{
    pid_map::Number,
    procfs::path::{
        parse,
        Path,
        Step,
        Way, //
    }, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

/// A space on a way, from inside: its id, and the number of its creator and which of that one's
/// spaces it is. A creator that is gone is 0.
type Space = (u64, u32, u64);

fn way(spaces: &[Space]) -> Way {
    Way::upwards(spaces.iter().map(|&(id, creator, nth)| {
        let step = Number::new(creator).map(|creator| Step { creator, nth });

        (id, step)
    }))
}

fn path(spaces: &[Space], nr: u32) -> Result<Path> {
    Ok(Path {
        way: way(spaces),
        nr: Number::new(nr).ok_or(EINVAL)?,
    })
}

/// Whether a path is written like this, and this is read as the path.
fn is_written(path: &Path, text: &str) -> Result<bool> {
    let written = CString::try_from_fmt(fmt!("{}", path))?;

    Ok(written.to_bytes() == text.as_bytes() && parse(text).as_ref() == Some(path))
}

#[kunit_tests(pspace_path)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_and_read_back() -> Result {
        let table: [(&[Space], u32, &str); 7] = [
            (&[], 1, "1"),
            (&[], 4_194_303, "4194303"),
            (&[(70, 1200, 1)], 57, "1200/57"),
            (&[(71, 57, 1), (70, 1200, 1)], 8, "1200/57/8"),
            (&[(70, 1200, 2)], 57, "1200.2/57"),
            (
                &[(72, 1, 18_446_744_073_709_551_615), (71, 1, 1), (70, 1, 10)],
                1,
                "1.10/1/1.18446744073709551615/1",
            ),
            (
                &[(72, 302, 3), (71, 301, 2), (70, 300, 1)],
                303,
                "300/301.2/302.3/303",
            ),
        ];

        for (spaces, nr, text) in table {
            assert!(is_written(&path(spaces, nr)?, text)?);
        }
        Ok(())
    }

    #[test]
    fn a_path_begins_at_the_space_whose_creator_is_gone() -> Result {
        let table: [(&[Space], &str); 5] = [
            (&[(57, 0, 1)], "@57/8"),
            (&[(57, 0, 1), (56, 1200, 1)], "@57/8"),
            (&[(58, 3, 1), (57, 0, 1)], "@57/3/8"),
            (
                &[(59, 3, 2), (58, 7, 1), (57, 0, 2), (56, 0, 1)],
                "@57/7/3.2/8",
            ),
            (
                &[(18_446_744_073_709_551_615, 0, 1)],
                "@18446744073709551615/8",
            ),
        ];

        for (spaces, text) in table {
            assert!(is_written(&path(spaces, 8)?, text)?);
        }
        Ok(())
    }

    #[test]
    fn a_path_of_many_steps_begins_at_a_space() -> Result {
        let mut spaces = KVec::new();

        assert_eq!(Way::MAX_STEPS, 8);
        for i in 0..1000_u32 {
            spaces.push((2000 - u64::from(i), 500 + i, 1), GFP_KERNEL)?;
        }
        assert!(is_written(
            &path(&spaces[..7], 9)?,
            "506/505/504/503/502/501/500/9"
        )?);
        assert!(is_written(
            &path(&spaces[..8], 9)?,
            "507/506/505/504/503/502/501/500/9"
        )?);
        for deep in [9, 10, 1000] {
            assert!(is_written(
                &path(&spaces[..deep], 9)?,
                "@1992/507/506/505/504/503/502/501/500/9"
            )?);
        }
        Ok(())
    }

    /// No more spaces are looked at than are told.
    #[test]
    fn a_way_is_looked_for_no_further_than_it_is_told() {
        let mut seen = 0;
        let creator = Number::INIT;
        let way = Way::upwards((1..).map(|id| {
            seen += 1;
            (id, Some(Step { creator, nth: 1 }))
        }));

        assert!(way.ends_in_step());
        assert_eq!(seen, Way::MAX_STEPS + 1);
    }

    #[test]
    fn a_space_is_the_way_to_it() -> Result {
        let table: [(&[Space], &str, bool); 6] = [
            (&[], "", false),
            (&[(70, 1200, 1)], "1200", true),
            (&[(70, 1200, 2)], "1200.2", true),
            (&[(71, 57, 3), (70, 1200, 1)], "1200/57.3", true),
            (&[(71, 57, 3), (70, 0, 1)], "@70/57.3", true),
            (&[(70, 0, 1)], "@70", false),
        ];

        for (spaces, text, named) in table {
            let written = CString::try_from_fmt(fmt!("{}", way(spaces)))?;

            assert_eq!(written.to_bytes(), text.as_bytes());
            assert_eq!(way(spaces).ends_in_step(), named);
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
            "1.18446744073709551616/1",
            "1/2/0",
            "@",
            "@57",
            "@/8",
            "@57/",
            "@0/8",
            "@057/8",
            "@57.2/8",
            "@-57/8",
            "@@57/8",
            "@18446744073709551616/8",
            "1/@57/8",
            "@56/@57/8",
            "57@/8",
            "1/2/3/4/5/6/7/8/9/10",
            "@57/1/2/3/4/5/6/7/8/9/10",
        ] {
            assert!(parse(text).is_none());
        }
    }
}
