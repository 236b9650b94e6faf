// SPDX-License-Identifier: GPL-2.0
/*
 * The death of large and deep spaces, and of members that are hard to kill.
 *
 * model: Death
 * vm: --mem 4G
 */

#include "control.h"
#include <sys/resource.h>
#include "harness.h"

/* For what is a matter of luck. */
#define ROUNDS many(20)

/* Members that are hard to kill. */

static void add_in_cgroup(const struct cgroup *cgroup)
{
	struct gate ready = gate_new();
	pid_t member = fork();

	CHECK(member >= 0);
	if (!member) {
		cgroup_enter(cgroup);
		add_children(3);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
}

TEST(frozen_members_die_when_pid_1_exits)
{
	struct cgroup cgroup = cgroup_new();
	struct gate life = gate_new(), ready = gate_new(), go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_in_cgroup(&cgroup);
		gate_pass(&ready, 0);
		_exit(gate_wait(&go));
	}
	gate_wait(&ready);
	cgroup_freeze(&cgroup);
	gate_pass(&go, 3);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(all_let_go(&life));
	cgroup_remove(&cgroup);
}

TEST(frozen_members_die_when_pid_1_that_is_frozen_too_is_killed)
{
	struct cgroup cgroup = cgroup_new();
	struct gate life = gate_new(), ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		cgroup_enter(&cgroup);
		add_children(3);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	cgroup_freeze(&cgroup);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_let_go(&life));
	cgroup_remove(&cgroup);
}

TEST(frozen_members_of_a_nested_space_die)
{
	struct cgroup cgroup = cgroup_new();
	struct gate life = gate_new(), ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner) {
			cgroup_enter(&cgroup);
			add_children(3);
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	cgroup_freeze(&cgroup);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_let_go(&life));
	cgroup_remove(&cgroup);
}

TEST(a_member_that_waits_for_its_vforked_child_dies)
{
	struct gate life = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_vfork_parent();
		_exit(3);
	}
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(all_let_go(&life));
}

TEST(a_pid_1_that_waits_for_its_vforked_child_dies)
{
	struct gate life = gate_new(), ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_with(CLONE_VM | CLONE_VFORK)) {
			gate_pass(&ready, 0);
			stay();
		}
		_exit(1);
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_let_go(&life));
}

TEST(a_member_that_waits_for_a_vforked_pid_1_dies)
{
	struct gate life = gate_new(), ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			if (!fork_with(CLONE_VM | CLONE_VFORK |
				       CLONE_NEWPSPACE)) {
				gate_pass(&ready, 0);
				stay();
			}
			_exit(1);
		}
		gate_wait(&ready);
		_exit(3);
	}
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(all_let_go(&life));
}

/* These have more time than others, for kernels that check themselves. */
FIXTURE(large)
{
	long threads_max;
};

FIXTURE_SETUP(large)
{
	self->threads_max = read_number("/proc/sys/kernel/threads-max");
	ASSERT_GT(self->threads_max, 0);
	/* By default it may be less, with little memory. */
	ASSERT_EQ(write_file("/proc/sys/kernel/threads-max", "30000"), 0);
}

FIXTURE_TEARDOWN(large)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", self->threads_max);
	EXPECT_EQ(write_file("/proc/sys/kernel/threads-max", text), 0);
}

TEST_F_TIMEOUT(large, members_in_the_middle_of_fork_die, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct gate life = gate_new();
		pid_t wid = fork_space();

		ASSERT_GE(wid, 0);
		if (!wid) {
			add_forkers(3);
			usleep(round * 200);
			_exit(3);
		}
		ASSERT_EQ(reap(wid), 3);
		ASSERT_TRUE(all_let_go(&life));
		close(life.fd[0]);
	}
}

#define MEMBERS	many(10000)

static int stay_on(void *arg)
{
	stay();
}

/* Children that are small, because they share the caller's memory. */
static void add_small_children(int count)
{
	enum { STACK = 2048 };
	char *stacks = mmap(NULL, count * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	CHECK(stacks != MAP_FAILED);
	for (i = 1; i <= count; i++)
		CHECK(clone(stay_on, stacks + i * STACK, CLONE_VM | SIGCHLD,
			    NULL) > 0);
}

TEST_F_TIMEOUT(large, ten_thousand_members_die_with_pid_1, 300)
{
	struct gate life = gate_new(), ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_small_children(MEMBERS);
		CHECK(!kill(MEMBERS + 1, 0));
		gate_pass(&ready, 0);
		stay();
	}
	close(ready.fd[1]);
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_let_go(&life));
}

TEST_F_TIMEOUT(large, ten_thousand_members_without_pid_1_die_of_the_kill, 300)
{
	struct gate life = gate_new(), ready = gate_new(), go = gate_new();
	pid_t wid = fork_space_with("outer");
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_small_children(MEMBERS);
		gate_pass(&ready, 0);
		_exit(gate_wait(&go));
	}
	close(ready.fd[1]);
	gate_wait(&ready);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	gate_pass(&go, 3);
	EXPECT_EQ(reap(wid), 3);
	EXPECT_EQ(poll_for(ns, 0), POLLIN);
	EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(all_let_go(&life));
}

/*
 * Spaces in each other: in each of them pid 1 makes the next one. If they are
 * orphaned, all pid 1s but the first have gone then, each leaving a member.
 */
#define MOST	700	/* what fork() copies without exec() grows with the depth */
#define LEVELS	many(MOST)
#define MIDDLE	(LEVELS / 2)

FIXTURE(chain)
{
	pid_t top;
	struct gate life;
	int ns[MOST];
};

FIXTURE_VARIANT(chain)
{
	bool orphaned;
};

FIXTURE_VARIANT_ADD(chain, with_inits) { false };

FIXTURE_VARIANT_ADD(chain, orphaned) { true };

/* Pid 1 of the first and then of each other space. */
static void __attribute__((noreturn)) dig(int socket, struct gate *leave,
					  bool orphaned)
{
	int level;

	close(leave->fd[1]);
	for (level = 1;; level++) {
		pid_t wid = -1;
		int ns = own_ns();
		char byte;

		CHECK(ns >= 0);
		CHECK(!send_fd(socket, ns));
		close(ns);
		if (orphaned)
			add_children(1);
		if (level < LEVELS) {
			wid = fork_space();
			CHECK(wid >= 0);
			if (!wid)
				continue;
		}
		if (orphaned && level > 1) {
			/* The end of the file is the word to leave. */
			CHECK(read(leave->fd[0], &byte, 1) == 0);
			_exit(0);
		}
		if (wid > 0)
			reap(wid);
		stay();
	}
}

FIXTURE_SETUP(chain)
{
	struct rlimit files = { MOST + 1000, MOST + 1000 };
	struct gate leave = gate_new();
	int i, pair[2];

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair),
		  0);
	self->life = gate_new();
	self->top = fork_space();
	ASSERT_GE(self->top, 0);
	if (!self->top) {
		close(pair[0]);
		dig(pair[1], &leave, variant->orphaned);
	}
	close(pair[1]);
	for (i = 0; i < LEVELS; i++) {
		self->ns[i] = receive_fd(pair[0]);
		ASSERT_GE(self->ns[i], 0);
		if (i && variant->orphaned)
			ASSERT_EQ(set_policy(ns_id(self->ns[i]), "outer"), 0);
	}
	close(leave.fd[1]);
	for (i = 1; i < LEVELS && variant->orphaned; i++)
		ASSERT_EQ(poll_for(self->ns[i], PATIENCE), POLLIN);
}

FIXTURE_TEARDOWN(chain) {}

static bool has_hup(int ns)
{
	return poll_for(ns, 0) & POLLHUP;
}

static int count_hups(const int *ns, int count)
{
	int hups = 0;

	for (; count; count--)
		hups += has_hup(*ns++);
	return hups;
}

/* The last numbers are freed a moment after the end of what is outside. */
static bool all_hang_up(const int *ns, int count)
{
	while (count--)
		if (!wait_for_hup(*ns++))
			return false;
	return true;
}

TEST_F_TIMEOUT(chain, dies_with_the_first_pid_1, 300)
{
	EXPECT_EQ(count_hups(self->ns, LEVELS), 0);
	EXPECT_EQ(end(self->top), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_hang_up(self->ns, LEVELS));
	EXPECT_TRUE(all_let_go(&self->life));
}

TEST_F_TIMEOUT(chain, killed_in_the_middle_dies_below_only, 300)
{
	int i, above = variant->orphaned ? POLLIN : 0;

	EXPECT_EQ(ioctl(self->ns[MIDDLE], PSPACE_KILL), 0);
	for (i = MIDDLE; i < LEVELS; i++)
		ASSERT_TRUE(wait_for_hup(self->ns[i]));
	for (i = 1; i < MIDDLE; i++)
		EXPECT_EQ(poll_for(self->ns[i], 0), above);
	EXPECT_EQ(poll_for(self->ns[0], 0), 0);
	EXPECT_EQ(end(self->top), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(all_hang_up(self->ns + 1, LEVELS - 1));
	EXPECT_TRUE(all_let_go(&self->life));
}

static bool has_in(int ns)
{
	return poll_for(ns, 0) & POLLIN;
}

TEST_F_TIMEOUT(chain, tells_its_end_from_the_inside_out, 300)
{
	int i, out = LEVELS;
	pid_t waited = 0;

	ASSERT_EQ(ioctl(self->ns[0], PSPACE_KILL), 0);
	while (out) {
		if (!waited)
			waited = waitpid(self->top, NULL, WNOHANG);
		/* From the outside in: what is looked at later may have ended since. */
		for (out = 0; out < LEVELS && !has_in(self->ns[out]); out++)
			;
		for (i = out; i < LEVELS; i++)
			ASSERT_TRUE(has_in(self->ns[i]));
		if (waited)
			ASSERT_EQ(out, 0);
	}
	if (!waited)
		EXPECT_EQ(waitpid(self->top, NULL, 0), self->top);
	EXPECT_TRUE(all_hang_up(self->ns, LEVELS));
}

TEST_HARNESS_MAIN
