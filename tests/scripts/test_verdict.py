# SPDX-License-Identifier: GPL-2.0
"""What scripts/test makes of the output of tests: nothing passes that has not."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "scripts"))

import verdict  # noqa: E402  pylint: disable=wrong-import-position


class Program(unittest.TestCase):
    @staticmethod
    def of(*lines, status=0):
        return verdict.of_program([f"{line}\n" for line in lines], status)

    def test_those_that_are_ok_have_passed(self):
        self.assertEqual(self.of("TAP version 13", "1..2", "ok 1 global.one", "ok 2 f.v.two"),
                         (2, []))

    def test_one_that_is_not_ok_has_failed_and_says_why(self):
        self.assertEqual(
            self.of("1..2", "#  RUN           global.one ...", "# a.c:7:one:Expected 1 == 2",
                    "#          FAIL  global.one", "not ok 1 global.one", "ok 2 global.two",
                    status=1),
            (1, ["one: a.c:7:one:Expected 1 == 2"]))

    def test_what_one_test_says_is_not_said_of_the_next(self):
        self.assertEqual(self.of("1..2", "# a remark", "ok 1 global.one", "not ok 2 global.two"),
                         (1, ["two"]))

    def test_one_that_was_skipped_has_failed(self):
        self.assertEqual(self.of("1..1", "ok 1 global.one # SKIP not here")[0], 0)

    def test_those_that_do_not_report_have_failed(self):
        self.assertEqual(self.of("1..3", "ok 1 global.one"), (1, ["did not report"] * 2))

    def test_no_tests_are_a_failure(self):
        for lines in ([], ["1..0"], ["TAP version 13"]):
            self.assertEqual(self.of(*lines), (0, ["no test ran"]))

    def test_a_program_that_dies_after_its_tests_has_failed(self):
        self.assertEqual(self.of("1..1", "ok 1 global.one", status=139),
                         (1, ["ended with 139"]))

    def test_its_status_is_not_told_beside_what_has_failed(self):
        self.assertEqual(self.of("1..1", "not ok 1 global.one", status=1), (0, ["one"]))

    def test_a_line_in_the_middle_of_another_is_no_result(self):
        self.assertEqual(self.of("1..1", "x ok 1 global.one"), (0, ["did not report"]))


class Guest(unittest.TestCase):
    def test_all_programs_have_ended(self):
        self.assertEqual(verdict.of_guest(0, []), [])

    def test_a_program_that_did_not_end_has_failed(self):
        self.assertEqual(verdict.of_guest(124, ["a"]), ["a: did not come to its end"])

    def test_what_the_kernel_reports_is_a_failure_although_all_passed(self):
        self.assertEqual(verdict.of_guest(125, []), ["the guest ended with 125"])
        self.assertEqual(verdict.of_guest(125, ["a"]),
                         ["a: did not come to its end", "the guest ended with 125"])


class Rust(unittest.TestCase):
    def test_those_that_are_ok_have_passed(self):
        output = "running 2 tests\ntest a::one ... ok\ntest two ... some words ok\n"
        self.assertEqual(verdict.of_rust(output, 0, ["one", "two"]), (2, []))

    def test_those_that_failed_or_were_ignored_have_failed(self):
        output = "test one ... FAILED\ntest two ... ignored\n"
        self.assertEqual(verdict.of_rust(output, 101, ["one", "two"]),
                         (0, ["one: FAILED", "two: ignored"]))

    def test_one_that_did_not_run_has_failed(self):
        self.assertEqual(verdict.of_rust("test one ... ok\n", 0, ["one", "two"]),
                         (1, ["two: did not run"]))

    def test_one_that_no_source_has_is_a_failure(self):
        self.assertEqual(verdict.of_rust("test one ... ok\ntest two ... ok\n", 0, ["one"]),
                         (1, ["two: is in no source"]))

    def test_a_status_without_a_failure_is_one(self):
        self.assertEqual(verdict.of_rust("test one ... ok\n", 1, ["one"]),
                         (1, ["exit status 1"]))


class KUnit(unittest.TestCase):
    OUTPUT = """\
suite /sys/kernel/debug/kunit/pspace_a/results
KTAP version 1
1..1
    # Subtest: pspace_a
    1..2
    ok 1 one
    {} 2 two
ok 1 pspace_a
"""

    def of(self, result, expected, status=0):
        return verdict.of_kunit(self.OUTPUT.format(result), status, expected)

    def test_those_that_are_ok_have_passed(self):
        self.assertEqual(self.of("ok", {"pspace_a": ["one", "two"]}), (2, []))

    def test_one_that_is_not_ok_has_failed(self):
        self.assertEqual(self.of("not ok", {"pspace_a": ["one", "two"]}),
                         (1, ["pspace_a.two: failed"]))

    def test_one_that_did_not_run_has_failed(self):
        self.assertEqual(self.of("ok", {"pspace_a": ["one", "two", "three"]}),
                         (2, ["pspace_a.three: did not run"]))

    def test_a_suite_without_tests_is_a_failure(self):
        self.assertEqual(self.of("ok", {"pspace_a": ["one", "two"], "pspace_b": []}),
                         (2, ["pspace_b: has no tests"]))

    def test_one_that_no_source_has_is_a_failure(self):
        self.assertEqual(self.of("ok", {"pspace_a": ["one"]}),
                         (1, ["pspace_a.two: is not in tests/kunit"]))

    def test_what_the_guest_ended_with_is_told_as_well(self):
        self.assertEqual(self.of("ok", {"pspace_a": ["one", "two"]}, 125),
                         (2, ["the guest ended with 125"]))


if __name__ == "__main__":
    unittest.main()
