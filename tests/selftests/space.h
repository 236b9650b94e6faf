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
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/pspace.h>
#include <linux/sched.h>
#include <pthread.h>
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
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* <linux/pidfd.h> does not go with <fcntl.h>. */
#ifndef PIDFD_GET_PID_NAMESPACE
#define PIDFD_GET_PID_NAMESPACE _IO(0xFF, 5)
#endif

/* The id of the pspace that the machine boots in. */
#define ROOT_ID		4

#define NOBODY		65534

/*
 * How long to wait for what must come, in milliseconds: all that a test may take. A
 * kernel that checks itself, emulated beside others, is slow.
 */
#define PATIENCE	290000

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			dprintf(2, "# %s:%d: in a child: %s (errno %d)\n", \
				__FILE__, __LINE__, #condition, errno);	\
			_exit(1);					\
		}							\
	} while (0)

/*
 * Does a condition come to hold, if one waits long enough? For what has no file to
 * poll.
 */
#define COMES(condition)						\
	({								\
		time_t last = time(NULL) + PATIENCE / 1000;		\
		bool holds;						\
									\
		while (!(holds = (condition)) && time(NULL) <= last)	\
			usleep(1000);					\
		holds;							\
	})

/* Wait until it does, which must come. */
#define AWAIT(condition) CHECK(COMES(condition))

/*
 * How many are many here: all of COUNT, or a fiftieth, but a few, where the kernel
 * checks locks and memory and takes ten times as long, or fifty when emulated.
 */
static inline int many(int count)
{
	struct utsname kernel;

	CHECK(!uname(&kernel));
	if (!strstr(kernel.release, "-debug"))
		return count;
	if (count < 200)
		return count > 20 ? 4 : 2;
	return count / 50;
}

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

/* As many numbers as are given, that of the innermost space first. */
#define TIDS(...) \
	(pid_t[]){ __VA_ARGS__ }, \
	sizeof((pid_t[]){ __VA_ARGS__ }) / sizeof(pid_t)

/* fork() with chosen numbers: fork_as(flags, TIDS(5, 1200)). */
static inline pid_t fork_as(uint64_t flags, const pid_t *tids, size_t count)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)tids,
		.set_tid_size = count,
	};

	return clone3_with(&args);
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

static inline void become_subreaper(void)
{
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

static inline int open_pidfd(pid_t nr)
{
	return syscall(SYS_pidfd_open, nr, 0);
}

/* fork(), which does not fail. */
static inline pid_t fork_child(void)
{
	pid_t child = fork();

	CHECK(child >= 0);
	return child;
}

/* Make a child that ends at once. Returns its number as the parent has it. */
static inline pid_t fork_and_reap(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		CHECK(!reap(pid));
	return pid;
}

/* The same with chosen numbers, which it checks. -1 if it has not got them. */
static inline pid_t fork_and_reap_as(uint64_t flags, const pid_t *tids,
				     size_t count)
{
	pid_t pid = fork_as(flags, tids, count);

	if (!pid)
		_exit(getpid() == (count ? tids[0] : getpid()) ? 0 : 1);
	if (pid > 0 && reap(pid))
		return -1;
	return pid;
}

/* Is that an error? */
static inline bool refused(uint64_t flags, const pid_t *tids, size_t count,
			   int err)
{
	pid_t pid = fork_and_reap_as(flags, tids, count);

	return pid == -1 && errno == err;
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

static inline void gate_close(struct gate *gate)
{
	close(gate->fd[0]);
	close(gate->fd[1]);
}

/* A space as those above know it. What a test has no use for is not set. */
struct space {
	pid_t wid;
	int ns;			/* its file */
	unsigned long long id;
	struct gate end;	/* who is to exit does so with what comes through this */
	struct gate life;	/* held by all in it */
};

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

/* Wait until a process is in a state, which is a letter, by its status. */
static inline void await_state(const char *status, const char *state)
{
	char key[16], line[64];

	snprintf(key, sizeof(key), "State:\t%s", state);
	AWAIT(read_line(status, key, line, sizeof(line)));
}

/*
 * Wait until the first thread of a process is a zombie: it has given away its
 * children. Other threads may go on. Needs a procfs that shows the process.
 */
static inline void wait_for_zombie(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	await_state(path, "Z");
}

/* Read a file from where it is to its end, SIZE bytes at a time. */
static inline char *read_all(int fd, size_t size)
{
	size_t room = 1 << 20, length = 0;
	char *text = malloc(room);
	ssize_t got;

	CHECK(text);
	while ((got = read(fd, text + length,
			   size < room - length ? size : room - length)) > 0) {
		length += got;
		CHECK(length < room);
	}
	CHECK(got == 0);
	text[length] = 0;
	return text;
}

/* Read the beginning of a file at once, as a string: its length or -errno. */
static inline int read_begin(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, size - 1);
	if (got < 0)
		got = -errno;
	else
		text[got] = 0;
	close(fd);
	return got;
}

/* How many lines a file has. */
static inline long count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	long lines = 0;
	int c;

	CHECK(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
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

/* Do nothing until killed. */
static inline void __attribute__((noreturn)) stay(void)
{
	for (;;)
		pause();
}

static inline void *report_and_stay(void *born)
{
	gate_pass(born, syscall(SYS_gettid));
	stay();
}

/* A thread that does nothing: its number. */
static inline pid_t idle_thread(void)
{
	static struct gate born;
	pthread_t thread;

	born = gate_new();
	CHECK(!pthread_create(&thread, NULL, report_and_stay, &born));
	return gate_wait(&born);
}

static inline void run_thread(void *(*body)(void *arg), void *arg)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, body, arg));
	CHECK(!pthread_join(thread, NULL));
}

/* A child with a number that does nothing. */
static inline pid_t idle_as(pid_t nr)
{
	pid_t child = fork_as(0, TIDS(nr));

	CHECK(child >= 0);
	if (!child)
		stay();
	return child;
}

/* A pspace whose init does nothing: its wid. */
static inline pid_t idle_space(void)
{
	pid_t wid = fork_space();

	if (!wid)
		stay();
	return wid;
}

/* Fork children that do nothing. */
static inline void add_children(int count)
{
	for (; count; count--)
		if (!fork_child())
			stay();
}

/* Kill a child, usually the init of a pspace, and wait for it. */
static inline int end(pid_t child)
{
	return kill(child, SIGKILL) ? -errno : reap(child);
}

/* Killed: what reap() and end() return then. */
#define BY_SIGNAL(signal) (128 + (signal))

/* The caller's own pid namespace, as open_ns(), but without a procfs. */
static inline int own_ns(void)
{
	int pidfd = open_pidfd(getpid());
	int fd = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);

	close(pidfd);
	return fd;
}

/*
 * fork() into the pid namespace behind a file. The caller's next child is again
 * where the caller is. In the child its own next child is in the namespace.
 */
static inline pid_t fork_into(int ns)
{
	int own = own_ns();
	int err;
	pid_t child;

	CHECK(own >= 0);
	if (setns(ns, CLONE_NEWPID)) {
		close(own);
		return -1;
	}
	child = fork();
	err = errno;
	if (child)
		CHECK(!setns(own, CLONE_NEWPID));
	close(own);
	errno = err;
	return child;
}

/* The id of the namespace of a task, 0 if there is none. */
static inline uint64_t ns_id_of(pid_t pid, const char *name)
{
	int fd = open_ns(pid, name);
	uint64_t id = ns_id(fd);

	close(fd);
	return id;
}

/* How many processes in /proc are in the pid namespace with an id. */
static inline int processes_in(uint64_t id)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	CHECK(proc);
	while ((entry = readdir(proc)))
		if (atoi(entry->d_name))
			count += ns_id_of(atoi(entry->d_name), "pid") == id;
	closedir(proc);
	return count;
}

/*
 * Does /proc show a task with these numbers, separated by tabs, from the
 * namespace of that procfs inwards?
 */
static inline bool has_numbers(pid_t pid, const char *numbers)
{
	char path[64], line[1024];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_line(path, "NSpid:\t", line, sizeof(line)))
		return false;
	if (strcmp(line, numbers))
		dprintf(2, "# %s has the numbers %s, not %s\n", path, line,
			numbers);
	return !strcmp(line, numbers);
}

/* Mount a procfs with options over /proc, for the caller alone. */
static inline void mount_proc_with(const char *options)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("proc", "/proc", "proc", 0, options));
}

/* Mount the procfs of the caller's pspace over /proc, for the caller alone. */
static inline void mount_own_proc(void)
{
	mount_proc_with(NULL);
}

#endif /* PSPACE_SELFTESTS_SPACE_H */
