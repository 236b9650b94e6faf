// SPDX-License-Identifier: GPL-2.0
/*
 * Ways to make a pspace, and every refusal with its errno.
 *
 * model: Interface
 * model: The bit
 */

#include "space.h"
#include "harness.h"

static int child_is_init(void *arg)
{
	return getpid() == 1 && getppid() == 0 ? 0 : 1;
}

/* The call that the project is about. */
TEST(clone_makes_a_pspace_and_returns_the_wid)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t wid;

	wid = clone(child_is_init, stack + sizeof(stack),
		    CLONE_NEWPSPACE | SIGCHLD, NULL);
	ASSERT_GT(wid, 1);
	EXPECT_EQ(reap(wid), 0);
}

TEST(clone3_makes_a_pspace_and_returns_the_wid)
{
	struct clone_args args = {
		.flags = CLONE_NEWPSPACE,
		.exit_signal = SIGCHLD,
	};

	IN(clone3_with(&args)) {
		CHECK(getpid() == 1);
	}
}

TEST(unshare_makes_the_next_child_pid_1)
{
	pid_t self = getpid();
	pid_t first, second;
	struct gate gate = gate_new();

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(getpid(), self);

	first = fork();
	ASSERT_GE(first, 0);
	if (!first) {
		CHECK(getpid() == 1 && getppid() == 0);
		gate_wait(&gate);
		_exit(0);
	}
	second = fork();
	ASSERT_GE(second, 0);
	if (!second) {
		CHECK(getpid() == 2 && getppid() == 0);
		_exit(0);
	}
	EXPECT_GT(first, 1);
	EXPECT_GT(second, 1);
	EXPECT_EQ(reap(second), 0);
	gate_pass(&gate, 0);
	EXPECT_EQ(reap(first), 0);
}

TEST(with_clone_newpid_is_einval)
{
	struct clone_args args = {
		.flags = CLONE_NEWPSPACE | CLONE_NEWPID,
		.exit_signal = SIGCHLD,
	};

	EXPECT_EQ(fork_with(CLONE_NEWPSPACE | CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(clone3_with(&args), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE | CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST(without_cap_sys_admin_is_eperm)
{
	ASSERT_EQ(setuid(65534), 0);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EPERM);
}

TEST(with_a_new_user_namespace_anybody_may)
{
	ASSERT_EQ(setuid(65534), 0);
	IN(fork_with(CLONE_NEWPSPACE | CLONE_NEWUSER)) {
		pid_t wid;

		CHECK(getpid() == 1);
		/* And nested, with the capabilities it has there. */
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid)
			_exit(getpid() == 1 ? 0 : 1);
		CHECK(!reap(wid));
	}
}

TEST(unshare_with_a_new_user_namespace)
{
	pid_t child;

	ASSERT_EQ(setuid(65534), 0);
	ASSERT_EQ(unshare(CLONE_NEWPSPACE | CLONE_NEWUSER), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(getpid() == 1 ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
}

/* The limit is per user and user namespace: in a new one the test is alone. */
TEST(beyond_max_pid_namespaces_is_enospc)
{
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	ASSERT_EQ(write_file("/proc/sys/user/max_pid_namespaces", "0"), 0);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, ENOSPC);

	ASSERT_EQ(write_file("/proc/sys/user/max_pid_namespaces", "1"), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(0);
	EXPECT_EQ(reap(wid), 0);
}

/* The next child's pspace is made already: there is no place for another. */
TEST(a_second_unshare_is_einval)
{
	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
}

static int thread_body(void *arg)
{
	/* SYS_exit: a thread ends alone. */
	*(volatile pid_t *)arg = getpid();
	syscall(SYS_exit, 0);
	return 0;
}

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
		      CLONE_THREAD | CLONE_SYSVSEM)

/* As old NPTL and musl's pthread_create() do. */
TEST(clone_of_a_thread_ignores_the_bit)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile pid_t seen;
	pid_t tid;

	tid = clone(thread_body, stack + sizeof(stack),
		    THREAD_FLAGS | CLONE_NEWPSPACE, (void *)&seen);
	ASSERT_GT(tid, 1);
	AWAIT(seen);
	EXPECT_EQ(seen, getpid());
}

TEST(clone3_of_a_thread_with_the_bit_is_einval)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct clone_args args = {
		.flags = THREAD_FLAGS | CLONE_NEWPSPACE,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};

	EXPECT_EQ(clone3_with(&args), -1);
	EXPECT_EQ(errno, EINVAL);
}

/* What CLONE_DETACHED never went with stays refused for a thread. */
TEST(clone_of_a_thread_with_the_bit_and_a_pidfd_is_einval)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pidfd = -1;

	EXPECT_EQ(clone(thread_body, stack + sizeof(stack),
			THREAD_FLAGS | CLONE_NEWPSPACE | CLONE_PIDFD, NULL,
			&pidfd), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pidfd, -1);
}

TEST(vfork_into_a_pspace)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t wid;

	wid = clone(child_is_init, stack + sizeof(stack),
		    CLONE_NEWPSPACE | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	ASSERT_GT(wid, 1);
	EXPECT_EQ(reap(wid), 0);
}

/* A failed fork must not use up the number of the space's init. */
TEST(a_failed_first_fork_leaves_pid_1_for_the_next)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = 1, /* unmapped: fails after the number was taken */
		.exit_signal = SIGCHLD,
	};
	pid_t child;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(clone3_with(&args), -1);
	EXPECT_EQ(errno, EFAULT);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(getpid() == 1 ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
}

TEST_HARNESS_MAIN
