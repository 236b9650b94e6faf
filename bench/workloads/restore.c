// SPDX-License-Identifier: GPL-2.0
/*
 * restore ARM DEPTH: a space in which 1,000 processes got the pids that they had
 * before, far apart as after a long life, beside a fresh one with as many. The arms
 * that are reported are ARM.restored and ARM.fresh, x is the count.
 */

#include "arm.h"
#include <fcntl.h>
#include <sys/mount.h>

#define PROCESSES 1000
#define SAMPLES 6

static pid_t processes[PROCESSES];

/* Between 1000 and pid_max in steps that no two levels of a table divide. */
static pid_t chosen(int i)
{
	return 1000 + i * 31;
}

static pid_t add_with_pid(pid_t want)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = want ? (__u64)&want : 0,
		.set_tid_size = want ? 1 : 0,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	CHECK(pid >= 0);
	if (!pid)
		idle(NULL);
	return pid;
}

static void list_proc(void)
{
	static char buffer[32768];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0);
	while (syscall(SYS_getdents64, fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static void fork_life(void)
{
	pid_t pid = clone_with(0);

	if (!pid)
		_exit(0);
	reap(pid);
}

static void kill_all(void)
{
	for (int i = 0; i < PROCESSES; i++)
		syscall(SYS_kill, processes[i], 0);
}

static void measure(const char *arm, int restored)
{
	char name[32];
	double start;

	snprintf(name, sizeof(name), "%s.%s", arm, restored ? "restored" : "fresh");
	arm_name = name;
	arm_depth = PROCESSES;

	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("proc", "/proc", "proc", 0, NULL));
	age();

	start = now();
	for (int i = 0; i < PROCESSES; i++)
		processes[i] = add_with_pid(restored ? chosen(i) : 0);
	row("restore.create", name, PROCESSES, unit(), (now() - start) / PROCESSES);

	for (int i = 0; i < SAMPLES; i++) {
		SAMPLE("restore.fork", 50, fork_life());
		start = now();
		kill_all();
		row("restore.kill", name, PROCESSES, unit(), (now() - start) / PROCESSES);
		start = now();
		list_proc();
		row("restore.readdir", name, PROCESSES, unit(), (now() - start) / PROCESSES);
	}
}

int main(int argc, char **argv)
{
	CHECK(argc >= 3);
	for (int restored = 0; restored <= 1; restored++) {
		pid_t init = clone_with(arm_flag(argv[1]));

		CHECK(init >= 0);
		if (!init) {
			measure(argv[1], restored);
			_exit(0);
		}
		CHECK(!reap(init));
	}
	return 0;
}
