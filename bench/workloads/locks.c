// SPDX-License-Identifier: GPL-2.0
/*
 * locks ARM DEPTH: how often 10,000 forks take pidmap_lock, by the kernel's own
 * statistics of locks.
 */

#include "arm.h"

#define FORKS 10000

static unsigned long acquisitions(void)
{
	char line[1024], name[128];
	unsigned long count = 0;
	FILE *stats = fopen("/proc/lock_stat", "r");

	CHECK(stats);
	while (fgets(line, sizeof(line), stats)) {
		unsigned long found;

		if (sscanf(line, " %127[^:]: %*u %*u %*f %*f %*f %*f %*u %lu", name, &found) == 2 &&
		    !strcmp(name, "pidmap_lock"))
			count = found;
	}
	fclose(stats);
	return count;
}

int main(int argc, char **argv)
{
	unsigned long before;

	go(argc, argv);
	age();
	before = acquisitions();
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = vfork();

		if (!pid)
			_exit(0);
		CHECK(pid > 0);
		reap(pid);
	}
	row("locks.pidmap", arm_name, arm_depth, "acquisitions", acquisitions() - before);
	return 0;
}
