// SPDX-License-Identifier: GPL-2.0
/*
 * A number for a member in a namespace above, when somebody there asks for one: that it
 * is as good as any, that it changes nothing else, and when it ends.
 *
 * model: What such a number is
 * model: Numbers on demand
 * vm: --module-args default_numbers=3
 */

#include "self.h"
#include "signals.h"
#include "wid.h"
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include "harness.h"

/* For what is a matter of luck. */
#define ROUNDS many(500)

FIXTURE(asked)
{
	struct below below;
	pid_t wid;
};

FIXTURE_SETUP(asked)
{
	self->below = below_new(NULL);
	self->wid = get_wid(self->below.ns, MEMBER);
	ASSERT_GT(self->wid, 0);
}

FIXTURE_TEARDOWN(asked)
{
	EXPECT_TRUE(below_end(&self->below));
}

TEST_F(asked, gets_a_number_and_the_same_again)
{
	EXPECT_NE(self->wid, self->below.init);
	EXPECT_EQ(get_wid(self->below.ns, MEMBER), self->wid);
	EXPECT_EQ(get_wid(self->below.ns, MEMBER), self->wid);
}

TEST_F(asked, of_pid_1_is_the_wid_it_has)
{
	EXPECT_EQ(get_wid(self->below.ns, 1), self->below.init);
}

TEST_F(asked, is_in_the_list_of_tasks)
{
	struct row row;

	ASSERT_TRUE(task_row(self->below.id, MEMBER, &row));
	EXPECT_TRUE(row_is(&row, TASK_WID, TEXT("%d", self->wid)));
}

TEST_F(asked, finds_it_in_proc)
{
	const char *status = TEXT("/proc/%d/status", self->wid);

	EXPECT_TRUE(has_numbers(self->wid, TEXT("%d\t%d", self->wid, MEMBER)));
	EXPECT_TRUE(says(status, "Pid", TEXT("%d", self->wid)));
	EXPECT_TRUE(says(status, "Tgid", TEXT("%d", self->wid)));
	EXPECT_TRUE(says(status, "PPid", TEXT("%d", self->below.init)));
	EXPECT_TRUE(says(status, "Pspace", TEXT("%llu\t%d", self->below.id, MEMBER)));
	EXPECT_STREQ(LINK(TEXT("/proc/%d/ns/pid", self->wid)),
		     LINK(TEXT("/proc/%d/ns/pid", self->below.init)));
	EXPECT_EQ(access(TEXT("/proc/%d/task/%d/status", self->wid, self->wid), R_OK), 0);
}

/* Nothing that goes by the pair does. */
TEST_F(asked, changes_nothing_inside)
{
	struct row row;

	EXPECT_TRUE(says(PAIR_STATUS(self->below.id, MEMBER), "NSpid", TEXT("%d", MEMBER)));
	EXPECT_TRUE(says(PAIR_STATUS(self->below.id, MEMBER), "PPid", "1"));
	EXPECT_TRUE(lists(CONTROL_PATH(self->below.id, ""), TIDS(1, MEMBER)));
	EXPECT_TRUE(space_row(self->below.id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_MEMBERS, "2"));
}

TEST_F(asked, can_be_signalled)
{
	EXPECT_EQ(kill(self->wid, 0), 0);
	EXPECT_EQ(syscall(SYS_tgkill, self->wid, self->wid, 0), 0);
	EXPECT_EQ(syscall(SYS_tkill, self->wid, 0), 0);
	EXPECT_EQ(kill(self->wid, SIGKILL), 0);
	await_gone(self->wid);
	EXPECT_EQ(get_wid(self->below.ns, MEMBER), -ESRCH);
}

TEST_F(asked, is_free_again_when_the_member_is_gone)
{
	ASSERT_TRUE(refused(0, TIDS(self->wid), EEXIST));
	ASSERT_EQ(kill(self->wid, SIGKILL), 0);
	await_gone(self->wid);
	EXPECT_EQ(fork_and_reap_as(0, TIDS(self->wid)), self->wid);
}

TEST_F(asked, opens_a_pidfd)
{
	int pidfd = open_pidfd(self->wid);

	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
	EXPECT_TRUE(poll_for(pidfd, PATIENCE) & POLLIN);
	close(pidfd);
	await_gone(self->wid);
}

TEST_F(asked, can_be_scheduled)
{
	struct sched_param param;
	cpu_set_t cpus;

	EXPECT_EQ(setpriority(PRIO_PROCESS, self->wid, 5), 0);
	errno = 0;
	EXPECT_EQ(getpriority(PRIO_PROCESS, self->wid), 5);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	EXPECT_EQ(sched_setaffinity(self->wid, sizeof(cpus), &cpus), 0);
	CPU_ZERO(&cpus);
	EXPECT_EQ(sched_getaffinity(self->wid, sizeof(cpus), &cpus), 0);
	EXPECT_EQ(CPU_COUNT(&cpus), 1);
	EXPECT_EQ(sched_getscheduler(self->wid), SCHED_OTHER);
	EXPECT_EQ(sched_getparam(self->wid, &param), 0);
	EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 0);
}

TEST_F(asked, can_be_limited)
{
	struct rlimit limit = { 77, 88 }, now;

	EXPECT_EQ(prlimit(self->wid, RLIMIT_NOFILE, &limit, NULL), 0);
	EXPECT_EQ(prlimit(self->wid, RLIMIT_NOFILE, NULL, &now), 0);
	EXPECT_EQ(now.rlim_cur, 77);
	EXPECT_EQ(now.rlim_max, 88);
}

/* Of the test's own group and session. */
TEST_F(asked, tells_its_group_and_session)
{
	EXPECT_EQ(getpgid(self->wid), getpgrp());
	EXPECT_EQ(getsid(self->wid), getsid(0));
}

/* It has a copy of what is here at the same address. */
static long secret;

/* Not all kernels have the call. */
static ssize_t read_memory(pid_t pid, long *value, const long *from)
{
	struct iovec local = { value, sizeof(*value) }, remote = { (void *)from, sizeof(*from) };
	ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	int fd;

	if (got >= 0)
		return got;
	fd = open(TEXT("/proc/%d/mem", pid), O_RDONLY | O_CLOEXEC);
	got = pread(fd, value, sizeof(*value), (off_t)from);
	close(fd);
	return got;
}

static void change_secret(struct below *below)
{
	secret = 4711;
}

TEST(its_memory_can_be_read_by_its_number)
{
	struct below below = below_new(change_secret);
	pid_t wid = get_wid(below.ns, MEMBER);
	long value = 0;

	ASSERT_GT(wid, 0);
	tell(&below);
	gate_wait(&below.done);
	EXPECT_EQ(read_memory(wid, &value, &secret), sizeof(value));
	EXPECT_EQ(value, 4711);
	EXPECT_TRUE(below_end(&below));
}

TEST_F(asked, can_be_counted)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	};
	int fd = syscall(SYS_perf_event_open, &attr, self->wid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	EXPECT_GE(fd, 0);
	close(fd);
}

static void end_at_once(struct below *below)
{
	_exit(getpid() == MEMBER && getppid() == 1 && syscall(SYS_gettid) == MEMBER ? 0 : 1);
}

TEST(a_member_has_its_own_number_as_before)
{
	struct below below = below_new(end_at_once);
	pid_t wid = get_wid(below.ns, MEMBER);
	int pidfd = open_pidfd(wid), status;

	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, NULL), 0);
	tell(&below);
	/* A tracer is told how it ends. */
	EXPECT_EQ(waitpid(wid, &status, __WALL), wid);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	await_gone(wid);
	EXPECT_TRUE(below_end(&below));
}

/*
 * Who asks
 */

TEST_F(asked, what_is_no_number_is_einval)
{
	EXPECT_EQ(get_wid(self->below.ns, 0), -EINVAL);
	EXPECT_EQ(get_wid(self->below.ns, -1UL), -EINVAL);
	EXPECT_EQ(get_wid(self->below.ns, INT32_MAX + 1UL), -EINVAL);
	EXPECT_EQ(get_wid(self->below.ns, UINT32_MAX + 1UL + MEMBER), -EINVAL);
}

TEST_F(asked, who_is_not_there_is_esrch)
{
	EXPECT_EQ(get_wid(self->below.ns, MEMBER + 1), -ESRCH);
	EXPECT_EQ(get_wid(self->below.ns, INT32_MAX), -ESRCH);
}

TEST_F(asked, other_files_have_no_numbers)
{
	int user = open_ns(self->below.init, "user"), root = own_ns();

	EXPECT_EQ(get_wid(user, 1), -ENOTTY);
	EXPECT_EQ(get_wid(root, getpid()), -ENOTTY);
	close(user);
	close(root);
}

static void have_a_thread(struct below *below)
{
	gate_pass(&below->done, idle_thread());
}

TEST(a_thread_is_enoent)
{
	struct below below = below_new(have_a_thread);
	pid_t tid;

	tell(&below);
	tid = gate_wait(&below.done);
	EXPECT_EQ(get_wid(below.ns, tid), -ENOENT);
	EXPECT_EQ(control(below.id, "numbers", "never"), 0);
	EXPECT_EQ(get_wid(below.ns, tid), -ENOENT);
	EXPECT_TRUE(below_end(&below));
}

/* Whatever the setting is: nothing tells that there is such a process. */
TEST_F(asked, from_beside_it_is_esrch)
{
	int i;

	for (i = 0; i < 2; i++) {
		pid_t wid = fork_space();

		ASSERT_GE(wid, 0);
		if (!wid) {
			CHECK(get_wid(self->below.ns, MEMBER) == -ESRCH);
			CHECK(get_wid(self->below.ns, 1) == -ESRCH);
			CHECK(get_wid(self->below.ns, MEMBER + 1) == -ESRCH);
			/* Its own it may. */
			CHECK(get_wid(own_ns(), 1) == 1);
			_exit(0);
		}
		EXPECT_EQ(reap(wid), 0);
		EXPECT_EQ(control(self->below.id, "numbers", "never"), 0);
	}
}

/* As what is above is for one below that was given its file. */
TEST(from_below_it_is_esrch)
{
	IN(fork_space()) {
		int ns = own_ns();
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			CHECK(get_wid(ns, 1) == -ESRCH);
			CHECK(get_wid(ns, 2) == -ESRCH);
			CHECK(get_wid(ns, 77) == -ESRCH);
			_exit(0);
		}
		CHECK(!reap(inner));
	}
}

/* Two ask for the same member at a time, one member after the other. */
TEST(who_ask_at_once_are_told_the_same)
{
	const int count = ROUNDS < 400 ? ROUNDS : 400;
	struct space space = space_of(count);
	struct {
		atomic_int arrived[1024];
		pid_t told[2][1024];
	} *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ns = open_ns(space.wid, "pid"), who, i;
	pid_t child[2];

	ASSERT_NE(shared, MAP_FAILED);
	for (who = 0; who < 2; who++) {
		child[who] = fork_child();
		if (child[who])
			continue;
		for (i = 0; i < count; i++) {
			atomic_fetch_add(&shared->arrived[i], 1);
			while (shared->arrived[i] < 2)
				sched_yield();
			shared->told[who][i] = get_wid(ns, i + 2);
		}
		_exit(0);
	}
	EXPECT_EQ(reap(child[0]), 0);
	EXPECT_EQ(reap(child[1]), 0);
	for (i = 0; i < count; i++) {
		EXPECT_GT(shared->told[0][i], 0);
		EXPECT_EQ(shared->told[0][i], shared->told[1][i]);
		EXPECT_TRUE(has_numbers(shared->told[0][i],
					TEXT("%d\t%d", shared->told[0][i], i + 2)));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
	close(ns);
}

/*
 * Tracing
 */

static void go_on(pid_t pid)
{
	CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
}

TEST_F(asked, can_be_traced)
{
	siginfo_t info;

	ASSERT_EQ(ptrace(PTRACE_SEIZE, self->wid, NULL, NULL), 0);
	ASSERT_EQ(ptrace(PTRACE_INTERRUPT, self->wid, NULL, NULL), 0);
	memset(&info, 0, sizeof(info));
	EXPECT_EQ(waitid(P_PID, self->wid, &info, WSTOPPED | __WALL), 0);
	EXPECT_EQ(info.si_pid, self->wid);
	errno = 0;
	EXPECT_EQ(ptrace(PTRACE_PEEKDATA, self->wid, &secret, NULL), 0);
	EXPECT_EQ(errno, 0);
	EXPECT_TRUE(says(TEXT("/proc/%d/status", self->wid), "TracerPid",
			 TEXT("%d", getpid())));
	EXPECT_EQ(ptrace(PTRACE_DETACH, self->wid, NULL, NULL), 0);
	/* It is no child. */
	EXPECT_EQ(reap(self->wid), -ECHILD);
}

TEST_F(asked, tells_its_tracer_by_a_signal)
{
	struct timespec time = { PATIENCE / 1000 };
	sigset_t signals;
	siginfo_t info;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	ASSERT_EQ(ptrace(PTRACE_ATTACH, self->wid, NULL, NULL), 0);
	ASSERT_EQ(sigtimedwait(&signals, &info, &time), SIGCHLD);
	EXPECT_EQ(info.si_pid, self->wid);
	EXPECT_EQ(info.si_code, CLD_TRAPPED);
	EXPECT_EQ(wait_stop(self->wid), SIGSTOP);
	ASSERT_EQ(kill(self->wid, SIGKILL), 0);
	EXPECT_EQ(sigtimedwait(&signals, &info, &time), SIGCHLD);
	EXPECT_EQ(info.si_pid, self->wid);
	EXPECT_EQ(info.si_code, CLD_KILLED);
	EXPECT_EQ(reap(self->wid), BY_SIGNAL(SIGKILL));
	await_gone(self->wid);
}

static void fork_once(struct below *below)
{
	if (!fork_child())
		_exit(7);
	stay();
}

TEST(a_tracer_by_number_follows_a_fork)
{
	struct below below = below_new(fork_once);
	pid_t wid = get_wid(below.ns, MEMBER), child;

	ASSERT_GT(wid, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACEFORK), 0);
	tell(&below);
	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_FORK));
	child = event_message(wid);
	ASSERT_GT(child, 0);
	ASSERT_EQ(wait_stop(child), STOP_OF(PTRACE_EVENT_STOP));
	EXPECT_TRUE(says(TEXT("/proc/%d/status", child), "PPid", TEXT("%d", wid)));
	EXPECT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	go_on(child);
	EXPECT_EQ(reap(child), 7);
	EXPECT_TRUE(below_end(&below));
}

static void *exec_when_told(void *below)
{
	gate_wait(&((struct below *)below)->go);
	exec_self("ROLE=exit");
}

__attribute__((constructor)) static void executed(void)
{
	if (getenv("ROLE"))
		_exit(getpid() == MEMBER ? 42 : 1);
}

static void have_a_thread_that_executes(struct below *below)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, exec_when_told, below));
	gate_pass(&below->done, 0);
	stay();
}

/* The one of the threads that is not the leader. */
static pid_t other_thread(pid_t pid)
{
	struct listing threads = list(TEXT("/proc/%d/task", pid));

	CHECK(threads.count == 2 && is_in(&threads, pid));
	return threads.nr[threads.nr[0] == pid];
}

/* It takes over the number of its leader, on both sides. */
static void follow_exec(struct __test_metadata *_metadata, bool seize_thread)
{
	struct below below;
	pid_t wid, tid, pid;
	int status;

	open_self();
	below = below_new(have_a_thread_that_executes);
	wid = get_wid(below.ns, MEMBER);
	ASSERT_GT(wid, 0);
	if (seize_thread) {
		tell(&below);
		gate_wait(&below.done);
		tid = other_thread(wid);
		ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACEEXEC), 0);
		ASSERT_EQ(ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACEEXEC), 0);
	} else {
		ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL,
				 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC), 0);
		tell(&below);
		ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_CLONE));
		tid = event_message(wid);
		ASSERT_GT(tid, 0);
		ASSERT_EQ(wait_stop(tid), STOP_OF(PTRACE_EVENT_STOP));
		go_on(wid);
		go_on(tid);
		gate_wait(&below.done);
	}
	EXPECT_NE(tid, wid);
	tell(&below);
	pid = waitpid(-1, &status, __WALL);
	EXPECT_EQ(pid, wid);
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(status >> 8, STOP_OF(PTRACE_EVENT_EXEC));
	EXPECT_EQ(event_message(wid), tid);
	EXPECT_EQ(get_wid(below.ns, MEMBER), wid);
	EXPECT_TRUE(has_numbers(wid, TEXT("%d\t%d", wid, MEMBER)));
	await_gone(tid);
	go_on(wid);
	EXPECT_EQ(reap(wid), 42);
	await_gone(wid);
	EXPECT_TRUE(below_end(&below));
}

TEST(exec_of_a_followed_thread_is_told_by_the_number_of_its_leader)
{
	follow_exec(_metadata, false);
}

TEST(exec_of_a_thread_seized_by_its_number_is_told_by_that_of_its_leader)
{
	follow_exec(_metadata, true);
}

/* The number in the space between, of a thread that was born to a tracer out here. */
static pid_t number_between(pid_t tid)
{
	char line[128];
	int here, between, own;

	CHECK(read_line(TEXT("/proc/%d/status", tid), "NSpid:\t", line, sizeof(line)));
	CHECK(sscanf(line, "%d %d %d", &here, &between, &own) == 3 && here == tid);
	return between;
}

/* Its pid 1 traces a thread whose leader has no number there, or is refused. */
static void __attribute__((noreturn))
trace_from_between(struct gate *up, struct gate *down, bool refused)
{
	struct below below;
	pid_t tid, pid;
	int status;

	mount_own_proc();
	below = below_new(have_a_thread_that_executes);
	gate_pass(up, below.ns);
	gate_wait(down);
	tell(&below);
	tid = gate_wait(down);
	errno = 0;
	CHECK(ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACEEXEC) == (refused ? -1 : 0));
	CHECK(errno == (refused ? EPERM : 0));
	if (refused)
		_exit(7);
	gate_wait(&below.done);
	tell(&below);
	/* It has the number of its leader now. */
	pid = waitpid(-1, &status, __WALL);
	CHECK(pid > 0 && pid != tid && WIFSTOPPED(status));
	_exit(7);
}

static void trace_between(struct __test_metadata *_metadata, bool refused)
{
	struct gate up = gate_new(), down = gate_new();
	pid_t middle, wid, tid;
	int ns;

	open_self();
	middle = fork_space();
	ASSERT_GE(middle, 0);
	if (!middle)
		trace_from_between(&up, &down, refused);
	ns = file_of(middle, gate_wait(&up));
	wid = get_wid(ns, MEMBER);
	ASSERT_GT(wid, 0);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACECLONE), 0);
	gate_pass(&down, 0);
	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_CLONE));
	tid = event_message(wid);
	ASSERT_EQ(wait_stop(tid), STOP_OF(PTRACE_EVENT_STOP));
	EXPECT_EQ(ptrace(PTRACE_DETACH, tid, NULL, NULL), 0);
	EXPECT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	if (refused)
		EXPECT_EQ(control(ns_id(ns), "numbers", "never"), 0);
	gate_pass(&down, number_between(tid));
	EXPECT_EQ(reap(middle), 7);
}

TEST(who_traces_a_followed_thread_gets_a_number_for_its_leader)
{
	trace_between(_metadata, false);
}

TEST(who_can_have_no_number_for_the_leader_does_not_trace_its_thread)
{
	trace_between(_metadata, true);
}

TEST_HARNESS_MAIN
