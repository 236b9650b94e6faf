// SPDX-License-Identifier: GPL-2.0
/*
 * A task of a space is born, in each way that there is, and each allocation of that
 * fails once.
 *
 * EFAULT is that of clone3(), whose arguments are in memory.
 */

#include "fault.h"
#include <pthread.h>
#include <sys/ptrace.h>
#include "../selftests/harness.h"

#define NO_MEMORY	ERRORS(ENOMEM, EAGAIN)
#define NO_MEMORY3	ERRORS(ENOMEM, EAGAIN, EFAULT)

static int own, space;

static long fork_one(void)
{
	return ending(fork());
}

static void fork_ones(void)
{
	CHECK(!FAULTS_IN("fork() of pid 1", .call = fork_one, .undo = wait_for_it,
			 .errors = NO_MEMORY));
}

TEST(fork_of_an_init)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, fork_ones), 0);
}

/* What pid 1 does by a child of its own. */
static void by_a_member(void (*deed)(void))
{
	CHECK(!in_process(fork, deed));
}

static void member_forks(void)
{
	CHECK(!FAULTS_IN("fork() of a member", .call = fork_one, .undo = wait_for_it,
			 .errors = NO_MEMORY));
}

static void init_has_member_fork(void)
{
	by_a_member(member_forks);
}

TEST(fork_of_a_member)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, init_has_member_fork), 0);
}

/* A child of the caller's parent, which does not look at it but waits. */
static long fork_sibling(void)
{
	return ending(fork_with(CLONE_PARENT));
}

/* What is left of it, if there is any, is waited for by the parent at once. */
static void fork_siblings(void)
{
	CHECK(!FAULTS_IN("clone(PARENT)", .call = fork_sibling, .errors = NO_MEMORY));
}

static void wait_for_all(pid_t last)
{
	siginfo_t info;

	do {
		CHECK(!waitid(P_ALL, 0, &info, WEXITED));
		CHECK(info.si_code == CLD_EXITED && !info.si_status);
	} while (info.si_pid != last);
}

static void init_has_siblings_forked(void)
{
	pid_t child = fork_child();

	if (!child) {
		fork_siblings();
		_exit(0);
	}
	wait_for_all(child);
}

TEST(fork_of_a_member_for_its_parent)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, init_has_siblings_forked), 0);
}

static void *end_at_once(void *arg)
{
	return NULL;
}

static pthread_t thread;

static long start_thread(void)
{
	return -pthread_create(&thread, NULL, end_at_once, NULL);
}

static void join_thread(long result)
{
	CHECK(!pthread_join(thread, NULL));
}

static void start_threads(void)
{
	/* The library has its own memory for them from then on. */
	CHECK(!start_thread());
	join_thread(0);
	CHECK(!FAULTS_IN("clone3(THREAD) of a member", .call = start_thread,
			 .undo = join_thread, .errors = NO_MEMORY3));
}

static void init_has_threads_started(void)
{
	by_a_member(start_threads);
}

TEST(thread_of_a_member)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, init_has_threads_started), 0);
}

/*
 * From above
 */

static long enter(void)
{
	return result_of(setns(space, CLONE_NEWPSPACE));
}

static void go_back(long result)
{
	CHECK(!setns(own, CLONE_NEWPID));
}

TEST(setns_to_a_space)
{
	pid_t init = idle_space();

	faults_on();
	own = own_ns();
	space = open_ns(init, "pid");
	EXPECT_EQ(FAULTS_IN("setns()", .call = enter, .undo = go_back,
			    .errors = ERRORS(ENOMEM)), 0);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(fork_into_a_space)
{
	pid_t init = idle_space();

	faults_on();
	own = own_ns();
	space = open_ns(init, "pid");
	ASSERT_EQ(enter(), 0);
	EXPECT_EQ(FAULTS_IN("fork() after setns()", .call = fork_one, .undo = wait_for_it,
			    .errors = NO_MEMORY), 0);
	go_back(0);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(fork_of_who_was_put_in)
{
	pid_t init = idle_space(), child;

	faults_on();
	space = open_ns(init, "pid");
	child = fork_into(space);
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(!FAULTS_IN("fork() of who was put in", .call = fork_one,
				 .undo = wait_for_it, .errors = NO_MEMORY));
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(fork_of_who_was_put_in_for_its_parent)
{
	pid_t init = idle_space(), child;

	faults_on();
	space = open_ns(init, "pid");
	child = fork_into(space);
	ASSERT_GE(child, 0);
	if (!child) {
		fork_siblings();
		_exit(0);
	}
	wait_for_all(child);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

/* Three numbers. */
TEST(fork_over_two_borders)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "init", false, NULL);

	faults_on();
	own = own_ns();
	space = levels.inner;
	ASSERT_EQ(enter(), 0);
	EXPECT_EQ(FAULTS_IN("fork() over two borders", .call = fork_one,
			    .undo = wait_for_it, .errors = NO_MEMORY), 0);
	go_back(0);
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
}

/*
 * With a tracer
 */

static struct gate traced;

static void be_followed(void)
{
	int err;

	gate_wait(&traced);
	err = FAULTS_IN("fork() of a member whose tracer follows", .call = fork_one,
			.undo = wait_for_it, .errors = NO_MEMORY);
	CHECK(!err);
}

static void init_is_followed(void)
{
	by_a_member(be_followed);
}

TEST(fork_of_a_member_whose_tracer_follows)
{
	pid_t init, nr;
	int status;

	faults_on();
	traced = gate_new();
	init = fork_space();
	ASSERT_GE(init, 0);
	if (!init) {
		init_is_followed();
		_exit(0);
	}
	space = open_ns(init, "pid");
	AWAIT((nr = get_wid(space, 2)) > 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, nr, NULL, PTRACE_O_TRACEFORK), 0);
	gate_pass(&traced, 0);
	/* All go on whatever they stop for, until pid 1 has ended. */
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int signal = WSTOPSIG(status);

		ASSERT_GT(pid, 0);
		if (!WIFSTOPPED(status)) {
			if (pid == init)
				break;
			continue;
		}
		if (status >> 16)
			signal = 0;
		ptrace(PTRACE_CONT, pid, NULL, signal);
	}
	EXPECT_EQ(status, 0);
}

/*
 * In a classic pid namespace
 */

static void classic_forks(void)
{
	CHECK(!FAULTS_IN("fork() in a pid namespace in a space", .call = fork_one,
			 .undo = wait_for_it, .errors = NO_MEMORY));
}

static pid_t fork_classic(void)
{
	return fork_with(CLONE_NEWPID);
}

static void init_has_classic_fork(void)
{
	CHECK(!in_process(fork_classic, classic_forks));
}

TEST(fork_in_a_pid_namespace_in_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, init_has_classic_fork), 0);
}

/*
 * With chosen numbers, the same each time: what has failed has given up its own.
 */

static pid_t tids[3];
static size_t levels;

static long fork_chosen(void)
{
	return ending(fork_as(0, tids, levels));
}

static long fork_chosen_space(void)
{
	return ending(fork_as(CLONE_NEWPSPACE, tids, levels));
}

static void choose(void)
{
	tids[0] = 4711;
	levels = 1;
	CHECK(!FAULTS_IN("set_tid of a member", .call = fork_chosen, .undo = wait_for_it,
			 .errors = NO_MEMORY3));
}

TEST(chosen_number_of_a_member)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, choose), 0);
}

static pid_t unused(void)
{
	pid_t pid = fork_and_reap();

	CHECK(pid > 0);
	return pid;
}

TEST(chosen_numbers_of_an_init)
{
	faults_on();
	tids[0] = 1;
	tids[1] = unused();
	levels = 2;
	EXPECT_EQ(FAULTS_IN("set_tid of a pid 1", .call = fork_chosen_space,
			    .undo = wait_for_it,
			    .errors = ERRORS(ENOMEM, ENOSPC, EAGAIN, EFAULT)), 0);
}

static void choose_classic(void)
{
	tids[0] = 4711;
	tids[1] = 4712;
	levels = 2;
	CHECK(!FAULTS_IN("set_tid in a pid namespace in a space", .call = fork_chosen,
			 .undo = wait_for_it, .errors = NO_MEMORY3));
}

static void init_has_classic_choose(void)
{
	CHECK(!in_process(fork_classic, choose_classic));
}

TEST(chosen_numbers_in_a_pid_namespace_in_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, init_has_classic_choose), 0);
}

TEST(chosen_numbers_over_two_borders)
{
	struct levels below = levels_new(CLONE_NEWPSPACE, "init", false, NULL);

	faults_on();
	own = own_ns();
	space = below.inner;
	tids[0] = 4711;
	tids[1] = 4712;
	tids[2] = unused();
	levels = 3;
	ASSERT_EQ(enter(), 0);
	EXPECT_EQ(FAULTS_IN("set_tid over two borders", .call = fork_chosen,
			    .undo = wait_for_it, .errors = NO_MEMORY3), 0);
	go_back(0);
	EXPECT_EQ(end(below.middle.init), BY_SIGNAL(SIGKILL));
}

/*
 * The map of a space needs a node for a number that is near another, or far from all
 */

/* A new space each time: a map keeps its nodes. */
static pid_t new_init;

static void enter_new_space(void)
{
	new_init = idle_space();
	space = open_ns(new_init, "pid");
	CHECK(space >= 0 && !enter());
}

/* There is nobody in it but its pid 1, and no number is taken. */
static bool leave_new_space(long result)
{
	struct row row;
	bool alone = space_row(ns_id(space), &row) && row_is(&row, SPACE_MEMBERS, "1");

	go_back(result);
	close(space);
	return end(new_init) == BY_SIGNAL(SIGKILL) && alone;
}

TEST(map_that_grows)
{
	/* At one level after the other. */
	static const pid_t numbers[] = { 2, 100, 5000, 300000 };
	size_t i;

	faults_on();
	own = own_ns();
	levels = 1;
	for (i = 0; i < COUNT_OF(numbers); i++) {
		tids[0] = numbers[i];
		EXPECT_EQ(FAULTS_IN(TEXT("set_tid of %d as the second", tids[0]),
				    .prepare = enter_new_space, .call = fork_chosen,
				    .undo = wait_for_it, .check = leave_new_space,
				    .errors = NO_MEMORY3, .transient = true), 0);
	}
}

/*
 * A number beside that of another needs a node if there is none for both. One is free
 * when both are gone, and a map keeps two for later: those of two other such pairs.
 */
static const pid_t neighbours[] = { 100, 101, 7000, 7001, 5000 };
static pid_t held[COUNT_OF(neighbours)];

static void use_up_nodes(void)
{
	size_t i;

	for (i = 0; i < COUNT_OF(held); i++)
		if (held[i])
			CHECK(end(held[i]) == BY_SIGNAL(SIGKILL));
	for (i = 0; i < COUNT_OF(held); i++)
		held[i] = idle_as(neighbours[i]);
}

static void need_nodes(void)
{
	tids[0] = 5001;
	levels = 1;
	CHECK(!FAULTS_IN("set_tid beside another", .prepare = use_up_nodes,
			 .call = fork_chosen, .undo = wait_for_it, .errors = NO_MEMORY3));
}

TEST(map_that_has_no_node_left)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, need_nodes), 0);
}

TEST_HARNESS_MAIN
