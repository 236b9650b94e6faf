/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's test harness: the patience that a guest needs, and IN(). */
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

/*
 * IN(fork_space()) { ... }: what a child does, here pid 1 of a new space. It uses
 * CHECK(). The test goes on when the child has ended, and has failed if that has.
 */
#define IN(child)							\
	for (pid_t in_child = (child);					\
	     ({								\
		     if (in_child) {					\
			     EXPECT_EQ(in_child < 0 ? -errno : reap(in_child), 0); \
		     }							\
		     !in_child;						\
	     });							\
	     _exit(0))

#endif /* PSPACE_SELFTESTS_HARNESS_H */
