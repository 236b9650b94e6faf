// SPDX-License-Identifier: GPL-2.0
/*
 * teardown ARM DEPTH: the death of a space of the arm with 4,000 processes, and of
 * a chain of DEPTH of them, each in the one before, for each of their processes.
 */

#include "arm.h"
#include <sys/eventfd.h>

#define PROCESSES 4000
#define MAX_DEPTH 1000
#define SAMPLES 4
/* With this depth, the space with many processes is measured as well. */
#define CROWD_DEPTH 31

static int ready;

static pid_t add_level(long levels);

static void wait_ready(void)
{
	uint64_t value;

	CHECK(read(ready, &value, sizeof(value)) == sizeof(value));
}

static void tell_ready(void)
{
	const uint64_t value = 1;

	CHECK(write(ready, &value, sizeof(value)) == sizeof(value));
}

/*
 * A process that is alone in its space but for the next such level. All share the
 * memory, as a chain of fork()s has more to take down at each level in every kernel.
 */
static int level(void *below)
{
	if (below)
		add_level((long)below);
	else
		tell_ready();
	return idle(NULL);
}

static pid_t add_level(long levels)
{
	static char stacks[MAX_DEPTH][8192] __attribute__((aligned(16)));
	pid_t pid = clone(level, stacks[levels - 1] + sizeof(stacks[0]),
			  CLONE_VM | CLONE_FS | CLONE_FILES |
			  arm_flag(arm_name) | SIGCHLD, (void *)(levels - 1));

	CHECK(pid > 0);
	return pid;
}

/* The first process of a space with as many as are wanted. */
static pid_t add_crowd(void)
{
	pid_t init = clone_with(arm_flag(arm_name));

	CHECK(init >= 0);
	if (!init) {
		for (int i = 1; i < PROCESSES; i++)
			add_idle(0);
		tell_ready();
		idle(NULL);
	}
	return init;
}

static double death(pid_t init)
{
	double start;

	wait_ready();
	start = now();
	kill(init, SIGKILL);
	reap(init);
	return now() - start;
}

int main(int argc, char **argv)
{
	int depth, chains;

	CHECK(argc >= 3);
	arm_name = argv[1];
	depth = atoi(argv[2]);
	CHECK(depth > 0 && depth <= MAX_DEPTH);
	/* Short ones together: a tick of the clock may be dearer than one of them. */
	chains = MAX_DEPTH / depth;
	ready = eventfd(0, 0);
	CHECK(ready >= 0);

	/* The first ones are for what is kept. */
	for (int i = 0; i <= SAMPLES; i++) {
		double sum = 0;

		for (int j = 0; j < chains; j++)
			sum += death(add_level(depth));
		if (i)
			row("teardown.chain", arm_name, depth, unit(), sum / chains / depth);
	}
	for (int i = 0; i <= SAMPLES && depth == CROWD_DEPTH; i++) {
		double time = death(add_crowd());

		if (i)
			row("teardown.flat", arm_name, PROCESSES, unit(), time / PROCESSES);
	}
	return 0;
}
