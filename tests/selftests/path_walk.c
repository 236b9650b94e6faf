// SPDX-License-Identifier: GPL-2.0
/*
 * A path is walked as /proc/1200/pspace/57, and /proc/pspace/spaces names creators by
 * it.
 *
 * model: Names
 * model: /proc/pspace
 * model: /proc/pspace/spaces
 */

#include "path.h"

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
