/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's test harness, with the patience that a guest needs. */
#ifndef PSPACE_SELFTESTS_HARNESS_H
#define PSPACE_SELFTESTS_HARNESS_H

#include "kselftest_harness.h"

/*
 * Seconds until a test counts as hung. Nothing is timed by this: a kernel that
 * checks locks and memory, in a guest that is emulated beside another, takes a
 * hundred times as long as a machine.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

#endif /* PSPACE_SELFTESTS_HARNESS_H */
