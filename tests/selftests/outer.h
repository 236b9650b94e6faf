/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy outer: a space lives on without its pid 1. Its orphans have an init above as
 * their parent, and die with that.
 *
 * In most tests that init is pid 1 of a space A, which the test is run in, and the
 * space that lives on is B, in A.
 */
#ifndef PSPACE_SELFTESTS_OUTER_H
#define PSPACE_SELFTESTS_OUTER_H

#include "signals.h"
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/*
 * A to D are pid 1 of the space of that name, each with a procfs of its own. ONE,
 * TWO and THREE are members of a space, in most tests of B, and OWN is not in B.
 */
enum who { A, B, C, D, ONE, TWO, THREE, OWN, ACTORS };

#include "actors.h"

/* Its end for writing is held by all who come out of the test, until they die. */
static int life[2];

static inline void actors_new(void)
{
	actors_open();
	CHECK(!pipe2(life, O_NONBLOCK));
}

static inline bool nobody_is_left(void)
{
	char byte;

	close(life[1]);
	return read(life[0], &byte, 1) == 0;
}

/* What fork() has returned, as an answer: the new actor's number or -errno. */
static inline int acting(enum who who, pid_t child)
{
	if (!child)
		act(who);
	return child < 0 ? -errno : child;
}

/* What actors can be asked: to make others, */

static inline int spawn(int who)
{
	return acting(who, fork());
}

/* Has no answer as long as the child is there. */
static inline int spawn_by_vfork(int who)
{
	return acting(who, fork_with(CLONE_VFORK | CLONE_VM));
}

static inline int spawn_into(enum who who, int ns)
{
	return acting(who, fork_into(ns));
}

static inline pid_t spawn_space(enum who who, const char *policy)
{
	pid_t wid = fork_space_with(policy);

	if (!wid)
		mount_own_proc();
	return acting(who, wid);
}

static inline int spawn_outer(int who)
{
	return spawn_space(who, "outer");
}

static inline int spawn_with_init(int who)
{
	return spawn_space(who, "init");
}

static inline int spawn_classic(int who)
{
	pid_t init = fork_with(CLONE_NEWPID);

	if (!init)
		mount_own_proc();
	return acting(who, init);
}

static inline int add(int children)
{
	add_children(children);
	return 0;
}

/* to end, */

static inline int leave(int status)
{
	_exit(status);
}

static inline int leave_thread(int status)
{
	return syscall(SYS_exit, status);
}

/* to tell about themselves, */

static inline int number(int arg)
{
	return getpid();
}

static inline int parent(int arg)
{
	return getppid();
}

/* No children, not even such that have stopped or gone on. */
static inline int is_childless(int arg)
{
	const int all = WNOHANG | __WALL | WCONTINUED;
	siginfo_t info;

	return waitpid(-1, NULL, all | WUNTRACED) == -1 && errno == ECHILD &&
	       waitpid(0, NULL, all | WUNTRACED) == -1 && errno == ECHILD &&
	       waitid(P_ALL, 0, &info, all | WEXITED | WSTOPPED) == -1 &&
	       errno == ECHILD;
}

/* about others, */

static inline int exists(int nr)
{
	return kill(nr, 0) ? -errno : 1;
}

/* Is a member released at last, number and all? */
static inline int is_released(int nr)
{
	int pidfd = open_pidfd(nr);

	if (pidfd < 0)
		return errno == ESRCH;
	return wait_for_hup(pidfd) && exists(nr) == -ESRCH;
}

static inline int await_zombie(int nr)
{
	wait_for_zombie(nr);
	return 0;
}

static inline int parent_in_proc(int nr)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/status", nr);
	return read_line(path, "PPid:\t", line, sizeof(line)) ? atoi(line) : -1;
}

/* and to do this or that. 0 is success. */

/* The death of the parent is a SIGUSR1. */
static inline int watch_parent(int arg)
{
	return block(SIGUSR1) || prctl(PR_SET_PDEATHSIG, SIGUSR1);
}

static inline int stop(int nr)
{
	char path[64];

	if (kill(nr, SIGSTOP))
		return -errno;
	snprintf(path, sizeof(path), "/proc/%d/status", nr);
	await_state(path, "T");
	return 0;
}

static inline int kill_all(int sig)
{
	return kill(-1, sig) ? -errno : 0;
}

static inline int trace(int nr)
{
	return ptrace(PTRACE_SEIZE, nr, NULL, NULL) ? -errno : 0;
}

static inline int trace_and_stop(int nr)
{
	int status;

	if (trace(nr) || ptrace(PTRACE_INTERRUPT, nr, NULL, NULL) ||
	    waitpid(nr, &status, __WALL) != nr)
		return -errno;
	return WIFSTOPPED(status) ? 0 : -EINVAL;
}

/* Pid 1 again? */
static inline int take_number_1(int arg)
{
	return acting(THREE, fork_as(0, TIDS(1)));
}

static inline struct space new_space(enum who init, const char *policy)
{
	struct space space = { .wid = spawn_space(init, policy) };

	CHECK(space.wid > 0);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	space.id = ns_id(space.ns);
	return space;
}

/* B with a member, 2: actor ONE, a child of pid 1. */
static inline struct space space_with_one(const char *policy)
{
	struct space b = new_space(B, policy);

	CHECK(ask(B, spawn, ONE) == 2);
	return b;
}

/* The others: TWO is 3 and THREE is 4. */
static inline struct space space_with_three(const char *policy)
{
	struct space b = space_with_one(policy);

	CHECK(ask(B, spawn, TWO) == 3);
	CHECK(ask(B, spawn, THREE) == 4);
	return b;
}

/* B loses its pid 1, a child of the caller. The status is always 5. */
static inline void end_init(struct space b)
{
	tell(B, leave, 5);
	CHECK(reap(b.wid) == 5);
}

static inline struct space orphaned_space_with_one(void)
{
	struct space b = space_with_one("outer");

	end_init(b);
	return b;
}

static inline struct space orphaned_space_with_three(void)
{
	struct space b = space_with_three("outer");

	end_init(b);
	return b;
}

/*
 * The file of a space some levels below that of an init, by way of the procfs that
 * each mounts: at each level it is that of number 2.
 */
static inline int open_below(pid_t wid, int levels)
{
	char path[128];
	int used = snprintf(path, sizeof(path), "/proc/%d", wid), fd;

	while (levels--)
		used += snprintf(path + used, sizeof(path) - used,
				 "/root/proc/2");
	snprintf(path + used, sizeof(path) - used, "/ns/pid");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/* A pidfd of a member of B, by way of pid 1. */
static inline int pidfd_of(struct space b, pid_t nr)
{
	int init = open_pidfd(b.wid);
	int fd = syscall(SYS_pidfd_getfd, init, ask(B, open_pidfd, nr), 0);

	CHECK(fd >= 0);
	close(init);
	return fd;
}

/* How many spaces, or is it the one with an id, are listed with these columns. */
static inline int listed(uint64_t id, const char *init, const char *policy)
{
	FILE *list = fopen("/proc/pspace/spaces", "re");
	char line[1024], columns[5][24];
	int count = 0;

	CHECK(list);
	while (fgets(line, sizeof(line), list)) {
		CHECK(sscanf(line, "%23s %23s %23s %23s %23s", columns[0],
			     columns[1], columns[2], columns[3],
			     columns[4]) == 5);
		count += (!id || strtoull(columns[0], NULL, 10) == id) &&
			 !strcmp(columns[2], init) &&
			 !strcmp(columns[4], policy);
	}
	fclose(list);
	return count;
}

/* Run as pid 1 of A. Whoever is left over dies with A. */
static inline int run_in_a(void (*body)(void))
{
	int status;
	pid_t wid;

	actors_new();
	wid = fork_space_with("init");
	CHECK(wid >= 0);
	if (!wid) {
		mount_own_proc();
		body();
		_exit(0);
	}
	status = reap(wid);
	CHECK(nobody_is_left());
	return status;
}

/* A test whose body is pid 1 of A, which is the adopter. */
#define ADOPTER_TEST(name) TEST_BODY(name, run_in_a(body))

static inline bool has_no_list_of_children(void)
{
	char text[4096];

	return read_begin("/proc/1/task/1/children", text,
			  sizeof(text)) == -EREMOTE;
}

static inline void make_orphaned_b(void)
{
	CHECK(ask(A, spawn_outer, B) == 2);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(B, add, 10) == 0);
}

#endif /* PSPACE_SELFTESTS_OUTER_H */
