# SPDX-License-Identifier: GPL-2.0
"""What is made of the output of the kernel's own selftests."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import outcomes  # noqa: E402  pylint: disable=wrong-import-position

OUTPUT = """\
selftest pidfd:one
TAP version 13
1..3
ok 1 opens 17
not ok 2 - waits
ok 3 sends # SKIP no such call
selftest pidfd:one ended with 1
selftest proc:two
selftest proc:two ended with 0
selftest futex:three
# # ok 1 nested
selftest futex:three ended with 137
selftest cgroup:four
ok 1 begins
"""


def reports(text=OUTPUT):
    return outcomes.parse(text.splitlines())


class Parse(unittest.TestCase):
    def test_each_test_has_an_outcome(self):
        self.assertEqual([word for word, _ in reports()["pidfd:one"].tests],
                         ["pass", "fail", "skip"])

    def test_a_program_ends_with_its_status(self):
        ends = {program: report.end for program, report in reports().items()}
        self.assertEqual(ends, {"pidfd:one": "exit 1", "proc:two": "pass",
                                "futex:three": "timeout", "cgroup:four": outcomes.UNENDED})

    def test_what_is_nested_counts(self):
        self.assertEqual(reports()["futex:three"].tests, [("pass", "nested")])

    def test_a_collection_is_counted(self):
        programs, words = outcomes.count([reports()["proc:two"]])
        self.assertEqual((programs, dict(words)), (1, {"pass": 1}))


class Differences(unittest.TestCase):
    def differ(self, old, new):
        return [(one.program, one.test) for one in
                outcomes.differences([reports()], [reports(OUTPUT.replace(old, new))])]

    def test_the_same_is_none(self):
        self.assertEqual(self.differ("", ""), [])

    def test_a_number_in_a_description_is_none(self):
        self.assertEqual(self.differ("opens 17", "opens 18"), [])

    def test_a_test_that_fails(self):
        self.assertEqual(self.differ("ok 1 opens", "not ok 1 opens"), [("pidfd:one", 1)])

    def test_a_test_that_fails_no_more(self):
        self.assertEqual(self.differ("not ok 2", "ok 2"), [("pidfd:one", 2)])

    def test_a_test_that_is_not_reported(self):
        self.assertEqual(self.differ("ok 3 sends # SKIP no such call\n", ""), [("pidfd:one", 3)])

    def test_another_exit_status(self):
        self.assertEqual(self.differ("two ended with 0", "two ended with 139"),
                         [("proc:two", "end")])

    def test_a_program_that_did_not_run(self):
        self.assertIn(("proc:two", "end"), self.differ(
            "selftest proc:two\nselftest proc:two ended with 0\n", ""))

    def test_what_the_first_kernel_gives_at_times_is_none(self):
        other = reports(OUTPUT.replace("ok 1 opens", "not ok 1 opens"))
        self.assertEqual(outcomes.differences([reports(), other], [other]), [])
        self.assertEqual(len(outcomes.differences([reports()], [reports(), other])), 1)

    def test_a_run_of_some_programs_says_nothing_of_the_others(self):
        some = {"proc:two": reports()["proc:two"]}
        self.assertEqual(outcomes.differences([reports(), some], [reports(), some]), [])

    def test_unsteady_is_what_differs_on_one_kernel(self):
        other = reports(OUTPUT.replace("ok 1 opens", "not ok 1 opens"))
        self.assertEqual(outcomes.unsteady([reports(), other]), ["pidfd:one"])

    def test_how_often_it_ended_well(self):
        other = reports(OUTPUT.replace("two ended with 0", "two ended with 1"))
        self.assertEqual(outcomes.ends_well([reports(), other], "proc:two"), "1 of 2")


if __name__ == "__main__":
    unittest.main()
