/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Killing a space as a whole: the space that is to die, what its pid 1 populates it
 * with, and the ways to kill it.
 */
#ifndef PSPACE_SELFTESTS_KILL_H
#define PSPACE_SELFTESTS_KILL_H

#include "control.h"
#include "signals.h"
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include "harness.h"

/* Both ways to kill a space, given its descriptor: 0 or -errno. */

static inline int kill_by_file(int ns)
{
	return control(ns_id(ns), "kill", "1");
}

static inline int kill_by_ioctl(int ns)
{
	return ioctl(ns, PSPACE_KILL) ? -errno : 0;
}

/* Pid 1 populates the space first, and exits with what comes through END. */
static inline struct space space_new(const char *policy, void (*populate)(void))
{
	struct space space = { .end = gate_new(), .life = gate_new() };
	struct gate ready = gate_new();

	space.wid = fork_space_with(policy);
	CHECK(space.wid >= 0);
	if (!space.wid) {
		int status;

		populate();
		gate_pass(&ready, 0);
		status = gate_wait(&space.end);
		/* Nobody should have died meanwhile. */
		_exit(waitpid(-1, NULL, WNOHANG) > 0 ? 99 : status);
	}
	close(ready.fd[1]);
	gate_wait(&ready);
	close(ready.fd[0]);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	return space;
}

/* Pid 1 exits, not killed, and is waited for. */
static inline void leave(struct space *space)
{
	gate_pass(&space->end, 3);
	CHECK(reap(space->wid) == 3);
}

/* No harm was done to it. With policy init or auto, this ends it. */
static inline bool is_unharmed(struct space *space)
{
	gate_pass(&space->end, 7);
	return reap(space->wid) == 7;
}

/* It ends with all in it. */
static inline bool is_over(struct space *space)
{
	return wait_for_hup(space->ns) && all_let_go(&space->life);
}

/* So it does when it was killed. Waits for pid 1. */
static inline bool is_killed(struct space *space)
{
	return reap(space->wid) == BY_SIGNAL(SIGKILL) && is_over(space);
}

/* What pid 1 populates its space with: */

static inline void add_none(void)
{
}

static inline void add_some(void)
{
	add_children(20);
}

static inline void add_nested_spaces(void)
{
	struct gate ready = gate_new();
	pid_t inner;
	int level;

	for (level = 0; level < 3; level++) {
		inner = fork_space();
		CHECK(inner >= 0);
		if (inner) {
			if (level)
				stay();
			gate_wait(&ready);
			return;
		}
		add_children(3);
	}
	gate_pass(&ready, 0);
	stay();
}

/* One in the other, in which there is one with an init, too. */
static inline void add_orphaned_spaces(void)
{
	pid_t inner;
	int level;

	for (level = 0; level < 3; level++) {
		mount_own_proc();
		inner = fork_space_with("outer");
		CHECK(inner >= 0);
		if (inner) {
			CHECK(reap(inner) == 3);
			if (!level)
				return;
			_exit(3);
		}
		add_children(3);
	}
	CHECK(idle_space() > 0);
	_exit(3);
}

static inline void add_stopped(void)
{
	pid_t member;
	int status;

	add_children(2);
	for (member = 2; member <= 3; member++) {
		CHECK(!kill(member, SIGSTOP));
		CHECK(waitpid(member, &status, WUNTRACED) == member);
		CHECK(WIFSTOPPED(status));
	}
}

/* One by pid 1, one by another member. */
static inline void add_traced(void)
{
	struct gate ready = gate_new();
	pid_t tracer;

	add_children(2);
	attach(2);
	tracer = fork();
	CHECK(tracer >= 0);
	if (!tracer) {
		attach(3);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
}

static struct cgroup cgroup;

/* Itself is one, too. */
static inline void add_in_cgroup(void)
{
	cgroup_enter(&cgroup);
	add_children(3);
}

/* Put in by setns() and fork(), and its parent is not killed. */
static inline pid_t put_in(struct space *space, void (*populate)(void))
{
	struct gate ready = gate_new();
	pid_t child = fork_into(space->ns);

	CHECK(child >= 0);
	if (!child) {
		populate();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	return child;
}

#endif /* PSPACE_SELFTESTS_KILL_H */
