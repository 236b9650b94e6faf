// SPDX-License-Identifier: GPL-2.0
/*
 * The settings of a space: where its numbers go on, and where they end. Most of
 * this is tried in a nested space, where nobody else forks.
 *
 * model: Interface
 * model: Numbers
 */

#include "control.h"
#include "harness.h"

#include <sys/stat.h>

#define LAST_PID	"/proc/sys/kernel/ns_last_pid"
#define PID_MAX		"/proc/sys/kernel/pid_max"
#define MEMFD_NOEXEC	"/proc/sys/vm/memfd_noexec"

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
	IN(fork_space()) {
		CHECK(read_number(LAST_PID) == 1);
		CHECK(fork_and_reap() == 2);
		CHECK(read_number(LAST_PID) == 2);
	}
}

TEST(ns_last_pid_sets_the_next_number)
{
	IN(fork_space()) {
		CHECK(!write_value(LAST_PID, 999));
		CHECK(read_number(LAST_PID) == 999);
		CHECK(fork_and_reap() == 1000);
		CHECK(fork_and_reap() == 1001);
		/* And back. */
		CHECK(!write_value(LAST_PID, 1));
		CHECK(fork_and_reap() == 2);
	}
}

TEST(ns_last_pid_of_a_space_leaves_its_parent_alone)
{
	IN(fork_space()) {
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
	}
}

TEST(ns_last_pid_out_of_range_is_einval)
{
	IN(fork_space()) {
		long pid_max;

		mount_own_proc();
		pid_max = read_number(PID_MAX);
		CHECK(pid_max > WRAP);
		CHECK(write_value(LAST_PID, -1) == -EINVAL);
		CHECK(write_value(LAST_PID, pid_max + 1) == -EINVAL);
		CHECK(fork_and_reap() == 2);
	}
}

TEST(ns_last_pid_without_a_capability_is_eperm)
{
	IN(fork_space()) {
		CHECK(!setuid(65534));
		CHECK(write_value(LAST_PID, 999) == -EPERM);
		CHECK(read_number(LAST_PID) == 1);
	}
}

TEST(loadavg_ends_with_the_last_pid_of_the_space)
{
	IN(fork_space()) {
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
	}
}

TEST(numbers_wrap_to_300)
{
	IN(fork_space()) {
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
	}
}

TEST(pid_max_bounds_the_numbers_of_its_space)
{
	IN(fork_space()) {
		long least = least_pid_max();

		mount_own_proc();
		CHECK(!write_value(PID_MAX, least + 9));
		CHECK(read_number(PID_MAX) == least + 9);
		CHECK(!write_value(LAST_PID, least + 7));
		CHECK(fork_and_reap() == least + 8);
		CHECK(fork_and_reap() == WRAP);
	}
}

TEST(pid_max_of_a_space_leaves_its_parent_alone)
{
	IN(fork_space()) {
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
	}
}

TEST(pid_max_has_a_least_and_a_greatest_value)
{
	IN(fork_space()) {
		long least = least_pid_max();

		mount_own_proc();
		CHECK(write_value(PID_MAX, least - 1) == -EINVAL);
		CHECK(!write_value(PID_MAX, least));
		CHECK(write_value(PID_MAX, CEILING + 1) == -EINVAL);
		CHECK(read_number(PID_MAX) == least);
		CHECK(!write_value(PID_MAX, CEILING));
		CHECK(read_number(PID_MAX) == CEILING);
	}
}

TEST(a_space_can_have_numbers_up_to_the_ceiling)
{
	IN(fork_space()) {
		pid_t child;

		mount_own_proc();
		CHECK(!write_value(PID_MAX, CEILING));
		CHECK(!write_value(LAST_PID, CEILING - 2));
		child = fork_to_stay();
		CHECK(child == CEILING - 1);
		CHECK(!kill(child, 0));
		CHECK(fork_and_reap() == WRAP);
		CHECK(end(child) == BY_SIGNAL(SIGKILL));
	}
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
	IN(fork_space()) {
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
	}
}

/* After the first wrap those are not given any more, as on Linux. */
TEST(free_numbers_below_300_do_not_help_a_full_space)
{
	IN(fork_space()) {
		mount_own_proc();
		fill();
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		CHECK(fork_and_reap() == -1 && errno == EAGAIN);
		CHECK(!write_value(LAST_PID, 1));
		CHECK(fork_and_reap() == 2);
	}
}

/* A member has a number in its own space only, so it needs none above. */
TEST(a_full_space_does_not_hinder_the_one_below)
{
	struct gate go = gate_new();

	IN(fork_space()) {
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
	}
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

/*
 * Whose setting a descriptor is. All of this is on one mount.
 */

/* What a descriptor of a setting reads, or -errno. */
static long read_fd(int fd)
{
	char text[32] = {};
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	return length < 0 ? -errno : strtol(text, NULL, 10);
}

/* Write to one: 0 or -errno. */
static int write_fd(int fd, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return pwrite(fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

/* One in a namespace of its own that has opened its setting and lent it. */
struct lender {
	struct gate go;
	pid_t wid;
	int fd;
};

/* When it is told a value it looks whether that is its own. */
static struct lender lender_new(uint64_t kind, const char *path)
{
	struct lender lender = { gate_new() };
	int sock[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	lender.wid = fork_with(kind);
	CHECK(lender.wid >= 0);
	if (!lender.wid) {
		int fd = open(path, O_RDWR | O_CLOEXEC);
		long value;

		CHECK(fd >= 0);
		CHECK(!send_fd(sock[1], fd));
		value = gate_wait(&lender.go);
		_exit(read_number(path) != value);
	}
	lender.fd = receive_fd(sock[0]);
	CHECK(lender.fd >= 0);
	close(sock[0]);
	close(sock[1]);
	return lender;
}

/* Is this its value? It ends. */
static bool lender_has(struct lender *lender, long value)
{
	close(lender->fd);
	gate_pass(&lender->go, value);
	return !reap(lender->wid);
}

FIXTURE(setting) {
};

FIXTURE_VARIANT(setting) {
	uint64_t kind;
	const char *path;
	long value;
};

FIXTURE_VARIANT_ADD(setting, pid_max_of_a_pspace) {
	CLONE_NEWPSPACE, PID_MAX, 12345
};

FIXTURE_VARIANT_ADD(setting, pid_max_of_a_classic_namespace) {
	CLONE_NEWPID, PID_MAX, 12345
};

FIXTURE_VARIANT_ADD(setting, ns_last_pid_of_a_pspace) {
	CLONE_NEWPSPACE, LAST_PID, 999
};

FIXTURE_VARIANT_ADD(setting, ns_last_pid_of_a_classic_namespace) {
	CLONE_NEWPID, LAST_PID, 999
};

FIXTURE_VARIANT_ADD(setting, memfd_noexec_of_a_pspace) {
	CLONE_NEWPSPACE, MEMFD_NOEXEC, 1
};

FIXTURE_VARIANT_ADD(setting, memfd_noexec_of_a_classic_namespace) {
	CLONE_NEWPID, MEMFD_NOEXEC, 1
};

FIXTURE_SETUP(setting)
{
	if (access(variant->path, F_OK))
		SKIP(return, "%s is not in this kernel", variant->path);
}

FIXTURE_TEARDOWN(setting)
{
}

TEST_F(setting, outside_a_descriptor_reads_and_sets_the_value_inside)
{
	IN(fork_space()) {
		struct lender lender = lender_new(variant->kind, variant->path);
		long own = read_number(variant->path);

		CHECK(own != variant->value);
		CHECK(read_fd(lender.fd) != variant->value);
		CHECK(!write_fd(lender.fd, variant->value));
		CHECK(read_fd(lender.fd) == variant->value);
		CHECK(read_number(variant->path) == own);
		CHECK(lender_has(&lender, variant->value));
	}
}

/* So it is for who is root of the machine, and in no space. */
TEST_F(setting, in_the_root_a_descriptor_sets_the_value_inside)
{
	struct lender lender = lender_new(variant->kind, variant->path);
	int own = open(variant->path, O_RDONLY | O_CLOEXEC);
	long before = read_fd(own);

	ASSERT_GE(before, 0);
	ASSERT_EQ(write_fd(lender.fd, variant->value), 0);
	EXPECT_EQ(read_fd(lender.fd), variant->value);
	/* Others fork here. */
	if (strcmp(variant->path, LAST_PID))
		EXPECT_EQ(read_fd(own), before);
	EXPECT_TRUE(lender_has(&lender, variant->value));
}

/* As stderr of a program, say, which it opens once more by its name. */
TEST_F(setting, a_descriptor_that_is_opened_again_has_the_same_value)
{
	struct lender lender = lender_new(variant->kind, variant->path);
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", lender.fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(again, 0);
	ASSERT_EQ(write_fd(again, variant->value), 0);
	EXPECT_EQ(read_fd(again), variant->value);
	EXPECT_TRUE(lender_has(&lender, variant->value));
}

TEST_F(setting, inside_a_descriptor_from_outside_keeps_its_value)
{
	IN(fork_space()) {
		int fd = open(variant->path, O_RDWR | O_CLOEXEC);
		pid_t child;

		CHECK(fd >= 0);
		child = fork_with(variant->kind);
		CHECK(child >= 0);
		if (!child) {
			long own = read_number(variant->path);

			CHECK(own != variant->value);
			CHECK(!write_fd(fd, variant->value));
			CHECK(read_fd(fd) == variant->value);
			/* A scope holds for what is below, too. */
			if (strcmp(variant->path, MEMFD_NOEXEC))
				CHECK(read_number(variant->path) == own);
			_exit(7);
		}
		CHECK(reap(child) == 7);
		CHECK(read_fd(fd) == variant->value);
		CHECK(read_number(variant->path) == variant->value);
	}
}

TEST_F(setting, a_descriptor_is_enoent_when_the_namespace_is_gone)
{
	struct lender lender = lender_new(variant->kind, variant->path);

	ASSERT_EQ(end(lender.wid), BY_SIGNAL(SIGKILL));
	/* It goes away in the background. Who reads meanwhile does no harm. */
	AWAIT(read_fd(lender.fd) < 0);
	EXPECT_EQ(read_fd(lender.fd), -ENOENT);
	EXPECT_EQ(write_fd(lender.fd, variant->value), -ENOENT);
}

/* A space has none of this before somebody looks for it. */
TEST_F(setting, many_may_be_the_first_to_look_for_it)
{
	IN(fork_with(variant->kind)) {
		struct gate go = gate_new();
		int i;

		for (i = 0; i < 8; i++)
			if (!fork_child()) {
				close(go.fd[1]);
				CHECK(wait_for_hup(go.fd[0]));
				_exit(read_number(variant->path) < 0);
			}
		close(go.fd[1]);
		for (i = 0; i < 8; i++)
			CHECK(!reap(-1));
	}
}

/* The owner of an unprivileged user's space is he, and root's that of its own. */
TEST(the_file_of_each_space_has_an_owner_of_its_own)
{
	struct lender roots = lender_new(CLONE_NEWPSPACE, PID_MAX), users;
	struct stat status;
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		char map[64];

		CHECK(!setgid(NOBODY) && !setuid(NOBODY));
		CHECK(!prctl(PR_SET_DUMPABLE, 1));
		CHECK(!unshare(CLONE_NEWUSER));
		snprintf(map, sizeof(map), "0 %d 1", NOBODY);
		CHECK(!write_file("/proc/self/uid_map", map));
		users = lender_new(CLONE_NEWPSPACE, PID_MAX);
		/* As root of the user namespace it is 0, too. */
		CHECK(!fstat(users.fd, &status) && status.st_uid == 0);
		CHECK(!fstat(roots.fd, &status) && status.st_uid != 0);
		/* And it can write to its own. */
		CHECK(!write_fd(users.fd, 12345));
		CHECK(write_fd(roots.fd, 12345) == -EPERM);
		CHECK(lender_has(&users, 12345));
		_exit(0);
	}
	EXPECT_EQ(fstat(roots.fd, &status), 0);
	EXPECT_EQ(status.st_uid, 0);
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(roots.wid), BY_SIGNAL(SIGKILL));
}

TEST(pid_max_that_was_set_from_above_is_what_a_member_finds)
{
	struct gate go = gate_new();
	long least = least_pid_max();
	char text[32];
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		_exit(read_number(PID_MAX) != least);
	}
	snprintf(text, sizeof(text), "%ld", least);
	EXPECT_EQ(control(ns_id_of(wid, "pid"), "pid_max", text), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
