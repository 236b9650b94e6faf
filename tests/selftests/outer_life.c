// SPDX-License-Identifier: GPL-2.0
/*
 * A space under policy outer when its pid 1 ends: the others live on, the descriptor of
 * the space tells of it, and members go without a trace.
 *
 * model: A space without an init
 */

#include "outer.h"

static void *act_in_thread(void *who)
{
	act((intptr_t)who);
}

static int spawn_sibling(int who)
{
	return acting(who, fork_with(CLONE_PARENT));
}

static int spawn_sibling_space(int who)
{
	return acting(who, fork_with(CLONE_PARENT | CLONE_NEWPSPACE));
}

static int spawn_thread(int who)
{
	pthread_t thread;

	return -pthread_create(&thread, NULL, act_in_thread,
			       (void *)(intptr_t)who);
}

static int crash(int arg)
{
	prctl(PR_SET_DUMPABLE, 0);
	*(volatile int *)NULL = 0;
	return 0;
}

static int exec(int arg)
{
	char *argv[] = { "self", NULL }, *envp[] = { "ROLE=exit", NULL };

	execve("/proc/self/exe", argv, envp);
	return -errno;
}

__attribute__((constructor)) static void executed(void)
{
	if (getenv("ROLE"))
		_exit(getpid() == 1 ? 42 : 1);
}

static int new_proc(int arg)
{
	mount_own_proc();
	return 0;
}

/* The end of pid 1. */

ADOPTER_TEST(the_others_live_on_when_pid_1_exits)
{
	orphaned_space_with_three();
	CHECK(ask(ONE, number, 0) == 2);
	CHECK(ask(TWO, number, 0) == 3);
	CHECK(ask(THREE, number, 0) == 4);
}

ADOPTER_TEST(the_others_live_on_when_pid_1_is_killed)
{
	struct space b = space_with_one("outer");

	CHECK(end(b.wid) == BY_SIGNAL(SIGKILL));
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(the_others_live_on_when_pid_1_crashes)
{
	struct space b = space_with_one("outer");

	tell(B, crash, 0);
	CHECK(reap(b.wid) == BY_SIGNAL(SIGSEGV));
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(the_others_live_on_when_what_pid_1_executes_exits)
{
	struct space b = space_with_one("outer");

	tell(B, exec, 0);
	CHECK(reap(b.wid) == 42);
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(an_exec_in_another_thread_of_pid_1_is_not_its_death)
{
	struct space b = space_with_one("outer");

	CHECK(ask(B, spawn_thread, TWO) == 0);
	tell(TWO, exec, 0);
	CHECK(reap(b.wid) == 42);
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(the_exit_of_its_first_thread_is_not_its_death)
{
	struct space b = space_with_one("outer");

	CHECK(ask(B, spawn_thread, TWO) == 0);
	tell(B, leave_thread, 0);
	CHECK(ask(ONE, await_zombie, 1) == 0);
	CHECK(poll_for(b.ns, 0) == 0);
	CHECK(init_status(b.ns) == -1);
	CHECK(ask(ONE, parent, 0) == 1);
	tell(TWO, leave, 5);
	CHECK(reap(b.wid) == 5);
	CHECK(ask(ONE, parent, 0) == 0);
}

ADOPTER_TEST(the_exit_of_its_last_thread_is_its_death)
{
	struct space b = space_with_one("outer");
	int status;

	CHECK(ask(B, spawn_thread, TWO) == 0);
	tell(B, leave_thread, 6);
	CHECK(ask(ONE, await_zombie, 1) == 0);
	tell(TWO, leave_thread, 5);
	status = reap(b.wid);
	CHECK(status == 5 || status == 6);
	CHECK(init_status(b.ns) == status);
	CHECK(ask(ONE, parent, 0) == 0);
}

ADOPTER_TEST(its_parent_is_told_at_once)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = space_with_one("outer");
	tell(B, leave, 5);
	CHECK(sender_of(SIGCHLD) == b.wid);
	CHECK(reap(b.wid) == 5);
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(its_parent_may_ignore_that)
{
	struct space b;

	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	b = space_with_one("outer");
	tell(B, leave, 5);
	CHECK(reap(b.wid) == -ECHILD);
	CHECK(init_status(b.ns) == 5);
	CHECK(ask(ONE, number, 0) == 2);
	tell(ONE, leave, 0);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(nobody_goes_to_the_zombie_of_pid_1)
{
	struct space b = space_with_three("outer");
	siginfo_t info;

	tell(B, leave, 5);
	CHECK(!waitid(P_PID, b.wid, &info, WEXITED | WNOWAIT));
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
	CHECK(reap(b.wid) == 5);
}

ADOPTER_TEST(the_vforked_child_of_pid_1_lives_on)
{
	struct space b = new_space(B, "outer");

	tell(B, spawn_by_vfork, ONE);
	CHECK(ask(ONE, parent, 0) == 1);
	CHECK(end(b.wid) == BY_SIGNAL(SIGKILL));
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 0);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(the_children_of_its_threads_live_on)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, spawn_thread, TWO) == 0);
	CHECK(ask(TWO, spawn, ONE) == 3);
	end_init(b);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 0);
	CHECK(wait_for_hup(b.ns));
}

/* The descriptor of the space. */

ADOPTER_TEST(the_descriptor_tells_its_exit_and_status)
{
	struct space b = space_with_one("outer");
	siginfo_t info;

	CHECK(poll_for(b.ns, 0) == 0);
	CHECK(init_status(b.ns) == -1);
	tell(B, leave, 5);
	CHECK(poll_for(b.ns, PATIENCE) == POLLIN);
	CHECK(init_status(b.ns) == 5);
	CHECK(!waitid(P_PID, b.wid, &info, WEXITED | WNOWAIT));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(reap(b.wid) == 5);
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(init_status(b.ns) == 5);
}

ADOPTER_TEST(the_descriptor_tells_that_it_was_killed)
{
	struct space b = space_with_one("outer");

	CHECK(!kill(b.wid, SIGKILL));
	CHECK(poll_for(b.ns, PATIENCE) == POLLIN);
	CHECK(init_status(b.ns) == BY_SIGNAL(SIGKILL));
}

ADOPTER_TEST(there_is_no_hup_before_the_last_member_is_gone)
{
	struct space b = orphaned_space_with_three();

	tell(ONE, leave, 0);
	CHECK(ask(THREE, is_released, 2));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	tell(TWO, leave, 0);
	CHECK(ask(THREE, is_released, 3));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	tell(THREE, leave, 0);
	CHECK(wait_for_hup(b.ns));
	CHECK(poll_end(b.ns) == (POLLIN | POLLHUP));
	CHECK(init_status(b.ns) == 5);
}

ADOPTER_TEST(there_is_no_hup_before_pid_1_was_waited_for)
{
	struct space b = space_with_one("outer");
	int one = pidfd_of(b, 2);
	siginfo_t info;

	tell(B, leave, 5);
	CHECK(!waitid(P_PID, b.wid, &info, WEXITED | WNOWAIT));
	tell(ONE, leave, 0);
	CHECK(wait_for_hup(one));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(reap(b.wid) == 5);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(fork_into_it_is_enomem_when_the_last_member_is_gone)
{
	struct space b = orphaned_space_with_one();

	tell(ONE, leave, 0);
	CHECK(wait_for_hup(b.ns));
	CHECK(spawn_into(TWO, b.ns) == -ENOMEM);
}

ADOPTER_TEST(the_list_shows_no_init_but_the_policy)
{
	struct space b = space_with_one("outer");
	char wid[24];

	snprintf(wid, sizeof(wid), "%d", b.wid);
	CHECK(listed(b.id, wid, "outer") == 1);
	end_init(b);
	CHECK(listed(b.id, "-", "outer") == 1);
}

/* Life inside. */

ADOPTER_TEST(forks_go_on_and_so_do_the_numbers)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(TWO, number, 0) == 3);
	CHECK(ask(TWO, parent, 0) == 2);
	CHECK(ask(TWO, spawn, THREE) == 4);
	CHECK(ask(THREE, parent, 0) == 3);
	tell(THREE, leave, 7);
	CHECK(ask(TWO, reap, 4) == 7);
	CHECK(ask(TWO, spawn, THREE) == 5);
}

ADOPTER_TEST(threads_can_be_made)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, spawn_thread, TWO) == 0);
	CHECK(ask(TWO, number, 0) == 2);
	CHECK(ask(TWO, parent, 0) == 0);
}

ADOPTER_TEST(number_1_is_not_given_again)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, exists, 1) == -ESRCH);
	CHECK(ask(ONE, take_number_1, 0) == -EEXIST);
}

ADOPTER_TEST(number_1_is_not_given_to_one_put_in)
{
	struct space b = orphaned_space_with_one();

	CHECK(!setns(b.ns, CLONE_NEWPSPACE));
	CHECK(take_number_1(0) == -EEXIST);
}

ADOPTER_TEST(the_former_children_of_pid_1_see_no_parent)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, parent, 0) == 1);
	CHECK(ask(ONE, parent_in_proc, 2) == 1);
	end_init(b);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(ask(ONE, parent_in_proc, 2) == 0);
}

ADOPTER_TEST(the_children_of_a_member_that_dies_see_no_parent)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, spawn, TWO) == 3);
	end_init(b);
	CHECK(ask(TWO, parent, 0) == 2);
	tell(ONE, leave, 0);
	CHECK(ask(TWO, is_released, 2));
	CHECK(ask(TWO, parent, 0) == 0);
	CHECK(ask(TWO, parent_in_proc, 3) == 0);
}

ADOPTER_TEST(a_procfs_can_be_mounted)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, new_proc, 0) == 0);
	CHECK(ask(ONE, parent_in_proc, 2) == 0);
	CHECK(ask(ONE, parent_in_proc, 1) == -1);
}

ADOPTER_TEST(the_space_of_a_member_lives_on_with_its_init)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, spawn_with_init, C) == 3);
	CHECK(ask(C, spawn, TWO) == 2);
	end_init(b);
	CHECK(ask(TWO, parent, 0) == 1);
	CHECK(ask(C, spawn, THREE) == 3);
	tell(TWO, leave, 7);
	CHECK(ask(C, reap, 2) == 7);
	tell(C, leave, 8);
	CHECK(ask(ONE, reap, 3) == 8);
}

/* That init is an orphan of B, and its own one's adopter all the same. */
ADOPTER_TEST(the_space_of_pid_1_lives_on_with_its_init)
{
	struct space b = space_with_one("outer");
	int c;

	CHECK(ask(B, spawn_with_init, C) == 3);
	c = pidfd_of(b, 3);
	CHECK(ask(C, spawn, TWO) == 2);
	CHECK(ask(TWO, spawn, THREE) == 3);
	end_init(b);
	tell(TWO, leave, 7);
	CHECK(ask(C, reap, 2) == 7);
	CHECK(ask(THREE, parent, 0) == 1);
	tell(C, leave, 8);
	CHECK(wait_for_hup(c));
	CHECK(ask(ONE, exists, 3) == -ESRCH);
}

ADOPTER_TEST(a_classic_namespace_lives_on_with_its_init)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, spawn_classic, C) == 3);
	CHECK(ask(C, spawn, TWO) == 2);
	end_init(b);
	CHECK(ask(TWO, parent, 0) == 1);
	tell(C, leave, 8);
	CHECK(ask(ONE, reap, 3) == 8);
}

ADOPTER_TEST(spaces_and_classic_namespaces_can_be_made)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, spawn_with_init, C) == 3);
	CHECK(ask(ONE, spawn_classic, D) == 4);
	CHECK(ask(C, spawn, TWO) == 2);
	CHECK(ask(D, spawn, THREE) == 2);
	CHECK(ask(TWO, parent, 0) == 1);
	CHECK(ask(THREE, parent, 0) == 1);
}

ADOPTER_TEST(kill_all_inside_hits_the_members_only)
{
	orphaned_space_with_three();
	CHECK(spawn(OWN) > 0);
	CHECK(ask(ONE, kill_all, SIGKILL) == 0);
	CHECK(ask(ONE, is_released, 3));
	CHECK(ask(ONE, is_released, 4));
	CHECK(ask(OWN, parent, 0) == 1);
}

/* How they go. */

ADOPTER_TEST(a_former_child_of_pid_1_is_released_as_it_exits)
{
	orphaned_space_with_three();
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
}

ADOPTER_TEST(a_former_child_of_pid_1_is_released_when_it_is_killed)
{
	orphaned_space_with_three();
	CHECK(ask(ONE, kill_all, SIGKILL) == 0);
	CHECK(ask(ONE, is_released, 3));
}

ADOPTER_TEST(an_orphan_is_released_as_it_exits)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(B, spawn, THREE) == 4);
	end_init(b);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, is_released, 2));
	tell(TWO, leave, 7);
	CHECK(ask(THREE, is_released, 3));
}

ADOPTER_TEST(a_zombie_of_pid_1_is_released_when_that_exits)
{
	struct space b = space_with_three("outer");

	tell(ONE, leave, 7);
	CHECK(ask(TWO, await_zombie, 2) == 0);
	CHECK(ask(TWO, exists, 2) == 1);
	end_init(b);
	CHECK(ask(TWO, is_released, 2));
}

ADOPTER_TEST(a_zombie_of_a_member_is_released_when_that_exits)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(B, spawn, THREE) == 4);
	end_init(b);
	tell(TWO, leave, 7);
	CHECK(ask(THREE, await_zombie, 3) == 0);
	CHECK(ask(THREE, exists, 3) == 1);
	tell(ONE, leave, 0);
	CHECK(ask(THREE, is_released, 3));
}

ADOPTER_TEST(while_pid_1_lives_its_orphans_are_released_as_they_exit)
{
	new_space(B, "outer");
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(B, spawn, THREE) == 4);
	tell(ONE, leave, 7);
	CHECK(ask(B, reap, 2) == 7);
	CHECK(ask(TWO, parent, 0) == 1);
	tell(TWO, leave, 7);
	CHECK(ask(THREE, is_released, 3));
}

ADOPTER_TEST(while_pid_1_lives_its_own_children_are_its_to_wait_for)
{
	space_with_three("outer");
	tell(ONE, leave, 7);
	CHECK(ask(TWO, await_zombie, 2) == 0);
	CHECK(ask(TWO, exists, 2) == 1);
	CHECK(ask(B, reap, 2) == 7);
}

ADOPTER_TEST(a_process_whose_first_thread_is_dead_is_released_with_the_last)
{
	struct space b = space_with_one("outer");

	CHECK(ask(B, spawn, THREE) == 3);
	CHECK(ask(ONE, spawn_thread, TWO) == 0);
	tell(ONE, leave_thread, 0);
	CHECK(ask(THREE, await_zombie, 2) == 0);
	end_init(b);
	CHECK(ask(TWO, number, 0) == 2);
	CHECK(ask(TWO, parent, 0) == 0);
	tell(TWO, leave_thread, 0);
	CHECK(ask(THREE, is_released, 2));
}

ADOPTER_TEST(a_sibling_that_an_adopted_one_makes_is_adopted_too)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_one();
	CHECK(sender_of(SIGCHLD) == b.wid);
	CHECK(ask(ONE, spawn_sibling, TWO) == 3);
	CHECK(ask(TWO, number, 0) == 3);
	CHECK(ask(TWO, parent, 0) == 0);
	CHECK(ask(ONE, is_childless, 0));
	CHECK(is_childless(0));
	tell(TWO, leave, 7);
	CHECK(ask(ONE, is_released, 3));
	CHECK(!is_pending(SIGCHLD));
	CHECK(is_childless(0));
}

ADOPTER_TEST(the_init_that_an_adopted_one_makes_as_a_sibling_is_adopted_too)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, spawn_sibling_space, C) == 3);
	CHECK(ask(C, number, 0) == 1);
	CHECK(ask(C, spawn, TWO) == 2);
	CHECK(ask(ONE, is_childless, 0));
	CHECK(is_childless(0));
	tell(C, leave, 7);
	CHECK(ask(ONE, is_released, 3));
	CHECK(is_childless(0));
}

TEST_HARNESS_MAIN
