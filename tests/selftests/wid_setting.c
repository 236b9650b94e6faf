// SPDX-License-Identifier: GPL-2.0
/*
 * When the members of a space get numbers above: what the file "numbers" allows, who
 * may change it, and how many numbers there are.
 *
 * model: The setting
 * model: Limits
 * vm: --module-args default_numbers=3
 */

#include "wid.h"
#include "harness.h"

FIXTURE(setting) {
	struct space space;
	int ns;
};

FIXTURE_VARIANT(setting) {
	const char *name;
	bool asks, shows, lists;
};

FIXTURE_VARIANT_ADD(setting, never) { "never" };
FIXTURE_VARIANT_ADD(setting, ask) { "ask", true };
FIXTURE_VARIANT_ADD(setting, show) { "show", true, true };
FIXTURE_VARIANT_ADD(setting, list) { "list", true, true, true };

FIXTURE_SETUP(setting)
{
	self->space = space_of(4);
	self->ns = open_ns(self->space.wid, "pid");
	ASSERT_EQ(control(self->space.id, "numbers", variant->name), 0);
}

FIXTURE_TEARDOWN(setting)
{
	EXPECT_EQ(end(self->space.wid), BY_SIGNAL(SIGKILL));
	close(self->ns);
}

TEST_F(setting, can_be_read_and_written_again)
{
	EXPECT_TRUE(control_is(self->space.id, "numbers", variant->name));
	EXPECT_EQ(control(self->space.id, "numbers", "lists"), -EINVAL);
	EXPECT_EQ(control(self->space.id, "numbers", ""), -EINVAL);
	EXPECT_EQ(control(self->space.id, "numbers", "0"), -EINVAL);
	EXPECT_TRUE(control_is(self->space.id, "numbers", variant->name));
	EXPECT_EQ(control(self->space.id, "numbers", "list\n"), 0);
	EXPECT_TRUE(control_is(self->space.id, "numbers", "list"));
}

/* Each by one of its own, but that who are listed all are. */
TEST_F(setting, says_when_a_member_gets_a_number)
{
	pid_t wid;

	list("/proc");
	EXPECT_EQ(!access(TEXT("/proc/%d", ioctl(self->ns, NS_GET_PID_FROM_PIDNS, 2)), F_OK),
		  variant->shows);
	wid = get_wid(self->ns, 3);
	EXPECT_TRUE(variant->asks ? wid > 0 : wid == -EAGAIN);
	/* This one was listed only. */
	EXPECT_EQ(wid_had(self->ns, 4) > 0, variant->lists);
}

TEST_F(setting, takes_no_number_away)
{
	pid_t wid;

	ASSERT_EQ(control(self->space.id, "numbers", "ask"), 0);
	wid = get_wid(self->ns, 2);
	ASSERT_GT(wid, 0);
	ASSERT_EQ(control(self->space.id, "numbers", variant->name), 0);
	EXPECT_EQ(get_wid(self->ns, 2), wid);
	EXPECT_EQ(kill(wid, 0), 0);
}

/* That of the member's own space counts, and a new one has the default. */
TEST(the_setting_is_that_of_the_space_itself)
{
	struct levels levels = levels_new(CLONE_NEWPSPACE, "init", false, NULL);
	uint64_t inner = ns_id(levels.inner);

	ASSERT_EQ(control(levels.middle.id, "numbers", "never"), 0);
	EXPECT_TRUE(control_is(inner, "numbers", "list"));
	EXPECT_GT(get_wid(levels.inner, 2), 0);
	ASSERT_EQ(control(levels.middle.id, "numbers", "list"), 0);
	ASSERT_EQ(control(inner, "numbers", "never"), 0);
	EXPECT_EQ(get_wid(levels.inner, 3), -EAGAIN);
	EXPECT_EQ(end(levels.middle.init), BY_SIGNAL(SIGKILL));
	levels_close(&levels);
}

/*
 * Who may change it: a user over a space that he owns
 */

static int write_fd(int fd, const char *word)
{
	return pwrite(fd, word, strlen(word), 0) < 0 ? -errno : 0;
}

FIXTURE(user) {
	pid_t child;
	int socket[2], fd;
	struct gate ready, go;
	uint64_t id;
};

/* The user opens the file and gives it away, and has one that root has opened. */
FIXTURE_SETUP(user)
{
	self->ready = gate_new();
	self->go = gate_new();
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->socket), 0);
	self->child = fork_child();
	if (!self->child) {
		pid_t wid;
		int fd;

		become(NOBODY);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (!wid)
			stay();
		self->id = ns_id_of(wid, "pid");
		gate_pass(&self->ready, self->id);
		CHECK(control(self->id, "numbers", "never") == -EPERM);
		CHECK(control(self->id, "numbers", "ask") == -EPERM);
		CHECK(control(self->id, "numbers", "show") == -EPERM);
		CHECK(control(self->id, "numbers", "none") == -EINVAL);
		CHECK(control(self->id, "numbers", "list") == 0);
		fd = open(CONTROL_PATH(self->id, "numbers"), O_WRONLY | O_CLOEXEC);
		CHECK(fd >= 0 && !send_fd(self->socket[1], fd));
		fd = receive_fd(self->socket[1]);
		CHECK(fd >= 0);
		CHECK(write_fd(fd, "never") == -EPERM);
		CHECK(write_fd(fd, "list") == 0);
		gate_pass(&self->ready, 0);
		_exit(gate_wait(&self->go) || end(wid) != BY_SIGNAL(SIGKILL));
	}
	self->id = gate_wait(&self->ready);
	self->fd = receive_fd(self->socket[0]);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(user)
{
	gate_pass(&self->go, 0);
	EXPECT_EQ(reap(self->child), 0);
}

TEST_F(user, hides_no_more_than_the_default)
{
	int fd = open(CONTROL_PATH(self->id, "numbers"), O_WRONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	/* What the user has opened is the user's, whoever writes. */
	EXPECT_EQ(write_fd(self->fd, "never"), -EPERM);
	EXPECT_EQ(write_fd(self->fd, "list"), 0);
	EXPECT_TRUE(control_is(self->id, "numbers", "list"));
	/* What root has opened the user writes to. */
	EXPECT_EQ(send_fd(self->socket[0], fd), 0);
	EXPECT_EQ(gate_wait(&self->ready), 0);
	EXPECT_TRUE(control_is(self->id, "numbers", "list"));
	EXPECT_EQ(write_fd(fd, "never"), 0);
	EXPECT_TRUE(control_is(self->id, "numbers", "never"));
}

/* The root of a user namespace is no root of the machine. */
TEST(the_root_of_a_user_namespace_hides_nothing)
{
	pid_t child = fork_child();

	if (!child) {
		pid_t wid;
		uint64_t id;

		CHECK(!unshare(CLONE_NEWUSER));
		wid = idle_space();
		CHECK(wid > 0);
		id = ns_id_of(wid, "pid");
		CHECK(control(id, "numbers", "never") == -EPERM);
		CHECK(control(id, "numbers", "list") == 0);
		CHECK(end(wid) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
}

/*
 * How many: three quarters of the numbers of the namespace in which they are given
 */

#define PID_MAX 400

static void ask_until_there_are_none(void)
{
	struct space space = space_of(PID_MAX - 20);
	int ns = open_ns(space.wid, "pid"), nr, given = 0;
	char line[64];

	CHECK(read_line("/proc/sys/kernel/pid_max", "", line, sizeof(line)));
	CHECK(atoi(line) == PID_MAX);
	for (nr = 2; nr < PID_MAX - 20; nr++) {
		pid_t wid = get_wid(ns, nr);

		CHECK(wid > 0 || wid == -EAGAIN);
		/* None is given any more. */
		CHECK(wid == -EAGAIN || given == nr - 2);
		given += wid > 0;
	}
	/* Pid 1 and that of the space have one, too. */
	CHECK(given == PID_MAX - PID_MAX / 4 - 2);
	/* What is shown has none either, and nothing fails by that. */
	CHECK(ioctl(ns, NS_GET_PID_FROM_PIDNS, PID_MAX - 21) == -1 && errno == ESRCH);
	list("/proc");
	/* There is room for those who live here. */
	add_children(PID_MAX / 4 - 20);
	/* When some are gone there is for those below. */
	CHECK(get_wid(ns, nr - 1) == -EAGAIN);
	CHECK(end(space.wid) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(ns));
	close(ns);
	/* Then some are given again. Those below 300 are left to the first who come. */
	space = space_of(10);
	ns = open_ns(space.wid, "pid");
	for (nr = 2; nr < 12; nr++)
		CHECK(get_wid(ns, nr) > 0);
}

TEST(a_quarter_of_the_numbers_is_not_given)
{
	struct gate set = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&set);
		mount_own_proc();
		ask_until_there_are_none();
		_exit(0);
	}
	EXPECT_EQ(control(ns_id_of(wid, "pid"), "pid_max", TEXT("%d", PID_MAX)), 0);
	gate_pass(&set, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
