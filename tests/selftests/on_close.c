// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces that end with a descriptor: an open file of the space that owns it
 * (PSPACE_KILL_ON_CLOSE), and a pidfd of its pid 1 (CLONE_PIDFD_AUTOKILL). And the
 * other flags of clone3() that decide about an end.
 *
 * model: The descriptor of a space
 * model: Interface
 */

#include "tree.h"
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "harness.h"

static void __attribute__((noreturn)) be_init(struct space *owned, struct gate *ready)
{
	add_children(1);
	gate_pass(ready, 0);
	_exit(gate_wait(&owned->end));
}

/* Pid 1 exits with what comes through END, and has a child. */
static struct space owned_new(const char *policy)
{
	struct space owned = { .end = gate_new() };
	struct gate ready = gate_new();

	owned.wid = fork_space_with(policy);
	CHECK(owned.wid >= 0);
	if (!owned.wid)
		be_init(&owned, &ready);
	gate_wait(&ready);
	owned.ns = open_ns(owned.wid, "pid");
	CHECK(owned.ns >= 0);
	return owned;
}

static int own(int ns)
{
	return ioctl(ns, PSPACE_KILL_ON_CLOSE) ? -errno : 0;
}

static bool lives(const struct space *owned)
{
	return waitpid(owned->wid, NULL, WNOHANG) == 0;
}

/* WATCH is another open file of the space. It is over when its last member is gone. */
static bool is_killed(const struct space *owned, int watch)
{
	return reap(owned->wid) == BY_SIGNAL(SIGKILL) && wait_for_hup(watch);
}

/* Pid 1 is there to the end, and exits by itself. */
static bool is_unharmed(struct space *owned)
{
	gate_pass(&owned->end, 7);
	return reap(owned->wid) == 7;
}

static int open_again(const struct space *owned)
{
	int ns = open_ns(owned->wid, "pid");

	CHECK(ns >= 0);
	return ns;
}

FIXTURE(owned) {
	struct space space;
	int watch;
};

FIXTURE_VARIANT(owned) {
	const char *policy;
};

FIXTURE_VARIANT_ADD(owned, init) { "init" };

FIXTURE_VARIANT_ADD(owned, outer) { "outer" };

FIXTURE_VARIANT_ADD(owned, auto) { "auto" };

FIXTURE_SETUP(owned)
{
	self->space = owned_new(variant->policy);
	self->watch = open_again(&self->space);
	ASSERT_EQ(own(self->space.ns), 0);
}

FIXTURE_TEARDOWN(owned) {}

TEST_F(owned, is_killed_when_the_file_is_closed)
{
	EXPECT_TRUE(lives(&self->space));
	close(self->space.ns);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
	EXPECT_EQ(init_status(self->watch), BY_SIGNAL(SIGKILL));
}

TEST_F(owned, to_ask_twice_makes_no_difference)
{
	EXPECT_EQ(own(self->space.ns), 0);
	close(self->space.ns);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

TEST_F(owned, may_end_before_the_file_is_closed)
{
	EXPECT_EQ(ioctl(self->space.ns, PSPACE_KILL), 0);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
	EXPECT_EQ(close(self->space.ns), 0);
}

TEST_F(owned, another_open_file_makes_no_difference)
{
	close(open_again(&self->space));
	EXPECT_TRUE(lives(&self->space));
	/* Nor does the one that is left. */
	close(self->space.ns);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

TEST_F(owned, a_duplicate_keeps_it)
{
	int copy = dup(self->space.ns);

	close(self->space.ns);
	EXPECT_TRUE(lives(&self->space));
	close(copy);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

TEST_F(owned, a_duplicate_keeps_it_to_its_own_end)
{
	ASSERT_GE(dup(self->space.ns), 0);
	close(self->space.ns);
	EXPECT_TRUE(is_unharmed(&self->space));
}

TEST_F(owned, an_inherited_descriptor_keeps_it)
{
	pid_t child = fork_child();

	if (!child)
		stay();
	close(self->space.ns);
	EXPECT_TRUE(lives(&self->space));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

/* The right was asked for when it was opened for that. */
TEST_F(owned, is_killed_by_the_close_of_who_may_not_kill_it)
{
	struct gate go = gate_new();
	pid_t child = fork_child();

	if (!child) {
		become(NOBODY);
		CHECK(own(self->space.ns) == -EPERM);
		gate_wait(&go);
		CHECK(!close(self->space.ns));
		stay();
	}
	close(self->space.ns);
	EXPECT_TRUE(lives(&self->space));
	gate_pass(&go, 0);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST_F(owned, one_in_a_message_keeps_it)
{
	int sockets[2], received;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	ASSERT_EQ(send_fd(sockets[0], self->space.ns), 0);
	close(self->space.ns);
	EXPECT_TRUE(lives(&self->space));
	received = receive_fd(sockets[1]);
	ASSERT_GE(received, 0);
	EXPECT_TRUE(lives(&self->space));
	close(received);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

TEST_F(owned, one_in_a_message_that_nobody_receives_does_not)
{
	int sockets[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	ASSERT_EQ(send_fd(sockets[0], self->space.ns), 0);
	close(self->space.ns);
	EXPECT_TRUE(lives(&self->space));
	close(sockets[1]);
	close(sockets[0]);
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

/* A child with the only descriptor becomes another program. */
static pid_t executes(int ns, int flags)
{
	pid_t child = fork_child();

	if (!child) {
		CHECK(!fcntl(ns, F_SETFD, flags));
		execlp("sleep", "sleep", "1000", NULL);
		_exit(99);
	}
	close(ns);
	return child;
}

TEST_F(owned, exec_closes_it)
{
	pid_t child = executes(self->space.ns, FD_CLOEXEC);

	EXPECT_TRUE(is_killed(&self->space, self->watch));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST_F(owned, exec_keeps_what_it_inherits)
{
	pid_t child = executes(self->space.ns, 0);

	read_line(TEXT("/proc/%d/status", child), "Name:\t", (char[64]) { 0 }, 64);
	EXPECT_TRUE(lives(&self->space));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_killed(&self->space, self->watch));
}

TEST(an_orphaned_space_is_killed)
{
	struct space space = owned_new("outer");
	int watch = open_again(&space);

	ASSERT_EQ(own(space.ns), 0);
	gate_pass(&space.end, 3);
	EXPECT_EQ(reap(space.wid), 3);
	EXPECT_EQ(poll_for(watch, 0), POLLIN);
	close(space.ns);
	EXPECT_TRUE(wait_for_hup(watch));
}

TEST(a_space_can_be_owned_when_it_is_orphaned)
{
	struct space space = owned_new("outer");
	int watch = open_again(&space);

	gate_pass(&space.end, 3);
	EXPECT_EQ(reap(space.wid), 3);
	ASSERT_EQ(own(space.ns), 0);
	close(space.ns);
	EXPECT_TRUE(wait_for_hup(watch));
}

TEST(a_supervisor_that_crashes_leaves_nothing)
{
	int sockets[2], watch;
	pid_t supervisor;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	supervisor = fork_child();
	if (!supervisor) {
		struct space space = owned_new("outer");

		CHECK(!own(space.ns));
		CHECK(!send_fd(sockets[0], open_again(&space)));
		stay();
	}
	watch = receive_fd(sockets[1]);
	ASSERT_GE(watch, 0);
	EXPECT_EQ(poll_for(watch, 0), 0);
	EXPECT_EQ(kill(supervisor, SIGSEGV), 0);
	EXPECT_EQ(reap(supervisor), BY_SIGNAL(SIGSEGV));
	EXPECT_TRUE(wait_for_hup(watch));
}

TEST(what_is_not_owned_lives_on)
{
	struct space space = owned_new("init");

	close(space.ns);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(who_may_not_kill_it_may_not_own_it)
{
	struct space space = owned_new("init");
	pid_t child = fork_child();

	if (!child) {
		become(NOBODY);
		CHECK(own(space.ns) == -EPERM);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	close(space.ns);
	EXPECT_TRUE(is_unharmed(&space));
}

TEST(a_member_may_not_own_its_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(own(own_ns()) == -EPERM ? 7 : 1);
	EXPECT_EQ(reap(wid), 7);
}

TEST(what_is_no_space_cannot_be_owned)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	EXPECT_EQ(own(open_ns(classic, "pid")), -ENOTTY);
	EXPECT_EQ(own(open_ns(classic, "net")), -ENOTTY);
	EXPECT_EQ(own(open_ns(classic, "user")), -ENOTTY);
	EXPECT_EQ(own(own_ns()), -ENOTTY);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

/*
 * The flags of clone3()
 */

FIXTURE(flag) {
	struct space space;
	struct gate ready;
	int pidfd;
};

FIXTURE_VARIANT(flag) {
	const char *policy;
};

FIXTURE_VARIANT_ADD(flag, init) { "init" };

FIXTURE_VARIANT_ADD(flag, outer) { "outer" };

FIXTURE_VARIANT_ADD(flag, auto) { "auto" };

FIXTURE_SETUP(flag)
{
	self->space.end = gate_new();
	self->ready = gate_new();
}

FIXTURE_TEARDOWN(flag) {}

/* Pid 1, with a pidfd and no signal when it exits. */
static pid_t clone_init(uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_NEWPSPACE | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
	};

	return clone3_with(&args);
}

TEST_F(flag, a_pid_1_with_autoreap_is_released_and_tells_its_status_by_the_space)
{
	struct space *space = &self->space;

	space->wid = clone_init(CLONE_AUTOREAP, &self->pidfd);
	ASSERT_GE(space->wid, 0);
	if (!space->wid)
		be_init(space, &self->ready);
	gate_wait(&self->ready);
	space->ns = open_again(space);
	ASSERT_EQ(set_policy(ns_id(space->ns), variant->policy), 0);
	gate_pass(&space->end, 5);
	ASSERT_TRUE(poll_for(space->ns, PATIENCE) & POLLIN);
	EXPECT_EQ(init_status(space->ns), 5);
	EXPECT_EQ(waitpid(-1, NULL, __WALL), -1);
	EXPECT_EQ(errno, ECHILD);
	/* Its child lives on under outer, and only then. */
	if (!strcmp(variant->policy, "outer"))
		EXPECT_EQ(ioctl(space->ns, PSPACE_KILL), 0);
	EXPECT_TRUE(wait_for_hup(space->ns));
}

TEST_F(flag, a_pid_1_with_nnp_passes_it_on)
{
	struct space *space = &self->space;
	pid_t child;

	space->wid = clone_init(CLONE_NNP, &self->pidfd);
	ASSERT_GE(space->wid, 0);
	if (!space->wid) {
		child = fork_child();
		if (!child)
			_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 7 : 1);
		_exit(reap(child));
	}
	ASSERT_EQ(set_policy(ns_id(open_again(space)), variant->policy), 0);
	EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	ASSERT_EQ(waitpid(space->wid, &self->pidfd, __WALL), space->wid);
	EXPECT_EQ(WEXITSTATUS(self->pidfd), 7);
}

static void clone_owned(struct space *space, struct gate *ready, const char *policy, int *pidfd)
{
	space->wid = clone_init(CLONE_AUTOREAP | CLONE_PIDFD_AUTOKILL, pidfd);
	CHECK(space->wid >= 0);
	if (!space->wid) {
		close(*pidfd);
		be_init(space, ready);
	}
	gate_wait(ready);
	space->ns = open_again(space);
	CHECK(!set_policy(ns_id(space->ns), policy));
}

TEST_F(flag, a_pid_1_with_autokill_takes_the_space_along)
{
	struct space *space = &self->space;

	clone_owned(space, &self->ready, variant->policy, &self->pidfd);
	EXPECT_EQ(poll_for(space->ns, 0), 0);
	close(self->pidfd);
	EXPECT_TRUE(wait_for_hup(space->ns));
	EXPECT_EQ(init_status(space->ns), BY_SIGNAL(SIGKILL));
}

TEST_F(flag, a_duplicate_of_the_pidfd_keeps_the_space)
{
	struct space *space = &self->space;
	int copy;

	clone_owned(space, &self->ready, variant->policy, &self->pidfd);
	copy = dup(self->pidfd);
	close(self->pidfd);
	gate_pass(&space->end, 5);
	ASSERT_TRUE(poll_for(space->ns, PATIENCE) & POLLIN);
	EXPECT_EQ(init_status(space->ns), 5);
	/* What is left of it dies. */
	close(copy);
	EXPECT_TRUE(wait_for_hup(space->ns));
}

TEST_F(flag, a_member_with_autokill_dies_alone)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_AUTOREAP | CLONE_PIDFD_AUTOKILL,
		.pidfd = (uintptr_t)&self->pidfd,
	};
	pid_t wid = fork_space_with(variant->policy);

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct pollfd poller;
		pid_t member = clone3_with(&args);

		CHECK(member >= 0);
		if (!member)
			stay();
		poller.fd = open_pidfd(member);
		poller.events = POLLIN;
		CHECK(poller.fd >= 0);
		close(self->pidfd);
		CHECK(poll(&poller, 1, PATIENCE) == 1);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_HARNESS_MAIN
