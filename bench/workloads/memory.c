// SPDX-License-Identifier: GPL-2.0
/*
 * memory ARM DEPTH: the slab memory of an empty space of the arm beyond that of its
 * process, and of a process in the space.
 */

#include "arm.h"

#define COUNT 2000

/* What all slab caches hold, in bytes. */
static double slab(void)
{
	char line[512];
	double bytes = 0;
	FILE *slabinfo;

	/* What is freed by RCU or by workers is not counted. */
	sleep(1);
	slabinfo = fopen("/proc/slabinfo", "r");
	CHECK(slabinfo);
	while (fgets(line, sizeof(line), slabinfo)) {
		unsigned long active, size;

		if (sscanf(line, "%*s %lu %*u %lu", &active, &size) == 2)
			bytes += (double)active * size;
	}
	fclose(slabinfo);
	return bytes;
}

/* The slab memory of a process that add_idle(flags) makes. */
static double bytes_each(unsigned long flags)
{
	static pid_t processes[COUNT];
	double before, after;

	before = slab();
	for (int i = 0; i < COUNT; i++)
		processes[i] = add_idle(flags);
	after = slab();
	for (int i = 0; i < COUNT; i++) {
		kill(processes[i], SIGKILL);
		reap(processes[i]);
	}
	return (after - before) / COUNT;
}

int main(int argc, char **argv)
{
	unsigned long flag;
	double plain;

	go(argc, argv);
	age();
	flag = arm_flag(arm_name);
	/* The first time is for what is kept. */
	bytes_each(flag);
	plain = bytes_each(0);
	row("memory.process", arm_name, arm_depth, "bytes", plain);
	if (flag)
		row("memory.space", arm_name, arm_depth, "bytes", bytes_each(flag) - plain);
	return 0;
}
