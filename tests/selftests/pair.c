// SPDX-License-Identifier: GPL-2.0
/*
 * From a pair to its process and back: PSPACE_OPEN_PIDFD opens a pidfd by the
 * number that a process has in a space, and PIDFD_GET_INFO tells the pair of
 * one.
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "control.h"
#include <assert.h>
#include <pthread.h>
#include <sys/resource.h>
#include "harness.h"

/* What a mask is made of. */
#define PAIR			PIDFD_INFO_PSPACE
#define NUMBERS			PIDFD_INFO_PID
#define EXIT			PIDFD_INFO_EXIT
#define SUPPORTED		PIDFD_INFO_SUPPORTED_MASK

static_assert(sizeof(struct pidfd_info) == 104, "as in the kernel");

#define GET_INFO(size) \
	_IOC(_IOC_READ | _IOC_WRITE, PIDFS_IOCTL_MAGIC, 11, size)

/* Ask for what is in a mask, with a struct of a size: 0 or -errno. */
static int get_info_sized(int pidfd, uint64_t mask, struct pidfd_info *info,
			  size_t size)
{
	memset(info, 0, sizeof(*info));
	info->mask = mask;
	return ioctl(pidfd, GET_INFO(size), info) ? -errno : 0;
}

static int get_info(int pidfd, uint64_t mask, struct pidfd_info *info)
{
	return get_info_sized(pidfd, mask, info, sizeof(*info));
}

/* Is a pidfd said to be this pair, and to have this number here? */
static bool is_pair(int pidfd, uint64_t id, pid_t nr, pid_t here)
{
	struct pidfd_info info;
	int err = get_info(pidfd, PAIR, &info);

	if (!err && info.mask & PAIR && !(info.mask & NUMBERS) == !here &&
	    info.pspace_id == id && info.pspace_pid == nr &&
	    !info.pspace_pad && info.pid == here && info.tgid == here)
		return true;
	dprintf(2, "# error %d, mask %llx, pair (%llu,%u), pid %u, tgid %u\n",
		err, (unsigned long long)info.mask,
		(unsigned long long)info.pspace_id, info.pspace_pid, info.pid,
		info.tgid);
	return false;
}

/* A pidfd by a number here, or -errno. */
static int open_here(pid_t nr)
{
	int pidfd = open_pidfd(nr);

	return pidfd < 0 ? -errno : pidfd;
}

static int pidfd_kill(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) ? -errno : 0;
}

/* A space whose init ends as its child does, which waits to be told how. */
static struct space space_new(void)
{
	struct space space = { .end = gate_new() };
	struct gate ready = gate_new();

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		pid_t member = fork_child();

		if (!member)
			_exit(gate_wait(&space.end));
		gate_pass(&ready, 0);
		_exit(reap(member));
	}
	gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	space.id = ns_id(space.ns);
	return space;
}

static int space_end(struct space *space)
{
	return end(space->wid);
}

/* Run a function in a new space, with a descriptor that it is sent. */
static int check_inside(void (*check)(int fd), int fd)
{
	int sock[2], status;
	pid_t wid;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid) {
		close(fd);
		fd = receive_fd(sock[1]);
		CHECK(fd >= 0);
		check(fd);
		_exit(7);
	}
	CHECK(!send_fd(sock[0], fd));
	status = reap(wid);
	close(sock[0]);
	close(sock[1]);
	return status;
}

/*
 * PSPACE_OPEN_PIDFD
 */

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

/*
 * PIDFD_INFO_PSPACE
 */

TEST(a_member_has_a_pair_but_no_numbers_here)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(get_info(pidfd, PAIR, &info), 0);
	EXPECT_TRUE(info.mask & PAIR);
	EXPECT_EQ(info.pspace_id, space.id);
	EXPECT_EQ(info.pspace_pid, 2);
	EXPECT_FALSE(info.mask & NUMBERS);
	EXPECT_EQ(info.pid, 0);
	EXPECT_EQ(info.tgid, 0);
	/* Its parent is the init, which has one. */
	EXPECT_EQ(info.ppid, space.wid);
	EXPECT_TRUE(info.mask & PIDFD_INFO_CREDS);
	EXPECT_EQ(info.ruid, getuid());
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_task_of_the_root_has_a_pair_too)
{
	struct pidfd_info info;
	int pidfd = open_here(getpid());

	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, ROOT_ID, getpid(), getpid()));
	ASSERT_EQ(get_info(pidfd, PAIR, &info), 0);
	EXPECT_EQ((pid_t)info.ppid, getppid());
	pidfd = open_here(1);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, ROOT_ID, 1, 1));
}

TEST(the_pair_of_an_init_has_no_wid)
{
	struct space space = space_new();
	int pidfd = open_here(space.wid);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 1, space.wid));
	ASSERT_EQ(get_info(pidfd, PAIR, &info), 0);
	EXPECT_EQ((pid_t)info.ppid, getpid());
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(the_pair_of_one_put_in_is_in_that_space)
{
	struct space space = space_new();
	pid_t child = fork_into(space.ns);
	int pidfd;

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	pidfd = open_here(child);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 3, child));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(the_pair_of_one_in_a_classic_namespace_is_in_the_space_around_it)
{
	pid_t classic = fork_with(CLONE_NEWPID), wid;
	int pidfd;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	pidfd = open_here(classic);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, ROOT_ID, classic, classic));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		classic = fork_with(CLONE_NEWPID);
		CHECK(classic >= 0);
		if (!classic)
			stay();
		CHECK(is_pair(open_here(classic), ns_id(own_ns()), 2, 2));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(a_member_knows_its_own_pair_and_those_around_it)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		pid_t member = fork_child();

		if (member)
			_exit(reap(member));
		CHECK(is_pair(open_here(getpid()), id, 2, 2));
		CHECK(is_pair(open_here(1), id, 1, 1));
		member = idle_space();
		CHECK(member == 3);
		CHECK(is_pair(open_here(3),
			      ns_id(ioctl(open_here(3),
					  PIDFD_GET_PID_NAMESPACE, 0)), 1, 3));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(a_member_two_levels_down_has_a_pair)
{
	struct gate ready = gate_new();
	int sock[2], pidfd;
	uint64_t nested;
	pid_t wid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			add_children(3);
			gate_pass(&ready, ns_id(own_ns()));
			CHECK(!send_fd(sock[1], open_here(4)));
		}
		stay();
	}
	nested = gate_wait(&ready);
	pidfd = receive_fd(sock[0]);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_pair(pidfd, nested, 4, 0));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* With the bit or without. */
static void check_remote(int pidfd)
{
	struct pidfd_info info;

	CHECK(get_info(pidfd, NUMBERS, &info) == -EREMOTE);
	CHECK(get_info(pidfd, PAIR, &info) == -EREMOTE);
	CHECK(!info.pspace_id && !info.pspace_pid);
	CHECK(get_info(pidfd, PAIR | EXIT, &info) == -EREMOTE);
	CHECK(get_info(pidfd, ~0ULL, &info) == -EREMOTE);
}

TEST(a_siblings_member_is_remote)
{
	struct space sibling = space_new();
	int pidfd = open_pair(sibling.ns, 2);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(check_inside(check_remote, pidfd), 7);
	EXPECT_EQ(space_end(&sibling), BY_SIGNAL(SIGKILL));
}

TEST(a_siblings_init_is_remote)
{
	struct space sibling = space_new();
	int pidfd = open_here(sibling.wid);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(check_inside(check_remote, pidfd), 7);
	EXPECT_EQ(space_end(&sibling), BY_SIGNAL(SIGKILL));
}

TEST(a_task_above_is_remote)
{
	int pidfd = open_here(getpid());
	pid_t wid;

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(check_inside(check_remote, pidfd), 7);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(check_inside(check_remote, open_here(1)));
	EXPECT_EQ(reap(wid), 7);
}

/* A program that knows nothing of pairs takes for granted that it gets a number. */
TEST(who_wants_the_number_of_a_member_without_one_is_refused)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(get_info(pidfd, 0, &info), -EREMOTE);
	EXPECT_EQ(get_info(pidfd, NUMBERS, &info), -EREMOTE);
	EXPECT_EQ(get_info(pidfd, NUMBERS | EXIT, &info), -EREMOTE);
	EXPECT_EQ(get_info(pidfd, ~(uint64_t)PAIR, &info), -EREMOTE);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(who_does_not_want_the_number_learns_the_rest)
{
	static const uint64_t masks[] = { PIDFD_INFO_CREDS, EXIT,
					  PIDFD_INFO_CGROUPID };
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2), i;
	struct pidfd_info info, own;

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(get_info(open_here(getpid()), 0, &own), 0);
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		ASSERT_EQ(get_info(pidfd, masks[i], &info), 0);
		EXPECT_FALSE(info.mask & (NUMBERS | PAIR | EXIT));
		EXPECT_EQ(info.pid, 0);
		EXPECT_EQ(info.tgid, 0);
		EXPECT_EQ(info.pspace_id, 0);
		EXPECT_EQ(info.pspace_pid, 0);
		EXPECT_TRUE(info.mask & PIDFD_INFO_CREDS);
		EXPECT_EQ(info.ruid, getuid());
		EXPECT_EQ(info.egid, getegid());
		EXPECT_TRUE(info.mask & PIDFD_INFO_CGROUPID);
		EXPECT_EQ(info.cgroupid, own.cgroupid);
	}
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(the_credentials_of_a_member_are_its_own)
{
	struct gate ready = gate_new();
	struct pidfd_info info;
	int ns, pidfd;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_child()) {
			CHECK(!setresgid(21, 22, 23) && !setresuid(11, 12, 13));
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	pidfd = open_pair(ns, 2);
	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(get_info(pidfd, PIDFD_INFO_CREDS, &info), 0);
	EXPECT_EQ(info.ruid, 11);
	EXPECT_EQ(info.euid, 12);
	EXPECT_EQ(info.suid, 13);
	EXPECT_EQ(info.rgid, 21);
	EXPECT_EQ(info.egid, 22);
	EXPECT_EQ(info.sgid, 23);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_bit_is_set_only_when_it_is_asked_for)
{
	struct space space = space_new();
	int pidfd = open_here(space.wid);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(get_info(pidfd, NUMBERS, &info), 0);
	EXPECT_FALSE(info.mask & PAIR);
	EXPECT_EQ(info.pspace_id, 0);
	EXPECT_EQ(info.pspace_pid, 0);
	EXPECT_EQ((pid_t)info.pid, space.wid);
	ASSERT_EQ(get_info(pidfd, 0, &info), 0);
	EXPECT_FALSE(info.mask & PAIR);
	ASSERT_EQ(get_info(pidfd, NUMBERS | PAIR, &info), 0);
	EXPECT_TRUE(info.mask & PAIR);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(the_bit_is_among_those_that_are_supported)
{
	struct pidfd_info info;
	int pidfd = open_here(getpid());

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(get_info(pidfd, SUPPORTED, &info), 0);
	EXPECT_TRUE(info.mask & SUPPORTED);
	EXPECT_TRUE(info.supported_mask & PAIR);
}

/* What an older program has room for. */
TEST(a_smaller_struct_is_filled_as_before)
{
	static const size_t sizes[] = { 64, 72, 80, 88, 96 };
	struct space space = space_new();
	int init = open_here(space.wid), member = open_pair(space.ns, 2), i;
	struct pidfd_info info;

	ASSERT_GE(init, 0);
	ASSERT_GE(member, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(get_info_sized(init, NUMBERS, &info, sizes[i]), 0);
		EXPECT_EQ((pid_t)info.pid, space.wid);
		EXPECT_EQ((pid_t)info.ppid, getpid());
		EXPECT_EQ(get_info_sized(member, NUMBERS, &info, sizes[i]),
			  -EREMOTE);

		/* To ask for what there is no room for is to get nothing. */
		ASSERT_EQ(get_info_sized(init, PAIR, &info, sizes[i]),
			  0);
		EXPECT_FALSE(info.mask & PAIR);
		EXPECT_EQ((pid_t)info.pid, space.wid);
		EXPECT_EQ(get_info_sized(member, PAIR, &info, sizes[i]),
			  -EREMOTE);
	}
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

/* What a newer program has room for is zeroed. */
TEST(a_larger_struct_is_filled_as_far_as_it_is_known)
{
	struct {
		struct pidfd_info known;
		uint64_t more[2];
	} info = { .known.mask = PAIR, .more = { -1, -1 } };
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(ioctl(pidfd, GET_INFO(sizeof(info)), &info), 0);
	EXPECT_TRUE(info.known.mask & PAIR);
	EXPECT_EQ(info.known.pspace_id, space.id);
	EXPECT_EQ(info.known.pspace_pid, 2);
	EXPECT_EQ(info.more[0], 0);
	EXPECT_EQ(info.more[1], 0);
	EXPECT_EQ(space_end(&space), BY_SIGNAL(SIGKILL));
}

TEST(a_member_that_is_gone_is_esrch)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	gate_pass(&space.end, 7);
	EXPECT_EQ(reap(space.wid), 7);
	EXPECT_EQ(get_info(pidfd, PAIR, &info), -ESRCH);
}

TEST(a_member_that_is_gone_has_its_exit_code_and_its_pair)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);
	struct pidfd_info info;

	ASSERT_GE(pidfd, 0);
	gate_pass(&space.end, 7);
	EXPECT_EQ(reap(space.wid), 7);
	ASSERT_EQ(get_info(pidfd, PAIR | EXIT, &info), 0);
	EXPECT_TRUE(info.mask & EXIT);
	EXPECT_TRUE(WIFEXITED(info.exit_code));
	EXPECT_EQ(WEXITSTATUS(info.exit_code), 7);
	EXPECT_TRUE(info.mask & PAIR);
	EXPECT_EQ(info.pspace_id, space.id);
	EXPECT_EQ(info.pspace_pid, 2);
	EXPECT_FALSE(info.mask & NUMBERS);
	EXPECT_EQ(info.pid, 0);

	/* Who does not ask for the one gets the other. */
	ASSERT_EQ(get_info(pidfd, EXIT, &info), 0);
	EXPECT_TRUE(info.mask & EXIT);
	EXPECT_FALSE(info.mask & PAIR);
	EXPECT_EQ(WEXITSTATUS(info.exit_code), 7);
	EXPECT_EQ(info.pspace_id, 0);
	EXPECT_EQ(info.pspace_pid, 0);
	EXPECT_EQ(get_info(pidfd, 0, &info), -ESRCH);
	EXPECT_EQ(get_info(pidfd, NUMBERS, &info), -ESRCH);
}

TEST(a_member_that_is_gone_is_remote_for_a_sibling)
{
	struct space space = space_new();
	int pidfd = open_pair(space.ns, 2);

	ASSERT_GE(pidfd, 0);
	gate_pass(&space.end, 7);
	EXPECT_EQ(reap(space.wid), 7);
	EXPECT_EQ(check_inside(check_remote, pidfd), 7);
}

/* It has its numbers until it is waited for. */
TEST(a_zombie_has_its_pair)
{
	struct space space = space_new();
	int pidfd = open_here(space.wid);
	siginfo_t dead;

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(kill(space.wid, SIGKILL), 0);
	ASSERT_EQ(waitid(P_PID, space.wid, &dead, WEXITED | WNOWAIT), 0);
	EXPECT_TRUE(is_pair(pidfd, space.id, 1, space.wid));
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(from_a_pair_to_a_pidfd_and_back)
{
	struct gate ready = gate_new();
	int ns, pidfd, nr;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(50);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	for (nr = 2; nr <= 51; nr++) {
		pidfd = open_pair(ns, nr);
		ASSERT_GE(pidfd, 0);
		EXPECT_TRUE(is_pair(pidfd, ns_id(ns), nr, 0));
		close(pidfd);
	}
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
