// SPDX-License-Identifier: GPL-2.0
/*
 * What a procfs shows that is mounted in a space: the numbers of that space.
 *
 * model: Numbers
 */

#include "tree.h"
#include "harness.h"

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
			struct row row;
			char link[64];

			CHECK(readlink("/proc/self", link, sizeof(link)) == -1);
			CHECK(errno == ENOENT);
			CHECK(readlink("/proc/thread-self", link,
				       sizeof(link)) == -1);
			CHECK(errno == ENOENT);
			/* But the list can be read. */
			CHECK(space_row(ns_id(own_ns()), &row));
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

TEST_HARNESS_MAIN
