// SPDX-License-Identifier: GPL-2.0
/*
 * What pid 1 has of orphans that are released: what its wait() says, what tracers have
 * first, and pid 1 with several threads.
 *
 * model: Orphans
 */

#include "auto.h"

/*
 * wait() of pid 1
 */

FIXTURE(waiting) {};
FIXTURE_VARIANT(waiting) {
	idtype_t type;
	int options;
};

FIXTURE_VARIANT_ADD(waiting, any) { P_ALL, 0 };
FIXTURE_VARIANT_ADD(waiting, any_nowait) { P_ALL, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, any_stopped) { P_ALL, WSTOPPED | WCONTINUED };
FIXTURE_VARIANT_ADD(waiting, any_wall) { P_ALL, __WALL };
FIXTURE_VARIANT_ADD(waiting, any_nothread) { P_ALL, __WNOTHREAD };
FIXTURE_VARIANT_ADD(waiting, number) { P_PID, 0 };
FIXTURE_VARIANT_ADD(waiting, number_nowait) { P_PID, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, pidfd) { P_PIDFD, 0 };
FIXTURE_VARIANT_ADD(waiting, pidfd_nowait) { P_PIDFD, WNOWAIT };
FIXTURE_VARIANT_ADD(waiting, group) { P_PGID, 0 };
FIXTURE_SETUP(waiting) {}
FIXTURE_TEARDOWN(waiting) {}

/* The number that waitid() finds, 0 if nothing yet, or -errno. */
static pid_t wait_for(const FIXTURE_VARIANT(waiting) * how, struct task *task,
		      int options)
{
	siginfo_t info = {};
	/* Of groups, the caller's own. */
	id_t id = how->type == P_PID ? task->nr :
		  how->type == P_PIDFD ? task->pidfd : 0;

	if (waitid(how->type, id, &info, WEXITED | how->options | options))
		return -errno;
	return info.si_pid;
}

TEST_F_OF_PID_1(waiting, "auto", has_nothing_to_tell_of_a_living_orphan)
{
	struct task orphan = adopt(end_when_told);

	CHECK(wait_for(variant, &orphan, WNOHANG) == 0);
}

TEST_F_OF_PID_1(waiting, "auto", is_echild_when_the_orphan_is_gone)
{
	struct task orphan = adopt(end_when_told);

	tell(&orphan);
	CHECK(is_released(&orphan));
	CHECK(wait_for(variant, &orphan, 0) == -ECHILD);
	CHECK(wait_for(variant, &orphan, WNOHANG) == -ECHILD);
}

static void end_when_pid_1_waits(struct task *self)
{
	wait_until_in(1, SYS_waitid);
}

TEST_F_OF_PID_1(waiting, "auto", sleeps_until_the_orphan_is_gone_and_is_echild_then)
{
	struct task orphan = adopt(end_when_pid_1_waits);

	CHECK(wait_for(variant, &orphan, 0) == -ECHILD);
	CHECK(poll_for(orphan.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&orphan));
}

/* After the subject, and not before pid 1 has gone to sleep again. */
static void end_after_subject(struct task *self)
{
	CHECK(wait_for_hup(subject.pidfd));
	wait_until_in(1, SYS_waitid);
}

TEST_OF_PID_1("auto", wait_sleeps_until_the_last_orphan_is_gone)
{
	struct task last;
	siginfo_t info;

	subject = adopt(end_when_pid_1_waits);
	last = adopt(end_after_subject);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1);
	CHECK(errno == ECHILD);
	CHECK(poll_for(last.pidfd, 0) & POLLIN);
	CHECK(leaves_no_trace(&last));
}

TEST_OF_PID_1("auto", wait_finds_the_child_of_pid_1_and_none_of_the_orphans)
{
	struct task orphans[6], child;
	int i, status;

	for (i = 0; i < 3; i++)
		orphans[i] = adopt(end_when_told);
	child = fork_task(fork, end_when_told);
	for (; i < 6; i++)
		orphans[i] = adopt(end_when_told);

	for (i = 0; i < 6; i++)
		tell(&orphans[i]);
	tell(&child);
	CHECK(wait(&status) == child.nr);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	CHECK(wait(&status) == -1 && errno == ECHILD);
	for (i = 0; i < 6; i++)
		CHECK(is_released(&orphans[i]));
}

/* What pid 1 wakes up for first is not the subject, which ends before. */
static void end_subject_and_signal(struct task *self)
{
	wait_until_in(1, SYS_rt_sigtimedwait);
	tell(&subject);
	CHECK(is_released(&subject));
	CHECK(!kill(1, SIGUSR1));
}

TEST_OF_PID_1("auto", a_pid_1_in_sigwait_sleeps_on_when_an_orphan_exits)
{
	struct timespec limit = { .tv_sec = PATIENCE / 1000 };
	struct task other;
	sigset_t set;

	block(SIGUSR1);
	subject = adopt(end_when_told);
	other = adopt(end_subject_and_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	CHECK(sigtimedwait(&set, NULL, &limit) == SIGUSR1);
	CHECK(leaves_no_trace(&other));
}

/*
 * Tracing
 */

static void trace_and_detach(struct task *self)
{
	int status;

	seize_subject();
	CHECK(!ptrace(PTRACE_INTERRUPT, subject.nr, NULL, NULL));
	CHECK(waitpid(subject.nr, &status, __WALL) == subject.nr);
	CHECK(WIFSTOPPED(status));
	CHECK(!ptrace(PTRACE_DETACH, subject.nr, NULL, NULL));
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

static void trace_and_end(struct task *self)
{
	seize_subject();
	gate_pass(&self->news, 0);
	gate_wait(&self->go);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_traced_orphan_is_a_zombie_until_its_tracer_has_waited)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST(pid_1_in_wait_for_a_traced_zombie_gets_echild_when_the_tracer_has_waited)
{
	struct task tracer = task_new();
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid) {
		siginfo_t info;

		subject = adopt(end_when_told);
		tracer.nr = start(&tracer, fork, trace_and_wait);
		hear(&tracer);
		tell(&subject);
		check_traced_zombie();
		CHECK(waitid(P_PID, subject.nr, &info, WEXITED) == -1);
		CHECK(errno == ECHILD);
		_exit(0);
	}
	wait_until_in(wid, SYS_waitid);
	tell(&tracer);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F_OF_PID_1(under, variant->policy,
		an_orphan_is_its_tracers_zombie_also_if_it_was_one_when_adopted)
{
	struct task parent, tracer;

	subject = fork_grandchild(&parent, fork, end_when_told);
	tracer = fork_tracer(trace_and_wait);
	tell(&subject);
	CHECK(is_zombie(&subject));
	CHECK(end_parent(&parent) == parent.nr);
	check_traced_zombie();
	tell(&tracer);
	hear(&tracer);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(under, variant->policy,
		a_traced_zombie_is_released_when_its_tracer_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_end);
	tell(&subject);
	check_traced_zombie();
	/* The tracer is the only one that pid 1 is told of. */
	end_and_reap(&tracer);
	CHECK(leaves_no_trace(&subject));
}

TEST_OF_PID_1("auto", an_orphan_whose_tracer_has_ended_is_released_when_it_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_end);
	end_and_reap(&tracer);
	CHECK(!poll_for(subject.pidfd, 0));
	tell(&subject);
	CHECK(leaves_no_trace(&subject));
}

TEST_OF_PID_1("auto", an_orphan_whose_tracer_has_detached_is_released_when_it_ends)
{
	struct task tracer;

	subject = adopt(end_when_told);
	tracer = fork_tracer(trace_and_detach);
	tell(&subject);
	CHECK(leaves_no_trace(&subject));
	end_and_reap(&tracer);
}

TEST_F_OF_PID_1(under, variant->policy, pid_1_waits_for_an_orphan_that_it_traces)
{
	subject = adopt(end_when_told);
	seize_subject();
	end_and_reap(&subject);
}

static void have_itself_traced(struct task *self)
{
	gate_wait(&self->go);
	CHECK(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	CHECK(!raise(SIGSTOP));
}

TEST_OF_PID_1("auto", an_orphan_can_have_itself_traced_by_pid_1)
{
	struct task orphan = adopt(have_itself_traced);
	int status;

	tell(&orphan);
	CHECK(waitpid(orphan.nr, &status, 0) == orphan.nr);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(!ptrace(PTRACE_CONT, orphan.nr, NULL, NULL));
	CHECK(reap(orphan.nr) == 9);
	CHECK(is_released(&orphan));
}

static void *see_subject_end(void *arg)
{
	seize_subject();
	tell(&subject);
	CHECK(is_zombie(&subject));
	return NULL;
}

TEST_F_OF_PID_1(under, variant->policy,
		a_zombie_that_a_thread_of_pid_1_traced_is_released_with_the_thread)
{
	pthread_t thread;

	subject = adopt(end_when_told);
	CHECK(!pthread_create(&thread, NULL, see_subject_end, NULL));
	CHECK(!pthread_join(thread, NULL));
	CHECK(is_released(&subject));
}

/*
 * Threads of pid 1
 */

static pid_t thread_nr;

static void *make_subject(void *arg)
{
	thread_nr = gettid();
	subject = fork_task(fork, end_when_told);
	return NULL;
}

TEST_OF_PID_1("auto", the_child_of_a_thread_of_pid_1_that_ends_is_no_orphan)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, make_subject, NULL));
	CHECK(!pthread_join(thread, NULL));
	/* Joined before the kernel is through with it. */
	AWAIT(syscall(SYS_tgkill, 1, thread_nr, 0) == -1);
	end_and_reap(&subject);
}

/* The first thread leaves pid 1 to another. */
static struct gate leave;

static void __attribute__((noreturn)) leave_pid_1_to(void *(*body)(void *))
{
	pthread_t thread;

	leave = gate_new();
	CHECK(!pthread_create(&thread, NULL, body, NULL));
	gate_wait(&leave);
	syscall(SYS_exit, 1);
	__builtin_unreachable();
}

static void let_first_thread_leave(void)
{
	gate_pass(&leave, 0);
	wait_for_zombie(1);
}

static void *adopt_after_first_thread(void *arg)
{
	struct task orphan, zombie;

	let_first_thread_leave();
	orphan = adopt(end_when_told);
	zombie = adopt_zombie(end_at_once);
	CHECK(leaves_no_trace(&zombie));
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	_exit(0);
}

TEST(an_orphan_is_released_when_pid_1_has_lost_its_first_thread)
{
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(adopt_after_first_thread);
	EXPECT_EQ(reap(wid), 0);
}

static void *inherit_from_first_thread(void *arg)
{
	struct task orphan = adopt(end_when_told);

	let_first_thread_leave();
	tell(&orphan);
	CHECK(leaves_no_trace(&orphan));
	_exit(0);
}

TEST(an_orphan_that_the_first_thread_of_pid_1_leaves_to_another_is_still_one)
{
	pid_t wid = fork_pid_1("auto");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(inherit_from_first_thread);
	EXPECT_EQ(reap(wid), 0);
}

static void *change_after_first_thread(void *arg)
{
	struct task zombie;

	let_first_thread_leave();
	zombie = adopt_zombie(end_at_once);
	CHECK(is_zombie(&zombie));
	change_policy("auto");
	CHECK(leaves_no_trace(&zombie));
	_exit(0);
}

TEST(a_change_releases_the_zombies_of_a_pid_1_without_its_first_thread)
{
	pid_t wid = fork_pid_1("init");

	ASSERT_GE(wid, 0);
	if (!wid)
		leave_pid_1_to(change_after_first_thread);
	EXPECT_EQ(serve(wid), 0);
}

TEST_HARNESS_MAIN
