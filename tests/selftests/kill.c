// SPDX-License-Identifier: GPL-2.0
/* Killing a space as a whole, and what the descriptor of a space tells. */

#include "control.h"
#include "signals.h"
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include "harness.h"

/* For what is a matter of luck. */
#define ROUNDS many(5)

/* Both ways to kill a space, given its descriptor: 0 or -errno. */

static int kill_by_file(int ns)
{
	return control(ns_id(ns), "kill", "1");
}

static int kill_by_ioctl(int ns)
{
	return ioctl(ns, PSPACE_KILL) ? -errno : 0;
}

/* Pid 1 populates the space first, and exits with what comes through END. */
static struct space space_new(const char *policy, void (*populate)(void))
{
	struct space space = { .end = gate_new(), .life = gate_new() };
	struct gate ready = gate_new();

	space.wid = fork_space_with(policy);
	CHECK(space.wid >= 0);
	if (!space.wid) {
		int status;

		populate();
		gate_pass(&ready, 0);
		status = gate_wait(&space.end);
		/* Nobody should have died meanwhile. */
		_exit(waitpid(-1, NULL, WNOHANG) > 0 ? 99 : status);
	}
	close(ready.fd[1]);
	gate_wait(&ready);
	close(ready.fd[0]);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	return space;
}

/* For those that begin anew. */
static void space_close(struct space *space)
{
	close(space->ns);
	close(space->life.fd[0]);
	close(space->end.fd[0]);
	close(space->end.fd[1]);
}

/* Pid 1 exits, not killed, and is waited for. */
static void leave(struct space *space)
{
	gate_pass(&space->end, 3);
	CHECK(reap(space->wid) == 3);
}

/* No harm was done to it. With policy init or auto, this ends it. */
static bool is_unharmed(struct space *space)
{
	gate_pass(&space->end, 7);
	return reap(space->wid) == 7;
}

/* It ends with all in it. */
static bool is_over(struct space *space)
{
	return wait_for_hup(space->ns) && all_let_go(&space->life);
}

/* So it does when it was killed. Waits for pid 1. */
static bool is_killed(struct space *space)
{
	return reap(space->wid) == BY_SIGNAL(SIGKILL) && is_over(space);
}

/* What pid 1 populates its space with: */

static void add_none(void)
{
}

static void add_some(void)
{
	add_children(20);
}

static void add_nested_spaces(void)
{
	struct gate ready = gate_new();
	pid_t inner;
	int level;

	for (level = 0; level < 3; level++) {
		inner = fork_space();
		CHECK(inner >= 0);
		if (inner) {
			if (level)
				stay();
			gate_wait(&ready);
			return;
		}
		add_children(3);
	}
	gate_pass(&ready, 0);
	stay();
}

/* One in the other, in which there is one with an init, too. */
static void add_orphaned_spaces(void)
{
	pid_t inner;
	int level;

	for (level = 0; level < 3; level++) {
		mount_own_proc();
		inner = fork_space_with("outer");
		CHECK(inner >= 0);
		if (inner) {
			CHECK(reap(inner) == 3);
			if (!level)
				return;
			_exit(3);
		}
		add_children(3);
	}
	CHECK(idle_space() > 0);
	_exit(3);
}

static void add_stopped(void)
{
	pid_t member;
	int status;

	add_children(2);
	for (member = 2; member <= 3; member++) {
		CHECK(!kill(member, SIGSTOP));
		CHECK(waitpid(member, &status, WUNTRACED) == member);
		CHECK(WIFSTOPPED(status));
	}
}

/* Itself is one, too. */
static void add_blocking(void)
{
	sigset_t all;

	sigfillset(&all);
	CHECK(!sigprocmask(SIG_SETMASK, &all, NULL));
	add_children(2);
}

/* One by pid 1, one by another member. */
static void add_traced(void)
{
	struct gate ready = gate_new();
	pid_t tracer;

	add_children(2);
	attach(2);
	tracer = fork();
	CHECK(tracer >= 0);
	if (!tracer) {
		attach(3);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
}

static struct cgroup cgroup;

/* Itself is one, too. */
static void add_in_cgroup(void)
{
	cgroup_enter(&cgroup);
	add_children(3);
}

FIXTURE(killing) {};

FIXTURE_VARIANT(killing) {
	const char *policy;
	int (*kill)(int ns);
};

FIXTURE_VARIANT_ADD(killing, init_by_file) { "init", kill_by_file };

FIXTURE_VARIANT_ADD(killing, init_by_ioctl) { "init", kill_by_ioctl };

FIXTURE_VARIANT_ADD(killing, auto_by_file) { "auto", kill_by_file };

FIXTURE_VARIANT_ADD(killing, auto_by_ioctl) { "auto", kill_by_ioctl };

FIXTURE_VARIANT_ADD(killing, outer_by_file) { "outer", kill_by_file };

FIXTURE_VARIANT_ADD(killing, outer_by_ioctl) { "outer", kill_by_ioctl };

FIXTURE_SETUP(killing) {}
FIXTURE_TEARDOWN(killing) {}

static bool dies(const char *policy, int (*kill)(int ns),
		 void (*populate)(void))
{
	struct space space = space_new(policy, populate);

	CHECK(poll_for(space.ns, 0) == 0);
	CHECK(kill(space.ns) == 0);
	return is_killed(&space);
}

TEST_F(killing, ends_pid_1_alone)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_none));
}

TEST_F(killing, ends_all_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_some));
}

TEST_F(killing, ends_spaces_in_it)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_nested_spaces));
}

TEST_F(killing, ends_orphaned_spaces_in_it)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_orphaned_spaces));
}

TEST_F(killing, ends_stopped_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_stopped));
}

TEST_F(killing, ends_members_that_block_all_signals)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_blocking));
}

TEST_F(killing, ends_members_that_are_traced_by_members)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_traced));
}

TEST_F(killing, ends_a_member_that_waits_for_its_vforked_child)
{
	EXPECT_TRUE(dies(variant->policy, variant->kill, add_vfork_parent));
}

TEST_F(killing, ends_a_pid_1_that_is_traced_from_outside)
{
	struct space space = space_new(variant->policy, add_some);

	attach(space.wid);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, ends_frozen_members)
{
	struct space space;

	cgroup = cgroup_new();
	space = space_new(variant->policy, add_in_cgroup);
	cgroup_freeze(&cgroup);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
	cgroup_remove(&cgroup);
}

/* Put in by setns() and fork(), and its parent is not killed. */
static pid_t put_in(struct space *space, void (*populate)(void))
{
	struct gate ready = gate_new();
	pid_t child = fork_into(space->ns);

	CHECK(child >= 0);
	if (!child) {
		populate();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	return child;
}

TEST_F(killing, ends_one_put_in_with_its_children)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, ends_one_put_in_that_is_traced_from_outside)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_none);

	attach(child);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, is_told_by_in_and_after_the_wait_for_pid_1_by_hup)
{
	struct space space = space_new(variant->policy, add_some);
	siginfo_t info;

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	EXPECT_EQ(init_status(space.ns), BY_SIGNAL(SIGKILL));
	/* Once more, when it is a zombie for sure and nobody else is left. */
	ASSERT_EQ(waitid(P_PID, space.wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_TRUE(all_let_go(&space.life));
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(space.ns));
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
	EXPECT_EQ(init_status(space.ns), BY_SIGNAL(SIGKILL));
}

TEST_F(killing, is_not_over_before_the_zombie_of_one_put_in_is_waited_for)
{
	struct space space = space_new(variant->policy, add_some);
	pid_t child = put_in(&space, add_none);
	siginfo_t info;

	EXPECT_EQ(variant->kill(space.ns), 0);
	ASSERT_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	EXPECT_TRUE(all_let_go(&space.life));
	EXPECT_EQ(poll_for(space.ns, 0) & POLLHUP, 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, is_over_without_those_outside_who_could_fork_into_it)
{
	struct space space = space_new(variant->policy, add_some);

	ASSERT_EQ(setns(space.ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, makes_forks_into_it_enomem)
{
	struct space space = space_new(variant->policy, add_some);
	int i;

	ASSERT_EQ(setns(space.ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(fork(), -1);
		EXPECT_EQ(errno, ENOMEM);
		/* And when it is over. */
		EXPECT_TRUE(i || is_killed(&space));
	}
}

TEST_F(killing, before_its_first_fork_makes_that_enomem)
{
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	EXPECT_EQ(variant->kill(ns), 0);
	EXPECT_TRUE(wait_for_hup(ns));
	/* There was no pid 1. */
	EXPECT_EQ(poll_for(ns, 0), POLLHUP);
	EXPECT_EQ(init_status(ns), -1);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(poll_for(ns, 0), POLLHUP);
}

TEST_F(killing, twice_is_as_once)
{
	struct space space = space_new(variant->policy, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, by_many_at_once_is_as_once)
{
	struct space space = space_new(variant->policy, add_some);
	struct gate go = gate_new();
	pid_t killers[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(killers); i++) {
		killers[i] = fork();
		ASSERT_GE(killers[i], 0);
		if (!killers[i]) {
			gate_wait(&go);
			_exit(variant->kill(space.ns) ? 1 : 0);
		}
	}
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		gate_pass(&go, 0);
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		EXPECT_EQ(reap(killers[i]), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(killing, of_a_dead_space_changes_nothing)
{
	struct space space = space_new(variant->policy, add_none);

	leave(&space);
	EXPECT_TRUE(is_over(&space));
	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
	EXPECT_EQ(init_status(space.ns), 3);
}

TEST_F(killing, leaves_siblings_alone)
{
	struct space sibling = space_new("init", add_some);
	struct space space = space_new(variant->policy, add_some);

	EXPECT_EQ(variant->kill(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
	EXPECT_EQ(poll_for(sibling.ns, 0), 0);
	EXPECT_TRUE(is_unharmed(&sibling));
}

/* By pid 1 of that. */
TEST_F(killing, leaves_the_space_around_it_alone)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space inner, sibling;

		mount_own_proc();
		add_children(3);
		sibling = space_new("init", add_some);
		inner = space_new(variant->policy, add_some);
		CHECK(!variant->kill(inner.ns));
		CHECK(is_killed(&inner));
		CHECK(waitpid(-1, NULL, WNOHANG) == 0);
		CHECK(is_unharmed(&sibling));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_F(killing, from_two_levels_above_ends_the_inner_space_only)
{
	struct gate end = gate_new();
	int pair[2], inner;
	pid_t wid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		mount_own_proc();
		add_children(3);
		space = space_new(variant->policy, add_some);
		CHECK(!send_fd(pair[1], space.ns));
		CHECK(is_killed(&space));
		_exit(waitpid(-1, NULL, WNOHANG) ? 1 : gate_wait(&end));
	}
	inner = receive_fd(pair[0]);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(variant->kill(inner), 0);
	EXPECT_TRUE(wait_for_hup(inner));
	gate_pass(&end, 7);
	EXPECT_EQ(reap(wid), 7);
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

/* What the descriptor tells, and when. */
FIXTURE(descriptor) {};

FIXTURE_VARIANT(descriptor) {
	const char *policy;
};

FIXTURE_VARIANT_ADD(descriptor, init) { "init" };

FIXTURE_VARIANT_ADD(descriptor, auto) { "auto" };

FIXTURE_VARIANT_ADD(descriptor, outer) { "outer" };

FIXTURE_SETUP(descriptor) {}
FIXTURE_TEARDOWN(descriptor) {}

TEST_F(descriptor, of_a_living_space_has_nothing_to_tell)
{
	struct space space = space_new(variant->policy, add_some);
	struct pollfd poller = {
		.fd = space.ns,
		.events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP,
	};

	EXPECT_EQ(poll(&poller, 1, 0), 0);
	EXPECT_EQ(kill_by_ioctl(space.ns), 0);
	EXPECT_TRUE(is_killed(&space));
}

TEST_F(descriptor, tells_the_exit_of_pid_1_and_the_wait_for_it)
{
	struct space space = space_new(variant->policy, add_none);
	siginfo_t info;

	gate_pass(&space.end, 3);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	ASSERT_EQ(waitid(P_PID, space.wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_EQ(poll_for(space.ns, 0), POLLIN);
	EXPECT_EQ(reap(space.wid), 3);
	EXPECT_TRUE(wait_for_hup(space.ns));
	EXPECT_EQ(poll_end(space.ns), POLLIN | POLLHUP);
}

TEST_F(descriptor, taken_before_the_first_fork_tells_the_same)
{
	struct gate go = gate_new();
	pid_t wid;
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(gate_wait(&go));
	EXPECT_EQ(poll_for(ns, 0), 0);
	gate_pass(&go, 3);
	EXPECT_EQ(poll_for(ns, PATIENCE), POLLIN);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST_F(descriptor, of_a_pidfd_tells_the_same_and_kills)
{
	struct space space = space_new(variant->policy, add_some);
	int ns = ioctl(open_pidfd(space.wid),
		       PIDFD_GET_PID_NAMESPACE, 0);

	ASSERT_GE(ns, 0);
	EXPECT_EQ(poll_for(ns, 0), 0);
	EXPECT_EQ(init_status(ns), -1);
	EXPECT_EQ(kill_by_ioctl(ns), 0);
	EXPECT_EQ(poll_for(ns, PATIENCE), POLLIN);
	EXPECT_TRUE(is_killed(&space));
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_EQ(init_status(ns), BY_SIGNAL(SIGKILL));
}

/* For policy outer there is no such promise. */
TEST(when_it_tells_the_exit_of_pid_1_all_others_are_gone)
{
	static const char *const policies[] = { "init", "auto" };
	int i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		struct space space = space_new(policies[i], add_nested_spaces);

		gate_pass(&space.end, 3);
		EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
		close(space.life.fd[1]);
		/* Not waiting: pid 1 itself has let go before. */
		EXPECT_EQ(poll_for(space.life.fd[0], 0), POLLHUP);
		EXPECT_EQ(reap(space.wid), 3);
	}
}

/*
 * Wait until a child sleeps in the first call that makes it, or in the first
 * after it has passed a gate.
 */
static void wait_until_asleep(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	await_state(path, "S");
}

/* Fork one that waits for events, and says whether it has got what it should. */
static pid_t fork_poller(int ns, short events, short expected)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		struct pollfd poller = { .fd = ns, .events = events };

		CHECK(poll(&poller, 1, PATIENCE) == 1);
		_exit(poller.revents == expected ? 0 : 1);
	}
	wait_until_asleep(child);
	return child;
}

TEST_F(descriptor, wakes_all_pollers)
{
	enum { POLLERS = 5 };
	struct space space = space_new(variant->policy, add_some);
	pid_t in[POLLERS], hup[POLLERS];
	int i;

	for (i = 0; i < POLLERS; i++) {
		in[i] = fork_poller(space.ns, POLLIN, POLLIN);
		hup[i] = fork_poller(space.ns, 0, POLLHUP);
	}
	ASSERT_EQ(kill_by_ioctl(space.ns), 0);
	for (i = 0; i < POLLERS; i++) {
		EXPECT_EQ(reap(in[i]), 0);
		EXPECT_EQ(waitpid(hup[i], NULL, WNOHANG), 0);
	}
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	for (i = 0; i < POLLERS; i++)
		EXPECT_EQ(reap(hup[i]), 0);
}

/* An epoll descriptor for a space alone. */
static int epoll_for(int ns, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	CHECK(epoll >= 0);
	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, ns, &event));
	return epoll;
}

/* What epoll tells within a time, or nothing. */
static uint32_t events_of(int epoll, int milliseconds)
{
	struct epoll_event event;
	int count = epoll_wait(epoll, &event, 1, milliseconds);

	CHECK(count >= 0);
	return count ? event.events : 0;
}

TEST_F(descriptor, wakes_those_who_wait_with_epoll)
{
	struct space space = space_new(variant->policy, add_some);
	struct gate in = gate_new();
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		struct epoll_event none = {};
		int epoll = epoll_for(space.ns, EPOLLIN);

		CHECK(events_of(epoll, PATIENCE) == EPOLLIN);
		CHECK(!epoll_ctl(epoll, EPOLL_CTL_MOD, space.ns, &none));
		gate_pass(&in, 0);
		CHECK(events_of(epoll, PATIENCE) == EPOLLHUP);
		_exit(0);
	}
	wait_until_asleep(child);
	ASSERT_EQ(kill_by_ioctl(space.ns), 0);
	gate_wait(&in);
	wait_until_asleep(child);
	EXPECT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(child), 0);
}

TEST_F(descriptor, tells_epoll_each_edge_once)
{
	struct space space = space_new(variant->policy, add_none);
	int epoll = epoll_for(space.ns, EPOLLIN | EPOLLET);

	EXPECT_EQ(events_of(epoll, 0), 0);
	gate_pass(&space.end, 3);
	EXPECT_EQ(events_of(epoll, PATIENCE), EPOLLIN);
	EXPECT_EQ(events_of(epoll, 0), 0);
	EXPECT_EQ(reap(space.wid), 3);
	EXPECT_EQ(events_of(epoll, PATIENCE), EPOLLIN | EPOLLHUP);
	EXPECT_EQ(events_of(epoll, 0), 0);

	/* To one who comes late, at once. */
	epoll = epoll_for(space.ns, EPOLLIN | EPOLLET);
	EXPECT_EQ(events_of(epoll, 0), EPOLLIN | EPOLLHUP);
	EXPECT_EQ(events_of(epoll, 0), 0);
}

/* PSPACE_GET_INFO */

TEST_F(descriptor, has_the_id_and_no_status_while_pid_1_lives)
{
	struct space space = space_new(variant->policy, add_none);
	struct pspace_info info;

	memset(&info, 0xaa, sizeof(info));
	ASSERT_EQ(ioctl(space.ns, PSPACE_GET_INFO, &info), 0);
	EXPECT_EQ(info.id, ns_id(space.ns));
	EXPECT_EQ(info.flags, PSPACE_INFO_TASKS);
	EXPECT_EQ(info.exit_code, 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* What wait() says: the exit status and the signal are apart. */
static bool has_exit_code(int ns, int exit_code)
{
	struct pspace_info info;

	memset(&info, 0xaa, sizeof(info));
	CHECK(!ioctl(ns, PSPACE_GET_INFO, &info));
	return info.id == ns_id(ns) && info.flags == (PSPACE_INFO_EXIT | PSPACE_INFO_TASKS) &&
	       info.exit_code == exit_code;
}

static int wait_status(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

TEST_F(descriptor, has_the_status_of_a_pid_1_that_exits)
{
	static const int statuses[] = { 0, 1, 7, 128, 255 };
	int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct space space = space_new(variant->policy, add_none);

		gate_pass(&space.end, statuses[i]);
		ASSERT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
		EXPECT_EQ(wait_status(space.wid), statuses[i] << 8);
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
		EXPECT_TRUE(is_over(&space));
		EXPECT_TRUE(has_exit_code(space.ns, statuses[i] << 8));
	}
}

TEST_F(descriptor, has_the_signal_that_ended_pid_1)
{
	struct space space = space_new(variant->policy, add_none);

	ASSERT_EQ(kill(space.wid, SIGKILL), 0);
	EXPECT_EQ(poll_for(space.ns, PATIENCE), POLLIN);
	EXPECT_TRUE(has_exit_code(space.ns, SIGKILL));
	EXPECT_EQ(wait_status(space.wid), SIGKILL);
	EXPECT_TRUE(has_exit_code(space.ns, SIGKILL));
}

TEST_F(descriptor, has_the_signal_that_pid_1_has_made_itself)
{
	pid_t wid;
	int ns;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	ns = open_ns(getpid(), "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_policy(ns_id(ns), variant->policy), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* Without a core, which would be told, too. */
		CHECK(!prctl(PR_SET_DUMPABLE, 0));
		*(volatile int *)NULL = 0;
		_exit(1);
	}
	EXPECT_EQ(wait_status(wid), SIGSEGV);
	EXPECT_TRUE(has_exit_code(ns, SIGSEGV));
}

#define GET_INFO_OF_SIZE(size)						\
	_IOC(_IOC_READ, PSPACE_IOCTL, _IOC_NR(PSPACE_GET_INFO), size)

TEST(info_for_a_bad_address_is_efault)
{
	struct space space = space_new("init", add_none);
	void *unwritable = mmap(NULL, 4096, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(unwritable, MAP_FAILED);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, (void *)-16), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, PSPACE_GET_INFO, unwritable), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(info_of_a_smaller_size_is_einval)
{
	struct space space = space_new("init", add_none);
	unsigned char info[32], untouched[32];
	int size;

	memset(info, 0xaa, sizeof(info));
	memset(untouched, 0xaa, sizeof(untouched));
	for (size = 0; size < PSPACE_INFO_SIZE_VER0; size++) {
		EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(size), info), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(memcmp(info, untouched, sizeof(info)), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* What a newer program has room for is zeroed. */
TEST(info_of_a_larger_size_is_filled_as_far_as_it_is_known)
{
	struct space space = space_new("init", add_none);
	struct {
		struct pspace_info info;
		unsigned char more[4096 - sizeof(struct pspace_info)];
	} larger;
	static const unsigned char zeroes[sizeof(larger.more)];
	size_t more;

	for (more = 0; more <= sizeof(zeroes); more = more * 3 + 1) {
		memset(&larger, 0xaa, sizeof(larger));
		ASSERT_EQ(ioctl(space.ns,
				GET_INFO_OF_SIZE(sizeof(larger.info) + more),
				&larger), 0);
		EXPECT_EQ(larger.info.id, ns_id(space.ns));
		EXPECT_EQ(larger.info.flags, PSPACE_INFO_TASKS);
		EXPECT_EQ(larger.info.exit_code, 0);
		EXPECT_EQ(memcmp(larger.more, zeroes, more), 0);
		/* And no more than that. */
		if (more < sizeof(zeroes))
			EXPECT_EQ(larger.more[more], 0xaa);
	}
	EXPECT_TRUE(is_unharmed(&space));
}

/* The struct that it knows fits, and the rest does not. */
TEST(info_of_a_larger_size_at_the_end_of_memory_is_efault)
{
	struct space space = space_new("init", add_none);
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(page, MAP_FAILED);
	ASSERT_EQ(munmap(page + 4096, 4096), 0);
	EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(64), page + 4096 - 16), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(space.ns, GET_INFO_OF_SIZE(64), page + 4096 - 64), 0);
	EXPECT_TRUE(is_unharmed(&space));
}

/* Its members, too, and unprivileged users: whoever has the descriptor. */
TEST(a_member_may_ask_for_the_info_of_its_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int ns = own_ns();
		struct pspace_info info;

		CHECK(!setuid(NOBODY));
		CHECK(!ioctl(ns, PSPACE_GET_INFO, &info));
		CHECK(info.id == ns_id(ns) && info.flags == PSPACE_INFO_TASKS);
		CHECK(poll_for(ns, 0) == 0);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* Other files, on which none of this works. */

static bool is_enotty(int fd)
{
	struct pspace_info info;

	CHECK(fd >= 0);
	return ioctl(fd, PSPACE_KILL) == -1 && errno == ENOTTY &&
	       ioctl(fd, PSPACE_GET_INFO, &info) == -1 && errno == ENOTTY;
}

static pid_t idle_classic(void)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic)
		stay();
	return classic;
}

TEST(on_a_classic_namespace_the_ioctls_are_enotty)
{
	pid_t classic = idle_classic();

	EXPECT_TRUE(is_enotty(open_ns(classic, "pid")));
	EXPECT_EQ(waitpid(classic, NULL, WNOHANG), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(on_a_classic_namespace_in_a_space_the_ioctls_are_enotty)
{
	IN(fork_space()) {
		mount_own_proc();
		CHECK(is_enotty(open_ns(idle_classic(), "pid")));
		CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	}
}

TEST(on_the_namespace_of_the_machine_the_ioctls_are_enotty)
{
	EXPECT_TRUE(is_enotty(open_ns(getpid(), "pid")));
}

TEST(on_a_mount_namespace_the_ioctls_are_enotty)
{
	EXPECT_TRUE(is_enotty(open_ns(getpid(), "mnt")));
}

TEST(on_a_pidfd_the_ioctls_are_enotty)
{
	struct space space = space_new("init", add_none);

	EXPECT_TRUE(is_enotty(open_pidfd(space.wid)));
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(a_classic_namespace_is_always_ready_to_poll)
{
	pid_t classic = idle_classic();
	struct pollfd poller = {
		.fd = open_ns(classic, "pid"),
		.events = POLLIN | POLLOUT,
	};

	EXPECT_EQ(poll(&poller, 1, 0), 1);
	EXPECT_EQ(poller.revents, POLLIN | POLLOUT);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll(&poller, 1, 0), 1);
	EXPECT_EQ(poller.revents, POLLIN | POLLOUT);
}

TEST(a_classic_namespace_cannot_be_added_to_epoll)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_GE(epoll, 0);
	EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, open_ns(getpid(), "pid"),
			    &event), -1);
	EXPECT_EQ(errno, EPERM);
}

TEST_HARNESS_MAIN
