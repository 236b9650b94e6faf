// SPDX-License-Identifier: GPL-2.0
/*
 * What the descriptor of a space tells: its end by poll(), and by PSPACE_GET_INFO how
 * pid 1 ended.
 *
 * model: The descriptor of a space
 */

#include "kill.h"

/* What the descriptor tells, and when. */
FIXTURE(descriptor) {};

FIXTURE_VARIANT(descriptor) {
	const char *policy;
};

FIXTURE_VARIANT_ADD(descriptor, init) { "init" };

FIXTURE_VARIANT_ADD(descriptor, auto) { "auto" };

FIXTURE_VARIANT_ADD(descriptor, outer) { "outer" };

FIXTURE_SETUP(descriptor) {}
FIXTURE_TEARDOWN(descriptor) {}

TEST_F(descriptor, of_a_living_space_has_nothing_to_tell)
{
	struct space space = space_new(variant->policy, add_some);
	struct pollfd poller = {
		.fd = space.ns,
		.events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP,
	};

	EXPECT_EQ(poll(&poller, 1, 0), 0);
	EXPECT_EQ(kill_by_ioctl(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(descriptor, tells_the_exit_of_pid_1_and_the_wait_for_it)
{
	struct space space = space_new(variant->policy, add_none);
	siginfo_t info;

	gate_pass(&space.end, 3);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	ASSERT_EQ(waitid(P_PID, space.wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	EXPECT_EQ(reap(space.wid), 3);
	EXPECT_TRUE(wait_for_hup(space.ns));
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
}

TEST_F(descriptor, taken_before_the_first_fork_tells_the_same)
{
	struct gate go = gate_new();
	pid_t wid;
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(gate_wait(&go));
	EXPECT_EQ(poll_for(ns, 0), 0);
	gate_pass(&go, 3);
	EXPECT_EQ(poll_for(ns, PATIENCE), POLLIN);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST_F(descriptor, of_a_pidfd_tells_the_same_and_kills)
{
	struct space space = space_new(variant->policy, add_some);
	int ns = ioctl(open_pidfd(space.wid),
		       PIDFD_GET_PID_NAMESPACE, 0);

	ASSERT_GE(ns, 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	EXPECT_EQ(init_status(ns), -1);
	EXPECT_EQ(kill_by_ioctl(ns), 0);
	EXPECT_EQ(poll_for(ns, PATIENCE), POLLIN);
	EXPECT_TRUE(is_killed(&space));
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_EQ(init_status(ns), BY_SIGNAL(SIGKILL));
}

/* For policy outer there is no such promise. */
TEST(when_it_tells_the_exit_of_pid_1_all_others_are_gone)
{
	static const char *const policies[] = { "init", "auto" };
	int i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		struct space space = space_new(policies[i], add_nested_spaces);

		gate_pass(&space.end, 3);
		EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
		close(space.life.fd[1]);
		/* Not waiting: pid 1 itself has let go before. */
		EXPECT_EQ(poll_for(space.life.fd[0], 0), POLLHUP);
		EXPECT_EQ(reap(space.wid), 3);
	}
}

/*
 * Wait until a child sleeps in the first call that makes it, or in the first
 * after it has passed a gate.
 */
static void wait_until_asleep(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	await_state(path, "S");
}

/* Fork one that waits for events, and says whether it has got what it should. */
static pid_t fork_poller(int ns, short events, short expected)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		struct pollfd poller = { .fd = ns, .events = events };

		CHECK(poll(&poller, 1, PATIENCE) == 1);
		_exit(poller.revents == expected ? 0 : 1);
	}
	wait_until_asleep(child);
	return child;
}

TEST_F(descriptor, wakes_all_pollers)
{
	enum { POLLERS = 5 };
	struct space space = space_new(variant->policy, add_some);
	pid_t in[POLLERS], hup[POLLERS];
	int i;

	for (i = 0; i < POLLERS; i++) {
		in[i] = fork_poller(space.ns, POLLIN, POLLIN);
		hup[i] = fork_poller(space.ns, 0, POLLHUP);
	}
	ASSERT_EQ(kill_by_ioctl(space.ns), 0);
	for (i = 0; i < POLLERS; i++) {
		EXPECT_EQ(reap(in[i]), 0);
		EXPECT_EQ(waitpid(hup[i], NULL, WNOHANG), 0);
	}
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	for (i = 0; i < POLLERS; i++)
		EXPECT_EQ(reap(hup[i]), 0);
}

/* An epoll descriptor for a space alone. */
static int epoll_for(int ns, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	CHECK(epoll >= 0);
	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, ns, &event));
	return epoll;
}

/* What epoll tells within a time, or nothing. */
static uint32_t events_of(int epoll, int milliseconds)
{
	struct epoll_event event;
	int count = epoll_wait(epoll, &event, 1, milliseconds);

	CHECK(count >= 0);
	return count ? event.events : 0;
}

TEST_F(descriptor, wakes_those_who_wait_with_epoll)
{
	struct space space = space_new(variant->policy, add_some);
	struct gate in = gate_new();
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		struct epoll_event none = {};
		int epoll = epoll_for(space.ns, EPOLLIN);

		CHECK(events_of(epoll, PATIENCE) == EPOLLIN);
		CHECK(!epoll_ctl(epoll, EPOLL_CTL_MOD, space.ns, &none));
		gate_pass(&in, 0);
		CHECK(events_of(epoll, PATIENCE) == EPOLLHUP);
		_exit(0);
	}
	wait_until_asleep(child);
	ASSERT_EQ(kill_by_ioctl(space.ns), 0);
	gate_wait(&in);
	wait_until_asleep(child);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(child), 0);
}

TEST_F(descriptor, tells_epoll_each_edge_once)
{
	struct space space = space_new(variant->policy, add_none);
	int epoll = epoll_for(space.ns, EPOLLIN | EPOLLET);

	EXPECT_EQ(events_of(epoll, 0), 0);
	gate_pass(&space.end, 3);
	EXPECT_EQ(events_of(epoll, PATIENCE), EPOLLIN);
	EXPECT_EQ(events_of(epoll, 0), 0);
	EXPECT_EQ(reap(space.wid), 3);
	EXPECT_EQ(events_of(epoll, PATIENCE), EPOLLIN | EPOLLHUP);
	EXPECT_EQ(events_of(epoll, 0), 0);

	/* To one who comes late, at once. */
	epoll = epoll_for(space.ns, EPOLLIN | EPOLLET);
	EXPECT_EQ(events_of(epoll, 0), EPOLLIN | EPOLLHUP);
	EXPECT_EQ(events_of(epoll, 0), 0);
}

/* PSPACE_GET_INFO */

TEST_F(descriptor, has_the_id_and_no_status_while_pid_1_lives)
{
	struct space space = space_new(variant->policy, add_none);
	struct pspace_info info;

	memset(&info, 0xaa, sizeof(info));
	ASSERT_EQ(ioctl(space.ns, PSPACE_GET_INFO, &info), 0);
	EXPECT_EQ(info.id, ns_id(space.ns));
	EXPECT_EQ(info.flags, PSPACE_INFO_TASKS);
	EXPECT_EQ(info.exit_code, 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* What wait() says: the exit status and the signal are apart. */
static bool has_exit_code(int ns, int exit_code)
{
	struct pspace_info info;

	memset(&info, 0xaa, sizeof(info));
	CHECK(!ioctl(ns, PSPACE_GET_INFO, &info));
	return info.id == ns_id(ns) && info.flags == (PSPACE_INFO_EXIT | PSPACE_INFO_TASKS) &&
	       info.exit_code == exit_code;
}

static int wait_status(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

TEST_F(descriptor, has_the_status_of_a_pid_1_that_exits)
{
	static const int statuses[] = { 0, 1, 7, 128, 255 };
	int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct space space = space_new(variant->policy, add_none);

		gate_pass(&space.end, statuses[i]);
		ASSERT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
		EXPECT_EQ(wait_status(space.wid), statuses[i] << 8);
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
		EXPECT_TRUE(is_over(&space));
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
	}
}

TEST_F(descriptor, has_the_signal_that_ended_pid_1)
{
	struct space space = space_new(variant->policy, add_none);

	ASSERT_EQ(kill(space.wid, SIGKILL), 0);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	EXPECT_TRUE(has_exit_code(space.ns, SIGKILL));
	EXPECT_EQ(wait_status(space.wid), SIGKILL);
	EXPECT_TRUE(has_exit_code(space.ns, SIGKILL));
}

TEST_F(descriptor, has_the_signal_that_pid_1_has_made_itself)
{
	pid_t wid;
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* Without a core, which would be told, too. */
		CHECK(!prctl(PR_SET_DUMPABLE, 0));
		*(volatile int *)NULL = 0;
		_exit(1);
	}
	EXPECT_EQ(wait_status(wid), SIGSEGV);
	EXPECT_TRUE(has_exit_code(ns, SIGSEGV));
}

#define GET_INFO_OF_SIZE(size)						\
	_IOC(_IOC_READ, PSPACE_IOCTL, _IOC_NR(PSPACE_GET_INFO), size)

TEST(info_for_a_bad_address_is_efault)
{
	struct space space = space_new("init", add_none);
	void *unwritable = mmap(NULL, 4096, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(unwritable, MAP_FAILED);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, (void *)-16), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, unwritable), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(info_of_a_smaller_size_is_einval)
{
	struct space space = space_new("init", add_none);
	unsigned char info[32], untouched[32];
	int size;

	memset(info, 0xaa, sizeof(info));
	memset(untouched, 0xaa, sizeof(untouched));
	for (size = 0; size < PSPACE_INFO_SIZE_VER0; size++) {
		EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(size), info), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(memcmp(info, untouched, sizeof(info)), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* What a newer program has room for is zeroed. */
TEST(info_of_a_larger_size_is_filled_as_far_as_it_is_known)
{
	struct space space = space_new("init", add_none);
	struct {
		struct pspace_info info;
		unsigned char more[4096 - sizeof(struct pspace_info)];
	} larger;
	static const unsigned char zeroes[sizeof(larger.more)];
	size_t more;

	for (more = 0; more <= sizeof(zeroes); more = more * 3 + 1) {
		memset(&larger, 0xaa, sizeof(larger));
		ASSERT_EQ(ioctl(space.ns,
				GET_INFO_OF_SIZE(sizeof(larger.info) + more),
				&larger), 0);
		EXPECT_EQ(larger.info.id, ns_id(space.ns));
		EXPECT_EQ(larger.info.flags, PSPACE_INFO_TASKS);
		EXPECT_EQ(larger.info.exit_code, 0);
		EXPECT_EQ(memcmp(larger.more, zeroes, more), 0);
		/* And no more than that. */
		if (more < sizeof(zeroes))
			EXPECT_EQ(larger.more[more], 0xaa);
	}
	EXPECT_TRUE(is_unharmed(&space));
}

/* The struct that it knows fits, and the rest does not. */
TEST(info_of_a_larger_size_at_the_end_of_memory_is_efault)
{
	struct space space = space_new("init", add_none);
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(page, MAP_FAILED);
	ASSERT_EQ(munmap(page + 4096, 4096), 0);
	EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(64), page + 4096 - 16), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(64), page + 4096 - 64), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* Its members, too, and unprivileged users: whoever has the descriptor. */
TEST(a_member_may_ask_for_the_info_of_its_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = own_ns();
		struct pspace_info info;

		CHECK(!setuid(NOBODY));
		CHECK(!ioctl(ns, PSPACE_GET_INFO, &info));
		CHECK(info.id == ns_id(ns) && info.flags == PSPACE_INFO_TASKS);
		CHECK(poll_for(ns, 0) == 0);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* Other files, on which none of this works. */

static bool is_enotty(int fd)
{
	struct pspace_info info;

	CHECK(fd >= 0);
	return ioctl(fd, PSPACE_KILL) == -1 && errno == ENOTTY &&
	       ioctl(fd, PSPACE_GET_INFO, &info) == -1 && errno == ENOTTY;
}

static pid_t idle_classic(void)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic)
		stay();
	return classic;
}

TEST(on_a_classic_namespace_the_ioctls_are_enotty)
{
	pid_t classic = idle_classic();

	EXPECT_TRUE(is_enotty(open_ns(classic, "pid")));
	EXPECT_EQ(waitpid(classic, NULL, WNOHANG), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(on_a_classic_namespace_in_a_space_the_ioctls_are_enotty)
{
	IN(fork_space()) {
		mount_own_proc();
		CHECK(is_enotty(open_ns(idle_classic(), "pid")));
		CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	}
}

TEST(on_the_namespace_of_the_machine_the_ioctls_are_enotty)
{
	EXPECT_TRUE(is_enotty(open_ns(getpid(), "pid")));
}

TEST(on_a_mount_namespace_the_ioctls_are_enotty)
{
	EXPECT_TRUE(is_enotty(open_ns(getpid(), "mnt")));
}

TEST(on_a_pidfd_the_ioctls_are_enotty)
{
	struct space space = space_new("init", add_none);

	EXPECT_TRUE(is_enotty(open_pidfd(space.wid)));
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(a_classic_namespace_is_always_ready_to_poll)
{
	pid_t classic = idle_classic();
	struct pollfd poller = {
		.fd = open_ns(classic, "pid"),
		.events = POLLIN | POLLOUT,
	};

	EXPECT_EQ(poll(&poller, 1, 0), 1);
	EXPECT_EQ(poller.revents, POLLIN | POLLOUT);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll(&poller, 1, 0), 1);
	EXPECT_EQ(poller.revents, POLLIN | POLLOUT);
}

TEST(a_classic_namespace_cannot_be_added_to_epoll)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_GE(epoll, 0);
	EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, open_ns(getpid(), "pid"),
			    &event), -1);
	EXPECT_EQ(errno, EPERM);
}

TEST_HARNESS_MAIN
