// SPDX-License-Identifier: GPL-2.0
/*
 * Creators that are gone: their numbers are free, their spaces begin the path anew, no
 * path ever means another process, and nothing is held up.
 *
 * model: Names
 */

#include "path.h"

/*
 * Creators that are gone, their numbers, and what their spaces are called then.
 */

/* Does a process that asks for this number get it? */
static bool is_free(pid_t nr)
{
	return fork_and_reap_as(0, TIDS(nr)) == nr;
}

TEST(a_creator_that_is_gone_frees_its_number)
{
	struct space space;
	pid_t creator;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = leave_space(&space);
	EXPECT_TRUE(is_missing(TEXT("/proc/%d", creator)));
	EXPECT_TRUE(is_missing(PAIR_PATH(ROOT_ID, creator, "")));
	EXPECT_TRUE(is_free(creator));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_free(creator));
}

TEST(a_set_tid_with_the_number_of_a_creator_that_is_gone_works)
{
	IN(fork_space()) {
		struct space space;

		CHECK(leave_space(&space) == 2 && space.wid == 3);
		CHECK(idle_as(2) == 2);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		CHECK(end(3) == BY_SIGNAL(SIGKILL));
	}
}

TEST(the_number_of_a_creator_that_is_gone_is_the_next_one_as_any)
{
	IN(fork_space()) {
		struct space space;

		mount_own_proc();
		CHECK(leave_space(&space) == 2);
		CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "1"));
		CHECK(fork_and_reap() == 2);
	}
}

TEST(of_a_creator_in_a_classic_namespace_both_numbers_are_free)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t classic, number;

	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		struct gate born = gate_new();
		pid_t wid;

		if (!fork_child()) {
			CHECK(getpid() == 2);
			gate_pass(&ready, 0);
			gate_wait(&go);
			gate_pass(&born, idle_space());
			_exit(0);
		}
		wid = gate_wait(&born);
		CHECK(wid == 3);
		CHECK(!reap(2));
		CHECK(is_free(2));
		gate_pass(&ready, 0);
		gate_wait(&go);
		CHECK(end(wid) == BY_SIGNAL(SIGKILL));
		_exit(7);
	}
	gate_wait(&ready);
	number = ioctl(open_ns(classic, "pid"), NS_GET_PID_FROM_PIDNS, 2);
	ASSERT_GT(number, 1);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_TRUE(is_free(number));
	gate_pass(&go, 0);
	EXPECT_EQ(reap(classic), 7);
}

TEST(a_path_begins_at_the_space_when_the_creator_is_gone)
{
	struct space space;
	struct row row;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	leave_space(&space);
	EXPECT_TRUE(is_known_as(space.id, 1, TEXT("@%llu/1", space.id)));
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("@%llu/2", space.id)));
	ASSERT_TRUE(task_row(space.id, 2, &row));
	EXPECT_TRUE(row_is(&row, TASK_PATH, TEXT("@%llu/2", space.id)));
	ASSERT_TRUE(space_row(space.id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR, "-"));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* It has its number until somebody has waited for it. */
TEST(a_path_begins_with_a_creator_that_is_a_zombie)
{
	struct gate born = gate_new();
	struct space space;
	pid_t creator;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		space = space_of(1);
		gate_pass(&born, space.wid);
		gate_pass(&born, space.id);
		_exit(0);
	}
	space.wid = gate_wait(&born);
	space.id = gate_wait(&born);
	wait_for_zombie(creator);
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("%d/2", creator)));
	EXPECT_EQ(reap(creator), 0);
	EXPECT_TRUE(is_known_as(space.id, 2, TEXT("@%llu/2", space.id)));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* What is left of a path when one of three creators is gone: the end of it. */
TEST(a_path_begins_at_the_last_space_whose_creator_is_gone)
{
	struct gate ready = gate_new(), go = gate_new();
	unsigned long long id[2];
	struct row row;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		/* 2 creates the space that 4 creates one in. */
		if (!fork_child()) {
			wid = fork_space();
			CHECK(wid >= 0);
			if (wid)
				_exit(gate_wait(&go));
			gate_pass(&ready, ns_id(own_ns()));
			add_children(2);
			if (!fork_child())
				gate_pass(&ready, space_of(1).id);
			stay();
		}
		CHECK(!reap(2));
		gate_pass(&ready, 0);
		stay();
	}
	id[0] = gate_wait(&ready);
	id[1] = gate_wait(&ready);
	EXPECT_TRUE(is_known_as(id[1], 2, TEXT("%d/2/4/2", getpid())));
	gate_pass(&go, 0);
	EXPECT_EQ(gate_wait(&ready), 0);

	EXPECT_TRUE(is_known_as(ns_id_of(wid, "pid"), 1,
				TEXT("%d/1", getpid())));
	EXPECT_TRUE(is_known_as(id[0], 4, TEXT("@%llu/4", id[0])));
	EXPECT_TRUE(is_known_as(id[1], 2, TEXT("@%llu/4/2", id[0])));
	ASSERT_TRUE(space_row(id[1], &row));
	EXPECT_TRUE(row_is(&row, SPACE_CREATOR, TEXT("@%llu/4", id[0])));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_next_process_of_a_number_has_none_of_the_spaces)
{
	IN(fork_space()) {
		struct gate ready = gate_new(), go = gate_new();
		struct space left;
		uint64_t id;
		pid_t child;

		mount_own_proc();
		CHECK(leave_space(&left) == 2);
		child = fork_as(0, TIDS(2));
		CHECK(child >= 0);
		if (!child) {
			gate_wait(&go);
			gate_pass(&ready, space_of(2).id);
			stay();
		}
		CHECK(is_missing("/proc/2/pspace"));
		gate_pass(&go, 0);
		id = gate_wait(&ready);
		CHECK(lists("/proc/2/pspace", TIDS(1, 2, 3)));
		CHECK(is_missing("/proc/2/pspace.2"));
		CHECK(is_known_as(id, 1, "2/1"));
		CHECK(is_known_as(id, 3, "2/3"));
		CHECK(is_known_as(left.id, 1, TEXT("@%llu/1", left.id)));
		CHECK(is_known_as(left.id, 2, TEXT("@%llu/2", left.id)));
	}
}

/* Who has it open finds nothing either. */
TEST(the_directory_of_a_creator_that_is_gone_has_no_spaces)
{
	struct gate born = gate_new(), go = gate_new();
	pid_t creator, wid;
	int directory;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		gate_pass(&born, space_of(1).wid);
		_exit(gate_wait(&go));
	}
	wid = gate_wait(&born);
	directory = open_directory(TEXT("/proc/%d", creator));
	ASSERT_GE(directory, 0);
	EXPECT_EQ(faccessat(directory, "pspace/2", F_OK, 0), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(creator), 0);
	/* As for all that was in it. */
	EXPECT_EQ(faccessat(directory, "pspace", F_OK, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(faccessat(directory, "status", F_OK, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(the_number_of_a_creator_that_is_gone_is_no_member)
{
	struct gate ready = gate_new();
	struct row row;
	uint64_t id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	id = ns_id_of(wid, "pid");
	ASSERT_TRUE(space_row(id, &row));
	EXPECT_TRUE(row_is(&row, SPACE_MEMBERS, "1"));
	EXPECT_TRUE(lists(CONTROL_PATH(id, ""), TIDS(1, 3)));
	EXPECT_TRUE(is_missing(PAIR_PATH(id, 2, "")));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(a_descriptor_of_a_space_takes_no_number_above)
{
	IN(fork_space()) {
		struct space space;
		int ns;

		mount_own_proc();
		CHECK(leave_space(&space) == 2);
		ns = open_ns(3, "pid");
		CHECK(ns >= 0);
		CHECK(is_free(2));
		CHECK(end(3) == BY_SIGNAL(SIGKILL));
		CHECK(wait_for_hup(ns));
		CHECK(is_free(2));
		CHECK(is_free(3));
	}
}

/* A few are enough, however many descriptors of spaces somebody holds. */
TEST(creators_that_are_gone_do_not_use_up_the_numbers)
{
	IN(fork_space()) {
		enum { MOST = 500 };
		const int spaces = many(MOST);
		int i, ns;
		pid_t init;

		mount_own_proc();
		/* The least there may be. */
		CHECK(!write_file("/proc/sys/kernel/pid_max", "400"));
		for (i = 0; i < spaces; i++) {
			struct gate born = gate_new();
			pid_t creator = fork_child();

			if (!creator) {
				CHECK(!unshare(CLONE_NEWPSPACE));
				gate_pass(&born, 0);
				stay();
			}
			gate_wait(&born);
			/* Stays open. */
			ns = open_ns(creator, "pid_for_children");
			init = fork_into(ns);
			CHECK(init >= 0);
			if (!init)
				_exit(0);
			CHECK(!reap(init));
			CHECK(end(creator) == BY_SIGNAL(SIGKILL));
			close(born.fd[0]);
			close(born.fd[1]);
		}
		CHECK(fork_and_reap() > 1);
	}
}

TEST(the_number_of_who_unshared_a_space_that_nobody_got_into_is_free_again)
{
	IN(fork_space()) {
		if (!fork_child())
			_exit(unshare(CLONE_NEWPSPACE) ? 1 : 0);
		CHECK(!reap(2));
		CHECK(is_free(2));
	}
}

/* Whoever is first. */
TEST(creators_and_their_spaces_can_go_at_once)
{
	IN(fork_space()) {
		int i;

		for (i = 0; i < many(100); i++) {
			pid_t creator = fork_child(), space;

			if (!creator) {
				space = idle_space();
				CHECK(space > 0);
				CHECK(!kill(space, SIGKILL));
				_exit(0);
			}
			CHECK(!reap(creator));
			CHECK(is_free(creator));
			/* Who is left is an orphan of the caller. */
			CHECK(reap(-1) == BY_SIGNAL(SIGKILL));
		}
	}
}

/* The end of a space is not held up by a creator that is gone, nor by its space. */

TEST(a_space_can_be_killed_although_a_creator_in_it_is_gone)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
}

TEST(a_space_can_be_killed_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.wid);
		stay();
	}
	ASSERT_EQ(gate_wait(&ready), 3);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 3, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(wait_for_hup(inner));
	close(inner);
}

TEST(a_space_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.wid);
		gate_wait(&go);
		CHECK(end(space.wid) == BY_SIGNAL(SIGKILL));
		_exit(7);
	}
	ASSERT_EQ(gate_wait(&ready), 3);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 3, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_TRUE(wait_for_hup(ns));
	close(inner);
}

TEST(a_space_without_an_init_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new(), go = gate_new(), last = gate_new();
	pid_t wid;
	int ns, inner;

	wid = fork_space_with("outer");
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space space;

		if (!fork_child())
			_exit(gate_wait(&last));
		CHECK(leave_space(&space) == 3);
		gate_pass(&ready, space.wid);
		gate_wait(&go);
		/* An orphan, so nobody waits for it. */
		CHECK(!kill(space.wid, SIGKILL));
		_exit(7);
	}
	ASSERT_EQ(gate_wait(&ready), 4);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	inner = open(PAIR_PATH(ns_id(ns), 4, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_FALSE(poll_for(ns, 0) & POLLHUP);
	gate_pass(&last, 0);
	EXPECT_TRUE(wait_for_hup(ns));
	close(inner);
}

TEST(a_classic_namespace_ends_although_one_that_was_left_in_it_is_open)
{
	struct gate ready = gate_new();
	pid_t classic;
	int inner;

	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		struct space space;

		CHECK(leave_space(&space) == 2);
		gate_pass(&ready, space.id);
		stay();
	}
	inner = open(PAIR_PATH(gate_wait(&ready), 1, "ns/pid"),
		     O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(inner));
	close(inner);
}

TEST_HARNESS_MAIN
