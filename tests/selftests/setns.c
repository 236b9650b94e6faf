// SPDX-License-Identifier: GPL-2.0
/*
 * Putting a task into a space from outside: who may, and what it is there.
 *
 * model: The crossing of a border
 * model: Interface
 * model: Numbers
 */

#include "space.h"
#include <linux/capability.h>
#include <sys/mman.h>
#include "harness.h"

#define MAX_DISTANCE 32

/* Of the caller. It stays the user it is. */
static int drop_cap_sys_admin(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &header, caps))
		return -1;
	caps[0].effective &= ~(1U << CAP_SYS_ADMIN);
	caps[0].permitted &= ~(1U << CAP_SYS_ADMIN);
	caps[0].inheritable = 0;
	caps[1].inheritable = 0;
	return syscall(SYS_capset, &header, caps);
}

/*
 * A space in a space, whose file only the grandparent has: the inner one's next
 * member, if it has any, is to be seen in /proc/WID/ns/pid_for_children.
 */
struct nested {
	pid_t wid;
	int outer, inner;
};

/* Go on in the init of the outer one, which has forked that of the inner one. */
static struct nested nested_space(void (*outer_init)(void *arg), void *arg)
{
	struct gate ready = gate_new();
	struct nested nested;

	nested.wid = fork_space();
	CHECK(nested.wid >= 0);
	if (!nested.wid) {
		pid_t inner;

		CHECK(!unshare(CLONE_NEWPSPACE));
		inner = fork();
		CHECK(inner >= 0);
		if (!inner) {
			CHECK(getpid() == 1);
			stay();
		}
		CHECK(inner == 2);
		gate_pass(&ready, 0);
		if (outer_init)
			outer_init(arg);
		stay();
	}
	gate_wait(&ready);
	nested.outer = open_ns(nested.wid, "pid");
	nested.inner = open_ns(nested.wid, "pid_for_children");
	CHECK(nested.outer >= 0 && nested.inner >= 0);
	CHECK(ns_id(nested.outer) < ns_id(nested.inner));
	return nested;
}

FIXTURE(type)
{
	pid_t wid;
};

FIXTURE_VARIANT(type) { int nstype; };

FIXTURE_VARIANT_ADD(type, any) { 0 };

FIXTURE_VARIANT_ADD(type, newpid) { CLONE_NEWPID };

FIXTURE_VARIANT_ADD(type, newpspace) { CLONE_NEWPSPACE };

FIXTURE_SETUP(type)
{
	self->wid = idle_space();
	ASSERT_GT(self->wid, 0);
}

FIXTURE_TEARDOWN(type)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(type, puts_the_next_child_into_the_space)
{
	int ns = open_ns(self->wid, "pid");
	pid_t child;

	ASSERT_GE(ns, 0);
	ASSERT_EQ(setns(ns, variant->nstype), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(getpid() == 2 && getppid() == 0);
		_exit(7);
	}
	EXPECT_GT(child, 2);
	EXPECT_EQ(reap(child), 7);
}

TEST(the_caller_stays_where_it_is)
{
	pid_t wid = idle_space(), self = getpid();
	uint64_t id;
	int ns;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	id = ns_id(ns);
	ASSERT_EQ(setns(ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(getpid(), self);
	EXPECT_EQ(ns_id_of(self, "pid"), 4);
	EXPECT_EQ(ns_id_of(self, "pid_for_children"), id);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(from_the_parent_space_it_has_a_number_there_and_inside)
{
	pid_t wid = idle_space(), child;
	char numbers[64];

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child)
		stay();
	snprintf(numbers, sizeof(numbers), "%d\t2", child);
	EXPECT_TRUE(has_numbers(child, numbers));
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 2);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Tells what waits for it that the number 3 is in the space below, as 2. */
static void look_at_3(void *arg)
{
	struct gate *gate = arg;

	mount_own_proc();
	gate_wait(&gate[0]);
	CHECK(has_numbers(3, "3\t2"));
	/* But it is no child of this space. */
	CHECK(waitpid(3, NULL, WNOHANG) == -1 && errno == ECHILD);
	gate_pass(&gate[1], 0);
}

TEST(from_the_grandparent_it_has_a_number_at_each_level)
{
	struct gate gate[2] = { gate_new(), gate_new() };
	struct nested nested = nested_space(look_at_3, gate);
	char numbers[64];
	pid_t child;

	child = fork_into(nested.inner);
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(getpid() == 2 && getppid() == 0);
		stay();
	}
	snprintf(numbers, sizeof(numbers), "%d\t3\t2", child);
	EXPECT_TRUE(has_numbers(child, numbers));
	gate_pass(&gate[0], 0);
	EXPECT_EQ(gate_wait(&gate[1]), 0);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(nested.wid), BY_SIGNAL(SIGKILL));
}

TEST(its_children_are_plain_members)
{
	struct gate ready = gate_new();
	pid_t wid = idle_space(), child;

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		pid_t grandchild = fork();

		CHECK(grandchild >= 0);
		if (!grandchild) {
			CHECK(getpid() == 3 && getppid() == 2);
			mount_own_proc();
			CHECK(has_numbers(2, "2"));
			CHECK(has_numbers(3, "3"));
			gate_pass(&ready, 0);
			stay();
		}
		CHECK(grandchild == 3);
		stay();
	}
	gate_wait(&ready);
	/* The init and the child. */
	EXPECT_EQ(processes_in(ns_id_of(wid, "pid")), 2);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(it_can_make_a_space)
{
	pid_t wid = idle_space(), child;

	ASSERT_GT(wid, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		pid_t inner = fork_space();

		CHECK(inner >= 0);
		if (!inner)
			_exit(getpid() == 1 ? 0 : 1);
		CHECK(inner == 3);
		_exit(reap(inner));
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(into_the_own_space_undoes_an_unshare)
{
	IN(fork_space()) {
		int own = own_ns();
		pid_t child;

		CHECK(own >= 0);
		CHECK(!unshare(CLONE_NEWPSPACE));
		CHECK(!setns(own, CLONE_NEWPSPACE));
		child = fork();
		CHECK(child >= 0);
		if (!child) {
			CHECK(getpid() == 2 && getppid() == 1);
			mount_own_proc();
			CHECK(has_numbers(2, "2"));
			_exit(0);
		}
		CHECK(!reap(child));
	}
}

TEST(upwards_is_einval)
{
	int root = own_ns();

	ASSERT_GE(root, 0);
	IN(fork_space()) {
		int own = own_ns();
		pid_t wid;

		CHECK(setns(root, 0) == -1 && errno == EINVAL);
		CHECK(setns(root, CLONE_NEWPID) == -1 && errno == EINVAL);
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			CHECK(setns(own, 0) == -1 && errno == EINVAL);
			CHECK(setns(own, CLONE_NEWPSPACE) == -1 &&
			      errno == EINVAL);
			CHECK(setns(root, 0) == -1 && errno == EINVAL);
			_exit(0);
		}
		CHECK(!reap(wid));
	}
}

/* One that was put in is in for good, whoever its parent is. */
TEST(upwards_is_einval_for_one_that_was_put_in)
{
	pid_t wid = idle_space(), child;
	int root = own_ns();

	ASSERT_GT(wid, 0);
	ASSERT_GE(root, 0);
	child = fork_into(open_ns(wid, "pid"));
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(setns(root, 0) == -1 && errno == EINVAL);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(sideways_is_einval)
{
	pid_t sibling = idle_space(), wid;
	struct nested nested = nested_space(NULL, NULL);
	int ns;

	ASSERT_GT(sibling, 0);
	ns = open_ns(sibling, "pid");
	ASSERT_GE(ns, 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(setns(ns, 0) == -1 && errno == EINVAL);
		CHECK(setns(ns, CLONE_NEWPSPACE) == -1 && errno == EINVAL);
		/* Deeper, but not below. */
		CHECK(setns(nested.inner, 0) == -1 && errno == EINVAL);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(nested.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(sibling), BY_SIGNAL(SIGKILL));
}

TEST(newpspace_is_einval_for_what_is_no_pspace)
{
	pid_t classic = fork_with(CLONE_NEWPID);
	int ns;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	ns = open_ns(classic, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(setns(ns, CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(ns, CLONE_NEWPID), 0);
	EXPECT_EQ(setns(own_ns(), CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(open_ns(getpid(), "uts"), CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(open_ns(getpid(), "user"), CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(newpspace_is_einval_for_a_classic_namespace_in_a_pspace)
{
	IN(fork_space()) {
		pid_t classic;
		int ns;

		mount_own_proc();
		classic = fork_with(CLONE_NEWPID);
		CHECK(classic >= 0);
		if (!classic)
			stay();
		ns = open_ns(classic, "pid");
		CHECK(ns >= 0);
		CHECK(setns(ns, CLONE_NEWPSPACE) == -1 && errno == EINVAL);
		CHECK(!setns(ns, CLONE_NEWPID));
	}
}

TEST(another_type_is_einval_for_a_pspace)
{
	pid_t wid = idle_space();
	int ns;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(setns(ns, CLONE_NEWUTS), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(ns, CLONE_NEWPID | CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

FIXTURE(pidfd)
{
	pid_t wid;
	int pidfd;
};

FIXTURE_VARIANT(pidfd) { int flags; };

FIXTURE_VARIANT_ADD(pidfd, newpid) { CLONE_NEWPID };

FIXTURE_VARIANT_ADD(pidfd, newpspace) { CLONE_NEWPSPACE };

FIXTURE_VARIANT_ADD(pidfd, newpspace_and_others) {
	CLONE_NEWPSPACE | CLONE_NEWUTS | CLONE_NEWNS
};

FIXTURE_SETUP(pidfd)
{
	self->wid = idle_space();
	ASSERT_GT(self->wid, 0);
	self->pidfd = open_pidfd(self->wid);
	ASSERT_GE(self->pidfd, 0);
}

FIXTURE_TEARDOWN(pidfd)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(pidfd, of_the_init_puts_the_next_child_in)
{
	pid_t child;

	ASSERT_EQ(setns(self->pidfd, variant->flags), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(getpid() == 2 && !getppid() ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
}

TEST_F(pidfd, of_one_that_was_put_in_does_too)
{
	pid_t first = fork_into(open_ns(self->wid, "pid")), second;

	ASSERT_GE(first, 0);
	if (!first)
		stay();
	ASSERT_EQ(setns(open_pidfd(first), variant->flags), 0);
	second = fork();
	ASSERT_GE(second, 0);
	if (!second)
		_exit(getpid() == 3 ? 0 : 1);
	EXPECT_EQ(reap(second), 0);
	EXPECT_EQ(end(first), BY_SIGNAL(SIGKILL));
}

TEST(newpspace_is_einval_for_a_pidfd_of_a_task_in_no_pspace)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	EXPECT_EQ(setns(open_pidfd(classic), CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(open_pidfd(getpid()), CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(setns(open_pidfd(classic), CLONE_NEWPID), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST(both_flags_are_einval_for_a_pidfd)
{
	pid_t wid = idle_space();

	ASSERT_GT(wid, 0);
	EXPECT_EQ(setns(open_pidfd(wid), CLONE_NEWPID | CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * A chain of spaces, more than a border crossing can span. All of them have the
 * same files, so that ns[LEVEL] can be used by all.
 */
FIXTURE(chain)
{
	pid_t wid;
	int *ns;
};

static void add_link(int *ns, int level, struct gate *bottom)
{
	CHECK(getpid() == 1);
	ns[level] = own_ns();
	CHECK(ns[level] >= 0);
	if (level <= MAX_DISTANCE) {
		pid_t next = fork_with(CLONE_NEWPSPACE | CLONE_FILES);

		CHECK(next >= 0);
		if (!next)
			add_link(ns, level + 1, bottom);
	} else {
		gate_pass(bottom, level);
	}
	stay();
}

FIXTURE_SETUP(chain)
{
	struct gate bottom = gate_new();

	self->ns = mmap(NULL, (MAX_DISTANCE + 2) * sizeof(*self->ns),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0);
	ASSERT_NE(self->ns, MAP_FAILED);
	self->wid = fork_with(CLONE_NEWPSPACE | CLONE_FILES);
	ASSERT_GE(self->wid, 0);
	if (!self->wid)
		add_link(self->ns, 1, &bottom);
	ASSERT_EQ(gate_wait(&bottom), MAX_DISTANCE + 1);
}

FIXTURE_TEARDOWN(chain)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(chain, a_distance_of_32_works)
{
	char numbers[256];
	pid_t child;
	int i;

	child = fork_into(self->ns[MAX_DISTANCE]);
	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(getpid() == 3 && getppid() == 0);
		stay();
	}
	snprintf(numbers, sizeof(numbers), "%d", child);
	for (i = 0; i < MAX_DISTANCE; i++)
		strcat(numbers, "\t3");
	EXPECT_TRUE(has_numbers(child, numbers));
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST_F(chain, a_distance_of_33_is_enospc)
{
	EXPECT_EQ(setns(self->ns[MAX_DISTANCE + 1], 0), -1);
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_EQ(setns(self->ns[MAX_DISTANCE + 1], CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, ENOSPC);
}

/* The depth does not count: this is 32 from the first of the chain. */
TEST_F(chain, the_distance_counts_from_the_callers_own_space)
{
	IN(fork_into(self->ns[1])) {
		pid_t child;

		CHECK(getpid() == 3);
		child = fork_into(self->ns[MAX_DISTANCE + 1]);
		CHECK(child >= 0);
		if (!child)
			_exit(getpid() == 2 ? 0 : 1);
		CHECK(child == 4);
		CHECK(!reap(child));
	}
}

/*
 * The number that the outside parent needs would be one too many. The caller's
 * own children need none.
 */
TEST_F(chain, a_parent_at_a_distance_of_33_is_enospc)
{
	IN(fork_into(self->ns[MAX_DISTANCE])) {
		pid_t child;

		CHECK(fork_with(CLONE_NEWPSPACE | CLONE_PARENT) == -1 &&
		      errno == ENOSPC);
		child = fork_space();
		CHECK(child >= 0);
		if (!child)
			_exit(0);
		CHECK(!reap(child));
	}
}

TEST(fork_into_a_dead_space_is_enomem)
{
	pid_t wid = idle_space();
	int ns;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(setns(ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
}

TEST(fork_into_a_space_in_a_dead_one_is_enomem)
{
	struct nested nested = nested_space(NULL, NULL);

	ASSERT_EQ(end(nested.wid), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(setns(nested.inner, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
}

/* The inner one has had no init, it is the outer one that is dead. */
TEST(fork_into_an_empty_space_in_a_dead_one_is_enomem)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!unshare(CLONE_NEWPSPACE));
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid_for_children");
	ASSERT_GE(ns, 0);
	ASSERT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(setns(ns, CLONE_NEWPSPACE), 0);
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
}

TEST(without_cap_sys_admin_is_eperm)
{
	pid_t wid = idle_space();
	int ns, pidfd;

	ASSERT_GT(wid, 0);
	ns = open_ns(wid, "pid");
	pidfd = open_pidfd(wid);
	ASSERT_GE(ns, 0);
	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(drop_cap_sys_admin(), 0);
	EXPECT_EQ(setns(ns, 0), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(setns(ns, CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EPERM);
	/* It has no right to ptrace a task with more capabilities, either. */
	EXPECT_EQ(setns(pidfd, CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* The file of a space is there before its init is. */
TEST(the_first_one_in_is_pid_1)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t creator, init;
	char numbers[64];
	int ns;

	creator = fork();
	ASSERT_GE(creator, 0);
	if (!creator) {
		pid_t second;

		CHECK(!unshare(CLONE_NEWPSPACE));
		gate_pass(&ready, 0);
		gate_wait(&go);
		second = fork();
		CHECK(second >= 0);
		if (!second)
			_exit(getpid() == 2 && !getppid() ? 0 : 1);
		_exit(reap(second));
	}
	gate_wait(&ready);
	ns = open_ns(creator, "pid_for_children");
	ASSERT_GE(ns, 0);
	EXPECT_NE(ns_id(ns), ns_id_of(getpid(), "pid"));
	init = fork_into(ns);
	ASSERT_GE(init, 0);
	if (!init) {
		/* An init: it does not die of that. */
		CHECK(getpid() == 1 && getppid() == 0);
		CHECK(!kill(1, SIGKILL));
		stay();
	}
	snprintf(numbers, sizeof(numbers), "%d\t1", init);
	EXPECT_TRUE(has_numbers(init, numbers));
	gate_pass(&go, 0);
	EXPECT_EQ(reap(creator), 0);
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
}

/* The same from the grandparent: the init has three numbers. */
TEST(the_first_one_in_from_the_grandparent_is_pid_1)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space(), init;
	char numbers[64];
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!unshare(CLONE_NEWPSPACE));
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ns = open_ns(wid, "pid_for_children");
	ASSERT_GE(ns, 0);
	init = fork_into(ns);
	ASSERT_GE(init, 0);
	if (!init) {
		CHECK(getpid() == 1 && getppid() == 0);
		stay();
	}
	snprintf(numbers, sizeof(numbers), "%d\t2\t1", init);
	EXPECT_TRUE(has_numbers(init, numbers));
	EXPECT_EQ(end(init), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
