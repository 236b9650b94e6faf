/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Orphans that pid 1 need not wait for: under the policies auto and, while there is a
 * pid 1, outer. A test is the body of a pid 1, in a space with a policy.
 */
#ifndef PSPACE_SELFTESTS_AUTO_H
#define PSPACE_SELFTESTS_AUTO_H

#include "control.h"
#include "self.h"
#include "signals.h"
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/* Wait until a task sleeps in a system call. Needs a procfs that shows it. */
static inline void wait_until_in(pid_t pid, long call)
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
static inline pid_t fork_pid_1(const char *policy)
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
static inline void change_policy(const char *policy)
{
	char order[8];

	snprintf(order, sizeof(order), "%s", policy);
	CHECK(write(orders[1], order, sizeof(order)) == sizeof(order));
	CHECK(gate_wait(&replies) == 0);
}

/* Do what members order until pid 1 is dead, then reap() it. */
static inline int serve(pid_t wid)
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
static inline int run_pid_1(const char *policy, void (*body)(void))
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

static inline void end_at_once(struct task *self)
{
}

static inline void end_when_told(struct task *self)
{
	gate_wait(&self->go);
}

static inline void tell(struct task *task)
{
	gate_pass(&task->go, 0);
}

static inline int32_t hear(struct task *task)
{
	CHECK(poll_for(task->news.fd[0], PATIENCE));
	return gate_wait(&task->news);
}

static inline struct task task_new(void)
{
	return (struct task){ .go = gate_new(), .news = gate_new() };
}

static inline pid_t start(struct task *task, maker *make, life *live)
{
	pid_t nr = make();

	CHECK(nr >= 0);
	if (!nr) {
		live(task);
		_exit(9);
	}
	return nr;
}

static inline struct task fork_task(maker *make, life *live)
{
	struct task task = task_new();

	task.nr = start(&task, make, live);
	task.pidfd = open_pidfd(task.nr);
	CHECK(task.pidfd >= 0);
	return task;
}

/* Fork a task that makes one. The caller has a number for both. */
static inline struct task fork_grandchild(struct task *parent, maker *make, life *live)
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
static inline pid_t end_parent(struct task *parent)
{
	tell(parent);
	CHECK(reap(parent->nr) == 0);
	return take(SIGCHLD).si_pid;
}

/* In one who gets orphans: get one. */
static inline struct task adopt(life *live)
{
	struct task parent, child = fork_grandchild(&parent, fork, live);

	end_parent(&parent);
	return child;
}

/* One whose first thread is dead before. */
static inline struct task adopt_zombie(life *live)
{
	struct task parent, child = fork_grandchild(&parent, fork, live);

	wait_for_zombie(child.nr);
	end_parent(&parent);
	return child;
}

static inline bool is_zombie(struct task *task)
{
	return poll_for(task->pidfd, PATIENCE) == POLLIN && !kill(task->nr, 0);
}

/* It has exited, or is about to, and nobody has to wait for it. */
static inline bool is_released(struct task *task)
{
	return wait_for_hup(task->pidfd) && kill(task->nr, 0) == -1 &&
	       errno == ESRCH;
}

/* The same, and the caller is not told. */
static inline bool leaves_no_trace(struct task *task)
{
	return is_released(task) && !is_pending(SIGCHLD);
}

/* Tell a task to end: the caller is told and has to wait for it. */
static inline void end_and_reap(struct task *task)
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

/* What is the same for both policies while there is a pid 1. */
FIXTURE(under) {};
FIXTURE_VARIANT(under) { const char *policy; };
FIXTURE_VARIANT_ADD(under, auto) { "auto" };
FIXTURE_VARIANT_ADD(under, outer) { "outer" };
FIXTURE_SETUP(under) {}
FIXTURE_TEARDOWN(under) {}

static inline void *end_thread_when_told(void *arg)
{
	end_when_told(arg);
	syscall(SYS_exit, 9);
	return NULL;
}

static inline void leave_a_thread(struct task *self)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, end_thread_when_told, self));
	syscall(SYS_exit, 9);
}

/* The orphan that other tasks have to do with. */
static struct task subject;

static inline void seize_subject(void)
{
	CHECK(!ptrace(PTRACE_SEIZE, subject.nr, NULL, NULL));
}

static inline void trace_and_wait(struct task *self)
{
	seize_subject();
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
	CHECK(reap(subject.nr) == 9);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

static inline struct task fork_tracer(life *live)
{
	struct task tracer = fork_task(fork, live);

	hear(&tracer);
	return tracer;
}

/* The subject is the tracer's zombie, and pid 1 does not know. */
static inline void check_traced_zombie(void)
{
	CHECK(is_zombie(&subject));
	CHECK(waitpid(subject.nr, NULL, WNOHANG) == 0);
	CHECK(!is_pending(SIGCHLD));
}

#endif /* PSPACE_SELFTESTS_AUTO_H */
