#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where scripts/source finds the kernel, in worlds in which not all places have it."""

import hashlib
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TESTED = "7.3.4-1~bpo13+1"
PLACES = ("Debian's mirror", "http://snapshot/debian", "file://.*/kernel.org", "KSRC=")

# An apt-get in whose world the mirror http://NAME/debian has the packages in the directory
# NAME. As the real one does, it succeeds in updating from a mirror that is not there.
APT_GET = r"""#!/bin/bash
case $1 in indextargets) echo http://mirror/debian; exit ;; esac
for argument; do
	case $argument in Dir::Etc::sourcelist=*) list=${argument#*=} ;; esac
done
mirror=$(sed -n 's,.* http://\([a-z]*\)/debian .*,\1,p' "$list")
case $argument in
update) ;;
*=*) cp "$WORLD/$mirror"/*_"${argument#*=}"_all.deb . ;;
*) cp "$WORLD/$mirror"/"$argument"_*.deb . ;;
esac
"""


class Source(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="pspace-source-")
        self.addCleanup(scratch.cleanup)
        self.world = pathlib.Path(scratch.name)
        self.cache = self.world / "cache"
        for place in ("bin", "mirror", "snapshot", "kernel.org/v7.x"):
            (self.world / place).mkdir(parents=True)
        apt_get = self.world / "bin" / "apt-get"
        apt_get.write_text(APT_GET, encoding="utf-8")
        apt_get.chmod(0o755)

    def tarball(self, path, version, origin):
        """A kernel's source, of a Makefile and a note of where it is from."""
        tree = self.world / "tree" / f"linux-{version}"
        tree.mkdir(parents=True, exist_ok=True)
        numbers = zip(("VERSION", "PATCHLEVEL", "SUBLEVEL"), version.split("."))
        (tree / "Makefile").write_text(
            "".join(f"{name} = {number}\n" for name, number in numbers), encoding="utf-8")
        (tree / "origin").write_text(origin, encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:xz") as archive:
            archive.add(tree, tree.name)

    def package(self, mirror, version):
        """Put a package on a mirror."""
        root = self.world / "package"
        self.tarball(root / "usr/src/linux-source-7.3.tar.xz", version.split("-", 1)[0],
                     f"{mirror} {version}")
        (root / "DEBIAN").mkdir(exist_ok=True)
        (root / "DEBIAN/control").write_text(
            f"Package: linux-source-7.3\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: nobody <nobody@localhost>\nDescription: a kernel\n", encoding="utf-8")
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root,
                        self.world / mirror / f"linux-source-7.3_{version}_all.deb"],
                       check=True, stdout=subprocess.DEVNULL)

    def kernel_org(self, checksum=None):
        """Put the tarball on kernel.org, with its checksum."""
        path = self.world / "kernel.org/v7.x/linux-7.3.4.tar.xz"
        self.tarball(path, "7.3.4", "kernel.org")
        checksum = checksum or hashlib.sha256(path.read_bytes()).hexdigest()
        (path.parent / "sha256sums.asc").write_text(f"{checksum}  {path.name}\n", encoding="utf-8")

    def get(self):
        """Get the source: exit status, and what was said."""
        process = subprocess.run(
            [TOP / "scripts/source", "--vanilla"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, env={
                **os.environ, "PSPACE_CACHE": str(self.cache), "PSPACE_LOCKED": "", "KSRC": "",
                "WORLD": str(self.world), "PATH": f"{self.world}/bin:{os.environ['PATH']}",
                "DEBIAN_SNAPSHOT": "http://snapshot/debian",
                "KERNEL_ORG": f"file://{self.world}/kernel.org"})
        return process.returncode, process.stdout

    def origin(self):
        """Get the source: where it is from, and what was said."""
        status, said = self.get()
        self.assertEqual(status, 0, said)
        return (self.cache / "src/linux-vanilla/origin").read_text(encoding="utf-8"), said

    def test_the_mirror_is_asked_for_the_version_that_was_tested(self):
        self.package("mirror", TESTED)
        self.package("mirror", "7.3.9-1")
        self.package("snapshot", TESTED)
        self.kernel_org()
        self.assertEqual(self.origin()[0], f"mirror {TESTED}")

    def test_another_version_is_taken_with_a_warning(self):
        self.package("mirror", "7.3.9-1~bpo13+1")
        self.package("snapshot", TESTED)
        origin, said = self.origin()
        self.assertEqual(origin, "mirror 7.3.9-1~bpo13+1")
        self.assertRegex(said, "this is Linux 7.3.9; the tests were made with 7.3.4")

    def test_the_archive_has_what_the_mirror_had(self):
        self.package("snapshot", TESTED)
        self.kernel_org()
        self.assertEqual(self.origin()[0], f"snapshot {TESTED}")

    def test_kernel_org_is_the_last(self):
        self.kernel_org()
        origin, said = self.origin()
        self.assertEqual(origin, "kernel.org")
        self.assertRegex(said, "is not the package that was tested")

    def test_without_apt_it_is_kernel_org(self):
        self.package("mirror", TESTED)
        self.kernel_org()
        (self.world / "bin/apt-get").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        self.assertEqual(self.origin()[0], "kernel.org")

    def test_a_wrong_checksum_is_not_taken(self):
        self.kernel_org(checksum="0" * 64)
        self.assertEqual(self.get()[0], 1)
        self.assertEqual(list((self.cache / "downloads").iterdir()), [])

    def test_a_broken_package_is_not_taken(self):
        (self.world / "mirror" / f"linux-source-7.3_{TESTED}_all.deb").write_text("no package")
        self.package("snapshot", TESTED)
        self.assertEqual(self.origin()[0], f"snapshot {TESTED}")

    def test_if_nothing_is_reached_all_are_named(self):
        status, said = self.get()
        self.assertEqual(status, 1)
        for place in PLACES:
            self.assertRegex(said.splitlines()[-1], place)

    def test_what_is_there_is_not_downloaded_again(self):
        self.tarball(self.cache / "downloads/linux-7.3.7.tar.xz", "7.3.7", "the cache")
        self.package("mirror", TESTED)
        origin, said = self.origin()
        self.assertEqual(origin, "the cache")
        self.assertRegex(said, "this is Linux 7.3.7; the tests were made with 7.3.4")

    def test_of_what_is_there_the_version_that_was_tested_comes_first(self):
        self.tarball(self.cache / "downloads/linux-7.3.10.tar.xz", "7.3.10", "another")
        self.tarball(self.cache / "downloads/linux-7.3.4.tar.xz", "7.3.4", "the tested one")
        self.assertEqual(self.origin()[0], "the tested one")


if __name__ == "__main__":
    unittest.main()
