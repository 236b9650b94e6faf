// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets a stop at an exit (PTRACE_EVENT_EXIT), and who does not.
 *
 * model: Death
 */

#include "evade.h"

static int go_on(pid_t pid)
{
	return ptrace(PTRACE_CONT, pid, NULL, 0L) ? -errno : 0;
}

static void add_idle_member(void)
{
	add_children(1);
}

TEST(a_tracer_above_gets_no_exit_stop_from_a_space_that_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(seize(child), 0);
	ASSERT_EQ(by_ioctl(&top), 0);
	/* The first that it is told is the end. */
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(one_that_a_tracer_above_has_stopped_at_its_exit_goes_on_when_its_space_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate go = gate_new();
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(gate_wait(&go));
	ASSERT_EQ(seize(child), 0);
	gate_pass(&go, 7);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	EXPECT_EQ(event_message(child), 7 << 8);
	ASSERT_EQ(by_ioctl(&top), 0);
	/* It had its status already. */
	EXPECT_EQ(reap(child), 7);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_above_gets_the_exit_stop_from_a_space_that_lives)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate go = gate_new();
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(gate_wait(&go));
	ASSERT_EQ(seize(child), 0);
	gate_pass(&go, 7);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	EXPECT_EQ(event_message(child), 7 << 8);
	ASSERT_EQ(go_on(child), 0);
	EXPECT_EQ(reap(child), 7);
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_above_gets_the_exit_stop_of_a_member_that_is_killed_alone)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(seize(child), 0);
	ASSERT_EQ(kill(child, SIGKILL), 0);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	ASSERT_EQ(go_on(child), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_inside_gets_the_exit_stop_of_a_member)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate go = gate_new();
		pid_t tracer = fork_child(), member;

		if (tracer)
			_exit(reap(tracer));
		member = fork_child();
		if (!member)
			_exit(gate_wait(&go));
		CHECK(!seize(member));
		gate_pass(&go, 9);
		CHECK(wait_stop(member) == EXIT_STOP);
		CHECK(event_message(member) == 9 << 8);
		CHECK(!go_on(member));
		CHECK(reap(member) == 9);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* It has an end of its own to come to; the tracer is a part of that. */
TEST(an_init_does_not_stop_at_its_exit_for_a_member_of_its_space)
{
	struct gate life = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_tracer_of(1);
		_exit(3);
	}
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(all_let_go(&life));
}

TEST(an_init_that_is_killed_does_not_stop_at_its_exit_for_a_member_of_its_space)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, hold_up_the_init);

	ASSERT_EQ(by_signal(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(an_init_does_not_stop_at_its_exit_for_a_member_that_it_leaves_behind)
{
	struct gate life = gate_new();
	pid_t wid = fork_space_with("outer");
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_tracer_of(1);
		_exit(3);
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_TRUE(poll_for(ns, PATIENCE) & POLLIN);
	EXPECT_EQ(init_status(ns), 3);
	/* As any that is traced it is first its tracer's to wait for. */
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	EXPECT_TRUE(all_let_go(&life));
	EXPECT_EQ(reap(wid), 3);
}

TEST(an_init_stops_at_its_exit_for_a_tracer_above)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		_exit(3);
	}
	ASSERT_EQ(seize(wid), 0);
	gate_pass(&go, 0);
	ASSERT_EQ(wait_stop(wid), EXIT_STOP);
	EXPECT_EQ(event_message(wid), 3 << 8);
	ASSERT_EQ(go_on(wid), 0);
	EXPECT_EQ(reap(wid), 3);
}

/* Killed by a signal it is as ever; killed as a space it waits for nobody. */
TEST(an_init_that_stopped_at_its_exit_for_a_tracer_above_goes_on_when_it_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate held = gate_new();
	pid_t tracer = fork_child();

	if (!tracer) {
		close(top.life.fd[1]);
		CHECK(!seize(top.wid));
		gate_pass(&held, 0);
		CHECK(wait_stop(top.wid) == EXIT_STOP);
		gate_pass(&held, 0);
		stay();
	}
	gate_wait(&held);
	ASSERT_EQ(by_signal(&top), 0);
	gate_wait(&held);
	EXPECT_EQ(poll_for(top.ns, 0), 0);
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(all_let_go(&top.life));
	/* It can be waited for when its tracer has, or is no more. */
	EXPECT_EQ(end(tracer), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

/* A classic pid namespace of the machine is as it was. */
TEST(a_classic_namespace_is_held_up_by_a_tracer_above)
{
	struct gate ready = gate_new();
	pid_t wid = fork_with(CLONE_NEWPID);

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ASSERT_EQ(seize(wid), 0);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	ASSERT_EQ(wait_stop(wid), EXIT_STOP);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG | __WALL), 0);
	ASSERT_EQ(go_on(wid), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

/* Nor into one there that has no pid 1 yet. */
TEST(nobody_is_put_into_what_is_below_a_space_that_was_killed)
{
	struct gate ready = gate_new();
	int inner, unborn, id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			id = ns_id(own_ns());
			CHECK(!unshare(CLONE_NEWPSPACE));
			gate_pass(&ready, id);
		}
		stay();
	}
	id = gate_wait(&ready);
	inner = open(PAIR_PATH(id, 1, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	unborn = open(PAIR_PATH(id, 1, "ns/pid_for_children"),
		      O_RDONLY | O_CLOEXEC);
	ASSERT_GE(unborn, 0);
	ASSERT_NE(ns_id(inner), ns_id(unborn));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(fork_into(inner), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(fork_into(unborn), -1);
	EXPECT_EQ(errno, ENOMEM);
}

TEST_HARNESS_MAIN
