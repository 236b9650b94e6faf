// SPDX-License-Identifier: GPL-2.0
/*
 * A signal from above does to a pid 1 with "ordinary" signals what it does to any
 * process, whichever call sends it.
 *
 * model: Signals
 */

#include "ordinary.h"

/*
 * From above
 */

static int by_group(struct init *init, int sig)
{
	return kill(-init->wid, sig);
}

static int by_tkill(struct init *init, int sig)
{
	return syscall(SYS_tkill, init->wid, sig);
}

/* It says that it is somebody in there. */
static int by_sigqueue_as_another(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, 1);

	return syscall(SYS_rt_sigqueueinfo, init->wid, sig, &info);
}

static int by_pidfd(struct init *init, int sig)
{
	return send_with(open_pidfd_with(init->wid, 0), sig, NULL, 0);
}

static int by_pidfd_with_info(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	return send_with(open_pidfd_with(init->wid, 0), sig, &info, 0);
}

static int by_pidfd_of_thread(struct init *init, int sig)
{
	return send_with(open_pidfd_with(init->wid, PIDFD_THREAD), sig, NULL, 0);
}

static int by_pidfd_to_group(struct init *init, int sig)
{
	return send_with(open_pidfd_with(init->wid, 0), sig, NULL, PIDFD_SIGNAL_PROCESS_GROUP);
}

static int by_pair(struct init *init, int sig)
{
	return send_to_pair(init->id, 1, sig);
}

FIXTURE(from_above) {};

FIXTURE_VARIANT(from_above) {
	int (*send)(struct init *init, int sig);
};

FIXTURE_VARIANT_ADD(from_above, by_kill) { by_kill };
FIXTURE_VARIANT_ADD(from_above, by_group) { by_group };
FIXTURE_VARIANT_ADD(from_above, by_tgkill) { by_tgkill };
FIXTURE_VARIANT_ADD(from_above, by_tkill) { by_tkill };
FIXTURE_VARIANT_ADD(from_above, by_sigqueue) { by_sigqueue };
FIXTURE_VARIANT_ADD(from_above, by_sigqueue_as_another) { by_sigqueue_as_another };
FIXTURE_VARIANT_ADD(from_above, by_tgsigqueue) { by_tgsigqueue };
FIXTURE_VARIANT_ADD(from_above, by_pidfd) { by_pidfd };
FIXTURE_VARIANT_ADD(from_above, by_pidfd_with_info) { by_pidfd_with_info };
FIXTURE_VARIANT_ADD(from_above, by_pidfd_of_thread) { by_pidfd_of_thread };
FIXTURE_VARIANT_ADD(from_above, by_pidfd_to_group) { by_pidfd_to_group };
FIXTURE_VARIANT_ADD(from_above, by_pair) { by_pair };
FIXTURE_VARIANT_ADD(from_above, by_another_process) { by_another_process };

FIXTURE_SETUP(from_above) {}
FIXTURE_TEARDOWN(from_above) {}

TEST_F(from_above, a_signal_takes_effect)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_EQ(fate(&init), effect(signals[i]));
	}
}

/* As for any init, and that is the default. */
TEST_F(from_above, a_signal_does_nothing_to_an_init)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("init");

		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(from_above, a_blocked_signal_takes_effect_when_it_is_unblocked)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, have_pending, signals[i]));
		ask(&init.line, unblock, signals[i]);
		EXPECT_EQ(fate(&init), effect(signals[i]));
	}
}

TEST_F(from_above, a_blocked_signal_does_nothing_to_an_init)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("init");

		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(from_above, a_handler_runs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, handle, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, have_handled, 1));
		/* Blocked and unblocked, too. */
		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, have_handled, 1));
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_TRUE(order(&init, have_handled, 2));
		/* And when there is none any more, it takes effect. */
		EXPECT_TRUE(order(&init, by_default, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_EQ(fate(&init), effect(signals[i]));
	}
}

TEST_F(from_above, an_ignored_signal_is_ignored)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_new("ordinary");

		EXPECT_TRUE(order(&init, ignore, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, have_blocked, signals[i]));
		EXPECT_EQ(variant->send(&init, signals[i]), 0);
		EXPECT_TRUE(order(&init, unblock, signals[i]));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST_F(from_above, a_stop_ends_with_sigcont)
{
	static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP };
	struct init init = init_new("ordinary");
	int i;

	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		ASSERT_EQ(variant->send(&init, stops[i]), 0);
		ASSERT_TRUE(is_stopped(&init, stops[i]));
		ASSERT_TRUE(is_continued(&init));
	}
	EXPECT_EQ(fate(&init), LIVED);
}

static bool is_harmless(int sig)
{
	return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH;
}

static bool is_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

TEST(each_signal_from_above_does_what_it_does_to_any_process)
{
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		struct init init = init_new("ordinary");

		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_EQ(fate(&init), is_harmless(sig) ? LIVED :
				       is_stop(sig)	? STOPPED(sig) :
							  BY_SIGNAL(sig))
			TH_LOG("signal %d", sig);
	}
}

TEST(each_signal_from_above_but_two_does_nothing_to_an_init)
{
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		struct init init = init_new("init");

		EXPECT_EQ(kill(init.wid, sig), 0);
		EXPECT_EQ(fate(&init), sig == SIGKILL ? BY_SIGNAL(sig) :
				       sig == SIGSTOP ? STOPPED(sig) :
							LIVED)
			TH_LOG("signal %d", sig);
	}
}

TEST(kill_all_from_above_ends_it)
{
	IN(fork_space()) {
		struct init init, other;

		mount_own_proc();
		init = init_new("ordinary");
		other = init_new("init");
		CHECK(!kill(-1, SIGTERM));
		CHECK(fate(&init) == BY_SIGNAL(SIGTERM));
		CHECK(fate(&other) == LIVED);
	}
}

static void exec_sleep(int arg)
{
	execlp("sleep", "sleep", "1000000", NULL);
	CHECK(!"executed");
}

TEST(a_program_that_is_no_init_ends_by_sigterm)
{
	struct init init = init_new("ordinary");
	char line[64];

	ask(&init.line, exec_sleep, 0);
	AWAIT(read_line(TEXT("/proc/%d/comm", init.wid), "sleep", line, sizeof(line)));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	/* That comes too late. */
	EXPECT_EQ(end(init.wid), BY_SIGNAL(SIGTERM));
}

#define CORES "/tmp/ordinary-XXXXXX"

static char cores[] = CORES;

static void be_ready_to_dump(int arg)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	CHECK(!chdir(cores));
	CHECK(!setrlimit(RLIMIT_CORE, &limit));
	CHECK(!prctl(PR_SET_DUMPABLE, 1));
}

TEST(a_signal_that_dumps_leaves_a_core)
{
	struct init init;
	int status;

	ASSERT_NE(mkdtemp(cores), NULL);
	init = init_new("ordinary");
	ASSERT_TRUE(order(&init, be_ready_to_dump, 0));
	EXPECT_EQ(kill(init.wid, SIGQUIT), 0);
	ask(&init.line, end_with, LIVED);
	ASSERT_EQ(waitpid(init.wid, &status, 0), init.wid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT);
	EXPECT_TRUE(WCOREDUMP(status));
	unlink(TEXT("%s/core", cores));
	EXPECT_EQ(rmdir(cores), 0);
}

TEST(the_descriptor_of_the_space_tells_the_signal)
{
	struct init init = init_new("ordinary");
	int ns = open_ns(init.wid, "pid");

	EXPECT_EQ(kill(init.wid, SIGHUP), 0);
	ask(&init.line, end_with, LIVED);
	EXPECT_EQ(poll_for(ns, PATIENCE), POLLIN);
	EXPECT_EQ(init_status(ns), BY_SIGNAL(SIGHUP));
	EXPECT_EQ(outcome(init.wid), BY_SIGNAL(SIGHUP));
}

/* A message comes from who has sent it. */

TEST(a_message_from_above_that_is_told_by_a_signal_is_from_above)
{
	struct init init;

	queue = queue_new();
	init = init_new("ordinary");
	ASSERT_TRUE(order(&init, be_notified, SIGTERM));
	send_message(0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

TEST_HARNESS_MAIN
