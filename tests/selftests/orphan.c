// SPDX-License-Identifier: GPL-2.0
/*
 * Who adopts the children of a process that dies.
 *
 * model: Orphans
 */

#include "space.h"
#include <pthread.h>
#include "harness.h"

/*
 * Of the child of a process that has ended: is it the caller's now? The one who
 * asks has waited for the parent, so that the orphan has been given away.
 */
struct orphan {
	struct gate ask, answer;
};

static struct orphan orphan_new(void)
{
	return (struct orphan){ gate_new(), gate_new() };
}

/* In the orphan: tell the number of its parent when asked, and end with 9. */
static void __attribute__((noreturn)) be_orphan(struct orphan *orphan)
{
	gate_wait(&orphan->ask);
	gate_pass(&orphan->answer, getppid());
	_exit(9);
}

static pid_t parent_of(struct orphan *orphan)
{
	gate_pass(&orphan->ask, 0);
	return gate_wait(&orphan->answer);
}

/* Fork a process whose child becomes the orphan; it ends at once. */
static pid_t fork_parent_of(struct orphan *orphan)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		child = fork();
		CHECK(child >= 0);
		if (!child)
			be_orphan(orphan);
		_exit(0);
	}
	return child;
}

TEST(an_orphan_goes_to_pid_1)
{
	IN(fork_space()) {
		struct orphan orphan = orphan_new();

		CHECK(reap(fork_parent_of(&orphan)) == 0);
		CHECK(parent_of(&orphan) == 1);
		CHECK(reap(3) == 9);
	}
}

TEST(an_orphan_that_is_a_zombie_goes_to_pid_1)
{
	IN(fork_space()) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child) {
			siginfo_t info;

			child = fork();
			CHECK(child >= 0);
			if (!child)
				_exit(9);
			CHECK(!waitid(P_PID, child, &info, WEXITED | WNOWAIT));
			_exit(0);
		}
		CHECK(reap(2) == 0);
		CHECK(reap(3) == 9);
	}
}

TEST(pid_1_gets_sigchld_of_an_orphan)
{
	IN(fork_space()) {
		struct orphan orphan = orphan_new();
		siginfo_t info;
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGCHLD);
		CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
		CHECK(reap(fork_parent_of(&orphan)) == 0);
		CHECK(sigwaitinfo(&set, &info) == SIGCHLD);
		CHECK(info.si_pid == 2);
		CHECK(parent_of(&orphan) == 1);
		CHECK(sigwaitinfo(&set, &info) == SIGCHLD);
		CHECK(info.si_pid == 3 && info.si_status == 9);
	}
}

TEST(an_orphan_in_an_inner_space_goes_to_its_own_pid_1)
{
	IN(fork_space()) {
		pid_t wid;

		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			struct orphan orphan = orphan_new();

			CHECK(reap(fork_parent_of(&orphan)) == 0);
			CHECK(parent_of(&orphan) == 1);
			CHECK(reap(3) == 9);
			_exit(0);
		}
		CHECK(reap(wid) == 0);
		/* Nothing has come up here. */
		CHECK(wait(NULL) == -1 && errno == ECHILD);
	}
}

TEST(an_orphan_goes_to_a_subreaper_in_the_space)
{
	IN(fork_space()) {
		pid_t subreaper = fork();

		CHECK(subreaper >= 0);
		if (!subreaper) {
			struct orphan orphan = orphan_new();

			become_subreaper();
			CHECK(reap(fork_parent_of(&orphan)) == 0);
			CHECK(parent_of(&orphan) == 2);
			CHECK(reap(4) == 9);
			_exit(0);
		}
		CHECK(!reap(subreaper));
	}
}

TEST(an_orphan_goes_to_the_nearest_subreaper)
{
	IN(fork_space()) {
		pid_t child;

		become_subreaper();
		child = fork();
		CHECK(child >= 0);
		if (!child) {
			become_subreaper();
			child = fork();
			CHECK(child >= 0);
			if (!child) {
				struct orphan orphan = orphan_new();

				become_subreaper();
				CHECK(reap(fork_parent_of(&orphan)) == 0);
				CHECK(parent_of(&orphan) == 3);
				_exit(reap(5) == 9 ? 0 : 1);
			}
			_exit(reap(child));
		}
		CHECK(!reap(child));
	}
}

TEST(a_subreaper_outside_never_gets_an_orphan)
{
	become_subreaper();
	IN(fork_space()) {
		struct orphan orphan = orphan_new();

		CHECK(reap(fork_parent_of(&orphan)) == 0);
		CHECK(parent_of(&orphan) == 1);
		CHECK(reap(3) == 9);
	}
	EXPECT_EQ(wait(NULL), -1);
	EXPECT_EQ(errno, ECHILD);
}

TEST(a_subreaper_in_the_outer_space_never_gets_an_orphan)
{
	IN(fork_space()) {
		pid_t subreaper = fork();
		pid_t wid;

		CHECK(subreaper >= 0);
		if (!subreaper) {
			become_subreaper();
			wid = fork_space();
			CHECK(wid >= 0);
			if (!wid) {
				struct orphan orphan = orphan_new();

				CHECK(reap(fork_parent_of(&orphan)) == 0);
				CHECK(parent_of(&orphan) == 1);
				_exit(reap(3) == 9 ? 0 : 1);
			}
			CHECK(reap(wid) == 0);
			CHECK(wait(NULL) == -1 && errno == ECHILD);
			_exit(0);
		}
		CHECK(!reap(subreaper));
	}
}

/* Tells that the orphan, 3, has come to this init, and waits for it. */
static void __attribute__((noreturn)) adopt_3(struct orphan *orphan,
					      struct gate *go)
{
	gate_wait(go);
	CHECK(parent_of(orphan) == 1);
	CHECK(reap(3) == 9);
	_exit(0);
}

TEST(an_orphan_of_one_put_in_goes_to_pid_1)
{
	struct orphan orphan = orphan_new();
	struct gate go = gate_new();
	pid_t wid;

	/* It is an ancestor, and in the root, where it is to stay out of it. */
	become_subreaper();
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		adopt_3(&orphan, &go);

	IN(fork_into(open_ns(wid, "pid"))) {
		pid_t child;

		child = fork();
		CHECK(child >= 0);
		if (!child)
			be_orphan(&orphan);
		CHECK(child == 3);
	}
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(wait(NULL), -1);
	EXPECT_EQ(errno, ECHILD);
}

TEST(a_subreaper_that_was_put_in_gets_the_orphans_below_it)
{
	pid_t wid = idle_space(), child;

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		struct orphan orphan = orphan_new();

		become_subreaper();
		CHECK(reap(fork_parent_of(&orphan)) == 0);
		CHECK(parent_of(&orphan) == 2);
		CHECK(reap(4) == 9);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Fork a process that makes a space, tells the wid and ends. */
static pid_t fork_creator(struct orphan *orphan, struct gate *wid)
{
	pid_t creator = fork();

	CHECK(creator >= 0);
	if (!creator) {
		pid_t init = fork_space();

		CHECK(init >= 0);
		if (!init)
			be_orphan(orphan);
		gate_pass(wid, init);
		_exit(0);
	}
	return creator;
}

TEST(an_init_whose_creator_dies_goes_to_the_creators_subreaper)
{
	struct orphan orphan = orphan_new();
	struct gate wid = gate_new();
	pid_t init;

	become_subreaper();
	EXPECT_EQ(reap(fork_creator(&orphan, &wid)), 0);
	init = gate_wait(&wid);
	EXPECT_EQ(waitpid(init, NULL, WNOHANG), 0);
	EXPECT_EQ(parent_of(&orphan), 0);
	EXPECT_EQ(reap(init), 9);
}

TEST(an_init_whose_creator_dies_goes_to_the_creators_pid_1)
{
	IN(fork_space()) {
		struct orphan orphan = orphan_new();
		struct gate wid = gate_new();

		CHECK(reap(fork_creator(&orphan, &wid)) == 0);
		CHECK(gate_wait(&wid) == 3);
		CHECK(waitpid(3, NULL, WNOHANG) == 0);
		CHECK(parent_of(&orphan) == 0);
		CHECK(reap(3) == 9);
	}
}

TEST(one_put_in_whose_parent_dies_goes_to_the_parents_subreaper)
{
	struct orphan orphan = orphan_new();
	struct gate number = gate_new();
	pid_t wid = idle_space(), parent, child;

	ASSERT_GT(wid, 0);
	become_subreaper();
	parent = fork();
	ASSERT_GE(parent, 0);
	if (!parent) {
		child = fork_into(open_ns(wid, "pid"));
		CHECK(child >= 0);
		if (!child)
			be_orphan(&orphan);
		gate_pass(&number, child);
		_exit(0);
	}
	EXPECT_EQ(reap(parent), 0);
	child = gate_wait(&number);
	EXPECT_EQ(waitpid(child, NULL, WNOHANG), 0);
	EXPECT_EQ(parent_of(&orphan), 0);
	EXPECT_EQ(reap(child), 9);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static bool is_thread(pid_t tid)
{
	return !syscall(SYS_tgkill, getpid(), tid, 0);
}

struct forker {
	struct orphan orphan;
	pid_t thread, child;
};

static void *fork_and_end(void *arg)
{
	struct forker *forker = arg;

	forker->thread = gettid();
	forker->child = fork();
	CHECK(forker->child >= 0);
	if (!forker->child)
		be_orphan(&forker->orphan);
	return NULL;
}

TEST(the_child_of_a_thread_that_ends_stays_with_its_group)
{
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			struct forker forker = { .orphan = orphan_new() };
			pthread_t thread;

			CHECK(!pthread_create(&thread, NULL, fork_and_end,
					      &forker));
			CHECK(!pthread_join(thread, NULL));
			/* Joined before the kernel is through with it. */
			AWAIT(!is_thread(forker.thread));
			CHECK(parent_of(&forker.orphan) == 2);
			CHECK(reap(forker.child) == 9);
			_exit(0);
		}
		CHECK(!reap(member));
	}
}

/* The first thread of a group, the one that has its number, is no exception. */
static void *wait_for_orphan(void *arg)
{
	struct orphan *orphan = arg;

	wait_for_zombie(2);
	CHECK(parent_of(orphan) == 2);
	CHECK(reap(3) == 9);
	_exit(7);
}

TEST(the_child_of_a_first_thread_that_ends_stays_with_its_group)
{
	IN(fork_space()) {
		pid_t member;

		mount_own_proc();
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			struct orphan orphan = orphan_new();
			pthread_t thread;
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child)
				be_orphan(&orphan);
			CHECK(!pthread_create(&thread, NULL, wait_for_orphan,
					      &orphan));
			syscall(SYS_exit, 0);
		}
		CHECK(reap(member) == 7);
		/* Its group had it: nothing has come here. */
		CHECK(wait(NULL) == -1 && errno == ECHILD);
	}
}

TEST(the_orphans_of_a_killed_process_all_come_to_pid_1)
{
	enum { ORPHANS = 100 };

	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t member = fork();
		int i;

		CHECK(member >= 0);
		if (!member) {
			add_children(ORPHANS);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		CHECK(end(member) == BY_SIGNAL(SIGKILL));
		for (i = 0; i < ORPHANS; i++)
			CHECK(end(3 + i) == BY_SIGNAL(SIGKILL));
		CHECK(wait(NULL) == -1 && errno == ECHILD);
	}
}

TEST_HARNESS_MAIN
