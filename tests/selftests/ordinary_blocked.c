// SPDX-License-Identifier: GPL-2.0
/*
 * A signal that a pid 1 with "ordinary" signals has blocked: who has sent it counts
 * when it is unblocked, by a call that opens up for it or by another program, unless it
 * was taken before.
 *
 * model: Signals
 */

#include "ordinary.h"

/*
 * What is blocked, and taken in another way: then the next is no longer from above
 */

static void by_signalfd(int sig)
{
	struct signalfd_siginfo info;
	sigset_t set = set_of(sig);
	int fd = signalfd(-1, &set, SFD_CLOEXEC);

	CHECK(read(fd, &info, sizeof(info)) == sizeof(info));
	CHECK(info.ssi_signo == sig);
	close(fd);
}

static void by_ignoring(int sig)
{
	ignore(sig);
	by_default(sig);
}

static void by_handling(int sig)
{
	handle(sig);
	unblock(sig);
	CHECK(handled);
	block(sig);
	by_default(sig);
}

/* As a shell does that waits for its children. */
static void by_handling_in_sigsuspend(int sig)
{
	sigset_t none = set_of(0);

	handle(sig);
	CHECK(sigsuspend(&none) == -1 && errno == EINTR && handled);
	by_default(sig);
}

static void by_sigcont(int sig)
{
	CHECK(!kill(1, SIGCONT));
}

FIXTURE(taken) {
	int signals[2];
};

FIXTURE_VARIANT(taken) {
	void (*take)(int sig);
	bool stop;
};

FIXTURE_VARIANT_ADD(taken, by_sigwaitinfo) { by_sigwaitinfo };
FIXTURE_VARIANT_ADD(taken, by_signalfd) { by_signalfd };
FIXTURE_VARIANT_ADD(taken, by_ignoring) { by_ignoring };
FIXTURE_VARIANT_ADD(taken, by_handling) { by_handling };
FIXTURE_VARIANT_ADD(taken, by_handling_in_sigsuspend) { by_handling_in_sigsuspend };
FIXTURE_VARIANT_ADD(taken, stop_by_sigwaitinfo) { by_sigwaitinfo, true };
FIXTURE_VARIANT_ADD(taken, stop_by_sigcont) { by_sigcont, true };

FIXTURE_SETUP(taken)
{
	self->signals[0] = variant->stop ? SIGTSTP : SIGTERM;
	self->signals[1] = variant->stop ? SIGTTIN : REALTIME;
}

FIXTURE_TEARDOWN(taken) {}

/* All that may stand in another queue. */
static int (*const ways[])(struct init *init, int sig) = {
	by_kill, by_sigqueue, by_tgkill, by_tgsigqueue
};

static void (*const inner_ways[])(int sig) = {
	member_kills, member_queues, member_tgkills
};

TEST_F(taken, the_next_from_inside_does_nothing)
{
	int i, j, k;

	for (i = 0; i < ARRAY_SIZE(self->signals); i++)
		for (j = 0; j < ARRAY_SIZE(ways); j++) {
			int sig = self->signals[i];
			struct init init = init_new("ordinary");

			EXPECT_TRUE(order(&init, have_blocked, sig));
			for (k = 0; k < ARRAY_SIZE(inner_ways); k++) {
				EXPECT_EQ(ways[j](&init, sig), 0);
				EXPECT_TRUE(order(&init, have_pending, sig));
				EXPECT_TRUE(order(&init, variant->take, sig));
				EXPECT_TRUE(order(&init, have_none_pending, sig));
				EXPECT_TRUE(order(&init, inner_ways[k], sig));
				EXPECT_TRUE(order(&init, have_pending, sig));
				EXPECT_TRUE(order(&init, unblock, sig));
				EXPECT_TRUE(order(&init, have_blocked, sig));
			}
			EXPECT_EQ(fate(&init), LIVED);
		}
}

TEST_F(taken, the_next_from_beside_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(self->signals); i++) {
		int sig = self->signals[i];
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, sig));
		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_TRUE(order(&init, variant->take, sig));
		send_from_beside(&init, signal_group, sig, "init");
		EXPECT_TRUE(order(&init, have_pending, sig));
		EXPECT_TRUE(order(&init, unblock, sig));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(taken, the_next_from_above_takes_effect)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(self->signals); i++)
		for (j = 0; j < ARRAY_SIZE(ways); j++) {
			int sig = self->signals[i];
			struct init init = init_new("ordinary");

			EXPECT_TRUE(order(&init, have_blocked, sig));
			EXPECT_EQ(kill(init.wid, sig), 0);
			EXPECT_TRUE(order(&init, variant->take, sig));
			EXPECT_EQ(ways[j](&init, sig), 0);
			ask(&init.line, unblock, sig);
			EXPECT_EQ(fate(&init), variant->stop ? STOPPED(sig)
							     : BY_SIGNAL(sig));
		}
}

/* One that has come due while its signal was ignored, and waits for the end of that. */
static void have_ignored_timer(int sig)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig };
	struct itimerspec left = { .it_value.tv_nsec = 1, .it_interval.tv_sec = 1000 };
	timer_t timer;

	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(!timer_settime(timer, 0, &left, NULL));
	AWAIT(!timer_gettime(timer, &left) && left.it_value.tv_sec);
	CHECK(!is_pending(sig));
}

TEST(a_timer_whose_signal_is_not_ignored_any_more_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		int sig = signals[i];
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, ignore, sig));
		EXPECT_TRUE(order(&init, have_ignored_timer, sig));
		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_TRUE(order(&init, have_blocked, sig));
		EXPECT_TRUE(order(&init, by_default, sig));
		EXPECT_TRUE(order(&init, have_pending, sig));
		EXPECT_TRUE(order(&init, unblock, sig));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

/* Two are sent while the signal is blocked, and perhaps one of them is taken. */
static const struct {
	int sig;
	struct {
		bool from_above, to_thread;
	} sent[2];
	bool taken, dies;
} both[] = {
#define ABOVE		{ true, false }
#define ABOVE_TO_THREAD	{ true, true }
#define INSIDE		{ false, false }
#define INSIDE_TO_THREAD { false, true }
	/* They become one. */
	{ SIGTERM, { ABOVE, INSIDE }, false, true },
	{ SIGTERM, { INSIDE, ABOVE }, false, true },
	{ SIGTERM, { ABOVE, INSIDE }, true, false },
	{ SIGTERM, { INSIDE, ABOVE }, true, false },
	{ SIGTERM, { ABOVE_TO_THREAD, INSIDE_TO_THREAD }, false, true },
	{ SIGTERM, { INSIDE_TO_THREAD, ABOVE_TO_THREAD }, false, true },
	{ SIGTERM, { INSIDE_TO_THREAD, ABOVE_TO_THREAD }, true, false },
	/* There are two: one of them is from above, so both act. */
	{ SIGTERM, { ABOVE_TO_THREAD, INSIDE }, false, true },
	{ SIGTERM, { ABOVE_TO_THREAD, INSIDE }, true, true },
	{ SIGTERM, { INSIDE, ABOVE_TO_THREAD }, true, true },
	{ SIGTERM, { INSIDE_TO_THREAD, ABOVE }, false, true },
	{ SIGTERM, { INSIDE_TO_THREAD, ABOVE }, true, true },
	{ SIGTERM, { ABOVE, INSIDE_TO_THREAD }, true, true },
	/* They stand in a queue. */
	{ REALTIME, { ABOVE, INSIDE }, false, true },
	{ REALTIME, { INSIDE, ABOVE }, false, true },
	{ REALTIME, { ABOVE, INSIDE }, true, true },
	{ REALTIME, { INSIDE, ABOVE }, true, true },
	{ REALTIME, { ABOVE_TO_THREAD, INSIDE_TO_THREAD }, true, true },
	{ REALTIME, { INSIDE_TO_THREAD, ABOVE_TO_THREAD }, true, true },
	{ REALTIME, { ABOVE_TO_THREAD, INSIDE }, true, true },
	{ REALTIME, { INSIDE, ABOVE_TO_THREAD }, true, true },
	{ REALTIME, { INSIDE_TO_THREAD, ABOVE }, true, true },
};

TEST(of_two_that_are_blocked_each_acts_if_one_is_from_above)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		int sig = both[i].sig;
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, sig));
		for (j = 0; j < 2; j++) {
			bool to_thread = both[i].sent[j].to_thread;

			if (both[i].sent[j].from_above) {
				EXPECT_EQ((to_thread ? by_tgkill : by_kill)(&init, sig), 0);
			} else {
				EXPECT_TRUE(order(&init, to_thread ? member_tgkills
								   : member_kills, sig));
			}
		}
		if (both[i].taken)
			EXPECT_TRUE(order(&init, by_sigwaitinfo, sig));
		ask(&init.line, unblock, sig);
		EXPECT_EQ(fate(&init), both[i].dies ? BY_SIGNAL(sig) : LIVED)
			TH_LOG("case %d", i);
	}
}

/* Nobody is told who has sent it, for lack of memory. */
static void have_no_queue(int arg)
{
	struct rlimit limit = {};

	CHECK(!setrlimit(RLIMIT_SIGPENDING, &limit));
}

TEST(without_memory_for_it_a_signal_is_from_where_it_came)
{
	struct init init = init_new("ordinary");

	EXPECT_TRUE(order(&init, have_no_queue, 0));
	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_TRUE(order(&init, member_queues, SIGTERM));
	EXPECT_TRUE(order(&init, have_pending, SIGTERM));
	EXPECT_TRUE(order(&init, unblock, SIGTERM));
	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_EQ(by_sigqueue(&init, SIGTERM), 0);
	EXPECT_TRUE(order(&init, by_sigwaitinfo, SIGTERM));
	EXPECT_TRUE(order(&init, member_queues, SIGTERM));
	EXPECT_TRUE(order(&init, unblock, SIGTERM));
	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_EQ(by_sigqueue(&init, SIGTERM), 0);
	ask(&init.line, unblock, SIGTERM);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

/* It waits for the signal in one of the calls that open up for it. */

static void suspend(int sig)
{
	sigset_t none = set_of(0);

	CHECK(sigsuspend(&none) == -1 && errno == EINTR);
}

static void poll_open(int sig)
{
	sigset_t none = set_of(0);

	CHECK(ppoll(NULL, 0, NULL, &none) == -1 && errno == EINTR);
}

static void select_open(int sig)
{
	sigset_t none = set_of(0);

	CHECK(pselect(0, NULL, NULL, NULL, NULL, &none) == -1 && errno == EINTR);
}

static void epoll_open(int sig)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	sigset_t none = set_of(0);

	CHECK(epoll_pwait(epoll, &event, 1, -1, &none) == -1 && errno == EINTR);
	close(epoll);
}

TEST(a_blocked_signal_takes_effect_in_a_call_that_opens_up_for_it)
{
	static void (*const calls[])(int sig) = {
		suspend, poll_open, select_open, epoll_open
	};
	int i, before;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		for (before = 0; before < 2; before++) {
			struct init init = init_new("ordinary");

			EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
			EXPECT_TRUE(order(&init, have_blocked, SIGUSR1));
			EXPECT_TRUE(order(&init, handle, SIGUSR1));
			/* One from inside does not end it. */
			EXPECT_TRUE(order(&init, member_kills, SIGTERM));
			ask(&init.line, calls[i], 0);
			EXPECT_EQ(kill(init.wid, SIGUSR1), 0);
			EXPECT_TRUE(is_done(&init, &init.line));
			EXPECT_TRUE(order(&init, have_none_pending, SIGTERM));
			if (before)
				EXPECT_EQ(kill(init.wid, SIGTERM), 0);
			ask(&init.line, calls[i], 0);
			if (!before)
				EXPECT_EQ(kill(init.wid, SIGTERM), 0);
			/* It does not wait for ever. */
			EXPECT_EQ(kill(init.wid, SIGUSR1), 0);
			EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
		}
}

TEST(who_waits_for_a_signal_from_above_gets_it)
{
	struct init init = init_new("ordinary");

	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	ask(&init.line, by_sigwaitinfo, SIGTERM);
	await_state(TEXT("/proc/%d/status", init.wid), "S");
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(is_done(&init, &init.line));
	EXPECT_EQ(fate(&init), LIVED);
}

/* Another program */

static void exec_unblocking(int arg)
{
	execute("ROLE=unblock");
}

TEST(a_blocked_signal_takes_effect_when_another_program_unblocks_it)
{
	struct init init;

	open_self();
	init = init_new("ordinary");
	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	ask(&init.line, exec_unblocking, 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));

	init = init_new("ordinary");
	EXPECT_TRUE(order(&init, have_blocked, SIGTERM));
	EXPECT_TRUE(order(&init, member_kills, SIGTERM));
	ask(&init.line, exec_unblocking, 0);
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(another_program_has_no_handler_of_the_first)
{
	struct init init;

	open_self();
	init = init_new("ordinary");
	EXPECT_TRUE(order(&init, handle, SIGTERM));
	EXPECT_TRUE(order(&init, exec_staying, 0));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(end(init.wid), BY_SIGNAL(SIGTERM));
}

TEST_HARNESS_MAIN
