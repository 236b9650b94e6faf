// SPDX-License-Identifier: GPL-2.0
/*
 * What the path of a process is, by its creators and their numbers, and from where it
 * is seen.
 *
 * model: Names
 */

#include "path.h"

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

TEST_HARNESS_MAIN
