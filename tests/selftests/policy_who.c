// SPDX-License-Identifier: GPL-2.0
/*
 * What each of the files of a space takes, and from whom.
 *
 * model: Who may
 */

#include "policy.h"

#define OTHER_USER	65533
#define MEGABYTE	1048576

/* What the fixture below writes to a file was written. This ends it. */
static bool has_obeyed(struct space *target, const char *file)
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
	struct space target = target_new(0, false);
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
	struct space target = target_new(0, false);

	EXPECT_EQ(write_bytes(target.id, variant->name, "", 0), -EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

/* Even if it begins well. */
TEST_F(file, a_megabyte_is_einval)
{
	struct space target = target_new(0, false);
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
	struct space target = target_new(0, false);
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
	struct space target = target_new(0, false);
	int fd = open_file(target.id, "policy");

	ASSERT_GE(fd, 0);
	ASSERT_EQ(lseek(fd, 1, SEEK_SET), 1);
	EXPECT_EQ(write(fd, "auto", 4), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, root_outside_may_write)
{
	struct space target = target_new(0, false);

	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

TEST_F(file, root_two_levels_above_may_write)
{
	struct space target = target_new(0, true);

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
	struct space target = target_new(0, false);

	IN(fork_into(open_ns(target.wid, "pid"))) {
		CHECK(control(target.id, variant->name,
			      variant->order) == -EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, a_sibling_may_not_write)
{
	struct space target = target_new(0, false);

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
	struct space target = target_new(0, false);

	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(control(target.id, variant->name, variant->order), -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

TEST_F(file, an_unprivileged_user_may_write_to_his_own_space)
{
	struct space target;

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
	struct space target;

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
	struct space target;

	ASSERT_EQ(seteuid(NOBODY), 0);
	target = target_new(CLONE_NEWUSER, false);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(control(target.id, variant->name, variant->order), 0);
	EXPECT_TRUE(has_obeyed(&target, variant->name));
}

/* Privileged in his own user namespace, which is not that of the space. */
TEST_F(file, the_owner_of_another_user_namespace_may_not_write)
{
	struct space target = target_new(0, false);

	IN(fork_with(CLONE_NEWUSER)) {
		CHECK(control(target.id, variant->name,
			      variant->order) == -EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

/* Who writes must have the right, whoever has opened it and passed it on. */
TEST_F(file, an_unprivileged_user_may_not_write_to_what_root_has_opened)
{
	struct space target = target_new(0, false);
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
	struct space target = target_new(0, false);

	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(open_file(target.id, variant->name), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(is_as_before(&target));
}

/* Or of one above. */
TEST_F(file, a_member_may_not_open_it_for_writing)
{
	struct space target = target_new(0, false);

	IN(fork_into(open_ns(target.wid, "pid"))) {
		CHECK(open_file(target.id, variant->name) == -1);
		CHECK(errno == EPERM);
	}
	EXPECT_TRUE(is_as_before(&target));
}

/* Not even when it was opened above: where the writer is counts too. */
TEST_F(file, a_member_may_not_write_to_what_was_opened_outside)
{
	struct space target = target_new(0, false);
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
	struct space target = target_new(0, false);

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
	struct space target = target_new(0, false);
	int fd = open_file(target.id, variant->name);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(target.wid), BY_SIGNAL(SIGKILL));
	ASSERT_TRUE(is_gone_at_last(target.id));
	EXPECT_EQ(write(fd, variant->order, strlen(variant->order)), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST(reading_policy_when_the_space_is_gone_is_esrch)
{
	struct space target = target_new(0, false);
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
