// SPDX-License-Identifier: GPL-2.0
/*
 * What of /proc/pspace depends on whose mount it is and who reads it, as self does.
 *
 * model: /proc/pspace
 */

#include "tree.h"
#include <grp.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <time.h>
#include "harness.h"

#define OTHER		65533

/*
 * Whose mount it is.
 */

TEST(from_inside_its_own_and_nested_spaces_are_shown)
{
	IN(fork_space()) {
		unsigned long long id = ns_id(own_ns()), nested;
		struct space space;

		mount_own_proc();
		add_children(1);
		space = space_with_nested(&nested);
		CHECK(space.wid == 3);
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(id, 1), "NSpid", "1"));
		CHECK(says(PAIR_STATUS(id, 3), "NSpid", "3\t1"));
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(space.id, 2), "PPid", "1"));
		CHECK(lists(CONTROL_PATH(nested, ""), TIDS(1, 2)));
		CHECK(says(PAIR_STATUS(nested, 2), "NSpid", "2"));
	}
}

TEST(from_inside_the_spaces_above_and_beside_are_enoent)
{
	struct space sibling = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t outer = ns_id(own_ns());
		struct space beside = space_of(1);
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			struct listing spaces;

			mount_own_proc();
			CHECK(!is_missing(PAIR_STATUS(ns_id(own_ns()), 1)));
			CHECK(is_missing(CONTROL_PATH(outer, "")));
			CHECK(is_missing(PAIR_STATUS(outer, 1)));
			CHECK(is_missing(PAIR_STATUS(beside.id, 1)));
			CHECK(is_missing(PAIR_STATUS(sibling.id, 1)));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
			CHECK(is_missing(PAIR_STATUS(ROOT_ID, 1)));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "policy")));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "kill")));
			CHECK(is_missing(CONTROL_PATH(ROOT_ID, "pid_max")));
			spaces = list("/proc/pspace");
			CHECK(spaces.count == 1);
			_exit(7);
		}
		_exit(reap(inner));
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

/* Not who reads it. */
TEST(through_a_mount_from_outside_a_member_sees_what_is_to_be_seen_there)
{
	struct space sibling = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		CHECK(says(PAIR_STATUS(id, 1), "Pid", "1"));
		CHECK(says(PAIR_STATUS(sibling.id, 2), "PPid", "1"));
		CHECK(says(PAIR_STATUS(ROOT_ID, 1), "Pid", "1"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

TEST(in_the_mount_of_a_classic_namespace_the_spaces_below_are_shown)
{
	struct space sibling = space_of(0);
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic) {
		struct space space = space_of(1);

		mount_own_proc();
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2)));
		CHECK(says(PAIR_STATUS(space.id, 2), "NSpid", "2"));
		CHECK(says(PAIR_STATUS(space.id, 1), "NSpid", "1"));
		CHECK(is_missing(CONTROL_PATH(sibling.id, "")));
		CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
		_exit(7);
	}
	EXPECT_EQ(reap(classic), 7);
	EXPECT_EQ(end(sibling.wid), BY_SIGNAL(SIGKILL));
}

/* A space of root's, whose member 3 is NOBODY's. */
static struct space mixed_space(void)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		add_children(1);
		if (!fork_child()) {
			become(NOBODY);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

TEST(hidepid_hides_the_processes_of_other_users)
{
	struct space space = mixed_space();

	IN(fork()) {
		mount_proc_with("hidepid=invisible");
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(3)));
		CHECK(is_missing(PAIR_PATH(space.id, 1, "")));
		CHECK(is_missing(PAIR_STATUS(space.id, 2)));
		CHECK(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
		CHECK(is_missing(PAIR_STATUS(ROOT_ID, 1)));
		CHECK(is_missing(PAIR_STATUS(ROOT_ID, space.wid)));
		CHECK(says(PAIR_STATUS(ROOT_ID, getpid()), "Pid",
			   TEXT("%d", getpid())));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_nothing_from_its_group)
{
	struct space space = mixed_space();

	IN(fork()) {
		gid_t group = OTHER;

		mount_proc_with(TEXT("hidepid=invisible,gid=%d", OTHER));
		CHECK(!setgroups(1, &group));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(space.id, 2), "Pid", "2"));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_noaccess_closes_the_directories_of_other_users)
{
	struct space space = mixed_space();

	IN(fork()) {
		mount_proc_with("hidepid=noaccess");
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		CHECK(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3)));
		CHECK(open(PAIR_STATUS(space.id, 2), O_RDONLY) == -1);
		CHECK(errno == EPERM);
		CHECK(says(PAIR_STATUS(space.id, 3), "Pid", "3"));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(a_mount_of_processes_only_has_no_pspace)
{
	struct space space = space_of(0);

	IN(fork()) {
		mount_proc_with("subset=pid");
		CHECK(is_missing("/proc/pspace"));
		CHECK(is_missing(PAIR_STATUS(space.id, 1)));
		CHECK(says(TEXT("/proc/%d/status", space.wid), "Pid",
			   TEXT("%d", space.wid)));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(an_unprivileged_user_sees_his_own_space_and_those_nested_in_it)
{
	pid_t wid;

	ASSERT_EQ(setgroups(0, NULL), 0);
	become(NOBODY);
	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());
		struct space nested;

		if (fork_child())
			_exit(reap(2));
		mount_own_proc();
		nested = space_of(2);
		CHECK(nested.wid == 3);
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(id, 2), "Pid", "2"));
		CHECK(says(PAIR_STATUS(id, 3), "NSpid", "3\t1"));
		CHECK(lists(CONTROL_PATH(nested.id, ""), TIDS(1, 2, 3)));
		CHECK(says(PAIR_STATUS(nested.id, 2), "PPid", "1"));
		CHECK(ns_id(open(PAIR_PATH(nested.id, 2, "ns/pid"),
				 O_RDONLY | O_CLOEXEC)) == nested.id);
		CHECK(is_missing(CONTROL_PATH(ROOT_ID, "")));
		CHECK(!control(nested.id, "pid_max", "1000"));
		CHECK(read_number(CONTROL_PATH(nested.id, "pid_max")) == 1000);
		CHECK(control(id, "pid_max", "1000") == -EPERM);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* To look is not to mount. */
TEST(nothing_is_mounted_by_looking)
{
	char *before = read_text("/proc/self/mounts");
	struct space space = space_of(3);
	char *text;

	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3, 4)));
	EXPECT_TRUE(says(PAIR_STATUS(space.id, 2), "Pid", "2"));
	EXPECT_TRUE(says("/proc/pspace/self/status", "Pid",
			 TEXT("%d", getpid())));
	text = read_text("/proc/self/pspace/3/stat");
	EXPECT_EQ(atoi(text), 3);
	EXPECT_TRUE(reads_as("/proc/self/mounts", before));
	EXPECT_TRUE(reads_as(PAIR_PATH(space.id, 1, "mounts"), before));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	EXPECT_TRUE(reads_as("/proc/self/mounts", before));
}

/*
 * /proc/pspace/self
 */

#define SELF "/proc/pspace/self"

static bool leads_to(const char *path, uint64_t id, pid_t nr)
{
	const char *target = TEXT("%llu/%d", (unsigned long long)id, nr);

	if (strcmp(LINK(path), target))
		dprintf(2, "# %s leads to %s, not %s\n", path, LINK(path),
			target);
	return !strcmp(LINK(path), target);
}

TEST(self_is_the_readers_pair)
{
	EXPECT_TRUE(leads_to(SELF, ROOT_ID, getpid()));
	EXPECT_TRUE(says(SELF "/status", "Pid", TEXT("%d", getpid())));
	EXPECT_EQ(times_listed("/proc/pspace", "self", DT_LNK), 1);
}

static void *read_self(void *self)
{
	CHECK(syscall(SYS_gettid) != getpid());
	*(bool *)self = leads_to(SELF, ROOT_ID, getpid());
	return NULL;
}

TEST(self_is_the_process_for_a_thread_too)
{
	bool is_process = false;
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, read_self, &is_process), 0);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	EXPECT_TRUE(is_process);
}

TEST(self_is_the_pair_inside_in_any_mount)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		uint64_t id = ns_id(own_ns());

		if (fork_child())
			_exit(reap(2));
		/* That of the test. */
		CHECK(leads_to(SELF, id, 2));
		CHECK(says(SELF "/status", "Pid", "2"));
		CHECK(says(SELF "/status", "PPid", "1"));
		mount_own_proc();
		CHECK(leads_to(SELF, id, 2));
		CHECK(says(SELF "/status", "Pid", "2"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* It may have a number elsewhere too. */
TEST(self_is_the_pair_of_an_init_and_of_one_put_in)
{
	struct space space = space_of(0);
	pid_t child = fork_into(open_ns(space.wid, "pid")), wid;

	ASSERT_GE(child, 0);
	if (!child)
		_exit(leads_to(SELF, space.id, 2) ? 7 : 1);
	EXPECT_EQ(reap(child), 7);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(leads_to(SELF, ns_id(own_ns()), 1) ? 7 : 1);
	EXPECT_EQ(reap(wid), 7);
}

TEST(self_in_a_classic_namespace_is_the_pair_of_the_space_around_it)
{
	struct gate number = gate_new();
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		_exit(leads_to(SELF, ROOT_ID, gate_wait(&number)) ? 7 : 1);
	gate_pass(&number, classic);
	EXPECT_EQ(reap(classic), 7);
}

TEST(self_is_enoent_in_a_mount_of_a_space_below)
{
	struct gate ready = gate_new();
	const char *path;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	path = TEXT("/proc/%d/root" SELF, wid);
	EXPECT_EQ(readlink(path, (char[8]) { 0 }, 8), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(open(path, O_RDONLY | O_CLOEXEC), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * The files of a space are not in the way of its processes, nor they of them.
 */

TEST(the_policy_can_be_set_as_ever)
{
	struct space space = space_of(5);

	EXPECT_EQ(set_policy(space.id, "auto"), 0);
	EXPECT_TRUE(policy_is(space.id, "auto"));
	EXPECT_EQ(set_policy(space.id, "manual"), -EINVAL);
	EXPECT_TRUE(policy_is(space.id, "auto"));
	EXPECT_EQ(control(space.id, "kill", "2"), -EINVAL);
	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2, 3, 4, 5, 6)));
	EXPECT_EQ(control(space.id, "kill", "1"), 0);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(nothing_can_be_created_or_removed)
{
	struct space space = space_of(1);

	EXPECT_EQ(open(CONTROL_PATH(space.id, "new"),
		       O_RDWR | O_CREAT | O_CLOEXEC, 0644), -1);
	EXPECT_EQ(mkdir(CONTROL_PATH(space.id, "7"), 0755), -1);
	EXPECT_EQ(rmdir(PAIR_PATH(space.id, 2, "")), -1);
	EXPECT_EQ(unlink(CONTROL_PATH(space.id, "pid_max")), -1);
	EXPECT_TRUE(lists(CONTROL_PATH(space.id, ""), TIDS(1, 2)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
