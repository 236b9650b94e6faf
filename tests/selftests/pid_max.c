// SPDX-License-Identifier: GPL-2.0
/*
 * pid_max of a space: where its numbers end, and who may say so.
 *
 * model: /proc/pspace
 * model: Who may
 * model: Numbers
 */

#include "tree.h"
#include <grp.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <time.h>
#include "harness.h"

#define MEGABYTE	1048576

#define LEAST	301
#define MOST	4194304

static long pid_max(uint64_t id)
{
	return read_number(CONTROL_PATH(id, "pid_max"));
}

static int set_pid_max(uint64_t id, const char *text)
{
	return control(id, "pid_max", text);
}

TEST(pid_max_is_that_of_the_space)
{
	struct gate ready = gate_new(), go = gate_new();
	struct row row;
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, read_number("/proc/sys/kernel/pid_max"));
		gate_wait(&go);
		gate_pass(&ready, read_number("/proc/sys/kernel/pid_max"));
		CHECK(!write_file("/proc/sys/kernel/pid_max", "5432"));
		gate_pass(&ready, 0);
		stay();
	}
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(gate_wait(&ready), pid_max(id));
	EXPECT_EQ(set_pid_max(id, "4321"), 0);
	EXPECT_EQ(pid_max(id), 4321);
	ASSERT_TRUE(space_row(id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_PID_MAX, "4321"));
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 4321);
	/* And what is set inside shows outside. */
	gate_wait(&ready);
	EXPECT_TRUE(reads_as(CONTROL_PATH(id, "pid_max"), "5432\n"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_of_a_space_is_its_own)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);
	long root = read_number("/proc/sys/kernel/pid_max");
	long before = pid_max(nested);

	EXPECT_EQ(set_pid_max(space.id, "1000"), 0);
	EXPECT_EQ(pid_max(nested), before);
	EXPECT_EQ(set_pid_max(nested, "2000"), 0);
	EXPECT_EQ(pid_max(space.id), 1000);
	EXPECT_EQ(read_number("/proc/sys/kernel/pid_max"), root);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_takes_numbers_within_its_bounds)
{
	static const long numbers[] = {
		LEAST, LEAST + 1, 32768, MOST - 1, MOST,
	};
	struct space space = space_of(0);
	int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(set_pid_max(space.id, TEXT("%ld", numbers[i])), 0);
		EXPECT_EQ(pid_max(space.id), numbers[i]);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(set_pid_max(space.id, TEXT("%ld\n", numbers[i])), 0);
		EXPECT_EQ(pid_max(space.id), numbers[i]);
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Write some bytes to it at once: 0 or -errno. */
static int write_pid_max(uint64_t id, const char *bytes, size_t length)
{
	int fd = open(CONTROL_PATH(id, "pid_max"), O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, length) < 0)
		err = -errno;
	close(fd);
	return err;
}

TEST(pid_max_takes_nothing_else)
{
#define BYTES(string) { string, sizeof(string) - 1 }
	static const struct {
		const char *bytes;
		size_t length;
	} words[] = {
		BYTES(""), BYTES("\n"), BYTES(" "), BYTES("\0"), BYTES("x"),
		BYTES("0"), BYTES("1"), BYTES("-1"), BYTES("-400"),
		BYTES("300"), BYTES("300\n"), BYTES("4194305"),
		BYTES("4194305\n"), BYTES("41943040"), BYTES("2147483647"),
		BYTES("2147483648"), BYTES("4294967296"), BYTES("4294967696"),
		BYTES("18446744073709551616"), BYTES("18446744073709552016"),
		BYTES("99999999999999999999999999999999"), BYTES(" 400"),
		BYTES("400 "), BYTES("400\n\n"), BYTES("\n400"),
		BYTES("400\0"), BYTES("400\0\n"), BYTES("400\n500"),
		BYTES("400 500"), BYTES("400,"), BYTES("4 00"), BYTES("400x"),
		BYTES("x400"), BYTES("0x400"), BYTES("4e2"), BYTES("400.0"),
		BYTES("400k"), BYTES("max"), BYTES("auto"),
	};
	struct space space = space_of(0);
	int i;

	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_EQ(write_pid_max(space.id, words[i].bytes,
					words[i].length), -EINVAL)
			TH_LOG("%zu bytes: %s", words[i].length,
			       words[i].bytes);
		EXPECT_EQ(pid_max(space.id), 777);
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Whether it begins well or not. */
TEST(pid_max_takes_no_megabyte)
{
	struct space space = space_of(0);
	char *bytes = malloc(MEGABYTE);

	ASSERT_NE(bytes, NULL);
	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	memset(bytes, '4', MEGABYTE);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	memset(bytes, '0', MEGABYTE);
	memcpy(bytes + MEGABYTE - 3, "400", 3);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	memset(bytes, '\n', MEGABYTE);
	memcpy(bytes, "400", 3);
	EXPECT_EQ(write_pid_max(space.id, bytes, MEGABYTE), -EINVAL);
	EXPECT_EQ(pid_max(space.id), 777);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_is_written_at_its_start)
{
	struct space space = space_of(0);
	int fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(pwrite(fd, "400", 3, 0), 3);
	EXPECT_EQ(pwrite(fd, "500", 3, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pid_max(space.id), 400);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_can_be_read_by_others)
{
	struct space space = space_of(0);

	EXPECT_EQ(set_pid_max(space.id, "777"), 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_TRUE(reads_as(CONTROL_PATH(space.id, "pid_max"), "777\n"));
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Each of these sees the /proc of the test, and is root. */
TEST(pid_max_cannot_be_written_by_those_in_the_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		long before = pid_max(id);

		CHECK(set_pid_max(id, "400") == -EPERM);
		if (fork_child())
			_exit(reap(2));
		CHECK(set_pid_max(id, "400") == -EPERM);
		CHECK(set_pid_max(id, "nonsense") == -EPERM);
		CHECK(pid_max(id) == before);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(pid_max_cannot_be_written_by_one_put_in_nor_by_a_sibling)
{
	struct space space = space_of(0);
	long before = pid_max(space.id);
	pid_t child = fork_into(open_ns(space.wid, "pid"));

	ASSERT_GE(child, 0);
	if (!child)
		_exit(set_pid_max(space.id, "400") == -EPERM ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	child = fork_space();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(set_pid_max(space.id, "400") == -EPERM ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	EXPECT_EQ(pid_max(space.id), before);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Nor by another hand that has it open for writing. */
TEST(pid_max_cannot_be_written_by_an_unprivileged_user)
{
	struct space space = space_of(0);
	long before = pid_max(space.id);
	int fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(set_pid_max(space.id, "400"), -EPERM);
	EXPECT_EQ(write(fd, "400", 3), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(pid_max(space.id), before);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_can_be_written_from_two_levels_above)
{
	unsigned long long nested;
	struct space space = space_with_nested(&nested);

	EXPECT_EQ(set_pid_max(nested, "400"), 0);
	EXPECT_EQ(pid_max(nested), 400);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_is_where_the_numbers_of_a_space_end)
{
	struct gate ready = gate_new(), go = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		mount_own_proc();
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "299"));
		child = fork_child();
		if (!child)
			stay();
		CHECK(child == 300);
		/* Those below 300 are not given again, as on Linux. */
		CHECK(fork() == -1 && errno == EAGAIN);
		CHECK(fork_as(0, TIDS(301)) == -1 && errno == EINVAL);
		gate_pass(&ready, 0);
		gate_wait(&go);
		child = fork_child();
		if (!child)
			_exit(7);
		CHECK(child == 301);
		_exit(reap(child));
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_pid_max(id, "301"), 0);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(set_pid_max(id, "302"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
}

TEST(pid_max_does_no_harm_to_those_beyond_it)
{
	struct gate ready = gate_new();
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_as(0, TIDS(4711));

		CHECK(child == 4711 || !child);
		if (child)
			gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_pid_max(id, "400"), 0);
	EXPECT_TRUE(lists(CONTROL_PATH(id, ""), TIDS(1, 4711)));
	EXPECT_TRUE(says(PAIR_STATUS(id, 4711), "Pid", "4711"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_of_a_space_that_is_gone_is_esrch)
{
	struct space space = space_of(0);
	char byte;
	int fd;

	fd = open(CONTROL_PATH(space.id, "pid_max"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	ASSERT_TRUE(is_gone_at_last(space.id));
	EXPECT_EQ(read(fd, &byte, 1), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(write(fd, "400", 3), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST_HARNESS_MAIN
