/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the members of a space see of what is outside: nothing, or, with half isolation,
 * the processes above. They list these by their pairs and signal them by pidfds, and
 * have no number of any.
 *
 * A test is run by the init of space B, in a zoo like this:
 *
 *	root
 *	  A	1 its init, 2 a member, 3 S's init, 4 B's init
 *	    S	1 its init
 *	    B	1 its init
 */
#ifndef PSPACE_SELFTESTS_ISOLATION_H
#define PSPACE_SELFTESTS_ISOLATION_H

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include "look.h"
#include "harness.h"

enum { A_INIT = 1, MEMBER, S_INIT, B_INIT };

/* Shared by all in it. */
static struct zoo {
	unsigned long long a, s, b;
	/* What B's init is to do. */
	void (*check)(void);
	/* What the member came to, before it was killed in the end. */
	int fate;
} *zoo;

/* B's init waits here, until the test has set what holds. */
static struct gate go;

static inline void __attribute__((noreturn)) be_b(void)
{
	zoo->b = ns_id(own_ns());
	gate_wait(&go);
	mount_own_proc();
	zoo->check();
	_exit(0);
}

static inline void __attribute__((noreturn)) be_a(struct gate *ready, uint64_t flags)
{
	int status, found;
	pid_t pid;

	zoo->a = ns_id(own_ns());
	CHECK(!setpgid(0, 0));
	pid = fork_child();
	CHECK(!pid || pid == MEMBER);
	if (!pid) {
		/* A group of its own, to be signalled. */
		CHECK(!setpgid(0, 0));
		stay();
	}
	pid = fork_space();
	CHECK(!pid || pid == S_INIT);
	if (!pid) {
		zoo->s = ns_id(own_ns());
		gate_pass(ready, 0);
		stay();
	}
	/* In a user namespace it is that of another user. */
	CHECK(!flags || !setresuid(NOBODY, NOBODY, 0));
	pid = fork_with(CLONE_NEWPSPACE | flags);
	CHECK(!pid || pid == B_INIT);
	CHECK(!pid || !flags || !setresuid(0, 0, 0));
	if (!pid) {
		gate_pass(ready, 0);
		be_b();
	}
	status = reap(pid);
	found = waitpid(MEMBER, &zoo->fate, WNOHANG);
	CHECK(found >= 0);
	_exit(status);
}

/* Make a zoo, whose B waits. Returns the number of A's init. */
static inline pid_t zoo_with(void (*check)(void), uint64_t flags)
{
	struct gate ready = gate_new();
	pid_t wid;

	zoo = mmap(NULL, sizeof(*zoo), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(zoo != MAP_FAILED);
	zoo->check = check;
	go = gate_new();
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid)
		be_a(&ready, flags);
	gate_wait(&ready);
	gate_wait(&ready);
	/* It has passed the gate before that. */
	AWAIT(*(volatile unsigned long long *)&zoo->b);
	return wid;
}

static inline pid_t zoo_new(void (*check)(void))
{
	return zoo_with(check, 0);
}

/* Let B's init do it: 0 if all its checks held. */
static inline int run(pid_t wid)
{
	gate_pass(&go, 0);
	return reap(wid);
}

static inline int run_in_b(const char *isolation, void (*body)(void))
{
	pid_t wid = zoo_new(body);

	CHECK(!set_isolation(zoo->b, isolation));
	return run(wid);
}

/* Tests whose body is B's init, which is isolated in a way. */
#define FULL_TEST(name) TEST_BODY(name, run_in_b("full", body))
#define HALF_TEST(name) TEST_BODY(name, run_in_b("half", body))

#endif /* PSPACE_SELFTESTS_ISOLATION_H */
