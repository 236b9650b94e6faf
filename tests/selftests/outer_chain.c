// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces without an init in others: whose init adopts, in whichever order they die, and
 * many of them.
 *
 * model: A space without an init
 */

#include "outer.h"

/* For those that begin anew. */
static void actors_end(void)
{
	actors_close();
	close(life[0]);
}

/* Children that go on where their parent ends, for ever. */
static int run_on(int arg)
{
	for (;;)
		if (fork() > 0)
			_exit(0);
}

/* Chains: D in C in B, all of them outer, in A. */

/*
 * The inits die in this order. Whose child ONE is, in D, it is told by the death of
 * that.
 */
static void die_in_order(const char *order)
{
	struct space b = new_space(B, "outer");
	bool lives[] = { [B] = true, [C] = true, [D] = true };
	int fd[] = { [B] = b.ns, [C] = -1, [D] = -1 };
	enum who who;

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn_outer, D) == 2);
	CHECK(ask(D, spawn, ONE) == 2);
	fd[C] = open_below(b.wid, 1);
	fd[D] = open_below(b.wid, 2);
	CHECK(ask(ONE, watch_parent, 0) == 0);
	for (; *order; order++) {
		enum who dies = *order - 'B' + B;
		enum who adopter = D;

		while (adopter > A && !lives[adopter])
			adopter--;
		tell(dies, leave, 5);
		CHECK(poll_for(fd[dies], PATIENCE) & POLLIN);
		CHECK(init_status(fd[dies]) == 5);
		lives[dies] = false;
		if (dies == adopter)
			CHECK(ask(ONE, sender_of, SIGUSR1) >= 0);
		CHECK(ask(ONE, is_pending, SIGUSR1) == 0);
		CHECK(ask(ONE, parent, 0) == lives[D]);
		CHECK(ask(ONE, parent_in_proc, 2) == lives[D]);
		for (who = B; who <= D; who++)
			CHECK(!lives[who] || ask(who, number, 0) == 1);
	}
	CHECK(reap(b.wid) == 5);
	CHECK(is_childless(0));
	CHECK(ask(ONE, spawn, TWO) == 3);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
	tell(TWO, leave, 7);
	for (who = B; who <= D; who++)
		CHECK(wait_for_hup(fd[who]));
	CHECK(is_childless(0));
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_bottom)
{
	die_in_order("DCB");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_top)
{
	die_in_order("BCD");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_middle_to_the_top)
{
	die_in_order("CBD");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_middle_to_the_bottom)
{
	die_in_order("CDB");
}

ADOPTER_TEST(inits_of_a_chain_die_the_middle_last_from_the_top)
{
	die_in_order("BDC");
}

ADOPTER_TEST(inits_of_a_chain_die_the_middle_last_from_the_bottom)
{
	die_in_order("DBC");
}

/* D dies with B, which has policy init, though A lives. */
static void die_with_the_nearest(enum who first, enum who second)
{
	struct space b = new_space(B, "init");
	int fd[] = { [C] = -1, [D] = -1 };

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn_outer, D) == 2);
	CHECK(ask(D, spawn, ONE) == 2);
	fd[C] = open_below(b.wid, 1);
	fd[D] = open_below(b.wid, 2);
	CHECK(ask(ONE, watch_parent, 0) == 0);
	tell(first, leave, 5);
	CHECK(poll_for(fd[first], PATIENCE) & POLLIN);
	tell(second, leave, 5);
	CHECK(poll_for(fd[second], PATIENCE) & POLLIN);
	CHECK(ask(ONE, sender_of, SIGUSR1) >= 0);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(poll_for(fd[D], 0) == POLLIN);
	CHECK(end(b.wid) == BY_SIGNAL(SIGKILL));
	CHECK(poll_end(fd[D]) == (POLLIN | POLLHUP));
	CHECK(poll_end(fd[C]) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(members_die_with_the_nearest_init_if_theirs_died_first)
{
	die_with_the_nearest(D, C);
}

ADOPTER_TEST(members_die_with_the_nearest_init_if_theirs_died_last)
{
	die_with_the_nearest(C, D);
}

/* The one around it is empty, but still between it and A. */
ADOPTER_TEST(a_space_in_one_that_has_ended_lives_on)
{
	struct space b = new_space(B, "outer");
	int c;

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn, ONE) == 2);
	c = open_below(b.wid, 1);
	tell(C, leave, 5);
	CHECK(ask(B, reap, 2) == 5);
	end_init(b);
	CHECK(wait_for_hup(b.ns));
	CHECK(spawn_into(TWO, b.ns) == -ENOMEM);
	CHECK(poll_for(c, 0) == POLLIN);
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
	CHECK(ask(TWO, parent, 0) == 0);
	CHECK(is_childless(0));
}

/* Not that of a space, but what it was made in is a namespace like any other. */
static void die_with_a_classic_init(void)
{
	pid_t init = spawn_classic(OWN);
	int b;

	CHECK(init > 0);
	CHECK(ask(OWN, block, SIGCHLD) == 0);
	CHECK(ask(OWN, spawn_outer, B) == 2);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(B, spawn, TWO) == 3);
	b = open_below(init, 1);
	tell(B, leave, 5);
	CHECK(ask(OWN, sender_of, SIGCHLD) == 2);
	CHECK(ask(OWN, reap, 2) == 5);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(ask(OWN, is_childless, 0));
	tell(TWO, leave, 7);
	CHECK(ask(ONE, is_released, 3));
	CHECK(ask(OWN, is_pending, SIGCHLD) == 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	CHECK(poll_for(b, 0) == POLLIN);
	CHECK(end(init) == BY_SIGNAL(SIGKILL));
	CHECK(poll_end(b) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(the_init_of_a_classic_namespace_in_a_space_adopts)
{
	die_with_a_classic_init();
}

TEST(the_init_of_a_classic_namespace_on_the_machine_adopts)
{
	actors_new();
	die_with_a_classic_init();
	EXPECT_TRUE(nobody_is_left());
}

TEST(the_init_of_the_machine_adopts)
{
	struct space b;

	actors_new();
	b = orphaned_space_with_three();
	EXPECT_EQ(ask(ONE, parent, 0), 0);
	EXPECT_TRUE(is_childless(0));
	EXPECT_EQ(processes_in(b.id), 0);
	EXPECT_TRUE(has_no_list_of_children());
	tell(ONE, leave, 7);
	EXPECT_EQ(ask(THREE, is_released, 2), 1);
	tell(TWO, leave, 7);
	tell(THREE, leave, 7);
	EXPECT_TRUE(wait_for_hup(b.ns));
	EXPECT_TRUE(nobody_is_left());
}

/* Many, and many times. These have more time, for kernels that check themselves. */

#define ROUNDS	many(50)

FIXTURE(large) {};
FIXTURE_SETUP(large) {}
FIXTURE_TEARDOWN(large) {}

/* Pid 1 of a space with so many outer ones below, each in the one before. */
static void __attribute__((noreturn)) dig(int levels)
{
	pid_t wid;

	mount_own_proc();
	add_children(1);
	if (levels) {
		wid = fork_space_with("outer");
		CHECK(wid >= 0);
		if (!wid)
			dig(levels - 1);
	}
	_exit(0);
}

TEST_F_TIMEOUT(large, fifty_levels_without_an_init_die_with_the_top, 300)
{
	const int levels = many(50);
	struct gate ready = gate_new();
	pid_t a;

	actors_new();
	a = fork_space_with("init");
	ASSERT_GE(a, 0);
	if (!a) {
		pid_t b;

		mount_own_proc();
		b = fork_space_with("outer");
		CHECK(b >= 0);
		if (!b)
			dig(levels - 1);
		CHECK(reap(b) == 0);
		AWAIT(listed(0, "-", "outer") >= levels);
		gate_pass(&ready, listed(0, "-", "outer"));
		stay();
	}
	EXPECT_EQ(gate_wait(&ready), levels);
	EXPECT_EQ(end(a), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(nobody_is_left());
}

TEST_F_TIMEOUT(large, a_thousand_orphans_die_with_the_adopters_space, 300)
{
	struct space a;
	int b, i;

	actors_new();
	a = new_space(A, "init");
	make_orphaned_b();
	b = open_below(a.wid, 1);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(ask(B, add, many(1000) / 10), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(end(a.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

/* Two spaces lose their inits, one in the other, while that around them dies. */
TEST_F_TIMEOUT(large, nobody_survives_if_pid_1_exits_while_the_space_above_dies,
	       300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space a;

		actors_new();
		a = new_space(A, "init");
		ASSERT_EQ(ask(A, spawn_outer, B), 2);
		ASSERT_EQ(ask(B, add, 3), 0);
		ASSERT_EQ(ask(B, spawn_outer, C), 5);
		ASSERT_EQ(ask(C, add, 3), 0);
		/* The one and the other, at different times. */
		if (round % 2) {
			tell(round % 4 == 1 ? B : C, leave, 5);
			usleep(round);
			tell(round % 4 == 1 ? C : B, leave, 5);
			usleep(round);
		}
		ASSERT_EQ(kill(a.wid, SIGKILL), 0);
		if (!(round % 2)) {
			usleep(round);
			tell(round % 4 ? B : C, leave, 5);
			tell(round % 4 ? C : B, leave, 5);
		}
		ASSERT_EQ(reap(a.wid), BY_SIGNAL(SIGKILL));
		ASSERT_TRUE(nobody_is_left());
		close(a.ns);
		actors_end();
	}
}

TEST_F_TIMEOUT(large, the_space_ends_if_pid_1_and_the_last_member_exit_at_once,
	       300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space b;

		actors_new();
		b = space_with_one("outer");
		tell(round % 2 ? ONE : B, leave, 5);
		tell(round % 2 ? B : ONE, leave, 5);
		ASSERT_EQ(reap(b.wid), 5);
		ASSERT_TRUE(wait_for_hup(b.ns));
		ASSERT_EQ(spawn_into(TWO, b.ns), -ENOMEM);
		ASSERT_TRUE(nobody_is_left());
		close(b.ns);
		actors_end();
	}
}

TEST_F_TIMEOUT(large, forks_outrun_the_exit_of_pid_1_but_not_its_adopters, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space a;
		int b;

		actors_new();
		a = new_space(A, "init");
		ASSERT_EQ(ask(A, spawn_outer, B), 2);
		ASSERT_EQ(ask(B, spawn, ONE), 2);
		b = open_below(a.wid, 1);
		tell(ONE, run_on, 0);
		tell(B, leave, 5);
		ASSERT_EQ(ask(A, reap, 2), 5);
		ASSERT_EQ(poll_for(b, 0), POLLIN);
		ASSERT_EQ(end(a.wid), BY_SIGNAL(SIGKILL));
		ASSERT_EQ(poll_end(b), POLLIN | POLLHUP);
		ASSERT_TRUE(nobody_is_left());
		close(b);
		close(a.ns);
		actors_end();
	}
}

TEST_HARNESS_MAIN
