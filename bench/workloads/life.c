// SPDX-License-Identifier: GPL-2.0
/*
 * life ARM DEPTH: the birth and death of a thread, of a process, and of a space.
 */

#include "arm.h"
#include <pthread.h>

#define SAMPLES 6

/* Tables have nodes of 64 numbers: each sample passes as many as the next. */
#define NODES(n) (64 * (n))

static void *nothing(void *unused)
{
	return unused;
}

static void thread_life(void)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, nothing, NULL));
	CHECK(!pthread_join(thread, NULL));
}

static void vfork_life(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	reap(pid);
}

static void fork_life(void)
{
	pid_t pid = clone_with(0);

	if (!pid)
		_exit(0);
	reap(pid);
}

static int leave(void *unused)
{
	_exit(0);
}

/* As vfork(): beside a copy of the memory, a space is within the noise. */
static void space_life(unsigned long flag)
{
	static char stack[8192] __attribute__((aligned(16)));
	pid_t pid = clone(leave, stack + sizeof(stack),
			  CLONE_VM | CLONE_VFORK | flag | SIGCHLD, NULL);

	CHECK(pid > 0);
	reap(pid);
}

int main(int argc, char **argv)
{
	go(argc, argv);
	age();

	for (int i = 0; i < SAMPLES; i++) {
		SAMPLE("thread", NODES(4), thread_life());
		SAMPLE("vfork", NODES(4), vfork_life());
		SAMPLE("fork", NODES(2), fork_life());
		SAMPLE("space.none", NODES(2), space_life(0));
		SAMPLE("space.newpid", NODES(2), space_life(CLONE_NEWPID));
		SAMPLE("space.pspace", NODES(2), space_life(CLONE_NEWPSPACE));
	}
	return 0;
}
