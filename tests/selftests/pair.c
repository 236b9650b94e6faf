// SPDX-License-Identifier: GPL-2.0
/*
 * From a pair to its process: PSPACE_OPEN_PIDFD opens a pidfd by the number that a
 * process has in a space.
 *
 * model: Names
 */

#include "pair.h"

static int pidfd_kill(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) ? -errno : 0;
}

TEST(a_member_is_opened_by_its_pair)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 2, 0));
	EXPECT_EQ(pidfd_kill(pidfd, 0), 0);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_member_that_was_opened_can_be_signalled)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), -ESRCH);
}

TEST(a_member_that_was_opened_can_be_polled_for_its_end)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(poll_for(pidfd, 0), 0);
	gate_pass(&space.end, 7);
	EXPECT_TRUE(poll_for(pidfd, PATIENCE) & POLLIN);
	/* But it is not its child to wait for. */
	EXPECT_EQ(pidfd_reap(pidfd), -ECHILD);
	EXPECT_EQ(reap(space.wid), 7);
}

TEST(an_init_that_was_opened_can_be_waited_for)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 1);

	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 1, space.wid));
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(pidfd_reap(pidfd), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(space.wid), -ECHILD);
}

TEST(one_put_in_that_was_opened_can_be_waited_for)
{
	struct space space = space_new();
	pid_t child = fork_into(space.ns);
	int pidfd;

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	pidfd = open_pair(space.ns, 3);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 3, child));
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(pidfd_reap(pidfd), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(what_was_opened_is_closed_by_exec)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(any_file_of_the_space_will_do)
{
	struct space space = space_new();
	int pidfd, ns;

	pidfd = open_here(space.wid);
	ASSERT_GE(pidfd, 0);
	ns = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	ASSERT_GE(ns, 0);
	pidfd = open_pair(ns, 2);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 2, 0));
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_number_is_that_of_the_space_whose_file_it_is)
{
	struct space one = space_new(), other = space_new();
	int pidfd[2];

	pidfd[0] = open_pair(one.ns, 2);
	pidfd[1] = open_pair(other.ns, 2);
	ASSERT_GE(pidfd[0], 0);
	ASSERT_GE(pidfd[1], 0);
	EXPECT_TRUE(is_pair(pidfd[0], one.id, 2, 0));
	EXPECT_TRUE(is_pair(pidfd[1], other.id, 2, 0));
	EXPECT_EQ(pidfd_kill(pidfd[0], SIGKILL), 0);
	EXPECT_EQ(reap(one.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(pidfd_kill(pidfd[1], 0), 0);
	EXPECT_EQ(space_end(&other), BY_SIGNAL(SIGKILL));
}

/* Its pair is the one of its own space. */
TEST(the_init_of_a_nested_space_is_opened_by_its_wid_too)
{
	struct gate ready = gate_new();
	uint64_t nested;
	int ns, pidfd;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			gate_pass(&ready, ns_id(own_ns()));
			stay();
		}
		CHECK(inner == 2);
		stay();
	}
	nested = gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	pidfd = open_pair(ns, 2);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, nested, 1, 0));
	/* And so one gets at the next space down. */
	ns = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	ASSERT_GE(ns, 0);
	EXPECT_EQ(ns_id(ns), nested);
	pidfd = open_pair(ns, 1);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, nested, 1, 0));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_member_opens_those_of_its_own_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = own_ns(), pidfd;

		add_children(1);
		pidfd = open_pair(ns, 2);
		CHECK(pidfd >= 0);
		CHECK(is_pair(pidfd, ns_id(ns), 2, 2));
		pidfd = open_pair(ns, 1);
		CHECK(pidfd >= 0);
		CHECK(is_pair(pidfd, ns_id(ns), 1, 1));
		CHECK(open_pair(ns, 3) == -ESRCH);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* As with a number of one's own, which all may open. */
TEST(an_unprivileged_user_above_opens_but_does_not_signal)
{
	struct space space = space_new();
	int pidfd;

	ASSERT_EQ(seteuid(65534), 0);
	pidfd = open_pair(space.ns, 2);
	ASSERT_EQ(seteuid(0), 0);
	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(setresuid(65534, 65534, 65534), 0);
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), -EPERM);
	gate_pass(&space.end, 7);
	EXPECT_EQ(reap(space.wid), 7);
}

TEST(no_number_is_einval)
{
	struct space space = space_new();

	EXPECT_EQ(open_pair(space.ns, 0), -EINVAL);
	EXPECT_EQ(open_pair(space.ns, -1), -EINVAL);
	EXPECT_EQ(open_pair(space.ns, -2), -EINVAL);
	EXPECT_EQ(open_pair(space.ns, INT32_MIN), -EINVAL);
	EXPECT_EQ(open_pair(space.ns, 1L << 31), -EINVAL);
	/* Nor is one to be made of half of it. */
	EXPECT_EQ(open_pair(space.ns, 1L << 32 | 1), -EINVAL);
	EXPECT_EQ(open_pair(space.ns, INT64_MIN | 2), -EINVAL);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_number_that_nobody_has_is_esrch)
{
	struct space space = space_new();

	EXPECT_EQ(open_pair(space.ns, 3), -ESRCH);
	EXPECT_EQ(open_pair(space.ns, 4194304), -ESRCH);
	EXPECT_EQ(open_pair(space.ns, 4194305), -ESRCH);
	EXPECT_EQ(open_pair(space.ns, INT32_MAX), -ESRCH);
	/* Even if somebody has it here. */
	EXPECT_EQ(open_pair(space.ns, getpid()), -ESRCH);
	EXPECT_EQ(open_pair(space.ns, space.wid), -ESRCH);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_dead_process_is_esrch)
{
	struct gate ready = gate_new(), go = gate_new();
	int ns, pidfd;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		add_children(1);
		CHECK(!kill(2, SIGKILL));
		CHECK(!waitid(P_PID, 2, &info, WEXITED | WNOWAIT));
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(reap(2) == BY_SIGNAL(SIGKILL));
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	/* A zombie is not dead yet. */
	pidfd = open_pair(ns, 2);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(poll_for(pidfd, 0) & POLLIN);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(open_pair(ns, 2), -ESRCH);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(open_pair(ns, 1), -ESRCH);
}

TEST(a_thread_is_as_for_pidfd_open)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(idle_thread() == 2);
		gate_pass(&ready, open_here(2));
		stay();
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	/* An error, and the same. */
	EXPECT_EQ(gate_wait(&ready), open_pair(ns, 2));
	EXPECT_LT(open_pair(ns, 2), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(no_room_for_a_descriptor_is_emfile)
{
	struct space space = space_new();
	struct rlimit limit;
	int pidfd;

	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 3;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	EXPECT_EQ(open_pair(space.ns, 2), -EMFILE);
	limit.rlim_cur = limit.rlim_max;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	pidfd = open_pair(space.ns, 2);
	EXPECT_GE(pidfd, 0);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

/* Its members have pairs like all others. */
TEST(a_member_of_the_root_is_opened_by_its_pair)
{
	int ns = own_ns(), pidfd;
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	EXPECT_EQ(open_pair(ns, 0), -EINVAL);
	EXPECT_EQ(open_pair(ns, 4194304), -ESRCH);
	pidfd = open_pair(ns, child);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, ns_id(ns), child, child));
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(open_pair(ns, child), -ESRCH);
}

TEST(a_file_of_no_space_is_enotty)
{
	pid_t classic = fork_with(CLONE_NEWPID);
	struct space space;
	int fd;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	fd = open_ns(classic, "pid");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(open_pair(fd, 1), -ENOTTY);
	fd = open_ns(getpid(), "mnt");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(open_pair(fd, 1), -ENOTTY);
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(open_pair(fd, 1), -ENOTTY);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));

	/* Nor will one of its processes do. */
	space = space_new();
	fd = open_here(space.wid);
	ASSERT_GE(fd, 0);
	EXPECT_LT(open_pair(fd, 1), 0);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

/* By numbers that are taken there, and here. */
static void check_nobody_is_found(int ns)
{
	add_children(1);
	CHECK(open_pair(ns, 1) == -ESRCH);
	CHECK(open_pair(ns, 2) == -ESRCH);
	CHECK(open_pair(ns, 3) == -ESRCH);
	CHECK(open_pair(own_ns(), 2) >= 0);
}

TEST(with_the_file_of_a_sibling_nobody_is_found)
{
	struct space sibling = space_new();

	EXPECT_EQ(check_inside(check_nobody_is_found, sibling.ns), 7);
	EXPECT_EQ(space_end(&sibling), BY_SIGNAL(SIGKILL));
}

TEST(with_the_file_of_the_space_above_nobody_is_found)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		_exit(check_inside(check_nobody_is_found, own_ns()));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(in_a_classic_namespace_one_is_not_above_the_space_around)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = own_ns();
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			CHECK(open_pair(ns, 1) == -ESRCH);
			_exit(7);
		}
		_exit(reap(classic));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(members_are_opened_while_they_come_and_go)
{
	struct gate ready = gate_new(), done = gate_new();
	struct pidfd_info info;
	int ns, nr, pidfd, opened = 0;
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		gate_pass(&ready, 0);
		/* The number is given again and again. */
		for (i = 0; i < many(300); i++)
			CHECK(fork_and_reap_as(0, TIDS(2)) == 2);
		gate_pass(&done, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	id = ns_id(ns);
	do {
		for (nr = 1; nr <= 2; nr++) {
			pidfd = open_pair(ns, nr);
			if (pidfd < 0) {
				ASSERT_EQ(nr, 2);
				ASSERT_TRUE(pidfd == -ESRCH ||
					    pidfd == -ENOENT);
				continue;
			}
			opened++;
			if (get_info(pidfd, PAIR, &info)) {
				ASSERT_EQ(nr, 2);
				ASSERT_EQ(errno, ESRCH);
			} else {
				ASSERT_EQ(info.pspace_id, id);
				ASSERT_EQ(info.pspace_pid, nr);
			}
			close(pidfd);
		}
	} while (!(poll_for(done.fd[0], 0) & POLLIN));
	EXPECT_GT(opened, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
