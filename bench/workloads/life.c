// SPDX-License-Identifier: GPL-2.0
/*
 * life ARM DEPTH: the birth and death of a thread, of a process, and of a space.
 */

#include "arm.h"
#include <pthread.h>

#define SAMPLES 6

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

static void fork_life(unsigned long flags)
{
	pid_t pid = clone_with(flags);

	if (!pid)
		_exit(0);
	reap(pid);
}

int main(int argc, char **argv)
{
	go(argc, argv);
	age();

	for (int i = 0; i < SAMPLES; i++) {
		SAMPLE("thread", 200, thread_life());
		SAMPLE("vfork", 200, vfork_life());
		SAMPLE("fork", 50, fork_life(0));
		SAMPLE("space.newpid", 50, fork_life(CLONE_NEWPID));
		SAMPLE("space.pspace", 50, fork_life(CLONE_NEWPSPACE));
	}
	return 0;
}
