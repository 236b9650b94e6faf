// SPDX-License-Identifier: GPL-2.0
/*
 * Many who ask, in three levels, for numbers of those who come and go, until a space
 * dies. What is left of that shows as a space that does not end.
 *
 * model: What such a number is
 * vm: --smp 4 --module-args default_numbers=3
 */

#include "wid.h"
#include <stdatomic.h>
#include "harness.h"

#define ROUNDS many(10)

/* Of processes: at the top, and in the middle. */
#define ASKERS		2
/* How many numbers each level is to be told until it is over. */
#define ENOUGH		many(2000)
/* Among so many numbers they look for somebody. */
#define NUMBERS		40

static struct {
	atomic_int stop[2];
	atomic_long told[2];
} *crowd;

static unsigned int below(unsigned int *state, unsigned int limit)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % limit;
}

/* Ask for numbers that may be somebody's, until it is over. */
static void __attribute__((noreturn)) ask(int ns, int level)
{
	unsigned int state = getpid();

	while (!crowd->stop[level]) {
		pid_t nr = get_wid(ns, 2 + below(&state, NUMBERS));

		CHECK(nr > 0 || nr == -ESRCH);
		if (nr > 0) {
			atomic_fetch_add(&crowd->told[level], 1);
			kill(nr, below(&state, 7) ? 0 : SIGKILL);
		}
		/* They are listed as well. */
		if (!below(&state, 100))
			list("/proc");
	}
	_exit(0);
}

static void add_askers(int ns, int level)
{
	int i;

	for (i = 0; i < ASKERS; i++)
		if (!fork_child())
			ask(ns, level);
}

/* Be those who are asked for: with few numbers, which are often given again. */
static void __attribute__((noreturn)) come_and_go(void)
{
	unsigned int state = 1;

	mount_own_proc();
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		pid_t child = fork();

		if (!child) {
			if (!fork() && !fork())
				usleep(below(&state, 1000));
			usleep(below(&state, 1000));
			_exit(0);
		}
		usleep(100);
		if (!below(&state, 16))
			CHECK(!write_file("/proc/sys/kernel/ns_last_pid", "1"));
	}
}

/* Pid 1 in the middle. */
static void __attribute__((noreturn)) be_in_the_middle(struct gate *ready)
{
	pid_t init;
	int ns, i;

	mount_own_proc();
	init = fork_space_with("auto");
	CHECK(init >= 0);
	if (!init)
		come_and_go();
	ns = open_ns(init, "pid");
	CHECK(ns >= 0);
	gate_pass(ready, ns);
	add_askers(ns, 1);
	for (i = 0; i < ASKERS; i++)
		CHECK(reap(-1) == 0);
	/* The space in this one dies with it. */
	_exit(7);
}

FIXTURE(crowd) {};

FIXTURE_VARIANT(crowd) {
	uint64_t top, middle;
	bool exits;
};

FIXTURE_VARIANT_ADD(crowd, until_a_space_exits) { CLONE_NEWPSPACE, CLONE_NEWPSPACE, true };
FIXTURE_VARIANT_ADD(crowd, until_a_space_is_killed) { CLONE_NEWPSPACE, CLONE_NEWPSPACE };
FIXTURE_VARIANT_ADD(crowd, in_classic_namespaces) { CLONE_NEWPID, CLONE_NEWPID, true };
FIXTURE_VARIANT_ADD(crowd, in_a_classic_namespace_in_a_space) {
	CLONE_NEWPSPACE, CLONE_NEWPID
};

FIXTURE_SETUP(crowd)
{
	crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	ASSERT_NE(crowd, MAP_FAILED);
}

FIXTURE_TEARDOWN(crowd)
{
	munmap(crowd, sizeof(*crowd));
}

/* Pid 1 at the top: it may be that of a classic namespace. */
static void __attribute__((noreturn)) be_at_the_top(uint64_t flags, bool exits)
{
	struct gate ready = gate_new();
	pid_t middle;
	int ns, i;

	mount_own_proc();
	middle = fork_with(flags);
	CHECK(middle >= 0);
	if (!middle)
		be_in_the_middle(&ready);
	ns = file_of(middle, gate_wait(&ready));
	CHECK(ns >= 0);
	add_askers(ns, 0);
	AWAIT(crowd->told[0] > ENOUGH && crowd->told[1] > ENOUGH);
	/* Those of the top ask while it dies. */
	if (exits)
		crowd->stop[1] = 1;
	else
		CHECK(!kill(middle, SIGKILL));
	CHECK(reap(middle) == (exits ? 7 : BY_SIGNAL(SIGKILL)));
	CHECK(wait_for_hup(ns));
	crowd->stop[0] = 1;
	for (i = 0; i < ASKERS; i++)
		CHECK(reap(-1) == 0);
	/* None has left a number: who dies waits for that. */
	_exit(0);
}

TEST_F_TIMEOUT(crowd, leaves_no_number, 1200)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pid_t top;
		int ns;

		memset(crowd, 0, sizeof(*crowd));
		top = fork_with(variant->top);
		ASSERT_GE(top, 0);
		if (!top)
			be_at_the_top(variant->middle, variant->exits);
		ns = open_ns(top, "pid");
		EXPECT_EQ(reap(top), 0);
		if (variant->top == CLONE_NEWPSPACE)
			EXPECT_TRUE(wait_for_hup(ns));
		close(ns);
	}
}

TEST_HARNESS_MAIN
