// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/pspace/<id>/<number>, the directory of a process: all numbers in it are those
 * of the space.
 *
 * model: /proc/pspace
 */

#include "tree.h"
#include <grp.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <time.h>
#include "harness.h"

/* A space whose member 2 leads a session, and traces its child, which is 3. */
static struct space family(void)
{
	struct gate ready = gate_new();
	struct space space;
	pid_t child;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		if (fork_child())
			stay();
		CHECK(setsid() == 2);
		child = fork_child();
		if (!child)
			stay();
		CHECK(!ptrace(PTRACE_SEIZE, child, NULL, NULL));
		gate_pass(&ready, ns_id(own_ns()));
		stay();
	}
	space.id = gate_wait(&ready);
	return space;
}

TEST(status_has_the_numbers_of_the_space)
{
	struct space space = family();
	const char *status = PAIR_STATUS(space.id, 3);

	EXPECT_TRUE(says(status, "Pid", "3"));
	EXPECT_TRUE(says(status, "Tgid", "3"));
	EXPECT_TRUE(says(status, "PPid", "2"));
	EXPECT_TRUE(says(status, "TracerPid", "2"));
	EXPECT_TRUE(says(status, "NStgid", "3"));
	EXPECT_TRUE(says(status, "NSpid", "3"));
	EXPECT_TRUE(says(status, "NSpgid", "2"));
	EXPECT_TRUE(says(status, "NSsid", "2"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(status_of_an_init_has_no_numbers_from_above)
{
	struct space space = family();
	const char *status = PAIR_STATUS(space.id, 1);

	EXPECT_TRUE(says(status, "Pid", "1"));
	EXPECT_TRUE(says(status, "PPid", "0"));
	EXPECT_TRUE(says(status, "NSpid", "1"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* While /proc has those from there on. */
TEST(status_in_proc_is_as_before)
{
	struct space space = family();
	const char *status = TEXT("/proc/%d/status", space.wid);

	EXPECT_TRUE(says(status, "Pid", TEXT("%d", space.wid)));
	EXPECT_TRUE(says(status, "PPid", TEXT("%d", getpid())));
	EXPECT_TRUE(says(status, "NSpid", TEXT("%d\t1", space.wid)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(stat_has_the_numbers_of_the_space)
{
	struct space space = family();
	char *text = read_text(PAIR_PATH(space.id, 3, "stat")), *rest;
	int parent, group, session, found;

	EXPECT_EQ(atoi(text), 3);
	rest = strrchr(text, ')');
	ASSERT_NE(rest, NULL);
	found = sscanf(rest, ") %*c %d %d %d", &parent, &group, &session);
	ASSERT_EQ(found, 3);
	EXPECT_EQ(parent, 2);
	EXPECT_EQ(group, 2);
	EXPECT_EQ(session, 2);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(children_has_the_numbers_of_the_space)
{
	struct space space = space_of(3);

	EXPECT_STREQ(read_text(PAIR_PATH(space.id, 1, "task/1/children")),
		     "2 3 4 ");
	EXPECT_STREQ(read_text(PAIR_PATH(space.id, 2, "task/2/children")), "");
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The children of the init of a space, from above, in pieces of SIZE bytes. */
static int children_from_above(pid_t wid, size_t size)
{
	char text[4096];

	return read_begin(TEXT("/proc/%d/task/%d/children", wid, wid), text,
			  size + 1);
}

/* Who walks a tree by this list would lose those that have no number for him. */
TEST(from_above_there_is_no_list_of_children_without_numbers)
{
	struct space space = space_of(3);

	EXPECT_EQ(children_from_above(space.wid, 1), -EREMOTE);
	EXPECT_EQ(children_from_above(space.wid, 4000), -EREMOTE);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(from_above_there_is_one_of_an_init_without_children)
{
	struct space space = space_of(0);

	EXPECT_EQ(children_from_above(space.wid, 4000), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_list_of_children_is_whole_again_when_the_last_member_is_gone)
{
	struct gate go = gate_new(), gone = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_child();

		if (!child)
			stay();
		gate_pass(&gone, 0);
		gate_wait(&go);
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
		gate_pass(&gone, 0);
		stay();
	}
	gate_wait(&gone);
	EXPECT_EQ(children_from_above(wid, 4000), -EREMOTE);
	gate_pass(&go, 0);
	gate_wait(&gone);
	EXPECT_EQ(children_from_above(wid, 4000), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* One that is numbered here comes first, but nothing is told. */
TEST(no_part_is_told_of_a_list_of_children_that_is_not_whole)
{
	struct gate go = gate_new(), ready = gate_new();
	pid_t wid = fork_space(), followed;
	unsigned long message = 0;
	int status;

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		add_children(1);
		gate_wait(&go);
		add_children(1);
		gate_pass(&ready, 0);
		stay();
	}
	/* A child that is born to a tracer here has a number here. */
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, PTRACE_O_TRACEFORK), 0);
	gate_pass(&go, 0);
	ASSERT_EQ(waitpid(wid, &status, __WALL), wid);
	ASSERT_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
	ASSERT_EQ(ptrace(PTRACE_GETEVENTMSG, wid, NULL, &message), 0);
	followed = message;
	ASSERT_EQ(waitpid(followed, &status, __WALL), followed);
	ASSERT_EQ(ptrace(PTRACE_DETACH, followed, NULL, NULL), 0);
	ASSERT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	EXPECT_STREQ(read_text(TEXT("/proc/%d/task/%d/children", wid, wid)),
		     TEXT("%d ", followed));
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(children_from_above(wid, 1), -EREMOTE);
	EXPECT_EQ(children_from_above(wid, 4000), -EREMOTE);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_list_of_ones_own_children_has_the_inits_of_spaces)
{
	struct space one = space_of(2), two = space_of(0);
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	EXPECT_STREQ(read_text(TEXT("/proc/self/task/%d/children", getpid())),
		     TEXT("%d %d %d ", one.wid, two.wid, classic));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(one.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(two.wid), BY_SIGNAL(SIGKILL));
}

/* There each has a number at every level. */
TEST(a_list_of_children_in_a_classic_namespace_is_whole_from_above)
{
	struct gate ready = gate_new();
	pid_t classic = fork_with(CLONE_NEWPID);
	char text[64];

	ASSERT_GE(classic, 0);
	if (!classic) {
		add_children(2);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ASSERT_GT(read_begin(TEXT("/proc/%d/task/%d/children", classic, classic),
			     text, sizeof(text)), 0);
	EXPECT_EQ(strchr(strchr(text, ' ') + 1, ' '), text + strlen(text) - 1);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

/* A space whose member 2 has a thread, which is 3. */
static struct space space_with_thread(void)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		if (!fork_child())
			gate_pass(&ready, idle_thread());
		stay();
	}
	CHECK(gate_wait(&ready) == 3);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

TEST(the_threads_are_in_task_by_the_numbers_of_the_space)
{
	struct space space = space_with_thread();
	const char *status = PAIR_PATH(space.id, 2, "task/3/status");

	EXPECT_TRUE(lists(PAIR_PATH(space.id, 2, "task"), TIDS(2, 3)));
	EXPECT_TRUE(says(status, "Pid", "3"));
	EXPECT_TRUE(says(status, "Tgid", "2"));
	EXPECT_TRUE(says(status, "NSpid", "3"));
	EXPECT_TRUE(is_missing(PAIR_PATH(space.id, 2, "task/1")));
	EXPECT_TRUE(is_missing(PAIR_PATH(space.id, 2, "task/03")));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* As in /proc. */
TEST(a_thread_is_found_by_its_number_but_not_listed)
{
	struct space space = space_with_thread();
	const char *status = PAIR_STATUS(space.id, 3);

	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2)));
	EXPECT_TRUE(says(status, "Pid", "3"));
	EXPECT_TRUE(says(status, "Tgid", "2"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_files_of_a_process_are_the_same_as_in_proc)
{
	static const char *const links[] = { "exe", "cwd", "root", "ns/mnt" };
	struct gate pipe = gate_new();
	struct space space = space_of(0);
	char name[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		const char *link = LINK(PAIR_PATH(space.id, 1, links[i]));

		EXPECT_GT(strlen(link), 0);
		EXPECT_STREQ(link, LINK(TEXT("/proc/%d/%s", space.wid,
					     links[i])));
	}
	/* It has inherited that. */
	snprintf(name, sizeof(name), "fd/%d", pipe.fd[0]);
	EXPECT_EQ(strncmp(LINK(PAIR_PATH(space.id, 1, name)), "pipe:", 5), 0);
	EXPECT_STREQ(LINK(PAIR_PATH(space.id, 1, name)),
		     LINK(TEXT("/proc/%d/%s", space.wid, name)));
	EXPECT_STREQ(read_text(PAIR_PATH(space.id, 1, "cmdline")),
		     read_text(TEXT("/proc/%d/cmdline", space.wid)));
	EXPECT_STREQ(read_text(PAIR_PATH(space.id, 1, "maps")),
		     read_text(TEXT("/proc/%d/maps", space.wid)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_namespace_of_a_process_is_the_same_as_in_proc)
{
	struct space space = space_of(1);
	int fd;

	EXPECT_GT(strlen(LINK(PAIR_PATH(space.id, 1, "ns/pid"))), 0);
	EXPECT_STREQ(LINK(PAIR_PATH(space.id, 1, "ns/pid")),
		     LINK(TEXT("/proc/%d/ns/pid", space.wid)));
	EXPECT_STREQ(LINK(PAIR_PATH(space.id, 2, "ns/pid")),
		     LINK(TEXT("/proc/%d/ns/pid", space.wid)));
	fd = open(PAIR_PATH(space.id, 2, "ns/pid"), O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(ns_id(fd), space.id);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The init has a pidfd of its child. */
TEST(fdinfo_of_a_pidfd_has_the_number_in_the_space)
{
	struct gate ready = gate_new();
	char name[32];
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&ready, open_pidfd(2));
		stay();
	}
	snprintf(name, sizeof(name), "fdinfo/%d", gate_wait(&ready));
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(says(PAIR_PATH(id, 1, name), "Pid", "2"));
	EXPECT_TRUE(says(PAIR_PATH(id, 1, name), "NSpid", "2"));
	EXPECT_TRUE(says(TEXT("/proc/%d/%s", wid, name), "Pid", "0"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(timers_has_the_number_in_the_space)
{
	struct gate ready = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		timer_t timer;

		if (!fork_child()) {
			CHECK(!timer_create(CLOCK_MONOTONIC, NULL, &timer));
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_NE(strstr(read_text(PAIR_PATH(id, 2, "timers")),
			 "notify: signal/pid.2\n"), NULL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_file_of_a_process_can_be_written)
{
	struct space space = space_of(1);

	EXPECT_EQ(write_file(PAIR_PATH(space.id, 1, "oom_score_adj"), "500"),
		  0);
	EXPECT_EQ(read_number(TEXT("/proc/%d/oom_score_adj", space.wid)), 500);
	EXPECT_EQ(write_file(PAIR_PATH(space.id, 2, "oom_score_adj"), "600"),
		  0);
	EXPECT_EQ(read_number(PAIR_PATH(space.id, 2, "oom_score_adj")), 600);
	EXPECT_EQ(read_number(PAIR_PATH(space.id, 1, "oom_score_adj")), 500);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* As that in /proc is. */
TEST(the_directory_of_a_process_is_good_for_signals)
{
	struct served served = served_new(2);
	int fd = open_directory(PAIR_PATH(served.space.id, 2, ""));

	ASSERT_GE(fd, 0);
	EXPECT_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	await_state(PAIR_STATUS(served.space.id, 2), "Z");
	end_member(&served, 2);
	EXPECT_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(kill(served.space.wid, 0), 0);
	EXPECT_EQ(end(served.space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_directory_of_a_process_is_of_no_use_to_its_siblings)
{
	struct space sibling = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		/* This is still the /proc of the test. */
		int fd = open_directory(PAIR_PATH(sibling.id, 2, ""));

		CHECK(fd >= 0);
		CHECK(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL,
			      0) == -1);
		CHECK(errno == EINVAL);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_TRUE(says(PAIR_STATUS(sibling.id, 2), "Pid", "2"));
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
