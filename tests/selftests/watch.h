/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A space and its members, as programs watch them.
 */
#ifndef PSPACE_SELFTESTS_WATCH_H
#define PSPACE_SELFTESTS_WATCH_H

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "tree.h"
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/fanotify.h>
#include <sys/prctl.h>
#include "harness.h"

/* A number that nobody else has in this guest. */
#define MEMBER 7654

/* A task of another space that does something when it is told to. */
struct watched {
	struct space space;
	struct gate go;
};

/* Its init, or a member. */
static inline struct watched watched_new(bool member, void (*deed)(const void *with),
					 const void *with)
{
	struct gate ready = gate_new();
	struct watched watched = { .go = gate_new() };

	watched.space.wid = fork_space();
	CHECK(watched.space.wid >= 0);
	if (!watched.space.wid) {
		gate_pass(&ready, ns_id(own_ns()));
		if (member) {
			pid_t child = fork_as(0, TIDS(MEMBER));

			CHECK(child >= 0);
			if (child)
				stay();
		}
		gate_wait(&watched.go);
		deed(with);
		stay();
	}
	watched.space.id = gate_wait(&ready);
	return watched;
}

static inline void go(struct watched *watched)
{
	gate_pass(&watched->go, 0);
}

#endif /* PSPACE_SELFTESTS_WATCH_H */
