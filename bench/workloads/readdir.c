// SPDX-License-Identifier: GPL-2.0
/*
 * readdir ARM DEPTH: the listing of /proc with 10,000 processes, each.
 */

#include "arm.h"
#include <fcntl.h>
#include <sys/mount.h>

#define PROCESSES 10000
#define SAMPLES 3

static void list(const char *proc)
{
	static char buffer[32768];
	int fd = open(proc, O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0);
	while (syscall(SYS_getdents64, fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	static pid_t processes[PROCESSES];

	go(argc, argv);
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("proc", "/proc", "proc", 0, NULL));
	age();
	for (int i = 0; i < PROCESSES; i++)
		processes[i] = add_idle(0);

	list("/proc");
	for (int i = 0; i < SAMPLES; i++) {
		const double start = now();

		list("/proc");
		row("readdir", arm_name, arm_depth, unit(), (now() - start) / PROCESSES);
	}
	for (int i = 0; i < PROCESSES; i++)
		kill(processes[i], SIGKILL);
	for (int i = 0; i < PROCESSES; i++)
		reap(processes[i]);
	return 0;
}
