// SPDX-License-Identifier: GPL-2.0
/*
 * Killing a space by its file and by its descriptor: without its pid 1, by whom not,
 * and although all in it fork as fast as they can.
 *
 * model: Death
 * model: Who may
 */

#include "kill.h"

/* For what is a matter of luck. */
#define ROUNDS many(5)

/* For those that begin anew. */
static void space_close(struct space *space)
{
	close(space->ns);
	close(space->life.fd[0]);
	close(space->end.fd[0]);
	close(space->end.fd[1]);
}

/* Where the policy does not matter: there is no pid 1, or nobody dies. */
FIXTURE(way) {};

FIXTURE_VARIANT(way) {
	int (*kill)(int ns);
};

FIXTURE_VARIANT_ADD(way, by_file) { kill_by_file };

FIXTURE_VARIANT_ADD(way, by_ioctl) { kill_by_ioctl };

FIXTURE_SETUP(way) {}
FIXTURE_TEARDOWN(way) {}

static bool dies_without_pid_1(int (*kill)(int ns), void (*populate)(void))
{
	struct space space = space_new("outer", populate);

	leave(&space);
	CHECK(poll_for(space.ns, 0) == POLLIN);
	CHECK(!kill(space.ns));
	/* That it was killed is not how pid 1 has ended. */
	return is_over(&space) && init_status(space.ns) == 3;
}

TEST_F(way, ends_a_space_without_pid_1)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill, add_some));
}

TEST_F(way, ends_spaces_in_one_without_pid_1)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill, add_nested_spaces));
}

TEST_F(way, ends_stopped_members_without_pid_1)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill, add_stopped));
}

TEST_F(way, ends_traced_members_without_pid_1)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill, add_traced));
}

TEST_F(way, ends_without_pid_1_a_member_that_waits_for_its_vforked_child)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill, add_vfork_parent));
}

TEST_F(way, ends_frozen_members_without_pid_1)
{
	struct space space;

	cgroup = cgroup_new();
	space = space_new("outer", add_in_cgroup);
	leave(&space);
	cgroup_freeze(&cgroup);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_over(&space));
	cgroup_remove(&cgroup);
}

static void add_some_and_orphaned_spaces(void)
{
	add_orphaned_spaces();
	add_some();
}

TEST_F(way, ends_orphaned_spaces_in_one_without_pid_1)
{
	EXPECT_TRUE(dies_without_pid_1(variant->kill,
				       add_some_and_orphaned_spaces));
}

TEST_F(way, ends_one_put_in_when_pid_1_is_gone)
{
	struct space space = space_new("outer", add_some);
	pid_t child;

	leave(&space);
	child = put_in(&space, add_some);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&space));
}

TEST_F(way, ends_an_orphaned_space_in_another_alone)
{
	struct space space;
	int pair[2], inner;
	pid_t wid, child;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	wid = fork_space_with("outer");
	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		add_children(3);
		space = space_new("outer", add_some);
		leave(&space);
		CHECK(!send_fd(pair[1], own_ns()));
		CHECK(!send_fd(pair[1], space.ns));
		_exit(3);
	}
	space.ns = receive_fd(pair[0]);
	inner = receive_fd(pair[0]);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_EQ(poll_for(inner, 0), POLLIN);
	EXPECT_EQ(variant->kill(inner), 0);
	EXPECT_TRUE(wait_for_hup(inner));

	/* That around it goes on. */
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	child = put_in(&space, add_none);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(wait_for_hup(space.ns));
}

/* Either there is no pid 1, or it is killed. */
TEST_F(way, beats_the_first_fork)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct gate ready = gate_new(), go = gate_new();
		pid_t creator = fork();
		int ns;

		ASSERT_GE(creator, 0);
		if (!creator) {
			pid_t wid;

			CHECK(!unshare(CLONE_NEWPSPACE));
			gate_pass(&ready, 0);
			gate_wait(&go);
			wid = fork();
			if (!wid)
				stay();
			if (wid < 0)
				CHECK(errno == ENOMEM);
			else
				CHECK(reap(wid) == BY_SIGNAL(SIGKILL));
			_exit(0);
		}
		gate_wait(&ready);
		ns = open_ns(creator, "pid_for_children");
		ASSERT_GE(ns, 0);
		gate_pass(&go, 0);
		usleep(round * 20);
		ASSERT_EQ(variant->kill(ns), 0);
		ASSERT_EQ(reap(creator), 0);
		ASSERT_TRUE(wait_for_hup(ns));
		close(ns);
		close(ready.fd[0]);
		close(ready.fd[1]);
		close(go.fd[0]);
		close(go.fd[1]);
	}
}

/* Who may not, and that nothing happens then. */

TEST_F(way, its_own_pid_1_may_not)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(3);
		CHECK(variant->kill(own_ns()) == -EPERM);
		CHECK(waitpid(-1, NULL, WNOHANG) == 0);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(way, a_member_may_not)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			CHECK(variant->kill(own_ns()) == -EPERM);
			_exit(7);
		}
		_exit(reap(member));
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(way, a_member_of_a_space_in_it_may_not)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = own_ns();
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			CHECK(variant->kill(ns) == -EPERM);
			_exit(7);
		}
		_exit(reap(inner));
	}
	EXPECT_EQ(reap(wid), 7);
}

/* Its parent may, and it did not come from the space. */
TEST_F(way, one_put_in_may_not)
{
	struct space space = space_new("init", add_some);
	pid_t child = fork_into(space.ns);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(variant->kill(space.ns) == -EPERM ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST_F(way, a_member_of_a_sibling_may_not)
{
	struct space space = space_new("init", add_some);
	pid_t sibling = fork_space();

	ASSERT_GE(sibling, 0);
	if (!sibling)
		_exit(variant->kill(space.ns) == -EPERM ? 0 : 1);
	EXPECT_EQ(reap(sibling), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* Not even when it is over. */
TEST_F(way, an_unprivileged_user_may_not)
{
	struct space space = space_new("init", add_some);

	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(variant->kill(space.ns), -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(poll_for(space.ns, 0), 0);
	EXPECT_TRUE(is_unharmed(&space));
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(variant->kill(space.ns), -EPERM);
}

TEST_F(way, an_unprivileged_user_to_whom_it_is_passed_may_not)
{
	struct space space = space_new("init", add_some);
	int pair[2];
	pid_t child;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int ns;

		CHECK(!setuid(NOBODY));
		ns = receive_fd(pair[1]);
		CHECK(ns >= 0);
		CHECK(variant->kill(ns) == -EPERM);
		/* But he may look on. */
		CHECK(poll_for(ns, 0) == 0);
		CHECK(init_status(ns) == -1);
		_exit(0);
	}
	ASSERT_EQ(send_fd(pair[0], space.ns), 0);
	EXPECT_EQ(reap(child), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST_F(way, a_member_to_whom_it_is_passed_may_not)
{
	int pair[2];
	pid_t wid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = receive_fd(pair[1]);

		CHECK(ns >= 0);
		CHECK(variant->kill(ns) == -EPERM);
		_exit(7);
	}
	ASSERT_EQ(send_fd(pair[0], open_ns(wid, "pid")), 0);
	EXPECT_EQ(reap(wid), 7);
}

/* Privileged in a user namespace, but not in that of the space. */
TEST_F(way, the_owner_of_another_user_namespace_may_not)
{
	struct space space = space_new("init", add_some);
	pid_t child = fork_with(CLONE_NEWUSER);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(variant->kill(space.ns) == -EPERM ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST_F(way, an_unprivileged_user_may_kill_his_own)
{
	pid_t wid;
	int ns;

	ASSERT_EQ(setuid(NOBODY), 0);
	/* Its child's /proc is its own again. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(variant->kill(ns), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

/* While it goes on inside as fast as it can. */
FIXTURE(bomb) {};

FIXTURE_VARIANT(bomb) {
	const char *policy;
};

FIXTURE_VARIANT_ADD(bomb, init) { "init" };

FIXTURE_VARIANT_ADD(bomb, auto) { "auto" };

FIXTURE_VARIANT_ADD(bomb, outer) { "outer" };

FIXTURE_SETUP(bomb) {}
FIXTURE_TEARDOWN(bomb) {}

/* Doubles a few times, then each goes on where its parent ends, for ever. */
static void __attribute__((noreturn)) explode(int doublings)
{
	for (;;) {
		pid_t child = fork();

		if (child < 0)
			continue;
		if (doublings)
			doublings--;
		else if (child)
			_exit(0);
	}
}

/* In the end 32 processes, that nobody waits for. */
static void add_bombs(void)
{
	int i;

	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < 4; i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child)
			explode(3);
	}
}

/* For ever: a space whose pid 1 exits while others fork there. */
static void __attribute__((noreturn)) make_spaces(const char *policy)
{
	int i;

	for (;;) {
		pid_t init = fork_space_with(policy);

		if (init) {
			waitpid(init, NULL, 0);
			continue;
		}
		for (i = 0; i < 10; i++)
			if (fork())
				_exit(0);
		_exit(0);
	}
}

static void add_bombs_and_makers_of_spaces(void)
{
	static const char *const policies[] = { "init", "auto", "outer" };
	int i;

	mount_own_proc();
	add_bombs();
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child)
			make_spaces(policies[i]);
	}
}

static void add_busy_forkers(void)
{
	add_forkers(3);
}

/* Puts children in from outside, until that fails because the space is dead. */
static pid_t fork_injector(int ns)
{
	pid_t injector = fork();

	CHECK(injector >= 0);
	if (injector)
		return injector;
	signal(SIGCHLD, SIG_IGN);
	CHECK(!setns(ns, CLONE_NEWPSPACE));
	for (;;) {
		pid_t child = fork();

		/* Some live on to be killed. */
		if (!child && getpid() % 8)
			_exit(0);
		if (!child)
			stay();
		if (child < 0 && errno != EAGAIN)
			_exit(errno == ENOMEM ? 0 : 1);
	}
}

/* Kill it at a different time in each round, the one way and the other. */
static bool is_killed_in_the_middle(int round, struct space *space)
{
	usleep(round * 500);
	CHECK(!(round % 2 ? kill_by_file : kill_by_ioctl)(space->ns));
	return is_killed(space);
}

TEST_F_TIMEOUT(bomb, forks_end, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space space = space_new(variant->policy, add_bombs);

		ASSERT_TRUE(is_killed_in_the_middle(round, &space));
		space_close(&space);
	}
}

TEST_F_TIMEOUT(bomb, forks_that_take_long_end, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space space =
			space_new(variant->policy, add_busy_forkers);

		ASSERT_TRUE(is_killed_in_the_middle(round, &space));
		space_close(&space);
	}
}

TEST_F_TIMEOUT(bomb, the_creation_of_spaces_ends, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space space = space_new(variant->policy,
					       add_bombs_and_makers_of_spaces);

		ASSERT_TRUE(is_killed_in_the_middle(round, &space));
		space_close(&space);
	}
}

TEST_F_TIMEOUT(bomb, forks_into_it_from_outside_end, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space space = space_new(variant->policy, add_bombs);
		pid_t injectors[] = { fork_injector(space.ns),
				      fork_injector(space.ns) };

		ASSERT_TRUE(is_killed_in_the_middle(round, &space));
		ASSERT_EQ(reap(injectors[0]), 0);
		ASSERT_EQ(reap(injectors[1]), 0);
		space_close(&space);
	}
}

/* The same without a pid 1 that could see to it. */
TEST_F_TIMEOUT(way, ends_all_that_without_pid_1, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space space = space_new("outer",
					       add_bombs_and_makers_of_spaces);
		pid_t injector = fork_injector(space.ns);

		gate_pass(&space.end, 3);
		ASSERT_GE(reap(space.wid), 0);
		usleep(round * 500);
		ASSERT_EQ(variant->kill(space.ns), 0);
		ASSERT_TRUE(is_over(&space));
		ASSERT_EQ(reap(injector), 0);
		space_close(&space);
	}
}

TEST_HARNESS_MAIN
