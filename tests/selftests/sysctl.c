// SPDX-License-Identifier: GPL-2.0
/*
 * The settings of a space: where its numbers go on, and where they end. Most of
 * this is tried in a nested space, where nobody else forks.
 */

#include "space.h"
#include "harness.h"

#define LAST_PID	"/proc/sys/kernel/ns_last_pid"
#define PID_MAX		"/proc/sys/kernel/pid_max"

/* The first number after a wrap. */
#define WRAP		300
#define CEILING		4194304

static int write_value(const char *path, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return write_file(path, text);
}

static pid_t fork_to_stay(void)
{
	pid_t pid = fork();

	if (!pid)
		stay();
	return pid;
}

/* The least that pid_max can be. */
static long least_pid_max(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	int first, last;
	long least;

	CHECK(file);
	switch (fscanf(file, "%d-%d", &first, &last)) {
	case 1:
		last = first;
		break;
	case 2:
		break;
	default:
		CHECK(!"a range");
	}
	fclose(file);
	least = 8 * (last + 1);
	return least > WRAP + 1 ? least : WRAP + 1;
}

/* The last field of /proc/loadavg, of whichever mount. */
static long loadavg_last(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	long last = -1;

	CHECK(file);
	CHECK(fscanf(file, "%*s %*s %*s %*s %ld", &last) == 1);
	fclose(file);
	return last;
}

TEST(the_last_pid_of_a_new_space_is_1)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(read_number(LAST_PID) == 1);
		CHECK(fork_and_reap() == 2);
		CHECK(read_number(LAST_PID) == 2);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(ns_last_pid_sets_the_next_number)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!write_value(LAST_PID, 999));
		CHECK(read_number(LAST_PID) == 999);
		CHECK(fork_and_reap() == 1000);
		CHECK(fork_and_reap() == 1001);
		/* And back. */
		CHECK(!write_value(LAST_PID, 1));
		CHECK(fork_and_reap() == 2);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(ns_last_pid_of_a_space_leaves_its_parent_alone)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			CHECK(!write_value(LAST_PID, 999));
			CHECK(fork_and_reap() == 1000);
			_exit(0);
		}
		CHECK(nested == 2);
		CHECK(!reap(nested));
		CHECK(read_number(LAST_PID) == 2);
		CHECK(fork_and_reap() == 3);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(ns_last_pid_out_of_range_is_einval)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		long pid_max;

		mount_own_proc();
		pid_max = read_number(PID_MAX);
		CHECK(pid_max > WRAP);
		CHECK(write_value(LAST_PID, -1) == -EINVAL);
		CHECK(write_value(LAST_PID, pid_max + 1) == -EINVAL);
		CHECK(fork_and_reap() == 2);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(ns_last_pid_without_a_capability_is_eperm)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!setuid(65534));
		CHECK(write_value(LAST_PID, 999) == -EPERM);
		CHECK(read_number(LAST_PID) == 1);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(loadavg_ends_with_the_last_pid_of_the_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested;

		CHECK(loadavg_last() == 1);
		CHECK(!write_value(LAST_PID, 998));
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			CHECK(loadavg_last() == 1);
			CHECK(fork_and_reap() == 2);
			CHECK(loadavg_last() == 2);
			_exit(0);
		}
		CHECK(nested == 999);
		CHECK(!reap(nested));
		CHECK(loadavg_last() == 999);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(numbers_wrap_to_300)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;
		long pid_max;

		mount_own_proc();
		pid_max = read_number(PID_MAX);
		CHECK(pid_max > WRAP);
		CHECK(!write_value(LAST_PID, pid_max - 2));
		CHECK(fork_and_reap() == pid_max - 1);
		child = fork_to_stay();
		CHECK(child == WRAP);

		/* Once more: that one is taken now. */
		CHECK(!write_value(LAST_PID, pid_max - 2));
		CHECK(fork_and_reap() == pid_max - 1);
		CHECK(fork_and_reap() == WRAP + 1);
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(pid_max_bounds_the_numbers_of_its_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		long least = least_pid_max();

		mount_own_proc();
		CHECK(!write_value(PID_MAX, least + 9));
		CHECK(read_number(PID_MAX) == least + 9);
		CHECK(!write_value(LAST_PID, least + 7));
		CHECK(fork_and_reap() == least + 8);
		CHECK(fork_and_reap() == WRAP);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(pid_max_of_a_space_leaves_its_parent_alone)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		long before, least = least_pid_max();
		pid_t nested;

		mount_own_proc();
		before = read_number(PID_MAX);
		CHECK(before > least);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			mount_own_proc();
			CHECK(!write_value(PID_MAX, least));
			CHECK(read_number(PID_MAX) == least);
			_exit(0);
		}
		CHECK(!reap(nested));
		CHECK(read_number(PID_MAX) == before);
		CHECK(!write_value(LAST_PID, before - 2));
		CHECK(fork_and_reap() == before - 1);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(pid_max_has_a_least_and_a_greatest_value)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		long least = least_pid_max();

		mount_own_proc();
		CHECK(write_value(PID_MAX, least - 1) == -EINVAL);
		CHECK(!write_value(PID_MAX, least));
		CHECK(write_value(PID_MAX, CEILING + 1) == -EINVAL);
		CHECK(read_number(PID_MAX) == least);
		CHECK(!write_value(PID_MAX, CEILING));
		CHECK(read_number(PID_MAX) == CEILING);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(a_space_can_have_numbers_up_to_the_ceiling)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		mount_own_proc();
		CHECK(!write_value(PID_MAX, CEILING));
		CHECK(!write_value(LAST_PID, CEILING - 2));
		child = fork_to_stay();
		CHECK(child == CEILING - 1);
		CHECK(!kill(child, 0));
		CHECK(fork_and_reap() == WRAP);
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* Fill a space whose pid_max is the least, and return the highest number. */
static long fill(void)
{
	long least = least_pid_max(), nr;

	CHECK(!write_value(PID_MAX, least));
	for (nr = 2; nr < least; nr++)
		CHECK(fork_to_stay() == nr);
	return least - 1;
}

TEST(a_full_space_is_eagain)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		long last;

		mount_own_proc();
		last = fill();
		CHECK(fork_and_reap() == -1 && errno == EAGAIN);
		CHECK(fork_with(CLONE_NEWPSPACE) == -1 && errno == EAGAIN);

		/* Room for one is enough. */
		CHECK(end(last) == BY_SIGNAL(SIGKILL));
		CHECK(fork_and_reap() == last);
		CHECK(!write_value(PID_MAX, last + 2));
		CHECK(fork_and_reap() == last + 1);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* After the first wrap those are not given any more, as on Linux. */
TEST(free_numbers_below_300_do_not_help_a_full_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		fill();
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		CHECK(fork_and_reap() == -1 && errno == EAGAIN);
		CHECK(!write_value(LAST_PID, 1));
		CHECK(fork_and_reap() == 2);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* A member has a number in its own space only, so it needs none above. */
TEST(a_full_space_does_not_hinder_the_one_below)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();
		long nr;

		CHECK(nested >= 0);
		if (!nested) {
			nr = gate_wait(&go);
			CHECK(fork_and_reap() == 2);
			/* Not bounded by the pid_max above either. */
			CHECK(!write_value(LAST_PID, nr + 99));
			CHECK(fork_and_reap() == nr + 100);
			_exit(7);
		}
		CHECK(nested == 2);
		mount_own_proc();
		CHECK(!write_value(PID_MAX, least_pid_max()));
		for (nr = 3; nr < least_pid_max(); nr++)
			CHECK(fork_to_stay() == nr);
		CHECK(fork_and_reap() == -1 && errno == EAGAIN);
		gate_pass(&go, nr);
		CHECK(reap(nested) == 7);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* Nor the other way round: the wid comes from above, the 1 from the space. */
TEST(a_full_space_does_not_hinder_the_one_above)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			mount_own_proc();
			fill();
			CHECK(fork_and_reap() == -1 && errno == EAGAIN);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		CHECK(fork_and_reap() == 3);
		CHECK(end(nested) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
