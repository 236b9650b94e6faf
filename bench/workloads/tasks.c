// SPDX-License-Identifier: GPL-2.0
/*
 * tasks ARM DEPTH: the list of 10,000 processes, each, in the root: what
 * /proc/pspace/tasks takes, and a walk of /proc that reads each status.
 */

#include "arm.h"
#include <dirent.h>
#include <fcntl.h>

#define PROCESSES 10000
#define SAMPLES 3

static char buffer[65536];

static void read_all(const char *path)
{
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static void walk(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[sizeof(entry->d_name) + 16];

	CHECK(proc);
	while ((entry = readdir(proc))) {
		if (!atoi(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		read_all(path);
	}
	closedir(proc);
}

static double per_process(void (*list)(void))
{
	const double start = now();

	list();
	return (now() - start) / PROCESSES;
}

static void list_tasks(void)
{
	read_all("/proc/pspace/tasks");
}

int main(int argc, char **argv)
{
	static pid_t processes[PROCESSES];

	go(argc, argv);
	age();
	for (int i = 0; i < PROCESSES; i++)
		processes[i] = add_idle(0);

	walk();
	for (int i = 0; i < SAMPLES; i++) {
		row("list.status", arm_name, arm_depth, unit(), per_process(walk));
		row("list.tasks", arm_name, arm_depth, unit(), per_process(list_tasks));
	}
	for (int i = 0; i < PROCESSES; i++)
		kill(processes[i], SIGKILL);
	for (int i = 0; i < PROCESSES; i++)
		reap(processes[i]);
	return 0;
}
