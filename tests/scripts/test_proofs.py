# SPDX-License-Identifier: GPL-2.0
"""What is known of which test proves what, and what of that is an error."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "scripts"))

import proofs  # noqa: E402  pylint: disable=wrong-import-position

MODEL = """\
# The model

Words.

## Orphans

They are adopted.

## Death

### Who may

Those above.

## Why

<!-- no test: there is nothing to see -->
Because.
"""

SOURCE = """\
// SPDX-License-Identifier: GPL-2.0
/*
 * Who adopts orphans. In most tests that
 * is pid 1.
 *
 * model: Orphans
 * vm: --smp 4
 */
#define ADOPTER_TEST(name) TEST(name)

TEST(one)
{
}

TEST_F_OF_PID_1(under, variant->policy,
		two)
{
}

TEST_F_TIMEOUT(large, three, 300)
{
}

TEST_HARNESS_MAIN
"""


def source(*headings, name="a.c"):
    return proofs.Source(name, "", list(headings), ["one"])


class Read(unittest.TestCase):
    def test_a_section_is_what_has_text_of_its_own(self):
        self.assertEqual(proofs.sections(MODEL),
                         {"Orphans": True, "Who may": True, "Why": False})

    def test_a_test_is_known_by_its_name_whichever_macro_makes_it(self):
        self.assertEqual(proofs.tests_in(SOURCE), ["one", "two", "three"])

    def test_a_source_names_its_sections_and_says_what_it_is_about(self):
        self.assertEqual(proofs.source("a.c", SOURCE),
                         proofs.Source("a.c", "Who adopts orphans.", ["Orphans"],
                                       ["one", "two", "three"]))


class Errors(unittest.TestCase):
    def test_none_if_each_section_has_a_test(self):
        self.assertEqual(proofs.errors(MODEL, [source("Orphans"), source("Who may")]), [])

    def test_a_section_without_a_test(self):
        self.assertEqual(proofs.errors(MODEL, [source("Orphans")]),
                         ["docs/model.md: 'Who may' has no test"])

    def test_a_source_that_names_no_section(self):
        self.assertEqual(proofs.errors(MODEL, [source("Orphans", "Who may"), source(name="b.c")]),
                         ["b.c: names no section of the model"])

    def test_a_source_that_names_one_that_is_not_there(self):
        self.assertEqual(proofs.errors(MODEL, [source("Orphans", "Who may", "Birth")]),
                         ["a.c: the model has no section 'Birth'"])


if __name__ == "__main__":
    unittest.main()
