// SPDX-License-Identifier: GPL-2.0
/*
 * worker COUNT [FILE]: that many processes, of which one is the parent of the others. They
 * have the file open and make system calls that tell, to who traces one, which it is.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* For debuggers: what it is doing, and who it is. */
volatile int myself;

void __attribute__((noinline)) work(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	for (;;) {
		myself = getpid();
		kill(myself, 0);
		nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;

	if (argc > 2 && open(argv[2], O_RDWR | O_CREAT, 0666) < 0)
		return 1;
	signal(SIGCHLD, SIG_IGN);
	while (--count > 0)
		if (!fork())
			break;
	work();
}
