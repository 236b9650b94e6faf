/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's test harness: the patience that a guest needs, and the ways to say that
 * something is done by pid 1 of a new space, or by another process, which uses CHECK().
 */
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
 * IN(fork_space()) { ... }: what a child does, here pid 1 of a new space. The test goes
 * on when the child has ended, and has failed if that has.
 */
#define IN(child)							\
	for (pid_t in_child = (child);					\
	({								\
		if (in_child) {						\
			EXPECT_EQ(in_child < 0 ? -errno : reap(in_child), 0); \
		}							\
		!in_child;						\
	});								\
	_exit(0))

/*
 * A test that is this as a whole: RUN has a process do BODY(), and returns 0 if all
 * went well. It may be a test of a fixture with variants.
 */
#define TEST_BODY(name, run)						\
	static void name##_body(void);					\
	TEST(name)							\
	{								\
		void (*body)(void) = name##_body;			\
									\
		EXPECT_EQ(run, 0);					\
	}								\
	static void name##_body(void)

#define TEST_F_BODY(fixture, name, run)					\
	static const FIXTURE_VARIANT(fixture) * name##_variant;		\
	static void name##_of(const FIXTURE_VARIANT(fixture) * variant); \
	static void name##_body(void) { name##_of(name##_variant); }	\
	TEST_F(fixture, name)						\
	{								\
		void (*body)(void) = name##_body;			\
									\
		name##_variant = variant;				\
		EXPECT_EQ(run, 0);					\
	}								\
	static void name##_of(const FIXTURE_VARIANT(fixture) * variant)

#endif /* PSPACE_SELFTESTS_HARNESS_H */
