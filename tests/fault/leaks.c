// SPDX-License-Identifier: GPL-2.0
/*
 * The last one to run: what the others have let fail has lost nothing, and the module can
 * go.
 */

#include "fault.h"
#include "../selftests/harness.h"

#define KMEMLEAK DEBUGFS "/kmemleak"

/* What is younger is not looked at. */
#define AGE 6

/* Twice: what moves meanwhile is not seen by one. Of what is lost a part is told. */
static bool nothing_is_lost(void)
{
	static char report[1 << 14];
	int fd, length;

	CHECK(!write_file(KMEMLEAK, "scan"));
	sleep(AGE);
	CHECK(!write_file(KMEMLEAK, "scan"));
	fd = open(KMEMLEAK, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	length = read(fd, report, sizeof(report) - 1);
	CHECK(length >= 0);
	close(fd);
	if (length)
		dprintf(2, "%s\n", report);
	return !length;
}

TEST(no_memory_is_lost)
{
	sleep(AGE);
	EXPECT_TRUE(nothing_is_lost());
}

static bool module_can_go(void)
{
	return !syscall(SYS_delete_module, "pspace", 0);
}

TEST(the_module_can_be_removed)
{
	AWAIT(!module_users());
	EXPECT_TRUE(module_can_go());
}

TEST(no_memory_of_the_module_is_lost)
{
	sleep(AGE);
	EXPECT_TRUE(nothing_is_lost());
}

TEST_HARNESS_MAIN
