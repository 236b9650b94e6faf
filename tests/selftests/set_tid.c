// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers that the caller of clone3() chooses, as a restore does.
 *
 * model: Interface
 */

#include "space.h"
#include <linux/capability.h>
#include "harness.h"

/* A child that is there until it is killed. */
static pid_t fork_to_stay(uint64_t flags, const pid_t *tids, size_t count)
{
	pid_t pid = fork_as(flags, tids, count);

	if (!pid)
		stay();
	return pid;
}

/* A number that nobody has here. */
static pid_t unused_number(void)
{
	pid_t nr = 20000;

	while (!kill(nr, 0) || errno != ESRCH)
		nr++;
	return nr;
}

TEST(a_member_can_have_a_chosen_number)
{
	IN(fork_space()) {
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
		/* Below the ones that are skipped after a wrap, too. */
		CHECK(fork_and_reap_as(0, TIDS(2)) == 2);
	}
}

TEST(a_chosen_number_that_is_taken_is_eexist)
{
	IN(fork_space()) {
		pid_t child;

		CHECK(refused(0, TIDS(1), EEXIST));
		child = fork_to_stay(0, TIDS(4711));
		CHECK(child == 4711);
		CHECK(refused(0, TIDS(4711), EEXIST));
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
		/* Given up with its owner. */
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
	}
}

/* The number of a zombie is taken until it is waited for. */
TEST(the_number_of_a_zombie_is_eexist)
{
	IN(fork_space()) {
		siginfo_t info;
		pid_t child = fork_as(0, TIDS(4711));

		CHECK(child >= 0);
		if (!child)
			_exit(0);
		CHECK(!waitid(P_PID, child, &info, WEXITED | WNOWAIT));
		CHECK(refused(0, TIDS(4711), EEXIST));
		CHECK(!reap(child));
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
	}
}

/* The one it chose is its only one. */
TEST(two_numbers_for_a_member_are_einval)
{
	pid_t wid, outside = unused_number();

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(refused(0, TIDS(4711, outside), EINVAL));
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(a_chosen_number_does_not_move_the_next_one)
{
	IN(fork_space()) {
		CHECK(fork_and_reap_as(0, NULL, 0) == 2);
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
		CHECK(fork_and_reap_as(0, NULL, 0) == 3);
	}
}

TEST(the_next_one_steps_over_a_chosen_number)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_to_stay(0, TIDS(2));

		CHECK(child == 2);
		CHECK(fork_and_reap_as(0, NULL, 0) == 3);
		_exit(end(child) == BY_SIGNAL(SIGKILL) ? 0 : 1);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(an_init_can_have_a_chosen_wid)
{
	pid_t wid = unused_number();

	EXPECT_EQ(fork_and_reap_as(CLONE_NEWPSPACE, TIDS(1, wid)), wid);
	/* And leave the wid to the kernel. */
	EXPECT_GT(fork_and_reap_as(CLONE_NEWPSPACE, TIDS(1)), 1);
}

TEST(an_init_can_have_a_chosen_wid_in_a_pspace)
{
	IN(fork_space()) {
		CHECK(fork_and_reap_as(CLONE_NEWPSPACE, TIDS(1, 4711)) == 4711);
		CHECK(refused(CLONE_NEWPSPACE, TIDS(1, 1), EEXIST));
	}
}

TEST(an_init_that_is_not_to_be_1_is_einval)
{
	pid_t wid = unused_number();

	EXPECT_TRUE(refused(CLONE_NEWPSPACE, TIDS(2, wid), EINVAL));
	EXPECT_TRUE(refused(CLONE_NEWPSPACE, TIDS(2), EINVAL));
	EXPECT_EQ(fork_and_reap_as(CLONE_NEWPSPACE, TIDS(1, wid)), wid);
}

/* The first child after unshare() is an init too, and can be tried again. */
TEST(a_first_child_that_is_not_to_be_1_leaves_the_space_usable)
{
	pid_t wid = unused_number();

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	EXPECT_TRUE(refused(0, TIDS(300, wid), EINVAL));
	EXPECT_EQ(fork_and_reap_as(0, TIDS(1, wid)), wid);
}

TEST(three_numbers_for_an_init_are_einval)
{
	IN(fork_space()) {
		CHECK(refused(CLONE_NEWPSPACE, TIDS(1, 4711, 4712), EINVAL));
	}
}

TEST(a_number_out_of_range_is_einval)
{
	IN(fork_space()) {
		long pid_max;

		mount_own_proc();
		pid_max = read_number("/proc/sys/kernel/pid_max");
		CHECK(pid_max > 300);
		CHECK(refused(0, TIDS(0), EINVAL));
		CHECK(refused(0, TIDS(-1), EINVAL));
		CHECK(refused(0, TIDS(pid_max), EINVAL));
		CHECK(refused(0, TIDS(INT32_MAX), EINVAL));
		CHECK(fork_and_reap_as(0, TIDS(pid_max - 1)) == pid_max - 1);

		CHECK(refused(CLONE_NEWPSPACE, TIDS(1, pid_max), EINVAL));
		CHECK(refused(CLONE_NEWPSPACE, TIDS(1, 0), EINVAL));
		CHECK(refused(CLONE_NEWPSPACE, TIDS(0, 4711), EINVAL));
	}
}

static void keep_capability(int kept)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {};

	if (kept >= 0) {
		data[kept / 32].effective = 1U << kept % 32;
		data[kept / 32].permitted = 1U << kept % 32;
	}
	CHECK(!syscall(SYS_capset, &header, data));
}

TEST(a_choice_without_a_capability_is_eperm)
{
	IN(fork_space()) {
		keep_capability(-1);
		CHECK(refused(0, TIDS(4711), EPERM));
		CHECK(fork_and_reap_as(0, NULL, 0) == 2);
	}
}

TEST(cap_checkpoint_restore_is_enough_for_a_choice)
{
	IN(fork_space()) {
		keep_capability(CAP_CHECKPOINT_RESTORE);
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
	}
}

/* Who owns the user namespace of a pspace may choose there, not outside. */
TEST(the_owner_of_a_space_may_choose_in_it_but_no_wid)
{
	const uint64_t flags = CLONE_NEWUSER | CLONE_NEWPSPACE;
	pid_t number = unused_number(), wid;

	ASSERT_EQ(setuid(65534), 0);
	EXPECT_TRUE(refused(flags, TIDS(1, number), EPERM));
	wid = fork_as(flags, TIDS(1));
	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
		CHECK(fork_and_reap_as(CLONE_NEWPSPACE, TIDS(1, 4711)) == 4711);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* Put in by setns() and fork(), it has a number on either side. */
TEST(an_injected_child_can_have_both_numbers_chosen)
{
	pid_t outside = unused_number(), wid;
	int ns;

	wid = fork_to_stay(CLONE_NEWPSPACE, NULL, 0);
	ASSERT_GT(wid, 1);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPID), 0);
	EXPECT_EQ(fork_and_reap_as(0, TIDS(4711, outside)), outside);
	EXPECT_TRUE(refused(0, TIDS(4711, outside, 4712), EINVAL));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_choice_that_fails_outside_leaks_no_number_inside)
{
	pid_t outside = unused_number(), wid;
	int ns;

	wid = fork_to_stay(CLONE_NEWPSPACE, NULL, 0);
	ASSERT_GT(wid, 1);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPID), 0);
	EXPECT_TRUE(refused(0, TIDS(4711, getpid()), EEXIST));
	EXPECT_EQ(fork_and_reap_as(0, TIDS(4711, outside)), outside);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_choice_that_fails_inside_leaks_no_number_outside)
{
	pid_t outside = unused_number(), wid;
	int ns;

	wid = fork_to_stay(CLONE_NEWPSPACE, NULL, 0);
	ASSERT_GT(wid, 1);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPID), 0);
	EXPECT_TRUE(refused(0, TIDS(1, outside), EEXIST));
	EXPECT_EQ(fork_and_reap_as(0, TIDS(4711, outside)), outside);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_choice_that_fails_leaks_no_number_in_either_of_two_pspaces)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_to_stay(CLONE_NEWPSPACE, NULL, 0);
		int ns;

		CHECK(nested == 2);
		mount_own_proc();
		ns = open_ns(nested, "pid");
		CHECK(ns >= 0);
		CHECK(!setns(ns, CLONE_NEWPID));
		CHECK(refused(0, TIDS(4711, 1), EEXIST));
		CHECK(refused(0, TIDS(1, 4712), EEXIST));
		CHECK(fork_and_reap_as(0, TIDS(4711, 4712)) == 4712);
		_exit(end(nested) == BY_SIGNAL(SIGKILL) ? 0 : 1);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* Fails when the number is taken and published, and gives it back. */
TEST(a_clone_that_fails_later_leaks_no_number)
{
	IN(fork_space()) {
		struct clone_args args = {
			.flags = CLONE_PIDFD,
			.pidfd = 1, /* unmapped */
			.exit_signal = SIGCHLD,
			.set_tid = (uintptr_t)(pid_t[]){ 4711 },
			.set_tid_size = 1,
		};

		CHECK(clone3_with(&args) == -1 && errno == EFAULT);
		CHECK(kill(4711, 0) == -1 && errno == ESRCH);
		CHECK(fork_and_reap_as(0, TIDS(4711)) == 4711);
	}
}

/* The members of a space that is to be restored: parents before children. */
static const pid_t saved[] = { 2, 77, 5000 };

static pid_t restore(pid_t wid)
{
	struct gate ready = gate_new();
	int i;

	wid = fork_as(CLONE_NEWPSPACE, TIDS(1, wid));
	if (!wid) {
		for (i = 0; i < 3; i++) {
			pid_t child = fork_as(0, &saved[i], 1);

			CHECK(child >= 0);
			if (child) {
				CHECK(child == saved[i]);
				break;
			}
			CHECK(getpid() == saved[i]);
			CHECK(getppid() == (i ? saved[i - 1] : 1));
		}
		if (i == 3)
			gate_pass(&ready, getpid());
		stay();
	}
	if (wid > 0)
		gate_wait(&ready);
	return wid;
}

TEST(a_space_that_was_killed_can_be_restored_with_its_numbers)
{
	pid_t number = unused_number();
	uint64_t id, former = 0;
	int round, ns;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(restore(number), number);
		ns = open_ns(number, "pid");
		ASSERT_GE(ns, 0);
		EXPECT_EQ(ioctl(ns, NS_GET_PID_FROM_PIDNS, 1), number);

		/* The same numbers, in another space. */
		id = ns_id(ns);
		EXPECT_GT(id, former);
		former = id;
		EXPECT_EQ(end(number), BY_SIGNAL(SIGKILL));
		EXPECT_EQ(kill(number, 0), -1);
		close(ns);
	}
}

TEST_HARNESS_MAIN
