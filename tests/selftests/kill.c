// SPDX-License-Identifier: GPL-2.0
/*
 * Killing a space as a whole ends all in it, whatever they do, and nothing else.
 *
 * model: Death
 */

#include "kill.h"

/* Itself is one, too. */
static void add_blocking(void)
{
	sigset_t all;

	sigfillset(&all);
	CHECK(!sigprocmask(SIG_SETMASK, &all, NULL));
	add_children(2);
}

FIXTURE(killing) {};

FIXTURE_VARIANT(killing) {
	const char *policy;
	int (*kill)(int ns);
};

FIXTURE_VARIANT_ADD(killing, init_by_file) { "init", kill_by_file };

FIXTURE_VARIANT_ADD(killing, init_by_ioctl) { "init", kill_by_ioctl };

FIXTURE_VARIANT_ADD(killing, auto_by_file) { "auto", kill_by_file };

FIXTURE_VARIANT_ADD(killing, auto_by_ioctl) { "auto", kill_by_ioctl };

FIXTURE_VARIANT_ADD(killing, outer_by_file) { "outer", kill_by_file };

FIXTURE_VARIANT_ADD(killing, outer_by_ioctl) { "outer", kill_by_ioctl };

FIXTURE_SETUP(killing) {}
FIXTURE_TEARDOWN(killing) {}

static bool dies(const char *policy, int (*kill)(int ns),
		 void (*populate)(void))
{
	struct space space = space_new(policy, populate);

	CHECK(poll_for(space.ns, 0) == 0);
	CHECK(kill(space.ns) == 0);
	return is_killed(&space);
}

TEST_F(killing, ends_pid_1_alone)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_none));
}

TEST_F(killing, ends_all_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_some));
}

TEST_F(killing, ends_spaces_in_it)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_nested_spaces));
}

TEST_F(killing, ends_orphaned_spaces_in_it)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_orphaned_spaces));
}

TEST_F(killing, ends_stopped_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_stopped));
}

TEST_F(killing, ends_members_that_block_all_signals)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_blocking));
}

TEST_F(killing, ends_members_that_are_traced_by_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_traced));
}

TEST_F(killing, ends_a_member_that_waits_for_its_vforked_child)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_vfork_parent));
}

TEST_F(killing, ends_a_pid_1_that_is_traced_from_outside)
{
	struct space space = space_new(variant->policy, add_some);

	attach(space.wid);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, ends_frozen_members)
{
	struct space space;

	cgroup = cgroup_new();
	space = space_new(variant->policy, add_in_cgroup);
	cgroup_freeze(&cgroup);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
	cgroup_remove(&cgroup);
}

TEST_F(killing, ends_one_put_in_with_its_children)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, ends_one_put_in_that_is_traced_from_outside)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_none);

	attach(child);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, is_told_by_in_and_after_the_wait_for_pid_1_by_hup)
{
	struct space space = space_new(variant->policy, add_some);
	siginfo_t info;

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	EXPECT_EQ(init_status(space.ns), BY_SIGNAL(SIGKILL));
	/* Once more, when it is a zombie for sure and nobody else is left. */
	ASSERT_EQ(waitid(P_PID, space.wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_TRUE(all_let_go(&space.life));
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(space.ns));
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
	EXPECT_EQ(init_status(space.ns), BY_SIGNAL(SIGKILL));
}

TEST_F(killing, is_not_over_before_the_zombie_of_one_put_in_is_waited_for)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_none);
	siginfo_t info;

	EXPECT_EQ(variant->kill(space.ns), 0);
	ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	EXPECT_TRUE(all_let_go(&space.life));
	EXPECT_EQ(poll_for(space.ns, 0) & POLLHUP, 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, is_over_without_those_outside_who_could_fork_into_it)
{
	struct space space = space_new(variant->policy, add_some);

	ASSERT_EQ(setns(space.ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, makes_forks_into_it_enomem)
{
	struct space space = space_new(variant->policy, add_some);
	int i;

	ASSERT_EQ(setns(space.ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(fork(), -1);
		EXPECT_EQ(errno, ENOMEM);
		/* And when it is over. */
		EXPECT_TRUE(i || is_killed(&space));
	}
}

TEST_F(killing, before_its_first_fork_makes_that_enomem)
{
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	EXPECT_EQ(variant->kill(ns), 0);
	EXPECT_TRUE(wait_for_hup(ns));
	/* There was no pid 1. */
	EXPECT_EQ(poll_for(ns, 0), POLLHUP);
	EXPECT_EQ(init_status(ns), -1);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(poll_for(ns, 0), POLLHUP);
}

TEST_F(killing, twice_is_as_once)
{
	struct space space = space_new(variant->policy, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, by_many_at_once_is_as_once)
{
	struct space space = space_new(variant->policy, add_some);
	struct gate go = gate_new();
	pid_t killers[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(killers); i++) {
		killers[i] = fork();
		ASSERT_GE(killers[i], 0);
		if (!killers[i]) {
			gate_wait(&go);
			_exit(variant->kill(space.ns) ? 1 : 0);
		}
	}
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		gate_pass(&go, 0);
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		EXPECT_EQ(reap(killers[i]), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, of_a_dead_space_changes_nothing)
{
	struct space space = space_new(variant->policy, add_none);

	leave(&space);
	EXPECT_TRUE(is_over(&space));
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
	EXPECT_EQ(init_status(space.ns), 3);
}

TEST_F(killing, leaves_siblings_alone)
{
	struct space sibling = space_new("init", add_some);
	struct space space = space_new(variant->policy, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
	EXPECT_EQ(poll_for(sibling.ns, 0), 0);
	EXPECT_TRUE(is_unharmed(&sibling));
}

/* By pid 1 of that. */
TEST_F(killing, leaves_the_space_around_it_alone)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space inner, sibling;

		mount_own_proc();
		add_children(3);
		sibling = space_new("init", add_some);
		inner = space_new(variant->policy, add_some);
		CHECK(!variant->kill(inner.ns));
		CHECK(is_killed(&inner));
		CHECK(waitpid(-1, NULL, WNOHANG) == 0);
		CHECK(is_unharmed(&sibling));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(killing, from_two_levels_above_ends_the_inner_space_only)
{
	struct gate end = gate_new();
	int pair[2], inner;
	pid_t wid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		mount_own_proc();
		add_children(3);
		space = space_new(variant->policy, add_some);
		CHECK(!send_fd(pair[1], space.ns));
		CHECK(is_killed(&space));
		_exit(waitpid(-1, NULL, WNOHANG) ? 1 : gate_wait(&end));
	}
	inner = receive_fd(pair[0]);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(variant->kill(inner), 0);
	EXPECT_TRUE(wait_for_hup(inner));
	gate_pass(&end, 7);
	EXPECT_EQ(reap(wid), 7);
}

TEST_HARNESS_MAIN
