// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters: the policy of new spaces, and when their members get
 * numbers above.
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
	const char *numbers;
};

FIXTURE_VARIANT_ADD(accepted, nothing) { "", "init", "list" };

FIXTURE_VARIANT_ADD(accepted, policy_0) { "default_policy=0", "init", "list" };

FIXTURE_VARIANT_ADD(accepted, policy_1) { "default_policy=1", "auto", "list" };

FIXTURE_VARIANT_ADD(accepted, policy_2) { "default_policy=2", "outer", "list" };

FIXTURE_VARIANT_ADD(accepted, numbers_0) { "default_numbers=0", "init", "never" };

FIXTURE_VARIANT_ADD(accepted, numbers_1) { "default_numbers=1", "init", "ask" };

FIXTURE_VARIANT_ADD(accepted, numbers_2) { "default_numbers=2", "init", "show" };

FIXTURE_VARIANT_ADD(accepted, numbers_3) { "default_numbers=3", "init", "list" };

FIXTURE_VARIANT_ADD(accepted, both) {
	"default_numbers=1 default_policy=2", "outer", "ask"
};

FIXTURE_SETUP(accepted)
{
	rmmod();
	ASSERT_EQ(insmod(variant->parameters), 0);
}

FIXTURE_TEARDOWN(accepted)
{
	rmmod();
}

TEST_F(accepted, is_what_a_new_space_has)
{
	pid_t wid = idle_space();
	uint64_t id;

	ASSERT_GT(wid, 0);
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(policy_is(id, variant->policy));
	EXPECT_TRUE(control_is(id, "numbers", variant->numbers));
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

FIXTURE_VARIANT_ADD(refused, numbers_4) { "default_numbers=4" };

FIXTURE_VARIANT_ADD(refused, numbers_minus_1) { "default_numbers=-1" };

FIXTURE_VARIANT_ADD(refused, numbers_256) { "default_numbers=256" };

FIXTURE_VARIANT_ADD(refused, numbers_name) { "default_numbers=never" };

FIXTURE_VARIANT_ADD(refused, numbers_with_a_good_policy) {
	"default_policy=1 default_numbers=4"
};

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
