# SPDX-License-Identifier: GPL-2.0
"""What the benchmark makes of samples: medians, ratios, verdicts."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "bench"))

import goals  # noqa: E402  pylint: disable=wrong-import-position


def verdicts(*lines):
    found = goals.verdicts(goals.cells(goals.parse(lines)))
    return {verdict.what: verdict for verdict in found}


class Samples(unittest.TestCase):
    def test_a_cell_is_the_median_and_the_half_around_it(self):
        lines = [f"fork,none,0,ns,{value}" for value in (9, 1, 5, 3, 7)]
        cell = goals.cells(goals.parse(lines))["fork", "none", 0]
        self.assertEqual(cell, goals.Cell(5, 3, 7, 5, "ns"))

    def test_what_is_no_sample_is_an_error_that_shows_it(self):
        for line in ("", "fork,none,0,ns", "fork,none,x,ns,1", "fork,none,0,ns,1,2", "oops"):
            with self.assertRaisesRegex(ValueError, "no sample"):
                goals.parse([line])


class Verdicts(unittest.TestCase):
    THREAD = "thread create+exit, worst of depth 1 to 1000, to none"

    def threads(self, *values):
        lines = ["thread,none,0,ns,100"]
        lines += [f"thread,pspace,{depth},ns,{value}" for depth, value in zip(goals.DEPTHS, values)]
        return verdicts(*lines)[self.THREAD]

    def test_the_worst_depth_counts(self):
        verdict = self.threads(90, 90, 98, 90, 90)
        self.assertAlmostEqual(verdict.value, 0.98)
        self.assertEqual(goals.word(verdict), "missed")

    def test_a_goal_is_met_when_it_is_reached(self):
        self.assertEqual(goals.word(self.threads(90, 97, 90, 90, 90)), "met")

    def test_one_depth_less_is_not_measured(self):
        self.assertEqual(goals.word(self.threads(90, 90, 90, 90)), "not measured")

    def test_nothing_is_met_without_samples(self):
        words = [goals.word(verdict) for verdict in verdicts().values()]
        self.assertGreaterEqual(len(words), 30)
        self.assertEqual(set(words), {"not measured"})

    def test_a_space_is_what_it_costs_beyond_a_process(self):
        verdict = verdicts("space.none,none,0,ns,100", "space.newpid,none,0,ns,150",
                           "space.pspace,none,0,ns,120")["create+destroy of a space, to CLONE_NEWPID"]
        self.assertAlmostEqual(verdict.value, 0.4)
        self.assertEqual(goals.word(verdict), "met")

    def test_no_lock_taken_is_measured(self):
        verdict = verdicts("locks.pidmap,pspace,1,acquisitions,0")["pidmap_lock taken for 10,000 forks"]
        self.assertEqual(goals.word(verdict), "met")


if __name__ == "__main__":
    unittest.main()
