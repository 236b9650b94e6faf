// SPDX-License-Identifier: GPL-2.0
/*
 * Each space goes by its own policy, a change of it holds at once, and a pid 1 that
 * never waits has no zombies.
 *
 * model: Setting the policy
 * model: Orphans
 */

#include "auto.h"

/* Tell an orphan to end, and see the policy in what becomes of it. */
static void end_orphan(struct task *orphan, const char *policy)
{
	if (!strcmp(policy, "init")) {
		end_and_reap(orphan);
		return;
	}
	tell(orphan);
	CHECK(leaves_no_trace(orphan));
}

/*
 * More than one space
 */

FIXTURE(nested) {};
FIXTURE_VARIANT(nested) { const char *outside, *inside; };
FIXTURE_VARIANT_ADD(nested, auto_in_init) { "init", "auto" };
FIXTURE_VARIANT_ADD(nested, outer_in_init) { "init", "outer" };
FIXTURE_VARIANT_ADD(nested, init_in_auto) { "auto", "init" };
FIXTURE_VARIANT_ADD(nested, outer_in_auto) { "auto", "outer" };
FIXTURE_VARIANT_ADD(nested, init_in_outer) { "outer", "init" };
FIXTURE_VARIANT_ADD(nested, auto_in_outer) { "outer", "auto" };
FIXTURE_SETUP(nested) {}
FIXTURE_TEARDOWN(nested) {}

TEST_F_OF_PID_1(nested, variant->outside, an_orphan_goes_by_the_policy_of_its_own_space)
{
	struct task orphan = adopt(end_when_told);
	pid_t inner = fork_pid_1(variant->inside);

	CHECK(inner >= 0);
	if (!inner) {
		orphan = adopt(end_when_told);
		end_orphan(&orphan, variant->inside);
		_exit(0);
	}
	CHECK(reap(inner) == 0);
	CHECK(take(SIGCHLD).si_pid == inner);
	end_orphan(&orphan, variant->outside);
}

static const char *inner_policy;

static pid_t fork_inner(void)
{
	return fork_space_with(inner_policy);
}

TEST_F_OF_PID_1(nested, variant->outside,
		an_inner_init_whose_creator_dies_goes_by_the_policy_outside)
{
	struct task creator, inner;

	inner_policy = variant->inside;
	inner = fork_grandchild(&creator, fork_inner, end_when_told);
	end_parent(&creator);
	end_orphan(&inner, variant->outside);
}

/* Where put_in() forks into. */
static int target;

static pid_t put_in(void)
{
	return fork_into(target);
}

/* Its parent was outside, and so are those who may adopt it. */
TEST_F_OF_PID_1(nested, variant->outside,
		one_put_in_whose_parent_dies_goes_by_the_policy_outside)
{
	struct task parent, orphan;
	pid_t inner = fork_space_with(variant->inside);

	CHECK(inner >= 0);
	if (!inner)
		stay();
	target = open_ns(inner, "pid");
	orphan = fork_grandchild(&parent, put_in, end_when_told);
	end_parent(&parent);
	end_orphan(&orphan, variant->outside);
	CHECK(end(inner) == BY_SIGNAL(SIGKILL));
}

TEST(one_put_in_is_its_outside_parents_to_wait_for)
{
	struct task child;
	pid_t wid;

	block(SIGCHLD);
	wid = fork_pid_1("auto");
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	target = open_ns(wid, "pid");
	child = fork_task(put_in, end_when_told);
	end_and_reap(&child);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_orphan_of_one_put_in_is_released)
{
	struct task parent = task_new(), orphan = task_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		orphan.nr = hear(&parent);
		orphan.pidfd = open_pidfd(orphan.nr);
		CHECK(orphan.pidfd >= 0);
		tell(&parent);
		/* When the test has waited for the parent. */
		hear(&orphan);
		CHECK(waitpid(orphan.nr, NULL, WNOHANG) == 0);
		tell(&orphan);
		CHECK(leaves_no_trace(&orphan));
		_exit(0);
	}
	target = open_ns(wid, "pid");
	parent.nr = put_in();
	ASSERT_GE(parent.nr, 0);
	if (!parent.nr) {
		gate_pass(&parent.news, start(&orphan, fork, end_when_told));
		gate_wait(&parent.go);
		_exit(0);
	}
	EXPECT_EQ(reap(parent.nr), 0);
	gate_pass(&orphan.news, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(the_exit_of_pid_1_under_auto_kills_the_orphans_before_it_can_be_waited_for)
{
	struct gate life = gate_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		for (i = 0; i < 5; i++)
			CHECK(adopt(end_when_told).nr > 0);
		CHECK(!kill(adopt(end_when_told).nr, SIGSTOP));
		_exit(3);
	}
	close(life.fd[1]);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_EQ(poll_for(life.fd[0], 0), POLLHUP);
}

/*
 * Changes of the policy, from init
 */

FIXTURE(change_to) {};
FIXTURE_VARIANT(change_to) { const char *policy; };
FIXTURE_VARIANT_ADD(change_to, auto) { "auto" };
FIXTURE_VARIANT_ADD(change_to, outer) { "outer" };
FIXTURE_SETUP(change_to) {}
FIXTURE_TEARDOWN(change_to) {}

TEST_F_OF_PID_1(change_to, "init", releases_orphans_that_are_zombies)
{
	struct task zombies[3];
	int i;

	for (i = 0; i < 3; i++) {
		zombies[i] = adopt_zombie(end_at_once);
		CHECK(is_zombie(&zombies[i]));
	}
	change_policy(variant->policy);
	for (i = 0; i < 3; i++)
		CHECK(leaves_no_trace(&zombies[i]));
	CHECK(wait(NULL) == -1 && errno == ECHILD);
}

TEST_F_OF_PID_1(change_to, "init", lets_orphans_that_live_be_released_when_they_exit)
{
	struct task orphan = adopt(end_when_told);

	change_policy(variant->policy);
	CHECK(!poll_for(orphan.pidfd, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_its_child_that_is_a_zombie)
{
	struct task child = fork_task(fork, end_at_once);

	CHECK(take(SIGCHLD).si_pid == child.nr);
	change_policy(variant->policy);
	CHECK(is_zombie(&child));
	CHECK(reap(child.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_its_child_that_lives)
{
	struct task child = fork_task(fork, end_when_told);

	change_policy(variant->policy);
	end_and_reap(&child);
}

static const char *new_policy;

static void change_with_a_zombie(struct task *self)
{
	struct task zombie;

	become_subreaper();
	zombie = adopt_zombie(end_at_once);
	change_policy(new_policy);
	CHECK(is_zombie(&zombie));
	CHECK(reap(zombie.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_a_subreaper_its_zombie)
{
	struct task subreaper;

	new_policy = variant->policy;
	subreaper = fork_task(fork, change_with_a_zombie);
	CHECK(reap(subreaper.nr) == 9);
}

TEST_F_OF_PID_1(change_to, "init", leaves_an_orphan_of_which_a_thread_lives)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	change_policy(variant->policy);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(change_to, "init", leaves_a_tracer_its_zombie)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	CHECK(is_zombie(&subject));
	change_policy(variant->policy);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(change_to, "init", leaves_pid_1_a_zombie_that_it_traces)
{
	subject = adopt(end_when_told);
	seize_subject();
	tell(&subject);
	CHECK(is_zombie(&subject));
	change_policy(variant->policy);
	CHECK(is_zombie(&subject));
	CHECK(reap(subject.nr) == 9);
	CHECK(is_released(&subject));
}

/* Ends when pid 1 sleeps again under the new policy. */
static void change_when_pid_1_waits(struct task *self)
{
	wait_until_in(1, SYS_waitid);
	change_policy(new_policy);
	wait_until_in(1, SYS_waitid);
}

TEST_F_OF_PID_1(change_to, "init",
		while_pid_1_waits_for_a_living_orphan_lets_that_end_with_echild)
{
	struct task orphan;
	siginfo_t info;

	new_policy = variant->policy;
	orphan = adopt(change_when_pid_1_waits);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1);
	CHECK(errno == ECHILD);
	CHECK(poll_for(orphan.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&orphan));
}

/* The zombie is not what pid 1 waits for. */
TEST_F_OF_PID_1(change_to, "init", while_pid_1_waits_for_another_releases_a_zombie)
{
	struct task zombie = adopt_zombie(end_at_once), child;
	siginfo_t info;

	new_policy = variant->policy;
	child = fork_task(fork, change_when_pid_1_waits);
	CHECK(!waitid(P_PID, child.nr, &info, WEXITED));
	CHECK(info.si_pid == child.nr && info.si_status == 9);
	CHECK(is_released(&zombie));
	CHECK(wait(NULL) == -1 && errno == ECHILD);
}

static void see_subject_become_zombie(struct task *self)
{
	gate_wait(&self->go);
	tell(&subject);
	CHECK(is_zombie(&subject));
	gate_pass(&self->news, 0);
	stay();
}

/* It was stopped when the zombie came, or it would have waited for it. */
TEST_F(change_to, while_pid_1_waits_for_a_zombie_ends_that_with_echild)
{
	struct task watcher = task_new();
	pid_t wid = fork_pid_1("init");
	int status;

	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		subject = adopt(end_when_told);
		watcher.nr = start(&watcher, fork, see_subject_become_zombie);
		CHECK(waitid(P_PID, subject.nr, &info, WEXITED) == -1);
		CHECK(errno == ECHILD);
		CHECK(is_released(&subject));
		CHECK(end(watcher.nr) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	wait_until_in(wid, SYS_waitid);
	ASSERT_EQ(kill(wid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(wid, &status, WUNTRACED), wid);
	ASSERT_TRUE(WIFSTOPPED(status));
	tell(&watcher);
	hear(&watcher);
	EXPECT_EQ(set_policy(ns_id_of(wid, "pid"), variant->policy), 0);
	ASSERT_EQ(kill(wid, SIGCONT), 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F(change_to, is_possible_when_pid_1_is_a_zombie)
{
	pid_t wid = fork_pid_1("init");
	siginfo_t info;

	ASSERT_GE(wid, 0);
	if (!wid) {
		adopt_zombie(end_at_once);
		_exit(3);
	}
	ASSERT_EQ(waitid(P_PID, wid, &info, WEXITED | WNOWAIT), 0);
	EXPECT_EQ(set_policy(ns_id_of(wid, "pid"), variant->policy), 0);
	EXPECT_TRUE(policy_is(ns_id_of(wid, "pid"), variant->policy));
	EXPECT_EQ(reap(wid), 3);
}

/* And to it. */
TEST_F_OF_PID_1(under, variant->policy,
		a_change_to_init_makes_zombies_of_those_that_exit_later)
{
	struct task early = adopt(end_when_told);
	struct task late = adopt(end_when_told);

	tell(&early);
	CHECK(leaves_no_trace(&early));
	change_policy("init");
	end_and_reap(&late);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_change_to_init_while_pid_1_waits_gives_it_the_orphan)
{
	struct task orphan;
	siginfo_t info;

	new_policy = "init";
	orphan = adopt(change_when_pid_1_waits);
	CHECK(!waitid(P_ALL, 0, &info, WEXITED));
	CHECK(info.si_pid == orphan.nr && info.si_status == 9);
}

TEST(orphans_go_by_the_policy_that_holds_when_they_exit)
{
	static const char *const policies[] = {
		"auto", "init", "outer", "init", "init", "outer", "auto", "auto",
		"init",
	};
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct task orphans[ARRAY_SIZE(policies)];
		int i;

		for (i = 0; i < ARRAY_SIZE(policies); i++)
			orphans[i] = adopt(end_when_told);
		for (i = 0; i < ARRAY_SIZE(policies); i++) {
			change_policy(policies[i]);
			end_orphan(&orphans[i], policies[i]);
		}
		_exit(0);
	}
	EXPECT_EQ(serve(wid), 0);
}

/* Makes orphans, some of them zombies, until it is killed. */
static void make_orphans_for_ever(struct task *self)
{
	for (;;) {
		pid_t parent = fork();
		int i;

		CHECK(parent >= 0);
		if (!parent) {
			for (i = 0; i < 4; i++)
				if (!fork())
					_exit(0);
			_exit(0);
		}
		CHECK(reap(parent) == 0);
	}
}

/* More time, for kernels that check themselves. */
FIXTURE(crowd) { long threads; };

/* The kernel's default depends on its memory: this is enough, and can be had. */
FIXTURE_SETUP(crowd)
{
	self->threads = read_number("/proc/sys/kernel/threads-max");
	ASSERT_GT(self->threads, 0);
	ASSERT_EQ(write_file("/proc/sys/kernel/threads-max", "30000"), 0);
}

FIXTURE_TEARDOWN(crowd)
{
	char number[32];

	snprintf(number, sizeof(number), "%ld", self->threads);
	EXPECT_EQ(write_file("/proc/sys/kernel/threads-max", number), 0);
}

TEST_F_TIMEOUT(crowd, no_orphan_is_left_that_exits_while_the_policy_changes, 300)
{
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct task maker = fork_task(fork, make_orphans_for_ever);
		int i;

		for (i = 0; i < 100; i++) {
			change_policy("auto");
			change_policy("init");
			change_policy("outer");
			change_policy("init");
		}
		change_policy("auto");
		CHECK(end(maker.nr) == BY_SIGNAL(SIGKILL));
		CHECK(wait(NULL) == -1 && errno == ECHILD);
		_exit(0);
	}
	EXPECT_EQ(serve(wid), 0);
}

/* What a member does that outlives pid 1: its orphan goes to an init outside. */
static void see_an_orphan_released(struct task *self)
{
	struct task orphan;

	gate_wait(&self->go);
	orphan = adopt(end_when_told);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	gate_pass(&self->news, 0);
}

TEST(a_change_after_the_end_of_pid_1_is_only_shown)
{
	static const char *const policies[] = { "auto", "outer", "init" };
	struct task member = task_new();
	struct gate go = gate_new();
	pid_t wid = fork_pid_1("outer");
	uint64_t id;
	int ns, i;

	ASSERT_GE(wid, 0);
	if (!wid) {
		start(&member, fork, see_an_orphan_released);
		_exit(gate_wait(&go));
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	id = ns_id(ns);
	gate_pass(&go, 3);
	EXPECT_EQ(reap(wid), 3);
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		EXPECT_EQ(set_policy(id, policies[i]), 0);
		EXPECT_TRUE(policy_is(id, policies[i]));
	}
	tell(&member);
	hear(&member);
	EXPECT_TRUE(wait_for_hup(ns));
}

/*
 * A pid 1 that never waits
 */

#define ORPHANS	many(10000)
#define BATCH	100

struct census {
	int zombies, others;
};

static struct census take_census(void)
{
	struct census census = {};
	char path[300], line[64];
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	CHECK(proc);
	while ((entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		if (!atoi(entry->d_name) ||
		    !read_line(path, "State:\t", line, sizeof(line)))
			continue;
		if (line[0] == 'Z')
			census.zombies++;
		else
			census.others++;
	}
	closedir(proc);
	return census;
}

/* Waits for its own children: those of them are all that is left to pid 1. */
static void make_orphans(struct task *self)
{
	int i, j;

	for (i = 0; i < ORPHANS / BATCH; i++) {
		pid_t parent = fork();

		CHECK(parent >= 0);
		for (j = 0; !parent && j < BATCH; j++) {
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child)
				_exit(0);
		}
		if (!parent)
			_exit(0);
		CHECK(reap(parent) == 0);
	}
	gate_pass(&self->news, 0);
	stay();
}

/* In a pid 1: count the zombies when all orphans have exited, and tell it. */
static void __attribute__((noreturn)) never_wait(struct gate *zombies,
						 int expected)
{
	struct task maker = task_new();
	struct census census;

	mount_own_proc();
	maker.nr = start(&maker, fork, make_orphans);
	/* If it fails, this ends the wait. */
	close(maker.news.fd[1]);
	gate_wait(&maker.news);
	/* This one and the maker. */
	AWAIT((census = take_census(), census.others == 2 &&
	       census.zombies == expected));
	gate_pass(zombies, census.zombies);
	_exit(0);
}

TEST_F_TIMEOUT(crowd, a_pid_1_that_never_waits_has_no_zombies_under_auto, 300)
{
	struct gate counted = gate_new();
	pid_t wid = fork_space_with("auto");
	int zombies;

	ASSERT_GE(wid, 0);
	if (!wid)
		never_wait(&counted, 0);
	close(counted.fd[1]);
	zombies = gate_wait(&counted);
	TH_LOG("auto: %d orphans have left %d zombies", ORPHANS, zombies);
	EXPECT_EQ(zombies, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F_TIMEOUT(crowd, a_pid_1_that_never_waits_has_zombies_under_clone_newpid, 300)
{
	struct gate counted = gate_new();
	pid_t init = fork_with(CLONE_NEWPID);
	int zombies;

	ASSERT_GE(init, 0);
	if (!init)
		never_wait(&counted, ORPHANS);
	close(counted.fd[1]);
	zombies = gate_wait(&counted);
	TH_LOG("CLONE_NEWPID: %d orphans have left %d zombies", ORPHANS,
	       zombies);
	EXPECT_EQ(zombies, ORPHANS);
	EXPECT_EQ(reap(init), 0);
}

TEST_HARNESS_MAIN
