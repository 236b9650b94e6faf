// SPDX-License-Identifier: GPL-2.0
/*
 * Which processes /proc/pspace/<id> lists and has, and what is there no more.
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

/*
 * Which processes there are.
 */

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

TEST_HARNESS_MAIN
