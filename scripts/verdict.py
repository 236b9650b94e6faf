# SPDX-License-Identifier: GPL-2.0
"""What the output of tests says: how many have passed, and why others have not.

A test that was expected and is not told of has failed, and so has one that was
skipped, or that no source has.
"""

import re

RESULT = re.compile(r"^\s*(ok|not ok) (\d+) ?-? ?(.*)$")
SKIPPED = re.compile(r"# *SKIP\b", re.IGNORECASE)


def of_program(output, status):
    """Of the TAP of a selftest, as lines, and its exit status: passed, failures."""
    plan, passed, failures, seen, said = None, 0, [], 0, []
    for line in output:
        if re.match(r"# +(?!RUN|OK|FAIL)\S", line):
            said.append(line.strip("# \n"))
        planned = re.match(r"1\.\.(\d+)", line)
        if planned:
            plan = int(planned.group(1))
        result = RESULT.match(line)
        if not result:
            continue
        seen += 1
        if result.group(1) == "ok" and not SKIPPED.search(line):
            passed += 1
        else:
            name = result.group(3).replace("global.", "").strip()
            failures.append(": ".join([name, *said[:3]]))
        said = []
    if not plan:
        failures.append("no test ran")
    else:
        failures += ["did not report"] * max(plan - seen, 0)
    if status and not failures:
        failures.append(f"ended with {status}")
    return passed, failures


def of_guest(status, left):
    """Of what a guest ended with, and the programs that did not come to an end: failures."""
    failures = [f"{program}: did not come to its end" for program in left]
    # With some left the status is that of the runner's patience. 125 is a kernel's report.
    if status and (not left or status == 125):
        failures.append(f"the guest ended with {status}")
    return failures


def of_rust(output, status, expected):
    """Of the text of tests of Rust, of which these are expected: passed, failures."""
    results = {name.rsplit("::", 1)[-1]: result for name, result in
               re.findall(r"^test (\S+) \.\.\. (?:.*?)(ok|FAILED|ignored)$", output, re.MULTILINE)}
    failures = [f"{test}: {results.get(test, 'did not run')}" for test in expected
                if results.get(test) != "ok"]
    passed = len(expected) - len(failures)
    failures += [f"{test}: is in no source" for test in results if test not in expected]
    if status and not failures:
        failures.append(f"exit status {status}")
    return passed, failures


def of_kunit(output, status, expected):
    """Of the results of KUnit suites, each after a line of its file: passed, failures.

    What is expected is the tests of each suite.
    """
    results, suite = {}, None
    for line in output.splitlines():
        named = re.match(r"suite .*/kunit/(\w+)/results$", line)
        if named:
            suite = named.group(1)
            continue
        result = RESULT.match(line)
        if result and suite and not result.group(3).startswith(suite):
            good = result.group(1) == "ok" and not SKIPPED.search(line)
            results[(suite, result.group(3).split(" ")[0])] = good
    passed, failures = 0, []
    for suite, tests in expected.items():
        if not tests:
            failures.append(f"{suite}: has no tests")
        for test in tests:
            good = results.pop((suite, test), None)
            if good:
                passed += 1
            else:
                failures.append(f"{suite}.{test}: {'did not run' if good is None else 'failed'}")
    failures += [f"{suite}.{test}: is not in tests/kunit" for suite, test in results]
    if status:
        failures.append(f"the guest ended with {status}")
    return passed, failures
