// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing across the border of a pspace: a tracer outside knows an init by its wid, and
 * gets a number for each task that it comes to trace by following.
 *
 * model: Numbers
 */

#include "self.h"
#include "signals.h"
#include <sys/mman.h>
#include "harness.h"

/* Let a tracee go on whenever it stops, and return what reap() would. */
static int follow_to_the_end(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, __WALL) != pid)
			return -errno;
		if (!WIFSTOPPED(status))
			break;
		if (let_go_on(pid, status >> 8))
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : BY_SIGNAL(WTERMSIG(status));
}

/* The number here of the task with the number NR in the pspace, or 0. */
static pid_t number_here(int ns, pid_t nr)
{
	int here = ioctl(ns, NS_GET_PID_FROM_PIDNS, nr);

	return here < 0 ? 0 : here;
}

static pid_t fork_signalling(uint64_t flags, int exit_signal)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = exit_signal,
	};

	return clone3_with(&args);
}

static void *exit_thread(void *arg)
{
	return NULL;
}

static void *exec_to_exit(void *arg)
{
	exec_self("ROLE=exit");
}

__attribute__((constructor)) static void executed(void)
{
	if (getenv("ROLE"))
		_exit(getpid() == 1 ? 42 : 1);
}

TEST(traceme_of_an_init_stops_for_its_outside_parent)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		/* A stop for the tracer, though no signal to an init. */
		CHECK(!kill(getpid(), SIGSTOP));
		_exit(7);
	}
	EXPECT_EQ(wait_stop(wid), SIGSTOP);
	EXPECT_EQ(ptrace(PTRACE_CONT, wid, NULL, NULL), 0);
	EXPECT_EQ(reap(wid), 7);
}

static volatile long secret;

TEST(seize_by_wid_stops_and_reads_an_init)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		secret = 4711;
		gate_pass(&go, 0);
		stay();
	}
	gate_wait(&go);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, NULL), 0);
	ASSERT_EQ(ptrace(PTRACE_INTERRUPT, wid, NULL, NULL), 0);
	EXPECT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_STOP));
	errno = 0;
	EXPECT_EQ(ptrace(PTRACE_PEEKDATA, wid, &secret, NULL), 4711);
	EXPECT_EQ(errno, 0);
	EXPECT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	EXPECT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

TEST(attach_by_wid_stops_an_init)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ASSERT_EQ(ptrace(PTRACE_ATTACH, wid, NULL, NULL), 0);
	EXPECT_EQ(wait_stop(wid), SIGSTOP);
	EXPECT_EQ(ptrace(PTRACE_KILL, wid, NULL, NULL), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_tracer_is_a_number_outside_and_0_inside)
{
	struct gate go = gate_new();
	char path[64], line[64], expected[64];
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_wait(&go);
		CHECK(read_line("/proc/1/status", "TracerPid:\t", line,
				sizeof(line)));
		CHECK(!strcmp(line, "0"));
		_exit(0);
	}
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, NULL), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", wid);
	snprintf(expected, sizeof(expected), "%d", getpid());
	EXPECT_TRUE(read_line(path, "TracerPid:\t", line, sizeof(line)));
	EXPECT_STREQ(line, expected);
	gate_pass(&go, 0);
	EXPECT_EQ(follow_to_the_end(wid), 0);
}

/* Trace an init from outside, with its first child made before that. */
static void follow_a_child(struct __test_metadata *_metadata, long option,
			   int event, uint64_t flags, int exit_signal)
{
	struct gate ready = gate_new(), go = gate_new();
	char path[64], line[64], expected[64];
	unsigned long message = 0;
	pid_t wid, nr;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t untraced = fork(), traced;

		CHECK(untraced >= 0);
		if (!untraced)
			stay();
		gate_pass(&ready, 0);
		gate_wait(&go);
		traced = fork_signalling(flags, exit_signal);
		CHECK(traced >= 0);
		if (!traced)
			_exit(getpid() == 3 && getppid() == 1 ? 7 : 1);
		CHECK(traced == 3);
		CHECK(reap(traced) == 7);
		CHECK(!kill(untraced, SIGKILL));
		_exit(reap(untraced) == BY_SIGNAL(SIGKILL) ? 0 : 1);
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, option), 0);
	gate_pass(&go, 0);

	ASSERT_EQ(wait_stop(wid), STOP_OF(event));
	ASSERT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	nr = message;
	EXPECT_GT(nr, 1);
	EXPECT_NE(nr, wid);
	EXPECT_EQ(number_here(ns, 3), nr);
	EXPECT_EQ(number_here(ns, 2), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", nr);
	snprintf(expected, sizeof(expected), "\t%d\t3", nr);
	EXPECT_TRUE(read_line(path, "NSpid:", line, sizeof(line)));
	EXPECT_STREQ(line, expected);

	ASSERT_EQ(wait_stop(nr), STOP_OF(PTRACE_EVENT_STOP));
	EXPECT_EQ(let_go_on(wid, 0), 0);
	EXPECT_EQ(let_go_on(nr, 0), 0);
	EXPECT_EQ(follow_to_the_end(nr), 7);
	EXPECT_EQ(follow_to_the_end(wid), 0);
	EXPECT_EQ(waitpid(-1, NULL, __WALL), -1);
	EXPECT_EQ(errno, ECHILD);
}

TEST(a_followed_fork_has_a_number_for_the_tracer)
{
	follow_a_child(_metadata, PTRACE_O_TRACEFORK, PTRACE_EVENT_FORK, 0,
		       SIGCHLD);
}

TEST(a_followed_vfork_has_a_number_for_the_tracer)
{
	follow_a_child(_metadata, PTRACE_O_TRACEVFORK, PTRACE_EVENT_VFORK,
		       CLONE_VFORK, SIGCHLD);
}

TEST(a_followed_clone_has_a_number_for_the_tracer)
{
	follow_a_child(_metadata, PTRACE_O_TRACECLONE, PTRACE_EVENT_CLONE, 0,
		       SIGURG);
}

TEST(a_followed_thread_of_pid_1_has_a_number_for_the_tracer)
{
	struct gate go = gate_new();
	unsigned long message = 0;
	pid_t wid, tid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		run_thread(exit_thread, NULL);
		/* Joined, but perhaps not yet gone. */
		_exit(gate_wait(&go));
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACECLONE), 0);
	gate_pass(&go, 0);

	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_CLONE));
	ASSERT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	tid = message;
	EXPECT_GT(tid, 1);
	EXPECT_EQ(number_here(ns, 2), tid);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_FROM_PIDNS, 2), wid);
	ASSERT_EQ(wait_stop(tid), STOP_OF(PTRACE_EVENT_STOP));
	EXPECT_EQ(syscall(SYS_tgkill, wid, tid, 0), 0);

	EXPECT_EQ(let_go_on(wid, 0), 0);
	EXPECT_EQ(let_go_on(tid, 0), 0);
	EXPECT_EQ(follow_to_the_end(tid), 0);
	gate_pass(&go, 7);
	EXPECT_EQ(follow_to_the_end(wid), 7);
}

/* A thread, a child of each sort, a grandchild and a space with a member. */
static void make_a_tree(void)
{
	pid_t pid;

	run_thread(exit_thread, NULL);

	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		pid = fork();
		CHECK(pid >= 0);
		_exit(pid ? reap(pid) : 0);
	}
	CHECK(!reap(pid));

	pid = fork_with(CLONE_VFORK);
	CHECK(pid >= 0);
	if (!pid)
		_exit(0);
	CHECK(!reap(pid));

	pid = fork_space();
	CHECK(pid >= 0);
	if (!pid) {
		CHECK(getpid() == 1);
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(getpid() == 2 ? 0 : 1);
		_exit(reap(pid));
	}
	CHECK(!reap(pid));
}

/* What strace -f does. */
TEST(all_that_an_init_makes_can_be_followed_across_borders)
{
	struct gate go = gate_new();
	pid_t seen[16], wid, pid;
	int count = 0, ended = 0, failed = 0, status, i;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		make_a_tree();
		_exit(0);
	}
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, FOLLOW_ALL), 0);
	gate_pass(&go, 0);

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		for (i = 0; i < count && seen[i] != pid; i++)
			;
		if (i == count) {
			ASSERT_LT(count, 16);
			seen[count++] = pid;
		}
		if (WIFSTOPPED(status)) {
			ASSERT_EQ(let_go_on(pid, status >> 8), 0);
			continue;
		}
		ended++;
		failed += status != 0;
	}
	EXPECT_EQ(pid, -1);
	EXPECT_EQ(errno, ECHILD);
	EXPECT_EQ(count, 7);
	EXPECT_EQ(ended, 7);
	EXPECT_EQ(failed, 0);
}

TEST(a_child_cloned_as_untraced_has_no_number_for_the_tracer)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		gate_wait(&go);
		child = fork_with(CLONE_UNTRACED);
		CHECK(child >= 0);
		if (!child) {
			gate_pass(&ready, getpid());
			gate_wait(&go);
			_exit(7);
		}
		_exit(reap(child));
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, FOLLOW_ALL), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 2);
	EXPECT_EQ(number_here(ns, 2), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(follow_to_the_end(wid), 7);
}

TEST(exec_of_a_traced_init_is_told_as_its_wid)
{
	struct gate go = gate_new();
	unsigned long message = 0;
	pid_t wid;

	open_self();
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		exec_to_exit(NULL);
	}
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACEEXEC), 0);
	gate_pass(&go, 0);
	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_EXEC));
	EXPECT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	EXPECT_EQ((pid_t)message, wid);
	EXPECT_EQ(let_go_on(wid, 0), 0);
	EXPECT_EQ(follow_to_the_end(wid), 42);
}

/* The thread becomes the leader: the message is the number that it had. */
TEST(exec_of_a_traced_thread_of_pid_1_is_told_as_its_former_number)
{
	struct gate go = gate_new();
	unsigned long message = 0;
	pid_t wid, tid, pid;
	int status, stop;

	open_self();
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		run_thread(exec_to_exit, NULL);
		_exit(1);
	}
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL,
			 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC), 0);
	gate_pass(&go, 0);
	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_CLONE));
	ASSERT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	tid = message;
	ASSERT_GT(tid, 1);
	ASSERT_EQ(wait_stop(tid), STOP_OF(PTRACE_EVENT_STOP));
	EXPECT_EQ(let_go_on(wid, 0), 0);
	EXPECT_EQ(let_go_on(tid, 0), 0);

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		ASSERT_GT(pid, 0);
		ASSERT_TRUE(WIFSTOPPED(status));
		stop = status >> 8;
		if (stop == STOP_OF(PTRACE_EVENT_EXEC))
			break;
		ASSERT_EQ(let_go_on(pid, stop), 0);
	}
	EXPECT_EQ(pid, wid);
	EXPECT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	EXPECT_EQ((pid_t)message, tid);
	EXPECT_EQ(kill(tid, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(let_go_on(wid, 0), 0);
	EXPECT_EQ(follow_to_the_end(wid), 42);
}

/*
 * Seize the init WID, let it fork and follow the child. Both are stopped then.
 * Returns the child's number, or -1.
 */
static pid_t seize_and_follow(pid_t wid, long options, struct gate *go)
{
	unsigned long message = 0;

	if (ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACEFORK | options))
		return -1;
	gate_pass(go, 0);
	if (wait_stop(wid) != STOP_OF(PTRACE_EVENT_FORK) ||
	    ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message) ||
	    wait_stop(message) != STOP_OF(PTRACE_EVENT_STOP))
		return -1;
	return message;
}

/* The body of an init: its only child's status becomes its own. */
static void fork_one(struct gate *go, struct gate *end)
{
	pid_t child;

	gate_wait(go);
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(gate_wait(end));
	_exit(reap(child));
}

TEST(after_detach_tracees_go_on_and_keep_their_numbers)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid, nr;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		fork_one(&go, &finish);
	nr = seize_and_follow(wid, 0, &go);
	ASSERT_GT(nr, 1);
	EXPECT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	EXPECT_EQ(ptrace(PTRACE_DETACH, nr, NULL, NULL), 0);

	/* No child of ours any more, but still known. */
	EXPECT_EQ(waitpid(nr, NULL, __WALL | WNOHANG), -1);
	EXPECT_EQ(errno, ECHILD);
	EXPECT_EQ(kill(nr, SIGKILL), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(kill(nr, 0), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST(when_the_tracer_dies_tracees_go_on)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid, tracer;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		fork_one(&go, &finish);
	tracer = fork();
	ASSERT_GE(tracer, 0);
	if (!tracer)
		_exit(seize_and_follow(wid, 0, &go) > 1 ? 0 : 1);
	EXPECT_EQ(reap(tracer), 0);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	gate_pass(&finish, 7);
	EXPECT_EQ(reap(wid), 7);
}

TEST(when_the_tracer_dies_exitkill_kills_the_init)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		fork_one(&go, &finish);

	IN(fork()) {
		CHECK(seize_and_follow(wid, PTRACE_O_EXITKILL, &go) > 1);
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

TEST(when_the_tracer_dies_exitkill_kills_a_member)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		fork_one(&go, &finish);

	IN(fork()) {
		CHECK(seize_and_follow(wid, PTRACE_O_EXITKILL, &go) > 1);
		CHECK(!ptrace(PTRACE_DETACH, wid, NULL, NULL));
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_tracer_inside_follows_by_numbers_inside)
{
	struct gate go = gate_new(), finish = gate_new(), ready = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t tracee = fork(), child;

		CHECK(tracee >= 0);
		if (!tracee)
			fork_one(&go, &finish);
		child = seize_and_follow(tracee, 0, &go);
		CHECK(child == 3);
		gate_pass(&ready, 0);
		CHECK(!let_go_on(tracee, 0));
		CHECK(!let_go_on(child, 0));
		CHECK(follow_to_the_end(child) == 7);
		CHECK(follow_to_the_end(tracee) == 7);
		_exit(0);
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(number_here(ns, 2), 0);
	EXPECT_EQ(number_here(ns, 3), 0);
	gate_pass(&finish, 7);
	EXPECT_EQ(reap(wid), 0);
}

TEST(a_traced_member_is_reported_to_the_tracer_then_to_its_parent)
{
	struct gate go = gate_new(), finish = gate_new(), ask = gate_new();
	struct gate answer = gate_new();
	siginfo_t info = {};
	pid_t wid, nr;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		gate_wait(&go);
		child = fork();
		CHECK(child >= 0);
		if (!child)
			_exit(gate_wait(&finish));
		gate_wait(&ask);
		gate_pass(&answer, waitpid(child, NULL, WNOHANG));
		gate_wait(&ask);
		CHECK(reap(child) == 9);
		_exit(0);
	}
	nr = seize_and_follow(wid, 0, &go);
	ASSERT_GT(nr, 1);
	ASSERT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	ASSERT_EQ(let_go_on(nr, 0), 0);
	gate_pass(&finish, 9);

	/* A zombie: the tracer sees it, the parent does not yet. */
	EXPECT_EQ(waitid(P_PID, nr, &info, WEXITED | WNOWAIT | __WALL), 0);
	EXPECT_EQ(info.si_pid, nr);
	EXPECT_EQ(info.si_status, 9);
	gate_pass(&ask, 0);
	EXPECT_EQ(gate_wait(&answer), 0);

	EXPECT_EQ(reap(nr), 9);
	gate_pass(&ask, 0);
	EXPECT_EQ(reap(wid), 0);
}

/* The init is done when its members are dead, and the tracer sees that when it likes. */
TEST(an_init_that_exits_leaves_a_dead_member_to_its_tracer)
{
	struct gate go = gate_new(), finish = gate_new();
	siginfo_t info = {};
	pid_t wid, nr;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		fork_one(&go, &finish);
	nr = seize_and_follow(wid, 0, &go);
	ASSERT_GT(nr, 1);
	ASSERT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	ASSERT_EQ(waitid(P_PID, nr, &info, WEXITED | WNOWAIT | __WALL), 0);
	EXPECT_EQ(info.si_status, SIGKILL);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(nr), BY_SIGNAL(SIGKILL));
}

TEST(clone_ptrace_by_a_traced_init_gives_the_tracer_a_number)
{
	struct gate go = gate_new();
	pid_t wid, pid, nr = 0;
	int ns, status;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		gate_wait(&go);
		child = fork_with(CLONE_PTRACE);
		CHECK(child >= 0);
		if (!child)
			_exit(7);
		CHECK(child == 2);
		_exit(reap(child));
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, NULL), 0);
	gate_pass(&go, 0);
	pid = waitpid(-1, &status, __WALL);
	ASSERT_GT(pid, 1);
	ASSERT_NE(pid, wid);
	ASSERT_TRUE(WIFSTOPPED(status));
	nr = number_here(ns, 2);
	EXPECT_EQ(nr, pid);
	EXPECT_EQ(let_go_on(pid, status >> 8), 0);
	EXPECT_EQ(follow_to_the_end(pid), 7);
	EXPECT_EQ(follow_to_the_end(wid), 7);
}

TEST(clone_ptrace_by_an_untraced_init_gives_no_number)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_with(CLONE_PTRACE);

		CHECK(child >= 0);
		if (!child) {
			gate_pass(&ready, 0);
			gate_wait(&go);
			_exit(7);
		}
		_exit(reap(child));
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(number_here(ns, 1), wid);
	EXPECT_EQ(number_here(ns, 2), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
}

static void *thread_asks_to_be_traced(void *arg)
{
	CHECK(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	CHECK(!syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
	return NULL;
}

/*
 * Its process's parent becomes the tracer, outside, and must have a number for
 * it: a wait() that finds a task without one goes wrong in the kernel.
 */
TEST(a_thread_of_pid_1_has_itself_traced_by_the_parent_outside)
{
	int status;
	pid_t wid, tid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pthread_t thread;

		CHECK(!pthread_create(&thread, NULL, thread_asks_to_be_traced,
				      NULL));
		CHECK(!pthread_join(thread, NULL));
		_exit(0);
	}

	tid = waitpid(-1, &status, __WALL);
	ASSERT_GT(tid, 0);
	EXPECT_NE(tid, wid);
	EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
	ASSERT_EQ(ptrace(PTRACE_CONT, tid, NULL, NULL), 0);
	EXPECT_EQ(waitpid(tid, &status, __WALL), tid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
