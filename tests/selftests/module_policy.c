// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameter: the policy of new spaces.
 *
 * vm: --no-module
 */

#include "control.h"
#include "harness.h"

static int insmod(const char *parameters)
{
	int fd = open("/lib/modules/pspace.ko", O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, parameters, 0))
		err = -errno;
	close(fd);
	return err;
}

/* Once the spaces of the test are given back, which is a worker's job. */
static void rmmod(void)
{
	AWAIT(!syscall(SYS_delete_module, "pspace", O_NONBLOCK) ||
	      errno == ENOENT);
}

FIXTURE(accepted) {};

FIXTURE_VARIANT(accepted) {
	const char *parameters;
	const char *policy;
};

FIXTURE_VARIANT_ADD(accepted, nothing) { "", "init" };

FIXTURE_VARIANT_ADD(accepted, 0) { "default_policy=0", "init" };

FIXTURE_VARIANT_ADD(accepted, 1) { "default_policy=1", "auto" };

FIXTURE_VARIANT_ADD(accepted, 2) { "default_policy=2", "outer" };

FIXTURE_SETUP(accepted)
{
	rmmod();
	ASSERT_EQ(insmod(variant->parameters), 0);
}

FIXTURE_TEARDOWN(accepted)
{
	rmmod();
}

TEST_F(accepted, is_the_policy_of_a_new_space)
{
	pid_t wid = idle_space();

	ASSERT_GT(wid, 0);
	EXPECT_TRUE(policy_is(ns_id_of(wid, "pid"), variant->policy));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_F(accepted, is_that_of_a_space_in_one_with_another_policy)
{
	pid_t wid = fork_space_with(!strcmp(variant->policy, "auto") ? "init"
								      : "auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner;

		mount_own_proc();
		CHECK(!policy_is(ns_id_of(1, "pid"), variant->policy));
		inner = idle_space();
		CHECK(inner > 0);
		CHECK(policy_is(ns_id_of(inner, "pid"), variant->policy));
		CHECK(end(inner) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

FIXTURE(refused) {};

FIXTURE_VARIANT(refused) {
	const char *parameters;
};

FIXTURE_VARIANT_ADD(refused, 3) { "default_policy=3" };

FIXTURE_VARIANT_ADD(refused, minus_1) { "default_policy=-1" };

FIXTURE_VARIANT_ADD(refused, 255) { "default_policy=255" };

FIXTURE_VARIANT_ADD(refused, 256) { "default_policy=256" };

FIXTURE_VARIANT_ADD(refused, name) { "default_policy=auto" };

FIXTURE_VARIANT_ADD(refused, number_and_more) { "default_policy=1x" };

FIXTURE_VARIANT_ADD(refused, empty) { "default_policy=" };

FIXTURE_VARIANT_ADD(refused, no_value) { "default_policy" };

FIXTURE_SETUP(refused)
{
	rmmod();
}

FIXTURE_TEARDOWN(refused)
{
	rmmod();
}

TEST_F(refused, is_einval_and_there_are_no_spaces)
{
	EXPECT_EQ(insmod(variant->parameters), -EINVAL);
	EXPECT_EQ(fork_space(), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_NE(access("/proc/pspace", F_OK), 0);
}

TEST_F(refused, is_no_hindrance_to_another_try)
{
	pid_t wid;

	ASSERT_EQ(insmod(variant->parameters), -EINVAL);
	ASSERT_EQ(insmod("default_policy=2"), 0);
	wid = idle_space();
	ASSERT_GT(wid, 0);
	EXPECT_TRUE(policy_is(ns_id_of(wid, "pid"), "outer"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
