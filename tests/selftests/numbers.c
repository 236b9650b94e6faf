// SPDX-License-Identifier: GPL-2.0
/*
 * Which numbers a task has, in which space, and what they reach.
 *
 * model: The life of a number
 * model: Numbers
 */

#include "signals.h"
#include "tree.h"
#include <pthread.h>
#include "harness.h"

#define LAST_PID "/proc/sys/kernel/ns_last_pid"

/* A number that no task in the root has unless it was asked for. */
#define UNUSED 32000

static pid_t fork_numbered(pid_t number)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&number,
		.set_tid_size = 1,
	};

	return clone3_with(&args);
}

TEST(clone_returns_a_members_own_number)
{
	struct gate gate = gate_new();

	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			gate_pass(&gate, getpid());
			stay();
		}
		CHECK(member == 2);
		CHECK(gate_wait(&gate) == member);
	}
}

TEST(a_member_has_one_number_inside)
{
	IN(fork_space()) {
		char line[64];

		mount_own_proc();
		add_children(1);
		CHECK(has_numbers(2, "2"));
		CHECK(read_line("/proc/2/status", "NStgid:", line,
				sizeof(line)));
		CHECK(!strcmp(line, "\t2"));
	}
}

static void *check_thread(void *arg)
{
	char path[64], line[64], expected[64];

	CHECK(getpid() == 2 && gettid() == 3);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", gettid());
	snprintf(expected, sizeof(expected), "\t%d", gettid());
	CHECK(read_line(path, "NSpid:", line, sizeof(line)));
	CHECK(!strcmp(line, expected));
	return NULL;
}

TEST(a_members_thread_has_one_number_inside)
{
	IN(fork_space()) {
		pid_t member;

		mount_own_proc();
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			pthread_t thread;

			CHECK(!pthread_create(&thread, NULL, check_thread,
					      NULL));
			CHECK(!pthread_join(thread, NULL));
			_exit(0);
		}
		CHECK(!reap(member));
	}
}

/* Of all the tasks in the root's /proc only the init is in the space. */
TEST(a_member_has_no_number_outside)
{
	struct gate ready = gate_new();
	pid_t wid;

	ASSERT_EQ(access("/proc/32000", F_OK), -1);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork_numbered(UNUSED);

		CHECK(member >= 0);
		if (!member)
			stay();
		CHECK(member == UNUSED);
		add_children(10);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 1);
	EXPECT_EQ(access("/proc/32000", F_OK), -1);
	EXPECT_EQ(kill(UNUSED, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(open_pidfd(UNUSED), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(an_init_has_its_wid_outside_and_1_inside)
{
	struct gate gate = gate_new();
	char numbers[64];
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(getpid() == 1 && gettid() == 1);
		gate_wait(&gate);
		mount_own_proc();
		CHECK(has_numbers(1, "1"));
		_exit(0);
	}
	snprintf(numbers, sizeof(numbers), "%d\t1", wid);
	EXPECT_TRUE(has_numbers(wid, numbers));
	gate_pass(&gate, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(two_spaces_hold_the_same_numbers_at_once)
{
	enum { MEMBERS = 20 };
	struct gate gate[2];
	pid_t wid[2];
	int i, j;

	for (i = 0; i < 2; i++) {
		gate[i] = gate_new();
		wid[i] = fork_space();
		ASSERT_GE(wid[i], 0);
		if (wid[i])
			continue;
		for (j = 0; j < MEMBERS; j++) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member) {
				gate_pass(&gate[i], getpid());
				stay();
			}
		}
		stay();
	}
	for (i = 0; i < 2; i++) {
		bool seen[MEMBERS + 2] = {};

		for (j = 0; j < MEMBERS; j++) {
			pid_t nr = gate_wait(&gate[i]);

			ASSERT_GE(nr, 2);
			ASSERT_LE(nr, MEMBERS + 1);
			EXPECT_FALSE(seen[nr]);
			seen[nr] = true;
		}
	}
	/* Only now do they go. */
	EXPECT_EQ(end(wid[0]), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(wid[1]), BY_SIGNAL(SIGKILL));
}

TEST(kill_reaches_the_task_of_the_own_space)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t other;

	other = fork_space();
	ASSERT_GE(other, 0);
	if (!other) {
		add_children(1);
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(waitpid(2, NULL, WNOHANG) == 0);
		_exit(0);
	}
	gate_wait(&ready);

	IN(fork_space()) {
		add_children(1);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
	}
	gate_pass(&go, 0);
	EXPECT_EQ(reap(other), 0);
}

TEST(kill_reaches_no_task_outside)
{
	pid_t outside;

	outside = fork();
	ASSERT_GE(outside, 0);
	if (!outside) {
		CHECK(!setpgid(0, 0));
		stay();
	}
	IN(fork_space()) {
		CHECK(kill(outside, SIGKILL) == -1 && errno == ESRCH);
		CHECK(kill(-outside, SIGKILL) == -1 && errno == ESRCH);
		CHECK(syscall(SYS_tkill, outside, SIGKILL) == -1 &&
		      errno == ESRCH);
		CHECK(open_pidfd(outside) == -1 &&
		      errno == ESRCH);
	}
	EXPECT_EQ(waitpid(outside, NULL, WNOHANG), 0);
	EXPECT_EQ(end(outside), BY_SIGNAL(SIGKILL));
}

TEST(kill_of_all_stays_in_the_space)
{
	pid_t outside, sibling;

	outside = fork();
	ASSERT_GE(outside, 0);
	if (!outside)
		stay();
	sibling = idle_space();
	ASSERT_GT(sibling, 0);

	IN(fork_space()) {
		CHECK(kill(-1, SIGKILL) == -1 && errno == ESRCH);
		add_children(2);
		/* Has a number here, so this reaches it. */
		CHECK(idle_space() == 4);
		CHECK(!kill(-1, SIGKILL));
		CHECK(reap(2) == BY_SIGNAL(SIGKILL));
		CHECK(reap(3) == BY_SIGNAL(SIGKILL));
		CHECK(reap(4) == BY_SIGNAL(SIGKILL));
	}
	EXPECT_EQ(waitpid(outside, NULL, WNOHANG), 0);
	EXPECT_EQ(waitpid(sibling, NULL, WNOHANG), 0);
	EXPECT_EQ(end(outside), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(sibling), BY_SIGNAL(SIGKILL));
}

/*
 * In the root kernel threads take numbers at any time: count in a space, and in
 * a classic pid namespace, which have but the tasks that the test makes.
 */
FIXTURE(parent) {};
FIXTURE_VARIANT(parent) { uint64_t flags; };
FIXTURE_VARIANT_ADD(parent, is_a_pspace) { CLONE_NEWPSPACE };
FIXTURE_VARIANT_ADD(parent, is_classic) { CLONE_NEWPID };
FIXTURE_SETUP(parent) {}
FIXTURE_TEARDOWN(parent) {}

TEST_F(parent, spends_one_number_on_a_space)
{
	IN(fork_with(variant->flags)) {
		struct gate go = gate_new(), ready = gate_new();
		pid_t init;

		CHECK(read_number(LAST_PID) == 1);
		init = fork_space();
		CHECK(init >= 0);
		if (!init) {
			gate_wait(&go);
			add_children(50);
			gate_pass(&ready, 0);
			stay();
		}
		CHECK(init == 2);
		CHECK(read_number(LAST_PID) == 2);
		gate_pass(&go, 0);
		gate_wait(&ready);
		CHECK(read_number(LAST_PID) == 2);
		CHECK(end(init) == BY_SIGNAL(SIGKILL));
	}
}

TEST(the_last_number_is_the_spaces_own)
{
	IN(fork_space()) {
		CHECK(read_number(LAST_PID) == 1);
		add_children(3);
		CHECK(read_number(LAST_PID) == 4);
		CHECK(!write_file(LAST_PID, "1000"));
		add_children(1);
		CHECK(!kill(1001, 0));
		CHECK(read_number(LAST_PID) == 1001);
	}
}

TEST(the_root_has_the_id_4)
{
	EXPECT_EQ(ns_id_of(getpid(), "pid"), 4);
}

TEST(an_id_is_never_used_again)
{
	uint64_t last = ns_id_of(getpid(), "pid");
	int i;

	for (i = 0; i < 20; i++) {
		pid_t wid = idle_space();
		uint64_t id;

		ASSERT_GT(wid, 0);
		id = ns_id_of(wid, "pid");
		EXPECT_GT(id, last);
		last = id;
		EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	}
}

TEST(spaces_that_live_at_once_have_different_ids)
{
	pid_t first = idle_space(), second = idle_space();

	ASSERT_GT(first, 0);
	ASSERT_GT(second, 0);
	EXPECT_GT(ns_id_of(first, "pid"), 4);
	EXPECT_NE(ns_id_of(first, "pid"), ns_id_of(second, "pid"));
	EXPECT_EQ(end(first), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second), BY_SIGNAL(SIGKILL));
}

TEST(the_ioctls_translate_between_wid_and_1)
{
	pid_t wid = idle_space();
	int ns;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(ioctl(ns, NS_GET_PID_FROM_PIDNS, 1), wid);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_FROM_PIDNS, 1), wid);
	EXPECT_EQ(ioctl(ns, NS_GET_PID_IN_PIDNS, wid), 1);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_IN_PIDNS, wid), 1);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_ioctls_find_no_number_outside_for_a_member)
{
	struct gate ready = gate_new(), go = gate_new();
	int root = own_ns(), ns;
	pid_t wid;

	ASSERT_GE(root, 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&ready, 0);
		CHECK(ioctl(root, NS_GET_PID_IN_PIDNS, 2) == -1 &&
		      errno == ESRCH);
		CHECK(ioctl(root, NS_GET_TGID_IN_PIDNS, 2) == -1 &&
		      errno == ESRCH);
		gate_wait(&go);
		_exit(0);
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(ioctl(ns, NS_GET_PID_FROM_PIDNS, 2), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_FROM_PIDNS, 2), -1);
	EXPECT_EQ(errno, ESRCH);
	/* The test itself has none inside. */
	EXPECT_EQ(ioctl(ns, NS_GET_PID_IN_PIDNS, getpid()), -1);
	EXPECT_EQ(errno, ESRCH);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(sigchld_of_an_init_tells_its_wid)
{
	pid_t wid;

	block(SIGCHLD);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(0);
	EXPECT_EQ(sender_of(SIGCHLD), wid);
	EXPECT_EQ(reap(wid), 0);
}

TEST(sigchld_of_a_member_tells_its_number)
{
	block(SIGCHLD);
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member)
			_exit(0);
		CHECK(sender_of(SIGCHLD) == 2);
		CHECK(!reap(2));
	}
}

TEST(waitid_tells_the_wid)
{
	siginfo_t info = {};
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(3);
	ASSERT_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	EXPECT_EQ(info.si_pid, wid);
	EXPECT_EQ(info.si_status, 3);
}

TEST(a_signal_tells_the_number_of_a_sender_inside)
{
	block(SIGUSR1);
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member)
			_exit(kill(1, SIGUSR1));
		CHECK(sender_of(SIGUSR1) == 2);
		CHECK(!reap(2));
	}
}

TEST(a_signal_tells_0_for_a_sender_outside)
{
	pid_t wid;

	block(SIGUSR1);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(sender_of(SIGUSR1));
	EXPECT_EQ(kill(wid, SIGUSR1), 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(the_parent_of_an_init_is_0_and_that_of_its_child_1)
{
	IN(fork_space()) {
		pid_t child;

		CHECK(getppid() == 0);
		child = fork();
		CHECK(child >= 0);
		if (!child) {
			CHECK(getppid() == 1);
			child = fork();
			CHECK(child >= 0);
			if (!child)
				_exit(getppid() == 2 ? 0 : 1);
			_exit(reap(child));
		}
		CHECK(!reap(child));
	}
}

TEST(a_group_and_a_session_from_outside_are_0_inside)
{
	pid_t wid;

	IN(fork_space()) {
		pid_t member;

		CHECK(getpgrp() == 0 && getsid(0) == 0);
		member = fork();
		CHECK(member >= 0);
		if (!member)
			_exit(getpgrp() == 0 && getsid(0) == 0 ? 0 : 1);
		CHECK(reap(member) == 0);
		CHECK(setsid() == 1);
		CHECK(getpgrp() == 1 && getsid(0) == 1);
	}

	/* Outside they are what they were. */
	wid = idle_space();
	ASSERT_GT(wid, 0);
	EXPECT_EQ(getpgid(wid), getpgrp());
	EXPECT_EQ(getsid(wid), getsid(0));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
