// SPDX-License-Identifier: GPL-2.0
/*
 * Orphans that pid 1 need not wait for: under the policies auto and, while there is
 * a pid 1, outer; and what becomes of them when the policy changes.
 */

#include "control.h"
#include "self.h"
#include "signals.h"
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/* Wait until a task sleeps in a system call. Needs a procfs that shows it. */
static void wait_until_in(pid_t pid, long call)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	AWAIT(read_line(path, "", line, sizeof(line)) && atol(line) == call);
}

/* What members want the policy to be, and that it is. */
static struct gate replies;
static int orders[2];

/*
 * Like fork_space_with(). The child has the procfs of its space, and finds out by
 * is_pending() and take() of whom it is told by SIGCHLD.
 */
static pid_t fork_pid_1(const char *policy)
{
	pid_t wid;

	replies = gate_new();
	CHECK(!pipe2(orders, O_CLOEXEC));
	wid = fork_space_with(policy);
	if (!wid) {
		block(SIGCHLD);
		mount_own_proc();
	}
	return wid;
}

/* In a member: have the policy changed by the test, which is in serve(). */
static void change_policy(const char *policy)
{
	char order[8];

	snprintf(order, sizeof(order), "%s", policy);
	CHECK(write(orders[1], order, sizeof(order)) == sizeof(order));
	CHECK(gate_wait(&replies) == 0);
}

/* Do what members order until pid 1 is dead, then reap() it. */
static int serve(pid_t wid)
{
	struct pollfd pollers[] = {
		{ .fd = open_pidfd(wid), .events = POLLIN },
		{ .fd = orders[0], .events = POLLIN },
	};
	uint64_t id = ns_id_of(wid, "pid");
	char order[8];

	for (;;) {
		CHECK(poll(pollers, 2, -1) > 0);
		if (pollers[0].revents)
			return reap(wid);
		CHECK(read(orders[0], order, sizeof(order)) == sizeof(order));
		gate_pass(&replies, set_policy(id, order));
	}
}

/* What a pid 1 does, in a space with a policy. */
static int run_pid_1(const char *policy, void (*body)(void))
{
	pid_t wid = fork_pid_1(policy);

	CHECK(wid >= 0);
	if (!wid) {
		body();
		_exit(0);
	}
	return serve(wid);
}

#define TEST_OF_PID_1(policy, name) TEST_BODY(name, run_pid_1(policy, body))

#define TEST_F_OF_PID_1(fixture, policy, name) \
	TEST_F_BODY(fixture, name, run_pid_1(policy, body))

/* A process that the caller deals with. It ends with status 9. */
struct task {
	pid_t nr;
	int pidfd;
	struct gate go, news;	/* what it is told, and tells */
};

/* What makes a task, and what it does. */
typedef pid_t maker(void);
typedef void life(struct task *self);

static void end_at_once(struct task *self)
{
}

static void end_when_told(struct task *self)
{
	gate_wait(&self->go);
}

static void tell(struct task *task)
{
	gate_pass(&task->go, 0);
}

static int32_t hear(struct task *task)
{
	CHECK(poll_for(task->news.fd[0], PATIENCE));
	return gate_wait(&task->news);
}

static struct task task_new(void)
{
	return (struct task){ .go = gate_new(), .news = gate_new() };
}

static pid_t start(struct task *task, maker *make, life *live)
{
	pid_t nr = make();

	CHECK(nr >= 0);
	if (!nr) {
		live(task);
		_exit(9);
	}
	return nr;
}

static struct task fork_task(maker *make, life *live)
{
	struct task task = task_new();

	task.nr = start(&task, make, live);
	task.pidfd = open_pidfd(task.nr);
	CHECK(task.pidfd >= 0);
	return task;
}

/* Fork a task that makes one. The caller has a number for both. */
static struct task fork_grandchild(struct task *parent, maker *make, life *live)
{
	struct task child = task_new();

	*parent = task_new();
	parent->nr = fork();
	CHECK(parent->nr >= 0);
	if (!parent->nr) {
		gate_pass(&parent->news, start(&child, make, live));
		gate_wait(&parent->go);
		_exit(0);
	}
	child.nr = hear(parent);
	child.pidfd = open_pidfd(child.nr);
	CHECK(child.pidfd >= 0);
	return child;
}

/* End it: its child is an orphan now. Of whom does SIGCHLD tell? */
static pid_t end_parent(struct task *parent)
{
	tell(parent);
	CHECK(reap(parent->nr) == 0);
	return take(SIGCHLD).si_pid;
}

/* In one who gets orphans: get one. */
static struct task adopt(life *live)
{
	struct task parent, child = fork_grandchild(&parent, fork, live);

	end_parent(&parent);
	return child;
}

/* One whose first thread is dead before. */
static struct task adopt_zombie(life *live)
{
	struct task parent, child = fork_grandchild(&parent, fork, live);

	wait_for_zombie(child.nr);
	end_parent(&parent);
	return child;
}

static bool is_zombie(struct task *task)
{
	return poll_for(task->pidfd, PATIENCE) == POLLIN && !kill(task->nr, 0);
}

/* It has exited, or is about to, and nobody has to wait for it. */
static bool is_released(struct task *task)
{
	return wait_for_hup(task->pidfd) && kill(task->nr, 0) == -1 &&
	       errno == ESRCH;
}

/* The same, and the caller is not told. */
static bool leaves_no_trace(struct task *task)
{
	return is_released(task) && !is_pending(SIGCHLD);
}

/* Tell a task to end: the caller is told and has to wait for it. */
static void end_and_reap(struct task *task)
{
	siginfo_t info;

	tell(task);
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_EXITED);
	CHECK(info.si_pid == task->nr && info.si_status == 9);
	CHECK(is_zombie(task));
	CHECK(reap(task->nr) == 9);
	CHECK(is_released(task));
}

/* Tell an orphan to end, and see the policy in what becomes of it. */
static void end_orphan(struct task *orphan, const char *policy)
{
	if (!strcmp(policy, "init")) {
		end_and_reap(orphan);
		return;
	}
	tell(orphan);
	CHECK(leaves_no_trace(orphan));
}

/* What is the same for both policies while there is a pid 1. */
FIXTURE(under) {};
FIXTURE_VARIANT(under) { const char *policy; };
FIXTURE_VARIANT_ADD(under, auto) { "auto" };
FIXTURE_VARIANT_ADD(under, outer) { "outer" };
FIXTURE_SETUP(under) {}
FIXTURE_TEARDOWN(under) {}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_exits_is_released)
{
	struct task orphan = adopt(end_when_told);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", orphan.nr);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!access(path, F_OK));
	tell(&orphan);
	CHECK(is_released(&orphan));
	CHECK(access(path, F_OK) == -1 && errno == ENOENT);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_gets_no_sigchld_of_an_orphan)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!is_pending(SIGCHLD));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

static void tell_parent_and_end_when_told(struct task *self)
{
	gate_wait(&self->go);
	gate_pass(&self->news, getppid());
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_is_the_parent_of_an_orphan)
{
	struct task orphan = adopt(tell_parent_and_end_when_told);

	tell(&orphan);
	CHECK(hear(&orphan) == 1);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

/* Of the two that end at once, only the parent is told of. */
TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_is_a_zombie_is_released_at_once)
{
	struct task parent, orphan;

	orphan = fork_grandchild(&parent, fork, end_at_once);
	CHECK(is_zombie(&orphan));
	CHECK(end_parent(&parent) == parent.nr);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_is_killed_is_released)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

static void *end_thread_when_told(void *arg)
{
	end_when_told(arg);
	syscall(SYS_exit, 9);
	return NULL;
}

static void leave_a_thread(struct task *self)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, end_thread_when_told, self));
	syscall(SYS_exit, 9);
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_is_released_when_its_last_thread_ends)
{
	struct task orphan = adopt(leave_a_thread);

	wait_for_zombie(orphan.nr);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	CHECK(waitpid(orphan.nr, NULL, WNOHANG) == 0);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_adopted_without_its_first_thread_is_released_with_its_last)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_with_threads_that_is_killed_is_released)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

/* Only of its end pid 1 is not told. */
TEST_F_OF_PID_1(under, variant->policy, pid_1_is_told_when_an_orphan_stops_and_goes_on)
{
	struct task orphan = adopt(end_when_told);
	siginfo_t info;

	CHECK(!kill(orphan.nr, SIGSTOP));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_STOPPED && info.si_pid == orphan.nr);
	CHECK(!kill(orphan.nr, SIGCONT));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_CONTINUED);
	CHECK(info.si_pid == orphan.nr);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_can_wait_for_an_orphan_to_stop_and_go_on)
{
	struct task orphan = adopt(end_when_told);
	int status;

	CHECK(!kill(orphan.nr, SIGSTOP));
	CHECK(waitpid(-1, &status, WUNTRACED) == orphan.nr);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(!kill(orphan.nr, SIGCONT));
	CHECK(waitpid(-1, &status, WCONTINUED) == orphan.nr);
	CHECK(WIFCONTINUED(status));
	tell(&orphan);
	CHECK(is_released(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_that_is_killed_while_it_is_stopped_is_released)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!kill(orphan.nr, SIGSTOP));
	CHECK(take(SIGCHLD).si_code == CLD_STOPPED);
	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

static void await_death_signal(struct task *self)
{
	CHECK(!prctl(PR_SET_PDEATHSIG, SIGUSR1));
	gate_pass(&self->news, 0);
	CHECK(take(SIGUSR1).si_signo == SIGUSR1);
	gate_pass(&self->news, getppid());
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_gets_its_death_signal)
{
	struct task parent, orphan;

	block(SIGUSR1);
	orphan = fork_grandchild(&parent, fork, await_death_signal);
	hear(&orphan);
	end_parent(&parent);
	CHECK(hear(&orphan) == 1);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

/*
 * Who is no orphan
 */

TEST_F_OF_PID_1(under, variant->policy,
		a_child_that_pid_1_made_before_is_its_to_wait_for)
{
	struct task child = fork_task(fork, end_when_told);
	struct task orphan = adopt(end_when_told);

	end_and_reap(&child);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		a_child_that_pid_1_made_after_is_its_to_wait_for)
{
	struct task orphan = adopt(end_when_told);
	struct task child = fork_task(fork, end_when_told);

	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	end_and_reap(&child);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_child_of_pid_1_that_is_killed_is_its_to_wait_for)
{
	struct task child = fork_task(fork, end_when_told);
	siginfo_t info;

	CHECK(!kill(child.nr, SIGTERM));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_KILLED && info.si_pid == child.nr);
	CHECK(info.si_status == SIGTERM);
	CHECK(is_zombie(&child));
	CHECK(reap(child.nr) == BY_SIGNAL(SIGTERM));
}

/* Other parents than pid 1 */

static void reap_a_child(struct task *self)
{
	struct task child = fork_task(fork, end_when_told);

	end_and_reap(&child);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, a_member_waits_for_its_child)
{
	struct task member = fork_task(fork, reap_a_child);

	hear(&member);
	end_and_reap(&member);
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_waits_for_its_child)
{
	struct task orphan = adopt(reap_a_child);

	hear(&orphan);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

static void reap_an_orphan(struct task *self)
{
	struct task orphan;

	become_subreaper();
	orphan = adopt(end_when_told);
	end_and_reap(&orphan);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, a_subreaper_waits_for_its_orphan)
{
	struct task subreaper = fork_task(fork, reap_an_orphan);

	hear(&subreaper);
	end_and_reap(&subreaper);
}

static void reap_a_zombie(struct task *self)
{
	struct task orphan;

	become_subreaper();
	orphan = adopt_zombie(end_at_once);
	CHECK(is_zombie(&orphan));
	CHECK(reap(orphan.nr) == 9);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_subreaper_waits_for_an_orphan_that_was_a_zombie)
{
	struct task subreaper = fork_task(fork, reap_a_zombie);

	hear(&subreaper);
	end_and_reap(&subreaper);
}

/* It is itself an orphan, and one that is a subreaper is not pid 1. */
TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_that_is_a_subreaper_waits_for_its_orphan)
{
	struct task subreaper = adopt(reap_an_orphan);

	hear(&subreaper);
	tell(&subreaper);
	CHECK(leaves_no_trace(&subreaper));
}

static void adopt_two(struct task *self)
{
	become_subreaper();
	gate_pass(&self->news, adopt(end_when_told).nr);
	gate_pass(&self->news, adopt_zombie(end_at_once).nr);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy,
		the_orphans_of_a_subreaper_that_ends_are_released_by_pid_1)
{
	struct task subreaper = fork_task(fork, adopt_two);
	struct task living = { .nr = hear(&subreaper) };
	struct task zombie = { .nr = hear(&subreaper) };

	living.pidfd = open_pidfd(living.nr);
	CHECK(living.pidfd >= 0);
	zombie.pidfd = open_pidfd(zombie.nr);
	CHECK(zombie.pidfd >= 0);
	CHECK(is_zombie(&zombie));
	/* It is the only one that pid 1 is told of. */
	end_and_reap(&subreaper);
	CHECK(leaves_no_trace(&zombie));
	CHECK(!kill(living.nr, SIGKILL));
	CHECK(leaves_no_trace(&living));
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_is_no_subreaper_even_if_it_says_so)
{
	struct task orphan, zombie;

	become_subreaper();
	orphan = adopt(end_when_told);
	zombie = adopt_zombie(end_at_once);
	CHECK(leaves_no_trace(&zombie));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_OF_PID_1("auto", a_classic_namespace_in_it_has_zombies)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic) {
		struct task orphan;

		mount_own_proc();
		orphan = adopt(end_when_told);
		end_and_reap(&orphan);
		_exit(0);
	}
	CHECK(reap(classic) == 0);
}

/* What a task below makes with CLONE_PARENT, of which pid 1 has the gates. */
static struct task sibling;

static void make_sibling(struct task *self)
{
	pid_t nr;

	gate_wait(&self->go);
	nr = fork_with(CLONE_PARENT);
	CHECK(nr >= 0);
	if (!nr) {
		CHECK(getppid() == 1);
		end_when_told(&sibling);
		_exit(9);
	}
	gate_pass(&self->news, nr);
	gate_wait(&self->go);
}

static void let_make_sibling(struct task *maker)
{
	tell(maker);
	sibling.nr = hear(maker);
	sibling.pidfd = open_pidfd(sibling.nr);
	CHECK(sibling.pidfd >= 0);
}

TEST_F_OF_PID_1(under, variant->policy,
		what_an_orphan_makes_with_clone_parent_is_an_orphan)
{
	struct task maker;

	sibling = task_new();
	maker = adopt(make_sibling);
	let_make_sibling(&maker);
	tell(&sibling);
	CHECK(leaves_no_trace(&sibling));
	tell(&maker);
	CHECK(leaves_no_trace(&maker));
}

TEST_F_OF_PID_1(under, variant->policy,
		what_a_child_of_pid_1_makes_with_clone_parent_is_none)
{
	struct task maker;

	sibling = task_new();
	maker = fork_task(fork, make_sibling);
	let_make_sibling(&maker);
	end_and_reap(&sibling);
	end_and_reap(&maker);
}

static void execute(struct task *self)
{
	char fds[64];

	gate_wait(&self->go);
	snprintf(fds, sizeof(fds), "GATES=%d,%d", dup(self->go.fd[0]),
		 dup(self->news.fd[1]));
	exec_self(fds);
}

__attribute__((constructor)) static void executed(void)
{
	struct task task = {};
	const char *fds = getenv("GATES");

	if (!fds)
		return;
	CHECK(sscanf(fds, "%d,%d", &task.go.fd[0], &task.news.fd[1]) == 2);
	gate_pass(&task.news, getpid());
	gate_wait(&task.go);
	_exit(9);
}

static void *exec_in_thread(void *arg)
{
	execute(arg);
	return NULL;
}

/* This thread takes over the number of the first. */
static void execute_in_thread(struct task *self)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, exec_in_thread, self));
	stay();
}

FIXTURE(executing) {};
FIXTURE_VARIANT(executing) { void (*live)(struct task *self); };
FIXTURE_VARIANT_ADD(executing, first_thread) { execute };
FIXTURE_VARIANT_ADD(executing, other_thread) { execute_in_thread };
FIXTURE_SETUP(executing)
{
	open_self();
}

FIXTURE_TEARDOWN(executing) {}

TEST_F_OF_PID_1(executing, "auto", an_orphan_is_still_one)
{
	struct task orphan = adopt(variant->live);

	tell(&orphan);
	CHECK(hear(&orphan) == orphan.nr);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(executing, "auto", a_child_of_pid_1_is_none)
{
	struct task child = fork_task(fork, variant->live);

	tell(&child);
	CHECK(hear(&child) == child.nr);
	end_and_reap(&child);
}

/*
 * wait() of pid 1
 */

FIXTURE(waiting) {};
FIXTURE_VARIANT(waiting) {
	idtype_t type;
	int options;
};

FIXTURE_VARIANT_ADD(waiting, any) { P_ALL, 0 };
FIXTURE_VARIANT_ADD(waiting, any_nowait) { P_ALL, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, any_stopped) { P_ALL, WSTOPPED | WCONTINUED };
FIXTURE_VARIANT_ADD(waiting, any_wall) { P_ALL, __WALL };
FIXTURE_VARIANT_ADD(waiting, any_nothread) { P_ALL, __WNOTHREAD };
FIXTURE_VARIANT_ADD(waiting, number) { P_PID, 0 };
FIXTURE_VARIANT_ADD(waiting, number_nowait) { P_PID, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, pidfd) { P_PIDFD, 0 };
FIXTURE_VARIANT_ADD(waiting, pidfd_nowait) { P_PIDFD, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, group) { P_PGID, 0 };
FIXTURE_SETUP(waiting) {}
FIXTURE_TEARDOWN(waiting) {}

/* The number that waitid() finds, 0 if nothing yet, or -errno. */
static pid_t wait_for(const FIXTURE_VARIANT(waiting) * how, struct task *task,
		      int options)
{
	siginfo_t info = {};
	/* Of groups, the caller's own. */
	id_t id = how->type == P_PID ? task->nr :
		  how->type == P_PIDFD ? task->pidfd : 0;

	if (waitid(how->type, id, &info, WEXITED | how->options | options))
		return -errno;
	return info.si_pid;
}

TEST_F_OF_PID_1(waiting, "auto", has_nothing_to_tell_of_a_living_orphan)
{
	struct task orphan = adopt(end_when_told);

	CHECK(wait_for(variant, &orphan, WNOHANG) == 0);
}

TEST_F_OF_PID_1(waiting, "auto", is_echild_when_the_orphan_is_gone)
{
	struct task orphan = adopt(end_when_told);

	tell(&orphan);
	CHECK(is_released(&orphan));
	CHECK(wait_for(variant, &orphan, 0) == -ECHILD);
	CHECK(wait_for(variant, &orphan, WNOHANG) == -ECHILD);
}

static void end_when_pid_1_waits(struct task *self)
{
	wait_until_in(1, SYS_waitid);
}

TEST_F_OF_PID_1(waiting, "auto", sleeps_until_the_orphan_is_gone_and_is_echild_then)
{
	struct task orphan = adopt(end_when_pid_1_waits);

	CHECK(wait_for(variant, &orphan, 0) == -ECHILD);
	CHECK(poll_for(orphan.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&orphan));
}

/* The orphan that other tasks have to do with. */
static struct task subject;

/* After the subject, and not before pid 1 has gone to sleep again. */
static void end_after_subject(struct task *self)
{
	CHECK(wait_for_hup(subject.pidfd));
	wait_until_in(1, SYS_waitid);
}

TEST_OF_PID_1("auto", wait_sleeps_until_the_last_orphan_is_gone)
{
	struct task last;
	siginfo_t info;

	subject = adopt(end_when_pid_1_waits);
	last = adopt(end_after_subject);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1);
	CHECK(errno == ECHILD);
	CHECK(poll_for(last.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&last));
}

TEST_OF_PID_1("auto", wait_finds_the_child_of_pid_1_and_none_of_the_orphans)
{
	struct task orphans[6], child;
	int i, status;

	for (i = 0; i < 3; i++)
		orphans[i] = adopt(end_when_told);
	child = fork_task(fork, end_when_told);
	for (; i < 6; i++)
		orphans[i] = adopt(end_when_told);

	for (i = 0; i < 6; i++)
		tell(&orphans[i]);
	tell(&child);
	CHECK(wait(&status) == child.nr);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	CHECK(wait(&status) == -1 && errno == ECHILD);
	for (i = 0; i < 6; i++)
		CHECK(is_released(&orphans[i]));
}

/* What pid 1 wakes up for first is not the subject, which ends before. */
static void end_subject_and_signal(struct task *self)
{
	wait_until_in(1, SYS_rt_sigtimedwait);
	tell(&subject);
	CHECK(is_released(&subject));
	CHECK(!kill(1, SIGUSR1));
}

TEST_OF_PID_1("auto", a_pid_1_in_sigwait_sleeps_on_when_an_orphan_exits)
{
	struct timespec limit = { .tv_sec = PATIENCE / 1000 };
	struct task other;
	sigset_t set;

	block(SIGUSR1);
	subject = adopt(end_when_told);
	other = adopt(end_subject_and_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	CHECK(sigtimedwait(&set, NULL, &limit) == SIGUSR1);
	CHECK(leaves_no_trace(&other));
}

/*
 * Tracing
 */

static void seize_subject(void)
{
	CHECK(!ptrace(PTRACE_SEIZE, subject.nr, NULL, NULL));
}

static void trace_and_wait(struct task *self)
{
	seize_subject();
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
	CHECK(reap(subject.nr) == 9);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

static void trace_and_detach(struct task *self)
{
	int status;

	seize_subject();
	CHECK(!ptrace(PTRACE_INTERRUPT, subject.nr, NULL, NULL));
	CHECK(waitpid(subject.nr, &status, __WALL) == subject.nr);
	CHECK(WIFSTOPPED(status));
	CHECK(!ptrace(PTRACE_DETACH, subject.nr, NULL, NULL));
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

static void trace_and_end(struct task *self)
{
	seize_subject();
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

static struct task fork_tracer(life *live)
{
	struct task tracer = fork_task(fork, live);

	hear(&tracer);
	return tracer;
}

/* The subject is the tracer's zombie, and pid 1 does not know. */
static void check_traced_zombie(void)
{
	CHECK(is_zombie(&subject));
	CHECK(waitpid(subject.nr, NULL, WNOHANG) == 0);
	CHECK(!is_pending(SIGCHLD));
}

TEST_F_OF_PID_1(under, variant->policy,
		a_traced_orphan_is_a_zombie_until_its_tracer_has_waited)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST(pid_1_in_wait_for_a_traced_zombie_gets_echild_when_the_tracer_has_waited)
{
	struct task tracer = task_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		subject = adopt(end_when_told);
		tracer.nr = start(&tracer, fork, trace_and_wait);
		hear(&tracer);
		tell(&subject);
		check_traced_zombie();
		CHECK(waitid(P_PID, subject.nr, &info, WEXITED) == -1);
		CHECK(errno == ECHILD);
		_exit(0);
	}
	wait_until_in(wid, SYS_waitid);
	tell(&tracer);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_is_its_tracers_zombie_also_if_it_was_one_when_adopted)
{
	struct task parent, tracer;

	subject = fork_grandchild(&parent, fork, end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	CHECK(is_zombie(&subject));
	CHECK(end_parent(&parent) == parent.nr);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_traced_zombie_is_released_when_its_tracer_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_end);
	tell(&subject);
	check_traced_zombie();
	/* The tracer is the only one that pid 1 is told of. */
	end_and_reap(&tracer);
	CHECK(leaves_no_trace(&subject));
}

TEST_OF_PID_1("auto", an_orphan_whose_tracer_has_ended_is_released_when_it_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_end);
	end_and_reap(&tracer);
	CHECK(!poll_for(subject.pidfd, 0));
	tell(&subject);
	CHECK(leaves_no_trace(&subject));
}

TEST_OF_PID_1("auto", an_orphan_whose_tracer_has_detached_is_released_when_it_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_detach);
	tell(&subject);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_waits_for_an_orphan_that_it_traces)
{
	subject = adopt(end_when_told);
	seize_subject();
	end_and_reap(&subject);
}

static void have_itself_traced(struct task *self)
{
	gate_wait(&self->go);
	CHECK(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	CHECK(!raise(SIGSTOP));
}

TEST_OF_PID_1("auto", an_orphan_can_have_itself_traced_by_pid_1)
{
	struct task orphan = adopt(have_itself_traced);
	int status;

	tell(&orphan);
	CHECK(waitpid(orphan.nr, &status, 0) == orphan.nr);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(!ptrace(PTRACE_CONT, orphan.nr, NULL, NULL));
	CHECK(reap(orphan.nr) == 9);
	CHECK(is_released(&orphan));
}

static void *see_subject_end(void *arg)
{
	seize_subject();
	tell(&subject);
	CHECK(is_zombie(&subject));
	return NULL;
}

TEST_F_OF_PID_1(under, variant->policy,
		a_zombie_that_a_thread_of_pid_1_traced_is_released_with_the_thread)
{
	pthread_t thread;

	subject = adopt(end_when_told);
	CHECK(!pthread_create(&thread, NULL, see_subject_end, NULL));
	CHECK(!pthread_join(thread, NULL));
	CHECK(is_released(&subject));
}

/*
 * Threads of pid 1
 */

static pid_t thread_nr;

static void *make_subject(void *arg)
{
	thread_nr = gettid();
	subject = fork_task(fork, end_when_told);
	return NULL;
}

TEST_OF_PID_1("auto", the_child_of_a_thread_of_pid_1_that_ends_is_no_orphan)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, make_subject, NULL));
	CHECK(!pthread_join(thread, NULL));
	/* Joined before the kernel is through with it. */
	AWAIT(syscall(SYS_tgkill, 1, thread_nr, 0) == -1);
	end_and_reap(&subject);
}

/* The first thread leaves pid 1 to another. */
static struct gate leave;

static void __attribute__((noreturn)) leave_pid_1_to(void *(*body)(void *))
{
	pthread_t thread;

	leave = gate_new();
	CHECK(!pthread_create(&thread, NULL, body, NULL));
	gate_wait(&leave);
	syscall(SYS_exit, 1);
	__builtin_unreachable();
}

static void let_first_thread_leave(void)
{
	gate_pass(&leave, 0);
	wait_for_zombie(1);
}

static void *adopt_after_first_thread(void *arg)
{
	struct task orphan, zombie;

	let_first_thread_leave();
	orphan = adopt(end_when_told);
	zombie = adopt_zombie(end_at_once);
	CHECK(leaves_no_trace(&zombie));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	_exit(0);
}

TEST(an_orphan_is_released_when_pid_1_has_lost_its_first_thread)
{
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(adopt_after_first_thread);
	EXPECT_EQ(reap(wid), 0);
}

static void *inherit_from_first_thread(void *arg)
{
	struct task orphan = adopt(end_when_told);

	let_first_thread_leave();
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	_exit(0);
}

TEST(an_orphan_that_the_first_thread_of_pid_1_leaves_to_another_is_still_one)
{
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(inherit_from_first_thread);
	EXPECT_EQ(reap(wid), 0);
}

static void *change_after_first_thread(void *arg)
{
	struct task zombie;

	let_first_thread_leave();
	zombie = adopt_zombie(end_at_once);
	CHECK(is_zombie(&zombie));
	change_policy("auto");
	CHECK(leaves_no_trace(&zombie));
	_exit(0);
}

TEST(a_change_releases_the_zombies_of_a_pid_1_without_its_first_thread)
{
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(change_after_first_thread);
	EXPECT_EQ(serve(wid), 0);
}

/*
 * More than one space
 */

FIXTURE(nested) {};
FIXTURE_VARIANT(nested) { const char *outside, *inside; };
FIXTURE_VARIANT_ADD(nested, auto_in_init) { "init", "auto" };
FIXTURE_VARIANT_ADD(nested, outer_in_init) { "init", "outer" };
FIXTURE_VARIANT_ADD(nested, init_in_auto) { "auto", "init" };
FIXTURE_VARIANT_ADD(nested, outer_in_auto) { "auto", "outer" };
FIXTURE_VARIANT_ADD(nested, init_in_outer) { "outer", "init" };
FIXTURE_VARIANT_ADD(nested, auto_in_outer) { "outer", "auto" };
FIXTURE_SETUP(nested) {}
FIXTURE_TEARDOWN(nested) {}

TEST_F_OF_PID_1(nested, variant->outside, an_orphan_goes_by_the_policy_of_its_own_space)
{
	struct task orphan = adopt(end_when_told);
	pid_t inner = fork_pid_1(variant->inside);

	CHECK(inner >= 0);
	if (!inner) {
		orphan = adopt(end_when_told);
		end_orphan(&orphan, variant->inside);
		_exit(0);
	}
	CHECK(reap(inner) == 0);
	CHECK(take(SIGCHLD).si_pid == inner);
	end_orphan(&orphan, variant->outside);
}

static const char *inner_policy;

static pid_t fork_inner(void)
{
	return fork_space_with(inner_policy);
}

TEST_F_OF_PID_1(nested, variant->outside,
		an_inner_init_whose_creator_dies_goes_by_the_policy_outside)
{
	struct task creator, inner;

	inner_policy = variant->inside;
	inner = fork_grandchild(&creator, fork_inner, end_when_told);
	end_parent(&creator);
	end_orphan(&inner, variant->outside);
}

/* Where put_in() forks into. */
static int target;

static pid_t put_in(void)
{
	return fork_into(target);
}

/* Its parent was outside, and so are those who may adopt it. */
TEST_F_OF_PID_1(nested, variant->outside,
		one_put_in_whose_parent_dies_goes_by_the_policy_outside)
{
	struct task parent, orphan;
	pid_t inner = fork_space_with(variant->inside);

	CHECK(inner >= 0);
	if (!inner)
		stay();
	target = open_ns(inner, "pid");
	orphan = fork_grandchild(&parent, put_in, end_when_told);
	end_parent(&parent);
	end_orphan(&orphan, variant->outside);
	CHECK(end(inner) == BY_SIGNAL(SIGKILL));
}

TEST(one_put_in_is_its_outside_parents_to_wait_for)
{
	struct task child;
	pid_t wid;

	block(SIGCHLD);
	wid = fork_pid_1("auto");
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	target = open_ns(wid, "pid");
	child = fork_task(put_in, end_when_told);
	end_and_reap(&child);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_orphan_of_one_put_in_is_released)
{
	struct task parent = task_new(), orphan = task_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		orphan.nr = hear(&parent);
		orphan.pidfd = open_pidfd(orphan.nr);
		CHECK(orphan.pidfd >= 0);
		tell(&parent);
		/* When the test has waited for the parent. */
		hear(&orphan);
		CHECK(waitpid(orphan.nr, NULL, WNOHANG) == 0);
		tell(&orphan);
		CHECK(leaves_no_trace(&orphan));
		_exit(0);
	}
	target = open_ns(wid, "pid");
	parent.nr = put_in();
	ASSERT_GE(parent.nr, 0);
	if (!parent.nr) {
		gate_pass(&parent.news, start(&orphan, fork, end_when_told));
		gate_wait(&parent.go);
		_exit(0);
	}
	EXPECT_EQ(reap(parent.nr), 0);
	gate_pass(&orphan.news, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(the_exit_of_pid_1_under_auto_kills_the_orphans_before_it_can_be_waited_for)
{
	struct gate life = gate_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		for (i = 0; i < 5; i++)
			CHECK(adopt(end_when_told).nr > 0);
		CHECK(!kill(adopt(end_when_told).nr, SIGSTOP));
		_exit(3);
	}
	close(life.fd[1]);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_EQ(poll_for(life.fd[0], 0), POLLHUP);
}

/*
 * Changes of the policy, from init
 */

FIXTURE(change_to) {};
FIXTURE_VARIANT(change_to) { const char *policy; };
FIXTURE_VARIANT_ADD(change_to, auto) { "auto" };
FIXTURE_VARIANT_ADD(change_to, outer) { "outer" };
FIXTURE_SETUP(change_to) {}
FIXTURE_TEARDOWN(change_to) {}

TEST_F_OF_PID_1(change_to, "init", releases_orphans_that_are_zombies)
{
	struct task zombies[3];
	int i;

	for (i = 0; i < 3; i++) {
		zombies[i] = adopt_zombie(end_at_once);
		CHECK(is_zombie(&zombies[i]));
	}
	change_policy(variant->policy);
	for (i = 0; i < 3; i++)
		CHECK(leaves_no_trace(&zombies[i]));
	CHECK(wait(NULL) == -1 && errno == ECHILD);
}

TEST_F_OF_PID_1(change_to, "init", lets_orphans_that_live_be_released_when_they_exit)
{
	struct task orphan = adopt(end_when_told);

	change_policy(variant->policy);
	CHECK(!poll_for(orphan.pidfd, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_its_child_that_is_a_zombie)
{
	struct task child = fork_task(fork, end_at_once);

	CHECK(take(SIGCHLD).si_pid == child.nr);
	change_policy(variant->policy);
	CHECK(is_zombie(&child));
	CHECK(reap(child.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_its_child_that_lives)
{
	struct task child = fork_task(fork, end_when_told);

	change_policy(variant->policy);
	end_and_reap(&child);
}

static const char *new_policy;

static void change_with_a_zombie(struct task *self)
{
	struct task zombie;

	become_subreaper();
	zombie = adopt_zombie(end_at_once);
	change_policy(new_policy);
	CHECK(is_zombie(&zombie));
	CHECK(reap(zombie.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_a_subreaper_its_zombie)
{
	struct task subreaper;

	new_policy = variant->policy;
	subreaper = fork_task(fork, change_with_a_zombie);
	CHECK(reap(subreaper.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_an_orphan_of_which_a_thread_lives)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	change_policy(variant->policy);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(change_to, "init", leaves_a_tracer_its_zombie)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	CHECK(is_zombie(&subject));
	change_policy(variant->policy);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_a_zombie_that_it_traces)
{
	subject = adopt(end_when_told);
	seize_subject();
	tell(&subject);
	CHECK(is_zombie(&subject));
	change_policy(variant->policy);
	CHECK(is_zombie(&subject));
	CHECK(reap(subject.nr) == 9);
	CHECK(is_released(&subject));
}

/* Ends when pid 1 sleeps again under the new policy. */
static void change_when_pid_1_waits(struct task *self)
{
	wait_until_in(1, SYS_waitid);
	change_policy(new_policy);
	wait_until_in(1, SYS_waitid);
}

TEST_F_OF_PID_1(change_to, "init",
		while_pid_1_waits_for_a_living_orphan_lets_that_end_with_echild)
{
	struct task orphan;
	siginfo_t info;

	new_policy = variant->policy;
	orphan = adopt(change_when_pid_1_waits);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1);
	CHECK(errno == ECHILD);
	CHECK(poll_for(orphan.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&orphan));
}

/* The zombie is not what pid 1 waits for. */
TEST_F_OF_PID_1(change_to, "init", while_pid_1_waits_for_another_releases_a_zombie)
{
	struct task zombie = adopt_zombie(end_at_once), child;
	siginfo_t info;

	new_policy = variant->policy;
	child = fork_task(fork, change_when_pid_1_waits);
	CHECK(!waitid(P_PID, child.nr, &info, WEXITED));
	CHECK(info.si_pid == child.nr && info.si_status == 9);
	CHECK(is_released(&zombie));
	CHECK(wait(NULL) == -1 && errno == ECHILD);
}

static void see_subject_become_zombie(struct task *self)
{
	gate_wait(&self->go);
	tell(&subject);
	CHECK(is_zombie(&subject));
	gate_pass(&self->news, 0);
	stay();
}

/* It was stopped when the zombie came, or it would have waited for it. */
TEST_F(change_to, while_pid_1_waits_for_a_zombie_ends_that_with_echild)
{
	struct task watcher = task_new();
	pid_t wid = fork_pid_1("init");
	int status;

	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		subject = adopt(end_when_told);
		watcher.nr = start(&watcher, fork, see_subject_become_zombie);
		CHECK(waitid(P_PID, subject.nr, &info, WEXITED) == -1);
		CHECK(errno == ECHILD);
		CHECK(is_released(&subject));
		CHECK(end(watcher.nr) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	wait_until_in(wid, SYS_waitid);
	ASSERT_EQ(kill(wid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(wid, &status, WUNTRACED), wid);
	ASSERT_TRUE(WIFSTOPPED(status));
	tell(&watcher);
	hear(&watcher);
	EXPECT_EQ(set_policy(ns_id_of(wid, "pid"), variant->policy), 0);
	ASSERT_EQ(kill(wid, SIGCONT), 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F(change_to, is_possible_when_pid_1_is_a_zombie)
{
	pid_t wid = fork_pid_1("init");
	siginfo_t info;

	ASSERT_GE(wid, 0);
	if (!wid) {
		adopt_zombie(end_at_once);
		_exit(3);
	}
	ASSERT_EQ(waitid(P_PID, wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_EQ(set_policy(ns_id_of(wid, "pid"), variant->policy), 0);
	EXPECT_TRUE(policy_is(ns_id_of(wid, "pid"), variant->policy));
	EXPECT_EQ(reap(wid), 3);
}

/* And to it. */
TEST_F_OF_PID_1(under, variant->policy,
		a_change_to_init_makes_zombies_of_those_that_exit_later)
{
	struct task early = adopt(end_when_told);
	struct task late = adopt(end_when_told);

	tell(&early);
	CHECK(leaves_no_trace(&early));
	change_policy("init");
	end_and_reap(&late);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_change_to_init_while_pid_1_waits_gives_it_the_orphan)
{
	struct task orphan;
	siginfo_t info;

	new_policy = "init";
	orphan = adopt(change_when_pid_1_waits);
	CHECK(!waitid(P_ALL, 0, &info, WEXITED));
	CHECK(info.si_pid == orphan.nr && info.si_status == 9);
}

TEST(orphans_go_by_the_policy_that_holds_when_they_exit)
{
	static const char *const policies[] = {
		"auto", "init", "outer", "init", "init", "outer", "auto", "auto",
		"init",
	};
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct task orphans[ARRAY_SIZE(policies)];
		int i;

		for (i = 0; i < ARRAY_SIZE(policies); i++)
			orphans[i] = adopt(end_when_told);
		for (i = 0; i < ARRAY_SIZE(policies); i++) {
			change_policy(policies[i]);
			end_orphan(&orphans[i], policies[i]);
		}
		_exit(0);
	}
	EXPECT_EQ(serve(wid), 0);
}

/* Makes orphans, some of them zombies, until it is killed. */
static void make_orphans_for_ever(struct task *self)
{
	for (;;) {
		pid_t parent = fork();
		int i;

		CHECK(parent >= 0);
		if (!parent) {
			for (i = 0; i < 4; i++)
				if (!fork())
					_exit(0);
			_exit(0);
		}
		CHECK(reap(parent) == 0);
	}
}

/* More time, for kernels that check themselves. */
FIXTURE(crowd) { long threads; };

/* The kernel's default depends on its memory: this is enough, and can be had. */
FIXTURE_SETUP(crowd)
{
	self->threads = read_number("/proc/sys/kernel/threads-max");
	ASSERT_GT(self->threads, 0);
	ASSERT_EQ(write_file("/proc/sys/kernel/threads-max", "30000"), 0);
}

FIXTURE_TEARDOWN(crowd)
{
	char number[32];

	snprintf(number, sizeof(number), "%ld", self->threads);
	EXPECT_EQ(write_file("/proc/sys/kernel/threads-max", number), 0);
}

TEST_F_TIMEOUT(crowd, no_orphan_is_left_that_exits_while_the_policy_changes, 300)
{
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct task maker = fork_task(fork, make_orphans_for_ever);
		int i;

		for (i = 0; i < 100; i++) {
			change_policy("auto");
			change_policy("init");
			change_policy("outer");
			change_policy("init");
		}
		change_policy("auto");
		CHECK(end(maker.nr) == BY_SIGNAL(SIGKILL));
		CHECK(wait(NULL) == -1 && errno == ECHILD);
		_exit(0);
	}
	EXPECT_EQ(serve(wid), 0);
}

/* What a member does that outlives pid 1: its orphan goes to an init outside. */
static void see_an_orphan_released(struct task *self)
{
	struct task orphan;

	gate_wait(&self->go);
	orphan = adopt(end_when_told);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	gate_pass(&self->news, 0);
}

TEST(a_change_after_the_end_of_pid_1_is_only_shown)
{
	static const char *const policies[] = { "auto", "outer", "init" };
	struct task member = task_new();
	struct gate go = gate_new();
	pid_t wid = fork_pid_1("outer");
	uint64_t id;
	int ns, i;

	ASSERT_GE(wid, 0);
	if (!wid) {
		start(&member, fork, see_an_orphan_released);
		_exit(gate_wait(&go));
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	id = ns_id(ns);
	gate_pass(&go, 3);
	EXPECT_EQ(reap(wid), 3);
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		EXPECT_EQ(set_policy(id, policies[i]), 0);
		EXPECT_TRUE(policy_is(id, policies[i]));
	}
	tell(&member);
	hear(&member);
	EXPECT_TRUE(wait_for_hup(ns));
}

/*
 * A pid 1 that never waits
 */

#define ORPHANS	many(10000)
#define BATCH	100

struct census {
	int zombies, others;
};

static struct census take_census(void)
{
	struct census census = {};
	char path[300], line[64];
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	CHECK(proc);
	while ((entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		if (!atoi(entry->d_name) ||
		    !read_line(path, "State:\t", line, sizeof(line)))
			continue;
		if (line[0] == 'Z')
			census.zombies++;
		else
			census.others++;
	}
	closedir(proc);
	return census;
}

/* Waits for its own children: those of them are all that is left to pid 1. */
static void make_orphans(struct task *self)
{
	int i, j;

	for (i = 0; i < ORPHANS / BATCH; i++) {
		pid_t parent = fork();

		CHECK(parent >= 0);
		for (j = 0; !parent && j < BATCH; j++) {
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child)
				_exit(0);
		}
		if (!parent)
			_exit(0);
		CHECK(reap(parent) == 0);
	}
	gate_pass(&self->news, 0);
	stay();
}

/* In a pid 1: count the zombies when all orphans have exited, and tell it. */
static void __attribute__((noreturn)) never_wait(struct gate *zombies,
						 int expected)
{
	struct task maker = task_new();
	struct census census;

	mount_own_proc();
	maker.nr = start(&maker, fork, make_orphans);
	/* If it fails, this ends the wait. */
	close(maker.news.fd[1]);
	gate_wait(&maker.news);
	/* This one and the maker. */
	AWAIT((census = take_census(), census.others == 2 &&
	       census.zombies == expected));
	gate_pass(zombies, census.zombies);
	_exit(0);
}

TEST_F_TIMEOUT(crowd, a_pid_1_that_never_waits_has_no_zombies_under_auto, 300)
{
	struct gate counted = gate_new();
	pid_t wid = fork_space_with("auto");
	int zombies;

	ASSERT_GE(wid, 0);
	if (!wid)
		never_wait(&counted, 0);
	close(counted.fd[1]);
	zombies = gate_wait(&counted);
	TH_LOG("auto: %d orphans have left %d zombies", ORPHANS, zombies);
	EXPECT_EQ(zombies, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F_TIMEOUT(crowd, a_pid_1_that_never_waits_has_zombies_under_clone_newpid, 300)
{
	struct gate counted = gate_new();
	pid_t init = fork_with(CLONE_NEWPID);
	int zombies;

	ASSERT_GE(init, 0);
	if (!init)
		never_wait(&counted, ORPHANS);
	close(counted.fd[1]);
	zombies = gate_wait(&counted);
	TH_LOG("CLONE_NEWPID: %d orphans have left %d zombies", ORPHANS,
	       zombies);
	EXPECT_EQ(zombies, ORPHANS);
	EXPECT_EQ(reap(init), 0);
}

TEST_HARNESS_MAIN
