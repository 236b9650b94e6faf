// SPDX-License-Identifier: GPL-2.0
/*
 * The last one to run: the module can go, and what the others have let fail has lost no
 * memory.
 */

#include "fault.h"
#include "../selftests/harness.h"

#define KMEMLEAK	DEBUGFS "/kmemleak"
/* How often something must not be found until it is told. */
#define PATIENCE_OF	"/sys/module/kmemleak/parameters/min_unref_scans"

/* What is younger is not looked at. */
#define AGE 6

/* Twice: what moves meanwhile is not seen by one. Of what is lost a part is told. */
static bool nothing_is_lost(void)
{
	static char report[1 << 14];
	int fd, length;

	CHECK(access(PATIENCE_OF, F_OK) || !write_file(PATIENCE_OF, "1"));
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

TEST(the_module_can_be_removed)
{
	AWAIT(!module_users());
	EXPECT_EQ(syscall(SYS_delete_module, "pspace", 0), 0);
}

TEST(no_memory_is_lost)
{
	sleep(AGE);
	EXPECT_TRUE(nothing_is_lost());
}

TEST_HARNESS_MAIN
