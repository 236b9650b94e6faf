# SPDX-License-Identifier: GPL-2.0
"""What the kernel's own selftests reported, and how two kernels differ in it.

A test is known by its program and its place there, since the description may
have a pid or a time in it. Beside its tests a program has an end: its exit
status, which is all that many of them report.
"""

import collections
import re

# Of one program: (outcome, description) in order, and how it ended.
Report = collections.namedtuple("Report", "tests end")
# Of one test of a program, or its "end": what each kernel gave, in each run.
Difference = collections.namedtuple("Difference", "program test before after")

RESULT = re.compile(r"^(?:# +|\s*)*(ok|not ok) \d+(?: - | )?(.*)$")
DIRECTIVE = re.compile(r"# *(SKIP|XFAIL|XPASS|TODO)\b", re.IGNORECASE)
BEGIN = re.compile(r"^selftest (\S+)$")
END = re.compile(r"^selftest (\S+) ended with (\d+)$")
ENDS = {0: "pass", 4: "skip", 2: "xfail", 3: "xpass", 137: "timeout", 143: "timeout"}
UNENDED = "no end"


def outcome(word, description):
    """One word for a line of KTAP."""
    directive = DIRECTIVE.search(description)
    if directive:
        return directive.group(1).lower()
    return "pass" if word == "ok" else "fail"


def parse(lines):
    """The reports in the output of a guest, by program."""
    reports, program, tests = {}, None, []
    for line in lines:
        begun, ended = BEGIN.match(line), END.match(line)
        result = RESULT.match(line.rstrip())
        if begun:
            program, tests = begun.group(1), []
            reports[program] = Report(tests, UNENDED)
        elif ended and ended.group(1) == program:
            status = int(ended.group(2))
            reports[program] = Report(tests, ENDS.get(status, f"exit {status}"))
            program = None
        elif program and result:
            tests.append((outcome(*result.groups()), result.group(2).strip()))
    return reports


def outcomes(report):
    """What a program reported, by the place of the test."""
    if report is None:
        return {"end": "did not run"}
    found = {place: test[0] for place, test in enumerate(report.tests, 1)}
    return {**found, "end": report.end}


def differences(before, after):
    """Where kernels differ: before and after are runs, each the reports by program.

    Something that one kernel itself gives now this way and now that is no
    difference: what the second gave must be what the first never gave.
    """
    found = []
    for program in sorted(set().union(*before, *after)):
        olds = [outcomes(run.get(program)) for run in before if program in run or run is before[0]]
        news = [outcomes(run.get(program)) for run in after if program in run or run is after[0]]
        for test in sorted(set().union(*olds, *news), key=str):
            old = [run.get(test, "not reported") for run in olds]
            new = [run.get(test, "not reported") for run in news]
            if not set(new) <= set(old):
                found.append(Difference(program, test, old, new))
    return found


def unsteady(runs):
    """Programs of which one kernel's runs differ among themselves."""
    programs = sorted(set().union(*runs))
    return [program for program in programs
            if len({tuple(sorted(outcomes(run[program]).items(), key=str))
                    for run in runs if program in run}) > 1]


def ends_well(runs, program):
    """In how many runs a program ended well, of how many."""
    ends = [run[program].end for run in runs if program in run]
    return f"{sum(end in ('pass', 'skip') for end in ends)} of {len(ends)}"


def description(runs, program, test):
    """How a test is called, or its place where it has no words."""
    for run in runs:
        if program in run and test != "end" and test <= len(run[program].tests):
            return run[program].tests[test - 1][1] or f"test {test}"
    return "exit status" if test == "end" else f"test {test}"


def count(reports):
    """How many programs these reports are of, and how many there are of each outcome."""
    words = collections.Counter()
    for report in reports:
        # A program that reports no test is one itself.
        words.update([test[0] for test in report.tests] or [report.end])
    return len(reports), words
