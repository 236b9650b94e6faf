// SPDX-License-Identifier: GPL-2.0
/*
 * What the options of a procfs hide of spaces: that they are there, what stands in
 * the lists of them, and in their directories.
 *
 * model: /proc/pspace
 */

#include "tree.h"
#include "harness.h"

#include <grp.h>
#include <sys/stat.h>

#define OTHER	65533

static bool is_in_list(uint64_t id)
{
	return times_listed("/proc/pspace", TEXT("%llu",
						 (unsigned long long)id), DT_DIR);
}

static void see_it(uint64_t id)
{
	struct row row;

	CHECK(space_row(id, &row));
	CHECK(is_in_list(id));
	CHECK(!access(CONTROL_PATH(id, ""), R_OK | X_OK));
	CHECK(!access(CONTROL_PATH(id, "policy"), R_OK));
}

static void see_nothing_of_it(uint64_t id)
{
	static const char *const names[] = {
		"", "policy", "isolation", "pid_max", "numbers", "kill", "1",
		"1/status",
	};
	struct stat status;
	struct row row;
	int i;

	CHECK(!space_row(id, &row));
	CHECK(!is_in_list(id));
	CHECK(!count_rows(read_text(TASKS), id, 0, &row));
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *path = CONTROL_PATH(id, names[i]);

		CHECK(is_missing(path));
		CHECK(stat(path, &status) == -1 && errno == ENOENT);
		CHECK(open(path, O_RDONLY) == -1 && errno == ENOENT);
	}
	CHECK(chdir(CONTROL_PATH(id, "")) == -1 && errno == ENOENT);
}

/* Look in a procfs of its own with these options, as a user: the status. */
static int look_in_group(const char *options, uid_t user, gid_t group,
			 void (*look)(uint64_t id), uint64_t id)
{
	pid_t child = fork_child();

	if (!child) {
		mount_proc_with(options);
		CHECK(!setgroups(1, &group));
		become(user);
		look(id);
		_exit(0);
	}
	return reap(child);
}

static int look(const char *options, uid_t user, void (*look)(uint64_t id),
		uint64_t id)
{
	return look_in_group(options, user, user, look, id);
}

TEST(hidepid_invisible_hides_a_space_of_another_user)
{
	struct space space = space_of(1);

	EXPECT_EQ(look("hidepid=invisible", OTHER, see_nothing_of_it, space.id),
		  0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_ptraceable_hides_a_space_of_another_user)
{
	struct space space = space_of(1);

	EXPECT_EQ(look("hidepid=ptraceable", OTHER, see_nothing_of_it, space.id),
		  0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_no_space_from_root)
{
	struct space space = space_of(1);

	EXPECT_EQ(look("hidepid=invisible", 0, see_it, space.id), 0);
	EXPECT_EQ(look("hidepid=ptraceable", 0, see_it, space.id), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_no_space_from_its_group)
{
	struct space space = space_of(1);

	EXPECT_EQ(look_in_group("hidepid=invisible,gid=7", OTHER, 7, see_it,
				space.id), 0);
	EXPECT_EQ(look_in_group("hidepid=invisible,gid=7", OTHER, 8,
				see_nothing_of_it, space.id), 0);
	/* As for processes. */
	EXPECT_EQ(look_in_group("hidepid=ptraceable,gid=7", OTHER, 7,
				see_nothing_of_it, space.id), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(without_hidepid_all_see_it)
{
	struct space space = space_of(1);

	EXPECT_EQ(look(NULL, OTHER, see_it, space.id), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The numbers are there, but not what is in the directories of processes. */
static void see_numbers_only(uint64_t id)
{
	struct row row;

	see_it(id);
	CHECK(lists(CONTROL_PATH(id, ""), TIDS(1, 2)));
	CHECK(open(PAIR_STATUS(id, 1), O_RDONLY) == -1 && errno == EPERM);
	CHECK(!task_row(id, 1, &row));
	CHECK(!task_row(ROOT_ID, 1, &row));
	CHECK(task_row(ROOT_ID, getpid(), &row));
}

TEST(hidepid_noaccess_hides_what_is_told_of_processes)
{
	struct space space = space_of(1);

	EXPECT_EQ(look("hidepid=noaccess", OTHER, see_numbers_only, space.id),
		  0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* A space of root's, with a member of a user's. */
static struct space space_with_member_of(uid_t user)
{
	struct gate ready = gate_new();
	struct space space = { fork_space() };

	CHECK(space.wid >= 0);
	if (!space.wid) {
		add_children(20);
		if (!fork_child()) {
			become(user);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

TEST(who_sees_a_process_in_it_sees_the_space)
{
	struct space space = space_with_member_of(NOBODY);

	EXPECT_EQ(look("hidepid=invisible", NOBODY, see_it, space.id), 0);
	EXPECT_EQ(look("hidepid=invisible", OTHER, see_nothing_of_it, space.id),
		  0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(who_sees_the_creator_sees_the_space)
{
	struct gate born = gate_new(), gone = gate_new();
	struct space space;
	pid_t creator = fork_child();

	if (!creator) {
		struct space made = space_of(1);

		become(NOBODY);
		gate_pass(&born, made.id);
		gate_wait(&gone);
		_exit(0);
	}
	space.id = gate_wait(&born);
	EXPECT_EQ(look("hidepid=invisible", NOBODY, see_it, space.id), 0);
	EXPECT_EQ(look("hidepid=invisible", OTHER, see_nothing_of_it, space.id),
		  0);
	/* All that is left is root's. */
	gate_pass(&gone, 0);
	EXPECT_EQ(reap(creator), 0);
	EXPECT_EQ(look("hidepid=invisible", NOBODY, see_nothing_of_it, space.id),
		  0);
	EXPECT_EQ(control(space.id, "kill", "1"), 0);
}

TEST(an_unprivileged_user_sees_his_own_space_only)
{
	struct gate born = gate_new();
	struct space space = space_of(1);
	pid_t creator = fork_child();
	uint64_t id;

	if (!creator) {
		pid_t wid;

		become(NOBODY);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (!wid) {
			gate_pass(&born, ns_id(own_ns()));
			stay();
		}
		_exit(reap(wid));
	}
	id = gate_wait(&born);
	EXPECT_EQ(look("hidepid=invisible", NOBODY, see_it, id), 0);
	EXPECT_EQ(look("hidepid=invisible", NOBODY, see_nothing_of_it, space.id),
		  0);
	EXPECT_EQ(look("hidepid=invisible", OTHER, see_nothing_of_it, id), 0);
	EXPECT_EQ(control(id, "kill", "1"), 0);
	EXPECT_EQ(reap(creator), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_member_sees_its_own_space)
{
	IN(fork_space()) {
		uint64_t id = ns_id(own_ns());
		struct space nested = space_of(0);

		CHECK(look("hidepid=invisible", OTHER, see_it, id) == 0);
		CHECK(look("hidepid=invisible", OTHER, see_nothing_of_it,
			   nested.id) == 0);
		if (!fork_child()) {
			mount_proc_with("hidepid=invisible");
			become(OTHER);
			CHECK(says("/proc/pspace/self/status", "Pid",
				   TEXT("%d", getpid())));
			_exit(7);
		}
		CHECK(reap(-1) == 7);
	}
}

/* What another process has looked up in the same mount is not there either. */
TEST(what_is_open_is_hidden_all_the_same)
{
	struct space space = space_of(1);
	pid_t child = fork_child();

	if (!child) {
		struct stat status;
		struct row row;
		int directory, policy, spaces;

		mount_proc_with("hidepid=invisible");
		directory = open_directory(CONTROL_PATH(space.id, ""));
		policy = open(CONTROL_PATH(space.id, "policy"), O_RDONLY);
		spaces = open(SPACES, O_RDONLY);
		CHECK(directory >= 0 && policy >= 0 && spaces >= 0);
		CHECK(!setgroups(0, NULL));
		become(OTHER);
		see_nothing_of_it(space.id);
		CHECK(fstat(directory, &status) == -1 && errno == ENOENT);
		CHECK(faccessat(directory, "policy", F_OK, 0) == -1);
		CHECK(errno == ENOENT);
		CHECK(openat(directory, "1", O_RDONLY) == -1 && errno == ENOENT);
		/* Who reads a list sees what is there for him. */
		CHECK(!count_rows(read_all(spaces, 1 << 16), space.id, 0, &row));
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* It is not for one to take away what another has. */
TEST(who_may_not_see_it_takes_it_from_nobody)
{
	struct space space = space_of(1);
	pid_t child = fork_child();

	if (!child) {
		char here[64];

		mount_proc_with("hidepid=invisible");
		CHECK(!chdir(CONTROL_PATH(space.id, "")));
		if (!fork_child()) {
			CHECK(!setgroups(0, NULL));
			become(OTHER);
			see_nothing_of_it(space.id);
			_exit(7);
		}
		CHECK(reap(-1) == 7);
		CHECK(getcwd(here, sizeof(here)));
		CHECK(!strcmp(here, TEXT("/proc/pspace/%llu", space.id)));
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
