// SPDX-License-Identifier: GPL-2.0
/*
 * Which signals a pid 1 gets: those it has a handler for, and SIGKILL and SIGSTOP from
 * above.
 *
 * model: Signals
 */

#include "signals.h"
#include "harness.h"

/* Fatal or stopping, by default. */
static const int deadly[] = { SIGKILL, SIGSTOP, SIGTERM, SIGSEGV, SIGTSTP };
#define DEADLY ((int)ARRAY_SIZE(deadly))

TEST(a_member_cannot_kill_its_init)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();
		int i;

		CHECK(member >= 0);
		if (!member) {
			for (i = 0; i < DEADLY; i++) {
				CHECK(!kill(1, deadly[i]));
				CHECK(!syscall(SYS_tgkill, 1, 1, deadly[i]));
				CHECK(!sigqueue_raw(1, deadly[i], getpid()));
			}
			_exit(0);
		}
		_exit(reap(member));
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(an_init_cannot_kill_itself)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		int i;

		for (i = 0; i < DEADLY; i++)
			CHECK(!kill(1, deadly[i]));
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

static void note_signal(int sig, siginfo_t *info, void *context)
{
	_exit(info->si_pid == 2 ? 7 : 1);
}

TEST(a_member_can_send_its_init_what_it_handles)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct sigaction action = {
			.sa_sigaction = note_signal,
			.sa_flags = SA_SIGINFO,
		};

		CHECK(!sigaction(SIGTERM, &action, NULL));
		if (!fork()) {
			kill(1, SIGTERM);
			_exit(0);
		}
		stay();
	}
	EXPECT_EQ(outcome(wid), 7);
}

TEST(from_outside_sigkill_and_sigstop_are_forced)
{
	pid_t wid = fork_space();
	int status;

	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	EXPECT_EQ(kill(wid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(wid, &status, WUNTRACED), wid);
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(kill(wid, SIGCONT), 0);
	ASSERT_EQ(waitpid(wid, &status, WCONTINUED), wid);
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(outcome(wid), BY_SIGNAL(SIGKILL));
}

/* As for any init: without a handler there is only SIGKILL and SIGSTOP. */
TEST(from_outside_sigterm_is_not_forced)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(gate_wait(&go));
	EXPECT_EQ(kill(wid, SIGTERM), 0);
	gate_pass(&go, 7);
	EXPECT_EQ(outcome(wid), 7);
}

/* Sent without a siginfo, by the kernel on behalf of the dying parent. */
TEST(the_death_signal_of_an_outside_parent_is_forced)
{
	struct gate ready = gate_new(), life = gate_new();
	pid_t parent = fork();
	char byte;

	ASSERT_GE(parent, 0);
	if (!parent) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			CHECK(!prctl(PR_SET_PDEATHSIG, SIGKILL));
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		_exit(0);
	}
	close(life.fd[1]);
	EXPECT_EQ(reap(parent), 0);
	/* The end of the file is the end of the init. */
	EXPECT_EQ(read(life.fd[0], &byte, 1), 0);
}

static void signal_group_and_die(int sig)
{
	kill(0, sig);
	stay();
}

TEST(a_member_cannot_kill_an_init_above_through_the_group)
{
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member)
				signal_group_and_die(SIGKILL);
			/* Nor its own init. */
			CHECK(reap(member) == BY_SIGNAL(SIGKILL));
			_exit(7);
		}
		CHECK(outcome(nested) == 7);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

TEST(a_member_cannot_stop_an_init_above_through_the_group)
{
	struct gate done = gate_new();
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();
			int status;

			CHECK(member >= 0);
			if (!member)
				signal_group_and_die(SIGSTOP);
			CHECK(waitpid(member, &status, WUNTRACED) == member);
			CHECK(WIFSTOPPED(status));
			gate_pass(&done, 0);
			CHECK(!kill(member, SIGKILL));
			_exit(reap(member) == BY_SIGNAL(SIGKILL) ? 7 : 1);
		}
		gate_wait(&done);
		CHECK(outcome(nested) == 7);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

/* Not even the init of the nested space, which has a number above. */
TEST(a_nested_init_cannot_kill_the_init_above_through_the_group)
{
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			CHECK(!kill(0, SIGKILL));
			_exit(7);
		}
		CHECK(outcome(nested) == 7);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

TEST(a_member_cannot_kill_the_init_of_a_sibling_through_the_group)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t sibling = fork_space(), nested;

		CHECK(sibling >= 0);
		if (!sibling) {
			gate_pass(&go, 0);
			_exit(gate_wait(&finish));
		}
		gate_wait(&go);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member)
				signal_group_and_die(SIGKILL);
			_exit(reap(member) == BY_SIGNAL(SIGKILL) ? 0 : 1);
		}
		CHECK(reap(nested) == 0);
		gate_pass(&finish, 7);
		CHECK(outcome(sibling) == 7);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(a_member_cannot_stop_the_init_of_a_sibling_through_the_group)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t sibling = fork_space(), nested;
		int status;

		CHECK(sibling >= 0);
		if (!sibling) {
			gate_pass(&go, 0);
			_exit(gate_wait(&finish));
		}
		gate_wait(&go);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member)
				signal_group_and_die(SIGSTOP);
			CHECK(waitpid(member, &status, WUNTRACED) == member);
			CHECK(WIFSTOPPED(status));
			CHECK(!kill(member, SIGKILL));
			_exit(reap(member) == BY_SIGNAL(SIGKILL) ? 0 : 1);
		}
		CHECK(outcome(nested) == 0);
		gate_pass(&finish, 7);
		CHECK(outcome(sibling) == 7);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

/* A classic namespace between the sender and the border is as good as none. */
TEST(a_member_of_a_classic_namespace_cannot_kill_an_init_above)
{
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			pid_t classic = fork_with(CLONE_NEWPID), member;

			CHECK(classic >= 0);
			if (!classic) {
				member = fork();
				CHECK(member >= 0);
				if (!member)
					signal_group_and_die(SIGKILL);
				/* Nor the init of that namespace. */
				CHECK(reap(member) == BY_SIGNAL(SIGKILL));
				_exit(7);
			}
			CHECK(outcome(classic) == 7);
			_exit(7);
		}
		CHECK(outcome(nested) == 7);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

TEST(a_classic_init_cannot_kill_the_init_of_a_sibling_through_the_group)
{
	struct gate go = gate_new(), finish = gate_new();
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t sibling = fork_space(), classic;

		CHECK(sibling >= 0);
		if (!sibling) {
			gate_pass(&go, 0);
			_exit(gate_wait(&finish));
		}
		gate_wait(&go);
		classic = fork_with(CLONE_NEWPID);
		CHECK(classic >= 0);
		if (!classic) {
			CHECK(!kill(0, SIGKILL));
			CHECK(!kill(0, SIGSTOP));
			_exit(7);
		}
		CHECK(outcome(classic) == 7);
		gate_pass(&finish, 7);
		CHECK(outcome(sibling) == 7);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

/* The other way round: that is an ancestor. */
TEST(from_a_classic_namespace_around_it_sigkill_is_forced)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic) {
		pid_t wid = idle_space();

		CHECK(wid > 0);
		CHECK(!kill(wid, SIGKILL));
		_exit(outcome(wid) == BY_SIGNAL(SIGKILL) ? 7 : 1);
	}
	EXPECT_EQ(outcome(classic), 7);
}

static void notify_me(mqd_t queue, int sig)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = sig,
	};

	CHECK(!mq_notify(queue, &event));
}

TEST(a_message_from_a_member_below_does_not_kill_an_init)
{
	mqd_t queue = queue_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested;

		notify_me(queue, SIGKILL);
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member)
				_exit(mq_send(queue, "", 1, 0) ? 1 : 7);
			_exit(reap(member));
		}
		_exit(reap(nested));
	}
	EXPECT_EQ(outcome(wid), 7);
}

TEST(a_message_from_above_kills_an_init)
{
	struct gate ready = gate_new();
	mqd_t queue = queue_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		notify_me(queue, SIGKILL);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(mq_send(queue, "", 1, 0), 0);
	EXPECT_EQ(outcome(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
