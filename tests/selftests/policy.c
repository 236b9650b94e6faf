// SPDX-License-Identifier: GPL-2.0
/* The files of a space: where they are, what can be written, and by whom. */

#include "tree.h"
#include <ctype.h>
#include <sys/stat.h>
#include "harness.h"

#define OTHER_USER	65533
#define MEGABYTE	1048576

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

/*
 * A space to write to, and in the end its fate. With FLAGS to clone(); or nested,
 * the inner one of two: the outer init then ends as the inner one does.
 */
struct target {
	pid_t wid;
	uint64_t id;
	struct gate end;
};

static struct target target_new(uint64_t flags, bool nested)
{
	struct target target = { .end = gate_new() };
	struct gate id = gate_new();

	target.wid = fork_with(CLONE_NEWPSPACE | flags);
	CHECK(target.wid >= 0);
	if (!target.wid) {
		pid_t inner = nested ? fork_space() : 0;

		CHECK(inner >= 0);
		if (inner)
			_exit(reap(inner));
		gate_pass(&id, ns_id(own_ns()));
		_exit(gate_wait(&target.end));
	}
	target.id = gate_wait(&id);
	close(id.fd[0]);
	close(id.fd[1]);
	return target;
}

/* What else "pid_max" may be. */
#define PID_MAX "4000"

static bool has_pid_max(uint64_t id)
{
	return read_number(CONTROL_PATH(id, "pid_max")) == atoi(PID_MAX);
}

/* What else "last_pid" may be. */
#define LAST_PID "1000"

/* It has come to no harm. This ends it. */
static bool is_as_before(struct target *target)
{
	bool same = policy_is(target->id, "init") &&
		    isolation_is(target->id, "full") &&
		    control_is(target->id, "numbers", "never") &&
		    !has_pid_max(target->id) &&
		    !control_is(target->id, "last_pid", LAST_PID);

	gate_pass(&target->end, 7);
	return reap(target->wid) == 7 && same;
}

/* What the fixture below writes to a file was written. This ends it. */
static bool has_obeyed(struct target *target, const char *file)
{
	bool obeyed = !strcmp(file, "policy")	 ? policy_is(target->id, "auto") :
		      !strcmp(file, "isolation") ? isolation_is(target->id, "half") :
		      !strcmp(file, "pid_max")	 ? has_pid_max(target->id) :
		      !strcmp(file, "numbers")	 ? control_is(target->id, file, "list") :
		      !strcmp(file, "last_pid")	 ? control_is(target->id, file, LAST_PID) :
						   true;

	if (!strcmp(file, "kill"))
		return reap(target->wid) == BY_SIGNAL(SIGKILL);
	return end(target->wid) == BY_SIGNAL(SIGKILL) && obeyed;
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
	struct target sibling = target_new(0, false);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct target nested;
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
	struct target target = target_new(0, false);
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
	struct target sibling = target_new(0, false);

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
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);

	EXPECT_EQ(mode_of(target.id, ""), S_IFDIR | 0555);
	EXPECT_EQ(mode_of(target.id, "policy"), S_IFREG | 0666);
	EXPECT_EQ(mode_of(target.id, "kill"), S_IFREG | 0222);
	EXPECT_TRUE(is_as_before(&target));
}

TEST(policy_reads_as_one_line_also_for_others)
{
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);
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
	struct target target = target_new(0, false);

	EXPECT_EQ(control(target.id, "kill", "1"), 0);
	EXPECT_EQ(reap(target.wid), BY_SIGNAL(SIGKILL));
	target = target_new(0, false);
	EXPECT_EQ(control(target.id, "kill", "1\n"), 0);
	EXPECT_EQ(reap(target.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_policy_of_a_space_is_its_own)
{
	struct target nested = target_new(0, true);
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
	struct target target = target_new(0, false);

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
	struct target target = target_new(0, false);
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

/* What is the same for all files. */
FIXTURE(file) {};

FIXTURE_VARIANT(file) {
	const char *name;
	/* What it obeys. */
	const char *order;
	/* For who is privileged over what is above the space, too. */
	bool exposes_above;
	/* 0 and 1 are as good. */
	bool takes_small_numbers;
};

FIXTURE_VARIANT_ADD(file, policy) { "policy", "auto" };

FIXTURE_VARIANT_ADD(file, pid_max) { "pid_max", PID_MAX };

FIXTURE_VARIANT_ADD(file, last_pid) { "last_pid", LAST_PID, false, true };

FIXTURE_VARIANT_ADD(file, kill) { "kill", "1" };

FIXTURE_VARIANT_ADD(file, numbers) { "numbers", "list" };

FIXTURE_VARIANT_ADD(file, isolation) { "isolation", "half", true };

FIXTURE_SETUP(file) {}
FIXTURE_TEARDOWN(file) {}

static int open_file(uint64_t id, const char *name)
{
	return open(CONTROL_PATH(id, name), O_WRONLY | O_CLOEXEC);
}

/* Write some bytes at once: 0 or -errno. */
static int write_bytes(uint64_t id, const char *name, const char *bytes,
		       size_t length)
{
	int fd = open_file(id, name);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, length) < 0)
		err = -errno;
	close(fd);
	return err;
}

static bool is_small_number(const char *bytes, size_t length)
{
	return isdigit(bytes[0]) && (length == 1 || (length == 2 && isdigit(bytes[1])));
}

/* None of them is understood by any file, but for some that are a number. */
TEST_F(file, other_words_are_einval)
{
#define BYTES(string) { string, sizeof(string) - 1 }
	static const struct {
		const char *bytes;
		size_t length;
	} words[] = {
		BYTES("\n"), BYTES("\n\n"), BYTES(" "), BYTES("\0"),
		BYTES("x"), BYTES("0"), BYTES("2"), BYTES("01"), BYTES("1 "),
		BYTES(" 1"), BYTES("+1"), BYTES("11"), BYTES("1\n\n"),
		BYTES("\n1"), BYTES("1\0"), BYTES("1\0\n"), BYTES("1\n1"),
		BYTES("kill"), BYTES("aut"), BYTES("autos"), BYTES("Auto"),
		BYTES("AUTO\n"), BYTES("auto "), BYTES(" auto"),
		BYTES("\nauto"), BYTES("auto\n\n"), BYTES("auto\r\n"),
		BYTES("auto\0"), BYTES("auto\0\n"), BYTES("auto\nauto\n"),
		BYTES("auto outer"), BYTES("auto,outer"), BYTES("-"),
		BYTES("hal"), BYTES("halff"), BYTES("Half"), BYTES("half "),
		BYTES("half\n\n"), BYTES("half\0"), BYTES("-1"), BYTES("4000 "),
		BYTES("+4000"), BYTES("04000x"), BYTES("99999999999999"),
		BYTES("a word that is much longer than any name can be\n"),
	};
	struct target target = target_new(0, false);
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (variant->takes_small_numbers &&
		    is_small_number(words[i].bytes, words[i].length))
			continue;
		EXPECT_EQ(write_bytes(target.id, variant->name, words[i].bytes,
				      words[i].length), -EINVAL)
			TH_LOG("%zu bytes: %s", words[i].length,
			       words[i].bytes);
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, nothing_is_einval)
{
	struct target target = target_new(0, false);

	EXPECT_EQ(write_bytes(target.id, variant->name, "", 0), -EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

/* Even if it begins well. */
TEST_F(file, a_megabyte_is_einval)
{
	struct target target = target_new(0, false);
	char *bytes = malloc(MEGABYTE);

	ASSERT_NE(bytes, NULL);
	memset(bytes, '\n', MEGABYTE);
	memcpy(bytes, variant->order, strlen(variant->order));
	EXPECT_EQ(write_bytes(target.id, variant->name, bytes, MEGABYTE),
		  -EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, at_an_offset_it_is_einval)
{
	struct target target = target_new(0, false);
	int fd = open_file(target.id, variant->name);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(pwrite(fd, variant->order, strlen(variant->order), 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pwrite(fd, variant->order, strlen(variant->order), 1L << 32),
		  -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

TEST(policy_after_a_seek_is_einval)
{
	struct target target = target_new(0, false);
	int fd = open_file(target.id, "policy");

	ASSERT_GE(fd, 0);
	ASSERT_EQ(lseek(fd, 1, SEEK_SET), 1);
	EXPECT_EQ(write(fd, "auto", 4), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, root_outside_may_write)
{
	struct target target = target_new(0, false);

	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

TEST_F(file, root_two_levels_above_may_write)
{
	struct target target = target_new(0, true);

	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

/* Each of these sees the /proc of the test, and is root. */
TEST_F(file, its_own_init_may_not_write)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		CHECK(control(id, variant->name, variant->order) == -EPERM);
		CHECK(policy_is(id, "init"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(file, a_member_may_not_write)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			CHECK(control(id, variant->name,
				      variant->order) == -EPERM);
			CHECK(policy_is(id, "init"));
			_exit(7);
		}
		_exit(reap(member));
	}
	EXPECT_EQ(reap(wid), 7);
}

/* Its parent may, and it did not come from the space. */
TEST_F(file, one_put_in_may_not_write)
{
	struct target target = target_new(0, false);

	IN(fork_into(open_ns(target.wid, "pid"))) {
		CHECK(control(target.id, variant->name,
			      variant->order) == -EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, a_sibling_may_not_write)
{
	struct target target = target_new(0, false);

	IN(fork_space()) {
		CHECK(control(target.id, variant->name,
			      variant->order) == -EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, one_below_may_not_write)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			CHECK(control(id, variant->name,
				      variant->order) == -EPERM);
			CHECK(policy_is(id, "init"));
			_exit(7);
		}
		_exit(reap(inner));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(file, an_unprivileged_user_may_not_write)
{
	struct target target = target_new(0, false);

	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(control(target.id, variant->name, variant->order), -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, an_unprivileged_user_may_write_to_his_own_space)
{
	struct target target;

	ASSERT_EQ(setuid(NOBODY), 0);
	target = target_new(CLONE_NEWUSER, false);
	if (variant->exposes_above) {
		EXPECT_EQ(control(target.id, variant->name, variant->order),
			  -EPERM);
		EXPECT_TRUE(is_as_before(&target));
		return;
	}
	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

TEST_F(file, an_unprivileged_user_may_not_write_to_that_of_another)
{
	struct target target;

	ASSERT_EQ(seteuid(OTHER_USER), 0);
	target = target_new(CLONE_NEWUSER, false);
	ASSERT_EQ(seteuid(0), 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(control(target.id, variant->name, variant->order), -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, root_may_write_to_that_of_an_unprivileged_user)
{
	struct target target;

	ASSERT_EQ(seteuid(NOBODY), 0);
	target = target_new(CLONE_NEWUSER, false);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

/* Privileged in his own user namespace, which is not that of the space. */
TEST_F(file, the_owner_of_another_user_namespace_may_not_write)
{
	struct target target = target_new(0, false);

	IN(fork_with(CLONE_NEWUSER)) {
		CHECK(control(target.id, variant->name,
			      variant->order) == -EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

/* Who writes must have the right, whoever has opened it and passed it on. */
TEST_F(file, an_unprivileged_user_may_not_write_to_what_root_has_opened)
{
	struct target target = target_new(0, false);
	int fd = open_file(target.id, variant->name);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(write(fd, variant->order, strlen(variant->order)), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

/* It could be the output of a program that runs as root. */
TEST_F(file, an_unprivileged_user_may_not_open_it_for_writing)
{
	struct target target = target_new(0, false);

	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(open_file(target.id, variant->name), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

/* Or of one above. */
TEST_F(file, a_member_may_not_open_it_for_writing)
{
	struct target target = target_new(0, false);

	IN(fork_into(open_ns(target.wid, "pid"))) {
		CHECK(open_file(target.id, variant->name) == -1);
		CHECK(errno == EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

/* Not even when it was opened above: where the writer is counts too. */
TEST_F(file, a_member_may_not_write_to_what_was_opened_outside)
{
	struct target target = target_new(0, false);
	int fd = open_file(target.id, variant->name);

	ASSERT_GE(fd, 0);
	IN(fork_into(open_ns(target.wid, "pid"))) {
		CHECK(write(fd, variant->order, strlen(variant->order)) == -1);
		CHECK(errno == EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, nonsense_from_who_may_not_write_is_eperm)
{
	struct target target = target_new(0, false);

	EXPECT_EQ(control(target.id, variant->name, "nonsense"),
		  -EINVAL);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(control(target.id, variant->name, "nonsense"),
		  -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

/* An open file does not hold the space, and finds no other in its place. */
TEST_F(file, writing_when_the_space_is_gone_is_esrch)
{
	struct target target = target_new(0, false);
	int fd = open_file(target.id, variant->name);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
	ASSERT_TRUE(is_gone_at_last(target.id));
	EXPECT_EQ(write(fd, variant->order, strlen(variant->order)), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST(reading_policy_when_the_space_is_gone_is_esrch)
{
	struct target target = target_new(0, false);
	char text[16];
	int fd;

	fd = open(CONTROL_PATH(target.id, "policy"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
	ASSERT_TRUE(is_gone_at_last(target.id));
	EXPECT_EQ(read(fd, text, sizeof(text)), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST_HARNESS_MAIN
