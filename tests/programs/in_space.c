// SPDX-License-Identifier: GPL-2.0
/*
 * in_space KIND COMMAND [ARG ...]: run a command as pid 1 of a new space, wait for it and
 * exit with its status. KIND is
 *
 *	pid	a pid namespace, with a procfs of its own on /proc
 *	pspace	a pspace, with the same
 *	bound	a pspace made by the user 1000 with a user namespace, where /proc is
 *		masked as in a container, so that no procfs can be mounted: its directory
 *		in /proc/pspace is bound on /proc
 *
 * SIGTERM is passed on to the command. If this is killed the space is.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/pspace.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER	1000
#define NOT_RUN	125

static pid_t wid;

static void __attribute__((noreturn)) give_up(const char *what)
{
	dprintf(2, "in_space: %s: %s\n", what, strerror(errno));
	_exit(NOT_RUN);
}

static void try(int result, const char *what)
{
	if (result < 0)
		give_up(what);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		give_up(path);
	close(fd);
}

static void pass_on(int signal)
{
	if (wid > 0)
		kill(wid, signal);
}

/* What container engines do with it. Some of these files are not in every kernel. */
static void mask_proc(void)
{
	static const char *const masked[] = {
		"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts",
		"/proc/latency_stats", "/proc/sched_debug",
	};
	static const char *const read_only[] = { "/proc/sys", "/proc/irq", "/proc/fs" };
	int i;

	for (i = 0; i < (int)(sizeof(masked) / sizeof(*masked)); i++)
		if (!access(masked[i], F_OK))
			try(mount("/dev/null", masked[i], NULL, MS_BIND, NULL), masked[i]);
	for (i = 0; i < (int)(sizeof(read_only) / sizeof(*read_only)); i++) {
		if (access(read_only[i], F_OK))
			continue;
		try(mount(read_only[i], read_only[i], NULL, MS_BIND, NULL), read_only[i]);
		try(mount(NULL, read_only[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
		    read_only[i]);
	}
}

static void become_user(void)
{
	try(unshare(CLONE_NEWNS), "unshare");
	try(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount private");
	mask_proc();
	try(setgroups(0, NULL), "setgroups");
	try(setresgid(USER, USER, USER), "setresgid");
	try(setresuid(USER, USER, USER), "setresuid");
	/* So that the user may write the maps. */
	try(prctl(PR_SET_DUMPABLE, 1), "prctl");
}

static void map_user(void)
{
	char path[64];

	sprintf(path, "/proc/%d/setgroups", wid);
	write_text(path, "deny");
	sprintf(path, "/proc/%d/uid_map", wid);
	write_text(path, "0 1000 1");
	sprintf(path, "/proc/%d/gid_map", wid);
	write_text(path, "0 1000 1");
}

static void have_proc(int bound)
{
	char link[64] = {}, path[64];

	try(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount private");
	if (!bound) {
		try(mount("proc", "/proc", "proc", 0, NULL), "mount proc");
		return;
	}
	if (!mount("proc", "/proc", "proc", 0, NULL) || errno != EPERM) {
		dprintf(2, "in_space: a masked /proc, and a procfs can be mounted over it\n");
		_exit(NOT_RUN);
	}
	/* The link leads to ID/NUMBER. */
	try(readlink("/proc/pspace/self", link, sizeof(link) - 1), "/proc/pspace/self");
	snprintf(path, sizeof(path), "/proc/pspace/%llu", strtoull(link, NULL, 10));
	try(mount(path, "/proc", NULL, MS_BIND, NULL), "bind /proc");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = pass_on };
	int bound, ready[2], status;
	uint64_t flags;
	char byte;
	/* struct clone_args, up to what is needed: flags, .., exit_signal, .. */
	uint64_t args[8] = {};

	if (argc < 3) {
		dprintf(2, "usage: in_space pid|pspace|bound COMMAND [ARG ...]\n");
		return NOT_RUN;
	}
	bound = !strcmp(argv[1], "bound");
	flags = !strcmp(argv[1], "pid") ? CLONE_NEWPID : CLONE_NEWPSPACE;
	if (bound)
		become_user();
	try(pipe2(ready, O_CLOEXEC), "pipe");
	args[0] = flags | CLONE_NEWNS | (bound ? CLONE_NEWUSER : 0);
	args[4] = SIGCHLD;
	wid = syscall(SYS_clone3, args, sizeof(args));
	try(wid, "clone3");
	if (!wid) {
		close(ready[1]);
		try(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
		if (read(ready[0], &byte, 1) != 1)
			_exit(NOT_RUN);
		have_proc(bound);
		execvp(argv[2], argv + 2);
		give_up(argv[2]);
	}
	sigaction(SIGTERM, &action, NULL);
	if (bound)
		map_user();
	try(write(ready[1], "", 1), "write");
	while (waitpid(wid, &status, 0) < 0)
		if (errno != EINTR)
			give_up("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
