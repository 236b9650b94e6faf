// SPDX-License-Identifier: GPL-2.0
/*
 * The file "signals" and whose setting it is: what becomes of the others, spaces in
 * spaces, and who may write to it.
 *
 * model: Signals
 * model: Who may
 */

#include "ordinary.h"

/*
 * What becomes of the others
 */

static struct gate life, inner_ready;

static void add_members(int arg)
{
	add_children(3);
	if (!fork_space()) {
		add_children(3);
		gate_pass(&inner_ready, 0);
		stay();
	}
	gate_wait(&inner_ready);
}

FIXTURE(policy) {};

FIXTURE_VARIANT(policy) {
	const char *policy;
	bool outlives;
};

FIXTURE_VARIANT_ADD(policy, init) { "init", false };
FIXTURE_VARIANT_ADD(policy, auto) { "auto", false };
FIXTURE_VARIANT_ADD(policy, outer) { "outer", true };

FIXTURE_SETUP(policy) {}
FIXTURE_TEARDOWN(policy) {}

TEST_F(policy, says_who_dies_with_pid_1)
{
	struct init init;
	int ns, child;

	life = gate_new();
	inner_ready = gate_new();
	init = init_new("ordinary");
	ns = open_ns(init.wid, "pid");
	ASSERT_EQ(set_policy(init.id, variant->policy), 0);
	ASSERT_TRUE(order(&init, add_members, 0));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	ask(&init.line, end_with, LIVED);
	EXPECT_EQ(poll_for(ns, PATIENCE) & POLLIN, POLLIN);
	EXPECT_EQ(init_status(ns), BY_SIGNAL(SIGTERM));
	EXPECT_EQ(reap(init.wid), BY_SIGNAL(SIGTERM));
	if (variant->outlives) {
		EXPECT_EQ(poll_for(ns, 0), POLLIN);
		EXPECT_EQ(poll_for(life.fd[0], 0), 0);
		child = fork_into(ns);
		ASSERT_GE(child, 0);
		if (!child)
			_exit(0);
		EXPECT_EQ(reap(child), 0);
		EXPECT_EQ(poll_for(ns, 0), POLLIN);
		EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	}
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(all_let_go(&life));
}

/*
 * One in the other: each goes by its own setting
 */

static struct gate inner_go;
static pid_t inner;

/* An init of a namespace, 2 in the space, that ends when it is told. */
static void add_inner(int flags)
{
	inner = fork_with(flags);
	CHECK(inner >= 0);
	if (!inner)
		_exit(gate_wait(&inner_go));
	CHECK(inner == 2);
}

static void signal_inner(int sig)
{
	CHECK(!kill(inner, sig));
}

static void end_of_inner(int expected)
{
	gate_pass(&inner_go, LIVED);
	CHECK(outcome(inner) == expected);
}

static struct init init_with_inner(const char *word, int flags)
{
	struct init init;

	inner_go = gate_new();
	init = init_new(word);
	CHECK(order(&init, add_inner, flags));
	return init;
}

/* The space that it is the init of. */
static uint64_t id_of_inner(struct init *init)
{
	int fd = open(PAIR_PATH(init->id, 2, "ns/pid"), O_RDONLY | O_CLOEXEC);
	uint64_t id = ns_id(fd);

	CHECK(id);
	close(fd);
	return id;
}

TEST(a_namespace_in_an_ordinary_space_has_an_init_as_ever)
{
	static const int flags[] = { CLONE_NEWPID, CLONE_NEWPSPACE };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct init init = init_with_inner("ordinary", flags[i]);

		for (j = 0; j < ARRAY_SIZE(signals); j++) {
			EXPECT_TRUE(order(&init, signal_inner, signals[j]));
			EXPECT_EQ(send_to_pair(init.id, 2, signals[j]), 0);
		}
		EXPECT_TRUE(order(&init, end_of_inner, LIVED));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

TEST(an_ordinary_space_in_another_is_signalled_from_both_above)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct init init = init_with_inner("init", CLONE_NEWPSPACE);
		uint64_t id = id_of_inner(&init);

		EXPECT_TRUE(control_is(id, "signals", "init"));
		EXPECT_EQ(control(id, "signals", "ordinary"), 0);
		EXPECT_TRUE(control_is(init.id, "signals", "init"));
		EXPECT_TRUE(order(&init, signal_inner, signals[i]));
		EXPECT_TRUE(order(&init, end_of_inner, effect(signals[i])));
		EXPECT_EQ(kill(init.wid, signals[i]), 0);
		EXPECT_EQ(fate(&init), LIVED);

		init = init_with_inner("init", CLONE_NEWPSPACE);
		id = id_of_inner(&init);
		EXPECT_EQ(control(id, "signals", "ordinary"), 0);
		EXPECT_EQ(send_to_pair(id, 1, signals[i]), 0);
		EXPECT_TRUE(order(&init, end_of_inner, effect(signals[i])));
		EXPECT_EQ(fate(&init), LIVED);
	}
}

/* By its pid 1, and by another process there. */
TEST(from_a_classic_namespace_around_it_a_signal_is_from_above)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		pid_t classic = fork_with(CLONE_NEWPID);

		ASSERT_GE(classic, 0);
		if (!classic) {
			struct init init;

			mount_own_proc();
			init = init_new("ordinary");
			CHECK(!kill(init.wid, signals[i]));
			CHECK(fate(&init) == effect(signals[i]));
			init = init_new("ordinary");
			CHECK(!by_another_process(&init, signals[i]));
			CHECK(fate(&init) == effect(signals[i]));
			_exit(0);
		}
		EXPECT_EQ(reap(classic), 0);
	}
}

/* Who sees what is above may send there, and that is from below. */
TEST(from_below_a_pidfd_does_nothing)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		struct gate go = gate_new();
		struct gate ready = gate_new();
		pid_t wid = fork_space_of("ordinary");

		if (!wid) {
			uint64_t id = ns_id(own_ns());
			pid_t below;

			CHECK(!setpgid(0, 0));
			block(SIGTERM);
			below = fork_space();
			CHECK(below >= 0);
			if (!below) {
				gate_pass(&ready, ns_id(own_ns()));
				gate_wait(&go);
				mount_own_proc();
				CHECK(!send_to_pair(id, 1, signals[i]));
				_exit(0);
			}
			CHECK(reap(below) == 0);
			unblock(SIGTERM);
			_exit(LIVED);
		}
		EXPECT_EQ(set_isolation(gate_wait(&ready), "half"), 0);
		gate_pass(&go, 0);
		EXPECT_EQ(outcome(wid), LIVED);
		close_gate(&go);
		close_gate(&ready);
	}
}

/*
 * The file
 */

TEST(the_default_is_init_and_not_inherited)
{
	struct space space = space_of(0);
	struct init init;

	EXPECT_TRUE(control_is(space.id, "signals", "init"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	init = init_with_inner("ordinary", CLONE_NEWPSPACE);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_TRUE(control_is(id_of_inner(&init), "signals", "init"));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(the_machine_and_a_classic_namespace_have_no_such_file)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "signals")));
	EXPECT_TRUE(is_missing(CONTROL_PATH(ns_id_of(classic, "pid"), "signals")));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(it_can_be_set_at_any_time)
{
	struct init init = init_new("init");

	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(control(init.id, "signals", "ordinary\n"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	ASSERT_TRUE(is_stopped(&init, SIGTSTP));
	ASSERT_TRUE(is_continued(&init));
	EXPECT_EQ(control(init.id, "signals", "init"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(control(init.id, "signals", "ordinary"), 0);
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), BY_SIGNAL(SIGTERM));
}

static int write_bytes(uint64_t id, const char *bytes, size_t length, off_t offset)
{
	int fd = open(CONTROL_PATH(id, "signals"), O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, bytes, length, offset) < 0)
		err = -errno;
	close(fd);
	return err;
}

TEST(other_words_are_einval)
{
#define BYTES(string) { string, sizeof(string) - 1 }
	static const struct {
		const char *bytes;
		size_t length;
	} words[] = {
		BYTES(""), BYTES("\n"), BYTES(" "), BYTES("x"), BYTES("0"), BYTES("1"),
		BYTES("ordinary "), BYTES(" ordinary"), BYTES("ordinary\n\n"),
		BYTES("\nordinary"), BYTES("ordinary\0"), BYTES("ordinary\0\n"),
		BYTES("Ordinary"), BYTES("ORDINARY"), BYTES("ordinar"), BYTES("ordinaryy"),
		BYTES("ordinary\r\n"), BYTES("ordinary\nordinary\n"), BYTES("ordinary init"),
		BYTES("init "), BYTES("initt"), BYTES("ini"), BYTES("inite"),
		BYTES("auto"), BYTES("full"), BYTES("none"),
		BYTES("a word that is much longer than any name can be\n"),
	};
	struct init init = init_new("init");
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_EQ(write_bytes(init.id, words[i].bytes, words[i].length, 0), -EINVAL)
			TH_LOG("%zu bytes: %s", words[i].length, words[i].bytes);
	}
	EXPECT_EQ(write_bytes(init.id, "ordinary", 8, 1), -EINVAL);
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), LIVED);
}

/* In the children of the test, who see its /proc. */
static uint64_t target;

static void be_refused(int arg)
{
	CHECK(control(target, "signals", "ordinary") == -EPERM);
	CHECK(control(target, "signals", "init") == -EPERM);
	CHECK(control(target, "signals", "nonsense") == -EPERM);
	CHECK(open(CONTROL_PATH(target, "signals"), O_WRONLY) == -1 && errno == EPERM);
	CHECK(control_is(target, "signals", "init"));
}

static void member_is_refused(int arg)
{
	have_done(0, be_refused, SIGUSR1);
}

static void below_is_refused(int arg)
{
	have_done(CLONE_NEWPSPACE, be_refused, SIGUSR1);
}

static void classic_is_refused(int arg)
{
	have_done(CLONE_NEWPID, be_refused, SIGUSR1);
}

static void user_is_refused(int arg)
{
	CHECK(!setuid(NOBODY));
	be_refused(0);
}

TEST(who_is_inside_or_beside_may_not_set_it)
{
	struct init init, sibling;

	init = init_new("init");
	target = init.id;
	sibling = init_new("init");
	EXPECT_TRUE(order(&sibling, be_refused, 0));
	EXPECT_TRUE(order(&sibling, member_is_refused, 0));
	EXPECT_EQ(fate(&sibling), LIVED);
	EXPECT_EQ(fate(&init), LIVED);

	/* Itself, as it was known when the child was made. */
	init = init_new("init");
	target = init.id;
	IN(fork_into(open_ns(init.wid, "pid"))) {
		be_refused(0);
		member_is_refused(0);
		below_is_refused(0);
		classic_is_refused(0);
	}
	EXPECT_EQ(kill(init.wid, SIGTERM), 0);
	EXPECT_EQ(fate(&init), LIVED);
}

static void be_refused_by_itself(int arg)
{
	target = ns_id(own_ns());
	be_refused(0);
	member_is_refused(0);
}

TEST(its_own_pid_1_may_not_set_it)
{
	struct init init = init_new("init");

	EXPECT_TRUE(order(&init, be_refused_by_itself, 0));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(a_user_without_privilege_may_not_set_it)
{
	struct init init = init_new("init");
	pid_t child;
	int fd;

	target = init.id;
	have_done(0, user_is_refused, SIGUSR1);
	/* Privileged, but elsewhere. */
	have_done(CLONE_NEWUSER, be_refused, SIGUSR1);

	/* What root has opened, he does not write to. */
	fd = open(CONTROL_PATH(init.id, "signals"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	child = fork_child();
	if (!child) {
		CHECK(!setuid(NOBODY));
		CHECK(pwrite(fd, "ordinary", 8, 0) == -1 && errno == EPERM);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	/* Nor does a member. */
	IN(fork_into(open_ns(init.wid, "pid"))) {
		CHECK(pwrite(fd, "ordinary", 8, 0) == -1 && errno == EPERM);
	}
	EXPECT_TRUE(control_is(init.id, "signals", "init"));
	EXPECT_EQ(fate(&init), LIVED);
}

TEST(a_user_may_set_it_for_his_own_space_and_send_from_above)
{
	pid_t child = fork_child();

	if (!child) {
		struct gate go = gate_new();
		pid_t wid;

		become(NOBODY);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (!wid)
			_exit(gate_wait(&go));
		CHECK(!control(ns_id_of(wid, "pid"), "signals", "ordinary"));
		CHECK(!kill(wid, SIGTERM));
		gate_pass(&go, LIVED);
		_exit(outcome(wid) == BY_SIGNAL(SIGTERM) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
}

TEST(setting_it_when_the_space_is_gone_is_esrch)
{
	struct init init = init_new("init");
	int fd = open(CONTROL_PATH(init.id, "signals"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(fate(&init), LIVED);
	ASSERT_TRUE(is_gone_at_last(init.id));
	EXPECT_EQ(pwrite(fd, "ordinary", 8, 0), -1);
	EXPECT_EQ(errno, ESRCH);
}

/* There is nobody whom it would be about. */
TEST(an_orphaned_space_can_be_set_as_well)
{
	struct init init;
	int ns;

	life = gate_new();
	inner_ready = gate_new();
	init = init_new("init");
	ns = open_ns(init.wid, "pid");
	ASSERT_EQ(set_policy(init.id, "outer"), 0);
	ASSERT_TRUE(order(&init, add_members, 0));
	EXPECT_EQ(fate(&init), LIVED);
	EXPECT_EQ(control(init.id, "signals", "ordinary"), 0);
	EXPECT_TRUE(control_is(init.id, "signals", "ordinary"));
	EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST_HARNESS_MAIN
