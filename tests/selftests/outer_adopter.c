// SPDX-License-Identifier: GPL-2.0
/*
 * What the init above has of the orphans of a space without an init, which is nothing
 * but their death with it; who traces them, and what stays with subreapers and jobs
 * inside.
 *
 * model: A space without an init
 */

#include "outer.h"

/* There is no such number by chance. */
#define ODD	4711

static int spawn_odd(int who)
{
	return acting(who, fork_as(0, TIDS(ODD)));
}

static int session(int arg)
{
	return getsid(0);
}

static int group(int arg)
{
	return getpgrp();
}

static int be_subreaper(int arg)
{
	become_subreaper();
	return 0;
}

static int new_session(int arg)
{
	return setsid();
}

static int new_group(int arg)
{
	return setpgid(0, 0);
}

/* A session with a terminal, the caller's group in the foreground. */
static int new_session_on_terminal(int arg)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	if (setsid() < 0 || grantpt(terminal) || unlockpt(terminal))
		return -errno;
	return open(ptsname(terminal), O_RDWR) < 0 ? -errno : 0;
}

static int go_on(int nr)
{
	return kill(nr, SIGCONT);
}

static int kill_group(int sig)
{
	return kill(0, sig);
}

static int trace_me(int arg)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -errno : 0;
}

/* Begin a session with keys of its own, and have the parent join it. */
static int give_keyring(int arg)
{
	CHECK(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0);
	return syscall(SYS_keyctl, KEYCTL_SESSION_TO_PARENT) ? -errno : 0;
}

static int session_keyring(int arg)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
}

/* What the adopter has of them: nothing. */

ADOPTER_TEST(the_adopter_gets_no_sigchld_when_one_exits)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_one();
	CHECK(sender_of(SIGCHLD) == b.wid);
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b.ns));
	CHECK(!is_pending(SIGCHLD));
}

ADOPTER_TEST(the_adopter_gets_no_sigchld_when_one_stops_or_goes_on)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_three();
	CHECK(sender_of(SIGCHLD) == b.wid);
	CHECK(ask(TWO, stop, 2) == 0);
	CHECK(ask(TWO, go_on, 2) == 0);
	/* When it answers it has told about both. */
	CHECK(ask(ONE, number, 0) == 2);
	CHECK(!is_pending(SIGCHLD));
}

ADOPTER_TEST(wait_of_the_adopter_does_not_count_them)
{
	struct space b = orphaned_space_with_one();

	CHECK(is_childless(0));
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b.ns));
	CHECK(is_childless(0));
}

ADOPTER_TEST(wait_of_the_adopter_does_not_tell_that_one_stops_or_goes_on)
{
	orphaned_space_with_three();
	CHECK(ask(TWO, stop, 2) == 0);
	CHECK(is_childless(0));
	CHECK(ask(TWO, go_on, 2) == 0);
	CHECK(ask(ONE, number, 0) == 2);
	CHECK(is_childless(0));
}

ADOPTER_TEST(wait_of_the_adopter_for_one_of_them_is_echild)
{
	struct space b = new_space(B, "outer");
	siginfo_t info;
	int one;

	CHECK(ask(B, spawn_odd, ONE) == ODD);
	one = pidfd_of(b, ODD);
	end_init(b);
	CHECK(reap(ODD) == -ECHILD);
	CHECK(waitid(P_PIDFD, one, &info, WEXITED) == -1 && errno == ECHILD);
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(one));
	CHECK(reap(ODD) == -ECHILD);
	CHECK(waitid(P_PIDFD, one, &info, WEXITED) == -1 && errno == ECHILD);
}

ADOPTER_TEST(wait_of_the_adopter_returns_its_own_children)
{
	struct space b = orphaned_space_with_one();
	pid_t own = spawn(OWN);

	CHECK(own > 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b.ns));
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	tell(OWN, leave, 8);
	CHECK(reap(-1) == 8);
	CHECK(is_childless(0));
}

/* ONE ends, then the caller does. */
static int leave_after_one(int space)
{
	tell(ONE, leave, 7);
	_exit(wait_for_hup(space) ? 8 : 1);
}

ADOPTER_TEST(wait_of_the_adopter_sleeps_while_they_go)
{
	struct space b = orphaned_space_with_one();
	pid_t own = spawn(OWN);
	int status;

	CHECK(own > 0);
	tell(OWN, leave_after_one, b.ns);
	CHECK(wait(&status) == own);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8);
	CHECK(wait(&status) == -1 && errno == ECHILD);
}

ADOPTER_TEST(kill_all_by_the_adopter_reaches_them)
{
	struct space b = orphaned_space_with_three();

	CHECK(kill_all(SIGKILL) == 0);
	CHECK(wait_for_hup(b.ns));
	AWAIT(kill_all(SIGKILL) == -ESRCH);
}

ADOPTER_TEST(kill_all_by_the_adopter_reaches_its_own_and_them)
{
	struct space b = orphaned_space_with_one();
	pid_t own = spawn(OWN);

	CHECK(own > 0);
	CHECK(kill_all(SIGKILL) == 0);
	CHECK(reap(own) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(kill_all_by_another_beside_the_adopter_reaches_them)
{
	struct space b = orphaned_space_with_one();

	add_children(1);
	CHECK(spawn(OWN) > 0);
	CHECK(ask(OWN, kill_all, SIGKILL) == 0);
	CHECK(reap(-1) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(their_number_is_esrch_for_the_adopter)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, spawn_odd, ONE) == ODD);
	CHECK(ask(ONE, new_group, 0) == 0);
	end_init(b);
	CHECK(kill(ODD, SIGKILL) == -1 && errno == ESRCH);
	CHECK(kill(-ODD, SIGKILL) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_tkill, ODD, SIGKILL) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_tgkill, ODD, ODD, SIGKILL) == -1 && errno == ESRCH);
	CHECK(open_pidfd(ODD) == -1 && errno == ESRCH);
	CHECK(ask(ONE, number, 0) == ODD);
}

ADOPTER_TEST(the_same_number_is_somebody_else_for_the_adopter)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, spawn_odd, ONE) == ODD);
	end_init(b);
	CHECK(spawn_odd(OWN) == ODD);
	CHECK(end(ODD) == BY_SIGNAL(SIGKILL));
	CHECK(ask(ONE, number, 0) == ODD);
}

static bool has_children_in_proc(const char *numbers)
{
	char text[4096];

	return read_begin("/proc/1/task/1/children", text, sizeof(text)) >= 0 &&
	       !strcmp(text, numbers);
}

/* It would be taken for whole, and they have no number for it. */
ADOPTER_TEST(there_is_no_list_of_the_children_of_the_adopter)
{
	struct space b = orphaned_space_with_three();
	char numbers[24];

	CHECK(has_no_list_of_children());
	snprintf(numbers, sizeof(numbers), "%d ", spawn(OWN));
	CHECK(has_no_list_of_children());
	tell(ONE, leave, 7);
	tell(TWO, leave, 7);
	CHECK(ask(THREE, is_released, 2) && ask(THREE, is_released, 3));
	CHECK(has_no_list_of_children());
	tell(THREE, leave, 7);
	CHECK(wait_for_hup(b.ns));
	CHECK(has_children_in_proc(numbers));
}

ADOPTER_TEST(they_are_not_in_the_procfs_of_the_adopter)
{
	struct space b = orphaned_space_with_three();

	CHECK(processes_in(b.id) == 0);
	CHECK(access("/proc/0", F_OK));
	CHECK(access("/proc/2", F_OK));
}

static void *adopt_in_last_thread(void *arg)
{
	struct space *b = arg;

	wait_for_zombie(1);
	end_init(*b);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(is_childless(0));
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b->ns));
	CHECK(is_childless(0));
	_exit(0);
}

ADOPTER_TEST(an_init_whose_first_thread_is_dead_adopts)
{
	static struct space b;
	pthread_t thread;

	b = space_with_one("outer");
	CHECK(!pthread_create(&thread, NULL, adopt_in_last_thread, &b));
	leave_thread(0);
}

/* Tracing. */

ADOPTER_TEST(an_adopted_one_cannot_have_its_parent_trace_it)
{
	orphaned_space_with_one();
	CHECK(ask(ONE, trace_me, 0) == -EPERM);
}

/* Keys. */

ADOPTER_TEST(an_adopted_one_cannot_give_its_parent_a_keyring)
{
	int keyring = session_keyring(0);

	orphaned_space_with_one();
	CHECK(ask(ONE, give_keyring, 0) == -EPERM);
	CHECK(session_keyring(0) == keyring);
}

ADOPTER_TEST(one_that_is_no_orphan_gives_its_parent_a_keyring)
{
	int keyring = session_keyring(0);
	pid_t child = fork_child();

	if (!child)
		_exit(-give_keyring(0));
	CHECK(reap(child) == 0);
	CHECK(session_keyring(0) != keyring);
}

ADOPTER_TEST(one_traced_by_another_stays_so_when_pid_1_exits)
{
	struct space b = space_with_three("outer");

	CHECK(ask(TWO, trace, 2) == 0);
	end_init(b);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(ask(THREE, trace, 2) == -EPERM);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, reap, 2) == 7);
	CHECK(ask(TWO, exists, 2) == -ESRCH);
	CHECK(is_childless(0));
}

ADOPTER_TEST(an_adopted_one_can_be_traced)
{
	orphaned_space_with_three();
	CHECK(ask(TWO, trace_and_stop, 2) == 0);
	CHECK(is_childless(0));
	tell(TWO, leave, 0);
	CHECK(ask(THREE, is_released, 3));
	CHECK(ask(ONE, number, 0) == 2);
}

ADOPTER_TEST(a_traced_zombie_is_there_until_its_tracer_waits)
{
	orphaned_space_with_three();
	CHECK(ask(TWO, trace, 2) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, await_zombie, 2) == 0);
	CHECK(ask(THREE, exists, 2) == 1);
	CHECK(is_childless(0));
	CHECK(ask(TWO, reap, 2) == 7);
	CHECK(ask(THREE, exists, 2) == -ESRCH);
}

ADOPTER_TEST(a_traced_zombie_is_there_until_its_tracer_exits)
{
	orphaned_space_with_three();
	CHECK(ask(TWO, trace, 2) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, await_zombie, 2) == 0);
	tell(TWO, leave, 0);
	CHECK(ask(THREE, is_released, 2));
	CHECK(is_childless(0));
}

ADOPTER_TEST(a_traced_zombie_of_pid_1_is_there_until_its_tracer_waits)
{
	struct space b = space_with_three("outer");

	CHECK(ask(TWO, trace, 2) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, await_zombie, 2) == 0);
	end_init(b);
	CHECK(ask(THREE, exists, 2) == 1);
	CHECK(ask(TWO, reap, 2) == 7);
	CHECK(ask(THREE, exists, 2) == -ESRCH);
	CHECK(is_childless(0));
}

ADOPTER_TEST(one_that_pid_1_traced_lives_on_untraced)
{
	struct space b = space_with_three("outer");

	CHECK(ask(B, trace_and_stop, 2) == 0);
	end_init(b);
	CHECK(ask(ONE, number, 0) == 2);
	CHECK(ask(TWO, trace, 2) == 0);
}

/* Subreapers. */

ADOPTER_TEST(a_subreaper_inside_still_gets_its_orphans)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, be_subreaper, 0) == 0);
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(TWO, spawn, THREE) == 4);
	end_init(b);
	CHECK(ask(ONE, block, SIGCHLD) == 0);
	tell(TWO, leave, 6);
	CHECK(ask(ONE, reap, 3) == 6);
	CHECK(ask(ONE, sender_of, SIGCHLD) == 3);
	CHECK(ask(THREE, parent, 0) == 2);
	tell(THREE, leave, 7);
	CHECK(ask(ONE, sender_of, SIGCHLD) == 4);
	CHECK(ask(ONE, reap, 4) == 7);
}

ADOPTER_TEST(the_orphans_of_a_subreaper_that_dies_are_adopted)
{
	struct space b = space_with_one("outer");

	CHECK(ask(ONE, be_subreaper, 0) == 0);
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(TWO, spawn, THREE) == 4);
	end_init(b);
	tell(TWO, leave, 6);
	CHECK(ask(ONE, reap, 3) == 6);
	tell(ONE, leave, 0);
	CHECK(ask(THREE, is_released, 2));
	CHECK(ask(THREE, parent, 0) == 0);
	tell(THREE, leave, 7);
	CHECK(wait_for_hup(b.ns));
	CHECK(is_childless(0));
}

ADOPTER_TEST(a_subreaper_above_never_gets_them)
{
	pid_t own = spawn(OWN), b;

	CHECK(own > 0);
	CHECK(ask(OWN, be_subreaper, 0) == 0);
	b = ask(OWN, spawn_outer, B);
	CHECK(b > 0);
	CHECK(ask(B, spawn, ONE) == 2);
	tell(B, leave, 5);
	CHECK(ask(OWN, reap, b) == 5);
	CHECK(ask(OWN, is_childless, 0));
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(ask(ONE, watch_parent, 0) == 0);
	tell(OWN, leave, 0);
	CHECK(reap(own) == 0);
	CHECK(ask(ONE, is_pending, SIGUSR1) == 0);
}

/* Job control. */

/* The number 1 is still that of a group and a session. */
ADOPTER_TEST(the_session_and_group_of_pid_1_live_on)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, new_session, 0) == 1);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(B, spawn, TWO) == 3);
	CHECK(ask(ONE, block, SIGUSR1) == 0);
	CHECK(ask(TWO, block, SIGUSR1) == 0);
	end_init(b);
	CHECK(ask(ONE, session, 0) == 1);
	CHECK(ask(ONE, group, 0) == 1);
	CHECK(ask(ONE, kill_group, SIGUSR1) == 0);
	CHECK(ask(TWO, is_pending, SIGUSR1) == 1);
	CHECK(ask(ONE, take_number_1, 0) == -EEXIST);
	tell(ONE, leave, 0);
	tell(TWO, leave, 0);
	CHECK(wait_for_hup(b.ns));
}

/* As when any shell leaves its jobs: there is nobody to continue it. */
ADOPTER_TEST(a_stopped_job_of_pid_1_is_hung_up_and_goes_on)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, new_session, 0) == 1);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(ONE, new_group, 0) == 0);
	CHECK(ask(ONE, block, SIGHUP) == 0);
	CHECK(ask(B, stop, 2) == 0);
	end_init(b);
	CHECK(ask(ONE, sender_of, SIGHUP) == 0);
}

/* The adopter is of its session, and could continue a job: but it is not told. */
ADOPTER_TEST(a_stopped_job_in_the_session_of_the_adopter_is_hung_up_and_goes_on)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(ONE, new_group, 0) == 0);
	CHECK(ask(ONE, block, SIGHUP) == 0);
	CHECK(ask(B, stop, 2) == 0);
	end_init(b);
	CHECK(ask(ONE, sender_of, SIGHUP) == 0);
}

ADOPTER_TEST(the_foreground_of_the_terminal_of_pid_1_is_hung_up)
{
	struct space b = new_space(B, "outer");

	CHECK(ask(B, new_session_on_terminal, 0) == 0);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(ONE, block, SIGHUP) == 0);
	end_init(b);
	CHECK(ask(ONE, sender_of, SIGHUP) == 0);
	CHECK(ask(ONE, parent, 0) == 0);
}

TEST_HARNESS_MAIN
