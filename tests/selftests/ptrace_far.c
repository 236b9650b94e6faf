// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody nests away from their tracer: what is made too far below one that follows is
 * refused.
 *
 * model: Numbers
 * model: Interface
 */

#include "signals.h"
#include <sys/mman.h>
#include "harness.h"

/*
 * Whoever has 32 pid namespaces between itself and its tracer has as many numbers as a
 * task can have. It cannot get away from the tracer by one more.
 */
#define FARTHEST 32

struct nesting {
	int depth, err;		/* how far it went, and why no further */
	int events;		/* how many children the tracer was told of */
};

static struct nesting *nesting_new(void)
{
	struct nesting *nesting = mmap(NULL, sizeof(*nesting),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(nesting != MAP_FAILED);
	return nesting;
}

/* Each pid 1 makes the next space, and exits as its pid 1 does. */
static void __attribute__((noreturn)) nest(struct nesting *nesting, int most,
					   uint64_t flags, bool traced,
					   bool by_unshare)
{
	int depth;

	for (depth = 0; depth < most; depth++) {
		pid_t wid;

		if (traced)
			CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 &&
			      errno == EPERM);
		if (by_unshare)
			CHECK(!unshare(CLONE_NEWPSPACE));
		wid = fork_with(flags | (by_unshare ? 0 : CLONE_NEWPSPACE));
		if (wid > 0)
			_exit(reap(wid));
		if (wid < 0) {
			nesting->err = errno;
			break;
		}
	}
	nesting->depth = depth;
	_exit(7);
}

/* What comes of it if the first is traced, with these options. */
static struct nesting trace_nesting(long options, int most, uint64_t flags,
				    bool traced, bool by_unshare)
{
	struct nesting *nesting = nesting_new();
	struct gate go = gate_new();
	pid_t first = fork_child(), nr;
	int status;

	if (!first) {
		gate_wait(&go);
		nest(nesting, most, flags, traced, by_unshare);
	}
	CHECK(!ptrace(PTRACE_SEIZE, first, NULL, options));
	gate_pass(&go, 0);
	while ((nr = waitpid(-1, &status, __WALL)) > 0) {
		unsigned long message = 0;
		int stop = status >> 8;

		if (!WIFSTOPPED(status)) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
			continue;
		}
		if (stop == STOP_OF(PTRACE_EVENT_FORK) ||
		    stop == STOP_OF(PTRACE_EVENT_VFORK) ||
		    stop == STOP_OF(PTRACE_EVENT_CLONE)) {
			CHECK(!ptrace(PTRACE_GETEVENTMSG, nr, NULL, &message));
			CHECK(message > 1);
			nesting->events++;
		}
		CHECK(!let_go_on(nr, stop));
	}
	CHECK(errno == ECHILD);
	return *nesting;
}

TEST(a_space_too_far_from_a_tracer_that_follows_is_enospc)
{
	struct nesting nesting = trace_nesting(FOLLOW_ALL, 40, 0, true, false);

	EXPECT_EQ(nesting.err, ENOSPC);
	EXPECT_EQ(nesting.depth, FARTHEST);
	EXPECT_EQ(nesting.events, FARTHEST);
}

TEST(a_vforked_space_too_far_from_a_tracer_that_follows_is_enospc)
{
	struct nesting nesting = trace_nesting(FOLLOW_ALL, 40, CLONE_VFORK, true,
					       false);

	EXPECT_EQ(nesting.err, ENOSPC);
	EXPECT_EQ(nesting.depth, FARTHEST);
	EXPECT_EQ(nesting.events, FARTHEST);
}

/* The space can be made, but nobody gets into it. */
TEST(a_fork_into_a_space_too_far_from_a_tracer_that_follows_is_enospc)
{
	struct nesting nesting = trace_nesting(FOLLOW_ALL, 40, 0, true, true);

	EXPECT_EQ(nesting.err, ENOSPC);
	EXPECT_EQ(nesting.depth, FARTHEST);
	EXPECT_EQ(nesting.events, FARTHEST);
}

TEST(a_space_that_is_to_be_traced_too_far_from_the_tracer_is_enospc)
{
	struct nesting nesting = trace_nesting(0, 40, CLONE_PTRACE, true, false);

	EXPECT_EQ(nesting.err, ENOSPC);
	EXPECT_EQ(nesting.depth, FARTHEST);
}

/* It is the distance that counts. */
TEST(a_tracer_inside_follows_as_far)
{
	pid_t wid = -1;
	int depth;

	for (depth = 0; depth < 40; depth++) {
		wid = fork_space();
		ASSERT_GE(wid, 0);
		if (wid)
			break;
	}
	if (!wid) {
		struct nesting nesting = trace_nesting(FOLLOW_ALL, 40, 0, true,
						       false);

		CHECK(nesting.err == ENOSPC);
		CHECK(nesting.depth == FARTHEST);
		CHECK(nesting.events == FARTHEST);
		_exit(7);
	}
	if (depth)
		_exit(reap(wid));
	EXPECT_EQ(reap(wid), 7);
}

TEST(spaces_nest_as_ever_if_the_tracer_does_not_follow)
{
	struct nesting nesting = trace_nesting(0, 40, 0, false, false);

	EXPECT_EQ(nesting.err, 0);
	EXPECT_EQ(nesting.depth, 40);
	EXPECT_EQ(nesting.events, 0);
}

TEST(spaces_nest_as_ever_if_they_are_cloned_as_untraced)
{
	struct nesting nesting = trace_nesting(FOLLOW_ALL, 40, CLONE_UNTRACED,
					       false, false);

	EXPECT_EQ(nesting.err, 0);
	EXPECT_EQ(nesting.depth, 40);
	EXPECT_EQ(nesting.events, 0);
}

/* Once the tracer is gone nothing is too far. */
TEST(spaces_nest_as_ever_after_the_tracer_has_let_go)
{
	struct gate ready = gate_new(), go = gate_new();
	struct nesting *nesting = nesting_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_pass(&ready, 0);
		gate_wait(&go);
		nest(nesting, 40, 0, false, false);
	}
	gate_wait(&ready);
	ASSERT_EQ(ptrace(PTRACE_SEIZE, wid, NULL, FOLLOW_ALL), 0);
	ASSERT_EQ(ptrace(PTRACE_INTERRUPT, wid, NULL, NULL), 0);
	ASSERT_EQ(wait_stop(wid), STOP_OF(PTRACE_EVENT_STOP));
	ASSERT_EQ(ptrace(PTRACE_DETACH, wid, NULL, NULL), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_EQ(nesting->depth, 40);
}

TEST_HARNESS_MAIN
