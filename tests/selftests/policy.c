// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a space and the files that steer it: where they are, and what can be
 * read and written. Most is tried on policy.
 *
 * model: /proc/pspace
 * model: Setting the policy
 */

#include "policy.h"

static bool has_directory(uint64_t id)
{
	return !access(CONTROL_PATH(id, ""), F_OK);
}

/* The ids that /proc/pspace lists, which must be in order. */
struct space_list {
	bool spaces;
	int count;
	uint64_t id[1024];
};

/* Read a part that fits into SIZE bytes. False at the end. */
static bool more_spaces(struct space_list *list, int fd, size_t size)
{
	char buffer[1024] __attribute__((aligned(8)));
	char name[32];
	ssize_t length, at;

	CHECK(size <= sizeof(buffer));
	length = getdents64(fd, buffer, size);
	CHECK(length >= 0);
	for (at = 0; at < length;) {
		struct dirent64 *entry = (void *)(buffer + at);
		unsigned long long id;

		at += entry->d_reclen;
		if (entry->d_name[0] == '.')
			continue;
		if (!strcmp(entry->d_name, "spaces")) {
			CHECK(!list->spaces && !list->count);
			CHECK(entry->d_type == DT_REG);
			list->spaces = true;
			continue;
		}
		if (!strcmp(entry->d_name, "tasks")) {
			CHECK(!list->count && entry->d_type == DT_REG);
			continue;
		}
		if (!strcmp(entry->d_name, "self")) {
			CHECK(!list->count && entry->d_type == DT_LNK);
			continue;
		}
		CHECK(entry->d_type == DT_DIR);
		id = strtoull(entry->d_name, NULL, 10);
		snprintf(name, sizeof(name), "%llu", id);
		CHECK(!strcmp(entry->d_name, name));
		CHECK(!list->count || id > list->id[list->count - 1]);
		CHECK(list->count < 1024);
		list->id[list->count++] = id;
	}
	return length;
}

static int open_space_list(void)
{
	int fd = open("/proc/pspace", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static struct space_list spaces_in_pieces(size_t size)
{
	struct space_list list = {};
	int fd = open_space_list();

	while (more_spaces(&list, fd, size))
		;
	close(fd);
	CHECK(list.spaces);
	return list;
}

static bool is_listed(uint64_t id)
{
	struct space_list list = spaces_in_pieces(1024);
	int i;

	for (i = 0; i < list.count; i++)
		if (list.id[i] == id)
			return true;
	return false;
}

TEST(a_space_has_a_directory_until_it_is_gone)
{
	pid_t wid = idle_space();
	uint64_t id;

	ASSERT_GT(wid, 0);
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(has_directory(id));
	EXPECT_TRUE(is_listed(id));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(id));
	EXPECT_FALSE(is_listed(id));
}

TEST(a_space_can_be_set_before_its_first_fork)
{
	uint64_t id;
	pid_t wid;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	EXPECT_TRUE(is_listed(id));
	EXPECT_TRUE(policy_is(id, "init"));
	EXPECT_EQ(set_policy(id, "outer"), 0);

	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_EQ(ns_id_of(wid, "pid"), id);
	EXPECT_TRUE(policy_is(id, "outer"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* The namespace is what has it, whoever holds that. */
TEST(a_space_without_members_has_its_directory_while_a_file_of_it_is_open)
{
	pid_t wid = idle_space();
	uint64_t id;
	int ns;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	id = ns_id(ns);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(set_policy(id, "auto"), 0);
	EXPECT_TRUE(policy_is(id, "auto"));
	close(ns);
	EXPECT_TRUE(is_gone_at_last(id));
}

TEST(from_inside_its_own_and_those_below_are_listed)
{
	struct space sibling = target_new(0, false);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space nested;
		struct space_list list;

		mount_own_proc();
		nested = target_new(0, true);
		list = spaces_in_pieces(1024);
		CHECK(list.count == 3);
		CHECK(list.id[0] == ns_id_of(1, "pid"));
		CHECK(list.id[1] == ns_id_of(nested.wid, "pid"));
		CHECK(list.id[2] == nested.id);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_TRUE(is_as_before(&sibling));
}

/* In a space of its own, where no others come and go meanwhile. */
TEST(a_listing_in_small_pieces_is_the_same)
{
	IN(fork_space()) {
		struct space_list whole, pieces;
		int i;

		mount_own_proc();
		for (i = 0; i < 30; i++)
			CHECK(idle_space() > 0);
		whole = spaces_in_pieces(1024);
		CHECK(whole.count == 31);
		/* One entry each. */
		pieces = spaces_in_pieces(32);
		CHECK(pieces.count == 31);
		CHECK(!memcmp(pieces.id, whole.id, sizeof(whole.id)));
	}
}

TEST(spaces_that_go_while_they_are_listed_hide_no_other)
{
	IN(fork_space()) {
		struct space_list list = {};
		uint64_t id[5];
		pid_t inner[5];
		int fd, i;

		mount_own_proc();
		for (i = 0; i < 5; i++) {
			inner[i] = idle_space();
			CHECK(inner[i] > 0);
			id[i] = ns_id_of(inner[i], "pid");
		}
		fd = open_space_list();
		while (list.count < 3)
			CHECK(more_spaces(&list, fd, 32));
		CHECK(list.id[2] == id[1]);

		/* The last that was seen, and the next. */
		for (i = 1; i <= 2; i++) {
			CHECK(end(inner[i]) == BY_SIGNAL(SIGKILL));
			CHECK(is_gone_at_last(id[i]));
		}
		while (more_spaces(&list, fd, 32))
			;
		CHECK(list.count == 5);
		CHECK(list.id[3] == id[3] && list.id[4] == id[4]);
	}
}

static bool is_enoent(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/pspace/%s", name);
	return access(path, F_OK) == -1 && errno == ENOENT;
}

TEST(a_name_that_is_no_id_is_enoent)
{
	static const char *const names[] = {
		"0", "1", "-1", "00", "x", "init", "space", "spaces0", " ",
		"9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616",
		"99999999999999999999999",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_TRUE(is_enoent(names[i]))
			TH_LOG("%s", names[i]);
	}
}

TEST(an_id_that_is_not_written_as_listed_is_enoent)
{
	static const struct {
		const char *before, *after;
	} around[] = {
		{ "0", "" }, { "00", "" }, { "000000000000000000000000", "" },
		{ "+", "" }, { "-", "" }, { " ", "" }, { "", " " },
		{ "", "\n" }, { "", "x" }, { "", "." }, { "", ".0" },
		{ "", "u" }, { "", ":1" },
	};
	struct space target = target_new(0, false);
	char name[64];
	int i;

	for (i = 0; i < ARRAY_SIZE(around); i++) {
		snprintf(name, sizeof(name), "%s%llu%s", around[i].before,
			 (unsigned long long)target.id, around[i].after);
		EXPECT_TRUE(is_enoent(name))
			TH_LOG("%s", name);
	}
	snprintf(name, sizeof(name), "0x%llx", (unsigned long long)target.id);
	EXPECT_TRUE(is_enoent(name));
	EXPECT_TRUE(is_as_before(&target));
}

TEST(the_id_of_a_namespace_that_is_no_space_is_enoent)
{
	pid_t classic = fork_with(CLONE_NEWPID);
	uint64_t ids[2];
	int i;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	ids[0] = ns_id_of(classic, "pid");
	ids[1] = ns_id_of(getpid(), "mnt");
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_GT(ids[i], 0);
		EXPECT_FALSE(has_directory(ids[i]));
	}
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(from_inside_the_ids_above_and_beside_are_enoent)
{
	struct space sibling = target_new(0, false);

	IN(fork_space()) {
		uint64_t outer = ns_id(own_ns());
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			mount_own_proc();
			CHECK(has_directory(ns_id_of(1, "pid")));
			CHECK(!has_directory(outer));
			CHECK(!has_directory(sibling.id));
			CHECK(set_policy(sibling.id, "auto") == -ENOENT);
			_exit(0);
		}
		CHECK(!reap(inner));
	}
	EXPECT_TRUE(is_as_before(&sibling));
}

/* And what a /proc needs, see home.c. */
TEST(the_directory_has_the_files_that_steer_it_and_the_processes)
{
	static const char *const names[] = {
		"policy", "isolation", "kill", "pid_max", "last_pid", "numbers",
		"signals", "1",
	};
	struct space target = target_new(0, false);
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct dirent *entry;
		DIR *directory;
		int count = 0;

		directory = opendir(CONTROL_PATH(target.id, ""));
		ASSERT_NE(directory, NULL);
		while ((entry = readdir(directory)))
			count += !strcmp(entry->d_name, names[i]);
		closedir(directory);
		EXPECT_EQ(count, 1)
			TH_LOG("%s", names[i]);
	}
	EXPECT_EQ(access(CONTROL_PATH(target.id, "polic"), F_OK), -1);
	EXPECT_EQ(access(CONTROL_PATH(target.id, "policyy"), F_OK), -1);
	EXPECT_TRUE(is_as_before(&target));
}

static mode_t mode_of(uint64_t id, const char *name)
{
	struct stat status;

	return stat(CONTROL_PATH(id, name), &status) ? 0 : status.st_mode;
}

TEST(the_modes_let_everybody_in_so_that_the_right_is_checked_later)
{
	struct space target = target_new(0, false);

	EXPECT_EQ(mode_of(target.id, ""), S_IFDIR | 0555);
	EXPECT_EQ(mode_of(target.id, "policy"), S_IFREG | 0666);
	EXPECT_EQ(mode_of(target.id, "kill"), S_IFREG | 0222);
	EXPECT_TRUE(is_as_before(&target));
}

TEST(policy_reads_as_one_line_also_for_others)
{
	struct space target = target_new(0, false);
	char text[16];
	int fd;

	ASSERT_EQ(seteuid(NOBODY), 0);
	fd = open(CONTROL_PATH(target.id, "policy"), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(seteuid(0), 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(read(fd, text, sizeof(text)), 5);
	EXPECT_EQ(memcmp(text, "init\n", 5), 0);
	EXPECT_EQ(read(fd, text, sizeof(text)), 0);
	EXPECT_TRUE(is_as_before(&target));
}

TEST(an_open_policy_shows_what_holds_when_it_is_read)
{
	struct space target = target_new(0, false);
	char text[16];
	int fd;

	fd = open(CONTROL_PATH(target.id, "policy"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(read(fd, text, sizeof(text)), 5);
	EXPECT_EQ(set_policy(target.id, "outer"), 0);
	ASSERT_EQ(pread(fd, text, sizeof(text), 0), 6);
	EXPECT_EQ(memcmp(text, "outer\n", 6), 0);
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
}

TEST(kill_is_not_for_reading)
{
	struct space target = target_new(0, false);
	char byte;
	int fd;

	fd = open(CONTROL_PATH(target.id, "kill"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(read(fd, &byte, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

TEST(policy_takes_each_name_with_and_without_a_newline)
{
	static const char *const names[] = { "auto", "outer", "init" };
	struct space target = target_new(0, false);
	char line[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(set_policy(target.id, names[i]), 0);
		EXPECT_TRUE(policy_is(target.id, names[i]));
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(line, sizeof(line), "%s\n", names[i]);
		EXPECT_EQ(set_policy(target.id, line), 0);
		EXPECT_TRUE(policy_is(target.id, names[i]));
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST(an_open_policy_can_be_written_again)
{
	struct space target = target_new(0, false);
	int fd;

	/* As a shell opens what it redirects to. */
	fd = open(CONTROL_PATH(target.id, "policy"),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(write(fd, "outer\n", 6), 6);
	EXPECT_EQ(write(fd, "auto\n", 5), 5);
	EXPECT_TRUE(policy_is(target.id, "auto"));
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
}

TEST(kill_takes_a_1_with_and_without_a_newline)
{
	struct space target = target_new(0, false);

	EXPECT_EQ(control(target.id, "kill", "1"), 0);
	EXPECT_EQ(reap(target.wid), BY_SIGNAL(SIGKILL));
	target = target_new(0, false);
	EXPECT_EQ(control(target.id, "kill", "1\n"), 0);
	EXPECT_EQ(reap(target.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_policy_of_a_space_is_its_own)
{
	struct space nested = target_new(0, true);
	uint64_t outer = ns_id_of(nested.wid, "pid");

	EXPECT_EQ(set_policy(outer, "auto"), 0);
	EXPECT_TRUE(policy_is(nested.id, "init"));
	EXPECT_EQ(set_policy(nested.id, "outer"), 0);
	EXPECT_TRUE(policy_is(outer, "auto"));
	EXPECT_EQ(end(nested.wid), BY_SIGNAL(SIGKILL));
}

/* What stands in the column of /proc/pspace/spaces. */
static bool listed_policy_is(uint64_t id, const char *policy)
{
	char key[32], line[256], shown[24];

	snprintf(key, sizeof(key), "%8llu ", (unsigned long long)id);
	return read_line("/proc/pspace/spaces", key, line, sizeof(line)) &&
	       sscanf(line, "%*s %*s %*s %23s", shown) == 1 &&
	       !strcmp(shown, policy);
}

TEST(the_list_of_spaces_shows_it)
{
	struct space target = target_new(0, false);

	EXPECT_TRUE(listed_policy_is(target.id, "init"));
	EXPECT_EQ(set_policy(target.id, "auto"), 0);
	EXPECT_TRUE(listed_policy_is(target.id, "auto"));
	EXPECT_EQ(set_policy(target.id, "outer"), 0);
	EXPECT_TRUE(listed_policy_is(target.id, "outer"));
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
}

static bool policy_is_auto_or_outer(uint64_t id)
{
	char policy[16];

	return read_line(CONTROL_PATH(id, "policy"), "", policy,
			 sizeof(policy)) &&
	       (!strcmp(policy, "auto") || !strcmp(policy, "outer"));
}

static void write_often(uint64_t id, const char *policy)
{
	int fd = open(CONTROL_PATH(id, "policy"), O_WRONLY | O_CLOEXEC);
	ssize_t length = strlen(policy);
	int i;

	CHECK(fd >= 0);
	for (i = 0; i < 2000; i++)
		CHECK(write(fd, policy, length) == length);
	_exit(0);
}

TEST(of_two_that_write_at_once_one_wins)
{
	struct space target = target_new(0, false);
	pid_t first, second;
	int i;

	ASSERT_EQ(set_policy(target.id, "auto"), 0);
	first = fork();
	ASSERT_GE(first, 0);
	if (!first)
		write_often(target.id, "auto");
	second = fork();
	ASSERT_GE(second, 0);
	if (!second)
		write_often(target.id, "outer\n");

	/* And nobody sees anything else meanwhile. */
	for (i = 0; i < 500 && policy_is_auto_or_outer(target.id); i++)
		;
	EXPECT_EQ(i, 500);
	EXPECT_EQ(reap(first), 0);
	EXPECT_EQ(reap(second), 0);
	EXPECT_TRUE(policy_is_auto_or_outer(target.id));
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
