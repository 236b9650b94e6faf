/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals that a process blocks and takes, and the stops of those that are signalled
 * or traced.
 */
#ifndef PSPACE_SELFTESTS_SIGNALS_H
#define PSPACE_SELFTESTS_SIGNALS_H

#include "space.h"

#include <mqueue.h>
#include <sys/ptrace.h>

static inline sigset_t set_of(int sig)
{
	sigset_t set;

	CHECK(!sigemptyset(&set));
	if (sig)
		CHECK(!sigaddset(&set, sig));
	return set;
}

static inline int block(int sig)
{
	sigset_t set = set_of(sig);

	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
	return 0;
}

static inline int is_pending(int sig)
{
	sigset_t set;

	CHECK(!sigpending(&set));
	return sigismember(&set, sig);
}

/* Take a blocked signal, within a time that is never reached. */
static inline siginfo_t take(int sig)
{
	struct timespec limit = { .tv_sec = PATIENCE / 1000 };
	sigset_t set = set_of(sig);
	siginfo_t info = {};

	CHECK(sigtimedwait(&set, &info, &limit) == sig);
	return info;
}

static inline int sender_of(int sig)
{
	return take(sig).si_pid;
}

/* A stop is an end too: what outcome() returns then. */
#define STOPPED(signal) (256 + (signal))

/* Like reap(), but who was stopped is killed. */
static inline int outcome(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL | WUNTRACED) < 0)
		return -errno;
	if (WIFSTOPPED(status)) {
		end(pid);
		return STOPPED(WSTOPSIG(status));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : BY_SIGNAL(WTERMSIG(status));
}

/* A queue of messages, whose receiver may have a signal sent when one comes. */
static inline mqd_t queue_new(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof(name), "/pspace-selftest-%d", getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	CHECK(queue >= 0);
	CHECK(!mq_unlink(name));
	return queue;
}

/* Attach to a task and see it stop. */
static inline void attach(pid_t pid)
{
	int status;

	CHECK(!ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	CHECK(waitpid(pid, &status, __WALL) == pid);
	CHECK(WIFSTOPPED(status));
}

/* What a stop of a tracee is, as wait_stop() has it. */
#define STOP_OF(event) (SIGTRAP | (event) << 8)

/* Wait until a tracee stops: for what reason, or -1 if it does not. */
static inline int wait_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -1;
	return status >> 8;
}

/* What came with the event that it has stopped for: a number, or an exit status. */
static inline unsigned long event_message(pid_t pid)
{
	unsigned long message = -1;

	CHECK(!ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
	return message;
}

/* Let a tracee go on, with the signal that it stopped for if there is one. */
static inline int let_go_on(pid_t pid, int stop)
{
	return ptrace(PTRACE_CONT, pid, NULL,
		      stop > 0xff || stop == SIGTRAP ? 0L : (long)stop);
}

#define FOLLOW_ALL (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		    PTRACE_O_TRACECLONE)

static inline int sigqueue_raw(pid_t pid, int sig, pid_t claimed)
{
	siginfo_t info = {
		.si_signo = sig,
		.si_code = SI_QUEUE,
	};

	info.si_pid = claimed;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

/*
 * A process group reaches across borders: an init inherits that of its outside
 * parent. Begin one, with an init in it; the test's own stays out of it.
 */
static inline pid_t fork_space_with_group(void)
{
	pid_t wid = fork_space();

	if (!wid)
		CHECK(setsid() == 1);
	return wid;
}

#endif /* PSPACE_SELFTESTS_SIGNALS_H */
