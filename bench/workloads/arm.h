/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the workloads share: arms, samples, and processes that cost little.
 *
 * An arm is where a workload runs: "none" (the root), "newpid" or "pspace", so many
 * levels deep. Each program is called as PROG ARM DEPTH, goes there, and executes
 * itself again, so that what is measured is a fresh process however deep it is: the
 * fork() of one that was itself forked many times over costs more in every kernel.
 *
 * Samples go to stdout as lines bench,arm,x,unit,value. $UNIT names what the clock
 * counts: nanoseconds, which are instructions if QEMU counts them (-icount shift=0).
 */
#ifndef BENCH_ARM_H
#define BENCH_ARM_H

#define _GNU_SOURCE
#include <linux/pspace.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
			perror(#condition); \
			exit(1); \
		} \
	} while (0)

static const char *arm_name;
static int arm_depth;

static inline double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static inline void row(const char *bench, const char *arm, long x,
		       const char *unit, double value)
{
	printf("%s,%s,%ld,%s,%.1f\n", bench, arm, x, unit, value);
	fflush(stdout);
}

static inline const char *unit(void)
{
	return getenv("UNIT") ?: "ns";
}

/* Call the body, a statement, n times, and report what one takes: one sample. */
#define SAMPLE(bench, n, body) \
	do { \
		const double start = now(); \
		for (int i_ = 0; i_ < (n); i_++) \
			body; \
		row(bench, arm_name, arm_depth, unit(), (now() - start) / (n)); \
	} while (0)

/* The flag that makes a space of the arm. */
static inline unsigned long arm_flag(const char *arm)
{
	if (!strcmp(arm, "newpid"))
		return CLONE_NEWPID;
	if (!strcmp(arm, "pspace"))
		return CLONE_NEWPSPACE;
	CHECK(!strcmp(arm, "none"));
	return 0;
}

/* fork() without what libc adds. */
static inline pid_t clone_with(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static inline int reap(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, __WALL) == pid);
	return status;
}

/*
 * The child is in a loop of pause() and touches nothing but the words that the call
 * of this function has put on its stack, so that all children may have the same
 * stack, and the memory of the parent.
 */
static int idle(void *unused)
{
	for (;;) {
		long result = SYS_pause;

		asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
	}
	return 0;
}

/* A process that costs little: @flags beside what it shares. */
static inline pid_t add_idle(unsigned long flags)
{
	static char stack[4096] __attribute__((aligned(16)));
	pid_t pid = clone(idle, stack + sizeof(stack),
			  CLONE_VM | CLONE_FS | CLONE_FILES |
			  flags | SIGCHLD, NULL);

	CHECK(pid > 0);
	return pid;
}

/* Let the search for a free number be past 300, where it is in a space of some age. */
static inline void age(void)
{
	for (int i = 0; i < 400; i++) {
		pid_t pid = vfork();

		if (!pid)
			_exit(0);
		CHECK(pid > 0);
		reap(pid);
	}
}

/*
 * Go to the arm. Returns in the process that is to be measured: an ordinary one, since
 * the init of a pspace, and each thread of it, has a number outside too.
 */
static inline void go(int argc, char **argv)
{
	CHECK(argc >= 3);
	arm_name = argv[1];
	arm_depth = atoi(argv[2]);

	if (getenv("THERE"))
		return;

	for (int level = 0; level <= arm_depth; level++) {
		pid_t pid = clone_with(level < arm_depth ? arm_flag(arm_name) : 0);

		CHECK(pid >= 0);
		if (pid)
			exit(WEXITSTATUS(reap(pid)));
	}
	setenv("THERE", "yes", 1);
	execv("/proc/self/exe", argv);
	/* /proc is the root's, and knows nobody in here. */
	execv(argv[0], argv);
	CHECK(!"execv");
}

#endif
