/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Members of a space, and the numbers that they get above it.
 */
#ifndef PSPACE_SELFTESTS_WID_H
#define PSPACE_SELFTESTS_WID_H

#include "tree.h"

/* A number by which the members below are the only ones. */
#define MEMBER	7654

/* The number that it has already: 0 if it has none. The space gives no more after that. */
static inline pid_t wid_had(int ns, pid_t nr)
{
	pid_t wid;

	CHECK(!control(ns_id(ns), "numbers", "never"));
	wid = get_wid(ns, nr);
	return wid == -EAGAIN ? 0 : wid;
}

/*
 * A space whose init leaves no zombies, and a member that waits until it is told to do
 * something.
 */
struct below {
	pid_t init;
	unsigned long long id;
	int ns;
	struct gate go, done;
};

static inline void __attribute__((noreturn))
be_told(struct below *below, void (*deed)(struct below *below))
{
	gate_pass(&below->done, getpid());
	gate_wait(&below->go);
	if (deed)
		deed(below);
	gate_pass(&below->done, 0);
	stay();
}

static inline struct below below_new(void (*deed)(struct below *below))
{
	struct below below = { .go = gate_new(), .done = gate_new() };

	below.init = fork_space();
	CHECK(below.init >= 0);
	if (!below.init) {
		pid_t member;

		signal(SIGCHLD, SIG_IGN);
		member = fork_as(0, TIDS(MEMBER));
		CHECK(member >= 0);
		if (!member)
			be_told(&below, deed);
		stay();
	}
	CHECK(gate_wait(&below.done) == MEMBER);
	below.ns = open_ns(below.init, "pid");
	CHECK(below.ns >= 0);
	below.id = ns_id(below.ns);
	return below;
}

/* Is this the number that the member has? It was not given by this question. */
static inline bool was_given(struct below *below, pid_t nr)
{
	return nr > 0 && wid_had(below->ns, MEMBER) == nr;
}

/* It has none, and gets none any more. */
static inline bool was_given_none(struct below *below)
{
	return wid_had(below->ns, MEMBER) == 0;
}

/* Let the member go on. */
static inline void tell(struct below *below)
{
	gate_pass(&below->go, 0);
}

static inline bool below_end(struct below *below)
{
	bool ended = end(below->init) == BY_SIGNAL(SIGKILL) && wait_for_hup(below->ns);

	close(below->ns);
	return ended;
}

/* Is it gone, and its number free, at last? */
static inline void await_gone(pid_t nr)
{
	AWAIT(kill(nr, 0) == -1 && errno == ESRCH);
}

/* A copy of a file that another process has open. */
static inline int file_of(pid_t pid, int fd)
{
	int pidfd = open_pidfd(pid);
	int copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	return copy;
}

/*
 * A space in the middle and one in that, with members. Pid 1 of the former does what it
 * is told to.
 */
struct levels {
	struct below middle;
	int inner;
	struct gate inside, leave;
};

static inline void __attribute__((noreturn))
be_middle(struct levels *levels, const char *policy, bool orphaned, void (*deed)(int inner))
{
	pid_t init;

	mount_own_proc();
	init = fork_space_with(policy);
	CHECK(init >= 0);
	if (!init) {
		signal(SIGCHLD, SIG_IGN);
		add_children(3);
		gate_pass(&levels->inside, 0);
		if (orphaned)
			_exit(gate_wait(&levels->leave));
		stay();
	}
	gate_wait(&levels->inside);
	levels->inner = open_ns(init, "pid");
	CHECK(levels->inner >= 0);
	if (orphaned) {
		gate_pass(&levels->leave, 0);
		CHECK(!reap(init));
	}
	/* Whoever made this one finds the file at the same place. */
	gate_pass(&levels->middle.done, levels->inner);
	gate_wait(&levels->middle.go);
	if (deed)
		deed(levels->inner);
	gate_pass(&levels->middle.done, 0);
	_exit(gate_wait(&levels->middle.go));
}

static inline struct levels levels_new(uint64_t flags, const char *policy, bool orphaned,
				       void (*deed)(int inner))
{
	struct levels levels = {
		.middle = { .go = gate_new(), .done = gate_new() },
		.inside = gate_new(),
		.leave = gate_new(),
	};

	levels.middle.init = fork_with(flags);
	CHECK(levels.middle.init >= 0);
	if (!levels.middle.init)
		be_middle(&levels, policy, orphaned, deed);
	levels.inner = gate_wait(&levels.middle.done);
	levels.middle.ns = open_ns(levels.middle.init, "pid");
	levels.middle.id = ns_id(levels.middle.ns);
	levels.inner = file_of(levels.middle.init, levels.inner);
	CHECK(levels.middle.ns >= 0 && levels.inner >= 0);
	return levels;
}

/* Have its pid 1 do it. */
static inline void levels_act(struct levels *levels)
{
	tell(&levels->middle);
	CHECK(!gate_wait(&levels->middle.done));
}

static inline void levels_close(struct levels *levels)
{
	close(levels->inner);
	close(levels->middle.ns);
}

#endif /* PSPACE_SELFTESTS_WID_H */
