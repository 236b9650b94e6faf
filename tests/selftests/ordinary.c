// SPDX-License-Identifier: GPL-2.0
/*
 * A space with "ordinary" signals: one that comes from above does to its pid 1 what
 * it does to any process. One from inside, from below or from beside does nothing, as
 * long as pid 1 has no handler for it.
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "self.h"
#include "signals.h"
#include "tree.h"
#include <mqueue.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <termios.h>
#include "harness.h"

/* What a pid 1 exits with that is told to. */
#define LIVED		7

/* One of those that queue. */
#define REALTIME	40

/* One that kills, one that dumps, one that queues, one that stops. */
static const int signals[] = { SIGTERM, SIGQUIT, REALTIME, SIGTSTP };

/* What it does to a process without a handler. */
static int effect(int sig)
{
	return sig == SIGTSTP ? STOPPED(sig) : BY_SIGNAL(sig);
}

/*
 * A pid 1 that does what it is told, and has one more thread, if it is told so, that
 * does as well. It leads a group of its own.
 */

struct order {
	void (*deed)(int arg);
	int arg;
};

struct line {
	int orders[2], done[2];
};

struct init {
	pid_t wid;
	uint64_t id;
	struct line line, thread;
};

/* In pid 1. */
static struct init *me;

static struct line line_new(void)
{
	struct line line;

	CHECK(!pipe2(line.orders, O_CLOEXEC) && !pipe2(line.done, O_CLOEXEC));
	return line;
}

static void say_done(struct line *line)
{
	CHECK(write(line->done[1], "", 1) == 1);
}

static void __attribute__((noreturn)) obey(struct line *line)
{
	struct order order;

	say_done(line);
	while (read(line->orders[0], &order, sizeof(order)) == sizeof(order)) {
		order.deed(order.arg);
		say_done(line);
	}
	CHECK(!"told");
	_exit(1);
}

static void ask(struct line *line, void (*deed)(int arg), int arg)
{
	struct order order = { deed, arg };

	CHECK(write(line->orders[1], &order, sizeof(order)) == sizeof(order));
}

/* Has it done that? Not if it has died, or was stopped, which is left to be waited for. */
static bool is_done(struct init *init, struct line *line)
{
	siginfo_t info = {};
	char byte;

	while (!poll_for(line->done[0], 10)) {
		if (waitid(P_PID, init->wid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT))
			return false;
		if (info.si_pid)
			return false;
	}
	return read(line->done[0], &byte, 1) == 1;
}

static bool order(struct init *init, void (*deed)(int arg), int arg)
{
	ask(&init->line, deed, arg);
	return is_done(init, &init->line);
}

static bool order_thread(struct init *init, void (*deed)(int arg), int arg)
{
	ask(&init->thread, deed, arg);
	return is_done(init, &init->thread);
}

/* What the shell that has started the test has made of signals is not for this. */
static void reset_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig <= 64; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	CHECK(!sigprocmask(SIG_SETMASK, &none, NULL));
}

/* fork_space(), with what signals do. It does not outlive a test that fails. */
static pid_t fork_space_of(const char *word)
{
	int own = own_ns(), err;
	pid_t wid;

	CHECK(own >= 0);
	CHECK(!unshare(CLONE_NEWPSPACE));
	err = control(ns_id_of(getpid(), "pid_for_children"), "signals", word);
	CHECK(!err);
	wid = fork();
	CHECK(wid >= 0);
	if (wid) {
		CHECK(!setns(own, CLONE_NEWPID));
	} else {
		CHECK(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		reset_signals();
	}
	close(own);
	return wid;
}

static struct init init_unborn(void)
{
	return (struct init){ .line = line_new(), .thread = line_new() };
}

static void init_start(struct init *init, const char *word)
{
	init->wid = fork_space_of(word);
	if (!init->wid) {
		me = init;
		CHECK(!setpgid(0, 0));
		obey(&init->line);
	}
	/* When it is dead, nobody has these any more. */
	close(init->line.done[1]);
	close(init->thread.done[1]);
	init->id = ns_id_of(init->wid, "pid");
	CHECK(is_done(init, &init->line));
}

static struct init init_new(const char *word)
{
	struct init init = init_unborn();

	init_start(&init, word);
	return init;
}

static void end_with(int status)
{
	_exit(status);
}

static int fate_by(struct init *init, struct line *line)
{
	int status;

	ask(line, end_with, LIVED);
	status = outcome(init->wid);
	close(init->line.orders[0]);
	close(init->line.orders[1]);
	close(init->line.done[0]);
	close(init->thread.orders[0]);
	close(init->thread.orders[1]);
	close(init->thread.done[0]);
	return status;
}

/* How it ends, which it is told to if nothing has happened to it. */
static int fate(struct init *init)
{
	return fate_by(init, &init->line);
}

static void do_nothing(int arg)
{
}

/* It does not even do that. */
static bool is_stopped(struct init *init, int sig)
{
	int status;

	return !order(init, do_nothing, 0) && waitpid(init->wid, &status, WUNTRACED) > 0 &&
	       WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static bool is_continued(struct init *init)
{
	int status;

	return !kill(init->wid, SIGCONT) && waitpid(init->wid, &status, WCONTINUED) > 0 &&
	       WIFCONTINUED(status) && is_done(init, &init->line);
}

/*
 * What it is told to do
 */

static void have_blocked(int sig)
{
	block(sig);
}

static void unblock(int sig)
{
	sigset_t set = set_of(sig);

	CHECK(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static void have_pending(int sig)
{
	AWAIT(is_pending(sig));
}

static void have_none_pending(int sig)
{
	CHECK(!is_pending(sig));
}

static volatile sig_atomic_t handled;

static void note(int sig)
{
	handled++;
}

static void handle(int sig)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };

	CHECK(!sigaction(sig, &action, NULL));
}

static void have_handled(int count)
{
	AWAIT(handled == count);
}

static void ignore(int sig)
{
	CHECK(signal(sig, SIG_IGN) != SIG_ERR);
}

static void by_default(int sig)
{
	CHECK(signal(sig, SIG_DFL) != SIG_ERR);
}

static void set_death_signal(int sig)
{
	CHECK(!prctl(PR_SET_PDEATHSIG, sig));
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
 * From above
 */

static int by_kill(struct init *init, int sig)
{
	return kill(init->wid, sig);
}

static int by_group(struct init *init, int sig)
{
	return kill(-init->wid, sig);
}

static int by_tgkill(struct init *init, int sig)
{
	return syscall(SYS_tgkill, init->wid, init->wid, sig);
}

static int by_tkill(struct init *init, int sig)
{
	return syscall(SYS_tkill, init->wid, sig);
}

static siginfo_t info_of(int sig, int code, pid_t claimed)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_pid = claimed;
	return info;
}

static int by_sigqueue(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	return syscall(SYS_rt_sigqueueinfo, init->wid, sig, &info);
}

/* It says that it is somebody in there. */
static int by_sigqueue_as_another(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, 1);

	return syscall(SYS_rt_sigqueueinfo, init->wid, sig, &info);
}

static int by_tgsigqueue(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	return syscall(SYS_rt_tgsigqueueinfo, init->wid, init->wid, sig, &info);
}

static int send_with(int fd, int sig, siginfo_t *info, int flags)
{
	int err = syscall(SYS_pidfd_send_signal, fd, sig, info, flags);

	close(fd);
	return err;
}

static int open_pidfd_with(pid_t pid, int flags)
{
	int fd = syscall(SYS_pidfd_open, pid, flags);

	CHECK(fd >= 0);
	return fd;
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

static int send_to_pair(uint64_t id, pid_t nr, int sig)
{
	int fd = open_directory(PAIR_PATH(id, nr, ""));

	CHECK(fd >= 0);
	return send_with(fd, sig, NULL, 0);
}

static int by_pair(struct init *init, int sig)
{
	return send_to_pair(init->id, 1, sig);
}

/* Not a process that is related to it. */
static int by_another_process(struct init *init, int sig)
{
	pid_t child = fork_child();

	if (!child)
		_exit(kill(init->wid, sig) ? 1 : 0);
	return reap(child);
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

static mqd_t queue;

static void be_notified(int sig)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = sig,
	};

	CHECK(!mq_notify(queue, &event));
}

static void send_message(int arg)
{
	CHECK(!mq_send(queue, "", 1, 0));
}

TEST(a_message_from_above_that_is_told_by_a_signal_is_from_above)
{
	struct init init;

	queue = queue_new();
	init = init_new("ordinary");
	ASSERT_TRUE(order(&init, be_notified, SIGTERM));
	send_message(0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

/*
 * Not from above: pid 1 has it sent, in a way, to itself
 */

/* Have somebody else do it, who ends then. Whatever it does to all is not for him. */
static void have_done(uint64_t flags, void (*deed)(int sig), int sig)
{
	pid_t child = fork_with(flags);

	CHECK(child >= 0);
	if (!child) {
		/* Not all can be. */
		signal(sig, SIG_IGN);
		deed(sig);
		_exit(0);
	}
	CHECK(reap(child) == 0);
}

static void kill_1(int sig)
{
	CHECK(!kill(1, sig));
}

static void tgkill_1(int sig)
{
	CHECK(!syscall(SYS_tgkill, 1, 1, sig));
}

static void tkill_1(int sig)
{
	CHECK(!syscall(SYS_tkill, 1, sig));
}

static void queue_for_1(int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	CHECK(!syscall(SYS_rt_sigqueueinfo, 1, sig, &info));
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

static void signal_group(int sig)
{
	CHECK(!kill(0, sig));
}

static void member_kills(int sig)
{
	have_done(0, kill_1, sig);
}

static void member_tgkills(int sig)
{
	have_done(0, tgkill_1, sig);
}

static void member_tkills(int sig)
{
	have_done(0, tkill_1, sig);
}

static void member_queues(int sig)
{
	have_done(0, queue_for_1, sig);
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

static void close_gate(struct gate *gate)
{
	close(gate->fd[0]);
	close(gate->fd[1]);
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

/* Let one beside do it, whose signals are as those of the other. */
static void send_from_beside(struct init *init, void (*send)(int sig), int sig,
			     const char *word)
{
	struct gate go = gate_new();
	pid_t wid = fork_space_of(word);

	if (!wid) {
		gate_wait(&go);
		ignore(sig);
		send(sig);
		_exit(0);
	}
	CHECK(!setpgid(wid, init->wid));
	gate_pass(&go, 0);
	CHECK(reap(wid) == 0);
	close_gate(&go);
}

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

/*
 * What is blocked, and taken in another way: then the next is no longer from above
 */

static void by_sigwaitinfo(int sig)
{
	sigset_t set = set_of(sig);

	CHECK(sigwaitinfo(&set, NULL) == sig);
}

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

static void execute(const char *role)
{
	/* There it says that it is done. */
	CHECK(dup2(me->line.done[1], 1) == 1);
	exec_self(role);
}

static void exec_unblocking(int arg)
{
	execute("ROLE=unblock");
}

static void exec_staying(int arg)
{
	execute("ROLE=stay");
}

__attribute__((constructor)) static void executed(void)
{
	const char *role = getenv("ROLE");
	sigset_t none;

	if (!role)
		return;
	sigemptyset(&none);
	if (!strcmp(role, "unblock")) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		_exit(LIVED);
	}
	CHECK(write(1, "", 1) == 1);
	stay();
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

/*
 * Its parent dies
 */

static struct gate wid_gate;

/* A parent makes it and dies, in a way. The test can wait for it. */
static struct init init_of(const char *word, void (*live)(struct init *init, const char *word),
			   int death)
{
	struct init init = init_unborn();
	pid_t parent;

	wid_gate = gate_new();
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	parent = fork_child();
	if (!parent) {
		live(&init, word);
		_exit(0);
	}
	close(wid_gate.fd[1]);
	init.wid = gate_wait(&wid_gate);
	close(wid_gate.fd[0]);
	CHECK(reap(parent) == death);
	return init;
}

static void make_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, set_death_signal, SIGTERM));
	gate_pass(&wid_gate, init->wid);
}

static void make_blocking_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, have_blocked, SIGTERM));
	CHECK(order(init, set_death_signal, SIGTERM));
	gate_pass(&wid_gate, init->wid);
}

static void make_stopping_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, set_death_signal, SIGTSTP));
	gate_pass(&wid_gate, init->wid);
}

FIXTURE(setting) {};

FIXTURE_VARIANT(setting) {
	const char *word;
	bool ordinary;
};

FIXTURE_VARIANT_ADD(setting, init) { "init", false };
FIXTURE_VARIANT_ADD(setting, ordinary) { "ordinary", true };

FIXTURE_SETUP(setting) {}
FIXTURE_TEARDOWN(setting) {}

TEST_F(setting, the_signal_of_the_death_of_its_parent_is_from_above)
{
	struct init init = init_of(variant->word, make_and_die, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGTERM) : LIVED);
	init = init_of(variant->word, make_blocking_and_die, 0);
	ask(&init.line, unblock, SIGTERM);
	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGTERM) : LIVED);
}

TEST_F(setting, a_stop_at_the_death_of_its_parent_is_from_above)
{
	struct init init = init_of(variant->word, make_stopping_and_die, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? STOPPED(SIGTSTP) : LIVED);
}

static void make_in_another_session(struct init *init, const char *word)
{
	CHECK(setsid() == getpid());
	init_start(init, word);
	CHECK(order(init, set_death_signal, 0));
	gate_pass(&wid_gate, init->wid);
}

/* Nobody is left in the session who would continue it, so it goes on as any process. */
TEST_F(setting, a_stop_in_an_orphaned_group_does_nothing)
{
	struct init init = init_of(variant->word, make_in_another_session, 0);

	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(kill(init.wid, SIGSTOP), 0);
	EXPECT_EQ(fate(&init), STOPPED(SIGSTOP));
}

/*
 * A terminal, with pid 1 in the foreground
 */

static struct {
	int master, slave;
} terminal;

static void terminal_new(void)
{
	terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal.master >= 0);
	CHECK(!grantpt(terminal.master) && !unlockpt(terminal.master));
}

/* The caller leads a session, and this is its terminal from then on. */
static void terminal_take(void)
{
	terminal.slave = open(ptsname(terminal.master), O_RDWR | O_CLOEXEC);
	CHECK(terminal.slave >= 0);
	CHECK(tcgetsid(terminal.slave) == getsid(0));
}

static void close_master(int arg)
{
	close(terminal.master);
}

static void set_foreground(pid_t group)
{
	CHECK(!tcsetpgrp(terminal.slave, group));
}

/* A session that is above, and pid 1 in its foreground. */
static void start_in_session(struct init *init, const char *word)
{
	CHECK(setsid() == getpid());
	terminal_new();
	terminal_take();
	init_start(init, word);
	set_foreground(init->wid);
}

static int in_session(const char *word, void (*body)(struct init *init, bool ordinary, int arg),
		      bool ordinary, int arg)
{
	pid_t leader = fork_child();

	if (!leader) {
		struct init init = init_unborn();

		start_in_session(&init, word);
		body(&init, ordinary, arg);
		_exit(0);
	}
	return reap(leader);
}

static const struct {
	char key;
	/* What it is echoed as, when the signal has been sent. */
	const char *echo;
	int sig;
} keys[] = {
	{ '\x03', "^C", SIGINT },
	{ '\x1c', "^\\", SIGQUIT },
	{ '\x1a', "^Z", SIGTSTP },
};

static void await_echo(const char *echo)
{
	char text[4096] = "";
	size_t length = 0;
	ssize_t got;

	while (!strstr(text, echo)) {
		CHECK(length < sizeof(text) - 1);
		got = read(terminal.master, text + length, sizeof(text) - 1 - length);
		CHECK(got > 0);
		length += got;
		text[length] = 0;
	}
}

static void press(int key)
{
	CHECK(write(terminal.master, &keys[key].key, 1) == 1);
	await_echo(keys[key].echo);
}

static void press_key(struct init *init, bool ordinary, int key)
{
	press(key);
	CHECK(fate(init) == (ordinary ? effect(keys[key].sig) : LIVED));
}

TEST_F(setting, a_key_of_a_terminal_above_is_from_above)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key, variant->ordinary, key), 0);
}

static void press_key_blocked(struct init *init, bool ordinary, int key)
{
	int sig = keys[key].sig;

	CHECK(order(init, have_blocked, sig));
	press(key);
	CHECK(order(init, have_pending, sig));
	/* Once it is taken, it is as if it had not been. */
	CHECK(order(init, by_sigwaitinfo, sig));
	CHECK(order(init, member_kills, sig));
	CHECK(order(init, unblock, sig));
	CHECK(order(init, have_blocked, sig));
	press(key);
	ask(&init->line, unblock, sig);
	CHECK(fate(init) == (ordinary ? effect(sig) : LIVED));
}

TEST_F(setting, a_blocked_key_of_a_terminal_above_is_from_above)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key_blocked, variant->ordinary,
				     key), 0);
}

static void press_key_handled(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, handle, keys[key].sig));
	press(key);
	CHECK(order(init, have_handled, 1));
	CHECK(order(init, ignore, keys[key].sig));
	press(key);
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_key_that_is_handled_or_ignored_is_so_as_ever)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key_handled, variant->ordinary,
				     key), 0);
}

static void stop_by_key(struct init *init, bool ordinary, int key)
{
	press(key);
	CHECK(is_stopped(init, SIGTSTP));
	CHECK(is_continued(init));
	CHECK(fate(init) == LIVED);
}

TEST(who_was_stopped_by_a_key_goes_on)
{
	EXPECT_EQ(in_session("ordinary", stop_by_key, true, 2), 0);
}

/* By who has the other side of it. */
static void signal_by_master(struct init *init, bool ordinary, int arg)
{
	CHECK(!ioctl(terminal.master, TIOCSIG, SIGINT));
	CHECK(fate(init) == (ordinary ? BY_SIGNAL(SIGINT) : LIVED));
}

TEST_F(setting, a_signal_by_the_master_of_a_terminal_above_is_from_above)
{
	EXPECT_EQ(in_session(variant->word, signal_by_master, variant->ordinary, 0), 0);
}

static pid_t job;

/* A member, which is none of those who are spared. */
static void add_job(int arg)
{
	job = fork_child();
	if (!job)
		stay();
}

static void end_of_job(int sig)
{
	CHECK(outcome(job) == effect(sig));
}

static void press_key_for_all(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, add_job, 0));
	press(key);
	CHECK(order(init, end_of_job, keys[key].sig));
	CHECK(fate(init) == LIVED);
}

TEST(a_key_is_for_members_as_ever)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session("init", press_key_for_all, false, key), 0);
}

/* What a member does to the terminal is not done from above. */

static void fake_key(int sig)
{
	int key;

	for (key = 0; keys[key].sig != sig; key++)
		;
	CHECK(!ioctl(terminal.slave, TIOCSTI, &keys[key].key));
}

static void member_fakes_key(int sig)
{
	have_done(0, fake_key, sig);
}

static void fake_as_member(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, member_fakes_key, keys[key].sig));
	await_echo(keys[key].echo);
	CHECK(order(init, have_blocked, keys[key].sig));
	CHECK(order(init, member_fakes_key, keys[key].sig));
	await_echo(keys[key].echo);
	CHECK(order(init, have_pending, keys[key].sig));
	CHECK(order(init, unblock, keys[key].sig));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_key_that_a_member_fakes_does_nothing)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, fake_as_member, variant->ordinary,
				     key), 0);
}

static void use_master(int sig)
{
	CHECK(!ioctl(terminal.master, TIOCSIG, sig));
}

static void member_uses_master(int sig)
{
	have_done(0, use_master, sig);
}

static void signal_by_master_as_member(struct init *init, bool ordinary, int arg)
{
	CHECK(order(init, member_uses_master, SIGINT));
	CHECK(order(init, member_uses_master, SIGTSTP));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_signal_by_the_master_that_a_member_has_does_nothing)
{
	EXPECT_EQ(in_session(variant->word, signal_by_master_as_member, variant->ordinary,
			     0), 0);
}

/* Who reads or sets the terminal in the background stops his group. */

static void read_terminal(int sig)
{
	char byte;

	read(terminal.slave, &byte, 1);
}

static void set_terminal(int sig)
{
	tcsetpgrp(terminal.slave, getpgrp());
}

static void member_stops_group(int sig)
{
	job = fork_child();
	if (!job) {
		unblock(sig);
		if (sig == SIGTTIN)
			read_terminal(sig);
		else
			set_terminal(sig);
		_exit(1);
	}
	CHECK(outcome(job) == STOPPED(sig));
}

static void stop_group_as_member(struct init *init, bool ordinary, int sig)
{
	ignore(SIGTTOU);
	set_foreground(getpgrp());
	CHECK(order(init, member_stops_group, sig));
	CHECK(order(init, have_blocked, sig));
	CHECK(order(init, member_stops_group, sig));
	CHECK(order(init, unblock, sig));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_member_that_is_stopped_in_the_background_stops_no_pid_1)
{
	EXPECT_EQ(in_session(variant->word, stop_group_as_member, variant->ordinary,
			     SIGTTIN), 0);
	EXPECT_EQ(in_session(variant->word, stop_group_as_member, variant->ordinary,
			     SIGTTOU), 0);
}

/* The terminal of a session inside, with the master above. */

static pid_t run_with_own_session(const char *word, int key)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int status;

	terminal_new();
	wid = fork_space_of(word);
	if (!wid) {
		CHECK(setsid() == 1);
		terminal_take();
		gate_pass(&ready, 0);
		_exit(gate_wait(&go));
	}
	gate_wait(&ready);
	press(key);
	gate_pass(&go, LIVED);
	status = outcome(wid);
	close(terminal.master);
	return status;
}

TEST_F(setting, a_key_of_the_terminal_of_a_session_inside_does_nothing)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(run_with_own_session(variant->word, key), LIVED);
}

/* Two levels, and the session is above both. */
TEST(a_key_is_from_above_for_all_that_are_below_the_session)
{
	pid_t leader = fork_child();

	if (!leader) {
		struct gate ready = gate_new(), go = gate_new();
		pid_t wid;

		CHECK(setsid() == getpid());
		terminal_new();
		terminal_take();
		wid = fork_space_of("init");
		if (!wid) {
			pid_t inner;

			CHECK(!setpgid(0, 0));
			mount_own_proc();
			inner = fork_space_of("ordinary");
			if (!inner) {
				gate_pass(&ready, 0);
				_exit(gate_wait(&go));
			}
			_exit(outcome(inner) == BY_SIGNAL(SIGINT) ? LIVED : 1);
		}
		gate_wait(&ready);
		set_foreground(wid);
		press(0);
		gate_pass(&go, 0);
		_exit(outcome(wid) == LIVED ? 0 : 1);
	}
	EXPECT_EQ(reap(leader), 0);
}

/* How a terminal is hung up, by the leader of its session. */

static void start_and_tell(struct init *init, const char *word)
{
	start_in_session(init, word);
	CHECK(order(init, set_death_signal, 0));
	CHECK(order(init, close_master, 0));
	gate_pass(&wid_gate, init->wid);
}

static void leave_session(struct init *init, const char *word)
{
	start_and_tell(init, word);
}

static void leave_session_blocked(struct init *init, const char *word)
{
	start_and_tell(init, word);
	CHECK(order(init, have_blocked, SIGHUP));
}

static void give_up_terminal(struct init *init, const char *word)
{
	start_and_tell(init, word);
	CHECK(!ioctl(terminal.slave, TIOCNOTTY));
	/* By its own end nothing is hung up any more. */
}

/* This is the end of the leader, and that the rest. */
static void lose_master(struct init *init, const char *word)
{
	start_and_tell(init, word);
	close(terminal.master);
	stay();
}

TEST_F(setting, the_end_of_the_session_is_from_above)
{
	struct init init = init_of(variant->word, leave_session, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
	init = init_of(variant->word, leave_session_blocked, 0);
	ask(&init.line, unblock, SIGHUP);
	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

TEST_F(setting, the_end_of_the_terminal_is_from_above)
{
	struct init init = init_of(variant->word, lose_master, BY_SIGNAL(SIGHUP));

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

TEST_F(setting, the_loss_of_the_terminal_is_from_above)
{
	struct init init = init_of(variant->word, give_up_terminal, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

/*
 * What becomes of the others
 */

static struct gate life, inner_ready;

static void add_members(int arg)
{
	add_children(3);
	if (!fork_space()) {
		add_children(3);
		gate_pass(&inner_ready, 0);
		stay();
	}
	gate_wait(&inner_ready);
}

FIXTURE(policy) {};

FIXTURE_VARIANT(policy) {
	const char *policy;
	bool outlives;
};

FIXTURE_VARIANT_ADD(policy, init) { "init", false };
FIXTURE_VARIANT_ADD(policy, auto) { "auto", false };
FIXTURE_VARIANT_ADD(policy, outer) { "outer", true };

FIXTURE_SETUP(policy) {}
FIXTURE_TEARDOWN(policy) {}

TEST_F(policy, says_who_dies_with_pid_1)
{
	struct init init;
	int ns, child;

	life = gate_new();
	inner_ready = gate_new();
	init = init_new("ordinary");
	ns = open_ns(init.wid, "pid");
	ASSERT_EQ(set_policy(init.id, variant->policy), 0);
	ASSERT_TRUE(order(&init, add_members, 0));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	ask(&init.line, end_with, LIVED);
	EXPECT_EQ(poll_for(ns, PATIENCE) & POLLIN, POLLIN);
	EXPECT_EQ(init_status(ns), BY_SIGNAL(SIGTERM));
	EXPECT_EQ(reap(init.wid), BY_SIGNAL(SIGTERM));
	if (variant->outlives) {
		EXPECT_EQ(poll_for(ns, 0), POLLIN);
		EXPECT_EQ(poll_for(life.fd[0], 0), 0);
		child = fork_into(ns);
		ASSERT_GE(child, 0);
		if (!child)
			_exit(0);
		EXPECT_EQ(reap(child), 0);
		EXPECT_EQ(poll_for(ns, 0), POLLIN);
		EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	}
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(all_let_go(&life));
}

/*
 * One in the other: each goes by its own setting
 */

static struct gate inner_go;
static pid_t inner;

/* An init of a namespace, 2 in the space, that ends when it is told. */
static void add_inner(int flags)
{
	inner = fork_with(flags);
	CHECK(inner >= 0);
	if (!inner)
		_exit(gate_wait(&inner_go));
	CHECK(inner == 2);
}

static void signal_inner(int sig)
{
	CHECK(!kill(inner, sig));
}

static void end_of_inner(int expected)
{
	gate_pass(&inner_go, LIVED);
	CHECK(outcome(inner) == expected);
}

static struct init init_with_inner(const char *word, int flags)
{
	struct init init;

	inner_go = gate_new();
	init = init_new(word);
	CHECK(order(&init, add_inner, flags));
	return init;
}

/* The space that it is the init of. */
static uint64_t id_of_inner(struct init *init)
{
	int fd = open(PAIR_PATH(init->id, 2, "ns/pid"), O_RDONLY | O_CLOEXEC);
	uint64_t id = ns_id(fd);

	CHECK(id);
	close(fd);
	return id;
}

TEST(a_namespace_in_an_ordinary_space_has_an_init_as_ever)
{
	static const int flags[] = { CLONE_NEWPID, CLONE_NEWPSPACE };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct init init = init_with_inner("ordinary", flags[i]);

		for (j = 0; j < ARRAY_SIZE(signals); j++) {
			EXPECT_TRUE(order(&init, signal_inner, signals[j]));
			EXPECT_EQ(send_to_pair(init.id, 2, signals[j]), 0);
		}
		EXPECT_TRUE(order(&init, end_of_inner, LIVED));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(an_ordinary_space_in_another_is_signalled_from_both_above)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_inner("init", CLONE_NEWPSPACE);
		uint64_t id = id_of_inner(&init);

		EXPECT_TRUE(control_is(id, "signals", "init"));
		EXPECT_EQ(control(id, "signals", "ordinary"), 0);
		EXPECT_TRUE(control_is(init.id, "signals", "init"));
		EXPECT_TRUE(order(&init, signal_inner, signals[i]));
		EXPECT_TRUE(order(&init, end_of_inner, effect(signals[i])));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate(&init), LIVED);

		init = init_with_inner("init", CLONE_NEWPSPACE);
		id = id_of_inner(&init);
		EXPECT_EQ(control(id, "signals", "ordinary"), 0);
		EXPECT_EQ(send_to_pair(id, 1, signals[i]), 0);
		EXPECT_TRUE(order(&init, end_of_inner, effect(signals[i])));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

/* By its pid 1, and by another process there. */
TEST(from_a_classic_namespace_around_it_a_signal_is_from_above)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		pid_t classic = fork_with(CLONE_NEWPID);

		ASSERT_GE(classic, 0);
		if (!classic) {
			struct init init;

			mount_own_proc();
			init = init_new("ordinary");
			CHECK(!kill(init.wid, signals[i]));
			CHECK(fate(&init) == effect(signals[i]));
			init = init_new("ordinary");
			CHECK(!by_another_process(&init, signals[i]));
			CHECK(fate(&init) == effect(signals[i]));
			_exit(0);
		}
		EXPECT_EQ(reap(classic), 0);
	}
}

/* Who sees what is above may send there, and that is from below. */
TEST(from_below_a_pidfd_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct gate go = gate_new();
		struct gate ready = gate_new();
		pid_t wid = fork_space_of("ordinary");

		if (!wid) {
			uint64_t id = ns_id(own_ns());
			pid_t below;

			CHECK(!setpgid(0, 0));
			block(SIGTERM);
			below = fork_space();
			CHECK(below >= 0);
			if (!below) {
				gate_pass(&ready, ns_id(own_ns()));
				gate_wait(&go);
				mount_own_proc();
				CHECK(!send_to_pair(id, 1, signals[i]));
				_exit(0);
			}
			CHECK(reap(below) == 0);
			unblock(SIGTERM);
			_exit(LIVED);
		}
		EXPECT_EQ(set_isolation(gate_wait(&ready), "half"), 0);
		gate_pass(&go, 0);
		EXPECT_EQ(outcome(wid), LIVED);
		close_gate(&go);
		close_gate(&ready);
	}
}

/*
 * The file
 */

TEST(the_default_is_init_and_not_inherited)
{
	struct space space = space_of(0);
	struct init init;

	EXPECT_TRUE(control_is(space.id, "signals", "init"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	init = init_with_inner("ordinary", CLONE_NEWPSPACE);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_TRUE(control_is(id_of_inner(&init), "signals", "init"));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(the_machine_and_a_classic_namespace_have_no_such_file)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "signals")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ns_id_of(classic, "pid"), "signals")));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(it_can_be_set_at_any_time)
{
	struct init init = init_new("init");

	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(control(init.id, "signals", "ordinary\n"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	ASSERT_TRUE(is_stopped(&init, SIGTSTP));
	ASSERT_TRUE(is_continued(&init));
	EXPECT_EQ(control(init.id, "signals", "init"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(control(init.id, "signals", "ordinary"), 0);
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

static int write_bytes(uint64_t id, const char *bytes, size_t length, off_t offset)
{
	int fd = open(CONTROL_PATH(id, "signals"), O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, bytes, length, offset) < 0)
		err = -errno;
	close(fd);
	return err;
}

TEST(other_words_are_einval)
{
#define BYTES(string) { string, sizeof(string) - 1 }
	static const struct {
		const char *bytes;
		size_t length;
	} words[] = {
		BYTES(""), BYTES("\n"), BYTES(" "), BYTES("x"), BYTES("0"), BYTES("1"),
		BYTES("ordinary "), BYTES(" ordinary"), BYTES("ordinary\n\n"),
		BYTES("\nordinary"), BYTES("ordinary\0"), BYTES("ordinary\0\n"),
		BYTES("Ordinary"), BYTES("ORDINARY"), BYTES("ordinar"), BYTES("ordinaryy"),
		BYTES("ordinary\r\n"), BYTES("ordinary\nordinary\n"), BYTES("ordinary init"),
		BYTES("init "), BYTES("initt"), BYTES("ini"), BYTES("inite"),
		BYTES("auto"), BYTES("full"), BYTES("none"),
		BYTES("a word that is much longer than any name can be\n"),
	};
	struct init init = init_new("init");
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_EQ(write_bytes(init.id, words[i].bytes, words[i].length, 0), -EINVAL)
			TH_LOG("%zu bytes: %s", words[i].length, words[i].bytes);
	}
	EXPECT_EQ(write_bytes(init.id, "ordinary", 8, 1), -EINVAL);
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), LIVED);
}

/* In the children of the test, who see its /proc. */
static uint64_t target;

static void be_refused(int arg)
{
	CHECK(control(target, "signals", "ordinary") == -EPERM);
	CHECK(control(target, "signals", "init") == -EPERM);
	CHECK(control(target, "signals", "nonsense") == -EPERM);
	CHECK(open(CONTROL_PATH(target, "signals"), O_WRONLY) == -1 && errno == EPERM);
	CHECK(control_is(target, "signals", "init"));
}

static void member_is_refused(int arg)
{
	have_done(0, be_refused, SIGUSR1);
}

static void below_is_refused(int arg)
{
	have_done(CLONE_NEWPSPACE, be_refused, SIGUSR1);
}

static void classic_is_refused(int arg)
{
	have_done(CLONE_NEWPID, be_refused, SIGUSR1);
}

static void user_is_refused(int arg)
{
	CHECK(!setuid(NOBODY));
	be_refused(0);
}

TEST(who_is_inside_or_beside_may_not_set_it)
{
	struct init init, sibling;

	init = init_new("init");
	target = init.id;
	sibling = init_new("init");
	EXPECT_TRUE(order(&sibling, be_refused, 0));
	EXPECT_TRUE(order(&sibling, member_is_refused, 0));
	EXPECT_EQ(fate(&sibling), LIVED);
	EXPECT_EQ(fate(&init), LIVED);

	/* Itself, as it was known when the child was made. */
	init = init_new("init");
	target = init.id;
	IN(fork_into(open_ns(init.wid, "pid"))) {
		be_refused(0);
		member_is_refused(0);
		below_is_refused(0);
		classic_is_refused(0);
	}
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), LIVED);
}

static void be_refused_by_itself(int arg)
{
	target = ns_id(own_ns());
	be_refused(0);
	member_is_refused(0);
}

TEST(its_own_pid_1_may_not_set_it)
{
	struct init init = init_new("init");

	EXPECT_TRUE(order(&init, be_refused_by_itself, 0));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(a_user_without_privilege_may_not_set_it)
{
	struct init init = init_new("init");
	pid_t child;
	int fd;

	target = init.id;
	have_done(0, user_is_refused, SIGUSR1);
	/* Privileged, but elsewhere. */
	have_done(CLONE_NEWUSER, be_refused, SIGUSR1);

	/* What root has opened, he does not write to. */
	fd = open(CONTROL_PATH(init.id, "signals"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	child = fork_child();
	if (!child) {
		CHECK(!setuid(NOBODY));
		CHECK(pwrite(fd, "ordinary", 8, 0) == -1 && errno == EPERM);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	/* Nor does a member. */
	IN(fork_into(open_ns(init.wid, "pid"))) {
		CHECK(pwrite(fd, "ordinary", 8, 0) == -1 && errno == EPERM);
	}
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(a_user_may_set_it_for_his_own_space_and_send_from_above)
{
	pid_t child = fork_child();

	if (!child) {
		struct gate go = gate_new();
		pid_t wid;

		become(NOBODY);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (!wid)
			_exit(gate_wait(&go));
		CHECK(!control(ns_id_of(wid, "pid"), "signals", "ordinary"));
		CHECK(!kill(wid, SIGTERM));
		gate_pass(&go, LIVED);
		_exit(outcome(wid) == BY_SIGNAL(SIGTERM) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
}

TEST(setting_it_when_the_space_is_gone_is_esrch)
{
	struct init init = init_new("init");
	int fd = open(CONTROL_PATH(init.id, "signals"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(fate(&init), LIVED);
	ASSERT_TRUE(is_gone_at_last(init.id));
	EXPECT_EQ(pwrite(fd, "ordinary", 8, 0), -1);
	EXPECT_EQ(errno, ESRCH);
}

/* There is nobody whom it would be about. */
TEST(an_orphaned_space_can_be_set_as_well)
{
	struct init init;
	int ns;

	life = gate_new();
	inner_ready = gate_new();
	init = init_new("init");
	ns = open_ns(init.wid, "pid");
	ASSERT_EQ(set_policy(init.id, "outer"), 0);
	ASSERT_TRUE(order(&init, add_members, 0));
	EXPECT_EQ(fate(&init), LIVED);
	EXPECT_EQ(control(init.id, "signals", "ordinary"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST_HARNESS_MAIN
