// SPDX-License-Identifier: GPL-2.0
/*
 * CLONE_PARENT: the child's parent is the caller's, which may be outside. It has
 * to have a number for the child, or it could never wait for it.
 *
 * model: Numbers
 */

#include "space.h"
#include <pthread.h>
#include "harness.h"

/* The number of the next child to end, which stays a zombie. */
static pid_t next_zombie(void)
{
	siginfo_t info = {};

	CHECK(!waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
	return info.si_pid;
}

/* Who makes the child: the first thread of a process in the space, or another. */
FIXTURE(put_in)
{
	pid_t wid;
};

FIXTURE_VARIANT(put_in) { bool in_thread; };

FIXTURE_VARIANT_ADD(put_in, leader) { false };

FIXTURE_VARIANT_ADD(put_in, thread) { true };

FIXTURE_SETUP(put_in)
{
	self->wid = idle_space();
	ASSERT_GT(self->wid, 0);
}

FIXTURE_TEARDOWN(put_in)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

/*
 * What the child of one that was put in sees, by the flags it is made with. It
 * ends with status 7.
 */
struct sibling {
	uint64_t flags;
	pid_t inside;	/* its number in its own space */
	pid_t returned;	/* and the one that clone() is to return */
};

static void *make_sibling(void *arg)
{
	struct sibling *expect = arg;
	pid_t child = fork_with(expect->flags | CLONE_PARENT);

	CHECK(child >= 0);
	if (!child) {
		CHECK(getpid() == expect->inside);
		CHECK(getppid() == 0);
		_exit(7);
	}
	CHECK(child == expect->returned);
	/* It is nobody's here. */
	CHECK(waitpid(child, NULL, __WALL) == -1 && errno == ECHILD);
	return NULL;
}

/* Put a process into a space. It makes a sibling and ends with status 0. */
static pid_t fork_sibling_maker(pid_t wid, bool in_thread,
				struct sibling expect)
{
	int ns = open_ns(wid, "pid");
	pid_t child = fork_into(ns);

	close(ns);
	CHECK(child >= 0);
	if (!child) {
		pthread_t thread;

		CHECK(getpid() == 2);
		if (!in_thread) {
			make_sibling(&expect);
			_exit(0);
		}
		CHECK(!pthread_create(&thread, NULL, make_sibling, &expect));
		CHECK(!pthread_join(thread, NULL));
		_exit(0);
	}
	return child;
}

TEST_F(put_in, its_sibling_is_a_child_of_the_parent_outside)
{
	/* A thread is one number more. */
	pid_t inside = variant->in_thread ? 4 : 3;
	struct sibling expect = { .inside = inside, .returned = inside };
	char numbers[64];
	pid_t maker, child;

	maker = fork_sibling_maker(self->wid, variant->in_thread, expect);
	EXPECT_EQ(reap(maker), 0);

	child = next_zombie();
	ASSERT_GT(child, 2);
	ASSERT_NE(child, maker);
	snprintf(numbers, sizeof(numbers), "%d\t%d", child, inside);
	EXPECT_TRUE(has_numbers(child, numbers));
	EXPECT_EQ(reap(child), 7);
}

TEST_F(put_in, its_sibling_in_a_new_space_is_a_child_of_the_parent_outside)
{
	pid_t between = variant->in_thread ? 4 : 3;
	struct sibling expect = {
		.flags = CLONE_NEWPSPACE,
		.inside = 1,
		.returned = between,
	};
	char numbers[64];
	pid_t maker, child;

	maker = fork_sibling_maker(self->wid, variant->in_thread, expect);
	EXPECT_EQ(reap(maker), 0);

	child = next_zombie();
	ASSERT_GT(child, 2);
	ASSERT_NE(child, maker);
	snprintf(numbers, sizeof(numbers), "%d\t%d\t1", child, between);
	EXPECT_TRUE(has_numbers(child, numbers));
	EXPECT_EQ(reap(child), 7);
}

TEST(a_child_of_such_a_sibling_is_a_plain_member)
{
	struct gate gate = gate_new();
	pid_t wid = idle_space(), maker, sibling;

	ASSERT_GT(wid, 0);
	maker = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(maker, 0);
	if (!maker) {
		pid_t child = fork_with(CLONE_PARENT);

		CHECK(child >= 0);
		if (!child) {
			CHECK(getpid() == 3);
			child = fork();
			CHECK(child >= 0);
			if (!child)
				stay();
			gate_pass(&gate, child);
			stay();
		}
		_exit(0);
	}
	EXPECT_EQ(reap(maker), 0);
	EXPECT_EQ(gate_wait(&gate), 4);
	/* The init and the sibling. */
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 2);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	/* Pid 1 does not wait for the sibling to be reaped: either comes first. */
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	sibling = next_zombie();
	EXPECT_GT(sibling, 0);
	EXPECT_EQ(reap(sibling), BY_SIGNAL(SIGKILL));
}

/* wait() finds each child once, and under a number. */
TEST(the_parent_outside_waits_for_any_child)
{
	struct sibling expect = { .inside = 3, .returned = 3 };
	pid_t wid = idle_space(), maker;
	int status, i, makers = 0;

	ASSERT_GT(wid, 0);
	maker = fork_sibling_maker(wid, false, expect);
	for (i = 0; i < 2; i++) {
		pid_t child = waitpid(-1, &status, 0);

		ASSERT_GT(child, 2);
		EXPECT_EQ(WEXITSTATUS(status), child == maker ? 0 : 7);
		makers += child == maker;
	}
	EXPECT_EQ(makers, 1);
	EXPECT_EQ(waitpid(-1, &status, WNOHANG), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(by_pid_1_is_einval)
{
	IN(fork_space()) {
		CHECK(fork_with(CLONE_PARENT) == -1 && errno == EINVAL);
		CHECK(fork_with(CLONE_PARENT | CLONE_NEWPSPACE) == -1 &&
		      errno == EINVAL);
	}
}

TEST(by_a_member_makes_a_plain_member)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		mount_own_proc();
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			member = fork_with(CLONE_PARENT);
			CHECK(member >= 0);
			if (!member) {
				CHECK(getpid() == 3 && getppid() == 1);
				stay();
			}
			CHECK(member == 3);
			_exit(0);
		}
		CHECK(reap(member) == 0);
		CHECK(has_numbers(3, "3"));
		CHECK(waitpid(3, NULL, WNOHANG) == 0);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 1);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Makes a space as a child of its own parent, and ends. */
static void make_space_for_parent(pid_t expected)
{
	pid_t init = fork_with(CLONE_PARENT | CLONE_NEWPSPACE);

	CHECK(init >= 0);
	if (!init) {
		CHECK(getpid() == 1 && getppid() == 0);
		_exit(7);
	}
	CHECK(!expected || init == expected);
	CHECK(waitpid(init, NULL, __WALL) == -1 && errno == ECHILD);
	_exit(0);
}

TEST(with_newpspace_the_parent_can_wait_for_the_init)
{
	pid_t maker = fork(), init;

	ASSERT_GE(maker, 0);
	if (!maker)
		make_space_for_parent(0);
	EXPECT_EQ(reap(maker), 0);
	init = next_zombie();
	ASSERT_GT(init, 1);
	EXPECT_EQ(reap(init), 7);
}

TEST(with_newpspace_by_a_member_its_parent_can_wait_for_the_init)
{
	IN(fork_space()) {
		pid_t maker;

		mount_own_proc();
		maker = fork();
		CHECK(maker >= 0);
		if (!maker)
			make_space_for_parent(3);
		CHECK(reap(maker) == 0);
		CHECK(next_zombie() == 3);
		CHECK(has_numbers(3, "3\t1"));
		CHECK(reap(3) == 7);
	}
}

TEST(after_an_unshare_the_parent_can_wait_for_the_init)
{
	IN(fork_space()) {
		pid_t maker = fork();

		CHECK(maker >= 0);
		if (!maker) {
			pid_t init;

			CHECK(!unshare(CLONE_NEWPSPACE));
			init = fork_with(CLONE_PARENT);
			CHECK(init >= 0);
			if (!init)
				_exit(getpid() == 1 && !getppid() ? 7 : 1);
			CHECK(init == 3);
			_exit(0);
		}
		CHECK(reap(maker) == 0);
		CHECK(next_zombie() == 3);
		CHECK(reap(3) == 7);
	}
}

TEST_HARNESS_MAIN
