// SPDX-License-Identifier: GPL-2.0
/*
 * Policy outer: a space lives on without its pid 1, its orphans have an init above
 * as their parent, and die with that.
 *
 * In most tests that init is pid 1 of a space A, which the test is run in, and
 * the space that lives on is B, in A.
 */

#include "signals.h"
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/*
 * A to D are pid 1 of the space of that name, each with a procfs of its own. ONE,
 * TWO and THREE are members of a space, in most tests of B, and OWN is not in B.
 */
enum who { A, B, C, D, ONE, TWO, THREE, OWN, ACTORS };

#include "actors.h"

/* Its end for writing is held by all who come out of the test, until they die. */
static int life[2];

static void actors_new(void)
{
	actors_open();
	CHECK(!pipe2(life, O_NONBLOCK));
}

/* For those that begin anew. */
static void actors_end(void)
{
	actors_close();
	close(life[0]);
}

static bool nobody_is_left(void)
{
	char byte;

	close(life[1]);
	return read(life[0], &byte, 1) == 0;
}

static void *act_in_thread(void *who)
{
	act((intptr_t)who);
}

/* What fork() has returned, as an answer: the new actor's number or -errno. */
static int acting(enum who who, pid_t child)
{
	if (!child)
		act(who);
	return child < 0 ? -errno : child;
}

/* What actors can be asked: to make others, */

static int spawn(int who)
{
	return acting(who, fork());
}

/* There is no such number by chance. */
#define ODD	4711

static int spawn_odd(int who)
{
	return acting(who, fork_as(0, TIDS(ODD)));
}

static int spawn_sibling(int who)
{
	return acting(who, fork_with(CLONE_PARENT));
}

static int spawn_sibling_space(int who)
{
	return acting(who, fork_with(CLONE_PARENT | CLONE_NEWPSPACE));
}

/* Has no answer as long as the child is there. */
static int spawn_by_vfork(int who)
{
	return acting(who, fork_with(CLONE_VFORK | CLONE_VM));
}

static int spawn_thread(int who)
{
	pthread_t thread;

	return -pthread_create(&thread, NULL, act_in_thread,
			       (void *)(intptr_t)who);
}

static int spawn_into(enum who who, int ns)
{
	return acting(who, fork_into(ns));
}

static int spawn_one_into(int ns)
{
	return spawn_into(ONE, ns);
}

static pid_t spawn_space(enum who who, const char *policy)
{
	pid_t wid = fork_space_with(policy);

	if (!wid)
		mount_own_proc();
	return acting(who, wid);
}

static int spawn_outer(int who)
{
	return spawn_space(who, "outer");
}

static int spawn_with_init(int who)
{
	return spawn_space(who, "init");
}

static int spawn_classic(int who)
{
	pid_t init = fork_with(CLONE_NEWPID);

	if (!init)
		mount_own_proc();
	return acting(who, init);
}

static int add(int children)
{
	add_children(children);
	return 0;
}

/* to end, */

static int leave(int status)
{
	_exit(status);
}

static int leave_thread(int status)
{
	return syscall(SYS_exit, status);
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

/* Children that go on where their parent ends, for ever. */
static int run_on(int arg)
{
	for (;;)
		if (fork() > 0)
			_exit(0);
}

/* to tell about themselves, */

static int number(int arg)
{
	return getpid();
}

static int parent(int arg)
{
	return getppid();
}

static int session(int arg)
{
	return getsid(0);
}

static int group(int arg)
{
	return getpgrp();
}

/* No children, not even such that have stopped or gone on. */
static int is_childless(int arg)
{
	const int all = WNOHANG | __WALL | WCONTINUED;
	siginfo_t info;

	return waitpid(-1, NULL, all | WUNTRACED) == -1 && errno == ECHILD &&
	       waitpid(0, NULL, all | WUNTRACED) == -1 && errno == ECHILD &&
	       waitid(P_ALL, 0, &info, all | WEXITED | WSTOPPED) == -1 &&
	       errno == ECHILD;
}

/* about others, */

static int exists(int nr)
{
	return kill(nr, 0) ? -errno : 1;
}

/* Is a member released at last, number and all? */
static int is_released(int nr)
{
	int pidfd = open_pidfd(nr);

	if (pidfd < 0)
		return errno == ESRCH;
	return wait_for_hup(pidfd) && exists(nr) == -ESRCH;
}

static int await_zombie(int nr)
{
	wait_for_zombie(nr);
	return 0;
}

static int parent_in_proc(int nr)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/status", nr);
	return read_line(path, "PPid:\t", line, sizeof(line)) ? atoi(line) : -1;
}

/* and to do this or that. 0 is success. */

/* The death of the parent is a SIGUSR1. */
static int watch_parent(int arg)
{
	return block(SIGUSR1) || prctl(PR_SET_PDEATHSIG, SIGUSR1);
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

static int new_proc(int arg)
{
	mount_own_proc();
	return 0;
}

static int go_on(int nr)
{
	return kill(nr, SIGCONT);
}

static int stop(int nr)
{
	char path[64];

	if (kill(nr, SIGSTOP))
		return -errno;
	snprintf(path, sizeof(path), "/proc/%d/status", nr);
	await_state(path, "T");
	return 0;
}

static int kill_all(int sig)
{
	return kill(-1, sig) ? -errno : 0;
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

static int trace(int nr)
{
	return ptrace(PTRACE_SEIZE, nr, NULL, NULL) ? -errno : 0;
}

static int trace_and_stop(int nr)
{
	int status;

	if (trace(nr) || ptrace(PTRACE_INTERRUPT, nr, NULL, NULL) ||
	    waitpid(nr, &status, __WALL) != nr)
		return -errno;
	return WIFSTOPPED(status) ? 0 : -EINVAL;
}

/* Pid 1 again? */
static int take_number_1(int arg)
{
	return acting(THREE, fork_as(0, TIDS(1)));
}

static struct space new_space(enum who init, const char *policy)
{
	struct space space = { .wid = spawn_space(init, policy) };

	CHECK(space.wid > 0);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	space.id = ns_id(space.ns);
	return space;
}

/* B with a member, 2: actor ONE, a child of pid 1. */
static struct space space_with_one(const char *policy)
{
	struct space b = new_space(B, policy);

	CHECK(ask(B, spawn, ONE) == 2);
	return b;
}

/* The others: TWO is 3 and THREE is 4. */
static struct space space_with_three(const char *policy)
{
	struct space b = space_with_one(policy);

	CHECK(ask(B, spawn, TWO) == 3);
	CHECK(ask(B, spawn, THREE) == 4);
	return b;
}

/* B loses its pid 1, a child of the caller. The status is always 5. */
static void end_init(struct space b)
{
	tell(B, leave, 5);
	CHECK(reap(b.wid) == 5);
}

static struct space orphaned_space_with_one(void)
{
	struct space b = space_with_one("outer");

	end_init(b);
	return b;
}

static struct space orphaned_space_with_three(void)
{
	struct space b = space_with_three("outer");

	end_init(b);
	return b;
}

/*
 * The file of a space some levels below that of an init, by way of the procfs that
 * each mounts: at each level it is that of number 2.
 */
static int open_below(pid_t wid, int levels)
{
	char path[128];
	int used = snprintf(path, sizeof(path), "/proc/%d", wid), fd;

	while (levels--)
		used += snprintf(path + used, sizeof(path) - used,
				 "/root/proc/2");
	snprintf(path + used, sizeof(path) - used, "/ns/pid");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/* A pidfd of a member of B, by way of pid 1. */
static int pidfd_of(struct space b, pid_t nr)
{
	int init = open_pidfd(b.wid);
	int fd = syscall(SYS_pidfd_getfd, init, ask(B, open_pidfd, nr), 0);

	CHECK(fd >= 0);
	close(init);
	return fd;
}

/* How many spaces, or is it the one with an id, are listed with these columns. */
static int listed(uint64_t id, const char *init, const char *policy)
{
	FILE *list = fopen("/proc/pspace/spaces", "re");
	char line[1024], columns[5][24];
	int count = 0;

	CHECK(list);
	while (fgets(line, sizeof(line), list)) {
		CHECK(sscanf(line, "%23s %23s %23s %23s %23s", columns[0],
			     columns[1], columns[2], columns[3],
			     columns[4]) == 5);
		count += (!id || strtoull(columns[0], NULL, 10) == id) &&
			 !strcmp(columns[2], init) &&
			 !strcmp(columns[4], policy);
	}
	fclose(list);
	return count;
}

/* Run as pid 1 of A. Whoever is left over dies with A. */
static int run_in_a(void (*body)(void))
{
	int status;
	pid_t wid;

	actors_new();
	wid = fork_space_with("init");
	CHECK(wid >= 0);
	if (!wid) {
		mount_own_proc();
		body();
		_exit(0);
	}
	status = reap(wid);
	CHECK(nobody_is_left());
	return status;
}

/* A test whose body is pid 1 of A, which is the adopter. */
#define ADOPTER_TEST(name) TEST_BODY(name, run_in_a(body))

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

static bool has_no_list_of_children(void)
{
	char text[4096];

	return read_begin("/proc/1/task/1/children", text,
			  sizeof(text)) == -EREMOTE;
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

/* Those put in by setns() and fork(). */

ADOPTER_TEST(one_put_in_keeps_the_space_alive)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);

	CHECK(two > 0);
	CHECK(ask(TWO, number, 0) == 3);
	tell(ONE, leave, 0);
	CHECK(ask(TWO, is_released, 2));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(ask(TWO, spawn, THREE) == 4);
	tell(THREE, leave, 7);
	CHECK(ask(TWO, reap, 4) == 7);
	tell(TWO, leave, 8);
	CHECK(reap(two) == 8);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(one_put_in_is_waited_for_by_its_parent)
{
	struct space b;
	pid_t two;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_one();
	CHECK(sender_of(SIGCHLD) == b.wid);
	two = spawn_into(TWO, b.ns);
	CHECK(two > 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	tell(TWO, leave, 7);
	CHECK(sender_of(SIGCHLD) == two);
	CHECK(ask(ONE, exists, 3) == 1);
	CHECK(reap(-1) == 7);
	CHECK(ask(ONE, exists, 3) == -ESRCH);
	CHECK(is_childless(0));
}

ADOPTER_TEST(the_zombie_of_one_put_in_keeps_the_space_alive)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);
	siginfo_t info;

	CHECK(two > 0);
	tell(ONE, leave, 0);
	CHECK(ask(TWO, is_released, 2));
	tell(TWO, leave, 7);
	CHECK(!waitid(P_PID, two, &info, WEXITED | WNOWAIT));
	CHECK(poll_for(b.ns, 0) == POLLIN);
	CHECK(reap(two) == 7);
	CHECK(wait_for_hup(b.ns));
}

/* It was outside, and so is the one who adopts its child. */
ADOPTER_TEST(one_put_in_whose_parent_dies_is_waited_for_by_the_init_outside)
{
	struct space b = space_with_one("outer");
	pid_t own, two;

	CHECK(ask(B, spawn, THREE) == 3);
	end_init(b);
	tell(ONE, leave, 0);
	CHECK(ask(THREE, is_released, 2));
	own = spawn(OWN);
	CHECK(own > 0);
	two = ask(OWN, spawn_one_into, b.ns);
	CHECK(two > 0);
	tell(OWN, leave, 0);
	CHECK(reap(own) == 0);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(reap(two) == 7);
}

ADOPTER_TEST(the_child_of_one_put_in_is_adopted_and_released)
{
	struct space b = orphaned_space_with_one();
	pid_t two = spawn_into(TWO, b.ns);

	CHECK(two > 0);
	CHECK(ask(TWO, spawn, THREE) == 4);
	tell(TWO, leave, 0);
	CHECK(reap(two) == 0);
	CHECK(ask(THREE, parent, 0) == 0);
	CHECK(is_childless(0));
	tell(THREE, leave, 7);
	CHECK(ask(ONE, is_released, 4));
	CHECK(is_childless(0));
}

/* Changes of the policy. */

ADOPTER_TEST(the_others_live_on_if_it_was_set_at_last)
{
	struct space b = space_with_one("init");

	CHECK(!set_policy(b.id, "outer"));
	end_init(b);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(wait_for_hup(b.ns));
}

ADOPTER_TEST(the_others_die_if_another_was_set_at_last)
{
	struct space b = space_with_three("outer");

	CHECK(!set_policy(b.id, "init"));
	end_init(b);
	CHECK(poll_end(b.ns) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(another_policy_has_no_effect_when_pid_1_is_gone)
{
	struct space b;

	CHECK(!block(SIGCHLD));
	b = orphaned_space_with_three();
	CHECK(sender_of(SIGCHLD) == b.wid);
	CHECK(!set_policy(b.id, "init"));
	CHECK(policy_is(b.id, "init"));
	CHECK(listed(b.id, "-", "init") == 1);
	tell(ONE, leave, 7);
	CHECK(ask(THREE, is_released, 2));
	CHECK(!set_policy(b.id, "auto"));
	CHECK(ask(TWO, parent, 0) == 0);
	tell(TWO, leave, 7);
	CHECK(ask(THREE, is_released, 3));
	CHECK(ask(THREE, spawn, ONE) == 5);
	CHECK(!is_pending(SIGCHLD));
	CHECK(is_childless(0));
	CHECK(poll_for(b.ns, 0) == POLLIN);
}

/* The adopter's space dies. Here it is an actor's, and the test is above it. */

/* Where the cgroups are mounted before, which A and those in it see as well. */
static struct cgroup cgroup;

FIXTURE(death)
{
	struct space a;
};

FIXTURE_VARIANT(death)
{
	const char *policy;
	bool by_kill;
};

FIXTURE_VARIANT_ADD(death, init_exits) { "init", false };

FIXTURE_VARIANT_ADD(death, init_killed) { "init", true };

FIXTURE_VARIANT_ADD(death, auto_exits) { "auto", false };

FIXTURE_VARIANT_ADD(death, auto_killed) { "auto", true };

FIXTURE_SETUP(death)
{
	cgroup = cgroup_new();
	actors_new();
	self->a = new_space(A, variant->policy);
}

FIXTURE_TEARDOWN(death)
{
	cgroup_remove(&cgroup);
}

static void make_orphaned_b(void)
{
	CHECK(ask(A, spawn_outer, B) == 2);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(B, add, 10) == 0);
}

static void begin_end_of_a(struct space a, bool by_kill)
{
	if (by_kill)
		CHECK(!kill(a.wid, SIGKILL));
	else
		tell(A, leave, 3);
}

/* A's pid 1 dies and is waited for. */
static void end_a(struct space a, bool by_kill)
{
	begin_end_of_a(a, by_kill);
	CHECK(reap(a.wid) == (by_kill ? BY_SIGNAL(SIGKILL) : 3));
}

TEST_F(death, of_the_adopters_space_is_theirs)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(poll_for(b, 0), POLLIN);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_what_is_in_theirs)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(ONE, spawn_with_init, C), 13);
	EXPECT_EQ(ask(C, add, 3), 0);
	EXPECT_EQ(ask(ONE, spawn_classic, TWO), 14);
	EXPECT_EQ(ask(TWO, add, 3), 0);
	/* Those of TWO took three. The init of this is an orphan itself. */
	EXPECT_EQ(ask(B, spawn_outer, D), 18);
	EXPECT_EQ(ask(D, add, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_a_space_around_the_adopters_is_theirs)
{
	int b, c;

	EXPECT_EQ(ask(A, spawn_with_init, B), 2);
	EXPECT_EQ(ask(B, spawn_outer, C), 2);
	EXPECT_EQ(ask(C, add, 3), 0);
	b = open_below(self->a.wid, 1);
	c = open_below(self->a.wid, 2);
	tell(C, leave, 5);
	EXPECT_EQ(ask(B, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_EQ(poll_end(c), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_one_put_in_from_above)
{
	int b, status = variant->by_kill ? BY_SIGNAL(SIGKILL) : 3;
	pid_t two;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	two = spawn_into(TWO, b);
	ASSERT_GT(two, 0);
	EXPECT_EQ(ask(TWO, spawn, THREE), 14);
	begin_end_of_a(self->a, variant->by_kill);
	/* It has a number in A, which is not dead before it is waited for. */
	EXPECT_EQ(reap(two), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(self->a.wid), status);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_EQ(spawn_into(TWO, b), -ENOMEM);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_traced_and_stopped_ones)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(B, spawn, TWO), 13);
	EXPECT_EQ(ask(TWO, trace_and_stop, 2), 0);
	EXPECT_EQ(ask(TWO, stop, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

static int enter_cgroup(int arg)
{
	cgroup_enter(&cgroup);
	return 0;
}

TEST_F(death, of_the_adopters_space_is_that_of_frozen_ones)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	EXPECT_EQ(ask(ONE, enter_cgroup, 0), 0);
	EXPECT_EQ(ask(ONE, add, 3), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	cgroup_freeze(&cgroup);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

TEST_F(death, of_the_adopters_space_is_that_of_one_that_vforked)
{
	int b;

	make_orphaned_b();
	b = open_below(self->a.wid, 1);
	/* Has no answer, but then TWO has. */
	tell(ONE, spawn_by_vfork, TWO);
	EXPECT_EQ(ask(TWO, number, 0), 13);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

/* It has a number to get in B, where there is none any more. */
TEST_F(death, of_a_space_lets_none_into_an_orphaned_one_in_it)
{
	int c;

	EXPECT_EQ(ask(A, spawn_outer, B), 2);
	EXPECT_EQ(ask(B, spawn_outer, C), 2);
	EXPECT_EQ(ask(C, spawn, ONE), 2);
	c = open_below(self->a.wid, 2);
	tell(C, leave, 5);
	EXPECT_EQ(ask(B, reap, 2), 5);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(poll_for(c, 0), POLLIN);
	EXPECT_EQ(spawn_into(TWO, c), -ENOMEM);
	/* It is there, and its members go on to fork. */
	EXPECT_GT(ask(ONE, spawn, THREE), 2);
	EXPECT_EQ(poll_for(c, 0), POLLIN);
	end_a(self->a, variant->by_kill);
	EXPECT_EQ(poll_end(c), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

/* Chains: D in C in B, all of them outer, in A. */

/*
 * The inits die in this order. Whose child ONE is, in D, it is told by the death of
 * that.
 */
static void die_in_order(const char *order)
{
	struct space b = new_space(B, "outer");
	bool lives[] = { [B] = true, [C] = true, [D] = true };
	int fd[] = { [B] = b.ns, [C] = -1, [D] = -1 };
	enum who who;

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn_outer, D) == 2);
	CHECK(ask(D, spawn, ONE) == 2);
	fd[C] = open_below(b.wid, 1);
	fd[D] = open_below(b.wid, 2);
	CHECK(ask(ONE, watch_parent, 0) == 0);
	for (; *order; order++) {
		enum who dies = *order - 'B' + B;
		enum who adopter = D;

		while (adopter > A && !lives[adopter])
			adopter--;
		tell(dies, leave, 5);
		CHECK(poll_for(fd[dies], PATIENCE) & POLLIN);
		CHECK(init_status(fd[dies]) == 5);
		lives[dies] = false;
		if (dies == adopter)
			CHECK(ask(ONE, sender_of, SIGUSR1) >= 0);
		CHECK(ask(ONE, is_pending, SIGUSR1) == 0);
		CHECK(ask(ONE, parent, 0) == lives[D]);
		CHECK(ask(ONE, parent_in_proc, 2) == lives[D]);
		for (who = B; who <= D; who++)
			CHECK(!lives[who] || ask(who, number, 0) == 1);
	}
	CHECK(reap(b.wid) == 5);
	CHECK(is_childless(0));
	CHECK(ask(ONE, spawn, TWO) == 3);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
	tell(TWO, leave, 7);
	for (who = B; who <= D; who++)
		CHECK(wait_for_hup(fd[who]));
	CHECK(is_childless(0));
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_bottom)
{
	die_in_order("DCB");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_top)
{
	die_in_order("BCD");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_middle_to_the_top)
{
	die_in_order("CBD");
}

ADOPTER_TEST(inits_of_a_chain_die_from_the_middle_to_the_bottom)
{
	die_in_order("CDB");
}

ADOPTER_TEST(inits_of_a_chain_die_the_middle_last_from_the_top)
{
	die_in_order("BDC");
}

ADOPTER_TEST(inits_of_a_chain_die_the_middle_last_from_the_bottom)
{
	die_in_order("DBC");
}

/* D dies with B, which has policy init, though A lives. */
static void die_with_the_nearest(enum who first, enum who second)
{
	struct space b = new_space(B, "init");
	int fd[] = { [C] = -1, [D] = -1 };

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn_outer, D) == 2);
	CHECK(ask(D, spawn, ONE) == 2);
	fd[C] = open_below(b.wid, 1);
	fd[D] = open_below(b.wid, 2);
	CHECK(ask(ONE, watch_parent, 0) == 0);
	tell(first, leave, 5);
	CHECK(poll_for(fd[first], PATIENCE) & POLLIN);
	tell(second, leave, 5);
	CHECK(poll_for(fd[second], PATIENCE) & POLLIN);
	CHECK(ask(ONE, sender_of, SIGUSR1) >= 0);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(poll_for(fd[D], 0) == POLLIN);
	CHECK(end(b.wid) == BY_SIGNAL(SIGKILL));
	CHECK(poll_end(fd[D]) == (POLLIN | POLLHUP));
	CHECK(poll_end(fd[C]) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(members_die_with_the_nearest_init_if_theirs_died_first)
{
	die_with_the_nearest(D, C);
}

ADOPTER_TEST(members_die_with_the_nearest_init_if_theirs_died_last)
{
	die_with_the_nearest(C, D);
}

/* The one around it is empty, but still between it and A. */
ADOPTER_TEST(a_space_in_one_that_has_ended_lives_on)
{
	struct space b = new_space(B, "outer");
	int c;

	CHECK(ask(B, spawn_outer, C) == 2);
	CHECK(ask(C, spawn, ONE) == 2);
	c = open_below(b.wid, 1);
	tell(C, leave, 5);
	CHECK(ask(B, reap, 2) == 5);
	end_init(b);
	CHECK(wait_for_hup(b.ns));
	CHECK(spawn_into(TWO, b.ns) == -ENOMEM);
	CHECK(poll_for(c, 0) == POLLIN);
	CHECK(ask(ONE, spawn, TWO) == 3);
	CHECK(ask(ONE, parent, 0) == 0);
	tell(ONE, leave, 7);
	CHECK(ask(TWO, is_released, 2));
	CHECK(ask(TWO, parent, 0) == 0);
	CHECK(is_childless(0));
}

/* Not that of a space, but what it was made in is a namespace like any other. */
static void die_with_a_classic_init(void)
{
	pid_t init = spawn_classic(OWN);
	int b;

	CHECK(init > 0);
	CHECK(ask(OWN, block, SIGCHLD) == 0);
	CHECK(ask(OWN, spawn_outer, B) == 2);
	CHECK(ask(B, spawn, ONE) == 2);
	CHECK(ask(B, spawn, TWO) == 3);
	b = open_below(init, 1);
	tell(B, leave, 5);
	CHECK(ask(OWN, sender_of, SIGCHLD) == 2);
	CHECK(ask(OWN, reap, 2) == 5);
	CHECK(ask(ONE, parent, 0) == 0);
	CHECK(ask(OWN, is_childless, 0));
	tell(TWO, leave, 7);
	CHECK(ask(ONE, is_released, 3));
	CHECK(ask(OWN, is_pending, SIGCHLD) == 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == 0);
	CHECK(poll_for(b, 0) == POLLIN);
	CHECK(end(init) == BY_SIGNAL(SIGKILL));
	CHECK(poll_end(b) == (POLLIN | POLLHUP));
}

ADOPTER_TEST(the_init_of_a_classic_namespace_in_a_space_adopts)
{
	die_with_a_classic_init();
}

TEST(the_init_of_a_classic_namespace_on_the_machine_adopts)
{
	actors_new();
	die_with_a_classic_init();
	EXPECT_TRUE(nobody_is_left());
}

TEST(the_init_of_the_machine_adopts)
{
	struct space b;

	actors_new();
	b = orphaned_space_with_three();
	EXPECT_EQ(ask(ONE, parent, 0), 0);
	EXPECT_TRUE(is_childless(0));
	EXPECT_EQ(processes_in(b.id), 0);
	EXPECT_TRUE(has_no_list_of_children());
	tell(ONE, leave, 7);
	EXPECT_EQ(ask(THREE, is_released, 2), 1);
	tell(TWO, leave, 7);
	tell(THREE, leave, 7);
	EXPECT_TRUE(wait_for_hup(b.ns));
	EXPECT_TRUE(nobody_is_left());
}

/* Many, and many times. These have more time, for kernels that check themselves. */

#define ROUNDS	many(50)

FIXTURE(large) {};
FIXTURE_SETUP(large) {}
FIXTURE_TEARDOWN(large) {}

/* Pid 1 of a space with so many outer ones below, each in the one before. */
static void __attribute__((noreturn)) dig(int levels)
{
	pid_t wid;

	mount_own_proc();
	add_children(1);
	if (levels) {
		wid = fork_space_with("outer");
		CHECK(wid >= 0);
		if (!wid)
			dig(levels - 1);
	}
	_exit(0);
}

TEST_F_TIMEOUT(large, fifty_levels_without_an_init_die_with_the_top, 300)
{
	const int levels = many(50);
	struct gate ready = gate_new();
	pid_t a;

	actors_new();
	a = fork_space_with("init");
	ASSERT_GE(a, 0);
	if (!a) {
		pid_t b;

		mount_own_proc();
		b = fork_space_with("outer");
		CHECK(b >= 0);
		if (!b)
			dig(levels - 1);
		CHECK(reap(b) == 0);
		AWAIT(listed(0, "-", "outer") >= levels);
		gate_pass(&ready, listed(0, "-", "outer"));
		stay();
	}
	EXPECT_EQ(gate_wait(&ready), levels);
	EXPECT_EQ(end(a), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(nobody_is_left());
}

TEST_F_TIMEOUT(large, a_thousand_orphans_die_with_the_adopters_space, 300)
{
	struct space a;
	int b, i;

	actors_new();
	a = new_space(A, "init");
	make_orphaned_b();
	b = open_below(a.wid, 1);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(ask(B, add, many(1000) / 10), 0);
	tell(B, leave, 5);
	EXPECT_EQ(ask(A, reap, 2), 5);
	EXPECT_EQ(end(a.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll_end(b), POLLIN | POLLHUP);
	EXPECT_TRUE(nobody_is_left());
}

/* Two spaces lose their inits, one in the other, while that around them dies. */
TEST_F_TIMEOUT(large, nobody_survives_if_pid_1_exits_while_the_space_above_dies,
	       300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space a;

		actors_new();
		a = new_space(A, "init");
		ASSERT_EQ(ask(A, spawn_outer, B), 2);
		ASSERT_EQ(ask(B, add, 3), 0);
		ASSERT_EQ(ask(B, spawn_outer, C), 5);
		ASSERT_EQ(ask(C, add, 3), 0);
		/* The one and the other, at different times. */
		if (round % 2) {
			tell(round % 4 == 1 ? B : C, leave, 5);
			usleep(round);
			tell(round % 4 == 1 ? C : B, leave, 5);
			usleep(round);
		}
		ASSERT_EQ(kill(a.wid, SIGKILL), 0);
		if (!(round % 2)) {
			usleep(round);
			tell(round % 4 ? B : C, leave, 5);
			tell(round % 4 ? C : B, leave, 5);
		}
		ASSERT_EQ(reap(a.wid), BY_SIGNAL(SIGKILL));
		ASSERT_TRUE(nobody_is_left());
		close(a.ns);
		actors_end();
	}
}

TEST_F_TIMEOUT(large, the_space_ends_if_pid_1_and_the_last_member_exit_at_once,
	       300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space b;

		actors_new();
		b = space_with_one("outer");
		tell(round % 2 ? ONE : B, leave, 5);
		tell(round % 2 ? B : ONE, leave, 5);
		ASSERT_EQ(reap(b.wid), 5);
		ASSERT_TRUE(wait_for_hup(b.ns));
		ASSERT_EQ(spawn_into(TWO, b.ns), -ENOMEM);
		ASSERT_TRUE(nobody_is_left());
		close(b.ns);
		actors_end();
	}
}

TEST_F_TIMEOUT(large, forks_outrun_the_exit_of_pid_1_but_not_its_adopters, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct space a;
		int b;

		actors_new();
		a = new_space(A, "init");
		ASSERT_EQ(ask(A, spawn_outer, B), 2);
		ASSERT_EQ(ask(B, spawn, ONE), 2);
		b = open_below(a.wid, 1);
		tell(ONE, run_on, 0);
		tell(B, leave, 5);
		ASSERT_EQ(ask(A, reap, 2), 5);
		ASSERT_EQ(poll_for(b, 0), POLLIN);
		ASSERT_EQ(end(a.wid), BY_SIGNAL(SIGKILL));
		ASSERT_EQ(poll_end(b), POLLIN | POLLHUP);
		ASSERT_TRUE(nobody_is_left());
		close(b);
		close(a.ns);
		actors_end();
	}
}

TEST_HARNESS_MAIN
