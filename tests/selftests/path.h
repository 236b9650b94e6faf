/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths: 1200/57 is number 57 in the first space that 1200 has created, 1200.2/57 in
 * its second, @70/57 in the space 70.
 *
 * The paths of a test begin with its own number or at a space.
 */
#ifndef PSPACE_SELFTESTS_PATH_H
#define PSPACE_SELFTESTS_PATH_H

#include "tree.h"
#include <pthread.h>
#include "harness.h"

/*
 * The path in /proc of what a path is: /proc/1200/pspace.2/57 of 1200.2/57 and
 * /proc/pspace/70/57 of @70/57.
 */
#define WALK(path) walk((char[TEXT_SIZE]) { 0 }, path)

static inline const char *walk(char way[TEXT_SIZE], const char *path)
{
	char copy[TEXT_SIZE], *rest = copy, *name;
	size_t length = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	length += snprintf(way, TEXT_SIZE, "/proc");
	while ((name = strsep(&rest, "/"))) {
		char *nth = strchr(name, '.');
		size_t digits = nth ? nth - name : strlen(name);

		if (*name == '@') {
			length += snprintf(way + length, TEXT_SIZE - length,
					   "/pspace/%s", name + 1);
			continue;
		}
		length += snprintf(way + length, TEXT_SIZE - length,
				   "/%.*s%s", (int)digits, name,
				   rest ? "/pspace" : "");
		if (nth && rest)
			length += snprintf(way + length, TEXT_SIZE - length,
					   "%s", nth);
		CHECK(length < TEXT_SIZE);
	}
	return way;
}

/* Does the status of a process say that it is this pair and has this path? */
static inline bool is_named(const char *status, uint64_t id, pid_t nr,
			    const char *path)
{
	return says(status, "Pspace",
		    TEXT("%llu\t%d", (unsigned long long)id, nr)) &&
	       says(status, "PspacePath", path);
}

/* And is it there under both of its names? */
static inline bool is_known_as(uint64_t id, pid_t nr, const char *path)
{
	return is_named(PAIR_STATUS(id, nr), id, nr, path) &&
	       is_named(TEXT("%s/status", WALK(path)), id, nr, path);
}

/* A space whose member 2 has created spaces, of two members each. */
struct nest {
	pid_t wid;
	unsigned long long outer, inner[3];
};

static inline struct nest nest_of(int spaces)
{
	struct gate ready = gate_new();
	struct nest nest;
	int i;

	nest.wid = fork_space();
	CHECK(nest.wid >= 0);
	if (!nest.wid) {
		gate_pass(&ready, ns_id(own_ns()));
		if (!fork_child())
			for (i = 0; i < spaces; i++)
				gate_pass(&ready, space_of(1).id);
		stay();
	}
	nest.outer = gate_wait(&ready);
	for (i = 0; i < spaces; i++)
		nest.inner[i] = gate_wait(&ready);
	return nest;
}

/*
 * A child of the caller creates a space and ends: its number. The init of the
 * space is the caller's child then, if the caller adopts.
 */
static inline pid_t leave_space(struct space *space)
{
	struct gate born = gate_new();
	pid_t creator = fork_child();

	if (!creator) {
		*space = space_of(1);
		gate_pass(&born, space->wid);
		gate_pass(&born, space->id);
		_exit(0);
	}
	space->wid = gate_wait(&born);
	space->id = gate_wait(&born);
	CHECK(!reap(creator));
	return creator;
}

/*
 * A space of a process of NOBODY's in the root, with one member of NOBODY's and
 * one of root's.
 */
struct mixed {
	pid_t creator;
	unsigned long long id;
};

static inline struct mixed mixed_new(void)
{
	struct gate ready = gate_new();
	struct mixed mixed;

	mixed.creator = fork_child();
	if (!mixed.creator) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			add_children(1);
			if (!fork_child()) {
				become(NOBODY);
				gate_pass(&ready, ns_id(own_ns()));
			}
			stay();
		}
		become(NOBODY);
		gate_pass(&ready, 0);
		_exit(reap(wid));
	}
	/* One of the two is 0. */
	mixed.id = gate_wait(&ready) + gate_wait(&ready);
	return mixed;
}

static inline int mixed_end(struct mixed *mixed)
{
	CHECK(!control(mixed->id, "kill", "1"));
	return reap(mixed->creator);
}

#endif /* PSPACE_SELFTESTS_PATH_H */
