// SPDX-License-Identifier: GPL-2.0
/*
 * A signal that does not come from above does nothing to a pid 1 with "ordinary"
 * signals: one from itself, from a member, from below, or from a space beside it in the
 * same group.
 *
 * model: Signals
 */

#include "ordinary.h"

/*
 * Not from above: pid 1 has it sent, in a way, to itself
 */

static void tkill_1(int sig)
{
	CHECK(!syscall(SYS_tkill, 1, sig));
}

/* 0 is what the sender is from above. */
static void queue_for_1_as_0(int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, 0);

	CHECK(!syscall(SYS_rt_sigqueueinfo, 1, sig, &info));
}

static void pidfd_1(int sig)
{
	CHECK(!send_with(open_pidfd_with(1, 0), sig, NULL, 0));
}

static void member_tkills(int sig)
{
	have_done(0, tkill_1, sig);
}

static void member_queues_as_0(int sig)
{
	have_done(0, queue_for_1_as_0, sig);
}

static void member_uses_pidfd(int sig)
{
	have_done(0, pidfd_1, sig);
}

static void member_signals_group(int sig)
{
	have_done(0, signal_group, sig);
}

/* This is for who may do that to oneself only. */
static void forge(int sig)
{
	siginfo_t info = info_of(sig, SI_KERNEL, 0);

	CHECK(!syscall(SYS_rt_sigqueueinfo, 1, sig, &info));
}

static void have_timer(int sig)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = sig,
	};
	struct itimerspec left = { .it_value.tv_nsec = 1 };
	timer_t timer;

	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(!timer_settime(timer, 0, &left, NULL));
	AWAIT(!timer_gettime(timer, &left) && !left.it_value.tv_sec && !left.it_value.tv_nsec);
	if (!is_pending(sig))
		CHECK(!timer_delete(timer));
}

static void have_alarm(int sig)
{
	struct itimerval left = { .it_value.tv_usec = 1 };

	CHECK(!setitimer(ITIMER_REAL, &left, NULL));
	AWAIT(!getitimer(ITIMER_REAL, &left) && !left.it_value.tv_sec && !left.it_value.tv_usec);
}

static void write_to_nobody(int sig)
{
	int fd[2];

	CHECK(!pipe(fd));
	close(fd[0]);
	CHECK(write(fd[1], "", 1) == -1 && errno == EPIPE);
	close(fd[1]);
}

/* A child that tells its parent by this signal that it has ended. */
static void have_child_end(int sig)
{
	struct clone_args args = { .exit_signal = sig };
	pid_t child = clone3_with(&args);

	CHECK(child >= 0);
	if (!child)
		_exit(0);
	CHECK(reap(child) == 0);
}

/* Pid 1 or its group is to be told of input, by SIGIO if no signal is chosen. */
static struct gate input_for(int owner, int sig)
{
	struct gate input = gate_new();

	CHECK(!fcntl(input.fd[0], F_SETOWN, owner));
	CHECK(sig == SIGIO || !fcntl(input.fd[0], F_SETSIG, sig));
	CHECK(!fcntl(input.fd[0], F_SETFL, O_ASYNC));
	return input;
}

static void have_input(int sig)
{
	struct gate input = input_for(1, sig);

	gate_pass(&input, 0);
	close_gate(&input);
}

static void have_input_for_group(int sig)
{
	struct gate input = input_for(-1, sig);

	gate_pass(&input, 0);
	close_gate(&input);
}

static void member_has_input(int sig)
{
	have_done(0, have_input, sig);
}

static void member_has_input_for_group(int sig)
{
	have_done(0, have_input_for_group, sig);
}

static struct gate *input;

static void give_input(int sig)
{
	gate_pass(input, 0);
}

/* Pid 1 asks itself to be told. */
static void be_given_input(uint64_t flags, int sig)
{
	struct gate own = input_for(1, sig);

	input = &own;
	have_done(flags, give_input, sig);
	close_gate(&own);
}

static void member_gives_input(int sig)
{
	be_given_input(0, sig);
}

static void space_below_gives_input(int sig)
{
	be_given_input(CLONE_NEWPSPACE, sig);
}

static void be_sent_message(uint64_t flags, int sig)
{
	queue = queue_new();
	be_notified(sig);
	have_done(flags, send_message, sig);
	CHECK(!mq_close(queue));
}

static void member_sends_message(int sig)
{
	be_sent_message(0, sig);
}

static void space_below_sends_message(int sig)
{
	be_sent_message(CLONE_NEWPSPACE, sig);
}

/* A process group reaches up. */

static void init_below_signals_group(int sig)
{
	have_done(CLONE_NEWPSPACE, signal_group, sig);
}

static void member_below_signals_group(int sig)
{
	have_done(CLONE_NEWPSPACE, member_signals_group, sig);
}

static void grandchild_signals_group(int sig)
{
	have_done(CLONE_NEWPSPACE, init_below_signals_group, sig);
}

static void classic_init_signals_group(int sig)
{
	have_done(CLONE_NEWPID, signal_group, sig);
}

static void member_of_classic_signals_group(int sig)
{
	have_done(CLONE_NEWPID, member_signals_group, sig);
}

static void classic_init_below_signals_group(int sig)
{
	have_done(CLONE_NEWPSPACE, classic_init_signals_group, sig);
}

FIXTURE(not_from_above) {
	const int *signals;
	int count;
};

FIXTURE_VARIANT(not_from_above) {
	void (*send)(int sig);
	/* If it cannot be any. */
	int only;
};

FIXTURE_VARIANT_ADD(not_from_above, member_kills) { member_kills };
FIXTURE_VARIANT_ADD(not_from_above, member_tgkills) { member_tgkills };
FIXTURE_VARIANT_ADD(not_from_above, member_tkills) { member_tkills };
FIXTURE_VARIANT_ADD(not_from_above, member_queues) { member_queues };
FIXTURE_VARIANT_ADD(not_from_above, member_queues_as_0) { member_queues_as_0 };
FIXTURE_VARIANT_ADD(not_from_above, member_uses_pidfd) { member_uses_pidfd };
FIXTURE_VARIANT_ADD(not_from_above, member_signals_group) { member_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, itself_by_kill) { kill_1 };
FIXTURE_VARIANT_ADD(not_from_above, itself_by_tgkill) { tgkill_1 };
FIXTURE_VARIANT_ADD(not_from_above, itself_by_sigqueue) { queue_for_1 };
FIXTURE_VARIANT_ADD(not_from_above, itself_by_pidfd) { pidfd_1 };
FIXTURE_VARIANT_ADD(not_from_above, itself_in_the_name_of_the_kernel) { forge };
FIXTURE_VARIANT_ADD(not_from_above, its_timer) { have_timer };
FIXTURE_VARIANT_ADD(not_from_above, its_alarm) { have_alarm, SIGALRM };
FIXTURE_VARIANT_ADD(not_from_above, its_output) { write_to_nobody, SIGPIPE };
FIXTURE_VARIANT_ADD(not_from_above, end_of_its_child) { have_child_end };
FIXTURE_VARIANT_ADD(not_from_above, input_of_a_member) { member_has_input };
FIXTURE_VARIANT_ADD(not_from_above, input_of_a_member_by_sigio) { member_has_input, SIGIO };
FIXTURE_VARIANT_ADD(not_from_above, input_for_its_group) { member_has_input_for_group };
FIXTURE_VARIANT_ADD(not_from_above, input_for_its_group_by_sigio) {
	member_has_input_for_group, SIGIO
};

FIXTURE_VARIANT_ADD(not_from_above, its_input) { have_input };
FIXTURE_VARIANT_ADD(not_from_above, its_input_by_sigio) { have_input, SIGIO };
FIXTURE_VARIANT_ADD(not_from_above, input_from_a_member) { member_gives_input };
FIXTURE_VARIANT_ADD(not_from_above, input_from_a_member_by_sigio) { member_gives_input, SIGIO };
FIXTURE_VARIANT_ADD(not_from_above, input_from_below) { space_below_gives_input };
FIXTURE_VARIANT_ADD(not_from_above, input_from_below_by_sigio) { space_below_gives_input, SIGIO };
FIXTURE_VARIANT_ADD(not_from_above, message_of_a_member) { member_sends_message };
FIXTURE_VARIANT_ADD(not_from_above, message_from_below) { space_below_sends_message };
FIXTURE_VARIANT_ADD(not_from_above, init_below) { init_below_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, member_below) { member_below_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, init_two_levels_below) { grandchild_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, classic_init) { classic_init_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, member_of_classic) { member_of_classic_signals_group };
FIXTURE_VARIANT_ADD(not_from_above, classic_init_below) { classic_init_below_signals_group };

FIXTURE_SETUP(not_from_above)
{
	self->signals = variant->only ? &variant->only : signals;
	self->count = variant->only ? 1 : ARRAY_SIZE(signals);
}

FIXTURE_TEARDOWN(not_from_above) {}

TEST_F(not_from_above, it_does_nothing)
{
	int i;

	for (i = 0; i < self->count; i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, variant->send, self->signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(not_from_above, it_does_nothing_when_it_is_unblocked)
{
	int i;

	for (i = 0; i < self->count; i++) {
		int sig = self->signals[i];
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, sig));
		EXPECT_TRUE(order(&init, variant->send, sig));
		EXPECT_TRUE(order(&init, have_pending, sig));
		EXPECT_TRUE(order(&init, unblock, sig));
		EXPECT_TRUE(order(&init, have_none_pending, sig));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(not_from_above, a_handler_runs)
{
	int i;

	for (i = 0; i < self->count; i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, handle, self->signals[i]));
		EXPECT_TRUE(order(&init, variant->send, self->signals[i]));
		EXPECT_TRUE(order(&init, have_handled, 1));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

/* As ever. */
TEST(from_inside_sigkill_and_sigstop_do_nothing)
{
	static void (*const sends[])(int sig) = {
		member_kills, member_tgkills, member_queues, member_uses_pidfd, kill_1,
		member_has_input, init_below_signals_group,
	};
	struct init init = init_new("ordinary");
	int i;

	for (i = 0; i < ARRAY_SIZE(sends); i++) {
		EXPECT_TRUE(order(&init, sends[i], SIGKILL));
		EXPECT_TRUE(order(&init, sends[i], SIGSTOP));
	}
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(from_inside_no_signal_does_anything)
{
	struct init init = init_new("ordinary");
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		EXPECT_TRUE(order(&init, member_kills, sig))
			TH_LOG("signal %d", sig);
	}
	EXPECT_EQ(fate(&init), LIVED);
}

static void fault(int arg)
{
	CHECK(!prctl(PR_SET_DUMPABLE, 0));
	*(volatile int *)NULL = 0;
}

/* As ever. */
TEST(what_it_does_wrong_itself_ends_it)
{
	struct init init = init_new("ordinary");

	ask(&init.line, fault, 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGSEGV));
}

/* Its parent is above, but that is not where it is. */
TEST(one_put_in_is_inside)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");
		pid_t child;

		ASSERT_TRUE(order(&init, have_blocked, SIGTERM));
		child = fork_into(open_ns(init.wid, "pid"));
		ASSERT_GE(child, 0);
		if (!child) {
			kill_1(signals[i]);
			_exit(0);
		}
		EXPECT_EQ(reap(child), 0);
		EXPECT_TRUE(order(&init, unblock, SIGTERM));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(who_could_fork_into_it_is_above)
{
	struct init init = init_new("ordinary");

	ASSERT_EQ(setns(open_ns(init.wid, "pid"), CLONE_NEWPSPACE), 0);
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

/*
 * The session of pid 1: its child is the only one whose parent is in another group of
 * it. When that parent ends, those that are stopped are told.
 */
static struct gate job_ready, job_go;

static void lose_connection(int sig)
{
	pid_t stopped, parent;
	int status;

	stopped = fork_child();
	if (!stopped) {
		unblock(SIGHUP);
		stay();
	}
	CHECK(!kill(stopped, SIGSTOP));
	CHECK(waitpid(stopped, &status, WUNTRACED) == stopped);
	parent = fork_child();
	if (!parent) {
		if (!fork_child()) {
			ignore(SIGHUP);
			gate_pass(&job_ready, 0);
			_exit(gate_wait(&job_go));
		}
		gate_wait(&job_ready);
		CHECK(!setpgid(0, 0));
		_exit(0);
	}
	CHECK(reap(parent) == 0);
	/* So it was sent. */
	CHECK(reap(stopped) == BY_SIGNAL(SIGHUP));
	gate_pass(&job_go, 0);
	CHECK(waitpid(-1, &status, 0) > 0 && WIFEXITED(status));
}

static void run_orphaned_group(void (*first)(int sig), void (*last)(int sig))
{
	pid_t wid;

	job_ready = gate_new();
	job_go = gate_new();
	wid = fork_space_of("ordinary");
	if (!wid) {
		CHECK(setsid() == 1);
		first(SIGHUP);
		lose_connection(SIGHUP);
		last(SIGHUP);
		_exit(LIVED);
	}
	CHECK(outcome(wid) == LIVED);
}

TEST(the_hangup_of_an_orphaned_group_does_nothing)
{
	run_orphaned_group(do_nothing, do_nothing);
}

TEST(the_hangup_of_an_orphaned_group_does_nothing_when_it_is_unblocked)
{
	run_orphaned_group(have_blocked, unblock);
}

/*
 * From a space beside it, in the same process group
 */

FIXTURE(beside) {};

FIXTURE_VARIANT(beside) {
	void (*send)(int sig);
};

FIXTURE_VARIANT_ADD(beside, init) { signal_group };
FIXTURE_VARIANT_ADD(beside, member) { member_signals_group };
FIXTURE_VARIANT_ADD(beside, init_below) { init_below_signals_group };
FIXTURE_VARIANT_ADD(beside, member_below) { member_below_signals_group };
FIXTURE_VARIANT_ADD(beside, classic_init) { classic_init_signals_group };

FIXTURE_SETUP(beside) {}
FIXTURE_TEARDOWN(beside) {}

TEST_F(beside, a_signal_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		send_from_beside(&init, variant->send, signals[i], "init");
		send_from_beside(&init, variant->send, signals[i], "ordinary");
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(beside, a_signal_does_nothing_when_it_is_unblocked)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		send_from_beside(&init, variant->send, signals[i], "ordinary");
		EXPECT_TRUE(order(&init, have_pending, signals[i]));
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(beside, a_handler_runs)
{
	struct init init = init_new("ordinary");

	EXPECT_TRUE(order(&init, handle, SIGTERM));
	send_from_beside(&init, variant->send, SIGTERM, "ordinary");
	EXPECT_TRUE(order(&init, have_handled, 1));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST_HARNESS_MAIN
