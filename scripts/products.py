# SPDX-License-Identifier: GPL-2.0
"""What the scripts in Python need of those in shell: paths, and what they build."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))


def pin(name):
    """A path or a tool that pins.sh names."""
    return subprocess.run(["bash", "-c", '. "$1" && printf %s "${!2}"', "-",
                           os.path.join(HERE, "pins.sh"), name],
                          stdout=subprocess.PIPE, text=True, check=True).stdout


def build(name, *arguments):
    """Build what is missing, by a script: where it is, as its last line says, or "".

    None if that failed. What the script says of its progress is shown.
    """
    process = subprocess.run([os.path.join(HERE, name), *arguments],
                             stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        return None
    return (process.stdout.strip().splitlines() or [""])[-1]


def require(name, *arguments, status=1, verdict=""):
    """Build what is missing, or end with a status, and a verdict as the last line."""
    where = build(name, *arguments)
    if where is None:
        said = f"{os.path.basename(sys.argv[0])}: scripts/{' '.join([name, *arguments])} failed"
        print("\n".join(filter(None, [said, verdict])), file=sys.stderr)
        sys.exit(status)
    return where
