// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers on demand and the spaces around: those at several levels, those that die, and
 * parents that have adopted from a space.
 *
 * model: What such a number is
 * model: A space without an init
 * vm: --module-args default_numbers=3
 */

#include "wid.h"
#include <sys/ptrace.h>
#include "harness.h"

/*
 * Levels. Pid 1 of the space in the middle asks, too: it is a process of the test that
 * made it by FLAGS.
 */

static void run_inside(struct __test_metadata *_metadata, uint64_t flags,
		       void (*body)(void))
{
	pid_t wid = fork_with(flags);

	ASSERT_GE(wid, 0);
	if (!wid) {
		mount_own_proc();
		body();
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* The member below gets a number here, the same again, and is killed by it. */
static pid_t ask_and_kill(struct below *below)
{
	pid_t wid = get_wid(below->ns, MEMBER);

	CHECK(wid > 1);
	CHECK(get_wid(below->ns, MEMBER) == wid);
	CHECK(has_numbers(wid, TEXT("%d\t%d", wid, MEMBER)));
	CHECK(!kill(wid, SIGKILL));
	await_gone(wid);
	return wid;
}

static void ask_from_the_middle(void)
{
	struct below below = below_new(NULL);
	pid_t wid = ask_and_kill(&below);

	CHECK(fork_and_reap_as(0, TIDS(wid)) == wid);
	CHECK(below_end(&below));
}

TEST(a_space_asks_for_what_is_in_one_in_it)
{
	run_inside(_metadata, CLONE_NEWPSPACE, ask_from_the_middle);
}

static void ask_from_a_classic_namespace(void)
{
	struct below below = below_new(NULL);

	ask_and_kill(&below);
	CHECK(below_end(&below));
}

TEST(a_classic_namespace_asks_for_what_is_in_a_space_in_it)
{
	run_inside(_metadata, CLONE_NEWPID, ask_from_a_classic_namespace);
}

static void ask_for_one_in_a_classic_namespace(void)
{
	struct gate ready = gate_new();
	pid_t init = fork_space(), wid;
	int ns;

	CHECK(init >= 0);
	if (!init) {
		pid_t classic = fork_with(CLONE_NEWPID);

		CHECK(classic >= 0);
		if (!classic) {
			add_children(1);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(init, "pid");
	/* It is a member of the space: 2 is pid 1 of the namespace, 3 its child. */
	wid = get_wid(ns, 3);
	CHECK(wid > 0);
	CHECK(has_numbers(wid, TEXT("%d\t3\t2", wid)));
	CHECK(end(init) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(ns));
	close(ns);
}

TEST(one_in_a_classic_namespace_in_a_space_gets_a_number)
{
	run_inside(_metadata, CLONE_NEWPSPACE, ask_for_one_in_a_classic_namespace);
}

TEST(a_number_at_the_top_is_none_in_the_middle)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "init", false, NULL);
	uint64_t inner = ns_id(levels.inner);
	struct row row;
	pid_t wid;

	wid = get_wid(levels.inner, 2);
	ASSERT_GT(wid, 0);
	EXPECT_TRUE(has_numbers(wid, TEXT("%d\t2", wid)));
	/* The wid is that in the space in the middle. */
	ASSERT_TRUE(task_row(inner, 2, &row));
	EXPECT_TRUE(row_is(&row, TASK_WID, "-"));
	ASSERT_TRUE(space_row(levels.middle.id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_MEMBERS, "1"));
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(levels.inner));
	await_gone(wid);
	levels_close(&levels);
}

static void ask_for_two(int inner)
{
	CHECK(get_wid(inner, 2) > 0);
	CHECK(get_wid(inner, 3) > 0);
}

TEST(one_has_a_number_in_each_of_those_who_ask)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "init", false, ask_for_two);
	uint64_t inner = ns_id(levels.inner);
	struct row row;
	pid_t wid;

	wid = get_wid(levels.inner, 2);
	ASSERT_GT(wid, 0);
	levels_act(&levels);
	EXPECT_EQ(get_wid(levels.inner, 2), wid);
	ASSERT_TRUE(task_row(inner, 2, &row));
	EXPECT_STRNE(row.word[TASK_WID], "-");
	EXPECT_STRNE(row.word[TASK_WID], TEXT("%d", wid));
	/* They are no members there. */
	ASSERT_TRUE(space_row(levels.middle.id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_MEMBERS, "1"));
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(levels.inner));
	EXPECT_TRUE(wait_for_hup(levels.middle.ns));
	await_gone(wid);
	levels_close(&levels);
}

/*
 * The death of a space above, from within that
 */

FIXTURE(death) {};

FIXTURE_VARIANT(death) {
	uint64_t flags;
	const char *policy;
	bool orphaned;
	/* Are there any with a number in the middle? At the top? */
	bool asked, asked_above;
	/* The one in the middle exits, or is killed as a space. */
	bool exits;
};

#define DEATH(name, ...) \
	FIXTURE_VARIANT_ADD(death, name) { __VA_ARGS__ }

DEATH(of_a_space_with_numbers, CLONE_NEWPSPACE, "init", false, true, false, true);
DEATH(of_a_space_with_numbers_above, CLONE_NEWPSPACE, "init", false, true, true, true);
DEATH(of_one_killed_with_numbers, CLONE_NEWPSPACE, "init", false, true, true, false);
DEATH(of_one_with_an_orphaned_one, CLONE_NEWPSPACE, "outer", true, true, false, true);
DEATH(of_one_with_an_orphaned_one_and_none, CLONE_NEWPSPACE, "outer", true, false, true, true);
DEATH(of_one_killed_with_an_orphaned_one, CLONE_NEWPSPACE, "outer", true, true, true, false);
DEATH(of_a_classic_one, CLONE_NEWPID, "init", false, true, true, true);
DEATH(of_a_classic_one_with_an_orphaned_one, CLONE_NEWPID, "outer", true, true, true, true);

FIXTURE_SETUP(death) {}
FIXTURE_TEARDOWN(death) {}

/* 4 has no number in any case. */
TEST_F(death, takes_along_who_has_a_number_and_who_has_none)
{
	struct levels levels = levels_new(variant->flags, variant->policy, variant->orphaned,
					  variant->asked ? ask_for_two : NULL);
	pid_t wid = 0;

	if (variant->asked_above) {
		wid = get_wid(levels.inner, 2);
		ASSERT_GT(wid, 0);
	}
	levels_act(&levels);
	if (variant->exits)
		gate_pass(&levels.middle.go, 3);
	else
		EXPECT_EQ(ioctl(levels.middle.ns, PSPACE_KILL), 0);
	EXPECT_EQ(reap(levels.middle.init), variant->exits ? 3 : BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(levels.inner));
	if (variant->flags & CLONE_NEWPSPACE)
		EXPECT_TRUE(wait_for_hup(levels.middle.ns));
	if (wid)
		await_gone(wid);
	levels_close(&levels);
}

/*
 * A parent that is blind: it has adopted the orphans of a space without an init.
 */

static bool no_signal_of_a_child(void)
{
	sigset_t signals;

	CHECK(!sigpending(&signals));
	return !sigismember(&signals, SIGCHLD);
}

static void block_signals_of_children(void)
{
	struct timespec none = {};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	CHECK(!sigprocmask(SIG_BLOCK, &signals, NULL));
	/* That of the init, which was reaped. */
	sigtimedwait(&signals, NULL, &none);
}

static void stay_blind(int inner)
{
	pid_t wid;

	block_signals_of_children();
	wid = get_wid(inner, 2);
	CHECK(wid > 0);
	CHECK(says(TEXT("/proc/%d/status", wid), "PPid", "1"));
	CHECK(reap(wid) == -ECHILD);
	CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
	CHECK(!kill(wid, SIGSTOP));
	await_state(TEXT("/proc/%d/status", wid), "T");
	CHECK(waitpid(wid, NULL, WUNTRACED | WNOHANG | __WALL) == -1 && errno == ECHILD);
	CHECK(!kill(wid, SIGCONT));
	await_state(TEXT("/proc/%d/status", wid), "S");
	CHECK(!kill(wid, SIGKILL));
	await_gone(wid);
	CHECK(no_signal_of_a_child());
	CHECK(reap(wid) == -ECHILD);
}

TEST(a_blind_parent_stays_blind_to_who_got_a_number)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "outer", true, stay_blind);

	levels_act(&levels);
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	levels_close(&levels);
}

static void trace_an_orphan(int inner)
{
	pid_t first = get_wid(inner, 2), second = get_wid(inner, 3);
	int status;

	CHECK(first > 0 && second > 0);
	CHECK(!ptrace(PTRACE_SEIZE, first, NULL, NULL));
	CHECK(!ptrace(PTRACE_INTERRUPT, first, NULL, NULL));
	CHECK(waitpid(first, &status, __WALL) == first && WIFSTOPPED(status));
	CHECK(!ptrace(PTRACE_DETACH, first, NULL, NULL));
	CHECK(reap(first) == -ECHILD);
	CHECK(!kill(first, SIGKILL));
	await_gone(first);
	/* As a tracer it waits for one, and that is all. */
	CHECK(!ptrace(PTRACE_SEIZE, second, NULL, NULL));
	CHECK(!kill(second, SIGKILL));
	CHECK(reap(second) == BY_SIGNAL(SIGKILL));
	CHECK(reap(second) == -ECHILD);
	await_gone(second);
}

TEST(a_blind_parent_waits_for_what_it_traces)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "outer", true, trace_an_orphan);

	levels_act(&levels);
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	levels_close(&levels);
}

TEST_HARNESS_MAIN
