// SPDX-License-Identifier: GPL-2.0
/*
 * The death of a space's pid 1 is that of the space.
 *
 * model: Death
 */

#include "signals.h"
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/*
 * Tells whether a task is left: all that have come out of the one that made the
 * line hold its end, until they are dead.
 */
struct line {
	int read, held;
};

static struct line line_new(void)
{
	int fd[2];

	CHECK(!pipe2(fd, O_NONBLOCK));
	return (struct line){ fd[0], fd[1] };
}

/* Is nobody left? The caller itself lets go. */
static bool line_is_dead(struct line *line)
{
	char byte;

	if (line->held >= 0)
		close(line->held);
	line->held = -1;
	return read(line->read, &byte, 1) == 0;
}

TEST(its_exit_kills_the_members)
{
	struct line line = line_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(20);
		_exit(3);
	}
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(its_killing_kills_the_members)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(20);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_FALSE(line_is_dead(&line));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

/* Has more time than the others, for kernels that check themselves. */
FIXTURE(large) {};
FIXTURE_SETUP(large) {}
FIXTURE_TEARDOWN(large) {}

TEST_F_TIMEOUT(large, a_thousand_members_are_killed, 300)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1000);
		CHECK(!kill(1001, 0));
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(members_with_threads_are_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();
		int i;

		CHECK(member >= 0);
		for (i = 0; i < 5; i++)
			idle_thread();
		if (!member) {
			gate_pass(&ready, 0);
			/* The first thread is a zombie with a number. */
			syscall(SYS_exit, 0);
		}
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

/* The members of the inner ones have no number in the outer one. */
TEST(nested_spaces_are_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int level;

		for (level = 2; level <= 5; level++) {
			add_children(5);
			wid = fork_space();
			CHECK(wid >= 0);
			if (wid)
				stay();
		}
		add_children(5);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(a_nested_space_is_killed_alone)
{
	struct gate ready = gate_new();

	IN(fork_space()) {
		struct line line;
		pid_t inner;

		add_children(1);
		line = line_new();
		inner = fork_space();
		CHECK(inner >= 0);
		if (!inner) {
			add_children(5);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		CHECK(end(inner) == BY_SIGNAL(SIGKILL));
		CHECK(line_is_dead(&line));
		CHECK(waitpid(2, NULL, WNOHANG) == 0);
	}
}

TEST(a_classic_namespace_in_it_is_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			add_children(5);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(it_is_killed_with_a_classic_namespace_around_it)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			add_children(5);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

/* Those that were put in are the outside parent's to wait for. */
TEST(those_put_in_and_their_children_are_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid, child;

	wid = idle_space();
	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		add_children(5);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(one_put_into_a_nested_space_is_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space(), child;

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner;

		CHECK(!unshare(CLONE_NEWPSPACE));
		inner = fork();
		CHECK(inner >= 0);
		if (inner)
			gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	child = fork_into(open_ns(wid, "pid_for_children"));
	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

/* That is for its parent to wait for, as long as it likes. See stop.c, too. */
TEST(pid_1_is_reaped_before_the_zombie_of_one_put_in)
{
	pid_t wid = idle_space(), child;
	siginfo_t info = {};

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
}

TEST(stopped_members_are_killed)
{
	struct line line = line_new();

	IN(fork_space()) {
		pid_t member;
		int status;

		add_children(2);
		for (member = 2; member <= 3; member++) {
			CHECK(!kill(member, SIGSTOP));
			CHECK(waitpid(member, &status, WUNTRACED) == member);
			CHECK(WIFSTOPPED(status));
		}
	}
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(members_that_block_all_signals_are_killed)
{
	struct line line = line_new();

	IN(fork_space()) {
		sigset_t all;

		sigfillset(&all);
		CHECK(!sigprocmask(SIG_SETMASK, &all, NULL));
		add_children(2);
	}
	EXPECT_TRUE(line_is_dead(&line));
}

/* A zombie that its parent, a member, never waits for. */
TEST(zombies_do_not_hold_it_up)
{
	struct line line = line_new();

	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			siginfo_t info;
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child)
				_exit(0);
			CHECK(!waitid(P_PID, child, &info, WEXITED | WNOWAIT));
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
	}
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(members_traced_by_a_member_are_killed)
{
	struct line line = line_new();

	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t tracer;

		add_children(2);
		tracer = fork();
		CHECK(tracer >= 0);
		if (!tracer) {
			attach(2);
			attach(3);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
	}
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(members_traced_by_pid_1_are_killed)
{
	struct line line = line_new();

	IN(fork_space()) {
		add_children(2);
		attach(2);
		attach(3);
	}
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(one_put_in_and_traced_from_outside_is_killed)
{
	struct line line = line_new();
	pid_t wid = idle_space(), child;

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child)
		stay();
	attach(child);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(pid_1_traced_from_outside_is_killed)
{
	struct line line = line_new();
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(5);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	attach(wid);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(line_is_dead(&line));
}

static void *be_the_last_thread(void *arg)
{
	struct gate *gate = arg;
	siginfo_t info = {};
	pid_t child;

	wait_for_zombie(1);
	CHECK(!kill(2, 0));
	CHECK(waitpid(2, NULL, WNOHANG) == 0);

	/* It can still fork, and adopts. */
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		CHECK(getppid() == 1);
		child = fork();
		CHECK(child >= 0);
		if (!child)
			stay();
		_exit(child);
	}
	CHECK(!waitid(P_PID, child, &info, WEXITED));
	CHECK(!kill(info.si_status, SIGKILL));
	CHECK(reap(info.si_status) == BY_SIGNAL(SIGKILL));
	gate_pass(gate, 0);
	_exit(5);
}

TEST(the_exit_of_its_first_thread_is_not_its_death)
{
	struct line line = line_new();
	struct gate gate = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pthread_t thread;

		mount_own_proc();
		add_children(1);
		CHECK(!pthread_create(&thread, NULL, be_the_last_thread,
				      &gate));
		syscall(SYS_exit, 0);
	}
	EXPECT_EQ(gate_wait(&gate), 0);
	EXPECT_EQ(reap(wid), 5);
	EXPECT_TRUE(line_is_dead(&line));
}

/* The last thread to die is not the one that has the number 1. */
static void *exit_alone(void *arg)
{
	wait_for_zombie(1);
	syscall(SYS_exit, 5);
	return NULL;
}

TEST(the_exit_of_its_last_thread_is_its_death)
{
	struct line line = line_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pthread_t thread;

		mount_own_proc();
		add_children(5);
		CHECK(!pthread_create(&thread, NULL, exit_alone, NULL));
		syscall(SYS_exit, 5);
	}
	EXPECT_EQ(reap(wid), 5);
	EXPECT_TRUE(line_is_dead(&line));
}

TEST(fork_into_a_dead_space_is_enomem)
{
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST(fork_does_not_outrun_its_death)
{
	int round;

	for (round = 0; round < 50; round++) {
		struct line line = line_new();
		struct gate ready = gate_new();
		pid_t wid = fork_space();

		ASSERT_GE(wid, 0);
		if (!wid) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member) {
				gate_pass(&ready, 0);
				/* Each goes on where its parent ends. */
				for (;;)
					if (fork() > 0)
						_exit(0);
			}
			for (;;)
				wait(NULL);
		}
		gate_wait(&ready);
		EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
		EXPECT_TRUE(line_is_dead(&line));
		close(line.read);
		close(ready.fd[0]);
		close(ready.fd[1]);
	}
}

/* One outside keeps putting children in while it dies. */
TEST(fork_from_outside_does_not_outrun_its_death)
{
	int round;

	for (round = 0; round < 50; round++) {
		struct line line = line_new();
		struct gate ready = gate_new();
		pid_t wid = idle_space(), outside;
		int ns;

		ASSERT_GT(wid, 0);
		ns = open_ns(wid, "pid");
		outside = fork();
		ASSERT_GE(outside, 0);
		if (!outside) {
			/* Not waiting: the children are to outlive it. */
			signal(SIGCHLD, SIG_IGN);
			CHECK(!setns(ns, CLONE_NEWPSPACE));
			gate_pass(&ready, 0);
			for (;;) {
				pid_t child = fork();

				if (!child)
					stay();
				if (child < 0 && errno != EAGAIN)
					_exit(errno == ENOMEM ? 0 : 1);
			}
		}
		gate_wait(&ready);
		EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
		EXPECT_EQ(reap(outside), 0);
		EXPECT_TRUE(line_is_dead(&line));
		close(line.read);
		close(ns);
		close(ready.fd[0]);
		close(ready.fd[1]);
	}
}

TEST(the_parent_can_stop_and_continue_it)
{
	pid_t wid = idle_space();
	int status;

	ASSERT_GT(wid, 0);
	ASSERT_EQ(kill(wid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(wid, &status, WUNTRACED), wid);
	EXPECT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(kill(wid, SIGCONT), 0);
	ASSERT_EQ(waitpid(wid, &status, WCONTINUED), wid);
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_parent_can_kill_it_while_it_is_stopped)
{
	pid_t wid = idle_space();
	int status;

	ASSERT_GT(wid, 0);
	ASSERT_EQ(kill(wid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(wid, &status, WUNTRACED), wid);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(sigterm_from_the_parent_is_ignored_without_a_handler)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		_exit(0);
	}
	EXPECT_EQ(kill(wid, SIGTERM), 0);
	EXPECT_EQ(kill(wid, SIGUSR1), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
}

static void exit_with_7(int sig)
{
	_exit(7);
}

TEST(sigterm_from_the_parent_reaches_a_handler)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(signal(SIGTERM, exit_with_7) != SIG_ERR);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(kill(wid, SIGTERM), 0);
	EXPECT_EQ(reap(wid), 7);
}

static const int deadly[] = { SIGKILL, SIGSTOP, SIGTERM, SIGSEGV, SIGTSTP };

static void kill_pid_1(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++) {
		CHECK(!kill(1, deadly[i]));
		CHECK(!syscall(SYS_tkill, 1, deadly[i]));
		CHECK(!syscall(SYS_tgkill, 1, 1, deadly[i]));
	}
}

TEST(kill_from_inside_has_no_effect)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			kill_pid_1();
			_exit(0);
		}
		CHECK(reap(member) == 0);
		kill_pid_1();
		gate_wait(&go);
		_exit(0);
	}
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
}

/* It is in the space, wherever its parent is. */
TEST(kill_by_one_put_in_has_no_effect)
{
	struct gate go = gate_new();
	pid_t wid = fork_space(), child;

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		_exit(0);
	}
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		kill_pid_1();
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
}

/* A member that is the parent of an inner init can kill that, and only that. */
TEST(pid_1_of_an_inner_space_dies_of_its_parents_kill)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner = idle_space();

		CHECK(inner == 2);
		_exit(end(inner) == BY_SIGNAL(SIGKILL) ? 0 : 1);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
