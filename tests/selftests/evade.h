/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is killed from above dies, whatever its members do against that: a stop at an
 * exit (PTRACE_O_TRACEEXIT) that its tracer does not end holds up nobody whose space is
 * killed.
 */
#ifndef PSPACE_SELFTESTS_EVADE_H
#define PSPACE_SELFTESTS_EVADE_H

#include "signals.h"
#include "tree.h"
#include <linux/fuse.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include "harness.h"

#define EXIT_STOP	STOP_OF(PTRACE_EVENT_EXIT)

/* Trace a task and have it stop at its exit: 0 or -errno. */
static inline int seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) ? -errno : 0;
}

/* A child that traces and does not answer, until it is killed. */
static inline void add_tracer_of(pid_t pid)
{
	struct gate seized = gate_new();

	if (!fork_child()) {
		CHECK(!seize(pid));
		gate_pass(&seized, 0);
		stay();
	}
	gate_wait(&seized);
	gate_close(&seized);
}

/* A tracee stops for a signal that it ignores, but not for one that it blocks. */
static inline void block_sigchld(void)
{
	sigset_t set;

	CHECK(!sigemptyset(&set) && !sigaddset(&set, SIGCHLD));
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
}

/*
 * The children of a pid 1, which trace each other in a ring and do not answer. If one
 * exits it has come to its stop when this returns.
 */
static inline void add_ring(int count, bool one_exits)
{
	struct gate go = gate_new(), done = gate_new(), leave = gate_new();
	int i;

	CHECK(getpid() == 1);
	for (i = 0; i < count; i++) {
		pid_t child = fork_as(0, TIDS(2 + i));

		CHECK(child >= 0);
		if (child)
			continue;
		/* Nor does it stop for one when it is told of the other's stop. */
		block_sigchld();
		gate_wait(&go);
		CHECK(!seize(2 + (i + 1) % count));
		gate_pass(&done, 0);
		if (i == 1 && one_exits) {
			gate_wait(&leave);
			_exit(0);
		}
		if (i == 0 && one_exits) {
			CHECK(wait_stop(3) == EXIT_STOP);
			gate_pass(&done, 0);
		}
		stay();
	}
	for (i = 0; i < count; i++)
		gate_pass(&go, 0);
	for (i = 0; i < count; i++)
		gate_wait(&done);
	if (one_exits) {
		gate_pass(&leave, 0);
		gate_wait(&done);
	}
	gate_close(&leave);
	gate_close(&go);
	gate_close(&done);
}

/* Forks on and on. */
static inline void add_forker(void)
{
	if (fork_child())
		return;
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (!fork())
			_exit(0);
		usleep(1000);
	}
}

/*
 * A space, or a classic namespace, made by the user or by root, and how it is killed
 * from outside.
 */
struct top {
	pid_t creator;		/* ends as the init does */
	pid_t wid;
	int ns, pidfd;
	struct gate life;	/* what all in it hold */
};

/* The creators go into it, if it is there. */
static struct cgroup *limit;

static inline struct top top_new(uint64_t flags, uid_t user, void (*populate)(void))
{
	struct gate made = gate_new(), ready = gate_new();
	struct top top = { .life = gate_new() };

	top.creator = fork_child();
	if (!top.creator) {
		if (limit)
			cgroup_enter(limit);
		if (user) {
			become(user);
			flags |= CLONE_NEWUSER;
		}
		/* What is gone may be counted for a moment. */
		AWAIT((top.wid = fork_with(flags)) >= 0 || errno != EAGAIN);
		CHECK(top.wid >= 0);
		if (!top.wid) {
			populate();
			gate_pass(&ready, 0);
			stay();
		}
		close(top.life.fd[1]);
		gate_pass(&made, top.wid);
		_exit(reap(top.wid));
	}
	top.wid = gate_wait(&made);
	/* Not for ever, if one of those has failed. */
	close(ready.fd[1]);
	gate_wait(&ready);
	gate_close(&made);
	close(ready.fd[0]);
	top.ns = open_ns(top.wid, "pid");
	top.pidfd = open_pidfd(top.wid);
	CHECK(top.ns >= 0 && top.pidfd >= 0);
	return top;
}

static inline int by_file(const struct top *top)
{
	return control(ns_id(top->ns), "kill", "1");
}

static inline int by_ioctl(const struct top *top)
{
	return ioctl(top->ns, PSPACE_KILL) ? -errno : 0;
}

static inline int by_signal(const struct top *top)
{
	return syscall(SYS_pidfd_send_signal, top->pidfd, SIGKILL, NULL, 0)
		? -errno : 0;
}

/* Is all of it gone? Nothing is left that keeps the module. */
static inline bool is_whole_end(struct top *top, uint64_t flags)
{
	uint64_t id = ns_id(top->ns);

	CHECK(reap(top->creator) == BY_SIGNAL(SIGKILL));
	CHECK(all_let_go(&top->life));
	CHECK(!(flags & CLONE_NEWPSPACE) || wait_for_hup(top->ns));
	close(top->ns);
	close(top->pidfd);
	close(top->life.fd[0]);
	CHECK(!(flags & CLONE_NEWPSPACE) || is_gone_at_last(id));
	return true;
}

/* In a space of its own within the top. */
static inline void nest(void (*populate)(void))
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		populate();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	gate_close(&ready);
}

static inline void hold_up_the_init(void)
{
	add_tracer_of(1);
	add_forker();
}

static inline void trace_each_other(void)
{
	add_ring(2, false);
}

/* 1 traces 2, which traces 3, which traces 1. */
static inline void trace_in_a_ring_with_the_init(void)
{
	struct gate done = gate_new();
	pid_t child = fork_child(), other;

	if (!child) {
		other = fork_child();
		CHECK(!seize(other ?: 1));
		gate_pass(&done, 0);
		stay();
	}
	CHECK(!seize(child));
	gate_wait(&done);
	gate_wait(&done);
	gate_close(&done);
}

#endif /* PSPACE_SELFTESTS_EVADE_H */
