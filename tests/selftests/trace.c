// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of pids to trace are of tasks of the root, and names are not mixed up.
 *
 * model: Numbers
 */

#include "space.h"
#include "harness.h"

/* The number that a member has, and a process of the root too. */
#define TWIN	7777

#define TRACEFS	"/sys/kernel/tracing/"

FIXTURE(trace) {
};

FIXTURE_SETUP(trace)
{
	if (access(TRACEFS "trace", F_OK))
		ASSERT_EQ(mount("tracefs", TRACEFS, "tracefs", 0, NULL), 0);
	/* Forget all names. */
	ASSERT_EQ(write_file(TRACEFS "saved_cmdlines_size", "128"), 0);
}

/* As it was for the next test, whatever has happened. */
FIXTURE_TEARDOWN(trace)
{
	CHECK(!write_file(TRACEFS "tracing_on", "0"));
	CHECK(!write_file(TRACEFS "events/enable", "0"));
	CHECK(!write_file(TRACEFS "options/event-fork", "0"));
	close(open(TRACEFS "set_event_pid", O_WRONLY | O_TRUNC));
	close(open(TRACEFS "set_event_notrace_pid", O_WRONLY | O_TRUNC));
	close(open(TRACEFS "trace", O_WRONLY | O_TRUNC));
}

/* How many exits of tasks with a name are in the trace. */
static int exits_of(const char *name)
{
	char line[1024], key[64];
	FILE *trace = fopen(TRACEFS "trace", "re");
	int count = 0;

	CHECK(trace);
	snprintf(key, sizeof(key), "sched_process_exit: comm=%s ", name);
	while (fgets(line, sizeof(line), trace))
		count += !!strstr(line, key);
	fclose(trace);
	return count;
}

/* Events of exits, and with them the names of tasks. */
static void start(void)
{
	CHECK(!write_file(TRACEFS "events/sched/sched_process_exit/enable", "1"));
	CHECK(!write_file(TRACEFS "tracing_on", "1"));
}

static void list_twin(const char *list)
{
	char path[64], number[16];

	snprintf(path, sizeof(path), TRACEFS "%s", list);
	snprintf(number, sizeof(number), "%d", TWIN);
	CHECK(!write_file(path, number));
	start();
}

/* Is it in the list? */
static bool twin_is_listed(const char *list)
{
	char path[64];

	snprintf(path, sizeof(path), TRACEFS "%s", list);
	return read_number(path) == TWIN;
}

/* Fork the twin that the caller's namespace is to have, who ends when it is let. */
static pid_t fork_twin(const char *name, struct gate *end)
{
	pid_t twin = fork_as(0, TIDS(TWIN));

	CHECK(twin >= 0);
	if (!twin) {
		CHECK(!prctl(PR_SET_NAME, name));
		gate_wait(end);
		_exit(0);
	}
	CHECK(twin == TWIN);
	return twin;
}

/* In a space of its own a twin comes, has a child that does so too, and goes. */
static int run_member(void)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		pid_t twin = fork_as(0, TIDS(TWIN));

		CHECK(twin >= 0);
		if (!twin) {
			CHECK(!prctl(PR_SET_NAME, "member"));
			fork_and_reap();
			_exit(0);
		}
		_exit(reap(twin));
	}
	return reap(wid);
}

TEST_F(trace, a_pid_to_trace_is_no_member)
{
	struct gate gate = gate_new();
	pid_t twin = fork_twin("root", &gate);

	list_twin("set_event_pid");
	EXPECT_EQ(run_member(), 0);
	gate_pass(&gate, 0);
	EXPECT_EQ(reap(twin), 0);
	EXPECT_EQ(exits_of("root"), 1);
	EXPECT_EQ(exits_of("member"), 0);
}

TEST_F(trace, a_pid_not_to_trace_is_no_member)
{
	struct gate gate = gate_new();
	pid_t twin = fork_twin("root", &gate);

	list_twin("set_event_notrace_pid");
	EXPECT_EQ(run_member(), 0);
	gate_pass(&gate, 0);
	EXPECT_EQ(reap(twin), 0);
	EXPECT_EQ(exits_of("root"), 0);
	/* It and its child. */
	EXPECT_EQ(exits_of("member"), 2);
}

/* Who follows forks forgets tasks that have exited. */
TEST_F(trace, the_exit_of_a_member_takes_nobody_from_a_list)
{
	struct gate gate = gate_new();
	pid_t twin = fork_twin("root", &gate);

	CHECK(!write_file(TRACEFS "options/event-fork", "1"));
	list_twin("set_event_pid");
	EXPECT_EQ(run_member(), 0);
	EXPECT_TRUE(twin_is_listed("set_event_pid"));
	gate_pass(&gate, 0);
	EXPECT_EQ(reap(twin), 0);
}

/* The name that the trace has for the number, or "". */
static void read_name(char *name, size_t size)
{
	char key[16];

	snprintf(key, sizeof(key), "%d ", TWIN);
	if (!read_line(TRACEFS "saved_cmdlines", key, name, size))
		*name = 0;
}

/* Leave a trace: has the number a name now, and not the one it had? */
static bool has_new_name(const char *before)
{
	char now[32];

	CHECK(!write_file(TRACEFS "trace_marker", "here"));
	usleep(1000);
	read_name(now, sizeof(now));
	return *now && strcmp(now, before);
}

static void mark(const char *name)
{
	char before[32];

	CHECK(!prctl(PR_SET_NAME, name));
	read_name(before, sizeof(before));
	AWAIT(has_new_name(before));
}

TEST_F(trace, a_number_of_two_tasks_has_no_name)
{
	char name[32];
	pid_t wid, twin;

	start();
	twin = fork_as(0, TIDS(TWIN));
	ASSERT_GE(twin, 0);
	if (!twin) {
		mark("first");
		_exit(0);
	}
	ASSERT_EQ(reap(twin), 0);
	read_name(name, sizeof(name));
	EXPECT_STREQ(name, "first");

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		twin = fork_as(0, TIDS(TWIN));
		CHECK(twin >= 0);
		if (!twin) {
			mark("second");
			_exit(0);
		}
		_exit(reap(twin));
	}
	ASSERT_EQ(reap(wid), 0);
	read_name(name, sizeof(name));
	EXPECT_STREQ(name, "<...>");
}

/* As ever, when a number has been reused. */
TEST_F(trace, a_number_has_the_name_of_the_last_in_one_space)
{
	const char *names[] = { "third", "fourth" };
	char name[32];

	start();
	IN(fork_space()) {
		for (int i = 0; i < 2; i++) {
			pid_t twin = fork_as(0, TIDS(TWIN));

			CHECK(twin >= 0);
			if (!twin) {
				mark(names[i]);
				_exit(0);
			}
			CHECK(!reap(twin));
			read_name(name, sizeof(name));
			CHECK(!strcmp(name, names[i]));
		}
	}
}

TEST_HARNESS_MAIN
