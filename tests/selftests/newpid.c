// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that know of pid namespaces only: their CLONE_NEWPID makes a pspace when
 * somebody has asked for that.
 *
 * model: Programs that know of pid namespaces only
 */

#include "control.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "harness.h"

#define SWITCH	"/proc/sys/kernel/pspace_newpid"

static int ask(unsigned long newpid)
{
	return prctl(PR_SET_PSPACE_NEWPID, newpid, 0, 0, 0);
}

static int asked(void)
{
	return prctl(PR_GET_PSPACE_NEWPID, 0, 0, 0, 0);
}

/* Does the machine's list of spaces have that of a process? A pid namespace is in none. */
static bool is_pspace(pid_t pid)
{
	char policy[64];

	control_path(policy, ns_id_of(pid, "pid"), "policy");
	return !access(policy, F_OK);
}

/* The caller's path leads to it. */
static bool is_created_by_caller(void)
{
	return !access("/proc/self/pspace/1/status", F_OK);
}

/* What CLONE_NEWPID makes. */
static bool makes_pspace(void)
{
	pid_t init = fork_with(CLONE_NEWPID);
	bool made;

	CHECK(init >= 0);
	if (!init)
		stay();
	made = is_pspace(init);
	CHECK(end(init) == BY_SIGNAL(SIGKILL));
	return made;
}

/* In a child, so that a test leaves nothing set: 1 is a pspace, 0 is none. */
static int made_by_child(void (*deed)(void))
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		if (deed)
			deed();
		_exit(makes_pspace());
	}
	return reap(child);
}

static void ask_for_it(void)
{
	CHECK(!ask(1));
}

TEST(nobody_has_asked_at_first)
{
	EXPECT_EQ(asked(), 0);
	EXPECT_FALSE(makes_pspace());
	EXPECT_EQ(made_by_child(NULL), 0);
}

TEST(who_has_asked_gets_pspaces)
{
	EXPECT_EQ(made_by_child(ask_for_it), 1);
	EXPECT_EQ(asked(), 0);
}

static void ask_and_take_it_back(void)
{
	CHECK(!ask(1) && asked() == 1);
	CHECK(!ask(1));
	CHECK(!ask(0) && asked() == 0);
	CHECK(!ask(0));
}

TEST(it_can_be_taken_back)
{
	EXPECT_EQ(made_by_child(ask_and_take_it_back), 0);
}

static void ask_and_fork(void)
{
	pid_t child;

	CHECK(!ask(1));
	child = fork();
	CHECK(child >= 0);
	if (!child)
		return;
	/* The child has it from birth, whatever its parent does. */
	CHECK(!ask(0));
	_exit(reap(child));
}

TEST(children_inherit_it)
{
	EXPECT_EQ(made_by_child(ask_and_fork), 1);
}

static void *ask_in_thread(void *arg)
{
	CHECK(!ask(1));
	return NULL;
}

static void ask_by_thread(void)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, ask_in_thread, NULL));
	CHECK(!pthread_join(thread, NULL));
}

TEST(it_is_the_process_that_asks)
{
	EXPECT_EQ(made_by_child(ask_by_thread), 1);
}

TEST(clone3_makes_a_pspace)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID,
		.exit_signal = SIGCHLD,
	};
	pid_t init;

	ASSERT_EQ(ask(1), 0);
	init = clone3_with(&args);
	ASSERT_GE(init, 0);
	if (!init) {
		CHECK(getpid() == 1);
		stay();
	}
	EXPECT_TRUE(is_pspace(init) && is_created_by_caller());
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(unshare_makes_a_pspace)
{
	pid_t init;

	ASSERT_EQ(ask(1), 0);
	ASSERT_EQ(unshare(CLONE_NEWPID), 0);
	init = fork();
	ASSERT_GE(init, 0);
	if (!init) {
		CHECK(getpid() == 1);
		stay();
	}
	EXPECT_TRUE(is_pspace(init) && is_created_by_caller());
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

/* As a runtime does that restores a container. */
TEST(numbers_can_be_chosen_in_it)
{
	pid_t init;

	ASSERT_EQ(ask(1), 0);
	EXPECT_TRUE(refused(CLONE_NEWPID, TIDS(1, 29000, 29000), EINVAL));
	init = fork_as(CLONE_NEWPID, TIDS(1, 29000));
	ASSERT_GE(init, 0);
	if (!init) {
		pid_t member = fork_as(0, TIDS(77));

		CHECK(member == 0 || member == 77);
		if (!member)
			_exit(getpid() == 77 ? 0 : 1);
		CHECK(reap(member) == 0);
		stay();
	}
	EXPECT_EQ(init, 29000);
	EXPECT_TRUE(is_pspace(init));
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(setns_takes_it_for_a_pid_namespace)
{
	pid_t init, member;

	ASSERT_EQ(ask(1), 0);
	init = fork_with(CLONE_NEWPID);
	ASSERT_GE(init, 0);
	if (!init)
		stay();
	ASSERT_EQ(setns(open_ns(init, "pid"), CLONE_NEWPID), 0);
	member = fork();
	ASSERT_GE(member, 0);
	if (!member)
		_exit(getpid() == 2 ? 0 : 1);
	EXPECT_EQ(reap(member), 0);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

TEST(who_has_asked_can_make_pspaces_by_name_too)
{
	pid_t wid;

	ASSERT_EQ(ask(1), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		/* It is inside as outside. */
		_exit(asked() == 1 ? 0 : 1);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE | CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
}

/*
 * Over exec. The program is this one: it exits with what it finds.
 */

static int executed(mode_t mode, uid_t user)
{
	const char *copy = "/tmp/newpid";
	char command[64];
	pid_t child;

	/* Others look at this one, too. */
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", getpid(), copy);
	CHECK(!system(command));
	CHECK(!chown(copy, 0, 0) && !chmod(copy, mode));
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		CHECK(!ask(1));
		CHECK(!setresgid(user, user, user) && !setresuid(user, user, user));
		CHECK(asked() == 1);
		execl(copy, copy, "--asked", NULL);
		_exit(99);
	}
	return reap(child);
}

TEST(programs_inherit_it)
{
	EXPECT_EQ(executed(0755, 0), 1);
	EXPECT_EQ(executed(0755, 1000), 1);
}

TEST(a_program_that_gains_privileges_has_not_asked)
{
	EXPECT_EQ(executed(04755, 1000), 0);
}

/* It gains none: it is root's, and so is the caller. */
TEST(a_program_that_is_setuid_to_its_user_inherits_it)
{
	EXPECT_EQ(executed(04755, 0), 1);
}

/*
 * The machine
 */

static int set_switch(const char *value)
{
	return write_file(SWITCH, value);
}

TEST(the_machine_lets_people_ask)
{
	EXPECT_EQ(read_number(SWITCH), 1);
}

TEST(the_machine_can_refuse)
{
	IN(fork()) {
		CHECK(!ask(1));
		CHECK(!set_switch("0"));
		/* Who has asked before gets nothing that they would take for a pspace. */
		CHECK(asked() == 1);
		CHECK(fork_with(CLONE_NEWPID) == -1 && errno == EPERM);
		CHECK(unshare(CLONE_NEWPID) == -1 && errno == EPERM);
		CHECK(ask(1) == -1 && errno == EPERM);
		CHECK(!ask(0) && !makes_pspace());
	}
	EXPECT_EQ(set_switch("1"), 0);
}

TEST(the_machine_can_have_it_for_all)
{
	ASSERT_EQ(set_switch("2"), 0);
	EXPECT_TRUE(makes_pspace());
	EXPECT_EQ(asked(), 0);
	EXPECT_EQ(set_switch("1"), 0);
	EXPECT_FALSE(makes_pspace());
}

TEST(other_words_for_the_machine_are_einval)
{
	EXPECT_EQ(set_switch("3"), -EINVAL);
	EXPECT_EQ(set_switch("-1"), -EINVAL);
	EXPECT_EQ(set_switch("x"), -EINVAL);
	EXPECT_EQ(read_number(SWITCH), 1);
}

static void become_user(void)
{
	CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
}

TEST(only_root_sets_the_machine)
{
	IN(fork()) {
		become_user();
		CHECK(set_switch("2") == -EACCES);
		/* To ask takes no privilege: what it makes does. */
		CHECK(!ask(1));
		CHECK(fork_with(CLONE_NEWPID) == -1 && errno == EPERM);
	}
}

TEST(wrong_questions_are_einval)
{
	EXPECT_EQ(ask(2), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(ask(-1UL), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 1, 1, 0, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 1, 0, 0, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(prctl(PR_GET_PSPACE_NEWPID, 1, 0, 0, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(asked(), 0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--asked"))
		return asked();
	return test_harness_run(argc, argv);
}
