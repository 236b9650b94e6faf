// SPDX-License-Identifier: GPL-2.0
/*
 * Whom a signal reaches that is for a group or for all, and who the receiver is told it
 * was.
 *
 * model: Signals
 * model: Numbers
 */

#include "signals.h"
#include "harness.h"

TEST(from_above_the_group_reaches_inits_and_members)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space_with_group();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate life = gate_new();
		pid_t nested = fork_space(), hit;
		char byte;

		CHECK(nested >= 0);
		if (!nested) {
			if (fork()) {
				gate_pass(&ready, 0);
				/* This one leaves the group, not its child. */
				CHECK(!setpgid(0, 0));
				gate_pass(&ready, 0);
				CHECK(reap(2) == BY_SIGNAL(SIGKILL));
				_exit(7);
			}
			stay();
		}
		gate_wait(&ready);
		gate_wait(&ready);
		hit = fork_space();
		CHECK(hit >= 0);
		if (!hit)
			stay();
		CHECK(!kill(0, SIGKILL));
		CHECK(reap(hit) == BY_SIGNAL(SIGKILL));
		CHECK(reap(nested) == 7);
		close(life.fd[1]);
		CHECK(read(life.fd[0], &byte, 1) == 0);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(kill_all_inside_hits_the_members_only)
{
	struct gate ready = gate_new();
	pid_t bystander, wid;

	bystander = fork();
	ASSERT_GE(bystander, 0);
	if (!bystander) {
		CHECK(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		stay();
	}
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork(), nested, killer;

		CHECK(member >= 0);
		if (!member)
			stay();
		nested = fork_space();
		CHECK(nested >= 0);
		if (!nested) {
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
		killer = fork();
		CHECK(killer >= 0);
		if (!killer)
			_exit(kill(-1, SIGKILL) ? 1 : 7);
		CHECK(reap(killer) == 7);
		CHECK(reap(member) == BY_SIGNAL(SIGKILL));
		CHECK(reap(nested) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
	EXPECT_EQ(waitpid(bystander, NULL, WNOHANG), 0);
	EXPECT_EQ(kill(bystander, SIGKILL), 0);
	EXPECT_EQ(reap(bystander), BY_SIGNAL(SIGKILL));
}

TEST(kill_all_by_a_lonely_init_is_esrch)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(kill(-1, SIGKILL) == -1 && errno == ESRCH);
		_exit(7);
	}
	EXPECT_EQ(outcome(wid), 7);
}

/* In a space, so that the rest of the machine is left alone. See also below.c. */
TEST(kill_all_outside_hits_inits_and_their_members)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			pid_t member;

			block(SIGUSR1);
			member = fork_child();
			if (!member) {
				/* It has no number for who has sent it. */
				CHECK(take(SIGUSR1).si_pid == 0);
				_exit(7);
			}
			gate_pass(&ready, 0);
			gate_wait(&go);
			CHECK(is_pending(SIGUSR1));
			_exit(reap(member));
		}
		gate_wait(&ready);
		CHECK(!kill(-1, SIGUSR1));
		gate_pass(&go, 0);
		CHECK(reap(nested) == 7);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

/* The number of a member inside means nothing in the space above. */
TEST(the_number_of_a_member_is_esrch_outside)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			struct clone_args args = {
				.set_tid = (uintptr_t)(pid_t[]){ 4711 },
				.set_tid_size = 1,
				.exit_signal = SIGCHLD,
			};
			pid_t member = clone3_with(&args);

			CHECK(member >= 0);
			if (!member)
				_exit(gate_wait(&go));
			CHECK(!kill(4711, 0));
			gate_pass(&ready, 0);
			_exit(reap(member));
		}
		gate_wait(&ready);
		CHECK(kill(4711, SIGKILL) == -1 && errno == ESRCH);
		gate_pass(&go, 7);
		CHECK(reap(nested) == 7);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(the_sender_of_a_signal_from_outside_is_0)
{
	pid_t wid;

	block(SIGUSR1);
	block(SIGUSR2);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info = take(SIGUSR1);

		CHECK(info.si_code == SI_USER && info.si_pid == 0);
		info = take(SIGUSR2);
		CHECK(info.si_code == SI_QUEUE && info.si_pid == 0);
		_exit(7);
	}
	EXPECT_EQ(kill(wid, SIGUSR1), 0);
	EXPECT_EQ(sigqueue_raw(wid, SIGUSR2, getpid()), 0);
	EXPECT_EQ(outcome(wid), 7);
}

TEST(the_sender_of_a_signal_inside_is_a_member)
{
	pid_t wid;

	block(SIGUSR1);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			CHECK(!kill(1, SIGUSR1));
			CHECK(take(SIGUSR1).si_pid == 1);
			_exit(0);
		}
		CHECK(take(SIGUSR1).si_pid == member);
		CHECK(!kill(member, SIGUSR1));
		_exit(reap(member));
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(sigchld_of_an_init_tells_its_parent_the_wid)
{
	siginfo_t info;
	pid_t wid;

	block(SIGCHLD);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(7);
	info = take(SIGCHLD);
	EXPECT_EQ(info.si_code, CLD_EXITED);
	EXPECT_EQ(info.si_pid, wid);
	EXPECT_EQ(info.si_status, 7);
	EXPECT_EQ(reap(wid), 7);
}

TEST(a_group_signal_from_a_member_below_has_no_sender)
{
	pid_t wid;

	block(SIGUSR1);
	wid = fork_space_with_group();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			pid_t member = fork();

			CHECK(member >= 0);
			if (!member)
				_exit(kill(0, SIGUSR1) ? 1 : 0);
			CHECK(take(SIGUSR1).si_pid == member);
			_exit(reap(member));
		}
		CHECK(take(SIGUSR1).si_pid == 0);
		_exit(reap(nested));
	}
	EXPECT_EQ(outcome(wid), 0);
}

/* Its number inside, 1, is somebody else above. */
TEST(a_group_signal_from_an_init_below_has_its_wid_as_sender)
{
	pid_t wid;

	block(SIGUSR1);
	wid = fork_space_with_group();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested)
			_exit(kill(0, SIGUSR1) ? 1 : 0);
		CHECK(take(SIGUSR1).si_pid == nested);
		_exit(reap(nested));
	}
	EXPECT_EQ(outcome(wid), 0);
}

TEST(an_init_gets_sigchld_for_its_orphans)
{
	pid_t wid;

	block(SIGCHLD);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate born = gate_new(), finish = gate_new();
		pid_t parent = fork(), orphan;
		siginfo_t info;

		CHECK(parent >= 0);
		if (!parent) {
			orphan = fork();
			CHECK(orphan >= 0);
			if (!orphan)
				_exit(gate_wait(&finish));
			gate_pass(&born, orphan);
			_exit(0);
		}
		orphan = gate_wait(&born);
		CHECK(take(SIGCHLD).si_pid == parent);
		CHECK(reap(parent) == 0);
		gate_pass(&finish, 7);
		info = take(SIGCHLD);
		CHECK(info.si_pid == orphan && info.si_status == 7);
		CHECK(reap(orphan) == 7);
		_exit(0);
	}
	EXPECT_EQ(outcome(wid), 0);
}

/* An owner for SIGIO is a process, not a number. */
TEST(the_owner_of_a_file_is_told_in_the_numbers_of_the_asker)
{
	struct gate file = gate_new(), outer = gate_new();
	pid_t wid, self = getpid();

	ASSERT_EQ(fcntl(outer.fd[0], F_SETOWN, self), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			CHECK(!fcntl(file.fd[0], F_SETOWN, 1));
			CHECK(!fcntl(file.fd[1], F_SETOWN, getpid()));
			CHECK(fcntl(file.fd[1], F_GETOWN) == 2);
			CHECK(fcntl(outer.fd[0], F_GETOWN) == 0);
			gate_pass(&outer, 0);
			_exit(gate_wait(&file));
		}
		_exit(reap(member));
	}
	gate_wait(&outer);
	EXPECT_EQ(fcntl(outer.fd[0], F_GETOWN), self);
	EXPECT_EQ(fcntl(file.fd[0], F_GETOWN), wid);
	EXPECT_EQ(fcntl(file.fd[1], F_GETOWN), 0);
	gate_pass(&file, 0);
	EXPECT_EQ(outcome(wid), 0);
}

TEST_HARNESS_MAIN
