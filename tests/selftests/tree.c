// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/pspace/<id>/<number>: the processes of each space, with the numbers
 * that they have there; /proc/pspace/self; and what a space has beside its
 * processes, of which pid_max is tried here and the other files in policy.c.
 */

#include "tree.h"
#include <grp.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <time.h>
#include "harness.h"

#define OTHER		65533
#define MEGABYTE	1048576

/*
 * A space whose init ends those members whose numbers it is told, and waits for
 * them.
 */
struct served {
	struct space space;
	struct gate order, done;
};

static struct served served_new(int members)
{
	struct served served = { .order = gate_new(), .done = gate_new() };
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		add_children(members);
		gate_pass(&served.done, ns_id(own_ns()));
		for (;;) {
			CHECK(end(gate_wait(&served.order)) ==
			      BY_SIGNAL(SIGKILL));
			gate_pass(&served.done, 0);
		}
	}
	served.space.wid = wid;
	served.space.id = gate_wait(&served.done);
	return served;
}

static void end_member(struct served *served, pid_t nr)
{
	gate_pass(&served->order, nr);
	gate_wait(&served->done);
}

/*
 * What is in the directory of a process.
 */

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

/*
 * Which processes there are.
 */

/* A space whose member 2 has created a space, of two members. */
static struct space space_with_nested(unsigned long long *nested)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		if (!fork_child())
			gate_pass(&ready, space_of(1).id);
		stay();
	}
	*nested = gate_wait(&ready);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

TEST(a_space_has_its_members_and_the_inits_below)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);

	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
	EXPECT_TRUE(lists(CONTROL_PATH(nested, ""), TIDS(1, 2)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_init_of_a_nested_space_has_its_wid_above_and_1_in_its_own)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);

	EXPECT_TRUE(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 3), "PPid", "2"));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 3), "NSpid", "3\t1"));
	EXPECT_TRUE(says(PAIR_STATUS(nested, 1), "Pid", "1"));
	EXPECT_TRUE(says(PAIR_STATUS(nested, 1), "PPid", "0"));
	EXPECT_TRUE(says(PAIR_STATUS(nested, 1), "NSpid", "1"));
	EXPECT_STREQ(LINK(PAIR_PATH(space.id, 3, "ns/pid")),
		     LINK(PAIR_PATH(nested, 1, "ns/pid")));
	EXPECT_STREQ(read_text(PAIR_PATH(space.id, 2, "task/2/children")),
		     "3 ");
	EXPECT_STREQ(read_text(PAIR_PATH(nested, 1, "task/1/children")), "2 ");
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(one_put_in_is_there_by_both_of_its_numbers)
{
	struct space space = space_of(1);
	pid_t child = fork_into(open_ns(space.wid, "pid"));

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 3), "PPid", "0"));
	EXPECT_TRUE(says(PAIR_STATUS(ROOT_ID, child), "NSpid",
			 TEXT("%d\t3", child)));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_classic_namespace_in_a_space_is_shown_by_the_numbers_of_the_space)
{
	struct gate ready = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			add_children(1);
			gate_pass(&ready, ns_id(own_ns()));
		}
		stay();
	}
	/* It has no directory itself. */
	EXPECT_TRUE(is_missing(CONTROL_PATH(gate_wait(&ready), "")));
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(lists(CONTROL_PATH(id, ""), TIDS(1, 2, 3)));
	EXPECT_TRUE(says(PAIR_STATUS(id, 3), "NSpid", "3\t2"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static bool is_same(const struct listing *one, const struct listing *other)
{
	return one->count == other->count &&
	       !memcmp(one->nr, other->nr, one->count * sizeof(*one->nr));
}

/* Threads of the kernel come and go there: what is there while none does? */
static bool list_root(struct listing *root)
{
	struct listing before = list("/proc"), after;

	*root = list(CONTROL_PATH(ROOT_ID, ""));
	after = list("/proc");
	return is_same(&before, &after) && is_same(&before, root);
}

TEST(the_root_has_the_processes_of_proc)
{
	struct listing root;

	AWAIT(list_root(&root));
	EXPECT_TRUE(is_in(&root, 1));
	EXPECT_TRUE(is_in(&root, getpid()));
	EXPECT_TRUE(says(PAIR_STATUS(ROOT_ID, getpid()), "Pid",
			 TEXT("%d", getpid())));
	EXPECT_TRUE(says(PAIR_STATUS(ROOT_ID, getpid()), "PPid",
			 TEXT("%d", getppid())));
}

TEST(the_root_shows_an_init_by_its_wid)
{
	struct space space = space_of(1);

	EXPECT_TRUE(says(PAIR_STATUS(ROOT_ID, space.wid), "Pid",
			 TEXT("%d", space.wid)));
	EXPECT_TRUE(says(PAIR_STATUS(ROOT_ID, space.wid), "NSpid",
			 TEXT("%d\t1", space.wid)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_root_has_no_control_files)
{
	struct listing root = list(CONTROL_PATH(ROOT_ID, ""));

	EXPECT_EQ(root.others, entries_beside_processes(false));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "policy")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "kill")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "pid_max")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "numbers")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "signals")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "last_pid")));
}

TEST(the_root_is_listed_before_all_spaces)
{
	struct space space = space_of(0);
	struct listing spaces = list("/proc/pspace");

	ASSERT_GE(spaces.count, 2);
	EXPECT_EQ(spaces.nr[0], ROOT_ID);
	EXPECT_TRUE(is_in(&spaces, space.id));
	/* And self, spaces and tasks. */
	EXPECT_EQ(spaces.others, 3);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_control_files_are_listed_beside_the_processes)
{
	struct space space = space_of(2);
	const char *directory = CONTROL_PATH(space.id, "");
	struct listing all = list(directory);

	EXPECT_EQ(all.others, entries_beside_processes(true));
	EXPECT_EQ(times_listed(directory, "policy", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "kill", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "isolation", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "pid_max", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "numbers", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "signals", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "last_pid", DT_REG), 1);
	EXPECT_EQ(times_listed(directory, "2", DT_DIR), 1);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_name_that_is_no_number_of_a_process_is_enoent)
{
	static const char *const names[] = {
		"0", "00", "01", "001", "02", "-0", "-1", "+1", " 1", "1 ",
		"1\n", "1.", "1.0", "1x", "x1", "0x1", "x", "self",
		"thread-self", "spaces", "tasks", "status", "sys", "pspace",
		"3", "300", "4194304", "4194305", "2147483647", "2147483648",
		"4294967295", "4294967296", "4294967297", "4294967298",
		"18446744073709551615", "18446744073709551617",
		"340282366920938463463374607431768211457",
		"99999999999999999999999999999999999999999999999999999999999",
	};
	struct space space = space_of(1);
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_TRUE(is_missing(TEXT("/proc/pspace/%llu/%s", space.id,
					    names[i])))
			TH_LOG("%s", names[i]);
		EXPECT_EQ(open(TEXT("/proc/pspace/%llu/%s/status", space.id,
				    names[i]), O_RDONLY | O_CLOEXEC), -1);
		EXPECT_EQ(errno, ENOENT);
	}
	EXPECT_FALSE(is_missing(PAIR_PATH(space.id, 1, "")));
	EXPECT_FALSE(is_missing(PAIR_PATH(space.id, 2, "")));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(two_hundred_members_are_listed_in_small_pieces_too)
{
	struct space space = space_of(200);
	const char *directory = CONTROL_PATH(space.id, "");
	struct listing whole = list(directory), pieces;
	int i;

	ASSERT_EQ(whole.count, 201);
	for (i = 0; i < 201; i++)
		EXPECT_EQ(whole.nr[i], i + 1);
	/* One entry each. */
	pieces = list_in_pieces(directory, 32);
	EXPECT_TRUE(is_same(&pieces, &whole));
	EXPECT_EQ(pieces.others, entries_beside_processes(true));
	pieces = list_in_pieces(directory, 256);
	EXPECT_TRUE(is_same(&pieces, &whole));
	EXPECT_EQ(pieces.others, entries_beside_processes(true));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_listing_can_be_read_again_from_its_start)
{
	struct space space = space_of(5);
	struct listing first = {}, second = {};
	int fd = open_directory(CONTROL_PATH(space.id, ""));

	ASSERT_GE(fd, 0);
	while (first.count < 3)
		ASSERT_TRUE(list_more(&first, fd, 32));
	ASSERT_EQ(lseek(fd, 0, SEEK_SET), 0);
	while (list_more(&second, fd, 32))
		;
	EXPECT_EQ(second.count, 6);
	EXPECT_EQ(second.others, entries_beside_processes(true));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(members_that_die_while_they_are_listed_hide_no_other)
{
	struct served served = served_new(20);
	struct listing all = {};
	int fd, nr;

	fd = open_directory(CONTROL_PATH(served.space.id, ""));
	ASSERT_GE(fd, 0);
	while (all.count < 5)
		ASSERT_TRUE(list_more(&all, fd, 32));
	ASSERT_EQ(all.count, 5);
	/* Two that were seen, the last of them too, and two that were not. */
	for (nr = 4; nr <= 7; nr++)
		end_member(&served, nr);
	end_member(&served, 21);
	while (list_more(&all, fd, 32))
		;
	EXPECT_EQ(all.count, 18);
	for (nr = 1; nr <= 21; nr++)
		EXPECT_EQ(is_in(&all, nr), nr <= 5 || (nr > 7 && nr < 21))
			TH_LOG("%d", nr);
	EXPECT_EQ(end(served.space.wid), BY_SIGNAL(SIGKILL));
}

/* list() sees to it that none is listed twice. */
TEST(members_are_listed_while_others_come_and_go)
{
	struct gate ready = gate_new(), done = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		add_children(5);
		for (i = 0; i < 20; i++)
			if (!fork_child())
				_exit(0);
		for (i = 0; i < 20; i++)
			CHECK(reap(-1) == 0);
		add_children(5);
		gate_pass(&ready, 0);
		for (i = 0; i < many(300); i++)
			CHECK(fork_and_reap() > 0);
		gate_pass(&done, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	do {
		struct listing all = list_in_pieces(CONTROL_PATH(id, ""), 64);
		int nr;

		ASSERT_EQ(all.others, entries_beside_processes(true));
		for (nr = 1; nr <= 6; nr++)
			ASSERT_TRUE(is_in(&all, nr));
		for (nr = 27; nr <= 31; nr++)
			ASSERT_TRUE(is_in(&all, nr));
	} while (!(poll_for(done.fd[0], 0) & POLLIN));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Each is one of those that are there, or ends in a way that /proc knows. */
TEST(members_can_be_looked_at_while_they_come_and_go)
{
	struct gate ready = gate_new(), done = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		gate_pass(&ready, 0);
		for (i = 0; i < many(300); i++)
			CHECK(fork_and_reap() > 0);
		gate_pass(&done, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	do {
		struct listing all = list(CONTROL_PATH(id, ""));
		char byte;
		int i, fd;

		for (i = 0; i < all.count; i++) {
			fd = open(PAIR_STATUS(id, all.nr[i]),
				  O_RDONLY | O_CLOEXEC);
			if (fd < 0) {
				ASSERT_TRUE(errno == ENOENT || errno == ESRCH);
				continue;
			}
			if (read(fd, &byte, 1) != 1)
				ASSERT_EQ(errno, ESRCH);
			close(fd);
		}
	} while (!(poll_for(done.fd[0], 0) & POLLIN));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * What is there no more.
 */

TEST(a_file_of_a_dead_process_is_esrch)
{
	struct served served = served_new(2);
	int fd, directory;
	char byte;

	fd = open(PAIR_STATUS(served.space.id, 2), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	directory = open_directory(PAIR_PATH(served.space.id, 2, ""));
	ASSERT_GE(directory, 0);
	end_member(&served, 2);
	EXPECT_EQ(read(fd, &byte, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_TRUE(is_missing(PAIR_PATH(served.space.id, 2, "")));
	EXPECT_TRUE(is_missing(PAIR_STATUS(served.space.id, 2)));
	EXPECT_EQ(openat(directory, "status", O_RDONLY | O_CLOEXEC), -1);
	EXPECT_TRUE(errno == ENOENT || errno == ESRCH);
	EXPECT_TRUE(lists(CONTROL_PATH(served.space.id, ""), TIDS(1, 3)));
	EXPECT_EQ(end(served.space.wid), BY_SIGNAL(SIGKILL));
}

/* One that has the number again is another one. */
TEST(a_file_of_a_dead_process_does_not_show_who_has_its_number)
{
	struct gate ready = gate_new(), go = gate_new();
	uint64_t id;
	char byte;
	pid_t wid;
	int fd;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		wid = fork_as(0, TIDS(2));
		CHECK(wid >= 0);
		if (wid)
			gate_pass(&ready, wid);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	fd = open(PAIR_STATUS(id, 2), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 2);
	EXPECT_EQ(read(fd, &byte, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_TRUE(says(PAIR_STATUS(id, 2), "Pid", "2"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_space_that_is_dead_is_enoent)
{
	struct space space = space_of(1);

	EXPECT_TRUE(says(PAIR_STATUS(space.id, 2), "Pid", "2"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_missing(PAIR_STATUS(space.id, 1)));
	EXPECT_TRUE(is_missing(PAIR_STATUS(space.id, 2)));
	EXPECT_TRUE(is_gone_at_last(space.id));
	EXPECT_TRUE(is_missing(CONTROL_PATH(space.id, "pid_max")));
}

TEST(an_open_directory_of_a_space_that_is_dead_is_empty)
{
	struct space space = space_of(3);
	struct listing rest = {};
	int fd, part;

	fd = open_directory(CONTROL_PATH(space.id, ""));
	ASSERT_GE(fd, 0);
	part = open_directory(CONTROL_PATH(space.id, ""));
	ASSERT_GE(part, 0);
	while (rest.count < 2)
		ASSERT_TRUE(list_more(&rest, part, 32));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));

	/* One of which nothing was read yet, and one in the midst of it. */
	rest = (struct listing){};
	while (list_more(&rest, fd, 1024))
		;
	while (list_more(&rest, part, 1024))
		;
	EXPECT_EQ(rest.count, 0);
	EXPECT_EQ(rest.others, 0);
	EXPECT_EQ(openat(fd, "1", O_RDONLY | O_CLOEXEC), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(openat(fd, "policy", O_RDONLY | O_CLOEXEC), -1);
	EXPECT_EQ(errno, ENOENT);
}

TEST(a_space_without_members_lists_no_processes)
{
	struct space space = space_of(2);
	struct listing all;
	int ns;

	ns = open_ns(space.wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	all = list(CONTROL_PATH(space.id, ""));
	EXPECT_EQ(all.count, 0);
	EXPECT_EQ(all.others, entries_beside_processes(true));
	close(ns);
	EXPECT_TRUE(is_gone_at_last(space.id));
}

/*
 * Whose mount it is.
 */

TEST(from_inside_its_own_and_nested_spaces_are_shown)
{
	IN(fork_space()) {
		unsigned long long id = ns_id(own_ns()), nested;
		struct space space;

		mount_own_proc();
		add_children(1);
		space = space_with_nested(&nested);
		CHECK(space.wid == 3);
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(id, 1), "NSpid", "1"));
		CHECK(says(PAIR_STATUS(id, 3), "NSpid", "3\t1"));
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(space.id, 2), "PPid", "1"));
		CHECK(lists(CONTROL_PATH(nested, ""), TIDS(1, 2)));
		CHECK(says(PAIR_STATUS(nested, 2), "NSpid", "2"));
	}
}

TEST(from_inside_the_spaces_above_and_beside_are_enoent)
{
	struct space sibling = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t outer = ns_id(own_ns());
		struct space beside = space_of(1);
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			struct listing spaces;

			mount_own_proc();
			CHECK(!is_missing(PAIR_STATUS(ns_id(own_ns()), 1)));
			CHECK(is_missing(CONTROL_PATH(outer, "")));
			CHECK(is_missing(PAIR_STATUS(outer, 1)));
			CHECK(is_missing(PAIR_STATUS(beside.id, 1)));
			CHECK(is_missing(PAIR_STATUS(sibling.id, 1)));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
			CHECK(is_missing(PAIR_STATUS(ROOT_ID, 1)));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "policy")));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "kill")));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "pid_max")));
			spaces = list("/proc/pspace");
			CHECK(spaces.count == 1);
			_exit(7);
		}
		_exit(reap(inner));
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

/* Not who reads it. */
TEST(through_a_mount_from_outside_a_member_sees_what_is_to_be_seen_there)
{
	struct space sibling = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		CHECK(says(PAIR_STATUS(id, 1), "Pid", "1"));
		CHECK(says(PAIR_STATUS(sibling.id, 2), "PPid", "1"));
		CHECK(says(PAIR_STATUS(ROOT_ID, 1), "Pid", "1"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

TEST(in_the_mount_of_a_classic_namespace_the_spaces_below_are_shown)
{
	struct space sibling = space_of(0);
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic) {
		struct space space = space_of(1);

		mount_own_proc();
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2)));
		CHECK(says(PAIR_STATUS(space.id, 2), "NSpid", "2"));
		CHECK(says(PAIR_STATUS(space.id, 1), "NSpid", "1"));
		CHECK(is_missing(CONTROL_PATH(sibling.id, "")));
		CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
		_exit(7);
	}
	EXPECT_EQ(reap(classic), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

/* A space of root's, whose member 3 is NOBODY's. */
static struct space mixed_space(void)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		add_children(1);
		if (!fork_child()) {
			become(NOBODY);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

TEST(hidepid_hides_the_processes_of_other_users)
{
	struct space space = mixed_space();

	IN(fork()) {
		mount_proc_with("hidepid=invisible");
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(3)));
		CHECK(is_missing(PAIR_PATH(space.id, 1, "")));
		CHECK(is_missing(PAIR_STATUS(space.id, 2)));
		CHECK(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
		CHECK(is_missing(PAIR_STATUS(ROOT_ID, 1)));
		CHECK(is_missing(PAIR_STATUS(ROOT_ID, space.wid)));
		CHECK(says(PAIR_STATUS(ROOT_ID, getpid()), "Pid",
			   TEXT("%d", getpid())));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_nothing_from_its_group)
{
	struct space space = mixed_space();

	IN(fork()) {
		gid_t group = OTHER;

		mount_proc_with(TEXT("hidepid=invisible,gid=%d", OTHER));
		CHECK(!setgroups(1, &group));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(space.id, 2), "Pid", "2"));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_noaccess_closes_the_directories_of_other_users)
{
	struct space space = mixed_space();

	IN(fork()) {
		mount_proc_with("hidepid=noaccess");
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(open(PAIR_STATUS(space.id, 2), O_RDONLY) == -1);
		CHECK(errno == EPERM);
		CHECK(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_mount_of_processes_only_has_no_pspace)
{
	struct space space = space_of(0);

	IN(fork()) {
		mount_proc_with("subset=pid");
		CHECK(is_missing("/proc/pspace"));
		CHECK(is_missing(PAIR_STATUS(space.id, 1)));
		CHECK(says(TEXT("/proc/%d/status", space.wid), "Pid",
			   TEXT("%d", space.wid)));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(an_unprivileged_user_sees_his_own_space_and_those_nested_in_it)
{
	pid_t wid;

	ASSERT_EQ(setgroups(0, NULL), 0);
	become(NOBODY);
	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		struct space nested;

		if (fork_child())
			_exit(reap(2));
		mount_own_proc();
		nested = space_of(2);
		CHECK(nested.wid == 3);
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(id, 2), "Pid", "2"));
		CHECK(says(PAIR_STATUS(id, 3), "NSpid", "3\t1"));
		CHECK(lists(CONTROL_PATH(nested.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(nested.id, 2), "PPid", "1"));
		CHECK(ns_id(open(PAIR_PATH(nested.id, 2, "ns/pid"),
				 O_RDONLY | O_CLOEXEC)) == nested.id);
		CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
		CHECK(!control(nested.id, "pid_max", "1000"));
		CHECK(read_number(CONTROL_PATH(nested.id, "pid_max")) == 1000);
		CHECK(control(id, "pid_max", "1000") == -EPERM);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

static bool reads_as(const char *path, const char *text)
{
	char *all = read_text(path);

	if (strcmp(all, text))
		dprintf(2, "# %s is %s, not %s\n", path, all, text);
	return !strcmp(all, text);
}

/* To look is not to mount. */
TEST(nothing_is_mounted_by_looking)
{
	char *before = read_text("/proc/self/mounts");
	struct space space = space_of(3);
	char *text;

	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3, 4)));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 2), "Pid", "2"));
	EXPECT_TRUE(says("/proc/pspace/self/status", "Pid",
			 TEXT("%d", getpid())));
	text = read_text("/proc/self/pspace/3/stat");
	EXPECT_EQ(atoi(text), 3);
	EXPECT_TRUE(reads_as("/proc/self/mounts", before));
	EXPECT_TRUE(reads_as(PAIR_PATH(space.id, 1, "mounts"), before));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	EXPECT_TRUE(reads_as("/proc/self/mounts", before));
}

/*
 * /proc/pspace/self
 */

#define SELF "/proc/pspace/self"

static bool leads_to(const char *path, uint64_t id, pid_t nr)
{
	const char *target = TEXT("%llu/%d", (unsigned long long)id, nr);

	if (strcmp(LINK(path), target))
		dprintf(2, "# %s leads to %s, not %s\n", path, LINK(path),
			target);
	return !strcmp(LINK(path), target);
}

TEST(self_is_the_readers_pair)
{
	EXPECT_TRUE(leads_to(SELF, ROOT_ID, getpid()));
	EXPECT_TRUE(says(SELF "/status", "Pid", TEXT("%d", getpid())));
	EXPECT_EQ(times_listed("/proc/pspace", "self", DT_LNK), 1);
}

static void *read_self(void *self)
{
	CHECK(syscall(SYS_gettid) != getpid());
	*(bool *)self = leads_to(SELF, ROOT_ID, getpid());
	return NULL;
}

TEST(self_is_the_process_for_a_thread_too)
{
	bool is_process = false;
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, read_self, &is_process), 0);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	EXPECT_TRUE(is_process);
}

TEST(self_is_the_pair_inside_in_any_mount)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		if (fork_child())
			_exit(reap(2));
		/* That of the test. */
		CHECK(leads_to(SELF, id, 2));
		CHECK(says(SELF "/status", "Pid", "2"));
		CHECK(says(SELF "/status", "PPid", "1"));
		mount_own_proc();
		CHECK(leads_to(SELF, id, 2));
		CHECK(says(SELF "/status", "Pid", "2"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* It may have a number elsewhere too. */
TEST(self_is_the_pair_of_an_init_and_of_one_put_in)
{
	struct space space = space_of(0);
	pid_t child = fork_into(open_ns(space.wid, "pid")), wid;

	ASSERT_GE(child, 0);
	if (!child)
		_exit(leads_to(SELF, space.id, 2) ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(leads_to(SELF, ns_id(own_ns()), 1) ? 7 : 1);
	EXPECT_EQ(reap(wid), 7);
}

TEST(self_in_a_classic_namespace_is_the_pair_of_the_space_around_it)
{
	struct gate number = gate_new();
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		_exit(leads_to(SELF, ROOT_ID, gate_wait(&number)) ? 7 : 1);
	gate_pass(&number, classic);
	EXPECT_EQ(reap(classic), 7);
}

TEST(self_is_enoent_in_a_mount_of_a_space_below)
{
	struct gate ready = gate_new();
	const char *path;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	path = TEXT("/proc/%d/root" SELF, wid);
	EXPECT_EQ(readlink(path, (char[8]) { 0 }, 8), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(open(path, O_RDONLY | O_CLOEXEC), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * The files of a space are not in the way of its processes, nor they of them.
 */

TEST(the_policy_can_be_set_as_ever)
{
	struct space space = space_of(5);

	EXPECT_EQ(set_policy(space.id, "auto"), 0);
	EXPECT_TRUE(policy_is(space.id, "auto"));
	EXPECT_EQ(set_policy(space.id, "manual"), -EINVAL);
	EXPECT_TRUE(policy_is(space.id, "auto"));
	EXPECT_EQ(control(space.id, "kill", "2"), -EINVAL);
	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3, 4, 5, 6)));
	EXPECT_EQ(control(space.id, "kill", "1"), 0);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(nothing_can_be_created_or_removed)
{
	struct space space = space_of(1);

	EXPECT_EQ(open(CONTROL_PATH(space.id, "new"),
		       O_RDWR | O_CREAT | O_CLOEXEC, 0644), -1);
	EXPECT_EQ(mkdir(CONTROL_PATH(space.id, "7"), 0755), -1);
	EXPECT_EQ(rmdir(PAIR_PATH(space.id, 2, "")), -1);
	EXPECT_EQ(unlink(CONTROL_PATH(space.id, "pid_max")), -1);
	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/*
 * pid_max
 */

#define LEAST	301
#define MOST	4194304

static long pid_max(uint64_t id)
{
	return read_number(CONTROL_PATH(id, "pid_max"));
}

static int set_pid_max(uint64_t id, const char *text)
{
	return control(id, "pid_max", text);
}

TEST(pid_max_is_that_of_the_space)
{
	struct gate ready = gate_new(), go = gate_new();
	struct row row;
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, read_number("/proc/sys/kernel/pid_max"));
		gate_wait(&go);
		gate_pass(&ready, read_number("/proc/sys/kernel/pid_max"));
		CHECK(!write_file("/proc/sys/kernel/pid_max", "5432"));
		gate_pass(&ready, 0);
		stay();
	}
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(gate_wait(&ready), pid_max(id));
	EXPECT_EQ(set_pid_max(id, "4321"), 0);
	EXPECT_EQ(pid_max(id), 4321);
	ASSERT_TRUE(space_row(id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_PID_MAX, "4321"));
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 4321);
	/* And what is set inside shows outside. */
	gate_wait(&ready);
	EXPECT_TRUE(reads_as(CONTROL_PATH(id, "pid_max"), "5432\n"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_of_a_space_is_its_own)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);
	long root = read_number("/proc/sys/kernel/pid_max");
	long before = pid_max(nested);

	EXPECT_EQ(set_pid_max(space.id, "1000"), 0);
	EXPECT_EQ(pid_max(nested), before);
	EXPECT_EQ(set_pid_max(nested, "2000"), 0);
	EXPECT_EQ(pid_max(space.id), 1000);
	EXPECT_EQ(read_number("/proc/sys/kernel/pid_max"), root);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_takes_numbers_within_its_bounds)
{
	static const long numbers[] = {
		LEAST, LEAST + 1, 32768, MOST - 1, MOST,
	};
	struct space space = space_of(0);
	int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(set_pid_max(space.id, TEXT("%ld", numbers[i])), 0);
		EXPECT_EQ(pid_max(space.id), numbers[i]);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(set_pid_max(space.id, TEXT("%ld\n", numbers[i])), 0);
		EXPECT_EQ(pid_max(space.id), numbers[i]);
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Write some bytes to it at once: 0 or -errno. */
static int write_pid_max(uint64_t id, const char *bytes, size_t length)
{
	int fd = open(CONTROL_PATH(id, "pid_max"), O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, length) < 0)
		err = -errno;
	close(fd);
	return err;
}

TEST(pid_max_takes_nothing_else)
{
#define BYTES(string) { string, sizeof(string) - 1 }
	static const struct {
		const char *bytes;
		size_t length;
	} words[] = {
		BYTES(""), BYTES("\n"), BYTES(" "), BYTES("\0"), BYTES("x"),
		BYTES("0"), BYTES("1"), BYTES("-1"), BYTES("-400"),
		BYTES("300"), BYTES("300\n"), BYTES("4194305"),
		BYTES("4194305\n"), BYTES("41943040"), BYTES("2147483647"),
		BYTES("2147483648"), BYTES("4294967296"), BYTES("4294967696"),
		BYTES("18446744073709551616"), BYTES("18446744073709552016"),
		BYTES("99999999999999999999999999999999"), BYTES(" 400"),
		BYTES("400 "), BYTES("400\n\n"), BYTES("\n400"),
		BYTES("400\0"), BYTES("400\0\n"), BYTES("400\n500"),
		BYTES("400 500"), BYTES("400,"), BYTES("4 00"), BYTES("400x"),
		BYTES("x400"), BYTES("0x400"), BYTES("4e2"), BYTES("400.0"),
		BYTES("400k"), BYTES("max"), BYTES("auto"),
	};
	struct space space = space_of(0);
	int i;

	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_EQ(write_pid_max(space.id, words[i].bytes,
					words[i].length), -EINVAL)
			TH_LOG("%zu bytes: %s", words[i].length,
			       words[i].bytes);
		EXPECT_EQ(pid_max(space.id), 777);
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Whether it begins well or not. */
TEST(pid_max_takes_no_megabyte)
{
	struct space space = space_of(0);
	char *bytes = malloc(MEGABYTE);

	ASSERT_NE(bytes, NULL);
	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	memset(bytes, '4', MEGABYTE);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	memset(bytes, '0', MEGABYTE);
	memcpy(bytes + MEGABYTE - 3, "400", 3);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	memset(bytes, '\n', MEGABYTE);
	memcpy(bytes, "400", 3);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	EXPECT_EQ(pid_max(space.id), 777);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_is_written_at_its_start)
{
	struct space space = space_of(0);
	int fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(pwrite(fd, "400", 3, 0), 3);
	EXPECT_EQ(pwrite(fd, "500", 3, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pid_max(space.id), 400);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_can_be_read_by_others)
{
	struct space space = space_of(0);

	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_TRUE(reads_as(CONTROL_PATH(space.id, "pid_max"), "777\n"));
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Each of these sees the /proc of the test, and is root. */
TEST(pid_max_cannot_be_written_by_those_in_the_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		long before = pid_max(id);

		CHECK(set_pid_max(id, "400") == -EPERM);
		if (fork_child())
			_exit(reap(2));
		CHECK(set_pid_max(id, "400") == -EPERM);
		CHECK(set_pid_max(id, "nonsense") == -EPERM);
		CHECK(pid_max(id) == before);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(pid_max_cannot_be_written_by_one_put_in_nor_by_a_sibling)
{
	struct space space = space_of(0);
	long before = pid_max(space.id);
	pid_t child = fork_into(open_ns(space.wid, "pid"));

	ASSERT_GE(child, 0);
	if (!child)
		_exit(set_pid_max(space.id, "400") == -EPERM ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	child = fork_space();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(set_pid_max(space.id, "400") == -EPERM ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	EXPECT_EQ(pid_max(space.id), before);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Nor by another hand that has it open for writing. */
TEST(pid_max_cannot_be_written_by_an_unprivileged_user)
{
	struct space space = space_of(0);
	long before = pid_max(space.id);
	int fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(set_pid_max(space.id, "400"), -EPERM);
	EXPECT_EQ(write(fd, "400", 3), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(pid_max(space.id), before);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_can_be_written_from_two_levels_above)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);

	EXPECT_EQ(set_pid_max(nested, "400"), 0);
	EXPECT_EQ(pid_max(nested), 400);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_is_where_the_numbers_of_a_space_end)
{
	struct gate ready = gate_new(), go = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		mount_own_proc();
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "299"));
		child = fork_child();
		if (!child)
			stay();
		CHECK(child == 300);
		/* Those below 300 are not given again, as on Linux. */
		CHECK(fork() == -1 && errno == EAGAIN);
		CHECK(fork_as(0, TIDS(301)) == -1 && errno == EINVAL);
		gate_pass(&ready, 0);
		gate_wait(&go);
		child = fork_child();
		if (!child)
			_exit(7);
		CHECK(child == 301);
		_exit(reap(child));
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_pid_max(id, "301"), 0);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(set_pid_max(id, "302"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
}

TEST(pid_max_does_no_harm_to_those_beyond_it)
{
	struct gate ready = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_as(0, TIDS(4711));

		CHECK(child == 4711 || !child);
		if (child)
			gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_pid_max(id, "400"), 0);
	EXPECT_TRUE(lists(CONTROL_PATH(id, ""), TIDS(1, 4711)));
	EXPECT_TRUE(says(PAIR_STATUS(id, 4711), "Pid", "4711"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_of_a_space_that_is_gone_is_esrch)
{
	struct space space = space_of(0);
	char byte;
	int fd;

	fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	ASSERT_TRUE(is_gone_at_last(space.id));
	EXPECT_EQ(read(fd, &byte, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(write(fd, "400", 3), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST_HARNESS_MAIN
