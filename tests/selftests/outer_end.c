// SPDX-License-Identifier: GPL-2.0
/*
 * Those that were put into a space without an init, changes of its policy, and the
 * death of the adopter's space, which is theirs.
 *
 * model: A space without an init
 * model: Setting the policy
 */

#include "outer.h"

static int spawn_one_into(int ns)
{
	return spawn_into(ONE, ns);
}

/* Those put in by setns() and fork(). */

ADOPTER_TEST(one_put_in_keeps_the_space_alive)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);

	CHECK(two > 0);
	CHECK(ask(TWO, number, 0) == 3);
	tell(ONE, leave, 0);
	CHECK(ask(TWO, is_released, 2));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(ask(TWO, spawn, THREE) == 4);
	tell(THREE, leave, 7);
	CHECK(ask(TWO, reap, 4) == 7);
	tell(TWO, leave, 8);
	CHECK(reap(two) == 8);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(one_put_in_is_waited_for_by_its_parent)
{
	struct space b;
	pid_t two;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_one();
	CHECK(sender_of(SIGCHLD) == b.wid);
	two = spawn_into(TWO, b.ns);
	CHECK(two > 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	tell(TWO, leave, 7);
	CHECK(sender_of(SIGCHLD) == two);
	CHECK(ask(ONE, exists, 3) == 1);
	CHECK(reap(-1) == 7);
	CHECK(ask(ONE, exists, 3) == -ESRCH);
	CHECK(is_childless(0));
}

ADOPTER_TEST(the_zombie_of_one_put_in_keeps_the_space_alive)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);
	siginfo_t info;

	CHECK(two > 0);
	tell(ONE, leave, 0);
	CHECK(ask(TWO, is_released, 2));
	tell(TWO, leave, 7);
	CHECK(!waitid(P_PID, two, &info, WEXITED | WNOWAIT));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(reap(two) == 7);
	CHECK(wait_for_hup(b.ns));
}

/* It was outside, and so is the one who adopts its child. */
ADOPTER_TEST(one_put_in_whose_parent_dies_is_waited_for_by_the_init_outside)
{
	struct space b = space_with_one("outer");
	pid_t own, two;

	CHECK(ask(B, spawn, THREE) == 3);
	end_init(b);
	tell(ONE, leave, 0);
	CHECK(ask(THREE, is_released, 2));
	own = spawn(OWN);
	CHECK(own > 0);
	two = ask(OWN, spawn_one_into, b.ns);
	CHECK(two > 0);
	tell(OWN, leave, 0);
	CHECK(reap(own) == 0);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(reap(two) == 7);
}

ADOPTER_TEST(the_child_of_one_put_in_is_adopted_and_released)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);

	CHECK(two > 0);
	CHECK(ask(TWO, spawn, THREE) == 4);
	tell(TWO, leave, 0);
	CHECK(reap(two) == 0);
	CHECK(ask(THREE, parent, 0) == 0);
	CHECK(is_childless(0));
	tell(THREE, leave, 7);
	CHECK(ask(ONE, is_released, 4));
	CHECK(is_childless(0));
}

/* Changes of the policy. */

ADOPTER_TEST(the_others_live_on_if_it_was_set_at_last)
{
	struct space b = space_with_one("init");

	CHECK(!set_policy(b.id, "outer"));
	end_init(b);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(the_others_die_if_another_was_set_at_last)
{
	struct space b = space_with_three("outer");

	CHECK(!set_policy(b.id, "init"));
	end_init(b);
	CHECK(poll_end(b.ns) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(another_policy_has_no_effect_when_pid_1_is_gone)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_three();
	CHECK(sender_of(SIGCHLD) == b.wid);
	CHECK(!set_policy(b.id, "init"));
	CHECK(policy_is(b.id, "init"));
	CHECK(listed(b.id, "-", "init") == 1);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, is_released, 2));
	CHECK(!set_policy(b.id, "auto"));
	CHECK(ask(TWO, parent, 0) == 0);
	tell(TWO, leave, 7);
	CHECK(ask(THREE, is_released, 3));
	CHECK(ask(THREE, spawn, ONE) == 5);
	CHECK(!is_pending(SIGCHLD));
	CHECK(is_childless(0));
	CHECK(poll_for(b.ns, 0) == POLLIN);
}

/* The adopter's space dies. Here it is an actor's, and the test is above it. */

/* Where the cgroups are mounted before, which A and those in it see as well. */
static struct cgroup cgroup;

FIXTURE(death)
{
	struct space a;
};

FIXTURE_VARIANT(death)
{
	const char *policy;
	bool by_kill;
};

FIXTURE_VARIANT_ADD(death, init_exits) { "init", false };

FIXTURE_VARIANT_ADD(death, init_killed) { "init", true };

FIXTURE_VARIANT_ADD(death, auto_exits) { "auto", false };

FIXTURE_VARIANT_ADD(death, auto_killed) { "auto", true };

FIXTURE_SETUP(death)
{
	cgroup = cgroup_new();
	actors_new();
	self->a = new_space(A, variant->policy);
}

FIXTURE_TEARDOWN(death)
{
	cgroup_remove(&cgroup);
}

static void begin_end_of_a(struct space a, bool by_kill)
{
	if (by_kill)
		CHECK(!kill(a.wid, SIGKILL));
	else
		tell(A, leave, 3);
}

/* A's pid 1 dies and is waited for. */
static void end_a(struct space a, bool by_kill)
{
	begin_end_of_a(a, by_kill);
	CHECK(reap(a.wid) == (by_kill ? BY_SIGNAL(SIGKILL) : 3));
}

TEST_F(death, of_the_adopters_space_is_theirs)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(poll_for(b, 0), POLLIN);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_what_is_in_theirs)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(ONE, spawn_with_init, C), 13);
	EXPECT_EQ(ask(C, add, 3), 0);
	EXPECT_EQ(ask(ONE, spawn_classic, TWO), 14);
	EXPECT_EQ(ask(TWO, add, 3), 0);
	/* Those of TWO took three. The init of this is an orphan itself. */
	EXPECT_EQ(ask(B, spawn_outer, D), 18);
	EXPECT_EQ(ask(D, add, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_a_space_around_the_adopters_is_theirs)
{
	int b, c;

	EXPECT_EQ(ask(A, spawn_with_init, B), 2);
	EXPECT_EQ(ask(B, spawn_outer, C), 2);
	EXPECT_EQ(ask(C, add, 3), 0);
	b = open_below(self->a.wid, 1);
	c = open_below(self->a.wid, 2);
	tell(C, leave, 5);
	EXPECT_EQ(ask(B, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_EQ(poll_end(c), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_one_put_in_from_above)
{
	int b, status = variant->by_kill ? BY_SIGNAL(SIGKILL) : 3;
	pid_t two;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	two = spawn_into(TWO, b);
	ASSERT_GT(two, 0);
	EXPECT_EQ(ask(TWO, spawn, THREE), 14);
	begin_end_of_a(self->a, variant->by_kill);
	/* It has a number in A, which is not dead before it is waited for. */
	EXPECT_EQ(reap(two), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(self->a.wid), status);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_EQ(spawn_into(TWO, b), -ENOMEM);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_traced_and_stopped_ones)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(B, spawn, TWO), 13);
	EXPECT_EQ(ask(TWO, trace_and_stop, 2), 0);
	EXPECT_EQ(ask(TWO, stop, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

static int enter_cgroup(int arg)
{
	cgroup_enter(&cgroup);
	return 0;
}

TEST_F(death, of_the_adopters_space_is_that_of_frozen_ones)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(ONE, enter_cgroup, 0), 0);
	EXPECT_EQ(ask(ONE, add, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	cgroup_freeze(&cgroup);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_one_that_vforked)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	/* Has no answer, but then TWO has. */
	tell(ONE, spawn_by_vfork, TWO);
	EXPECT_EQ(ask(TWO, number, 0), 13);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

/* It has a number to get in B, where there is none any more. */
TEST_F(death, of_a_space_lets_none_into_an_orphaned_one_in_it)
{
	int c;

	EXPECT_EQ(ask(A, spawn_outer, B), 2);
	EXPECT_EQ(ask(B, spawn_outer, C), 2);
	EXPECT_EQ(ask(C, spawn, ONE), 2);
	c = open_below(self->a.wid, 2);
	tell(C, leave, 5);
	EXPECT_EQ(ask(B, reap, 2), 5);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(poll_for(c, 0), POLLIN);
	EXPECT_EQ(spawn_into(TWO, c), -ENOMEM);
	/* It is there, and its members go on to fork. */
	EXPECT_GT(ask(ONE, spawn, THREE), 2);
	EXPECT_EQ(poll_for(c, 0), POLLIN);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(c), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_HARNESS_MAIN
