// SPDX-License-Identifier: GPL-2.0
/*
 * What procfs shows by numbers: members of spaces below get some by that.
 *
 * model: Numbers on demand
 * vm: --module-args default_numbers=3
 */

#include "wid.h"
#include <pthread.h>
#include <sys/stat.h>
#include "harness.h"

#define OTHER 65533

TEST(a_list_of_processes_shows_all_of_them)
{
	struct below below = below_new(NULL);
	struct listing all = list("/proc");

	EXPECT_TRUE(is_in(&all, below.init));
	EXPECT_TRUE(is_in(&all, wid_had(below.ns, MEMBER)));
	EXPECT_TRUE(below_end(&below));
}

/* All is there, to any depth. */
TEST(a_list_of_processes_shows_those_of_spaces_in_spaces)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "init", false, NULL);
	struct listing all = list("/proc");
	int nr;

	for (nr = 1; nr <= 4; nr++)
		EXPECT_TRUE(is_in(&all, wid_had(levels.inner, nr)));
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	levels_close(&levels);
}

/* As ps finds them that were there throughout. */
TEST(a_list_in_pieces_is_in_order_and_whole)
{
	struct below below = below_new(NULL);
	struct listing all = list_in_pieces("/proc", 64);

	EXPECT_TRUE(is_in(&all, below.init));
	EXPECT_TRUE(is_in(&all, wid_had(below.ns, MEMBER)));
	EXPECT_TRUE(below_end(&below));
}

TEST(a_list_in_a_space_beside_gives_no_numbers)
{
	struct below below = below_new(NULL);

	IN(fork_space()) {
		mount_own_proc();
		CHECK(lists("/proc", TIDS(1)));
	}
	EXPECT_TRUE(was_given_none(&below));
	EXPECT_TRUE(below_end(&below));
}

/* List a procfs with these options, as a user who owns no process below. */
static void list_as_other(struct __test_metadata *_metadata, const char *options)
{
	pid_t child = fork_child();

	if (!child) {
		mount_proc_with(options);
		become(OTHER);
		list("/proc");
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
}

TEST(who_is_hidden_gets_no_number_by_a_list)
{
	struct below below = below_new(NULL);

	list_as_other(_metadata, "hidepid=invisible");
	list_as_other(_metadata, "hidepid=ptraceable");
	EXPECT_TRUE(was_given_none(&below));
	EXPECT_TRUE(below_end(&below));
}

TEST(who_is_not_hidden_gets_a_number_by_the_list_of_any_user)
{
	struct below below = below_new(NULL);

	list_as_other(_metadata, NULL);
	EXPECT_GT(wid_had(below.ns, MEMBER), 0);
	EXPECT_TRUE(below_end(&below));
}

/* To look at somebody by the pair is no reason. */
TEST(the_lists_of_pairs_give_no_numbers)
{
	struct below below = below_new(NULL);

	count_lines(TASKS);
	count_lines(SPACES);
	list(CONTROL_PATH(below.id, ""));
	count_lines(PAIR_STATUS(below.id, MEMBER));
	EXPECT_TRUE(was_given_none(&below));
	EXPECT_TRUE(below_end(&below));
}

/*
 * Relatives
 */

static pid_t first_child_of(pid_t nr)
{
	return read_number(TEXT("/proc/%d/task/%d/children", nr, nr));
}

TEST(a_list_of_children_shows_them)
{
	struct below below = below_new(NULL);

	EXPECT_TRUE(was_given(&below, first_child_of(below.init)));
	EXPECT_TRUE(below_end(&below));
}

TEST(a_list_of_children_is_refused_if_one_gets_none)
{
	struct below below = below_new(NULL);
	char text[64];

	EXPECT_TRUE(was_given_none(&below));
	EXPECT_EQ(read_begin(TEXT("/proc/%d/task/%d/children", below.init, below.init), text,
			     sizeof(text)), -EREMOTE);
	EXPECT_TRUE(below_end(&below));
}

static void lead_a_child(struct below *below)
{
	pid_t child;

	CHECK(setsid() == MEMBER);
	child = fork_child();
	if (!child)
		stay();
	gate_pass(&below->done, child);
}

static struct below below_with_child(pid_t *wid)
{
	struct below below = below_new(lead_a_child);

	tell(&below);
	*wid = get_wid(below.ns, gate_wait(&below.done));
	CHECK(*wid > 0);
	return below;
}

TEST(status_shows_the_parent)
{
	char line[64];
	pid_t wid;
	struct below below = below_with_child(&wid);

	ASSERT_TRUE(read_line(TEXT("/proc/%d/status", wid), "PPid:\t", line, sizeof(line)));
	EXPECT_TRUE(was_given(&below, atoi(line)));
	EXPECT_TRUE(below_end(&below));
}

/* The parent, who leads the group and session. */
TEST(stat_shows_parent_group_and_session)
{
	int parent, group, session, found;
	char line[512];
	pid_t wid;
	struct below below = below_with_child(&wid);

	ASSERT_GT(read_begin(TEXT("/proc/%d/stat", wid), line, sizeof(line)), 0);
	found = sscanf(strrchr(line, ')') + 1, " %*c %d %d %d", &parent, &group, &session);
	ASSERT_EQ(found, 3);
	EXPECT_TRUE(was_given(&below, parent));
	EXPECT_EQ(group, parent);
	EXPECT_EQ(session, parent);
	EXPECT_TRUE(says(TEXT("/proc/%d/status", wid), "NSsid",
			 TEXT("%d\t%d", session, MEMBER)));
	EXPECT_TRUE(below_end(&below));
}

/* Its number stays as long as the group, as a number does. */
TEST(the_number_of_a_leader_lasts_as_long_as_its_session)
{
	pid_t wid, leader;
	struct below below = below_with_child(&wid);

	leader = get_wid(below.ns, MEMBER);
	ASSERT_GT(leader, 0);
	ASSERT_EQ(kill(leader, SIGKILL), 0);
	await_gone(leader);
	EXPECT_EQ(getsid(wid), leader);
	/* But no process has it. */
	EXPECT_EQ(get_wid(below.ns, MEMBER), -ESRCH);
	EXPECT_TRUE(refused(0, TIDS(leader), EEXIST));
	EXPECT_EQ(kill(-leader, 0), 0);
	EXPECT_EQ(kill(-leader, SIGKILL), 0);
	await_gone(wid);
	AWAIT(fork_and_reap_as(0, TIDS(leader)) == leader);
	EXPECT_TRUE(below_end(&below));
}

/*
 * Threads
 */

static void have_two_threads(struct below *below)
{
	idle_thread();
	idle_thread();
}

TEST(the_threads_of_a_process_are_shown)
{
	struct below below = below_new(have_two_threads);
	struct listing threads, processes;
	pid_t wid = get_wid(below.ns, MEMBER);
	int i;

	tell(&below);
	gate_wait(&below.done);
	threads = list(TEXT("/proc/%d/task", wid));
	EXPECT_EQ(threads.count, 3);
	EXPECT_TRUE(is_in(&threads, wid));
	processes = list("/proc");
	for (i = 0; i < threads.count; i++) {
		EXPECT_EQ(is_in(&processes, threads.nr[i]), threads.nr[i] == wid);
		EXPECT_EQ(syscall(SYS_tgkill, wid, threads.nr[i], 0), 0);
		EXPECT_TRUE(says(TEXT("/proc/%d/task/%d/status", wid, threads.nr[i]), "Tgid",
				 TEXT("%d", wid)));
	}
	EXPECT_TRUE(below_end(&below));
}

/*
 * A procfs from above that is used inside
 */

static void find_itself(struct below *below)
{
	CHECK(atoi(LINK("/proc/self")) > 0);
	CHECK(!access("/proc/self/fd/0", F_OK));
	CHECK(!strcmp(LINK("/proc/thread-self"),
		      TEXT("%s/task/%s", LINK("/proc/self"), LINK("/proc/self"))));
	gate_pass(&below->done, atoi(LINK("/proc/self")));
}

TEST(self_in_a_procfs_from_above_is_a_number_of_that)
{
	struct below below = below_new(find_itself);

	tell(&below);
	EXPECT_TRUE(was_given(&below, gate_wait(&below.done)));
	EXPECT_TRUE(below_end(&below));
}

static void find_no_self(struct below *below)
{
	CHECK(is_missing("/proc/self/status"));
	CHECK(is_missing("/proc/thread-self/status"));
}

TEST(self_in_a_procfs_from_above_is_missing_if_it_gets_none)
{
	struct below below = below_new(find_no_self);

	ASSERT_EQ(control(below.id, "numbers", "never"), 0);
	tell(&below);
	EXPECT_EQ(gate_wait(&below.done), 0);
	EXPECT_TRUE(below_end(&below));
}

static void find_itself_as_thread(struct below *below)
{
	idle_thread();
	CHECK(!access(TEXT("/proc/self/task"), F_OK));
}

TEST(who_has_threads_finds_itself_too)
{
	struct below below = below_new(find_itself_as_thread);

	tell(&below);
	EXPECT_EQ(gate_wait(&below.done), 0);
	EXPECT_TRUE(below_end(&below));
}

TEST_HARNESS_MAIN
