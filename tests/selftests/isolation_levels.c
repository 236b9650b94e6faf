// SPDX-License-Identifier: GPL-2.0
/*
 * Half isolation over several levels, beside classic pid namespaces, while it changes,
 * and who may set it.
 *
 * model: Isolation
 * model: Who may
 */

#include "isolation.h"

/*
 * Several levels, and classic pid namespaces
 */

static void see_b_only_in_b(void)
{
	CHECK(spaces_in_proc() == 1);
	CHECK(shows_space(zoo->b));
}

static void see_up_to_the_root_in_b(void)
{
	struct row row;
	int ns, pidfd;
	struct pidfd_info info;

	CHECK(spaces_in_proc() == 3);
	CHECK(shows_space(ROOT_ID));
	CHECK(shows_space(zoo->a));
	CHECK(!shows_space(zoo->s));
	CHECK(task_row(ROOT_ID, 1, &row));
	CHECK(row_is(&row, TASK_PATH, "-"));
	CHECK(task_row(zoo->a, 1, &row));
	CHECK(row_is(&row, TASK_PPSPACE, TEXT("%d", ROOT_ID)));
	CHECK(space_row(ROOT_ID, &row));
	CHECK(space_row(zoo->a, &row));
	CHECK(row_is(&row, SPACE_PARENT, TEXT("%d", ROOT_ID)));
	ns = open_ns_of(ROOT_ID, 1);
	CHECK(ns >= 0);
	pidfd = open_pair(ns, 1);
	CHECK(pidfd >= 0);
	CHECK(!get_pair(pidfd, &info));
	CHECK(info.pspace_id == ROOT_ID && info.pspace_pid == 1 && !info.pid);
	CHECK(send_to(pidfd, 0) == 0);
	/* But the root is no pspace otherwise. */
	CHECK(ioctl(ns, PSPACE_KILL) == -1 && errno == ENOTTY);
}

TEST(half_of_two_levels_reaches_the_root)
{
	pid_t wid = zoo_new(see_up_to_the_root_in_b);

	ASSERT_EQ(set_isolation(zoo->a, "half"), 0);
	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

/* The one in between is half, but it is not for B to see. */
TEST(full_below_half_sees_nothing)
{
	pid_t wid = zoo_new(see_b_only_in_b);

	ASSERT_EQ(set_isolation(zoo->a, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

TEST(half_of_one_beside_is_not_shared)
{
	pid_t wid = zoo_new(see_b_only_in_b);

	ASSERT_EQ(set_isolation(zoo->s, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

/* A classic namespace in B sees what is in it, and so does a space in that. */
HALF_TEST(half_is_not_for_a_classic_namespace_inside)
{
	pid_t pid = fork_with(CLONE_NEWPID);

	CHECK(pid >= 0);
	if (!pid) {
		pid_t wid;

		mount_own_proc();
		CHECK(spaces_in_proc() == 0);
		CHECK(has_no_trace(zoo->a));
		CHECK(has_no_trace(zoo->b));
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			mount_own_proc();
			CHECK(spaces_in_proc() == 1);
			CHECK(has_no_trace(zoo->b));
			_exit(0);
		}
		_exit(reap(wid));
	}
	CHECK(reap(pid) == 0);
}

/* It has no pairs to be seen by, and contains what is in it. */
TEST(a_space_in_a_classic_namespace_stays_isolated)
{
	struct gate ready = gate_new();
	pid_t pid = fork_with(CLONE_NEWPID);
	uint64_t id;

	ASSERT_GE(pid, 0);
	if (!pid) {
		pid = fork_space();
		CHECK(pid >= 0);
		if (!pid) {
			gate_pass(&ready, ns_id(own_ns()));
			stay();
		}
		stay();
	}
	id = gate_wait(&ready);
	EXPECT_EQ(set_isolation(id, "half"), -EOPNOTSUPP);
	EXPECT_EQ(set_isolation(id, "full"), -EOPNOTSUPP);
	EXPECT_TRUE(isolation_is(id, "full"));
	EXPECT_EQ(end(pid), BY_SIGNAL(SIGKILL));
}

/* One of a classic namespace in A is A's, and B sees it as that. */
TEST(half_shows_what_is_in_a_classic_namespace_of_the_space_above)
{
	struct gate ready = gate_new();
	pid_t classic, wid;
	uint64_t id;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	ASSERT_EQ(set_isolation(id, "half"), 0);
	/* Pid 1 of the space, which is to see the classic one in the root. */
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nr = gate_wait(&ready);
		struct row row;

		mount_own_proc();
		CHECK(task_row(ROOT_ID, nr, &row));
		CHECK(says(PAIR_STATUS(ROOT_ID, nr), "Pspace",
			   TEXT("%d\t%d", ROOT_ID, nr)));
		CHECK(send_to(directory_of(ROOT_ID, nr), 0) == 0);
		_exit(0);
	}
	ASSERT_EQ(setns(open_ns(getppid(), "pid"), CLONE_NEWPID), 0);
	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	gate_pass(&ready, classic);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

/*
 * Changes
 */

static struct gate changed;

static void lose_sight_in_b(void)
{
	int tree = open_directory(CONTROL_PATH(zoo->a, ""));
	int fd = directory_of(zoo->a, MEMBER);
	int ns = open_ns_of(zoo->a, A_INIT);
	int pidfd = open_pair(ns, MEMBER);
	struct listing rest = {};
	struct pidfd_info info;

	CHECK(tree >= 0 && fd >= 0 && ns >= 0 && pidfd >= 0);
	CHECK(!faccessat(fd, "status", R_OK, 0));
	CHECK(send_to(fd, 0) == 0 && send_to(pidfd, 0) == 0);
	gate_pass(&changed, 0);
	gate_wait(&go);
	CHECK(send_to(fd, SIGKILL) == -EINVAL);
	CHECK(send_to(pidfd, SIGKILL) == -EINVAL);
	CHECK(get_pair(pidfd, &info) == -EREMOTE);
	CHECK(open_pair(ns, MEMBER) == -ESRCH);
	CHECK(openat(fd, "status", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "2", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "policy", O_RDONLY) == -1 && errno == ENOENT);
	while (list_more(&rest, tree, 4096))
		;
	CHECK(!rest.count && !rest.others);
	CHECK(has_no_trace(zoo->a));
	CHECK(spaces_in_proc() == 1);
}

TEST(half_can_be_taken_back)
{
	pid_t wid;

	changed = gate_new();
	wid = zoo_new(lose_sight_in_b);
	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	gate_pass(&go, 0);
	gate_wait(&changed);
	ASSERT_EQ(set_isolation(zoo->b, "full"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, 0);
}

/* While others look. */
static void look_often_in_b(void)
{
	int i;

	gate_pass(&changed, 0);
	for (i = 0; i < many(2000); i++) {
		struct listing spaces = list("/proc/pspace");
		int fd = directory_of(zoo->a, MEMBER), err;

		CHECK(spaces.count == 1 || spaces.count == 2);
		if (fd < 0) {
			CHECK(errno == ENOENT);
			continue;
		}
		err = send_to(fd, 0);
		CHECK(!err || err == -EINVAL);
		close(fd);
	}
}

TEST(isolation_may_change_while_others_look)
{
	pid_t wid, writer;
	uint64_t id;

	changed = gate_new();
	wid = zoo_new(look_often_in_b);
	id = zoo->b;
	gate_pass(&go, 0);
	gate_wait(&changed);
	writer = fork();
	ASSERT_GE(writer, 0);
	while (!writer) {
		set_isolation(id, "half");
		set_isolation(id, "full");
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(writer), BY_SIGNAL(SIGKILL));
}

/*
 * Who may set it
 */

TEST(who_is_above_and_privileged_may_set_it)
{
	IN(fork_space()) {
		pid_t inner;

		mount_own_proc();
		inner = idle_space();
		CHECK(inner > 0);
		CHECK(!set_isolation(ns_id_of(inner, "pid"), "half"));
		CHECK(isolation_is(ns_id_of(inner, "pid"), "half"));
		CHECK(end(inner) == BY_SIGNAL(SIGKILL));
	}
}

/* The root of a user namespace lets those below see what is its own. */
TEST(the_root_of_a_user_namespace_exposes_what_is_its_own)
{
	struct gate ready = gate_new();

	ASSERT_EQ(setuid(NOBODY), 0);
	IN(fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE)) {
		pid_t inner;
		uint64_t id = ns_id(own_ns());

		mount_own_proc();
		/* But not what is not. */
		CHECK(set_isolation(id, "half") == -EPERM);
		inner = fork_space();
		CHECK(inner >= 0);
		if (!inner) {
			mount_own_proc();
			gate_pass(&ready, ns_id(own_ns()));
			AWAIT(!is_missing(CONTROL_PATH(id, "")));
			CHECK(shows_space(id));
			CHECK(!shows_space(ROOT_ID));
			_exit(0);
		}
		CHECK(!set_isolation(gate_wait(&ready), "half"));
		CHECK(!reap(inner));
	}
}

/* Without the right over the root, an owner of the space cannot take it back. */
TEST(what_root_has_exposed_its_owner_does_not_change)
{
	pid_t wid;
	uint64_t id;

	ASSERT_EQ(seteuid(NOBODY), 0);
	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ASSERT_EQ(seteuid(0), 0);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_isolation(id, "half"), 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(set_isolation(id, "full"), -EPERM);
	EXPECT_TRUE(isolation_is(id, "half"));
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
