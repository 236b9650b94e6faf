// SPDX-License-Identifier: GPL-2.0
/*
 * What means all, or all of a user, means all in the caller's pid namespace and below:
 * kill(-1), and setpriority() and getpriority() of a user. Members of spaces below
 * have no number there.
 *
 * All that is killed is in an arena, a namespace of the test's own.
 *
 * model: Signals
 */

#include "tree.h"
#include <sys/resource.h>
#include "harness.h"

#define USER	1000

/*
 * Processes of root or of the user, which are somewhere. Each has sent a pidfd of its
 * own, and each tells its niceness when it is asked.
 */
#define CROWD	4

struct crowd {
	uid_t user;
	int socket[2];
	struct gate go, answer;
	int count, pidfd[CROWD];
};

static struct crowd crowd_new(uid_t user)
{
	struct crowd crowd = { user, .go = gate_new(), .answer = gate_new() };

	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			  crowd.socket));
	return crowd;
}

/* A child of the caller is in the crowd. */
static void join(struct crowd *crowd)
{
	if (fork_child())
		return;
	if (crowd->user)
		become(crowd->user);
	CHECK(!send_fd(crowd->socket[1],
		       open_pidfd(getpid())));
	gate_wait(&crowd->go);
	gate_pass(&crowd->answer, getpriority(PRIO_PROCESS, 0));
	stay();
}

/* Wait until COUNT have joined. */
static void gather(struct crowd *crowd, int count)
{
	for (; crowd->count < count; crowd->count++) {
		crowd->pidfd[crowd->count] = receive_fd(crowd->socket[0]);
		CHECK(crowd->pidfd[crowd->count] >= 0);
	}
}

static bool all_die(const struct crowd *crowd)
{
	for (int i = 0; i < crowd->count; i++)
		if (!poll_for(crowd->pidfd[i], PATIENCE))
			return false;
	return true;
}

static bool all_live(const struct crowd *crowd)
{
	for (int i = 0; i < crowd->count; i++)
		if (poll_for(crowd->pidfd[i], 0))
			return false;
	return true;
}

static bool all_have_niceness(struct crowd *crowd, int nice)
{
	bool all = true;
	int i;

	for (i = 0; i < crowd->count; i++)
		gate_pass(&crowd->go, 0);
	for (i = 0; i < crowd->count; i++)
		all &= gate_wait(&crowd->answer) == nice;
	return all;
}

static void end_all(const struct crowd *crowd)
{
	for (int i = 0; i < crowd->count; i++)
		syscall(SYS_pidfd_send_signal, crowd->pidfd[i], SIGKILL, NULL,
			0);
}

/*
 * Where they are: in the arena there are children of its pid 1, a space that has
 * lost its pid 1, and the space S, which has in it a space, a classic namespace and
 * one more space without a pid 1. Outside there are a process and a space.
 */
enum { IN_S, IN_ARENA, OUTSIDE, PLACES };

static const int sizes[PLACES] = { 4, 2, 2 };

FIXTURE(arena)
{
	struct crowd root[PLACES], user[PLACES];
	pid_t wid, beside;
	struct gate go, result;
};

FIXTURE_VARIANT(arena)
{
	uint64_t flags;
};

FIXTURE_VARIANT_ADD(arena, space) { CLONE_NEWPSPACE };

FIXTURE_VARIANT_ADD(arena, classic) { CLONE_NEWPID };

#define ARENA FIXTURE_DATA(arena)

static void join_both(ARENA *arena, int place)
{
	join(&arena->root[place]);
	join(&arena->user[place]);
}

static void join_without_an_init(ARENA *arena, int place)
{
	pid_t wid = fork_space_with("outer");

	CHECK(wid >= 0);
	if (!wid) {
		join_both(arena, place);
		_exit(7);
	}
	CHECK(reap(wid) == 7);
}

static void join_in(ARENA *arena, int place, uint64_t flags)
{
	pid_t wid = fork_with(flags);

	CHECK(wid >= 0);
	if (!wid) {
		join_both(arena, place);
		stay();
	}
}

/* A child that does what is to be done when it is told to. */
static void add_actor(ARENA *arena, int (*act)(void), uid_t user)
{
	if (fork_child())
		return;
	if (user)
		become(user);
	gate_wait(&arena->go);
	gate_pass(&arena->result, act());
	stay();
}

static void __attribute__((noreturn)) run_arena(ARENA *arena, int (*act)(void),
						int place, uid_t user)
{
	pid_t wid;

	mount_own_proc();
	join_both(arena, IN_ARENA);
	join_without_an_init(arena, IN_ARENA);
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid) {
		mount_own_proc();
		join_both(arena, IN_S);
		join_without_an_init(arena, IN_S);
		join_in(arena, IN_S, CLONE_NEWPSPACE);
		join_in(arena, IN_S, CLONE_NEWPID);
	}
	if (wid ? place == IN_ARENA : place == IN_S)
		add_actor(arena, act, user);
	stay();
}

/* All is there, and a child of pid 1 of the arena or of S has acted: what it returned. */
static int act_in(ARENA *arena, uint64_t flags, int (*act)(void), int place,
		  uid_t user)
{
	int i;

	arena->wid = fork_with(flags);
	CHECK(arena->wid >= 0);
	if (!arena->wid)
		run_arena(arena, act, place, user);
	join_both(arena, OUTSIDE);
	arena->beside = fork_space();
	CHECK(arena->beside >= 0);
	if (!arena->beside) {
		join_both(arena, OUTSIDE);
		stay();
	}
	for (i = 0; i < PLACES; i++) {
		gather(&arena->root[i], sizes[i]);
		gather(&arena->user[i], sizes[i]);
	}
	gate_pass(&arena->go, 0);
	return gate_wait(&arena->result);
}

FIXTURE_SETUP(arena)
{
	int i;

	for (i = 0; i < PLACES; i++) {
		self->root[i] = crowd_new(0);
		self->user[i] = crowd_new(USER);
	}
	self->go = gate_new();
	self->result = gate_new();
}

FIXTURE_TEARDOWN(arena)
{
	EXPECT_TRUE(all_live(&self->root[OUTSIDE]));
	EXPECT_TRUE(all_live(&self->user[OUTSIDE]));
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(self->beside), BY_SIGNAL(SIGKILL));
	end_all(&self->root[OUTSIDE]);
	end_all(&self->user[OUTSIDE]);
}

/* A pid 1 has no handler for it and goes on. So those in its space do not die of that. */
static int kill_all_by_sigterm(void)
{
	return kill(-1, SIGTERM) ? -errno : 0;
}

static int kill_all_by_sigkill(void)
{
	return kill(-1, SIGKILL) ? -errno : 0;
}

TEST_F(arena, kill_all_reaches_members_below)
{
	ASSERT_EQ(act_in(self, variant->flags, kill_all_by_sigterm, IN_ARENA, 0),
		  0);
	EXPECT_TRUE(all_die(&self->root[IN_ARENA]));
	EXPECT_TRUE(all_die(&self->user[IN_ARENA]));
	EXPECT_TRUE(all_die(&self->root[IN_S]));
	EXPECT_TRUE(all_die(&self->user[IN_S]));
}

TEST_F(arena, kill_all_by_sigkill_leaves_nothing_below)
{
	ASSERT_EQ(act_in(self, variant->flags, kill_all_by_sigkill, IN_ARENA, 0),
		  0);
	EXPECT_TRUE(all_die(&self->root[IN_ARENA]));
	EXPECT_TRUE(all_die(&self->user[IN_ARENA]));
	EXPECT_TRUE(all_die(&self->root[IN_S]));
	EXPECT_TRUE(all_die(&self->user[IN_S]));
}

TEST_F(arena, kill_all_of_a_user_reaches_those_that_are_the_users)
{
	ASSERT_EQ(act_in(self, variant->flags, kill_all_by_sigkill, IN_ARENA,
			 USER), 0);
	EXPECT_TRUE(all_die(&self->user[IN_ARENA]));
	EXPECT_TRUE(all_die(&self->user[IN_S]));
	EXPECT_TRUE(all_live(&self->root[IN_ARENA]));
	EXPECT_TRUE(all_live(&self->root[IN_S]));
}

TEST_F(arena, kill_all_by_a_member_reaches_its_space_and_below_only)
{
	ASSERT_EQ(act_in(self, variant->flags, kill_all_by_sigterm, IN_S, 0), 0);
	EXPECT_TRUE(all_die(&self->root[IN_S]));
	EXPECT_TRUE(all_die(&self->user[IN_S]));
	EXPECT_TRUE(all_live(&self->root[IN_ARENA]));
	EXPECT_TRUE(all_live(&self->user[IN_ARENA]));
}

TEST_F(arena, kill_all_of_a_user_by_a_member_reaches_its_space_and_below_only)
{
	ASSERT_EQ(act_in(self, variant->flags, kill_all_by_sigkill, IN_S, USER),
		  0);
	EXPECT_TRUE(all_die(&self->user[IN_S]));
	EXPECT_TRUE(all_live(&self->root[IN_S]));
	EXPECT_TRUE(all_live(&self->root[IN_ARENA]));
	EXPECT_TRUE(all_live(&self->user[IN_ARENA]));
}

#define NICE	7

static int nice_the_user(void)
{
	return setpriority(PRIO_USER, USER, NICE) ? -errno : 0;
}

static int nice_oneself(void)
{
	return setpriority(PRIO_USER, 0, NICE) ? -errno : 0;
}

TEST_F(arena, priority_of_a_user_reaches_members_below)
{
	ASSERT_EQ(act_in(self, variant->flags, nice_the_user, IN_ARENA, 0), 0);
	EXPECT_TRUE(all_have_niceness(&self->user[IN_ARENA], NICE));
	EXPECT_TRUE(all_have_niceness(&self->user[IN_S], NICE));
	EXPECT_TRUE(all_have_niceness(&self->user[OUTSIDE], 0));
	EXPECT_TRUE(all_have_niceness(&self->root[IN_ARENA], 0));
	EXPECT_TRUE(all_have_niceness(&self->root[IN_S], 0));
}

TEST_F(arena, priority_by_the_user_reaches_members_below)
{
	ASSERT_EQ(act_in(self, variant->flags, nice_oneself, IN_ARENA, USER), 0);
	EXPECT_TRUE(all_have_niceness(&self->user[IN_ARENA], NICE));
	EXPECT_TRUE(all_have_niceness(&self->user[IN_S], NICE));
	EXPECT_TRUE(all_have_niceness(&self->user[OUTSIDE], 0));
	EXPECT_TRUE(all_have_niceness(&self->root[IN_ARENA], 0));
	EXPECT_TRUE(all_have_niceness(&self->root[IN_S], 0));
}

TEST_F(arena, priority_of_a_user_by_a_member_reaches_its_space_and_below_only)
{
	ASSERT_EQ(act_in(self, variant->flags, nice_the_user, IN_S, 0), 0);
	EXPECT_TRUE(all_have_niceness(&self->user[IN_S], NICE));
	EXPECT_TRUE(all_have_niceness(&self->user[IN_ARENA], 0));
	EXPECT_TRUE(all_have_niceness(&self->user[OUTSIDE], 0));
	EXPECT_TRUE(all_have_niceness(&self->root[IN_S], 0));
}

/* The best of them; -100 if there is none. */
static int priority_of(uid_t user)
{
	int priority;

	errno = 0;
	priority = getpriority(PRIO_USER, user);
	CHECK(!errno || errno == ESRCH);
	return errno ? -100 : priority;
}

TEST(the_priority_of_a_user_is_that_of_the_best_below)
{
	struct gate ready = gate_new(), seen = gate_new();
	pid_t wid, beside;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_space()) {
			if (!fork_child()) {
				CHECK(!setpriority(PRIO_PROCESS, 0, -3));
				become(USER + 1);
				gate_pass(&ready, 0);
			}
			stay();
		}
		gate_wait(&seen);
		/* From the space around it. */
		gate_pass(&ready, priority_of(USER + 1));
		stay();
	}
	beside = fork_space();
	ASSERT_GE(beside, 0);
	if (!beside) {
		gate_wait(&seen);
		gate_pass(&ready, priority_of(USER + 1));
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(priority_of(USER + 1), -3);
	EXPECT_EQ(priority_of(USER + 2), -100);
	gate_pass(&seen, 0);
	gate_pass(&seen, 0);
	/* The one and the other. */
	EXPECT_EQ(gate_wait(&ready) + gate_wait(&ready), -103);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(priority_of(USER + 1), -100);
	EXPECT_EQ(end(beside), BY_SIGNAL(SIGKILL));
}

/* As it is with a child. Nothing at all is ESRCH, see signal.c. */
TEST(kill_all_by_an_init_with_nobody_but_members_below_is_no_error)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate life = gate_new();
		pid_t orphaned;

		mount_own_proc();
		orphaned = fork_space_with("outer");
		CHECK(orphaned >= 0);
		if (!orphaned) {
			add_children(1);
			_exit(7);
		}
		CHECK(reap(orphaned) == 7);
		CHECK(!kill(-1, SIGKILL));
		CHECK(all_let_go(&life));
		AWAIT(kill(-1, SIGKILL) == -1 && errno == ESRCH);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* What shuts a machine down: a file system of a space without pid 1 can be unmounted. */
TEST(after_kill_all_a_file_system_that_members_below_had_busy_is_free)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate ready = gate_new(), life;
		pid_t orphaned;

		mount_own_proc();
		CHECK(!mount("data", "/tmp", "tmpfs", 0, NULL));
		life = gate_new();
		orphaned = fork_space_with("outer");
		CHECK(orphaned >= 0);
		if (!orphaned) {
			if (!fork_child()) {
				signal(SIGTERM, SIG_IGN);
				CHECK(!chdir("/tmp"));
				gate_pass(&ready, 0);
				stay();
			}
			_exit(7);
		}
		CHECK(reap(orphaned) == 7);
		gate_wait(&ready);
		CHECK(umount("/tmp") == -1 && errno == EBUSY);
		CHECK(!kill(-1, SIGTERM));
		CHECK(!kill(-1, SIGKILL));
		CHECK(all_let_go(&life));
		/* The directory is the last that it lets go of. */
		AWAIT(!umount("/tmp"));
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_HARNESS_MAIN
