#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Each example in the documentation of the module is a part of tests/kunit/examples.rs.

kbuild does not run what is not in rust/kernel, and an example that does not run gets old.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
DIRECTORIES = "pid_map", "procfs", "pspace", "reaper"


def lines(text):
    """What counts: neither indentation nor empty lines, nor lines that rustdoc hides."""
    stripped = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in stripped if line and not line.startswith("# "))


def examples(source):
    """The blocks of a file that are code of Rust, as rustdoc takes them."""
    comments = re.sub(r"^ *//[/!] ?", "", source, flags=re.MULTILINE)
    return [lines(code) for kind, code in re.findall(r"^```(\w*)\n(.*?)^```$", comments,
                                                     re.MULTILINE | re.DOTALL) if not kind]


def main():
    tested = lines((TOP / "tests/kunit/examples.rs").read_text(encoding="utf-8"))
    found, missing = 0, []
    for path in sorted(path for name in DIRECTORIES for path in (TOP / name).glob("*.rs")):
        for example in examples(path.read_text(encoding="utf-8")):
            found += 1
            if example not in tested:
                missing.append(f"{path.relative_to(TOP)}: not in tests/kunit/examples.rs:\n{example}")
    print(*missing, f"{found} examples, {len(missing)} not tested", sep="\n")
    sys.exit(bool(missing) or not found)


main()
