// SPDX-License-Identifier: GPL-2.0
/*
 * Paths: 1200/57 is number 57 in the first space that 1200 has created,
 * 1200.2/57 in its second, @70/57 in the space 70. What they are, that none ever
 * means another process, how they are walked as /proc/1200/pspace/57, and the list
 * of all processes, with theirs.
 *
 * The paths of a test begin with its own number or at a space.
 */

#include "tree.h"
#include <pthread.h>
#include "harness.h"

#define USER		1234

/*
 * The path in /proc of what a path is: /proc/1200/pspace.2/57 of 1200.2/57 and
 * /proc/pspace/70/57 of @70/57.
 */
#define WALK(path) walk((char[TEXT_SIZE]) { 0 }, path)

static const char *walk(char way[TEXT_SIZE], const char *path)
{
	char copy[TEXT_SIZE], *rest = copy, *name;
	size_t length = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	length += snprintf(way, TEXT_SIZE, "/proc");
	while ((name = strsep(&rest, "/"))) {
		char *nth = strchr(name, '.');
		size_t digits = nth ? nth - name : strlen(name);

		if (*name == '@') {
			length += snprintf(way + length, TEXT_SIZE - length,
					   "/pspace/%s", name + 1);
			continue;
		}
		length += snprintf(way + length, TEXT_SIZE - length,
				   "/%.*s%s", (int)digits, name,
				   rest ? "/pspace" : "");
		if (nth && rest)
			length += snprintf(way + length, TEXT_SIZE - length,
					   "%s", nth);
		CHECK(length < TEXT_SIZE);
	}
	return way;
}

/* Does the status of a process say that it is this pair and has this path? */
static bool is_named(const char *status, uint64_t id, pid_t nr,
		     const char *path)
{
	return says(status, "Pspace",
		    TEXT("%llu\t%d", (unsigned long long)id, nr)) &&
	       says(status, "PspacePath", path);
}

/* And is it there under both of its names? */
static bool is_known_as(uint64_t id, pid_t nr, const char *path)
{
	return is_named(PAIR_STATUS(id, nr), id, nr, path) &&
	       is_named(TEXT("%s/status", WALK(path)), id, nr, path);
}

/* A space whose member 2 has created spaces, of two members each. */
struct nest {
	pid_t wid;
	unsigned long long outer, inner[3];
};

static struct nest nest_of(int spaces)
{
	struct gate ready = gate_new();
	struct nest nest;
	int i;

	nest.wid = fork_space();
	CHECK(nest.wid >= 0);
	if (!nest.wid) {
		gate_pass(&ready, ns_id(own_ns()));
		if (!fork_child())
			for (i = 0; i < spaces; i++)
				gate_pass(&ready, space_of(1).id);
		stay();
	}
	nest.outer = gate_wait(&ready);
	for (i = 0; i < spaces; i++)
		nest.inner[i] = gate_wait(&ready);
	return nest;
}

TEST(the_path_of_a_task_of_the_root_is_its_number)
{
	EXPECT_TRUE(is_named("/proc/self/status", ROOT_ID, getpid(),
			     TEXT("%d", getpid())));
	EXPECT_TRUE(is_known_as(ROOT_ID, 1, "1"));
}

TEST(the_lines_of_status_come_after_those_of_the_sessions)
{
	char *text = read_text("/proc/self/status"), *line;

	line = strstr(text, "\nNSsid:\t");
	ASSERT_NE(line, NULL);
	line = strchr(line + 1, '\n');
	ASSERT_NE(line, NULL);
	EXPECT_EQ(strncmp(line, "\nPspace:\t4\t", 11), 0);
	line = strchr(line + 1, '\n');
	ASSERT_NE(line, NULL);
	EXPECT_EQ(strncmp(line, "\nPspacePath:\t", 13), 0);
}

TEST(the_path_of_a_member_is_its_creators_and_its_number)
{
	struct space space = space_of(2);

	EXPECT_TRUE(is_known_as(space.id, 1, TEXT("%d/1", getpid())));
	EXPECT_TRUE(is_known_as(space.id, 3, TEXT("%d/3", getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Under its wid too it is what it is. */
TEST(the_path_of_an_init_is_not_its_wid)
{
	struct space space = space_of(0);

	EXPECT_TRUE(is_named(TEXT("/proc/%d/status", space.wid), space.id, 1,
			     TEXT("%d/1", getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_path_two_levels_down_names_both_creators)
{
	struct nest nest = nest_of(1);

	EXPECT_TRUE(is_known_as(nest.inner[0], 1, TEXT("%d/2/1", getpid())));
	EXPECT_TRUE(is_known_as(nest.inner[0], 2, TEXT("%d/2/2", getpid())));
	EXPECT_TRUE(is_named(PAIR_STATUS(nest.outer, 3), nest.inner[0], 1,
			     TEXT("%d/2/1", getpid())));
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
}

/* More steps than a path has are not told, nor looked for. */
#define STEPS	8
#define LEVELS	40

TEST(a_path_of_many_steps_begins_at_a_space)
{
	unsigned long long *id = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *steps = "2/2/2/2/2/2/2/2"; /* STEPS of them */
	struct gate bottom = gate_new();
	struct row row;
	int depth;
	pid_t wid;

	ASSERT_NE(id, MAP_FAILED);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* In each space the member 2 creates the next. */
		for (depth = 1;; depth++) {
			id[depth] = ns_id(own_ns());
			if (depth == LEVELS)
				break;
			if (fork_child())
				stay();
			CHECK(getpid() == 2);
			wid = fork_space();
			CHECK(wid >= 0);
			if (wid)
				stay();
		}
		add_children(2);
		gate_pass(&bottom, 0);
		stay();
	}
	gate_wait(&bottom);
	/* With as many as there may be it begins here. */
	EXPECT_TRUE(is_known_as(id[STEPS], 1,
				TEXT("%d/%s/1", getpid(), steps + 2)));
	EXPECT_TRUE(is_known_as(id[STEPS + 1], 1,
				TEXT("@%llu/%s/1", id[1], steps)));
	EXPECT_TRUE(is_known_as(id[LEVELS], 3,
				TEXT("@%llu/%s/3", id[LEVELS - STEPS], steps)));
	ASSERT_TRUE(space_row(id[LEVELS], &row));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR,
			   TEXT("@%llu/%s", id[LEVELS - STEPS], steps)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_second_and_third_space_of_a_creator_are_counted)
{
	struct space space[3];
	int i;

	for (i = 0; i < 3; i++)
		space[i] = space_of(1);
	EXPECT_TRUE(is_known_as(space[0].id, 2, TEXT("%d/2", getpid())));
	EXPECT_TRUE(is_known_as(space[1].id, 2, TEXT("%d.2/2", getpid())));
	EXPECT_TRUE(is_known_as(space[2].id, 1, TEXT("%d.3/1", getpid())));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(end(space[i].wid), BY_SIGNAL(SIGKILL));
}

TEST(the_spaces_of_a_member_are_counted)
{
	struct nest nest = nest_of(3);

	EXPECT_TRUE(is_known_as(nest.inner[0], 2, TEXT("%d/2/2", getpid())));
	EXPECT_TRUE(is_known_as(nest.inner[1], 2, TEXT("%d/2.2/2", getpid())));
	EXPECT_TRUE(is_known_as(nest.inner[2], 1, TEXT("%d/2.3/1", getpid())));
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
}

/* However many of them are left. */
TEST(a_space_is_counted_among_all_its_creator_ever_created)
{
	struct space first = space_of(0), second, third;

	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(first.id));
	second = space_of(0);
	EXPECT_TRUE(is_known_as(second.id, 1, TEXT("%d.2/1", getpid())));
	third = space_of(0);
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(second.id));
	EXPECT_TRUE(is_known_as(third.id, 1, TEXT("%d.3/1", getpid())));
	EXPECT_EQ(end(third.wid), BY_SIGNAL(SIGKILL));
}

/* Not those that it failed to create. */
TEST(a_clone3_that_fails_uses_no_place)
{
	struct space first, second;

	EXPECT_EQ(fork_as(CLONE_NEWPSPACE, TIDS(5)), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(is_missing("/proc/self/pspace"));
	first = space_of(1);
	EXPECT_EQ(fork_as(CLONE_NEWPSPACE, TIDS(1, getpid())), -1);
	EXPECT_EQ(errno, EEXIST);
	second = space_of(1);
	EXPECT_TRUE(is_known_as(first.id, 2, TEXT("%d/2", getpid())));
	EXPECT_TRUE(is_known_as(second.id, 2, TEXT("%d.2/2", getpid())));
	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
}

/* It has made the space, and then cannot make the other namespace. */
TEST(an_unshare_that_fails_uses_no_place)
{
	struct space space;

	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	ASSERT_EQ(write_file("/proc/sys/user/max_cgroup_namespaces", "0"), 0);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE | CLONE_NEWCGROUP), -1);
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_TRUE(is_missing("/proc/self/pspace"));
	space = space_of(1);
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("%d/2", getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

static void *make_space(void *space)
{
	CHECK(syscall(SYS_gettid) != getpid());
	*(struct space *)space = space_of(1);
	return NULL;
}

static struct space space_of_thread(void)
{
	struct space space;
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, make_space, &space));
	CHECK(!pthread_join(thread, NULL));
	return space;
}

TEST(the_creator_is_the_process_not_its_thread)
{
	struct space space = space_of_thread();

	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("%d/2", getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The thread counts with the process. */
TEST(the_creator_is_the_process_in_a_space_too)
{
	struct gate ready = gate_new();
	unsigned long long id[2];
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_child()) {
			gate_pass(&ready, space_of(0).id);
			gate_pass(&ready, space_of_thread().id);
		}
		stay();
	}
	id[0] = gate_wait(&ready);
	id[1] = gate_wait(&ready);
	EXPECT_TRUE(is_known_as(id[0], 1, TEXT("%d/2/1", getpid())));
	EXPECT_TRUE(is_known_as(id[1], 2, TEXT("%d/2.2/2", getpid())));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_creator_is_not_the_parent_that_the_init_was_given)
{
	struct gate ready = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_child()) {
			pid_t sibling = fork_with(CLONE_PARENT |
						  CLONE_NEWPSPACE);

			CHECK(sibling >= 0);
			if (!sibling)
				gate_pass(&ready, ns_id(own_ns()));
		}
		stay();
	}
	id = gate_wait(&ready);
	EXPECT_TRUE(is_known_as(id, 1, TEXT("%d/2/1", getpid())));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_creator_of_an_unshared_space_is_who_called_unshare)
{
	uint64_t id;
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_TRUE(is_known_as(id, 1, TEXT("%d/1", getpid())));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(one_put_in_has_the_path_of_a_member)
{
	struct space space = space_of(1);
	pid_t child = fork_into(open_ns(space.wid, "pid"));

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	EXPECT_TRUE(is_known_as(space.id, 3, TEXT("%d/3", getpid())));
	EXPECT_TRUE(is_named(TEXT("/proc/%d/status", child), space.id, 3,
			     TEXT("%d/3", getpid())));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(what_one_put_in_creates_is_below_the_space_it_is_in)
{
	struct gate ready = gate_new();
	struct space space = space_of(1);
	uint64_t id;
	pid_t child;

	child = fork_into(open_ns(space.wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		gate_pass(&ready, space_of(0).id);
		stay();
	}
	id = gate_wait(&ready);
	EXPECT_TRUE(is_known_as(id, 1, TEXT("%d/3/1", getpid())));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_creator_in_a_classic_namespace_counts_by_its_number_in_the_root)
{
	struct gate ready = gate_new();
	pid_t classic;
	uint64_t id;

	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		gate_pass(&ready, space_of(1).id);
		stay();
	}
	id = gate_wait(&ready);
	EXPECT_TRUE(is_named(TEXT("/proc/%d/status", classic), ROOT_ID, classic,
			     TEXT("%d", classic)));
	EXPECT_TRUE(is_known_as(id, 2, TEXT("%d/2", classic)));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(a_creator_in_a_classic_namespace_counts_by_its_number_in_the_space)
{
	struct gate ready = gate_new();
	unsigned long long id, inner;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			if (!fork_child()) {
				CHECK(getpid() == 2);
				gate_pass(&ready, space_of(1).id);
			}
			stay();
		}
		CHECK(classic == 2);
		stay();
	}
	inner = gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(is_known_as(id, 3, TEXT("%d/3", getpid())));
	EXPECT_TRUE(is_known_as(inner, 2, TEXT("%d/3/2", getpid())));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Which has numbers of its own, and knows no others. */
TEST(in_the_mount_of_a_classic_namespace_a_path_begins_with_its_numbers)
{
	IN(fork_with(CLONE_NEWPID)) {
		struct gate ready = gate_new();
		uint64_t id;

		mount_own_proc();
		if (!fork_child()) {
			gate_pass(&ready, space_of(1).id);
			stay();
		}
		id = gate_wait(&ready);
		CHECK(is_known_as(id, 1, "2/1"));
		CHECK(is_known_as(id, 2, "2/2"));
	}
}

TEST(from_inside_a_path_begins_in_its_own_space)
{
	IN(fork_space()) {
		struct nest nest = nest_of(2);
		uint64_t id = ns_id(own_ns());

		mount_own_proc();
		CHECK(is_known_as(id, 1, "1"));
		CHECK(is_known_as(nest.outer, 1, "1/1"));
		CHECK(is_known_as(nest.outer, 2, "1/2"));
		CHECK(is_known_as(nest.inner[0], 2, "1/2/2"));
		CHECK(is_known_as(nest.inner[1], 2, "1/2.2/2"));
	}
}

/* The mount counts that is read, not who reads it. */
TEST(through_a_mount_from_outside_a_path_begins_there)
{
	pid_t parent = getpid(), wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		if (!fork_child()) {
			CHECK(is_known_as(id, 2, TEXT("%d/2", parent)));
			_exit(0);
		}
		_exit(reap(2));
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(through_a_mount_from_inside_a_path_begins_there)
{
	struct gate ready = gate_new();
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		mount_own_proc();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_TRUE(is_named(TEXT("/proc/%d/root/proc/2/status", wid),
			     ns_id_of(wid, "pid"), 2, "2"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * Creators that are gone, their numbers, and what their spaces are called then.
 */

/*
 * A child of the caller creates a space and ends: its number. The init of the
 * space is the caller's child then, if the caller adopts.
 */
static pid_t leave_space(struct space *space)
{
	struct gate born = gate_new();
	pid_t creator = fork_child();

	if (!creator) {
		*space = space_of(1);
		gate_pass(&born, space->wid);
		gate_pass(&born, space->id);
		_exit(0);
	}
	space->wid = gate_wait(&born);
	space->id = gate_wait(&born);
	CHECK(!reap(creator));
	return creator;
}

/* Does a process that asks for this number get it? */
static bool is_free(pid_t nr)
{
	return fork_and_reap_as(0, TIDS(nr)) == nr;
}

TEST(a_creator_that_is_gone_frees_its_number)
{
	struct space space;
	pid_t creator;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = leave_space(&space);
	EXPECT_TRUE(is_missing(TEXT("/proc/%d", creator)));
	EXPECT_TRUE(is_missing(PAIR_PATH(ROOT_ID, creator, "")));
	EXPECT_TRUE(is_free(creator));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_free(creator));
}

TEST(a_set_tid_with_the_number_of_a_creator_that_is_gone_works)
{
	IN(fork_space()) {
		struct space space;

		CHECK(leave_space(&space) == 2 && space.wid == 3);
		CHECK(idle_as(2) == 2);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		CHECK(end(3) == BY_SIGNAL(SIGKILL));
	}
}

TEST(the_number_of_a_creator_that_is_gone_is_the_next_one_as_any)
{
	IN(fork_space()) {
		struct space space;

		mount_own_proc();
		CHECK(leave_space(&space) == 2);
		CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "1"));
		CHECK(fork_and_reap() == 2);
	}
}

TEST(of_a_creator_in_a_classic_namespace_both_numbers_are_free)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t classic, number;

	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		struct gate born = gate_new();
		pid_t wid;

		if (!fork_child()) {
			CHECK(getpid() == 2);
			gate_pass(&ready, 0);
			gate_wait(&go);
			gate_pass(&born, idle_space());
			_exit(0);
		}
		wid = gate_wait(&born);
		CHECK(wid == 3);
		CHECK(!reap(2));
		CHECK(is_free(2));
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(end(wid) == BY_SIGNAL(SIGKILL));
		_exit(7);
	}
	gate_wait(&ready);
	number = ioctl(open_ns(classic, "pid"), NS_GET_PID_FROM_PIDNS, 2);
	ASSERT_GT(number, 1);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_TRUE(is_free(number));
	gate_pass(&go, 0);
	EXPECT_EQ(reap(classic), 7);
}

TEST(a_path_begins_at_the_space_when_the_creator_is_gone)
{
	struct space space;
	struct row row;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	leave_space(&space);
	EXPECT_TRUE(is_known_as(space.id, 1, TEXT("@%llu/1", space.id)));
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("@%llu/2", space.id)));
	ASSERT_TRUE(task_row(space.id, 2, &row));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("@%llu/2", space.id)));
	ASSERT_TRUE(space_row(space.id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR, "-"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* It has its number until somebody has waited for it. */
TEST(a_path_begins_with_a_creator_that_is_a_zombie)
{
	struct gate born = gate_new();
	struct space space;
	pid_t creator;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		space = space_of(1);
		gate_pass(&born, space.wid);
		gate_pass(&born, space.id);
		_exit(0);
	}
	space.wid = gate_wait(&born);
	space.id = gate_wait(&born);
	wait_for_zombie(creator);
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("%d/2", creator)));
	EXPECT_EQ(reap(creator), 0);
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("@%llu/2", space.id)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* What is left of a path when one of three creators is gone: the end of it. */
TEST(a_path_begins_at_the_last_space_whose_creator_is_gone)
{
	struct gate ready = gate_new(), go = gate_new();
	unsigned long long id[2];
	struct row row;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* 2 creates the space that 4 creates one in. */
		if (!fork_child()) {
			wid = fork_space();
			CHECK(wid >= 0);
			if (wid)
				_exit(gate_wait(&go));
			gate_pass(&ready, ns_id(own_ns()));
			add_children(2);
			if (!fork_child())
				gate_pass(&ready, space_of(1).id);
			stay();
		}
		CHECK(!reap(2));
		gate_pass(&ready, 0);
		stay();
	}
	id[0] = gate_wait(&ready);
	id[1] = gate_wait(&ready);
	EXPECT_TRUE(is_known_as(id[1], 2, TEXT("%d/2/4/2", getpid())));
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 0);

	EXPECT_TRUE(is_known_as(ns_id_of(wid, "pid"), 1,
				TEXT("%d/1", getpid())));
	EXPECT_TRUE(is_known_as(id[0], 4, TEXT("@%llu/4", id[0])));
	EXPECT_TRUE(is_known_as(id[1], 2, TEXT("@%llu/4/2", id[0])));
	ASSERT_TRUE(space_row(id[1], &row));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR, TEXT("@%llu/4", id[0])));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_next_process_of_a_number_has_none_of_the_spaces)
{
	IN(fork_space()) {
		struct gate ready = gate_new(), go = gate_new();
		struct space left;
		uint64_t id;
		pid_t child;

		mount_own_proc();
		CHECK(leave_space(&left) == 2);
		child = fork_as(0, TIDS(2));
		CHECK(child >= 0);
		if (!child) {
			gate_wait(&go);
			gate_pass(&ready, space_of(2).id);
			stay();
		}
		CHECK(is_missing("/proc/2/pspace"));
		gate_pass(&go, 0);
		id = gate_wait(&ready);
		CHECK(lists("/proc/2/pspace", TIDS(1, 2, 3)));
		CHECK(is_missing("/proc/2/pspace.2"));
		CHECK(is_known_as(id, 1, "2/1"));
		CHECK(is_known_as(id, 3, "2/3"));
		CHECK(is_known_as(left.id, 1, TEXT("@%llu/1", left.id)));
		CHECK(is_known_as(left.id, 2, TEXT("@%llu/2", left.id)));
	}
}

/* Who has it open finds nothing either. */
TEST(the_directory_of_a_creator_that_is_gone_has_no_spaces)
{
	struct gate born = gate_new(), go = gate_new();
	pid_t creator, wid;
	int directory;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		gate_pass(&born, space_of(1).wid);
		_exit(gate_wait(&go));
	}
	wid = gate_wait(&born);
	directory = open_directory(TEXT("/proc/%d", creator));
	ASSERT_GE(directory, 0);
	EXPECT_EQ(faccessat(directory, "pspace/2", F_OK, 0), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(creator), 0);
	/* As for all that was in it. */
	EXPECT_EQ(faccessat(directory, "pspace", F_OK, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(faccessat(directory, "status", F_OK, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_number_of_a_creator_that_is_gone_is_no_member)
{
	struct gate ready = gate_new();
	struct row row;
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	ASSERT_TRUE(space_row(id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_MEMBERS, "1"));
	EXPECT_TRUE(lists(CONTROL_PATH(id, ""), TIDS(1, 3)));
	EXPECT_TRUE(is_missing(PAIR_PATH(id, 2, "")));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_descriptor_of_a_space_takes_no_number_above)
{
	IN(fork_space()) {
		struct space space;
		int ns;

		mount_own_proc();
		CHECK(leave_space(&space) == 2);
		ns = open_ns(3, "pid");
		CHECK(ns >= 0);
		CHECK(is_free(2));
		CHECK(end(3) == BY_SIGNAL(SIGKILL));
		CHECK(wait_for_hup(ns));
		CHECK(is_free(2));
		CHECK(is_free(3));
	}
}

/* A few are enough, however many descriptors of spaces somebody holds. */
TEST(creators_that_are_gone_do_not_use_up_the_numbers)
{
	IN(fork_space()) {
		enum { MOST = 500 };
		const int spaces = many(MOST);
		int i, ns;
		pid_t init;

		mount_own_proc();
		/* The least there may be. */
		CHECK(!write_file("/proc/sys/kernel/pid_max", "400"));
		for (i = 0; i < spaces; i++) {
			struct gate born = gate_new();
			pid_t creator = fork_child();

			if (!creator) {
				CHECK(!unshare(CLONE_NEWPSPACE));
				gate_pass(&born, 0);
				stay();
			}
			gate_wait(&born);
			/* Stays open. */
			ns = open_ns(creator, "pid_for_children");
			init = fork_into(ns);
			CHECK(init >= 0);
			if (!init)
				_exit(0);
			CHECK(!reap(init));
			CHECK(end(creator) == BY_SIGNAL(SIGKILL));
			close(born.fd[0]);
			close(born.fd[1]);
		}
		CHECK(fork_and_reap() > 1);
	}
}

TEST(the_number_of_who_unshared_a_space_that_nobody_got_into_is_free_again)
{
	IN(fork_space()) {
		if (!fork_child())
			_exit(unshare(CLONE_NEWPSPACE) ? 1 : 0);
		CHECK(!reap(2));
		CHECK(is_free(2));
	}
}

/* Whoever is first. */
TEST(creators_and_their_spaces_can_go_at_once)
{
	IN(fork_space()) {
		int i;

		for (i = 0; i < many(100); i++) {
			pid_t creator = fork_child(), space;

			if (!creator) {
				space = idle_space();
				CHECK(space > 0);
				CHECK(!kill(space, SIGKILL));
				_exit(0);
			}
			CHECK(!reap(creator));
			CHECK(is_free(creator));
			/* Who is left is an orphan of the caller. */
			CHECK(reap(-1) == BY_SIGNAL(SIGKILL));
		}
	}
}

/* The end of a space is not held up by a creator that is gone, nor by its space. */

TEST(a_space_can_be_killed_although_a_creator_in_it_is_gone)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST(a_space_can_be_killed_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.wid);
		stay();
	}
	ASSERT_EQ(gate_wait(&ready), 3);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 3, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(wait_for_hup(inner));
	close(inner);
}

TEST(a_space_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.wid);
		gate_wait(&go);
		CHECK(end(space.wid) == BY_SIGNAL(SIGKILL));
		_exit(7);
	}
	ASSERT_EQ(gate_wait(&ready), 3);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 3, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_TRUE(wait_for_hup(ns));
	close(inner);
}

TEST(a_space_without_an_init_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new(), go = gate_new(), last = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space_with("outer");
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		if (!fork_child())
			_exit(gate_wait(&last));
		CHECK(leave_space(&space) == 3);
		gate_pass(&ready, space.wid);
		gate_wait(&go);
		/* An orphan, so nobody waits for it. */
		CHECK(!kill(space.wid, SIGKILL));
		_exit(7);
	}
	ASSERT_EQ(gate_wait(&ready), 4);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 4, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_FALSE(poll_for(ns, 0) & POLLHUP);
	gate_pass(&last, 0);
	EXPECT_TRUE(wait_for_hup(ns));
	close(inner);
}

TEST(a_classic_namespace_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new();
	pid_t classic;
	int inner;

	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.id);
		stay();
	}
	inner = open(PAIR_PATH(gate_wait(&ready), 1, "ns/pid"),
		     O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(inner));
	close(inner);
}

/*
 * /proc/<pid>/pspace
 */

TEST(a_process_that_has_created_no_space_has_no_directory_of_them)
{
	EXPECT_TRUE(is_missing("/proc/self/pspace"));
	EXPECT_TRUE(is_missing("/proc/self/pspace.2"));
	EXPECT_EQ(times_listed("/proc/self", "pspace", DT_DIR), 0);
}

TEST(a_creator_has_a_directory_of_the_members)
{
	struct space space = space_of(3);

	EXPECT_TRUE(lists("/proc/self/pspace", TIDS(1, 2, 3, 4)));
	EXPECT_TRUE(says("/proc/self/pspace/4/status", "NSpid", "4"));
	EXPECT_TRUE(says("/proc/self/pspace/4/status", "PPid", "1"));
	EXPECT_TRUE(is_missing("/proc/self/pspace/5"));
	EXPECT_TRUE(is_missing("/proc/self/pspace/04"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_directory_of_a_creator_has_no_control_files)
{
	struct space space = space_of(1);
	struct listing all = list("/proc/self/pspace");

	EXPECT_EQ(all.others, 0);
	EXPECT_TRUE(is_missing("/proc/self/pspace/policy"));
	EXPECT_TRUE(is_missing("/proc/self/pspace/kill"));
	EXPECT_TRUE(is_missing("/proc/self/pspace/pid_max"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_directory_for_each_space_is_listed_in_that_of_the_creator)
{
	struct space first = space_of(0), second = space_of(0);

	EXPECT_EQ(times_listed("/proc/self", "pspace", DT_DIR), 1);
	EXPECT_EQ(times_listed("/proc/self", "pspace.2", DT_DIR), 1);
	EXPECT_EQ(times_listed("/proc/self", "pspace.3", DT_DIR), 0);
	/* And the others are there as ever. */
	EXPECT_EQ(times_listed("/proc/self", "status", DT_REG), 1);
	EXPECT_EQ(times_listed("/proc/self", "task", DT_DIR), 1);
	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_second_space_of_a_creator_is_pspace_2)
{
	struct space first = space_of(1), second = space_of(4);

	EXPECT_TRUE(lists("/proc/self/pspace", TIDS(1, 2)));
	EXPECT_TRUE(lists("/proc/self/pspace.2", TIDS(1, 2, 3, 4, 5)));
	EXPECT_EQ(ns_id(open("/proc/self/pspace/1/ns/pid",
			     O_RDONLY | O_CLOEXEC)), first.id);
	EXPECT_EQ(ns_id(open("/proc/self/pspace.2/1/ns/pid",
			     O_RDONLY | O_CLOEXEC)), second.id);
	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
}

TEST(spaces_in_spaces_can_be_walked)
{
	struct nest nest = nest_of(2);
	const char *member = TEXT("/proc/%d/pspace/2", getpid());

	EXPECT_TRUE(lists(TEXT("%s/pspace", member), TIDS(1, 2)));
	EXPECT_TRUE(lists(TEXT("%s/pspace.2", member), TIDS(1, 2)));
	EXPECT_TRUE(says(TEXT("%s/pspace/2/status", member), "PPid", "1"));
	EXPECT_EQ(ns_id(open(TEXT("%s/pspace.2/2/ns/pid", member),
			     O_RDONLY | O_CLOEXEC)), nest.inner[1]);
	EXPECT_TRUE(is_missing(TEXT("%s/pspace/2/pspace", member)));
	EXPECT_TRUE(is_missing(TEXT("%s/pspace.3", member)));
	EXPECT_TRUE(is_missing(TEXT("/proc/%d/pspace/1/pspace", getpid())));
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_creator_that_is_found_by_its_pair_has_them_too)
{
	struct nest nest = nest_of(2);

	EXPECT_TRUE(lists(PAIR_PATH(nest.outer, 2, "pspace"), TIDS(1, 2)));
	EXPECT_TRUE(says(PAIR_PATH(nest.outer, 2, "pspace.2/2/status"), "Pid",
			 "2"));
	EXPECT_TRUE(lists(PAIR_PATH(ROOT_ID, getpid(), "pspace"),
			  TIDS(1, 2, 3, 4)));
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
}

TEST(from_inside_a_creator_has_them_too)
{
	IN(fork_space()) {
		struct gate ready = gate_new();

		mount_own_proc();
		CHECK(is_missing("/proc/1/pspace"));
		if (!fork_child()) {
			gate_pass(&ready, space_of(2).id);
			stay();
		}
		gate_wait(&ready);
		CHECK(is_missing("/proc/1/pspace"));
		CHECK(lists("/proc/2/pspace", TIDS(1, 2, 3)));
		CHECK(says("/proc/2/pspace/3/status", "PspacePath", "2/3"));
	}
}

TEST(the_directory_of_a_space_goes_with_it)
{
	struct space space = space_of(2);
	struct listing rest = {};
	int directory, status;
	char byte;

	directory = open_directory("/proc/self/pspace");
	ASSERT_GE(directory, 0);
	status = open("/proc/self/pspace/2/status", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(status, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(read(status, &byte, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	close(status);
	EXPECT_TRUE(is_missing_at_last("/proc/self/pspace"));
	EXPECT_EQ(times_listed("/proc/self", "pspace", DT_DIR), 0);

	while (list_more(&rest, directory, 1024))
		;
	EXPECT_EQ(rest.count, 0);
	EXPECT_EQ(openat(directory, "1", O_RDONLY | O_CLOEXEC), -1);
	EXPECT_EQ(errno, ENOENT);
}

TEST(the_second_space_outlives_the_first_by_its_name)
{
	struct space first = space_of(0), second = space_of(1), third;

	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_missing_at_last("/proc/self/pspace"));
	EXPECT_TRUE(lists("/proc/self/pspace.2", TIDS(1, 2)));
	third = space_of(2);
	EXPECT_TRUE(is_missing("/proc/self/pspace"));
	EXPECT_TRUE(lists("/proc/self/pspace.2", TIDS(1, 2)));
	EXPECT_TRUE(lists("/proc/self/pspace.3", TIDS(1, 2, 3)));
	EXPECT_EQ(times_listed("/proc/self", "pspace", DT_DIR), 0);
	EXPECT_EQ(times_listed("/proc/self", "pspace.2", DT_DIR), 1);
	EXPECT_EQ(times_listed("/proc/self", "pspace.3", DT_DIR), 1);
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(third.wid), BY_SIGNAL(SIGKILL));
}

/* It is in its creator's directory before anybody is in it. */
TEST(an_unshared_space_is_an_empty_directory_at_first)
{
	struct listing all;
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	all = list("/proc/self/pspace");
	EXPECT_EQ(all.count, 0);
	EXPECT_EQ(all.others, 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_TRUE(lists("/proc/self/pspace", TIDS(1)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_name_that_no_space_of_a_creator_has_is_enoent)
{
	static const char *const names[] = {
		"pspace.", "pspace.0", "pspace.1", "pspace.3", "pspace.00",
		"pspace.01", "pspace.02", "pspace.+2", "pspace.-2",
		"pspace.x", "pspace.2x", "pspace. 2", "pspace.2 ",
		"pspace.2\n", "pspace.2.2", "pspace.0x2", "pspace..2",
		"pspace2", "pspace-2", "pspaces", "pspac", "Pspace",
		"pspace.4294967295", "pspace.4294967296",
		"pspace.4294967297", "pspace.4294967298",
		"pspace.18446744073709551615", "pspace.18446744073709551617",
		"pspace.18446744073709551618",
		"pspace.99999999999999999999999999999999",
	};
	struct space first = space_of(0), second = space_of(0);
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_TRUE(is_missing(TEXT("/proc/self/%s", names[i])))
			TH_LOG("%s", names[i]);
	}
	EXPECT_FALSE(is_missing("/proc/self/pspace"));
	EXPECT_FALSE(is_missing("/proc/self/pspace.2"));
	EXPECT_EQ(end(first.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
}

/* There it is all that there is to walk by. */
TEST(in_a_mount_of_processes_only_a_creator_has_them_too)
{
	struct space space = space_of(1);
	pid_t creator = getpid();

	IN(fork()) {
		mount_proc_with("subset=pid");
		CHECK(is_missing("/proc/pspace"));
		CHECK(lists(TEXT("/proc/%d/pspace", creator), TIDS(1, 2)));
		CHECK(says(TEXT("/proc/%d/pspace/2/status", creator), "Pid",
			   "2"));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/*
 * A space of a process of NOBODY's in the root, with one member of NOBODY's and
 * one of root's.
 */
struct mixed {
	pid_t creator;
	unsigned long long id;
};

static struct mixed mixed_new(void)
{
	struct gate ready = gate_new();
	struct mixed mixed;

	mixed.creator = fork_child();
	if (!mixed.creator) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			add_children(1);
			if (!fork_child()) {
				become(NOBODY);
				gate_pass(&ready, ns_id(own_ns()));
			}
			stay();
		}
		become(NOBODY);
		gate_pass(&ready, 0);
		_exit(reap(wid));
	}
	/* One of the two is 0. */
	mixed.id = gate_wait(&ready) + gate_wait(&ready);
	return mixed;
}

static int mixed_end(struct mixed *mixed)
{
	CHECK(!control(mixed->id, "kill", "1"));
	return reap(mixed->creator);
}

TEST(hidepid_hides_processes_in_the_directory_of_a_creator)
{
	struct mixed mixed = mixed_new();

	IN(fork()) {
		const char *directory = TEXT("/proc/%d/pspace", mixed.creator);

		mount_proc_with("hidepid=invisible");
		become(NOBODY);
		CHECK(lists(directory, TIDS(3)));
		CHECK(is_missing(TEXT("%s/2", directory)));
		CHECK(says(TEXT("%s/3/status", directory), "Pid", "3"));
	}
	EXPECT_EQ(mixed_end(&mixed), BY_SIGNAL(SIGKILL));
}

/*
 * /proc/pspace/tasks
 */

/* The number of lines, whose order must be right, without the header. */
static int count_tasks(const char *text)
{
	unsigned long long id = 0, next_id;
	int count = 0, nr = 0, next_nr;
	struct row row;

	text = next_row(text, &row);
	CHECK(text && !strcmp(row.word[TASK_PSPACE], "pspace"));
	while ((text = next_row(text, &row))) {
		CHECK(row.columns == TASK_COLUMNS);
		next_id = strtoull(row.word[TASK_PSPACE], NULL, 10);
		next_nr = atoi(row.word[TASK_PID]);
		CHECK(next_nr > 0);
		CHECK(next_id > id || (next_id == id && next_nr > nr));
		id = next_id;
		nr = next_nr;
		count++;
	}
	return count;
}

TEST(the_list_of_tasks_has_a_header)
{
	static const char *const names[TASK_COLUMNS] = {
		"pspace", "pid", "wid", "ppspace", "ppid", "state", "uid",
		"command", "path",
	};
	struct row row;
	int i;

	ASSERT_NE(next_row(read_text(TASKS), &row), NULL);
	ASSERT_EQ(row.columns, TASK_COLUMNS);
	for (i = 0; i < TASK_COLUMNS; i++)
		EXPECT_STREQ(row.word[i], names[i]);
}

TEST(the_list_of_tasks_is_for_all_to_read_and_for_none_to_write)
{
	struct row row;

	EXPECT_EQ(access(TASKS, W_OK | X_OK), -1);
	ASSERT_EQ(setuid(NOBODY), 0);
	EXPECT_EQ(open(TASKS, O_RDWR | O_CLOEXEC), -1);
	EXPECT_EQ(errno, EACCES);
	EXPECT_TRUE(task_row(ROOT_ID, getpid(), &row));
	EXPECT_TRUE(task_row(ROOT_ID, 1, &row));
}

TEST(the_list_of_tasks_is_in_the_order_of_the_pairs)
{
	struct nest nest = nest_of(3);
	char *text = read_text(TASKS);
	struct row row;

	EXPECT_GE(count_tasks(text), 11);
	EXPECT_EQ(count_rows(text, nest.outer, 0, &row), 2);
	EXPECT_EQ(count_rows(text, nest.inner[0], 0, &row), 2);
	EXPECT_EQ(count_rows(text, nest.inner[2], 0, &row), 2);
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_line_describes_a_task_of_the_root)
{
	pid_t child = fork();
	struct row row;

	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(!prctl(PR_SET_NAME, "described"));
		stay();
	}
	await_sleep(TEXT("/proc/%d/status", child));
	ASSERT_TRUE(task_row(ROOT_ID, child, &row));
	EXPECT_TRUE(row_is(&row, TASK_WID, "-"));
	EXPECT_TRUE(row_is(&row, TASK_PPSPACE, "4"));
	EXPECT_TRUE(row_is(&row, TASK_PPID, TEXT("%d", getpid())));
	EXPECT_TRUE(row_is(&row, TASK_STATE, "S"));
	EXPECT_TRUE(row_is(&row, TASK_UID, "0"));
	EXPECT_TRUE(row_is(&row, TASK_COMMAND, "described"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d", child)));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST(a_line_describes_the_init_of_a_nested_space)
{
	struct gate ready = gate_new();
	unsigned long long id, outer;
	struct row row;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (fork_child())
			stay();
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			CHECK(!prctl(PR_SET_NAME, "nested"));
			CHECK(!setuid(USER));
			gate_pass(&ready, ns_id(own_ns()));
		}
		stay();
	}
	outer = ns_id_of(wid, "pid");
	id = gate_wait(&ready);
	await_sleep(PAIR_STATUS(id, 1));
	ASSERT_TRUE(task_row(id, 1, &row));
	EXPECT_TRUE(row_is(&row, TASK_PSPACE, TEXT("%llu", id)));
	EXPECT_TRUE(row_is(&row, TASK_PID, "1"));
	EXPECT_TRUE(row_is(&row, TASK_WID, "3"));
	EXPECT_TRUE(row_is(&row, TASK_PPSPACE, TEXT("%llu", outer)));
	EXPECT_TRUE(row_is(&row, TASK_PPID, "2"));
	EXPECT_TRUE(row_is(&row, TASK_STATE, "S"));
	EXPECT_TRUE(row_is(&row, TASK_UID, TEXT("%d", USER)));
	EXPECT_TRUE(row_is(&row, TASK_COMMAND, "nested"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d/2/1", getpid())));
	/* Where it is a stranger it has no other line. */
	EXPECT_FALSE(task_row(outer, 3, &row));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_line_describes_a_member)
{
	struct space space = space_of(1);
	struct row row;

	ASSERT_TRUE(task_row(space.id, 2, &row));
	EXPECT_TRUE(row_is(&row, TASK_WID, "-"));
	EXPECT_TRUE(row_is(&row, TASK_PPSPACE, TEXT("%llu", space.id)));
	EXPECT_TRUE(row_is(&row, TASK_PPID, "1"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d/2", getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_line_describes_one_put_in)
{
	struct space space = space_of(0);
	pid_t child = fork_into(open_ns(space.wid, "pid"));
	struct row row;

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_TRUE(task_row(space.id, 2, &row));
	EXPECT_TRUE(row_is(&row, TASK_WID, TEXT("%d", child)));
	EXPECT_TRUE(row_is(&row, TASK_PPSPACE, "4"));
	EXPECT_TRUE(row_is(&row, TASK_PPID, TEXT("%d", getpid())));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d/2", getpid())));
	EXPECT_FALSE(task_row(ROOT_ID, child, &row));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_process_in_a_classic_namespace_is_listed_once)
{
	struct gate ready = gate_new();
	unsigned long long id;
	struct row row;
	char *text;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			add_children(1);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	text = read_text(TASKS);
	EXPECT_EQ(count_rows(text, id, 0, &row), 3);
	EXPECT_TRUE(row_is(&row, TASK_PID, "3"));
	EXPECT_TRUE(row_is(&row, TASK_WID, "-"));
	EXPECT_TRUE(row_is(&row, TASK_PPSPACE, TEXT("%llu", id)));
	EXPECT_TRUE(row_is(&row, TASK_PPID, "2"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d/3", getpid())));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void *wait_at_gate(void *gate)
{
	gate_wait(gate);
	return NULL;
}

TEST(a_process_of_several_threads_is_listed_once)
{
	struct gate go = gate_new();
	pthread_t thread[3];
	struct row row;
	int i, tid = 0;
	DIR *tasks;
	struct dirent *entry;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, wait_at_gate, &go),
			  0);
	EXPECT_TRUE(task_row(ROOT_ID, getpid(), &row));
	tasks = opendir("/proc/self/task");
	ASSERT_NE(tasks, NULL);
	while ((entry = readdir(tasks))) {
		tid = atoi(entry->d_name);
		if (tid && tid != getpid())
			EXPECT_FALSE(task_row(ROOT_ID, tid, &row));
	}
	closedir(tasks);
	for (i = 0; i < 3; i++)
		gate_pass(&go, 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(pthread_join(thread[i], NULL), 0);
}

TEST(a_zombie_is_listed_until_it_is_waited_for)
{
	siginfo_t info;
	pid_t child = fork();
	struct row row;

	ASSERT_GE(child, 0);
	if (!child)
		_exit(0);
	ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	ASSERT_TRUE(task_row(ROOT_ID, child, &row));
	EXPECT_TRUE(row_is(&row, TASK_STATE, "Z"));
	EXPECT_EQ(reap(child), 0);
	EXPECT_FALSE(task_row(ROOT_ID, child, &row));
}

TEST(a_command_is_one_word_whatever_its_name)
{
	pid_t child = fork();
	struct row row;

	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(!prctl(PR_SET_NAME, "a b\\c\nd\te\001f\177"));
		stay();
	}
	await_sleep(TEXT("/proc/%d/status", child));
	ASSERT_TRUE(task_row(ROOT_ID, child, &row));
	EXPECT_EQ(row.columns, TASK_COLUMNS);
	EXPECT_TRUE(row_is(&row, TASK_COMMAND,
			   "a\\040b\\134c\\012d\\011e\\001f\\177"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d", child)));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST(a_command_without_a_name_is_a_dash)
{
	pid_t child = fork();
	struct row row;

	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(!prctl(PR_SET_NAME, ""));
		stay();
	}
	await_sleep(TEXT("/proc/%d/status", child));
	ASSERT_TRUE(task_row(ROOT_ID, child, &row));
	EXPECT_EQ(row.columns, TASK_COLUMNS);
	EXPECT_TRUE(row_is(&row, TASK_COMMAND, "-"));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("%d", child)));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST(the_user_is_told_as_the_reader_has_him)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t owner = fork();
	struct row row;

	ASSERT_GE(owner, 0);
	if (!owner) {
		pid_t wid;

		become(USER);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (wid)
			_exit(reap(wid));
		CHECK(!write_file("/proc/self/uid_map", TEXT("0 %d 1", USER)));
		gate_pass(&ready, ns_id(own_ns()));
		gate_wait(&go);
		mount_own_proc();
		CHECK(task_row(ns_id(own_ns()), 1, &row));
		CHECK(row_is(&row, TASK_UID, "0"));
		_exit(7);
	}
	ASSERT_TRUE(task_row(gate_wait(&ready), 1, &row));
	EXPECT_TRUE(row_is(&row, TASK_UID, TEXT("%d", USER)));
	gate_pass(&go, 0);
	EXPECT_EQ(reap(owner), 7);
}

TEST(from_inside_the_list_of_tasks_shows_nothing_above)
{
	struct space sibling = space_of(2);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		unsigned long long id = ns_id(own_ns());
		struct space nested;
		struct row row;
		char *text;

		add_children(1);
		nested = space_of(1);
		mount_own_proc();
		text = read_text(TASKS);
		CHECK(count_tasks(text) == 4);
		CHECK(count_rows(text, id, 1, &row) == 1);
		CHECK(row_is(&row, TASK_WID, "-"));
		CHECK(row_is(&row, TASK_PPSPACE, "-"));
		CHECK(row_is(&row, TASK_PPID, "-"));
		CHECK(row_is(&row, TASK_PATH, "1"));
		CHECK(count_rows(text, id, 2, &row) == 1);
		CHECK(row_is(&row, TASK_PPSPACE, TEXT("%llu", id)));
		CHECK(row_is(&row, TASK_PPID, "1"));
		CHECK(row_is(&row, TASK_PATH, "2"));
		CHECK(count_rows(text, nested.id, 1, &row) == 1);
		CHECK(row_is(&row, TASK_WID, TEXT("%d", nested.wid)));
		CHECK(row_is(&row, TASK_PPSPACE, TEXT("%llu", id)));
		CHECK(row_is(&row, TASK_PPID, "1"));
		CHECK(row_is(&row, TASK_PATH, "1/1"));
		CHECK(count_rows(text, nested.id, 2, &row) == 1);
		CHECK(row_is(&row, TASK_PATH, "1/2"));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

/* Its number above is above, and so is its parent. */
TEST(from_inside_one_put_in_is_a_member_without_a_parent)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid, child;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct row row;

		mount_own_proc();
		gate_wait(&go);
		CHECK(task_row(ns_id(own_ns()), 2, &row));
		CHECK(row_is(&row, TASK_WID, "-"));
		CHECK(row_is(&row, TASK_PPSPACE, "-"));
		CHECK(row_is(&row, TASK_PPID, "-"));
		CHECK(row_is(&row, TASK_PATH, "2"));
		_exit(7);
	}
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	gate_pass(&go, 0);
	/* It dies with the space, which waits until its number is free. */
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(wid), 7);
}

TEST(each_path_in_the_list_of_tasks_leads_to_its_process)
{
	IN(fork_space()) {
		int count = 0;
		const char *text;
		struct row row;

		add_children(2);
		nest_of(3);
		space_of(3);
		mount_own_proc();
		text = next_row(read_text(TASKS), &row);
		CHECK(text);
		for (; (text = next_row(text, &row)); count++)
			CHECK(is_known_as(strtoull(row.word[TASK_PSPACE], NULL,
						   10),
					  atoi(row.word[TASK_PID]),
					  row.word[TASK_PATH]));
		CHECK(count == 3 + 2 + 3 * 2 + 4);
	}
}

/* In a space of its own, where all but the reader sleep. */
TEST(reading_the_list_of_tasks_in_small_pieces_gives_the_same)
{
	IN(fork_space()) {
		uint64_t id = ns_id(own_ns());
		char *whole;
		int i, nr;

		mount_own_proc();
		add_children(20);
		for (nr = 2; nr <= 21; nr++)
			await_sleep(PAIR_STATUS(id, nr));
		for (i = 0; i < 10; i++) {
			struct space nested = space_of(2);

			for (nr = 1; nr <= 3; nr++)
				await_sleep(PAIR_STATUS(nested.id, nr));
		}
		whole = read_text(TASKS);
		CHECK(count_tasks(whole) == 51);
		CHECK(!strcmp(whole, read_in_pieces(TASKS, 64)));
		CHECK(!strcmp(whole, read_in_pieces(TASKS, 4096)));
		CHECK(!strcmp(whole, read_in_pieces(TASKS, 7)));
	}
}

/* The reader goes on after the last one that it has seen. */
TEST(a_process_that_dies_between_two_reads_hides_no_other)
{
	IN(fork_space()) {
		char *text = malloc(1 << 16);
		int fd, length = 0;
		struct row row;
		pid_t nr;

		CHECK(text);
		mount_own_proc();
		add_children(20);
		fd = open(TASKS, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		/* The header, 1 to 4, and a byte of the next. */
		for (nr = 0; nr <= 5; length++) {
			CHECK(read(fd, text + length, 1) == 1);
			nr += !length || text[length - 1] == '\n';
		}
		for (nr = 3; nr <= 8; nr++)
			CHECK(end(nr) == BY_SIGNAL(SIGKILL));
		sprintf(text + length, "%s", read_all(fd, 64));
		for (nr = 1; nr <= 21; nr++)
			CHECK(count_rows(text, ns_id(own_ns()), nr, &row) ==
			      (nr <= 5 || nr >= 9));
	}
}

#define STABLE	10

TEST(each_process_is_listed_once_while_others_come_and_go)
{
	struct gate ready = gate_new(), done = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		add_children(STABLE / 2);
		for (i = 0; i < 20; i++)
			if (!fork_child())
				_exit(0);
		for (i = 0; i < 20; i++)
			CHECK(reap(-1) == 0);
		add_children(STABLE / 2);
		gate_pass(&ready, 0);
		for (i = 0; i < many(200); i++) {
			pid_t one = fork_child(), two;

			if (!one)
				_exit(0);
			two = idle_space();
			CHECK(two > 0);
			CHECK(!reap(one));
			CHECK(end(two) == BY_SIGNAL(SIGKILL));
		}
		gate_pass(&done, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	do {
		char *text = read_in_pieces(TASKS, 64);
		struct row row;
		int i, nr;

		for (i = 0; i < STABLE; i++) {
			nr = i < STABLE / 2 ? i + 2 : i + 22;
			ASSERT_EQ(count_rows(text, id, nr, &row), 1)
				TH_LOG("%d", nr);
		}
		ASSERT_EQ(count_rows(text, id, 1, &row), 1);
		ASSERT_EQ(count_rows(text, ROOT_ID, getpid(), &row), 1);
		ASSERT_GT(count_tasks(text), STABLE);
		free(text);
	} while (!(poll_for(done.fd[0], 0) & POLLIN));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_processes_from_the_list_of_tasks)
{
	struct mixed mixed = mixed_new();

	IN(fork()) {
		struct row row;
		char *text;

		mount_proc_with("hidepid=invisible");
		become(NOBODY);
		text = read_text(TASKS);
		CHECK(count_rows(text, mixed.id, 0, &row) == 1);
		CHECK(row_is(&row, TASK_PID, "3"));
		CHECK(count_rows(text, ROOT_ID, 1, &row) == 0);
		CHECK(count_rows(text, ROOT_ID, getpid(), &row) == 1);
	}
	EXPECT_EQ(mixed_end(&mixed), BY_SIGNAL(SIGKILL));
}

/*
 * The creator in /proc/pspace/spaces.
 */

static bool creator_is(uint64_t id, const char *path)
{
	struct row row;

	return space_row(id, &row) && row.columns == SPACE_COLUMNS &&
	       row_is(&row, SPACE_CREATOR, path);
}

TEST(the_list_of_spaces_names_the_creators_by_their_paths)
{
	struct nest nest = nest_of(2);
	struct space second = space_of(0);

	EXPECT_TRUE(creator_is(nest.outer, TEXT("%d", getpid())));
	EXPECT_TRUE(creator_is(nest.inner[0], TEXT("%d/2", getpid())));
	EXPECT_TRUE(creator_is(nest.inner[1], TEXT("%d/2.2", getpid())));
	EXPECT_TRUE(creator_is(second.id, TEXT("%d.2", getpid())));
	EXPECT_EQ(end(nest.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_list_of_spaces_names_no_creator_of_the_root)
{
	struct row row;

	ASSERT_TRUE(space_row(ROOT_ID, &row));
	EXPECT_EQ(row.columns, SPACE_COLUMNS);
	EXPECT_TRUE(row_is(&row, SPACE_PARENT, "-"));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR, "-"));
}

TEST(from_inside_the_list_of_spaces_names_no_creator_above)
{
	IN(fork_space()) {
		struct nest nest = nest_of(2);
		struct row row;

		mount_own_proc();
		CHECK(!space_row(ROOT_ID, &row));
		CHECK(creator_is(ns_id(own_ns()), "-"));
		CHECK(creator_is(nest.outer, "1"));
		CHECK(creator_is(nest.inner[1], "1/2.2"));
	}
}

TEST(the_list_of_spaces_names_no_creator_that_is_gone)
{
	struct space space;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	leave_space(&space);
	EXPECT_TRUE(creator_is(space.id, "-"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_list_of_spaces_names_who_unshared)
{
	uint64_t id;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	EXPECT_TRUE(creator_is(id, TEXT("%d", getpid())));
}

TEST_HARNESS_MAIN
