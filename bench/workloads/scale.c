// SPDX-License-Identifier: GPL-2.0
/*
 * scale COUNT: so many spaces at once, each with a process; made, listed, killed.
 * And two spaces whose numbers together are more than the machine has.
 */

#include "arm.h"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file);
	CHECK(fputs(text, file) >= 0);
	CHECK(!fclose(file));
}

static long count_lines(const char *path)
{
	char line[256];
	long lines = 0;
	FILE *file = fopen(path, "r");

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		lines++;
	fclose(file);
	return lines;
}

static void many_spaces(long count)
{
	pid_t *inits = calloc(count, sizeof(*inits));
	double start = now();

	CHECK(inits);
	for (long i = 0; i < count; i++)
		inits[i] = add_idle(CLONE_NEWPSPACE);
	row("scale.create", "pspace", count, unit(), (now() - start) / count);

	start = now();
	/* A header, and the root. */
	CHECK(count_lines("/proc/pspace/spaces") == count + 2);
	row("scale.list", "pspace", count, unit(), (now() - start) / count);

	start = now();
	for (long i = 0; i < count; i++)
		kill(inits[i], SIGKILL);
	for (long i = 0; i < count; i++)
		reap(inits[i]);
	row("scale.kill", "pspace", count, unit(), (now() - start) / count);
	free(inits);
}

/* Returns the count of processes that fit beside pid 1. */
static int fill(void)
{
	int count = 0;

	for (; count < 4096; count++) {
		pid_t pid = clone_with(0);

		if (pid < 0)
			break;
		if (!pid)
			idle(NULL);
	}
	return count;
}

static void more_than_the_machine(int pid_max)
{
	int pipes[2], sum = 0;
	char text[32];
	pid_t inits[2];

	snprintf(text, sizeof(text), "%d", pid_max);
	write_file("/proc/sys/kernel/pid_max", text);
	CHECK(!pipe(pipes));
	for (int i = 0; i < 2; i++) {
		int count;

		inits[i] = clone_with(CLONE_NEWPSPACE);
		CHECK(inits[i] >= 0);
		if (!inits[i]) {
			count = fill();
			CHECK(write(pipes[1], &count, sizeof(count)) == sizeof(count));
			idle(NULL);
		}
		CHECK(read(pipes[0], &count, sizeof(count)) == sizeof(count));
		sum += count;
	}
	row("scale.pids", "pspace", pid_max, "processes", sum);
	CHECK(sum > pid_max);
	for (int i = 0; i < 2; i++) {
		kill(inits[i], SIGKILL);
		reap(inits[i]);
	}
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;

	CHECK(count > 0);
	write_file("/proc/sys/kernel/pid_max", "4194304");
	write_file("/proc/sys/kernel/threads-max", "1000000");
	write_file("/proc/sys/user/max_pid_namespaces", "1000000");
	many_spaces(count);
	more_than_the_machine(4000);
	return 0;
}
