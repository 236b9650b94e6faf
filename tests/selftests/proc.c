// SPDX-License-Identifier: GPL-2.0
/*
 * What procfs shows: the numbers of the space it was mounted in, and in
 * /proc/pspace/spaces the spaces from there downwards.
 */

#include "space.h"
#include <pthread.h>
#include "harness.h"

#define SPACES		"/proc/pspace/spaces"
#define COLUMNS		8

/* A line of the list, as text: there may be dashes in it. */
struct row {
	char id[24], parent[24], init[24], members[24], policy[24];
	char isolation[24], pid_max[24], creator[64];
};

static bool parse(const char *line, struct row *row)
{
	int used = 0;

	return sscanf(line, "%23s %23s %23s %23s %23s %23s %23s %63s %n",
		      row->id, row->parent, row->init, row->members,
		      row->policy, row->isolation, row->pid_max, row->creator,
		      &used) == COLUMNS &&
	       !line[used];
}

/* The number of the creator in its own space, 0 for none. */
static pid_t creator_of(const struct row *row)
{
	const char *last = strrchr(row->creator, '/');

	return atoi(last ? last + 1 : row->creator);
}

/*
 * Find the line of a space, by its id or, with an id of 0, the newest that a
 * creator has made. The list must be one: ids in order, none twice.
 */
static bool find(uint64_t id, pid_t creator, struct row *found)
{
	FILE *file = fopen(SPACES, "re");
	unsigned long long last = 0, next;
	char line[256];
	struct row row;
	bool seen = false;

	CHECK(file);
	CHECK(fgets(line, sizeof(line), file));
	CHECK(parse(line, &row) && !strcmp(row.id, "id"));
	while (fgets(line, sizeof(line), file)) {
		CHECK(strchr(line, '\n'));
		CHECK(parse(line, &row));
		next = strtoull(row.id, NULL, 10);
		CHECK(next > last);
		last = next;
		if (id ? next == id : creator_of(&row) == creator) {
			*found = row;
			seen = true;
		}
	}
	CHECK(!ferror(file));
	fclose(file);
	return seen;
}

static bool is_listed(uint64_t id)
{
	struct row row;

	return find(id, 0, &row);
}

/* Spaces go away in the background. */
static bool is_unlisted_at_last(uint64_t id)
{
	return COMES(!is_listed(id));
}

static int members(uint64_t id)
{
	struct row row;

	return find(id, 0, &row) ? atoi(row.members) : -1;
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
	static const char *const names[COLUMNS] = {
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
		ASSERT_LT(i, COLUMNS);
		EXPECT_STREQ(word, names[i]);
		i++;
	}
	EXPECT_EQ(i, COLUMNS);
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
	EXPECT_STREQ(row.parent, "4");
	snprintf(text, sizeof(text), "%d", getpid());
	EXPECT_STREQ(row.creator, text);
	snprintf(text, sizeof(text), "%d", wid);
	EXPECT_STREQ(row.init, text);
	EXPECT_STREQ(row.members, "1");
	EXPECT_STREQ(row.policy, "init");
	snprintf(text, sizeof(text), "%d", gate_wait(&ready));
	EXPECT_STREQ(row.pid_max, text);

	gate_pass(&go, 0);
	gate_wait(&ready);
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_STREQ(row.pid_max, "4321");
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
	EXPECT_EQ(atoi(row.creator), getpid());
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
	EXPECT_STREQ(row.creator, "-");
	EXPECT_EQ(atoi(row.init), wid);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_space_made_by_unshare_has_no_init_and_no_members_at_first)
{
	struct row row;
	uint64_t id;
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ASSERT_TRUE(find(0, getpid(), &row));
	EXPECT_STREQ(row.init, "-");
	EXPECT_STREQ(row.members, "0");

	id = strtoull(row.id, NULL, 10);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_EQ(ns_id_of(wid, "pid"), id);
	ASSERT_TRUE(find(id, 0, &row));
	EXPECT_EQ(atoi(row.init), wid);
	EXPECT_STREQ(row.members, "1");
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
	nested = strtoull(row.id, NULL, 10);
	EXPECT_GT(nested, id);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	EXPECT_STREQ(row.parent, text);
	snprintf(text, sizeof(text), "%d/2", getpid());
	EXPECT_STREQ(row.creator, text);
	EXPECT_STREQ(row.init, "3");
	EXPECT_STREQ(row.members, "1");

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
		CHECK(!strcmp(row.parent, "-"));
		CHECK(!strcmp(row.creator, "-"));
		CHECK(!strcmp(row.init, "-"));
		CHECK(!strcmp(row.members, "2"));
		CHECK(!strcmp(row.policy, "init"));
		CHECK(atol(row.pid_max) ==
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
		CHECK(atoi(row.parent) == ROOT_ID);
		CHECK(atoi(row.init) > 1 && atoi(row.creator) > 1);
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
	EXPECT_STREQ(row.init, "-");
	EXPECT_STREQ(row.members, "0");
	EXPECT_EQ(atoi(row.creator), getpid());
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

/* The numbers that /proc lists, in order. */
static int list_numbers(pid_t *nrs, int size)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		pid_t nr = atoi(entry->d_name);

		if (!nr)
			continue;
		CHECK(count < size);
		nrs[count++] = nr;
	}
	closedir(proc);
	return count;
}

TEST(proc_inside_lists_the_members_and_the_inits_below)
{
	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t nrs[8], nested;
		int i;

		add_children(2);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			add_children(4);
			gate_pass(&ready, 0);
			stay();
		}
		CHECK(nested == 4);
		gate_wait(&ready);
		add_children(1);
		mount_own_proc();
		CHECK(list_numbers(nrs, 8) == 5);
		for (i = 0; i < 5; i++)
			CHECK(nrs[i] == i + 1);
		CHECK(has_numbers(1, "1"));
		CHECK(has_numbers(2, "2"));
		CHECK(has_numbers(nested, "4\t1"));
		CHECK(access("/proc/6", F_OK) == -1 && errno == ENOENT);
	}
}

/* Far apart, so that the directory is read in more than one go. */
TEST(proc_inside_lists_many_members_in_order)
{
	IN(fork_space()) {
		static pid_t nrs[512];
		int i;

		mount_own_proc();
		add_children(150);
		CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "29999"));
		add_children(150);
		CHECK(list_numbers(nrs, 512) == 301);
		for (i = 0; i < 151; i++)
			CHECK(nrs[i] == i + 1);
		for (; i < 301; i++)
			CHECK(nrs[i] == 30000 + i - 151);
	}
}

TEST(proc_outside_lists_the_init_but_not_its_members)
{
	struct gate ready = gate_new();
	char numbers[32];
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(3);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 1);
	snprintf(numbers, sizeof(numbers), "%d\t1", wid);
	EXPECT_TRUE(has_numbers(wid, numbers));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void check_self(pid_t nr)
{
	char link[64] = "", expected[64];

	CHECK(readlink("/proc/self", link, sizeof(link) - 1) > 0);
	CHECK(atoi(link) == nr);
	memset(link, 0, sizeof(link));
	CHECK(readlink("/proc/thread-self", link, sizeof(link) - 1) > 0);
	snprintf(expected, sizeof(expected), "%d/task/%d", nr, nr);
	CHECK(!strcmp(link, expected));
}

TEST(proc_self_is_the_number_in_the_space_of_the_mount)
{
	struct gate wid_gate = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		/* The mount of the test, for the init: its wid. */
		check_self(gate_wait(&wid_gate));
		mount_own_proc();
		check_self(1);
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			check_self(2);
			_exit(0);
		}
		_exit(reap(member));
	}
	gate_pass(&wid_gate, wid);
	EXPECT_EQ(reap(wid), 0);
}

/* Who has no number there has no self, rather than somebody else's. */
TEST(proc_self_of_a_member_is_enoent_in_a_mount_from_outside)
{
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			char link[64];

			CHECK(readlink("/proc/self", link, sizeof(link)) == -1);
			CHECK(errno == ENOENT);
			CHECK(readlink("/proc/thread-self", link,
				       sizeof(link)) == -1);
			CHECK(errno == ENOENT);
			/* But the list can be read. */
			CHECK(is_listed(ns_id(own_ns())));
			_exit(0);
		}
		CHECK(!reap(member));
	}
}

static bool status_is(pid_t pid, const char *key, const char *value)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return read_line(path, key, line, sizeof(line)) && !strcmp(line, value);
}

TEST(status_inside_shows_numbers_inside)
{
	IN(fork_space()) {
		pid_t member;

		mount_own_proc();
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			CHECK(setsid() == 2);
			CHECK(status_is(2, "Tgid:\t", "2"));
			CHECK(status_is(2, "Pid:\t", "2"));
			CHECK(status_is(2, "PPid:\t", "1"));
			CHECK(status_is(2, "NSpgid:\t", "2"));
			CHECK(status_is(2, "NSsid:\t", "2"));
			_exit(0);
		}
		CHECK(!reap(member));
		/* The parent, group and session of pid 1 are outside. */
		CHECK(status_is(1, "Tgid:\t", "1"));
		CHECK(status_is(1, "PPid:\t", "0"));
		CHECK(status_is(1, "NSpgid:\t", "0"));
		CHECK(status_is(1, "NSsid:\t", "0"));
	}
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
