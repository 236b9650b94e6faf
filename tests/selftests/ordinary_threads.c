// SPDX-License-Identifier: GPL-2.0
/*
 * Signals to a pid 1 with "ordinary" signals that has several threads, and to one that
 * is traced: a tracer may have a signal act that it was told of.
 *
 * model: Signals
 */

#include "ordinary.h"

static bool order_thread(struct init *init, void (*deed)(int arg), int arg)
{
	ask(&init->thread, deed, arg);
	return is_done(init, &init->thread);
}

static void *obey_in_thread(void *line)
{
	obey(line);
}

static void add_thread(int arg)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, obey_in_thread, &me->thread));
}

static void exit_thread(int arg)
{
	pthread_exit(NULL);
}

/*
 * Several threads
 */

static struct init init_with_thread(void)
{
	struct init init = init_new("ordinary");

	CHECK(order(&init, add_thread, 0));
	CHECK(is_done(&init, &init.thread));
	return init;
}

/* The number here of the one that is not the leader. */
static pid_t thread_of(struct init *init)
{
	struct listing threads = list(TEXT("/proc/%d/task", init->wid));

	CHECK(threads.count == 2 && is_in(&threads, init->wid));
	return threads.nr[threads.nr[0] == init->wid];
}

TEST(a_signal_from_above_is_for_all_threads)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_thread();

		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate(&init), effect(signals[i]));

		init = init_with_thread();
		EXPECT_EQ(syscall(SYS_tgkill, init.wid, thread_of(&init), signals[i]), 0);
		EXPECT_EQ(fate_by(&init, &init.thread), effect(signals[i]));
	}
}

TEST(all_threads_stop_and_go_on)
{
	struct init init = init_with_thread();
	pid_t thread = thread_of(&init);

	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	ASSERT_TRUE(is_stopped(&init, SIGTSTP));
	await_state(TEXT("/proc/%d/task/%d/status", init.wid, thread), "T");
	EXPECT_TRUE(is_continued(&init));
	EXPECT_TRUE(order_thread(&init, do_nothing, 0));
	EXPECT_EQ(fate(&init), LIVED);
}

/* Then the other takes it. */
TEST(a_signal_from_above_that_one_thread_blocks_takes_effect)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_thread();

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate_by(&init, &init.thread), effect(signals[i]));

		init = init_with_thread();
		EXPECT_TRUE(order_thread(&init, have_blocked, signals[i]));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate(&init), effect(signals[i]));
	}
}

/* By one who sends it to all, and in either way to the one that blocks it. */
TEST(a_signal_from_inside_that_one_thread_blocks_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_thread();

		EXPECT_TRUE(order_thread(&init, have_blocked, signals[i]));
		EXPECT_TRUE(order(&init, member_kills, signals[i]));
		EXPECT_TRUE(order_thread(&init, do_nothing, 0));
		EXPECT_EQ(fate(&init), LIVED);

		init = init_with_thread();
		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_TRUE(order(&init, member_kills, signals[i]));
		EXPECT_TRUE(order_thread(&init, do_nothing, 0));
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(a_signal_that_all_threads_block_takes_effect_when_one_unblocks_it)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_TRUE(order(&init, add_thread, 0));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_TRUE(order(&init, have_pending, signals[i]));
		ask(&init.thread, unblock, signals[i]);
		EXPECT_EQ(fate_by(&init, &init.thread), effect(signals[i]));
	}
}

TEST(a_signal_from_inside_that_all_threads_block_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_thread();

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_TRUE(order_thread(&init, have_blocked, signals[i]));
		EXPECT_TRUE(order(&init, member_kills, signals[i]));
		EXPECT_TRUE(order(&init, have_pending, signals[i]));
		EXPECT_TRUE(order_thread(&init, unblock, signals[i]));
		EXPECT_TRUE(order_thread(&init, have_none_pending, signals[i]));
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

/* What was sent to one thread is pending for no other. */
TEST(a_signal_to_a_thread_takes_effect_when_that_unblocks_it)
{
	struct init init = init_with_thread();

	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_TRUE(order_thread(&init, have_blocked, SIGTERM));
	EXPECT_EQ(syscall(SYS_tgkill, init.wid, thread_of(&init), SIGTERM), 0);
	EXPECT_TRUE(order(&init, have_none_pending, SIGTERM));
	EXPECT_TRUE(order(&init, unblock, SIGTERM));
	EXPECT_TRUE(order_thread(&init, have_pending, SIGTERM));
	ask(&init.thread, unblock, SIGTERM);
	EXPECT_EQ(fate_by(&init, &init.thread), BY_SIGNAL(SIGTERM));
}

TEST(a_signal_to_a_thread_is_gone_with_it)
{
	struct init init = init_with_thread();
	pid_t thread = thread_of(&init);

	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_TRUE(order_thread(&init, have_blocked, SIGTERM));
	EXPECT_EQ(syscall(SYS_tgkill, init.wid, thread, SIGTERM), 0);
	ask(&init.thread, exit_thread, 0);
	EXPECT_TRUE(is_missing_at_last(TEXT("/proc/%d/task/%d", init.wid, thread)));
	EXPECT_TRUE(order(&init, member_kills, SIGTERM));
	EXPECT_TRUE(order(&init, have_pending, SIGTERM));
	EXPECT_TRUE(order(&init, unblock, SIGTERM));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(a_signal_that_another_thread_has_taken_is_taken)
{
	struct init init = init_with_thread();

	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_TRUE(order_thread(&init, have_blocked, SIGTERM));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(order_thread(&init, by_sigwaitinfo, SIGTERM));
	EXPECT_TRUE(order(&init, member_kills, SIGTERM));
	EXPECT_TRUE(order_thread(&init, unblock, SIGTERM));
	EXPECT_TRUE(order(&init, unblock, SIGTERM));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(without_its_first_thread_it_takes_signals_as_before)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_thread();

		ask(&init.line, exit_thread, 0);
		wait_for_zombie(init.wid);
		EXPECT_TRUE(order_thread(&init, member_kills, signals[i]));
		EXPECT_TRUE(order_thread(&init, do_nothing, 0));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate_by(&init, &init.thread), effect(signals[i]));
	}
}

TEST(a_thread_that_executes_a_program_takes_signals_as_before)
{
	struct init init;

	open_self();
	init = init_with_thread();
	ask(&init.thread, exec_staying, 0);
	EXPECT_TRUE(is_done(&init, &init.line));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(end(init.wid), BY_SIGNAL(SIGTERM));
}

/*
 * A tracer, which hears of each signal first
 */

/* What it has stopped for, as status >> 8 has it, or -1. */
static int stop_of(pid_t wid)
{
	int status;

	if (waitpid(wid, &status, __WALL) != wid || !WIFSTOPPED(status))
		return -1;
	return status >> 8;
}

static struct init init_traced(const char *word)
{
	struct init init = init_new(word);

	/* Nothing else is to stop it. */
	CHECK(order(&init, have_blocked, SIGCHLD));
	CHECK(!ptrace(PTRACE_SEIZE, init.wid, NULL, NULL));
	return init;
}

static void go_on(struct init *init, int sig)
{
	CHECK(!ptrace(PTRACE_CONT, init->wid, NULL, (long)sig));
}

/* It sends itself one that is not from above, and is stopped by that. */
static bool is_traced_from_inside(struct init *init, int sig)
{
	ask(&init->line, member_kills, sig);
	return stop_of(init->wid) == sig;
}

static const int traced_signals[] = { SIGTERM, SIGQUIT, REALTIME };

TEST(a_tracer_passes_on_a_signal_from_above)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(traced_signals); i++) {
		int sig = traced_signals[i];
		struct init init = init_traced("ordinary");

		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_EQ(stop_of(init.wid), sig);
		go_on(&init, sig);
		EXPECT_EQ(fate(&init), BY_SIGNAL(sig));

		init = init_traced("ordinary");
		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_EQ(stop_of(init.wid), sig);
		EXPECT_EQ(ptrace(PTRACE_DETACH, init.wid, NULL, (long)sig), 0);
		EXPECT_EQ(fate(&init), BY_SIGNAL(sig));

		init = init_traced("init");
		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_EQ(stop_of(init.wid), sig);
		go_on(&init, sig);
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(a_tracer_passes_on_a_stop_from_above)
{
	struct init init = init_traced("ordinary");

	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	EXPECT_EQ(stop_of(init.wid), SIGTSTP);
	go_on(&init, SIGTSTP);
	ASSERT_FALSE(order(&init, do_nothing, 0));
	EXPECT_EQ(stop_of(init.wid), SIGTSTP | PTRACE_EVENT_STOP << 8);
	EXPECT_EQ(end(init.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_tracer_passes_on_a_signal_from_inside_and_it_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_traced("ordinary");

		EXPECT_TRUE(is_traced_from_inside(&init, signals[i]));
		go_on(&init, signals[i]);
		EXPECT_TRUE(is_done(&init, &init.line));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(a_tracer_keeps_a_signal_from_above_and_passes_on_one_from_inside)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_traced("ordinary");

		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(stop_of(init.wid), signals[i]);
		go_on(&init, 0);
		EXPECT_TRUE(is_traced_from_inside(&init, signals[i]));
		go_on(&init, signals[i]);
		EXPECT_TRUE(is_done(&init, &init.line));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

static struct gate member_may_kill, member_has_killed;

static void add_member_that_kills(int sig)
{
	if (!fork_child()) {
		gate_wait(&member_may_kill);
		CHECK(!kill(1, sig));
		gate_pass(&member_has_killed, 0);
		stay();
	}
}

/* It is stopped by one from above, and a member sends another one meanwhile. */
static struct init init_stopped_between(int sig)
{
	struct init init;

	member_may_kill = gate_new();
	member_has_killed = gate_new();
	init = init_traced("ordinary");
	CHECK(order(&init, add_member_that_kills, sig));
	CHECK(!kill(init.wid, sig));
	CHECK(stop_of(init.wid) == sig);
	gate_pass(&member_may_kill, 0);
	gate_wait(&member_has_killed);
	return init;
}

TEST(a_tracer_keeps_a_signal_from_above_while_one_from_inside_comes)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_stopped_between(signals[i]);

		go_on(&init, 0);
		EXPECT_EQ(stop_of(init.wid), signals[i]);
		go_on(&init, signals[i]);
		EXPECT_TRUE(order(&init, do_nothing, 0));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(a_tracer_passes_on_a_signal_from_above_while_one_from_inside_comes)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(traced_signals); i++) {
		struct init init = init_stopped_between(traced_signals[i]);

		go_on(&init, traced_signals[i]);
		EXPECT_EQ(fate(&init), BY_SIGNAL(traced_signals[i]));
	}
}

/* It was sent before the signal was blocked, and stopped it, and is pending again. */
TEST(a_signal_that_a_tracer_lets_be_blocked_takes_effect_when_it_is_unblocked)
{
	struct init init = init_traced("ordinary");
	uint64_t mask = 1ULL << (SIGTERM - 1) | 1ULL << (SIGCHLD - 1);

	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(stop_of(init.wid), SIGTERM);
	ASSERT_EQ(ptrace(PTRACE_SETSIGMASK, init.wid, sizeof(mask), &mask), 0);
	EXPECT_EQ(ptrace(PTRACE_DETACH, init.wid, NULL, (long)SIGTERM), 0);
	EXPECT_TRUE(order(&init, have_pending, SIGTERM));
	ask(&init.line, unblock, SIGTERM);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

static struct gate tracer_ready;

/* A member that passes on what it is told of, or nothing. */
static void add_tracer(int passes)
{
	if (!fork_child()) {
		int stop;

		CHECK(!ptrace(PTRACE_SEIZE, 1, NULL, NULL));
		gate_pass(&tracer_ready, 0);
		while ((stop = stop_of(1)) > 0)
			CHECK(!ptrace(PTRACE_CONT, 1, NULL, passes ? (long)stop : 0L));
		_exit(0);
	}
	gate_wait(&tracer_ready);
}

TEST(a_tracer_inside_passes_on_a_signal_from_above)
{
	struct init init;

	tracer_ready = gate_new();
	init = init_new("ordinary");
	ASSERT_TRUE(order(&init, have_blocked, SIGCHLD));
	ASSERT_TRUE(order(&init, add_tracer, true));
	EXPECT_TRUE(order(&init, member_kills, SIGTERM));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

TEST(a_tracer_inside_keeps_a_signal_from_above)
{
	struct init init;

	tracer_ready = gate_new();
	init = init_new("ordinary");
	ASSERT_TRUE(order(&init, have_blocked, SIGCHLD));
	ASSERT_TRUE(order(&init, add_tracer, false));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), LIVED);
}

TEST_HARNESS_MAIN
