#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What scripts/posting makes of a small series, and what it refuses."""

import email
import email.policy
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

GET_MAINTAINER = """
if (grep { $_ eq '--no-m' } @ARGV) {
	print "linux-kernel\\@vger.kernel.org\\n";
} else {
	open(my $patch, '<', $ARGV[-1]);
	while (<$patch>) { print "$1 <$1\\@localhost>\\n" if m,^\\+\\+\\+ b/(\\w+),; }
}
"""
MAINTAINERS = """List of maintainers

Maintainers List
----------------

PROC FILESYSTEM
L:\tlinux-fsdevel@vger.kernel.org
F:\tfs/proc/

PSTORE FILESYSTEM
F:\tfs/pstore/
"""
TABLE = """goal                      at most    measured    CLONE_NEWPID  verdict
----------------------  ---------  ----------  --------------  ---------
fork+exit, to none          0.990       0.990           1.430  missed
fork in the root            1.005       1.006               -  missed

2 missed
"""


class Posting(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="pspace-posting-")
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name) / "project"
        self.tree = pathlib.Path(scratch.name) / "linux"
        self.write(self.top, "docs/posting/series", "one first\ntwo third\n")
        self.write(self.top, "docs/posting/one.txt", "the beginning\n\nWhy.\n\nbench: fork\n")
        self.write(self.top, "docs/posting/two.txt", "the end\n\nThat is all.\n")
        self.write(self.top, "docs/posting/selftests.txt", "selftests: add them\n\nAll.\n")
        self.write(self.top, "docs/bench/table.txt", TABLE)
        self.write(self.top, "tests/selftests/plain.c", "/*\n * plain\n */\n")
        self.write(self.top, "tests/selftests/large.c", "/*\n * vm: --mem 4G\n */\n")
        (self.top / "scripts").mkdir()
        shutil.copy(TOP / "scripts/posting", self.top / "scripts")
        self.write(self.tree, "scripts/get_maintainer.pl", GET_MAINTAINER)
        self.write(self.tree, "MAINTAINERS", MAINTAINERS)
        self.write(self.tree, "tools/testing/selftests/Makefile",
                   "TARGETS += proc\nTARGETS += pstore\n")
        self.git("init", "-q", "-b", "pspace")
        self.commit("Linux 7.3.4")
        self.git("tag", "base")
        for number, subject in enumerate(("first", "second", "third")):
            self.write(self.tree, f"{subject}.c", f"{number}\n")
            self.commit(f"{subject}\n\nIt is needed.")
        self.save()

    @staticmethod
    def write(directory, name, text):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.tree, "-c", "user.name=A U Thor", "-c",
                        "user.email=author@localhost", *arguments], check=True,
                       stdout=subprocess.DEVNULL)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def save(self):
        self.git("format-patch", "-q", "-N", "-o", self.top / "patches", "base")

    def posting(self, *arguments):
        process = subprocess.run(
            [sys.executable, self.top / "scripts/posting", *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, env={
                **os.environ, "GIT_AUTHOR_NAME": "Sub Mitter", "GIT_AUTHOR_EMAIL": "s@localhost",
                "GIT_COMMITTER_NAME": "Sub Mitter", "GIT_COMMITTER_EMAIL": "s@localhost"})
        return process.returncode, process.stdout

    def mails(self, name, *options):
        number = {"one": "1", "two": "2"}[name]
        status, said = self.posting(number, self.tree, *options)
        self.assertEqual(status, 0, said)
        return [email.message_from_string(path.read_text(encoding="utf-8"),
                                          policy=email.policy.default)
                for path in sorted((self.tree.parent / "linux.mails" / name).iterdir())]

    def refused(self, says):
        status, said = self.posting("--lint")
        self.assertEqual(status, 1, said)
        self.assertRegex(said, says)

    def test_a_good_series_is_counted(self):
        self.assertEqual(self.posting("--lint"), (0, "one: 2 patches\ntwo: 1 patches\n"))

    def test_a_signed_patch_is_refused(self):
        self.git("commit", "-q", "--amend", "-s", "--no-edit")
        self.save()
        self.refused("Signed-off-by: A U Thor .*: who submits it adds it")

    def test_fixes_is_in_the_right_form(self):
        for tag, good in (('0123456789ab ("fork: do it")', True), ("0123456789ab", False),
                          ('0123456 ("fork: do it")', False), ('0123456789ab (fork: do it)', False)):
            self.git("commit", "-q", "--amend", "-m", f"third\n\nIt is.\n\nFixes: {tag}")
            self.save()
            self.assertEqual(self.posting("--lint")[0], 0 if good else 1, tag)

    def test_a_posting_begins_with_a_patch(self):
        self.write(self.top, "docs/posting/series", "one first\ntwo fourth\n")
        self.refused('two begins with "fourth", which is no patch')

    def test_postings_are_in_order_and_have_all(self):
        for series in ("two third\none first\n", "one second\ntwo third\n", "one first\ntwo first\n"):
            self.write(self.top, "docs/posting/series", series)
            self.refused("not in the order of the patches")

    def test_a_cover_letter_is_not_wide(self):
        self.write(self.top, "docs/posting/two.txt", f"the end\n\n{'x' * 73}\n")
        self.refused("longer than 72 columns")

    def test_a_cover_letter_has_a_subject(self):
        self.write(self.top, "docs/posting/two.txt", "the end\nand no more\n")
        self.refused("two.txt")

    def test_what_was_not_measured_is_refused(self):
        self.write(self.top, "docs/posting/two.txt", "the end\n\nbench: nothing\n")
        self.refused("no row of the benchmark")

    def test_the_cover_letter_is_filled(self):
        letter = self.mails("one")[0]
        self.assertEqual(letter["Subject"], "[PATCH 0/2] the beginning (1 of 2)")
        text = letter.get_content()
        self.assertRegex(text, r"Why\.\n\n  fork\+exit, to none +0\.990 +1\.430\n")
        self.assertRegex(text, r"  fork in the root +1\.006 +-\n\nBase: Linux 7\.3\.4\.\n")

    def test_who_gets_a_patch_gets_the_letter(self):
        letter, first, second = self.mails("one")
        self.assertEqual(first["To"], "first <first@localhost>")
        self.assertEqual(second["To"], "second <second@localhost>")
        self.assertEqual(" ".join(letter["To"].split()),
                         "first <first@localhost>, second <second@localhost>")
        self.assertEqual(letter["Cc"], "linux-kernel@vger.kernel.org")

    def test_a_later_posting_tells_what_it_is_based_on(self):
        self.assertRegex(self.mails("two")[0].get_content(),
                         "and the 2 patches of the postings before this one")

    def test_options_and_trailers_are_passed_on(self):
        _, first, _ = self.mails("one", "--signoff", "--trailer", "Assisted-by: a tool", "-v2")
        self.assertEqual(first["Subject"], "[PATCH v2 1/2] first")
        self.assertRegex(first.get_content(), "Signed-off-by: Sub Mitter <s@localhost>\n")
        self.assertRegex(first.get_content(), "Assisted-by: a tool\n")

    def test_nothing_is_signed_that_was_not_asked_for(self):
        for mail in self.mails("one") + self.mails("two"):
            self.assertNotIn("Signed-off-by", mail.get_content())

    def test_the_last_patches_are_the_selftests(self):
        self.write(self.top, "tests/selftests/long.c", "/* */\n" * 50_000)
        self.write(self.top, "tests/selftests/space.h", "/* shared */\n")
        mails = self.mails("two")
        self.assertEqual([mail["Subject"] for mail in mails[2:]], [
            "[PATCH 2/5] selftests: add them", "[PATCH 3/5] selftests: add them: large and on",
            "[PATCH 4/5] selftests: add them: long and on",
            "[PATCH 5/5] selftests: add them: plain and on"])
        self.git("am", "-q", *sorted((self.tree.parent / "linux.mails/two").glob("000[2-5]-*")))
        there = self.tree / "tools/testing/selftests"
        self.assertEqual((there / "Makefile").read_text(encoding="utf-8"),
                         "TARGETS += proc\nTARGETS += pspace\nTARGETS += pstore\n")
        self.assertEqual({path.name for path in (there / "pspace").iterdir()}, {
            "Makefile", "config", "settings", ".gitignore", "space.h", "large.c", "long.c",
            "plain.c"})
        self.assertEqual((there / "pspace/plain.c").read_bytes(),
                         (self.top / "tests/selftests/plain.c").read_bytes())
        self.assertRegex((there / "pspace/Makefile").read_text(encoding="utf-8"),
                         "TEST_GEN_PROGS_EXTENDED := large\n")
        self.write(there, "pspace/plain", "built")
        status = subprocess.run(["git", "-C", self.tree, "status", "--porcelain"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(status, "")

    def test_all_postings_at_once(self):
        status, said = self.posting("all", self.tree)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?s)one: 2 patches.*two: 3 patches.*nothing was sent")

    def test_a_posting_that_is_not_there(self):
        self.assertRegex(self.posting("3", self.tree)[1], "no posting 3; there are 1 to 2, or all")


if __name__ == "__main__":
    unittest.main()
