// SPDX-License-Identifier: GPL-2.0
/*
 * teardown ARM DEPTH: the death of a space of the arm with 4,000 processes, and of
 * a chain of DEPTH of them, each in the one before, for each of their processes.
 */

#include "arm.h"
#include <sys/eventfd.h>

#define PROCESSES 4000

static int ready;

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

static void kill_and_report(const char *bench, pid_t init, long x, int processes)
{
	double start;

	wait_ready();
	start = now();
	kill(init, SIGKILL);
	reap(init);
	row(bench, arm_name, x, unit(), (now() - start) / processes);
}

int main(int argc, char **argv)
{
	pid_t init;
	int depth;

	CHECK(argc >= 3);
	arm_name = argv[1];
	depth = atoi(argv[2]);
	ready = eventfd(0, 0);
	CHECK(ready >= 0);

	init = clone_with(arm_flag(arm_name));
	CHECK(init >= 0);
	if (!init) {
		for (int i = 1; i < PROCESSES; i++)
			add_idle(0);
		tell_ready();
		idle(NULL);
	}
	kill_and_report("teardown.flat", init, PROCESSES, PROCESSES);

	init = clone_with(arm_flag(arm_name));
	CHECK(init >= 0);
	if (!init) {
		for (int level = 1; level < depth; level++) {
			pid_t pid = clone_with(arm_flag(arm_name));

			CHECK(pid >= 0);
			if (pid)
				idle(NULL);
		}
		tell_ready();
		idle(NULL);
	}
	kill_and_report("teardown.chain", init, depth, depth);
	return 0;
}
