// SPDX-License-Identifier: GPL-2.0
/*
 * reboot() in a space ends the space, whatever its policy.
 *
 * model: Death
 */

#include "control.h"
#include <linux/reboot.h>
#include "harness.h"

/*
 * The spaces below are made by unshare(), which fails where clone() would ignore
 * the flag: this must not be called outside.
 */
static int reboot_with(unsigned int command)
{
	return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       command, "again");
}

/* Have all those ended that hold the gate? The caller itself lets go. */
static bool all_end(struct gate *life)
{
	close(life->fd[1]);
	return wait_for_hup(life->fd[0]);
}

FIXTURE(reboot) {};

FIXTURE_VARIANT(reboot) {
	const char *policy;
	unsigned int command;
	int signal;
};

#define ADD(policy, name, command, signal)				\
	FIXTURE_VARIANT_ADD(reboot, policy##_##name)			\
		{ #policy, LINUX_REBOOT_CMD_##command, signal }

ADD(init, restart, RESTART, SIGHUP);
ADD(init, restart2, RESTART2, SIGHUP);
ADD(init, halt, HALT, SIGINT);
ADD(init, power_off, POWER_OFF, SIGINT);
ADD(auto, restart, RESTART, SIGHUP);
ADD(auto, restart2, RESTART2, SIGHUP);
ADD(auto, halt, HALT, SIGINT);
ADD(auto, power_off, POWER_OFF, SIGINT);
ADD(outer, restart, RESTART, SIGHUP);
ADD(outer, restart2, RESTART2, SIGHUP);
ADD(outer, halt, HALT, SIGINT);
ADD(outer, power_off, POWER_OFF, SIGINT);
FIXTURE_SETUP(reboot) {}
FIXTURE_TEARDOWN(reboot) {}

TEST_F(reboot, by_pid_1_ends_the_space)
{
	struct gate life = gate_new();
	pid_t wid = fork_space_with(variant->policy);

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(2);
		reboot_with(variant->command);
		_exit(1);
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(variant->signal));
	EXPECT_TRUE(all_end(&life));
}

TEST_F(reboot, by_a_member_ends_the_space)
{
	struct gate life = gate_new();
	pid_t wid = fork_space_with(variant->policy);

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		add_children(2);
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			reboot_with(variant->command);
			_exit(1);
		}
		stay();
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(variant->signal));
	EXPECT_TRUE(all_end(&life));
}

/* One of these is left without an init, which would outlive any other death. */
TEST_F(reboot, ends_the_spaces_in_it)
{
	struct gate life = gate_new();
	pid_t wid = fork_space_with(variant->policy);

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner;

		mount_own_proc();
		CHECK(idle_space() > 0);
		inner = fork_space_with("outer");
		CHECK(inner >= 0);
		if (!inner) {
			add_children(2);
			CHECK(idle_space() > 0);
			_exit(3);
		}
		CHECK(reap(inner) == 3);
		reboot_with(variant->command);
		_exit(1);
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(variant->signal));
	EXPECT_TRUE(all_end(&life));
}

TEST_F(reboot, in_an_inner_space_ends_only_that)
{
	IN(fork_space_with("init")) {
		pid_t inner;

		mount_own_proc();
		add_children(1);
		inner = fork_space_with(variant->policy);
		CHECK(inner >= 0);
		if (!inner) {
			reboot_with(variant->command);
			_exit(1);
		}
		CHECK(reap(inner) == BY_SIGNAL(variant->signal));
		CHECK(waitpid(2, NULL, WNOHANG) == 0);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
	}
}

TEST_F(reboot, is_told_by_the_descriptor)
{
	struct gate go = gate_new();
	pid_t wid = fork_space_with(variant->policy);
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		reboot_with(variant->command);
		_exit(1);
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(init_status(ns), -1);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(variant->signal));
	EXPECT_EQ(init_status(ns), BY_SIGNAL(variant->signal));
}

static const unsigned int deadly[] = {
	LINUX_REBOOT_CMD_RESTART, LINUX_REBOOT_CMD_RESTART2,
	LINUX_REBOOT_CMD_HALT, LINUX_REBOOT_CMD_POWER_OFF,
};

/* Its parent has waited for it: its status cannot change any more. */
TEST(without_pid_1_all_members_are_killed)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++) {
		struct gate life = gate_new(), ready = gate_new();
		struct gate end_init = gate_new(), go = gate_new();
		pid_t wid = fork_space_with("outer");
		int ns;

		ASSERT_GE(wid, 0);
		if (!wid) {
			pid_t member;

			add_children(2);
			CHECK(idle_space() > 0);
			member = fork();
			CHECK(member >= 0);
			if (!member) {
				gate_wait(&go);
				/* Not what ends it. */
				gate_pass(&ready, 0);
				reboot_with(deadly[i]);
				_exit(1);
			}
			_exit(gate_wait(&end_init));
		}
		ns = open_ns(wid, "pid");
		ASSERT_GE(ns, 0);
		gate_pass(&end_init, 3);
		EXPECT_EQ(reap(wid), 3);
		gate_pass(&go, 0);
		gate_wait(&ready);
		EXPECT_TRUE(all_end(&life));
		EXPECT_TRUE(wait_for_hup(ns));
		EXPECT_EQ(init_status(ns), 3);
		close(ns);
	}
}

/* Pid 1 of the space around it is the parent of what is left, and unharmed. */
TEST(without_pid_1_nothing_around_the_space_is_killed)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++) {
		pid_t wid = fork_space_with("init");

		ASSERT_GE(wid, 0);
		if (!wid) {
			struct gate end_init = gate_new(), go = gate_new();
			pid_t inner;
			int ns;

			mount_own_proc();
			add_children(2);
			CHECK(idle_space() == 4);
			inner = fork_space_with("outer");
			CHECK(inner >= 0);
			if (!inner) {
				pid_t member = fork();

				CHECK(member >= 0);
				if (!member) {
					gate_wait(&go);
					reboot_with(deadly[i]);
					_exit(1);
				}
				add_children(2);
				_exit(gate_wait(&end_init));
			}
			ns = open_ns(inner, "pid");
			CHECK(ns >= 0);
			gate_pass(&end_init, 3);
			CHECK(reap(inner) == 3);
			gate_pass(&go, 0);
			CHECK(wait_for_hup(ns));
			/* Nobody else has died, and all can be killed yet. */
			CHECK(waitpid(-1, NULL, WNOHANG) == 0);
			for (inner = 2; inner <= 4; inner++)
				CHECK(end(inner) == BY_SIGNAL(SIGKILL));
			_exit(7);
		}
		EXPECT_EQ(reap(wid), 7);
	}
}

/* Of what is otherwise a command like the others. */
static void check_eperm(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		CHECK(reboot_with(deadly[i]) == -1 && errno == EPERM);
}

TEST(without_cap_sys_boot_it_is_eperm)
{
	pid_t wid = fork_space_with("init");

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		CHECK(!setuid(NOBODY));
		check_eperm();
		_exit(member ? reap(member) : 0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* The capability counts that is had in the user namespace of the space. */
TEST(with_cap_sys_boot_in_another_user_namespace_it_is_eperm)
{
	IN(fork_space_with("init")) {
		CHECK(!unshare(CLONE_NEWUSER));
		check_eperm();
	}
}

TEST(an_unprivileged_user_may_end_his_own_space)
{
	struct gate life = gate_new();
	pid_t wid;

	ASSERT_EQ(setuid(NOBODY), 0);
	ASSERT_EQ(unshare(CLONE_NEWUSER | CLONE_NEWPSPACE), 0);
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(2);
		reboot_with(LINUX_REBOOT_CMD_RESTART);
		_exit(1);
	}
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGHUP));
	EXPECT_TRUE(all_end(&life));
}

TEST(commands_that_end_nothing_are_einval)
{
	static const unsigned int commands[] = {
		LINUX_REBOOT_CMD_CAD_ON, LINUX_REBOOT_CMD_CAD_OFF,
		LINUX_REBOOT_CMD_SW_SUSPEND, LINUX_REBOOT_CMD_KEXEC,
	};
	int i;

	IN(fork_space_with("init")) {
		for (i = 0; i < ARRAY_SIZE(commands); i++)
			CHECK(reboot_with(commands[i]) == -1 &&
			      errno == EINVAL);
	}
}

TEST_HARNESS_MAIN
