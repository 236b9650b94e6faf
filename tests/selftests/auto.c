// SPDX-License-Identifier: GPL-2.0
/*
 * An orphan that exits is released at once, under auto and outer, and who is an orphan.
 *
 * model: Orphans
 */

#include "auto.h"

TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_exits_is_released)
{
	struct task orphan = adopt(end_when_told);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", orphan.nr);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!access(path, F_OK));
	tell(&orphan);
	CHECK(is_released(&orphan));
	CHECK(access(path, F_OK) == -1 && errno == ENOENT);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_gets_no_sigchld_of_an_orphan)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!is_pending(SIGCHLD));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

static void tell_parent_and_end_when_told(struct task *self)
{
	gate_wait(&self->go);
	gate_pass(&self->news, getppid());
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_is_the_parent_of_an_orphan)
{
	struct task orphan = adopt(tell_parent_and_end_when_told);

	tell(&orphan);
	CHECK(hear(&orphan) == 1);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

/* Of the two that end at once, only the parent is told of. */
TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_is_a_zombie_is_released_at_once)
{
	struct task parent, orphan;

	orphan = fork_grandchild(&parent, fork, end_at_once);
	CHECK(is_zombie(&orphan));
	CHECK(end_parent(&parent) == parent.nr);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_that_is_killed_is_released)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_is_released_when_its_last_thread_ends)
{
	struct task orphan = adopt(leave_a_thread);

	wait_for_zombie(orphan.nr);
	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	CHECK(waitpid(orphan.nr, NULL, WNOHANG) == 0);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_adopted_without_its_first_thread_is_released_with_its_last)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	CHECK(!poll_for(orphan.pidfd, 0));
	CHECK(!kill(orphan.nr, 0));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_with_threads_that_is_killed_is_released)
{
	struct task orphan = adopt_zombie(leave_a_thread);

	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

/* Only of its end pid 1 is not told. */
TEST_F_OF_PID_1(under, variant->policy, pid_1_is_told_when_an_orphan_stops_and_goes_on)
{
	struct task orphan = adopt(end_when_told);
	siginfo_t info;

	CHECK(!kill(orphan.nr, SIGSTOP));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_STOPPED && info.si_pid == orphan.nr);
	CHECK(!kill(orphan.nr, SIGCONT));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_CONTINUED);
	CHECK(info.si_pid == orphan.nr);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_can_wait_for_an_orphan_to_stop_and_go_on)
{
	struct task orphan = adopt(end_when_told);
	int status;

	CHECK(!kill(orphan.nr, SIGSTOP));
	CHECK(waitpid(-1, &status, WUNTRACED) == orphan.nr);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(!kill(orphan.nr, SIGCONT));
	CHECK(waitpid(-1, &status, WCONTINUED) == orphan.nr);
	CHECK(WIFCONTINUED(status));
	tell(&orphan);
	CHECK(is_released(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_that_is_killed_while_it_is_stopped_is_released)
{
	struct task orphan = adopt(end_when_told);

	CHECK(!kill(orphan.nr, SIGSTOP));
	CHECK(take(SIGCHLD).si_code == CLD_STOPPED);
	CHECK(!kill(orphan.nr, SIGKILL));
	CHECK(leaves_no_trace(&orphan));
}

static void await_death_signal(struct task *self)
{
	CHECK(!prctl(PR_SET_PDEATHSIG, SIGUSR1));
	gate_pass(&self->news, 0);
	CHECK(take(SIGUSR1).si_signo == SIGUSR1);
	gate_pass(&self->news, getppid());
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_gets_its_death_signal)
{
	struct task parent, orphan;

	block(SIGUSR1);
	orphan = fork_grandchild(&parent, fork, await_death_signal);
	hear(&orphan);
	end_parent(&parent);
	CHECK(hear(&orphan) == 1);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

/*
 * Who is no orphan
 */

TEST_F_OF_PID_1(under, variant->policy,
		a_child_that_pid_1_made_before_is_its_to_wait_for)
{
	struct task child = fork_task(fork, end_when_told);
	struct task orphan = adopt(end_when_told);

	end_and_reap(&child);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(under, variant->policy,
		a_child_that_pid_1_made_after_is_its_to_wait_for)
{
	struct task orphan = adopt(end_when_told);
	struct task child = fork_task(fork, end_when_told);

	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	end_and_reap(&child);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_child_of_pid_1_that_is_killed_is_its_to_wait_for)
{
	struct task child = fork_task(fork, end_when_told);
	siginfo_t info;

	CHECK(!kill(child.nr, SIGTERM));
	info = take(SIGCHLD);
	CHECK(info.si_code == CLD_KILLED && info.si_pid == child.nr);
	CHECK(info.si_status == SIGTERM);
	CHECK(is_zombie(&child));
	CHECK(reap(child.nr) == BY_SIGNAL(SIGTERM));
}

/* Other parents than pid 1 */

static void reap_a_child(struct task *self)
{
	struct task child = fork_task(fork, end_when_told);

	end_and_reap(&child);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, a_member_waits_for_its_child)
{
	struct task member = fork_task(fork, reap_a_child);

	hear(&member);
	end_and_reap(&member);
}

TEST_F_OF_PID_1(under, variant->policy, an_orphan_waits_for_its_child)
{
	struct task orphan = adopt(reap_a_child);

	hear(&orphan);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

static void reap_an_orphan(struct task *self)
{
	struct task orphan;

	become_subreaper();
	orphan = adopt(end_when_told);
	end_and_reap(&orphan);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy, a_subreaper_waits_for_its_orphan)
{
	struct task subreaper = fork_task(fork, reap_an_orphan);

	hear(&subreaper);
	end_and_reap(&subreaper);
}

static void reap_a_zombie(struct task *self)
{
	struct task orphan;

	become_subreaper();
	orphan = adopt_zombie(end_at_once);
	CHECK(is_zombie(&orphan));
	CHECK(reap(orphan.nr) == 9);
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_subreaper_waits_for_an_orphan_that_was_a_zombie)
{
	struct task subreaper = fork_task(fork, reap_a_zombie);

	hear(&subreaper);
	end_and_reap(&subreaper);
}

/* It is itself an orphan, and one that is a subreaper is not pid 1. */
TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_that_is_a_subreaper_waits_for_its_orphan)
{
	struct task subreaper = adopt(reap_an_orphan);

	hear(&subreaper);
	tell(&subreaper);
	CHECK(leaves_no_trace(&subreaper));
}

static void adopt_two(struct task *self)
{
	become_subreaper();
	gate_pass(&self->news, adopt(end_when_told).nr);
	gate_pass(&self->news, adopt_zombie(end_at_once).nr);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy,
		the_orphans_of_a_subreaper_that_ends_are_released_by_pid_1)
{
	struct task subreaper = fork_task(fork, adopt_two);
	struct task living = { .nr = hear(&subreaper) };
	struct task zombie = { .nr = hear(&subreaper) };

	living.pidfd = open_pidfd(living.nr);
	CHECK(living.pidfd >= 0);
	zombie.pidfd = open_pidfd(zombie.nr);
	CHECK(zombie.pidfd >= 0);
	CHECK(is_zombie(&zombie));
	/* It is the only one that pid 1 is told of. */
	end_and_reap(&subreaper);
	CHECK(leaves_no_trace(&zombie));
	CHECK(!kill(living.nr, SIGKILL));
	CHECK(leaves_no_trace(&living));
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_is_no_subreaper_even_if_it_says_so)
{
	struct task orphan, zombie;

	become_subreaper();
	orphan = adopt(end_when_told);
	zombie = adopt_zombie(end_at_once);
	CHECK(leaves_no_trace(&zombie));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_OF_PID_1("auto", a_classic_namespace_in_it_has_zombies)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic) {
		struct task orphan;

		mount_own_proc();
		orphan = adopt(end_when_told);
		end_and_reap(&orphan);
		_exit(0);
	}
	CHECK(reap(classic) == 0);
}

/* What a task below makes with CLONE_PARENT, of which pid 1 has the gates. */
static struct task sibling;

static void make_sibling(struct task *self)
{
	pid_t nr;

	gate_wait(&self->go);
	nr = fork_with(CLONE_PARENT);
	CHECK(nr >= 0);
	if (!nr) {
		CHECK(getppid() == 1);
		end_when_told(&sibling);
		_exit(9);
	}
	gate_pass(&self->news, nr);
	gate_wait(&self->go);
}

static void let_make_sibling(struct task *maker)
{
	tell(maker);
	sibling.nr = hear(maker);
	sibling.pidfd = open_pidfd(sibling.nr);
	CHECK(sibling.pidfd >= 0);
}

TEST_F_OF_PID_1(under, variant->policy,
		what_an_orphan_makes_with_clone_parent_is_an_orphan)
{
	struct task maker;

	sibling = task_new();
	maker = adopt(make_sibling);
	let_make_sibling(&maker);
	tell(&sibling);
	CHECK(leaves_no_trace(&sibling));
	tell(&maker);
	CHECK(leaves_no_trace(&maker));
}

TEST_F_OF_PID_1(under, variant->policy,
		what_a_child_of_pid_1_makes_with_clone_parent_is_none)
{
	struct task maker;

	sibling = task_new();
	maker = fork_task(fork, make_sibling);
	let_make_sibling(&maker);
	end_and_reap(&sibling);
	end_and_reap(&maker);
}

static void execute(struct task *self)
{
	char fds[64];

	gate_wait(&self->go);
	snprintf(fds, sizeof(fds), "GATES=%d,%d", dup(self->go.fd[0]),
		 dup(self->news.fd[1]));
	exec_self(fds);
}

__attribute__((constructor)) static void executed(void)
{
	struct task task = {};
	const char *fds = getenv("GATES");

	if (!fds)
		return;
	CHECK(sscanf(fds, "%d,%d", &task.go.fd[0], &task.news.fd[1]) == 2);
	gate_pass(&task.news, getpid());
	gate_wait(&task.go);
	_exit(9);
}

static void *exec_in_thread(void *arg)
{
	execute(arg);
	return NULL;
}

/* This thread takes over the number of the first. */
static void execute_in_thread(struct task *self)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, exec_in_thread, self));
	stay();
}

FIXTURE(executing) {};
FIXTURE_VARIANT(executing) { void (*live)(struct task *self); };
FIXTURE_VARIANT_ADD(executing, first_thread) { execute };
FIXTURE_VARIANT_ADD(executing, other_thread) { execute_in_thread };
FIXTURE_SETUP(executing)
{
	open_self();
}

FIXTURE_TEARDOWN(executing) {}

TEST_F_OF_PID_1(executing, "auto", an_orphan_is_still_one)
{
	struct task orphan = adopt(variant->live);

	tell(&orphan);
	CHECK(hear(&orphan) == orphan.nr);
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
}

TEST_F_OF_PID_1(executing, "auto", a_child_of_pid_1_is_none)
{
	struct task child = fork_task(fork, variant->live);

	tell(&child);
	CHECK(hear(&child) == child.nr);
	end_and_reap(&child);
}

TEST_HARNESS_MAIN
