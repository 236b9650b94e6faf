// SPDX-License-Identifier: GPL-2.0
/*
 * What is killed from above dies, although its members trace each other and do not
 * answer.
 *
 * model: Death
 */

#include "evade.h"

#define USER		1000

FIXTURE(evasion)
{
	long spaces;
};

FIXTURE_VARIANT(evasion)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
	uid_t user;
};

FIXTURE_VARIANT_ADD(evasion, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(evasion, ioctl) { CLONE_NEWPSPACE, by_ioctl };

FIXTURE_VARIANT_ADD(evasion, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(evasion, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_VARIANT_ADD(evasion, file_user) { CLONE_NEWPSPACE, by_file, USER };

FIXTURE_VARIANT_ADD(evasion, ioctl_user) { CLONE_NEWPSPACE, by_ioctl, USER };

FIXTURE_VARIANT_ADD(evasion, signal_user) { CLONE_NEWPSPACE, by_signal, USER };

FIXTURE_VARIANT_ADD(evasion, signal_classic_user) { CLONE_NEWPID, by_signal, USER };

FIXTURE_SETUP(evasion)
{
	self->spaces = count_lines(SPACES);
}

/* All spaces are gone, those within as well. */
FIXTURE_TEARDOWN(evasion)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
}

#define EVASION FIXTURE_VARIANT(evasion)

static bool dies(const EVASION *variant, void (*populate)(void))
{
	struct top top = top_new(variant->flags, variant->user, populate);

	CHECK(!variant->kill(&top));
	return is_whole_end(&top, variant->flags);
}

static void nest_held_up(void)
{
	nest(hold_up_the_init);
}

TEST_F(evasion, by_tracing_the_init_of_a_nested_space_fails)
{
	EXPECT_TRUE(dies(variant, nest_held_up));
}

static void hold_up_and_nest(void)
{
	nest(hold_up_the_init);
	hold_up_the_init();
}

static void nest_twice_held_up(void)
{
	nest(hold_up_and_nest);
}

TEST_F(evasion, by_tracing_the_inits_of_spaces_in_each_other_fails)
{
	EXPECT_TRUE(dies(variant, nest_twice_held_up));
}

static void hold_up_a_classic_init(void)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic) {
		add_forker();
		stay();
	}
	add_tracer_of(classic);
}

static void nest_with_classic_held_up(void)
{
	nest(hold_up_a_classic_init);
}

TEST_F(evasion, by_tracing_the_init_of_a_classic_namespace_in_a_nested_one_fails)
{
	EXPECT_TRUE(dies(variant, nest_with_classic_held_up));
}

static void nest_trace_each_other(void)
{
	nest(trace_each_other);
}

TEST_F(evasion, by_tracing_each_other_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_each_other));
}

static void trace_in_a_ring(void)
{
	add_ring(3, false);
}

static void nest_trace_in_a_ring(void)
{
	nest(trace_in_a_ring);
}

TEST_F(evasion, by_tracing_in_a_ring_of_three_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_in_a_ring));
}

static void nest_trace_in_a_ring_with_the_init(void)
{
	nest(trace_in_a_ring_with_the_init);
}

TEST_F(evasion, by_tracing_each_other_with_the_init_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_in_a_ring_with_the_init));
}

static void stop_at_the_exit(void)
{
	add_ring(3, true);
}

static void nest_stop_at_the_exit(void)
{
	nest(stop_at_the_exit);
}

TEST_F(evasion, by_having_stopped_at_the_exit_fails)
{
	EXPECT_TRUE(dies(variant, nest_stop_at_the_exit));
}

/* The init of a space that is to outlive it: its members have no init then. */
static void nest_orphaned_trace_each_other(void)
{
	struct gate ready = gate_new();
	pid_t wid;

	/* To steer what is below. */
	mount_own_proc();
	wid = fork_space_with("outer");
	CHECK(wid >= 0);
	if (!wid) {
		add_ring(2, false);
		gate_pass(&ready, 0);
		_exit(7);
	}
	gate_wait(&ready);
	CHECK(reap(wid) == 7);
}

TEST_F(evasion, by_tracing_each_other_without_an_init_fails)
{
	EXPECT_TRUE(dies(variant, nest_orphaned_trace_each_other));
}

static void add_vfork_parent_and_hold_up(void)
{
	add_vfork_parent();
	hold_up_the_init();
}

static void nest_vfork_parent(void)
{
	nest(add_vfork_parent_and_hold_up);
}

TEST_F(evasion, by_what_waits_for_a_vforked_child_fails)
{
	EXPECT_TRUE(dies(variant, nest_vfork_parent));
}

/*
 * Bombs: each makes spaces, and forks, and has itself traced. A limit keeps the
 * machine alive.
 */
#define PROCESSES	"60"
#define ROUNDS		many(50)

static void __attribute__((noreturn)) explode(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (unsigned int i = 0;; i++) {
		pid_t child = i % 3 ? fork() : fork_space();

		if (child < 0) {
			/* So that there is room for others. */
			if (i % 7 == 0 && getpid() != 1)
				_exit(0);
			usleep(1000);
			continue;
		}
		if (!child)
			i = getpid();
		else if (i % 2)
			seize(child);
		else if (getppid())
			seize(getppid());
		/* Nobody here answers. */
	}
}

static void add_explosives(void)
{
	struct gate go = gate_new();
	int i;

	block_sigchld();
	for (i = 0; i < 4; i++) {
		pid_t child;

		AWAIT((child = fork()) >= 0);
		if (!child) {
			gate_wait(&go);
			explode();
		}
	}
	/* Now that all have found room. */
	for (i = 0; i < 4; i++)
		gate_pass(&go, 0);
}

/* What is in a classic namespace can hold up that by each other, as ever. */
static void nest_explosives(void)
{
	nest(add_explosives);
}

FIXTURE(bomb)
{
	struct cgroup cgroup;
	long spaces;
};

FIXTURE_VARIANT(bomb)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
	uid_t user;
};

FIXTURE_VARIANT_ADD(bomb, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(bomb, ioctl_user) { CLONE_NEWPSPACE, by_ioctl, USER };

FIXTURE_VARIANT_ADD(bomb, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(bomb, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_SETUP(bomb)
{
	self->spaces = count_lines(SPACES);
	self->cgroup = cgroup_new();
	write_file(CGROUPS "/cgroup.subtree_control", "+pids");
	ASSERT_EQ(cgroup_set(&self->cgroup, "pids.max", PROCESSES), 0);
	limit = &self->cgroup;
}

FIXTURE_TEARDOWN(bomb)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
	cgroup_remove(&self->cgroup);
}

TEST_F_TIMEOUT(bomb, that_makes_spaces_and_traces_ends, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct top top = top_new(variant->flags, variant->user,
					 variant->flags & CLONE_NEWPID ?
					 nest_explosives : add_explosives);

		usleep(round * 1000);
		ASSERT_EQ(variant->kill(&top), 0);
		ASSERT_TRUE(is_whole_end(&top, variant->flags));
	}
}

TEST_HARNESS_MAIN
