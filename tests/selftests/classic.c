// SPDX-License-Identifier: GPL-2.0
/*
 * Pid namespaces as they have always been, inside a pspace and around one.
 *
 * model: Numbers
 */

#include "space.h"
#include "harness.h"

/* How deep they nest, inside one pspace. */
#define MAX_DEPTH	32

static pid_t fork_classic(void)
{
	return fork_with(CLONE_NEWPID);
}

/* The numbers of a task, outermost first. Returns how many there are. */
static int numbers(pid_t pid, pid_t *nrs, int size)
{
	char path[64], line[512], *word, *rest = line;
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_line(path, "NSpid:", line, sizeof(line)))
		return -1;
	while ((word = strsep(&rest, "\t"))) {
		if (!*word)
			continue;
		if (count < size)
			nrs[count] = atoi(word);
		count++;
	}
	return count;
}

/* The pid namespace of a process, also where /proc does not show it. */
static int open_pid_ns(pid_t pid)
{
	int pidfd = open_pidfd(pid), ns;

	if (pidfd < 0)
		return -1;
	ns = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	close(pidfd);
	return ns;
}

/* The number here of the task with the number NR in the namespace, or 0. */
static pid_t number_here(int ns, pid_t nr)
{
	int here = ioctl(ns, NS_GET_PID_FROM_PIDNS, nr);

	return here < 0 ? 0 : here;
}

TEST(a_classic_namespace_in_a_pspace_has_two_numbers)
{
	struct gate ready = gate_new(), finish = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_classic(), nrs[3];

		CHECK(classic >= 0);
		if (!classic) {
			CHECK(getpid() == 1 && getppid() == 0);
			gate_pass(&ready, 0);
			_exit(gate_wait(&finish));
		}
		CHECK(classic == 2);
		mount_own_proc();
		CHECK(numbers(classic, nrs, 3) == 2);
		CHECK(nrs[0] == 2 && nrs[1] == 1);
		_exit(reap(classic));
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(number_here(ns, 1), wid);
	EXPECT_EQ(number_here(ns, 2), 0);
	gate_pass(&finish, 7);
	EXPECT_EQ(reap(wid), 7);
}

TEST(unshare_of_a_classic_namespace_in_a_pspace)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork(), child;

		CHECK(member >= 0);
		if (!member) {
			CHECK(!unshare(CLONE_NEWPID));
			child = fork();
			CHECK(child >= 0);
			if (!child)
				_exit(getpid() == 1 ? 7 : 1);
			CHECK(child == 3);
			_exit(reap(child));
		}
		_exit(reap(member));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(nested_classic_namespaces_have_a_number_for_each_level)
{
	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t child, nrs[5];
		int depth;

		mount_own_proc();
		for (depth = 0; depth < 3; depth++) {
			child = fork_classic();
			CHECK(child >= 0);
			if (child)
				break;
		}
		if (depth == 3) {
			/* Not an init, and without the number 1 anywhere. */
			child = fork();
			CHECK(child >= 0);
			if (!child) {
				gate_pass(&ready, 0);
				stay();
			}
		}
		if (depth)
			stay();

		gate_wait(&ready);
		CHECK(numbers(4, nrs, 5) == 4);
		CHECK(nrs[0] == 4 && nrs[1] == 3 && nrs[2] == 2 && nrs[3] == 1);
		CHECK(numbers(5, nrs, 5) == 4);
		CHECK(nrs[0] == 5 && nrs[1] == 4 && nrs[2] == 3 && nrs[3] == 2);
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
		CHECK(kill(5, 0) == -1 && errno == ESRCH);
	}
}

TEST(a_classic_init_in_a_pspace_adopts_and_takes_its_members_along)
{
	IN(fork_space()) {
		struct gate life = gate_new(), ready = gate_new();
		pid_t classic = fork_classic(), parent, orphan;
		char byte;

		CHECK(classic >= 0);
		if (!classic) {
			struct gate ask = gate_new();

			parent = fork();
			CHECK(parent >= 0);
			if (!parent) {
				orphan = fork();
				CHECK(orphan >= 0);
				if (orphan)
					_exit(0);
				gate_wait(&ask);
				CHECK(getppid() == 1);
				gate_pass(&ready, 0);
				stay();
			}
			CHECK(!reap(parent));
			gate_pass(&ask, 0);
			stay();
		}
		gate_wait(&ready);
		close(life.fd[1]);
		CHECK(end(classic) == BY_SIGNAL(SIGKILL));
		CHECK(!fcntl(life.fd[0], F_SETFL, O_NONBLOCK));
		CHECK(read(life.fd[0], &byte, 1) == 0);
	}
}

TEST(the_end_of_a_pspace_is_that_of_the_classic_namespaces_in_it)
{
	struct gate life = gate_new(), ready = gate_new();
	char byte;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_classic(), member;

		CHECK(classic >= 0);
		if (!classic) {
			member = fork();
			CHECK(member >= 0);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	gate_wait(&ready);
	close(life.fd[1]);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(fcntl(life.fd[0], F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(read(life.fd[0], &byte, 1), 0);
}

TEST(a_member_of_a_classic_namespace_is_signalled_by_its_number_in_the_pspace)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate ready = gate_new();
		pid_t classic = fork_classic(), member;

		CHECK(classic >= 0);
		if (!classic) {
			member = fork();
			CHECK(member >= 0);
			if (!member)
				stay();
			/* And not its init from inside. */
			CHECK(!kill(1, SIGKILL));
			gate_pass(&ready, 0);
			CHECK(reap(member) == BY_SIGNAL(SIGKILL));
			_exit(7);
		}
		gate_wait(&ready);
		CHECK(!kill(3, SIGKILL));
		_exit(reap(classic));
	}
	EXPECT_EQ(reap(wid), 7);
}

/*
 * The files of the init are those of the test, so that the test can use what is
 * opened inside.
 */
static pid_t fork_space_with_files(void)
{
	return fork_with(CLONE_NEWPSPACE | CLONE_FILES);
}

TEST(one_put_from_above_into_a_classic_namespace_has_three_numbers)
{
	struct gate ready = gate_new();
	pid_t wid, child, nrs[4];
	int ns;

	wid = fork_space_with_files();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_classic();

		CHECK(classic >= 0);
		if (classic)
			gate_pass(&ready, open_pid_ns(classic));
		stay();
	}
	ns = gate_wait(&ready);
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPID), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(getpid() == 2 && getppid() == 0);
		stay();
	}
	EXPECT_EQ(numbers(child, nrs, 4), 3);
	EXPECT_EQ(nrs[0], child);
	EXPECT_EQ(nrs[1], 3);
	EXPECT_EQ(nrs[2], 2);
	EXPECT_EQ(number_here(ns, 2), child);
	EXPECT_EQ(number_here(ns, 1), 0);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* It is in a pspace, and is none. */
TEST(a_classic_namespace_is_not_joined_as_a_pspace)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space_with_files();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_classic();

		CHECK(classic >= 0);
		if (classic)
			gate_pass(&ready, open_pid_ns(classic));
		stay();
	}
	ns = gate_wait(&ready);
	ASSERT_GE(ns, 0);
	EXPECT_EQ(setns(ns, CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* The border is crossed by the one that was put in, not by its children. */
TEST(a_classic_namespace_made_by_one_put_in_has_no_number_above)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid, injected;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPSPACE), 0);
	injected = fork();
	ASSERT_GE(injected, 0);
	if (!injected) {
		pid_t classic = fork_classic();

		CHECK(classic >= 0);
		if (!classic) {
			CHECK(getpid() == 1);
			gate_pass(&ready, 0);
			_exit(gate_wait(&go));
		}
		CHECK(classic == 3);
		_exit(reap(classic));
	}
	gate_wait(&ready);
	EXPECT_EQ(number_here(ns, 2), injected);
	EXPECT_EQ(number_here(ns, 3), 0);
	gate_pass(&go, 7);
	EXPECT_EQ(reap(injected), 7);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* But for one that it gives its own parent to wait for. */
TEST(a_classic_namespace_made_for_the_parent_outside_has_a_number_there)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid, classic, nrs[4];
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, CLONE_NEWPSPACE), 0);
	IN(fork()) {
		classic = fork_with(CLONE_NEWPID | CLONE_PARENT);
		CHECK(classic >= 0);
		if (!classic) {
			gate_pass(&ready, 0);
			_exit(gate_wait(&go));
		}
		CHECK(classic == 3);
	}
	gate_wait(&ready);
	classic = number_here(ns, 3);
	ASSERT_GT(classic, 1);
	EXPECT_EQ(numbers(classic, nrs, 4), 3);
	EXPECT_EQ(nrs[0], classic);
	EXPECT_EQ(nrs[1], 3);
	EXPECT_EQ(nrs[2], 1);
	gate_pass(&go, 7);
	EXPECT_EQ(reap(classic), 7);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(an_init_has_a_wid_in_each_classic_namespace_around_its_creator)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t outer, init, nrs[5];
	int ns;

	outer = fork_classic();
	ASSERT_GE(outer, 0);
	if (!outer) {
		pid_t inner = fork_classic(), wid, member;

		CHECK(inner >= 0);
		if (!inner) {
			wid = fork_space();
			CHECK(wid >= 0);
			if (!wid) {
				member = fork();
				CHECK(member >= 0);
				if (!member)
					_exit(gate_wait(&go));
				CHECK(member == 2);
				gate_pass(&ready, 0);
				_exit(reap(member));
			}
			CHECK(wid == 2);
			_exit(reap(wid));
		}
		_exit(reap(inner));
	}
	gate_wait(&ready);

	/* The init is the third that has a number in the outer one. */
	ns = open_ns(outer, "pid");
	ASSERT_GE(ns, 0);
	init = number_here(ns, 3);
	ASSERT_GT(init, 1);
	EXPECT_EQ(numbers(init, nrs, 5), 4);
	EXPECT_EQ(nrs[0], init);
	EXPECT_EQ(nrs[1], 3);
	EXPECT_EQ(nrs[2], 2);
	EXPECT_EQ(nrs[3], 1);

	/* Its child has one in the pspace alone. */
	EXPECT_EQ(number_here(ns, 4), 0);
	ns = open_ns(init, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(number_here(ns, 1), init);
	EXPECT_EQ(number_here(ns, 2), 0);

	gate_pass(&go, 7);
	EXPECT_EQ(reap(outer), 7);
}

TEST(the_end_of_a_classic_namespace_is_that_of_the_pspaces_in_it)
{
	struct gate life = gate_new(), ready = gate_new();
	char byte;
	pid_t outer;

	outer = fork_classic();
	ASSERT_GE(outer, 0);
	if (!outer) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			/* A member, and one of a space further down. */
			CHECK(fork_space() >= 0);
			CHECK(fork() >= 0);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	gate_wait(&ready);
	gate_wait(&ready);
	gate_wait(&ready);
	close(life.fd[1]);
	EXPECT_EQ(end(outer), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(fcntl(life.fd[0], F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(read(life.fd[0], &byte, 1), 0);
}

TEST(set_tid_has_two_entries_for_a_classic_namespace_in_a_pspace)
{
	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t classic, child;

		CHECK(refused(CLONE_NEWPID, TIDS(2, 4711), EINVAL));
		CHECK(refused(CLONE_NEWPID, TIDS(1, 4711, 4712), EINVAL));
		classic = fork_as(CLONE_NEWPID, TIDS(1, 4711));
		CHECK(classic >= 0);
		if (!classic) {
			CHECK(getpid() == 1);
			CHECK(refused(0, TIDS(7, 700, 4712), EINVAL));
			child = fork_as(0, TIDS(7, 700));
			CHECK(child >= 0);
			if (!child) {
				CHECK(getpid() == 7);
				gate_pass(&ready, 0);
				stay();
			}
			CHECK(child == 7);
			_exit(reap(child));
		}
		CHECK(classic == 4711);
		gate_wait(&ready);
		CHECK(!kill(700, SIGKILL));
		CHECK(reap(classic) == BY_SIGNAL(SIGKILL));
	}
}

TEST(a_failed_choice_leaks_no_number_of_either_kind)
{
	IN(fork_space()) {
		pid_t classic = fork_classic();

		CHECK(classic >= 0);
		if (!classic) {
			/* Taken in the pspace; then in the classic one. */
			CHECK(refused(0, TIDS(7, 1), EEXIST));
			CHECK(refused(0, TIDS(1, 700), EEXIST));
			CHECK(fork_and_reap_as(0, TIDS(7, 700)) == 7);
			_exit(0);
		}
		CHECK(!reap(classic));
	}
}

/* Go down to DEPTH classic namespaces below this one. */
static void dive(int depth)
{
	pid_t child;

	while (depth--) {
		child = fork_classic();
		CHECK(child >= 0);
		if (child)
			_exit(reap(child));
		CHECK(getpid() == 1);
	}
}

TEST(classic_namespaces_nest_32_deep_in_a_pspace)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate ready = gate_new(), finish = gate_new();
		pid_t child = fork(), nrs[MAX_DEPTH + 2];
		int i;

		CHECK(child >= 0);
		if (!child) {
			dive(MAX_DEPTH);
			gate_pass(&ready, 0);
			_exit(gate_wait(&finish));
		}
		gate_wait(&ready);
		mount_own_proc();
		/* After pid 1 and the one that dived. */
		CHECK(numbers(MAX_DEPTH + 2, nrs, MAX_DEPTH + 2) ==
		      MAX_DEPTH + 1);
		for (i = 0; i < MAX_DEPTH; i++)
			CHECK(nrs[i] == MAX_DEPTH + 2 - i - (i > 0));
		CHECK(nrs[MAX_DEPTH] == 1);
		gate_pass(&finish, 7);
		_exit(reap(child));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(the_33rd_namespace_in_a_pspace_is_enospc)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		dive(MAX_DEPTH);
		CHECK(fork_with(CLONE_NEWPID) == -1 && errno == ENOSPC);
		CHECK(unshare(CLONE_NEWPID) == -1 && errno == ENOSPC);
		CHECK(fork_with(CLONE_NEWPSPACE) == -1 && errno == ENOSPC);
		CHECK(unshare(CLONE_NEWPSPACE) == -1 && errno == ENOSPC);
		CHECK(fork_and_reap_as(0, TIDS(7)) == 7);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(a_pspace_at_the_bottom_begins_a_new_count)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested;

		dive(MAX_DEPTH - 1);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			dive(MAX_DEPTH);
			CHECK(fork_with(CLONE_NEWPID) == -1 && errno == ENOSPC);
			_exit(7);
		}
		_exit(reap(nested));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_HARNESS_MAIN
