// SPDX-License-Identifier: GPL-2.0
/*
 * A number is no identity: members of different spaces may have the same, and what
 * the kernel does for one of them it must not do to the other.
 *
 * model: Numbers
 */

#include "tree.h"
#include <linux/io_uring.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "harness.h"

/* A number that the twins below have: one in the root, one in a space. */
#define TWIN 7777

static int file_new(void)
{
	char name[] = "/tmp/pspace-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!unlink(name));
	return fd;
}

/*
 * File locks
 */

/* What F_GETLK says of who keeps us from a lock; -1 if nobody does. */
static pid_t holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	CHECK(!fcntl(fd, F_GETLK, &lock));
	return lock.l_type == F_UNLCK ? -1 : lock.l_pid;
}

static void take_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	CHECK(!fcntl(fd, F_SETLK, &lock));
}

/* What /proc/locks says of who has one on a file: -1 for no line. */
static pid_t listed_holder(int fd)
{
	FILE *file = fopen("/proc/locks", "re");
	unsigned int major_nr, minor_nr;
	unsigned long long ino;
	struct stat status;
	char line[256];
	int nr, found = -1;

	CHECK(file && !fstat(fd, &status));
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %d %x:%x:%llu", &nr,
			   &major_nr, &minor_nr, &ino) == 4 &&
		    ino == status.st_ino)
			found = nr;
	fclose(file);
	return found;
}

/*
 * A space with a member of this number that holds a lock: its wid. Or what its init
 * has seen of that, as reap() says.
 */
static int space_with_holder(int fd, pid_t nr, void (*look)(int fd))
{
	struct gate locked = gate_new();
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		pid_t member = fork_as(0, TIDS(nr));

		CHECK(member >= 0);
		if (!member) {
			take_lock(fd);
			gate_pass(&locked, 0);
			stay();
		}
		if (!look)
			stay();
		gate_wait(&locked);
		mount_own_proc();
		look(fd);
		_exit(0);
	}
	if (look)
		return reap(wid);
	gate_wait(&locked);
	return wid;
}

TEST(a_lock_is_not_said_to_be_of_a_process_with_the_same_number)
{
	pid_t twin = idle_as(TWIN), wid;
	int fd = file_new();

	wid = space_with_holder(fd, TWIN, NULL);
	/* It has no number here. */
	EXPECT_EQ(holder(fd), 0);
	EXPECT_EQ(listed_holder(fd), -1);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(twin), BY_SIGNAL(SIGKILL));
}

static void see_the_member(int fd)
{
	CHECK(holder(fd) == TWIN);
	CHECK(listed_holder(fd) == TWIN);
}

TEST(a_lock_is_said_to_be_of_the_member_inside)
{
	EXPECT_EQ(space_with_holder(file_new(), TWIN, see_the_member), 0);
}

/* Whether or not a process of the root has that number. */
TEST(a_lock_is_said_to_be_of_the_member_beside_a_twin)
{
	pid_t twin = idle_as(TWIN);

	EXPECT_EQ(space_with_holder(file_new(), TWIN, see_the_member), 0);
	EXPECT_EQ(end(twin), BY_SIGNAL(SIGKILL));
}

/* One that has crossed the border has a number on both sides. */
TEST(a_lock_of_an_init_has_its_wid_outside)
{
	struct gate ready = gate_new();
	int fd = file_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child;

		take_lock(fd);
		child = fork_child();
		if (!child) {
			mount_own_proc();
			CHECK(holder(fd) == 1);
			CHECK(listed_holder(fd) == 1);
			_exit(0);
		}
		CHECK(reap(child) == 0);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(holder(fd), wid);
	EXPECT_EQ(listed_holder(fd), wid);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* In a classic namespace in a space: each has its number of it. */
TEST(a_lock_of_one_in_a_classic_namespace_has_a_number_in_each)
{
	struct gate ready = gate_new();
	int fd = file_new();

	IN(fork_space()) {
		pid_t classic;

		fd = file_new();
		classic = fork_with(CLONE_NEWPID);
		CHECK(classic >= 0);
		if (!classic) {
			pid_t child;

			take_lock(fd);
			child = fork_child();
			if (!child) {
				CHECK(holder(fd) == 1);
				_exit(0);
			}
			CHECK(reap(child) == 0);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		CHECK(holder(fd) == classic);
	}
}

/* What is in no space is as it was. */
TEST(a_lock_in_the_root_is_said_to_be_of_its_holder)
{
	struct gate ready = gate_new();
	int fd = file_new();
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		take_lock(fd);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(holder(fd), child);
	EXPECT_EQ(listed_holder(fd), child);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

/* The directory of a process has the numbers of its space. */
TEST(a_lock_has_the_number_of_the_space_in_its_directory)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();
	char line[128];
	uint64_t id;
	int fd, nr;

	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_child()) {
			fd = file_new();
			take_lock(fd);
			gate_pass(&ready, fd);
			stay();
		}
		stay();
	}
	fd = gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	ASSERT_TRUE(read_line(PAIR_PATH(id, 2, TEXT("fdinfo/%d", fd)), "lock:\t",
			      line, sizeof(line)));
	nr = sscanf(line, "%*s %*s %*s %*s %d", &nr) == 1 ? nr : -1;
	EXPECT_EQ(nr, 2);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * io_uring
 */

static int ring_new(int attached_to)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SQPOLL,
		.sq_thread_idle = 1000,
	};
	int ring;

	if (attached_to >= 0) {
		params.flags |= IORING_SETUP_ATTACH_WQ;
		params.wq_fd = attached_to;
	}
	ring = syscall(SYS_io_uring_setup, 4, &params);
	CHECK(ring >= 0);
	return ring;
}

/* How many threads a process has, those that poll for rings included. */
static int threads(void)
{
	char line[64];

	CHECK(read_line("/proc/self/status", "Threads:\t", line, sizeof(line)));
	return atoi(line);
}

TEST(a_ring_is_attached_to_one_of_the_same_process)
{
	int ring;

	ASSERT_EQ(threads(), 1);
	ring = ring_new(-1);
	EXPECT_EQ(threads(), 2);
	ring_new(ring);
	EXPECT_EQ(threads(), 2);
}

/* It is refused, and the ring has a thread of its own. */
TEST(a_ring_is_not_attached_to_one_of_another_process)
{
	int ring = ring_new(-1);

	IN(fork()) {
		ring_new(ring);
		CHECK(threads() == 2);
	}
}

/* Nor if that has the same number. Its thread would have done our I/O. */
TEST(a_ring_is_not_attached_to_one_of_a_process_with_the_same_number)
{
	int ring;
	pid_t wid;

	IN(fork_as(0, TIDS(TWIN))) {
		ring = ring_new(-1);
		CHECK(threads() == 2);
		/* A member of the space inherits the ring. */
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			pid_t member = fork_as(0, TIDS(TWIN));

			CHECK(member >= 0);
			if (!member) {
				mount_own_proc();
				CHECK(getpid() == TWIN);
				ring_new(ring);
				CHECK(threads() == 2);
				_exit(0);
			}
			_exit(reap(member));
		}
		CHECK(!reap(wid));
	}
}

/* What polls for a ring, as the directory of its process says. */
TEST(the_thread_of_a_ring_has_the_number_of_its_space)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();
	char line[64];
	uint64_t id;
	int ring, nr;

	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_child()) {
			gate_pass(&ready, ring_new(-1));
			stay();
		}
		stay();
	}
	ring = gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	/* It may be busy, and is not told then. */
	AWAIT(read_line(PAIR_PATH(id, 2, TEXT("fdinfo/%d", ring)),
			"SqThread:\t", line, sizeof(line)) &&
	      (nr = atoi(line)) >= 0);
	EXPECT_EQ(access(PAIR_PATH(id, 2, TEXT("task/%d", nr)), F_OK), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * Core dumps
 */

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

/* Have a child with these numbers dump core. */
static bool crashes(const pid_t *tids, size_t count)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	pid_t child = fork_as(0, tids, count);

	CHECK(child >= 0);
	if (!child) {
		CHECK(!setrlimit(RLIMIT_CORE, &core));
		abort();
	}
	return reap(child) == BY_SIGNAL(SIGABRT);
}

static bool takes_away(const char *path)
{
	if (!unlink(path))
		return true;
	dprintf(2, "# there is no %s\n", path);
	return false;
}

/* Not to the number of the process that has it in the root. */
TEST(a_core_is_named_by_the_pair)
{
	char pattern[128];
	struct gate id = gate_new();

	ASSERT_TRUE(read_line(CORE_PATTERN, "", pattern, sizeof(pattern)));
	ASSERT_EQ(write_file(CORE_PATTERN, "/tmp/core.%P.%I.%p.%N"), 0);
	IN(fork_space()) {
		gate_pass(&id, ns_id(own_ns()));
		CHECK(crashes(TIDS(TWIN)));
	}
	EXPECT_TRUE(takes_away(TEXT("/tmp/core.0.0.%d.%d:%d", TWIN,
				    gate_wait(&id), TWIN)));
	EXPECT_TRUE(crashes(TIDS(TWIN)));
	EXPECT_TRUE(takes_away(TEXT("/tmp/core.%d.%d.%d.%d:%d", TWIN, TWIN,
				    TWIN, ROOT_ID, TWIN)));
	EXPECT_EQ(write_file(CORE_PATTERN, pattern), 0);
}

/* In a classic namespace it has a number for each; what counts is the pspace's. */
TEST(a_core_of_one_in_a_classic_namespace_has_the_number_of_the_pspace)
{
	char pattern[128];

	ASSERT_TRUE(read_line(CORE_PATTERN, "", pattern, sizeof(pattern)));
	ASSERT_EQ(write_file(CORE_PATTERN, "/tmp/core.%P.%p.%N"), 0);
	IN(fork_with(CLONE_NEWPID)) {
		CHECK(crashes(TIDS(5, TWIN)));
	}
	EXPECT_TRUE(takes_away(TEXT("/tmp/core.%d.5.%d:%d", TWIN, ROOT_ID,
				    TWIN)));
	EXPECT_EQ(write_file(CORE_PATTERN, pattern), 0);
}

/*
 * Control groups
 */

/* A group of the test's, with the two files that list what is in it. */
FIXTURE(cgroup)
{
	struct cgroup group, other;
	char procs[64], pairs[64];
};

FIXTURE_SETUP(cgroup)
{
	self->group = cgroup_new();
	self->other = self->group;
	snprintf(self->other.path, sizeof(self->other.path), "%s",
		 CGROUPS "/pspace-other");
	ASSERT_EQ(mkdir(self->other.path, 0755), 0);
	snprintf(self->procs, sizeof(self->procs), "%s/cgroup.procs",
		 self->group.path);
	snprintf(self->pairs, sizeof(self->pairs), "%s/cgroup.pairs",
		 self->group.path);
}

FIXTURE_TEARDOWN(cgroup)
{
	cgroup_remove(&self->group);
	cgroup_remove(&self->other);
}

/* A space whose members 2, and so on, are in a group and its init is not. */
static struct space space_in(const struct cgroup *group, int members)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		for (; members; members--) {
			if (fork_child())
				continue;
			cgroup_enter(group);
			gate_pass(&ready, 0);
			stay();
		}
		gate_pass(&ready, ns_id(own_ns()));
		stay();
	}
	for (space.id = 0; members >= 0; members--)
		space.id += gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
	return space;
}

/* How many lines a file has, and whether this is one of them. */
static int lines_of(const char *path, const char *line, bool *found)
{
	char *text = read_text(path), *rest = text, *next;
	int count = 0;

	*found = false;
	while ((next = strsep(&rest, "\n")) && *next) {
		*found |= !strcmp(next, line);
		count++;
	}
	free(text);
	return count;
}

static bool has_lines(const char *path, int count, const char *line)
{
	bool found;
	int lines = lines_of(path, line, &found);

	if (lines == count && found == !!count)
		return true;
	dprintf(2, "# %s has %d lines, and %s%s\n", path, lines, line,
		found ? "" : " is not in it");
	return false;
}

TEST_F(cgroup, of_a_member_has_no_number_outside_but_a_pair)
{
	struct space space = space_in(&self->group, 2);

	EXPECT_TRUE(has_lines(self->procs, 0, "0"));
	EXPECT_TRUE(has_lines(self->pairs, 2, TEXT("%llu:2", space.id)));
	EXPECT_TRUE(has_lines(self->pairs, 2, TEXT("%llu:3", space.id)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(cgroup, lists_all_of_its_processes_by_their_pairs)
{
	struct space space = space_in(&self->group, 1);
	char text[32];

	snprintf(text, sizeof(text), "%d", space.wid);
	ASSERT_EQ(cgroup_set(&self->group, "cgroup.procs", text), 0);
	cgroup_enter(&self->group);
	EXPECT_TRUE(has_lines(self->procs, 2, text));
	EXPECT_TRUE(has_lines(self->procs, 2, TEXT("%d", getpid())));
	EXPECT_TRUE(has_lines(self->pairs, 3, TEXT("%llu:1", space.id)));
	EXPECT_TRUE(has_lines(self->pairs, 3, TEXT("%llu:2", space.id)));
	EXPECT_TRUE(has_lines(self->pairs, 3,
			      TEXT("%d:%d", ROOT_ID, getpid())));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	cgroup_enter(&self->other);
	ASSERT_EQ(write_file(CGROUPS "/cgroup.procs", "0"), 0);
}

TEST_F(cgroup, moves_a_member_by_its_pair)
{
	struct space space = space_in(&self->group, 2);

	EXPECT_EQ(cgroup_set(&self->other, "cgroup.procs",
			     TEXT("%llu:3\n", space.id)), 0);
	EXPECT_TRUE(has_lines(self->pairs, 1, TEXT("%llu:2", space.id)));
	EXPECT_TRUE(has_lines(TEXT("%s/cgroup.pairs", self->other.path), 1,
			      TEXT("%llu:3", space.id)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The pair of one that has a number here, too. */
TEST_F(cgroup, moves_one_of_the_root_by_its_pair)
{
	EXPECT_EQ(cgroup_set(&self->group, "cgroup.procs",
			     TEXT("%d:%d", ROOT_ID, getpid())), 0);
	EXPECT_TRUE(has_lines(self->procs, 1, TEXT("%d", getpid())));
	EXPECT_EQ(write_file(CGROUPS "/cgroup.procs", "0"), 0);
}

TEST_F(cgroup, refuses_what_is_no_pair)
{
	static const char *const texts[] = {
		":", "1:", ":1", "::", "x:1", "1:x", "-1:1", "1:-1", "1:0",
		"4:1:", "4:1:1", "4 :1", "4: 1", "4:1 1", "4:0x1",
		"99999999999999999999:1", "4:99999999999",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT_EQ(cgroup_set(&self->group, "cgroup.procs", texts[i]),
			  -EINVAL)
			TH_LOG("%s", texts[i]);
	EXPECT_TRUE(has_lines(self->pairs, 0, ""));
}

TEST_F(cgroup, finds_nobody_who_is_not_there)
{
	struct space space = space_in(&self->group, 1);
	uint64_t mnt = ns_id_of(getpid(), "mnt");

	EXPECT_EQ(cgroup_set(&self->other, "cgroup.procs",
			     TEXT("%llu:9", space.id)), -ESRCH);
	EXPECT_EQ(cgroup_set(&self->other, "cgroup.procs", "1:1"), -ESRCH);
	EXPECT_EQ(cgroup_set(&self->other, "cgroup.procs",
			     TEXT("%llu:1", (unsigned long long)mnt)), -ESRCH);
	EXPECT_TRUE(has_lines(self->pairs, 1, TEXT("%llu:2", space.id)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* Who is inside lists its own, and finds nobody above or beside. */
TEST_F(cgroup, shows_and_moves_nobody_outside)
{
	struct space beside = space_in(&self->group, 1);
	pid_t outside = fork(), wid;

	ASSERT_GE(outside, 0);
	if (!outside) {
		cgroup_enter(&self->group);
		stay();
	}
	AWAIT(has_lines(self->procs, 1, TEXT("%d", outside)));
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		CHECK(has_lines(self->procs, 0, "0"));
		CHECK(has_lines(self->pairs, 0, "0"));
		CHECK(cgroup_set(&self->other, "cgroup.procs",
				 TEXT("%llu:2", beside.id)) == -ESRCH);
		CHECK(cgroup_set(&self->other, "cgroup.procs",
				 TEXT("%d:%d", ROOT_ID, outside)) == -ESRCH);
		cgroup_enter(&self->group);
		CHECK(has_lines(self->procs, 1, "1"));
		CHECK(has_lines(self->pairs, 1,
				TEXT("%llu:1", (unsigned long long)id)));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(outside), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(beside.wid), BY_SIGNAL(SIGKILL));
}

/* To see is not to move. */
TEST_F(cgroup, shows_those_above_to_half_isolation_but_does_not_move_them)
{
	struct gate go = gate_new();
	pid_t outside = fork(), wid;

	ASSERT_GE(outside, 0);
	if (!outside) {
		cgroup_enter(&self->group);
		stay();
	}
	AWAIT(has_lines(self->procs, 1, TEXT("%d", outside)));
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		const char *pair = TEXT("%d:%d", ROOT_ID, outside);

		gate_wait(&go);
		CHECK(has_lines(self->procs, 0, "0"));
		CHECK(has_lines(self->pairs, 1, pair));
		CHECK(cgroup_set(&self->other, "cgroup.procs", pair) == -ESRCH);
		_exit(0);
	}
	ASSERT_EQ(set_isolation(ns_id_of(wid, "pid"), "half"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(outside), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
