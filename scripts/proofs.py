# SPDX-License-Identifier: GPL-2.0
"""Which tests prove which section of docs/model.md.

A selftest names in its comment each section that it is about, one a line, by its
heading: " * model: Orphans". What names no section there is, and which section has
no test, is an error. A section that has no behaviour to test says why, in a line
"<!-- no test: WHY -->".
"""

import collections
import os
import re

Source = collections.namedtuple("Source", "name about sections tests")


def sections(model):
    """The headings of the model with text of their own, and whether it wants a test."""
    found = {}
    for part in re.split(r"^(?=##+ )", model, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if text.strip():
            found[heading.lstrip("#").strip()] = "<!-- no test: " not in text
    return found


def tests_in(text):
    """The names of the tests of a selftest, whichever macro makes them."""
    found = re.findall(r"^(?:[A-Z]+_)*TEST(?:_[A-Z0-9]+)*\(([^)]*)\)", text, re.MULTILINE)
    words = (re.findall(r"[A-Za-z]\w*", arguments) for arguments in found)
    return [names[-1] for names in words if names]


def source(name, text):
    """A selftest: the sections that it names, its tests, and what its comment says first."""
    comment = text[:text.find("*/") + 2]
    lines = [line.strip(" */") for line in comment.splitlines()[1:]]
    about = []
    for line in filter(None, lines):
        if re.match(r"(model|vm): ", line):
            break
        about.append(line)
    return Source(name, re.split(r"(?<=\.)\s", " ".join(about))[0],
                  re.findall(r"^ \* model: (.*)$", comment, re.MULTILINE), tests_in(text))


def errors(model, sources):
    """What is not as it should be, a line each."""
    known, proven = sections(model), set()
    found = []
    for one in sources:
        proven.update(one.sections)
        if not one.sections:
            found.append(f"{one.name}: names no section of the model")
        found += [f"{one.name}: the model has no section '{heading}'"
                  for heading in one.sections if heading not in known]
    found += [f"docs/model.md: '{heading}' has no test"
              for heading, wanted in known.items() if wanted and heading not in proven]
    return found


def sources_in(directory):
    """All selftests of a directory."""
    for name in sorted(os.listdir(directory)):
        if name.endswith(".c"):
            with open(os.path.join(directory, name), encoding="utf-8") as text:
                yield source(name, text.read())
