/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of a space: one to write to, and whether anything has come of that.
 */
#ifndef PSPACE_SELFTESTS_POLICY_H
#define PSPACE_SELFTESTS_POLICY_H

#include "tree.h"
#include <ctype.h>
#include <sys/stat.h>
#include "harness.h"

/*
 * A space to write to, and in the end its fate. With FLAGS to clone(); or nested,
 * the inner one of two: the outer init then ends as the inner one does.
 */
static inline struct space target_new(uint64_t flags, bool nested)
{
	struct space target = { .end = gate_new() };
	struct gate id = gate_new();

	target.wid = fork_with(CLONE_NEWPSPACE | flags);
	CHECK(target.wid >= 0);
	if (!target.wid) {
		pid_t inner = nested ? fork_space() : 0;

		CHECK(inner >= 0);
		if (inner)
			_exit(reap(inner));
		gate_pass(&id, ns_id(own_ns()));
		_exit(gate_wait(&target.end));
	}
	target.id = gate_wait(&id);
	close(id.fd[0]);
	close(id.fd[1]);
	return target;
}

/* What else "pid_max" may be. */
#define PID_MAX "4000"

static inline bool has_pid_max(uint64_t id)
{
	return read_number(CONTROL_PATH(id, "pid_max")) == atoi(PID_MAX);
}

/* What else "last_pid" may be. */
#define LAST_PID "1000"

/* It has come to no harm. This ends it. */
static inline bool is_as_before(struct space *target)
{
	bool same = policy_is(target->id, "init") &&
		    isolation_is(target->id, "full") &&
		    control_is(target->id, "numbers", "never") &&
		    !has_pid_max(target->id) &&
		    !control_is(target->id, "last_pid", LAST_PID);

	gate_pass(&target->end, 7);
	return reap(target->wid) == 7 && same;
}

#endif /* PSPACE_SELFTESTS_POLICY_H */
