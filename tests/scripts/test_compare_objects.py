#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What scripts/compare-objects takes for the same code, and what not."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "scripts"))

import products  # noqa: E402  pylint: disable=wrong-import-position

COMPILER = [f"clang{products.pin('LLVM_SUFFIX')}", "-O2", "-mcmodel=kernel", "-fno-pic",
            *products.pin("COMPARED_CFLAGS").split()]
BASE = """
struct thing { int a, b; };
void warn(const char *file, int line);
static const char *const names[] = { "one", "two" };
const char *name(int which) { return names[which]; }
int look(struct thing *thing) { return thing->b; }
int check(int value)
{
	if (value > 3)
		warn("check", __LINE__);
	return value + 1;
}
"""


class Compare(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="pspace-compare-")
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)

    def compare(self, patched, explained="", base=BASE):
        """Exit status and what is said of two texts."""
        for side, text in (("base", base), ("patched", patched)):
            (self.top / side).mkdir(exist_ok=True)
            subprocess.run([*COMPILER, "-x", "c", "-", "-c", "-o", self.top / side / "x.o"],
                           input=text, text=True, check=True)
        (self.top / "explained").write_text(explained, encoding="utf-8")
        process = subprocess.run(
            [TOP / "scripts/compare-objects", "--explained", self.top / "explained", "--log",
             self.top / "log", self.top / "base", self.top / "patched", "x.o"],
            stdout=subprocess.PIPE, text=True, check=False)
        return process.returncode, process.stdout

    def differs(self, part, how, patched):
        status, said = self.compare(patched)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, rf"DIFFERENT  x\.o {part}: {how}\n")

    def test_other_lines_are_the_same(self):
        self.assertEqual(self.compare("\n\n/* more */\n" + BASE)[0], 0)

    def test_other_places_are_the_same(self):
        added = 'static void new(void) { warn("another string", 0); }\n'
        self.assertEqual(self.compare(BASE.replace("static const", added + "static const"))[0], 0)

    def test_a_new_function_is_told(self):
        self.differs("more", "new", BASE + "int more(void) { return 1; }\n")

    def test_a_function_that_is_gone_is_told(self):
        self.differs("name", "gone", BASE.replace("const char *name", "static const char *name"))

    def test_another_constant_is_told(self):
        self.differs("check", r"\d+ -> \d+ lines", BASE.replace("value > 3", "value > 4"))

    def test_another_string_is_told(self):
        self.differs("check", r"\d+ -> \d+ lines", BASE.replace('"check"', '"chess"'))

    def test_other_data_are_told(self):
        self.differs(r"\.rodata\S*", r"\d+ -> \d+ lines", BASE.replace('"two"', '"six"'))

    def test_a_structure_that_grew_is_told_as_such(self):
        self.differs("look", "offsets", BASE.replace("int a, b", "int a, more, b"))

    def test_an_explanation_holds_for_its_function(self):
        patched = BASE.replace("value > 3", "value > 4").replace("int a, b", "int a, more, b")
        status, said = self.compare(patched, "# why\nx.o check more are let pass\n")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"explained  x\.o check: more are let pass\n")
        self.assertRegex(said, r"DIFFERENT  x\.o look")
        self.assertRegex(said, "1 differences explained, 1 not, 0 ")

    def test_an_explanation_of_nothing_is_told(self):
        status, said = self.compare(BASE, "x.o check more are let pass\n")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"STALE      x\.o check")

    def test_an_object_that_only_one_has_is_told(self):
        self.compare(BASE)
        (self.top / "patched/x.o").unlink()
        process = subprocess.run([TOP / "scripts/compare-objects", self.top / "base",
                                  self.top / "patched", "x.o"], stdout=subprocess.PIPE, text=True,
                                 check=False)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(process.stdout, "x.o -: is in the base only")


if __name__ == "__main__":
    unittest.main()
