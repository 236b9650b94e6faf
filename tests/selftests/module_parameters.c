// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters: the policy of new spaces, when their members get numbers
 * above, what signals do to their inits, and where their numbers begin.
 *
 * model: Setting the policy
 * model: The setting
 * model: Signals
 * model: Numbers
 * vm: --no-module
 */

#include "tree.h"
#include "module.h"
#include "harness.h"

FIXTURE(accepted) {};

FIXTURE_VARIANT(accepted) {
	const char *parameters;
	const char *policy;
	const char *numbers;
	const char *signals;
};

FIXTURE_VARIANT_ADD(accepted, nothing) { "", "init", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, policy_0) { "default_policy=0", "init", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, policy_1) { "default_policy=1", "auto", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, policy_2) { "default_policy=2", "outer", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, numbers_0) { "default_numbers=0", "init", "never", "init" };

FIXTURE_VARIANT_ADD(accepted, numbers_1) { "default_numbers=1", "init", "ask", "init" };

FIXTURE_VARIANT_ADD(accepted, numbers_2) { "default_numbers=2", "init", "show", "init" };

FIXTURE_VARIANT_ADD(accepted, numbers_3) { "default_numbers=3", "init", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, signals_0) { "default_signals=0", "init", "list", "init" };

FIXTURE_VARIANT_ADD(accepted, signals_1) { "default_signals=1", "init", "list", "ordinary" };

FIXTURE_VARIANT_ADD(accepted, all) {
	"default_numbers=1 default_policy=2 default_signals=1 random_start=1",
	"outer", "ask", "ordinary"
};

FIXTURE_SETUP(accepted)
{
	rmmod_when_free();
	ASSERT_EQ(insmod(variant->parameters), 0);
}

FIXTURE_TEARDOWN(accepted)
{
	rmmod_when_free();
}

TEST_F(accepted, is_what_a_new_space_has)
{
	pid_t wid = idle_space();
	uint64_t id;

	ASSERT_GT(wid, 0);
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(policy_is(id, variant->policy));
	EXPECT_TRUE(control_is(id, "numbers", variant->numbers));
	EXPECT_TRUE(control_is(id, "signals", variant->signals));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_F(accepted, is_that_of_a_space_in_one_with_another_policy)
{
	IN(fork_space_with(!strcmp(variant->policy, "auto") ? "init" : "auto")) {
		pid_t inner;

		mount_own_proc();
		CHECK(!policy_is(ns_id_of(1, "pid"), variant->policy));
		inner = idle_space();
		CHECK(inner > 0);
		CHECK(policy_is(ns_id_of(inner, "pid"), variant->policy));
		CHECK(end(inner) == BY_SIGNAL(SIGKILL));
	}
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

FIXTURE_VARIANT_ADD(refused, signals_2) { "default_signals=2" };

FIXTURE_VARIANT_ADD(refused, signals_minus_1) { "default_signals=-1" };

FIXTURE_VARIANT_ADD(refused, signals_256) { "default_signals=256" };

FIXTURE_VARIANT_ADD(refused, signals_name) { "default_signals=ordinary" };

FIXTURE_VARIANT_ADD(refused, random_start_2) { "random_start=2" };

FIXTURE_VARIANT_ADD(refused, random_start_minus_1) { "random_start=-1" };

FIXTURE_VARIANT_ADD(refused, random_start_256) { "random_start=256" };

FIXTURE_VARIANT_ADD(refused, random_start_name) { "random_start=y" };

FIXTURE_VARIANT_ADD(refused, random_start_empty) { "random_start=" };

FIXTURE_VARIANT_ADD(refused, random_start_with_good_ones) {
	"default_policy=1 default_numbers=1 default_signals=1 random_start=3"
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
	rmmod_when_free();
}

FIXTURE_TEARDOWN(refused)
{
	rmmod_when_free();
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

/*
 * Where numbers begin: what the children of a space's init have
 */

/* How many spaces it takes to tell. */
#define SPACES_TO_TELL 8

FIXTURE(start) {};

FIXTURE_VARIANT(start) {
	const char *parameters;
	bool random;
};

FIXTURE_VARIANT_ADD(start, not_said) { "", false };

FIXTURE_VARIANT_ADD(start, fixed) { "random_start=0", false };

FIXTURE_VARIANT_ADD(start, random) { "random_start=1", true };

FIXTURE_SETUP(start)
{
	rmmod_when_free();
	ASSERT_EQ(insmod(variant->parameters), 0);
}

FIXTURE_TEARDOWN(start)
{
	rmmod_when_free();
}

/* A namespace, and the numbers of the first two that its init makes. */
struct beginning {
	pid_t wid;
	uint64_t id;
	pid_t first, second;
};

static struct beginning begin(uint64_t flags)
{
	struct gate told = gate_new();
	struct beginning beginning = { .wid = fork_with(flags) };

	CHECK(beginning.wid >= 0);
	if (!beginning.wid) {
		CHECK(getpid() == 1);
		gate_pass(&told, fork_and_reap());
		gate_pass(&told, fork_and_reap());
		stay();
	}
	beginning.id = ns_id_of(beginning.wid, "pid");
	beginning.first = gate_wait(&told);
	beginning.second = gate_wait(&told);
	close(told.fd[0]);
	close(told.fd[1]);
	return beginning;
}

TEST_F(start, is_that_of_each_space)
{
	struct beginning spaces[SPACES_TO_TELL];
	bool all_same = true;
	int i;

	for (i = 0; i < SPACES_TO_TELL; i++) {
		long pid_max;

		spaces[i] = begin(CLONE_NEWPSPACE);
		pid_max = read_number(CONTROL_PATH(spaces[i].id, "pid_max"));
		EXPECT_GT(spaces[i].first, 1);
		EXPECT_LT(spaces[i].first, pid_max);
		if (!variant->random)
			EXPECT_EQ(spaces[i].first, 2);
		/* From there on one after the other. */
		if (spaces[i].first < pid_max - 1)
			EXPECT_EQ(spaces[i].second, spaces[i].first + 1);
		EXPECT_EQ(read_number(CONTROL_PATH(spaces[i].id, "last_pid")),
			  spaces[i].second);
		EXPECT_EQ(access(PAIR_STATUS(spaces[i].id, 1), F_OK), 0);
		all_same &= spaces[i].first == spaces[0].first;
	}
	EXPECT_EQ(all_same, !variant->random);
	for (i = 0; i < SPACES_TO_TELL; i++)
		EXPECT_EQ(end(spaces[i].wid), BY_SIGNAL(SIGKILL));
}

/* Those of members of a space, too: it is not what their own space has. */
TEST_F(start, is_that_of_spaces_within)
{
	IN(fork_space()) {
		struct beginning spaces[SPACES_TO_TELL];
		bool all_same = true;
		int i;

		mount_own_proc();
		for (i = 0; i < SPACES_TO_TELL; i++) {
			spaces[i] = begin(CLONE_NEWPSPACE);
			all_same &= spaces[i].first == spaces[0].first;
		}
		CHECK(all_same == !variant->random);
		CHECK(variant->random || spaces[0].first == 2);
	}
}

/* Also if that is set before there is anybody. */
TEST_F(start, is_below_pid_max)
{
	IN(fork()) {
		pid_t init;

		CHECK(!unshare(CLONE_NEWPSPACE));
		CHECK(!control(ns_id_of(getpid(), "pid_for_children"), "pid_max", "400"));
		init = fork_child();
		if (!init) {
			pid_t first;

			CHECK(getpid() == 1);
			first = fork_and_reap();
			CHECK(first > 1 && first < 400);
			_exit(0);
		}
		CHECK(!reap(init));
	}
}

TEST_F(start, does_not_concern_classic_namespaces)
{
	struct beginning classic = begin(CLONE_NEWPID);

	EXPECT_EQ(classic.first, 2);
	EXPECT_EQ(classic.second, 3);
	EXPECT_EQ(end(classic.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(start, can_be_set_to_another)
{
	struct gate go = gate_new(), told = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		gate_pass(&told, fork_and_reap());
		stay();
	}
	ASSERT_EQ(control(ns_id_of(wid, "pid"), "last_pid", "1234"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&told), 1235);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
