// SPDX-License-Identifier: GPL-2.0
/*
 * A space is created, and each allocation of that fails once.
 *
 * EFAULT is that of clone3(), whose arguments are in memory. ENOSPC is what is said if
 * there is no memory to count the user's namespaces, as of all namespaces.
 */

#include "fault.h"
#include <sys/prctl.h>
#include "../selftests/harness.h"

#define NO_MEMORY	ERRORS(ENOMEM, ENOSPC, EAGAIN)
#define NO_MEMORY3	ERRORS(ENOMEM, ENOSPC, EAGAIN, EFAULT)

static int own, pidfd;

static long new_space(void)
{
	return ending(fork_space());
}

TEST(clone_of_a_space)
{
	faults_on();
	EXPECT_EQ(FAULTS_IN("clone(NEWPSPACE)", .call = new_space, .undo = wait_for_it,
			    .errors = NO_MEMORY), 0);
}

static void create_within(void)
{
	CHECK(!FAULTS_IN("clone(NEWPSPACE) in a space", .call = new_space,
			 .undo = wait_for_it, .errors = NO_MEMORY));
}

TEST(clone_of_a_space_in_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, create_within), 0);
}

static long new_space3(void)
{
	return ending(fork_as(CLONE_NEWPSPACE, NULL, 0));
}

TEST(clone3_of_a_space)
{
	faults_on();
	EXPECT_EQ(FAULTS_IN("clone3(NEWPSPACE)", .call = new_space3, .undo = wait_for_it,
			    .errors = NO_MEMORY3), 0);
}

static long new_space_of_user(void)
{
	return ending(fork_with(CLONE_NEWPSPACE | CLONE_NEWUSER));
}

TEST(clone_of_a_space_and_a_user_namespace)
{
	faults_on();
	EXPECT_EQ(FAULTS_IN("clone(NEWPSPACE | NEWUSER)", .call = new_space_of_user,
			    .undo = wait_for_it, .errors = NO_MEMORY), 0);
}

static long with_pidfd(uint64_t flags)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};

	pidfd = -1;
	return ending(clone3_with(&args));
}

static long new_space_with_pidfd(void)
{
	return with_pidfd(CLONE_NEWPSPACE);
}

static long new_space_of_user_with_pidfd(void)
{
	return with_pidfd(CLONE_NEWPSPACE | CLONE_NEWUSER);
}

static void wait_and_close(long pid)
{
	CHECK(!reap(pid));
	CHECK(!close(pidfd));
}

TEST(clone3_of_a_space_with_a_pidfd)
{
	faults_on();
	EXPECT_EQ(FAULTS_IN("clone3(NEWPSPACE | PIDFD)", .call = new_space_with_pidfd,
			    .undo = wait_and_close, .errors = NO_MEMORY3), 0);
	EXPECT_EQ(FAULTS_IN("clone3(NEWPSPACE | NEWUSER | PIDFD)",
			    .call = new_space_of_user_with_pidfd, .undo = wait_and_close,
			    .errors = NO_MEMORY3), 0);
}

static long new_sibling_space(void)
{
	return ending(fork_with(CLONE_NEWPSPACE | CLONE_PARENT));
}

static void create_siblings(void)
{
	CHECK(!FAULTS_IN("clone(NEWPSPACE | PARENT)", .call = new_sibling_space,
			 .errors = NO_MEMORY));
}

/* The parent, which does not look, is pid 1 of a space. */
static void create_for_parent(void)
{
	siginfo_t info;
	pid_t child = fork_child();

	if (!child) {
		create_siblings();
		_exit(0);
	}
	for (;;) {
		CHECK(!waitid(P_ALL, 0, &info, WEXITED));
		if (info.si_pid == child)
			break;
		CHECK(!info.si_status);
	}
	CHECK(info.si_code == CLD_EXITED && !info.si_status);
}

TEST(clone_of_a_space_for_the_parent)
{
	faults_on();
	EXPECT_EQ(in_process(fork, create_for_parent), 0);
	EXPECT_EQ(in_process(fork_space, create_for_parent), 0);
}

static long unshare_space(void)
{
	return result_of(unshare(CLONE_NEWPSPACE));
}

static void go_back(long result)
{
	CHECK(!setns(own, CLONE_NEWPID));
}

TEST(unshare_of_a_space)
{
	faults_on();
	own = own_ns();
	EXPECT_EQ(FAULTS_IN("unshare(NEWPSPACE)", .call = unshare_space, .undo = go_back,
			    .errors = NO_MEMORY), 0);
}

/* To a user namespace there is no way back: each time it is another process. */
static struct gate told;
static int turn;

static void unshare_with_fault(void)
{
	int file = open(FAIL_NTH, O_RDWR | O_CLOEXEC), err;

	CHECK(file >= 0);
	fail_nth(file, turn);
	err = unshare(CLONE_NEWUSER | CLONE_NEWPSPACE) ? -errno : 0;
	/* It may not write to the file any more. */
	gate_pass(&told, !read_number(FAIL_NTH));
	gate_pass(&told, err);
}

TEST(unshare_of_a_space_and_a_user_namespace)
{
	const struct faulted what = { .errors = NO_MEMORY };
	struct outcomes outcomes = {};
	struct state before;
	bool failed = true;

	faults_on();
	told = gate_new();
	before = state_now();
	for (turn = 1; failed && turn < MOST_FAULTS; turn++) {
		long err;

		ASSERT_EQ(in_process(fork, unshare_with_fault), 0);
		failed = gate_wait(&told);
		err = gate_wait(&told);
		EXPECT_TRUE(!err || (failed && is_allowed(&what, err)));
		EXPECT_TRUE(settles(&before, false));
		outcomes.failed += failed;
		outcomes.succeeded += failed && !err;
		if (err)
			outcomes.count[-err]++;
	}
	EXPECT_GT(outcomes.failed, 0);
	EXPECT_TRUE(settles(&before, true));
	tell_outcomes("unshare(NEWUSER | NEWPSPACE)", &outcomes);
}

/*
 * The first child in a new space fails, again and again in the same one: the first that
 * there is has the number 1.
 */
static void be_in_new_space(void)
{
	if (ns_id_of(getpid(), "pid_for_children") == ns_id(own))
		CHECK(!unshare(CLONE_NEWPSPACE));
}

static long fork_first(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(getpid() == 1 ? 0 : 1);
	return result_of(pid);
}

static void wait_and_leave(long pid)
{
	CHECK(!reap(pid));
	CHECK(!setns(own, CLONE_NEWPID));
	/* What is there at the end is what was there at first. */
	be_in_new_space();
}

TEST(first_fork_in_a_space)
{
	faults_on();
	own = own_ns();
	EXPECT_EQ(FAULTS_IN("fork() after unshare(NEWPSPACE)", .prepare = be_in_new_space,
			    .call = fork_first, .undo = wait_and_leave,
			    .errors = ERRORS(ENOMEM, EAGAIN)), 0);
}

static long new_pid(void)
{
	return ending(fork_with(CLONE_NEWPID));
}

static long unshare_pid(void)
{
	return result_of(unshare(CLONE_NEWPID));
}

static bool is_asked_for(long result)
{
	return prctl(PR_GET_PSPACE_NEWPID, 0, 0, 0, 0) == 1;
}

static void create_by_newpid(void)
{
	own = own_ns();
	CHECK(!prctl(PR_SET_PSPACE_NEWPID, 1, 0, 0, 0));
	CHECK(!FAULTS_IN("clone(NEWPID) of who asked for spaces", .call = new_pid,
			 .undo = wait_for_it, .check = is_asked_for, .errors = NO_MEMORY));
	CHECK(!FAULTS_IN("unshare(NEWPID) of who asked for spaces", .call = unshare_pid,
			 .undo = go_back, .check = is_asked_for, .errors = NO_MEMORY));
}

TEST(clone_of_a_pid_namespace_of_who_asked_for_spaces)
{
	faults_on();
	EXPECT_EQ(in_process(fork, create_by_newpid), 0);
}

static void create_classic(void)
{
	CHECK(!FAULTS_IN("clone(NEWPID) in a space", .call = new_pid,
			 .undo = wait_for_it, .errors = NO_MEMORY));
}

TEST(clone_of_a_pid_namespace_in_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, create_classic), 0);
}

TEST_HARNESS_MAIN
