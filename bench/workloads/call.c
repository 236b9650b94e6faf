// SPDX-License-Identifier: GPL-2.0
/*
 * call ARM DEPTH: system calls that take a number or return one.
 */

#include "arm.h"

#define SAMPLES 6

static void open_pidfd(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	CHECK(fd >= 0);
	close(fd);
}

int main(int argc, char **argv)
{
	pid_t child;

	go(argc, argv);
	age();
	child = add_idle(0);

	for (int i = 0; i < SAMPLES; i++)
		SAMPLE("getpid", 5000, syscall(SYS_getpid));
	for (int i = 0; i < SAMPLES; i++)
		SAMPLE("kill0", 5000, syscall(SYS_kill, child, 0));
	/* Not in turns: RCU closes later what these have opened. */
	for (int i = 0; i < SAMPLES; i++)
		SAMPLE("pidfd_open", 4000, open_pidfd(child));
	kill(child, SIGKILL);
	reap(child);
	return 0;
}
