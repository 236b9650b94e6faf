/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the selftests share: making pspaces, and checks in processes that are not
 * the test's own.
 *
 * A test forks children with the functions below. In a child use CHECK(), which
 * ends it with status 1 and says where; the test looks at the status with
 * reap(), which is 0 when all went well.
 */
#ifndef PSPACE_SELFTESTS_SPACE_H
#define PSPACE_SELFTESTS_SPACE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/pspace.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			dprintf(2, "# %s:%d: in a child: %s (errno %d)\n", \
				__FILE__, __LINE__, #condition, errno);	\
			_exit(1);					\
		}							\
	} while (0)

/* clone() like fork(): 0 in the child, its number or -1 in the parent. */
static inline pid_t fork_with(uint64_t flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* fork() into a new pspace. The child is its pid 1. */
static inline pid_t fork_space(void)
{
	return fork_with(CLONE_NEWPSPACE);
}

static inline pid_t clone3_with(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

/*
 * Wait for a child: its exit status, 128 + the signal that killed it, or -errno.
 */
static inline int reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}

/* A pipe to tell others in another process that something has happened. */
struct gate {
	int fd[2];
};

static inline struct gate gate_new(void)
{
	struct gate gate;

	CHECK(!pipe2(gate.fd, O_CLOEXEC));
	return gate;
}

/* Let one waiter through, and tell it a number. */
static inline void gate_pass(struct gate *gate, int32_t value)
{
	CHECK(write(gate->fd[1], &value, sizeof(value)) == sizeof(value));
}

static inline int32_t gate_wait(struct gate *gate)
{
	int32_t value;

	CHECK(read(gate->fd[0], &value, sizeof(value)) == sizeof(value));
	return value;
}

/* Open a file of /proc/PID/ns. */
static inline int open_ns(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The id of the namespace behind a file of /proc/PID/ns, 0 if there is none. */
static inline uint64_t ns_id(int fd)
{
	uint64_t id = 0;

	return ioctl(fd, NS_GET_ID, &id) ? 0 : id;
}

/* The first line of a file that starts with KEY, without it; or false. */
static inline bool read_line(const char *path, const char *key, char *line,
			     size_t size)
{
	FILE *file = fopen(path, "re");
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, size, file))
		found = !strncmp(line, key, strlen(key));
	fclose(file);
	if (!found)
		return false;
	line[strcspn(line, "\n")] = 0;
	memmove(line, line + strlen(key), strlen(line + strlen(key)) + 1);
	return true;
}

/* Write a string to a file in one write(): 0 or -errno. */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Read an integer from a file, or -1. */
static inline long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

/* Mount the procfs of the caller's pspace over /proc, for the caller alone. */
static inline void mount_own_proc(void)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("proc", "/proc", "proc", 0, NULL));
}

#endif /* PSPACE_SELFTESTS_SPACE_H */
