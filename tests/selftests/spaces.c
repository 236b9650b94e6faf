// SPDX-License-Identifier: GPL-2.0
/*
 * The list /proc/pspace/spaces: what it says of each space, from the mount downwards,
 * and that it is whole.
 *
 * model: /proc/pspace/spaces
 */

#include "tree.h"
#include <pthread.h>
#include "harness.h"

/* The number of the creator in its own space, 0 for none. */
static pid_t creator_of(const struct row *row)
{
	const char *last = strrchr(row->word[SPACE_CREATOR], '/');

	return atoi(last ? last + 1 : row->word[SPACE_CREATOR]);
}

/*
 * Find the line of a space, by its id or, with an id of 0, the newest that a
 * creator has made. The list must be one: ids in order, none twice.
 */
static bool find(uint64_t id, pid_t creator, struct row *found)
{
	char *text = read_text(SPACES);
	unsigned long long last = 0, next;
	const char *rest = text;
	struct row row;
	bool seen = false;

	rest = next_row(rest, &row);
	CHECK(rest && row_is(&row, SPACE_ID, "id"));
	while ((rest = next_row(rest, &row))) {
		CHECK(row.columns == SPACE_COLUMNS);
		next = strtoull(row.word[SPACE_ID], NULL, 10);
		CHECK(next > last);
		last = next;
		if (id ? next == id : creator_of(&row) == creator) {
			*found = row;
			seen = true;
		}
	}
	free(text);
	return seen;
}

static bool is_listed(uint64_t id)
{
	struct row row;

	return find(id, 0, &row);
}

static int members(uint64_t id)
{
	struct row row;

	return find(id, 0, &row) ? atoi(row.word[SPACE_MEMBERS]) : -1;
}

/* Spaces go away in the background. */
static bool is_unlisted_at_last(uint64_t id)
{
	return COMES(!is_listed(id));
}

static int lines(const char *text)
{
	int count = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		count++;
	}
	return count;
}

TEST(the_list_of_spaces_has_a_header)
{
	static const char *const names[SPACE_COLUMNS] = {
		"id", "parent", "init", "members", "policy", "isolation",
		"pid_max", "creator",
	};
	int fd = open(SPACES, O_RDONLY | O_CLOEXEC), i;
	char *word, *rest;

	ASSERT_GE(fd, 0);
	rest = read_all(fd, 1 << 15);
	rest[strcspn(rest, "\n")] = 0;
	for (i = 0; (word = strsep(&rest, " "));) {
		if (!*word)
			continue;
		ASSERT_LT(i, SPACE_COLUMNS);
		EXPECT_STREQ(word, names[i]);
		i++;
	}
	EXPECT_EQ(i, SPACE_COLUMNS);
}

TEST(the_list_is_for_all_to_read_and_for_none_to_write)
{
	int fd;

	EXPECT_EQ(access(SPACES, W_OK | X_OK), -1);
	ASSERT_EQ(setuid(65534), 0);
	EXPECT_EQ(open(SPACES, O_RDWR | O_CLOEXEC), -1);
	EXPECT_EQ(errno, EACCES);
	fd = open(SPACES, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(strncmp(read_all(fd, 4096), " ", 1), 0);
}

TEST(a_line_describes_a_space)
{
	struct gate ready = gate_new(), go = gate_new();
	struct row row;
	char text[64];
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, read_number("/proc/sys/kernel/pid_max"));
		gate_wait(&go);
		CHECK(!write_file("/proc/sys/kernel/pid_max", "4321"));
		gate_pass(&ready, 0);
		stay();
	}
	id = ns_id_of(wid, "pid");
	ASSERT_GT(id, ROOT_ID);
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_EQ(ns_id_of(getpid(), "pid"), ROOT_ID);
	EXPECT_STREQ(row.word[SPACE_PARENT], "4");
	snprintf(text, sizeof(text), "%d", getpid());
	EXPECT_STREQ(row.word[SPACE_CREATOR], text);
	snprintf(text, sizeof(text), "%d", wid);
	EXPECT_STREQ(row.word[SPACE_INIT], text);
	EXPECT_STREQ(row.word[SPACE_MEMBERS], "1");
	EXPECT_STREQ(row.word[SPACE_POLICY], "init");
	snprintf(text, sizeof(text), "%d", gate_wait(&ready));
	EXPECT_STREQ(row.word[SPACE_PID_MAX], text);

	gate_pass(&go, 0);
	gate_wait(&ready);
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_STREQ(row.word[SPACE_PID_MAX], "4321");
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void *make_space(void *wid)
{
	*(pid_t *)wid = idle_space();
	return NULL;
}

TEST(the_creator_is_a_process_not_its_thread)
{
	pthread_t thread;
	struct row row;
	pid_t wid = 0;

	ASSERT_EQ(pthread_create(&thread, NULL, make_space, &wid), 0);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	ASSERT_GT(wid, 1);
	ASSERT_TRUE(find(ns_id_of(wid, "pid"), 0, &row));
	EXPECT_EQ(atoi(row.word[SPACE_CREATOR]), getpid());
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Its number is another's, or will be. */
TEST(a_creator_that_is_gone_is_a_dash)
{
	struct gate born = gate_new();
	struct row row;
	pid_t creator, wid;
	uint64_t id;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		gate_pass(&born, idle_space());
		_exit(0);
	}
	wid = gate_wait(&born);
	ASSERT_GT(wid, 1);
	ASSERT_EQ(reap(creator), 0);
	id = ns_id_of(wid, "pid");
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_STREQ(row.word[SPACE_CREATOR], "-");
	EXPECT_EQ(atoi(row.word[SPACE_INIT]), wid);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_space_made_by_unshare_has_no_init_and_no_members_at_first)
{
	struct row row;
	uint64_t id;
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ASSERT_TRUE(find(0, getpid(), &row));
	EXPECT_STREQ(row.word[SPACE_INIT], "-");
	EXPECT_STREQ(row.word[SPACE_MEMBERS], "0");

	id = strtoull(row.word[SPACE_ID], NULL, 10);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_EQ(ns_id_of(wid, "pid"), id);
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_EQ(atoi(row.word[SPACE_INIT]), wid);
	EXPECT_STREQ(row.word[SPACE_MEMBERS], "1");
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(members_are_counted_until_they_are_reaped)
{
	struct gate ready = gate_new(), go = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		add_children(3);
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(!kill(2, SIGKILL));
		CHECK(!waitid(P_PID, 2, &info, WEXITED | WNOWAIT));
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(reap(2) == BY_SIGNAL(SIGKILL));
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(end(3) == BY_SIGNAL(SIGKILL));
		CHECK(end(4) == BY_SIGNAL(SIGKILL));
		gate_pass(&ready, 0);
		stay();
	}
	id = ns_id_of(wid, "pid");
	gate_wait(&ready);
	EXPECT_EQ(members(id), 4);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(members(id), 4);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(members(id), 3);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(members(id), 1);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_init_of_a_nested_space_is_no_member_of_the_one_above)
{
	struct gate ready = gate_new(), go = gate_new();
	struct row row;
	uint64_t id, nested;
	char text[64];
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork(), below;

		CHECK(member >= 0);
		if (!member) {
			below = idle_space();
			CHECK(below == 3);
			gate_pass(&ready, 0);
			gate_wait(&go);
			CHECK(end(below) == BY_SIGNAL(SIGKILL));
			gate_pass(&ready, 0);
			stay();
		}
		stay();
	}
	id = ns_id_of(wid, "pid");
	gate_wait(&ready);
	EXPECT_EQ(members(id), 2);

	/* The nested one, seen from the top: numbers of the one between. */
	ASSERT_TRUE(find(0, 2, &row));
	nested = strtoull(row.word[SPACE_ID], NULL, 10);
	EXPECT_GT(nested, id);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	EXPECT_STREQ(row.word[SPACE_PARENT], text);
	snprintf(text, sizeof(text), "%d/2", getpid());
	EXPECT_STREQ(row.word[SPACE_CREATOR], text);
	EXPECT_STREQ(row.word[SPACE_INIT], "3");
	EXPECT_STREQ(row.word[SPACE_MEMBERS], "1");

	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(members(id), 2);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_unlisted_at_last(nested));
	EXPECT_TRUE(is_unlisted_at_last(id));
}

TEST(a_classic_namespace_is_not_listed)
{
	IN(fork_space()) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic)
			stay();
		mount_own_proc();
		CHECK(ns_id_of(classic, "pid"));
		CHECK(!is_listed(ns_id_of(classic, "pid")));
		CHECK(is_listed(ns_id_of(1, "pid")));
	}
}

TEST(from_inside_a_space_shows_nothing_of_its_outside)
{
	IN(fork_space()) {
		struct row row;

		add_children(1);
		mount_own_proc();
		CHECK(find(ns_id_of(1, "pid"), 0, &row));
		CHECK(!strcmp(row.word[SPACE_PARENT], "-"));
		CHECK(!strcmp(row.word[SPACE_CREATOR], "-"));
		CHECK(!strcmp(row.word[SPACE_INIT], "-"));
		CHECK(!strcmp(row.word[SPACE_MEMBERS], "2"));
		CHECK(!strcmp(row.word[SPACE_POLICY], "init"));
		CHECK(atol(row.word[SPACE_PID_MAX]) ==
		      read_number("/proc/sys/kernel/pid_max"));
	}
}

TEST(from_inside_parents_and_siblings_are_not_listed)
{
	struct gate ready = gate_new(), go = gate_new();
	uint64_t sibling_id;
	pid_t sibling, wid;

	sibling = idle_space();
	ASSERT_GT(sibling, 0);
	sibling_id = ns_id_of(sibling, "pid");
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t parent_id;
		pid_t nested;

		mount_own_proc();
		parent_id = ns_id_of(1, "pid");
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			mount_own_proc();
			CHECK(is_listed(ns_id_of(1, "pid")));
			CHECK(!is_listed(parent_id));
			CHECK(!is_listed(sibling_id));
			gate_pass(&ready, 0);
			_exit(gate_wait(&go));
		}
		gate_wait(&ready);
		CHECK(is_listed(parent_id));
		CHECK(is_listed(ns_id_of(nested, "pid")));
		CHECK(!is_listed(sibling_id));
		CHECK(!is_listed(ROOT_ID));
		gate_pass(&go, 7);
		_exit(reap(nested));
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_TRUE(is_listed(sibling_id));
	EXPECT_EQ(end(sibling), BY_SIGNAL(SIGKILL));
}

/* The mount counts that is read, not who reads it. */
TEST(what_is_listed_depends_on_the_mount)
{
	struct gate ready = gate_new();
	char path[64], *text, line[64];
	struct row row;
	uint64_t id;
	pid_t wid;
	int fd;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* This is still the /proc of the test. */
		CHECK(find(ns_id(own_ns()), 0, &row));
		CHECK(atoi(row.word[SPACE_PARENT]) == ROOT_ID);
		CHECK(atoi(row.word[SPACE_INIT]) > 1 && atoi(row.word[SPACE_CREATOR]) > 1);
		mount_own_proc();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	snprintf(path, sizeof(path), "/proc/%d/root" SPACES, wid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	text = read_all(fd, 4096);
	snprintf(line, sizeof(line), "\n%8llu        -        -        1 ",
		 (unsigned long long)id);
	EXPECT_NE(strstr(text, line), NULL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* In a space of its own, where no others come and go meanwhile. */
TEST(reading_in_small_pieces_gives_the_same_text)
{
	IN(fork_space()) {
		char *whole, *pieces;
		int fd, i;

		for (i = 0; i < 40; i++)
			CHECK(idle_space() > 0);
		mount_own_proc();
		fd = open(SPACES, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		whole = read_all(fd, 1 << 15);
		/* A header, this space, and those. */
		CHECK(lines(whole) == 42);

		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		pieces = read_all(fd, 7);
		CHECK(!strcmp(whole, pieces));
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		pieces = read_all(fd, 1);
		CHECK(!strcmp(whole, pieces));
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		pieces = read_all(fd, 4096);
		CHECK(!strcmp(whole, pieces));

		/* From somewhere within a line. */
		CHECK(lseek(fd, 1001, SEEK_SET) == 1001);
		pieces = read_all(fd, 7);
		CHECK(!strcmp(whole + 1001, pieces));
	}
}

/* The reader continues after the last id that it has seen. */
TEST(a_space_that_dies_between_two_reads_hides_no_other)
{
	IN(fork_space()) {
		/* Seven columns, then names of lengths known here. */
		const int columns = 6 * strlen("xxxxxxxx ") +
				    strlen("isolation ");
		const int some = 3 * columns + strlen("creator\n-\n1");
		char head[256], id[24], *rest;
		pid_t first, second;
		uint64_t gone;
		int fd, i;

		mount_own_proc();
		first = idle_space();
		CHECK(first > 0);
		gone = ns_id_of(first, "pid");
		for (i = 0; i < 4; i++)
			CHECK(idle_space() > 0);
		second = idle_space();
		CHECK(second > 0);
		snprintf(id, sizeof(id), "\n%8llu ",
			 (unsigned long long)ns_id_of(second, "pid"));

		fd = open(SPACES, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		/* The header, the own line and that of the first. */
		CHECK(read(fd, head, some) == some);
		CHECK(end(first) == BY_SIGNAL(SIGKILL));
		CHECK(is_unlisted_at_last(gone));
		rest = read_all(fd, 16);
		CHECK(*rest == '\n');
		CHECK(strstr(rest, id));
		CHECK(lines(rest) == 6);
	}
}

TEST(listing_while_spaces_come_and_go_never_fails)
{
	pid_t churner, wid;
	uint64_t id;
	int i, listings = 0;

	wid = idle_space();
	ASSERT_GT(wid, 0);
	id = ns_id_of(wid, "pid");
	churner = fork();
	ASSERT_GE(churner, 0);
	if (!churner) {
		for (i = 0; i < many(200); i++) {
			pid_t one = idle_space(), two = idle_space();

			CHECK(one > 0 && two > 0);
			CHECK(end(one) == BY_SIGNAL(SIGKILL));
			CHECK(end(two) == BY_SIGNAL(SIGKILL));
		}
		_exit(0);
	}
	do {
		ASSERT_TRUE(is_listed(id));
		listings++;
	} while (!waitpid(churner, &i, WNOHANG));
	EXPECT_EQ(i, 0);
	EXPECT_GT(listings, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_space_is_listed_until_its_last_reference_is_gone)
{
	struct row row;
	uint64_t id;
	pid_t wid;
	int ns;

	wid = idle_space();
	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	id = ns_id(ns);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));

	/* Nobody in it, but an open file. */
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_STREQ(row.word[SPACE_INIT], "-");
	EXPECT_STREQ(row.word[SPACE_MEMBERS], "0");
	EXPECT_EQ(atoi(row.word[SPACE_CREATOR]), getpid());
	close(ns);
	EXPECT_TRUE(is_unlisted_at_last(id));
}

TEST(a_list_held_open_shows_what_there_is_when_it_is_read)
{
	int fd = open(SPACES, O_RDONLY | O_CLOEXEC);
	char line[32];
	uint64_t id;
	pid_t wid;

	ASSERT_GE(fd, 0);
	wid = idle_space();
	ASSERT_GT(wid, 0);
	id = ns_id_of(wid, "pid");
	snprintf(line, sizeof(line), "\n%8llu ", (unsigned long long)id);
	EXPECT_NE(strstr(read_all(fd, 4096), line), NULL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_unlisted_at_last(id));
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(strstr(read_all(fd, 4096), line), NULL);
}

/* The file holds the mount, and that the space. */
TEST(a_list_from_inside_outlives_its_space)
{
	struct gate ready = gate_new();
	char path[64], *text, *number;
	uint64_t id;
	pid_t wid;
	int fd;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	snprintf(path, sizeof(path), "/proc/%d/root" SPACES, wid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));

	text = read_all(fd, 64);
	number = strchr(text, '\n');
	ASSERT_NE(number, NULL);
	EXPECT_EQ(strtoull(number, NULL, 10), id);
	EXPECT_EQ(members(id), 0);
	close(fd);
	EXPECT_TRUE(is_unlisted_at_last(id));
}

/* Every number of a task that has been there is given back. */
TEST(members_that_come_and_go_leave_no_count)
{
	struct clone_args fails = {
		.pidfd = 1, /* unmapped: fails after the number was taken */
		.exit_signal = SIGCHLD,
	};

	IN(fork_space()) {
		uint64_t id;
		int i;

		mount_own_proc();
		id = ns_id_of(1, "pid");
		for (i = 0; i < many(500); i++) {
			CHECK(fork_and_reap() > 0);
			if (i % 10)
				continue;
			CHECK(end(idle_space()) == BY_SIGNAL(SIGKILL));
		}
		CHECK(members(id) == 1);
		fails.flags = CLONE_PIDFD;
		CHECK(clone3_with(&fails) == -1 && errno == EFAULT);
		CHECK(members(id) == 1);
		fails.flags = CLONE_PIDFD | CLONE_NEWPSPACE;
		CHECK(clone3_with(&fails) == -1 && errno == EFAULT);
		CHECK(members(id) == 1);
	}
}

TEST_HARNESS_MAIN
