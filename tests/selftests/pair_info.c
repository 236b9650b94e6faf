// SPDX-License-Identifier: GPL-2.0
/*
 * From a process to its pair: PIDFD_GET_INFO tells the one of a pidfd.
 *
 * model: Names
 */

#include "pair.h"

#define EXIT			PIDFD_INFO_EXIT
#define SUPPORTED		PIDFD_INFO_SUPPORTED_MASK

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
