/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A space with "ordinary" signals: one that comes from above does to its pid 1 what it
 * does to any process. One from inside, from below or from beside does nothing, as long
 * as pid 1 has no handler for it.
 *
 * Pid 1 does what it is told, unless a signal has ended or stopped it.
 */
#ifndef PSPACE_SELFTESTS_ORDINARY_H
#define PSPACE_SELFTESTS_ORDINARY_H

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "self.h"
#include "signals.h"
#include "tree.h"
#include <mqueue.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <termios.h>
#include "harness.h"

/* What a pid 1 exits with that is told to. */
#define LIVED		7

/* One of those that queue. */
#define REALTIME	40

/* One that kills, one that dumps, one that queues, one that stops. */
static const int signals[] = { SIGTERM, SIGQUIT, REALTIME, SIGTSTP };

/* What it does to a process without a handler. */
static inline int effect(int sig)
{
	return sig == SIGTSTP ? STOPPED(sig) : BY_SIGNAL(sig);
}

/*
 * A pid 1 that does what it is told, and has one more thread, if it is told so, that
 * does as well. It leads a group of its own.
 */

struct order {
	void (*deed)(int arg);
	int arg;
};

struct line {
	int orders[2], done[2];
};

struct init {
	pid_t wid;
	uint64_t id;
	struct line line, thread;
};

/* In pid 1. */
static struct init *me;

static inline struct line line_new(void)
{
	struct line line;

	CHECK(!pipe2(line.orders, O_CLOEXEC) && !pipe2(line.done, O_CLOEXEC));
	return line;
}

static inline void say_done(struct line *line)
{
	CHECK(write(line->done[1], "", 1) == 1);
}

static inline void __attribute__((noreturn)) obey(struct line *line)
{
	struct order order;

	say_done(line);
	while (read(line->orders[0], &order, sizeof(order)) == sizeof(order)) {
		order.deed(order.arg);
		say_done(line);
	}
	CHECK(!"told");
	_exit(1);
}

static inline void ask(struct line *line, void (*deed)(int arg), int arg)
{
	struct order order = { deed, arg };

	CHECK(write(line->orders[1], &order, sizeof(order)) == sizeof(order));
}

/* Has it done that? Not if it has died, or was stopped, which is left to be waited for. */
static inline bool is_done(struct init *init, struct line *line)
{
	siginfo_t info = {};
	char byte;

	while (!poll_for(line->done[0], 10)) {
		if (waitid(P_PID, init->wid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT))
			return false;
		if (info.si_pid)
			return false;
	}
	return read(line->done[0], &byte, 1) == 1;
}

static inline bool order(struct init *init, void (*deed)(int arg), int arg)
{
	ask(&init->line, deed, arg);
	return is_done(init, &init->line);
}

/* What the shell that has started the test has made of signals is not for this. */
static inline void reset_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig <= 64; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	CHECK(!sigprocmask(SIG_SETMASK, &none, NULL));
}

/* fork_space(), with what signals do. It does not outlive a test that fails. */
static inline pid_t fork_space_of(const char *word)
{
	int own = own_ns(), err;
	pid_t wid;

	CHECK(own >= 0);
	CHECK(!unshare(CLONE_NEWPSPACE));
	err = control(ns_id_of(getpid(), "pid_for_children"), "signals", word);
	CHECK(!err);
	wid = fork();
	CHECK(wid >= 0);
	if (wid) {
		CHECK(!setns(own, CLONE_NEWPID));
	} else {
		CHECK(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		reset_signals();
	}
	close(own);
	return wid;
}

static inline struct init init_unborn(void)
{
	return (struct init){ .line = line_new(), .thread = line_new() };
}

static inline void init_start(struct init *init, const char *word)
{
	init->wid = fork_space_of(word);
	if (!init->wid) {
		me = init;
		CHECK(!setpgid(0, 0));
		obey(&init->line);
	}
	/* When it is dead, nobody has these any more. */
	close(init->line.done[1]);
	close(init->thread.done[1]);
	init->id = ns_id_of(init->wid, "pid");
	CHECK(is_done(init, &init->line));
}

static inline struct init init_new(const char *word)
{
	struct init init = init_unborn();

	init_start(&init, word);
	return init;
}

static inline void end_with(int status)
{
	_exit(status);
}

static inline int fate_by(struct init *init, struct line *line)
{
	int status;

	ask(line, end_with, LIVED);
	status = outcome(init->wid);
	close(init->line.orders[0]);
	close(init->line.orders[1]);
	close(init->line.done[0]);
	close(init->thread.orders[0]);
	close(init->thread.orders[1]);
	close(init->thread.done[0]);
	return status;
}

/* How it ends, which it is told to if nothing has happened to it. */
static inline int fate(struct init *init)
{
	return fate_by(init, &init->line);
}

static inline void do_nothing(int arg)
{
}

/* It does not even do that. */
static inline bool is_stopped(struct init *init, int sig)
{
	int status;

	return !order(init, do_nothing, 0) && waitpid(init->wid, &status, WUNTRACED) > 0 &&
	       WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static inline bool is_continued(struct init *init)
{
	int status;

	return !kill(init->wid, SIGCONT) && waitpid(init->wid, &status, WCONTINUED) > 0 &&
	       WIFCONTINUED(status) && is_done(init, &init->line);
}

/*
 * What it is told to do
 */

static inline void have_blocked(int sig)
{
	block(sig);
}

static inline void unblock(int sig)
{
	sigset_t set = set_of(sig);

	CHECK(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static inline void have_pending(int sig)
{
	AWAIT(is_pending(sig));
}

static inline void have_none_pending(int sig)
{
	CHECK(!is_pending(sig));
}

static volatile sig_atomic_t handled;

static inline void note(int sig)
{
	handled++;
}

static inline void handle(int sig)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };

	CHECK(!sigaction(sig, &action, NULL));
}

static inline void have_handled(int count)
{
	AWAIT(handled == count);
}

static inline void ignore(int sig)
{
	CHECK(signal(sig, SIG_IGN) != SIG_ERR);
}

static inline void by_default(int sig)
{
	CHECK(signal(sig, SIG_DFL) != SIG_ERR);
}

static inline int by_kill(struct init *init, int sig)
{
	return kill(init->wid, sig);
}

static inline int by_tgkill(struct init *init, int sig)
{
	return syscall(SYS_tgkill, init->wid, init->wid, sig);
}

static inline siginfo_t info_of(int sig, int code, pid_t claimed)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_pid = claimed;
	return info;
}

static inline int by_sigqueue(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	return syscall(SYS_rt_sigqueueinfo, init->wid, sig, &info);
}

static inline int by_tgsigqueue(struct init *init, int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	return syscall(SYS_rt_tgsigqueueinfo, init->wid, init->wid, sig, &info);
}

static inline int send_with(int fd, int sig, siginfo_t *info, int flags)
{
	int err = syscall(SYS_pidfd_send_signal, fd, sig, info, flags);

	close(fd);
	return err;
}

static inline int open_pidfd_with(pid_t pid, int flags)
{
	int fd = syscall(SYS_pidfd_open, pid, flags);

	CHECK(fd >= 0);
	return fd;
}

static inline int send_to_pair(uint64_t id, pid_t nr, int sig)
{
	int fd = open_directory(PAIR_PATH(id, nr, ""));

	CHECK(fd >= 0);
	return send_with(fd, sig, NULL, 0);
}

/* Not a process that is related to it. */
static inline int by_another_process(struct init *init, int sig)
{
	pid_t child = fork_child();

	if (!child)
		_exit(kill(init->wid, sig) ? 1 : 0);
	return reap(child);
}

static mqd_t queue;

static inline void be_notified(int sig)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = sig,
	};

	CHECK(!mq_notify(queue, &event));
}

static inline void send_message(int arg)
{
	CHECK(!mq_send(queue, "", 1, 0));
}

/* Have somebody else do it, who ends then. Whatever it does to all is not for him. */
static inline void have_done(uint64_t flags, void (*deed)(int sig), int sig)
{
	pid_t child = fork_with(flags);

	CHECK(child >= 0);
	if (!child) {
		/* Not all can be. */
		signal(sig, SIG_IGN);
		deed(sig);
		_exit(0);
	}
	CHECK(reap(child) == 0);
}

static inline void kill_1(int sig)
{
	CHECK(!kill(1, sig));
}

static inline void tgkill_1(int sig)
{
	CHECK(!syscall(SYS_tgkill, 1, 1, sig));
}

static inline void queue_for_1(int sig)
{
	siginfo_t info = info_of(sig, SI_QUEUE, getpid());

	CHECK(!syscall(SYS_rt_sigqueueinfo, 1, sig, &info));
}

static inline void signal_group(int sig)
{
	CHECK(!kill(0, sig));
}

static inline void member_kills(int sig)
{
	have_done(0, kill_1, sig);
}

static inline void member_tgkills(int sig)
{
	have_done(0, tgkill_1, sig);
}

static inline void member_queues(int sig)
{
	have_done(0, queue_for_1, sig);
}

static inline void close_gate(struct gate *gate)
{
	close(gate->fd[0]);
	close(gate->fd[1]);
}

/* Let one beside do it, whose signals are as those of the other. */
static inline void send_from_beside(struct init *init, void (*send)(int sig), int sig,
				    const char *word)
{
	struct gate go = gate_new();
	pid_t wid = fork_space_of(word);

	if (!wid) {
		gate_wait(&go);
		ignore(sig);
		send(sig);
		_exit(0);
	}
	CHECK(!setpgid(wid, init->wid));
	gate_pass(&go, 0);
	CHECK(reap(wid) == 0);
	close_gate(&go);
}

static inline void by_sigwaitinfo(int sig)
{
	sigset_t set = set_of(sig);

	CHECK(sigwaitinfo(&set, NULL) == sig);
}

static inline void execute(const char *role)
{
	/* There it says that it is done. */
	CHECK(dup2(me->line.done[1], 1) == 1);
	exec_self(role);
}

static inline void exec_staying(int arg)
{
	execute("ROLE=stay");
}

__attribute__((constructor)) static void executed(void)
{
	const char *role = getenv("ROLE");
	sigset_t none;

	if (!role)
		return;
	sigemptyset(&none);
	if (!strcmp(role, "unblock")) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		_exit(LIVED);
	}
	CHECK(write(1, "", 1) == 1);
	stay();
}

#endif /* PSPACE_SELFTESTS_ORDINARY_H */
