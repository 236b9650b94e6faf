# SPDX-License-Identifier: GPL-2.0
"""Samples, their medians, and what the goals make of them. Pure."""

import collections
import math
import statistics

Sample = collections.namedtuple("Sample", "bench arm x unit value")
# The median of a cell's samples, and the half of them that is nearest to it.
Cell = collections.namedtuple("Cell", "median low high count unit")
# What a goal came to: value is None if something for it was not measured.
Verdict = collections.namedtuple("Verdict", "what goal value peer")

DEPTHS = (1, 2, 8, 31, 1000)
SIZES = (100, 10_000, 100_000, 1_000_000)


def parse(lines):
    """Samples of lines "bench,arm,x,unit,value"."""
    samples = []
    for line in lines:
        fields = line.strip().split(",")
        try:
            bench, arm, x, unit, value = fields
            samples.append(Sample(bench, arm, int(x), unit, float(value)))
        except ValueError:
            raise ValueError(f"no sample: {line.strip()!r}") from None
    return samples


def cells(samples):
    """The cells by (bench, arm, x)."""
    values = collections.defaultdict(list)
    units = {}
    for sample in samples:
        key = (sample.bench, sample.arm, sample.x)
        values[key].append(sample.value)
        units[key] = sample.unit
    return {key: cell(found, units[key]) for key, found in values.items()}


def cell(values, unit):
    values = sorted(values)
    quarter = len(values) // 4
    return Cell(statistics.median(values), values[quarter], values[-1 - quarter], len(values),
                unit)


class Missing(Exception):
    """Something was not measured."""


class Table:
    """The cells, to calculate with."""

    def __init__(self, found):
        self.found = found

    def __call__(self, bench, arm, x=0):
        try:
            return self.found[bench, arm, x].median
        except KeyError:
            raise Missing(f"{bench},{arm},{x}") from None

    def ratio(self, bench, arm, x):
        """A cell against no namespace."""
        return self(bench, arm, x) / self(bench, "none")

    def excess(self, arm, depth=0):
        """What a space costs beyond the process in it, where no namespace is around."""
        return self(f"space.{arm}", "none", depth) - self("space.none", "none", depth)


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def goals(t):
    """Rows: what, at most how much, how to get it, and the same of the peer."""
    for bench, text, goal in (("thread", "thread create+exit", 0.97),
                              ("vfork", "vfork+exit+wait", 0.97),
                              ("fork", "fork+exit+wait", 0.99)):
        yield (f"{text}, worst of depth 1 to 1000, to none", goal,
               lambda bench=bench: max(t.ratio(bench, "pspace", d) for d in DEPTHS),
               lambda bench=bench: t.ratio(bench, "newpid", 31))
    for bench in ("thread", "vfork", "fork", "space.newpid", "kill0", "pidfd_open", "getpid",
                  "readdir"):
        yield (f"{bench} in the root, to an unpatched kernel", 1.005,
               lambda bench=bench: t(bench, "none") / t(bench, "vanilla"), None)
    yield ("create+destroy of a space, to CLONE_NEWPID", 0.4,
           lambda: t.excess("pspace") / t.excess("newpid"), None)
    for layout, goal in (("dense", 0.8), ("spread", 0.4)):
        for size in SIZES:
            yield (f"map: find, {layout}, {size:,} numbers, to idr_find", goal,
                   lambda layout=layout, size=size: t(f"map.find.{layout}", "pid_map", size) /
                   t(f"map.find.{layout}", "idr", size), None)
    for layout in ("dense", "spread"):
        yield (f"map: alloc+free, {layout}, mean of sizes, to the idr", 0.35,
               lambda layout=layout: geometric_mean(
                   t(f"map.alloc.{layout}", "pid_map", size) /
                   t(f"map.alloc.{layout}", "idr", size) for size in SIZES), None)
    yield ("teardown of 1000 levels, each, to 125 levels", 1.1,
           lambda: t("teardown.chain", "pspace", 1000) / t("teardown.chain", "pspace", 125), None)
    yield ("teardown of 31 levels, to CLONE_NEWPID", 1.0,
           lambda: t("teardown.chain", "pspace", 31) / t("teardown.chain", "newpid", 31), None)
    yield ("teardown of 4,000 processes, to CLONE_NEWPID", 1.0,
           lambda: t("teardown.flat", "pspace", 4000) / t("teardown.flat", "newpid", 4000), None)
    for bench in ("kill", "fork", "readdir"):
        yield (f"{bench} after a restore, to a fresh space", 1.02,
               lambda bench=bench: t(f"restore.{bench}", "pspace.restored", 1000) /
               t(f"restore.{bench}", "pspace.fresh", 1000),
               lambda bench=bench: t(f"restore.{bench}", "newpid.restored", 1000) /
               t(f"restore.{bench}", "newpid.fresh", 1000))
    yield ("/proc/pspace/tasks, to readdir and status of the same", 1.1,
           lambda: t("list.tasks", "none") / t("list.status", "none"), None)
    yield ("slab bytes of an empty space beyond its process", 1024,
           lambda: t("memory.space", "pspace", 1), lambda: t("memory.space", "newpid", 1))
    yield ("pidmap_lock taken for 10,000 forks", 0,
           lambda: t("locks.pidmap", "pspace", 1), lambda: t("locks.pidmap", "newpid", 1))


def attempt(calculate):
    try:
        return calculate() if calculate else None
    except Missing:
        return None


def verdicts(found):
    """What each goal came to."""
    return [Verdict(what, goal, attempt(value), attempt(peer))
            for what, goal, value, peer in goals(Table(found))]


def word(verdict):
    """The verdict on a goal."""
    if verdict.value is None:
        return "not measured"
    return "met" if verdict.value <= verdict.goal else "missed"
