// SPDX-License-Identifier: GPL-2.0
/*
 * The list of all processes, /proc/pspace/tasks: what it says of each, and that it is
 * whole.
 *
 * model: /proc/pspace/tasks
 */

#include "path.h"

#define USER		1234

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

TEST_HARNESS_MAIN
