// SPDX-License-Identifier: GPL-2.0
/*
 * What is killed from above dies, whatever its members do against that: a stop at
 * an exit (PTRACE_O_TRACEEXIT) that its tracer does not end holds up nobody whose
 * space is killed.
 */

#include "signals.h"
#include "tree.h"
#include <linux/fuse.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include "harness.h"

#define USER		1000

#define EXIT_STOP	STOP_OF(PTRACE_EVENT_EXIT)

/* Trace a task and have it stop at its exit: 0 or -errno. */
static int seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) ? -errno : 0;
}

static int go_on(pid_t pid)
{
	return ptrace(PTRACE_CONT, pid, NULL, 0L) ? -errno : 0;
}

/* A child that traces and does not answer, until it is killed. */
static void add_tracer_of(pid_t pid)
{
	struct gate seized = gate_new();

	if (!fork_child()) {
		CHECK(!seize(pid));
		gate_pass(&seized, 0);
		stay();
	}
	gate_wait(&seized);
	gate_close(&seized);
}

/* A tracee stops for a signal that it ignores, but not for one that it blocks. */
static void block_sigchld(void)
{
	sigset_t set;

	CHECK(!sigemptyset(&set) && !sigaddset(&set, SIGCHLD));
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
}

/*
 * The children of a pid 1, which trace each other in a ring and do not answer. If one
 * exits it has come to its stop when this returns.
 */
static void add_ring(int count, bool one_exits)
{
	struct gate go = gate_new(), done = gate_new(), leave = gate_new();
	int i;

	CHECK(getpid() == 1);
	for (i = 0; i < count; i++) {
		pid_t child = fork_as(0, TIDS(2 + i));

		CHECK(child >= 0);
		if (child)
			continue;
		/* Nor does it stop for one when it is told of the other's stop. */
		block_sigchld();
		gate_wait(&go);
		CHECK(!seize(2 + (i + 1) % count));
		gate_pass(&done, 0);
		if (i == 1 && one_exits) {
			gate_wait(&leave);
			_exit(0);
		}
		if (i == 0 && one_exits) {
			CHECK(wait_stop(3) == EXIT_STOP);
			gate_pass(&done, 0);
		}
		stay();
	}
	for (i = 0; i < count; i++)
		gate_pass(&go, 0);
	for (i = 0; i < count; i++)
		gate_wait(&done);
	if (one_exits) {
		gate_pass(&leave, 0);
		gate_wait(&done);
	}
	gate_close(&leave);
	gate_close(&go);
	gate_close(&done);
}

/* Forks on and on. */
static void add_forker(void)
{
	if (fork_child())
		return;
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (!fork())
			_exit(0);
		usleep(1000);
	}
}

/*
 * A space, or a classic namespace, made by the user or by root, and how it is killed
 * from outside.
 */
struct top {
	pid_t creator;		/* ends as the init does */
	pid_t wid;
	int ns, pidfd;
	struct gate life;	/* what all in it hold */
};

/* The creators go into it, if it is there. */
static struct cgroup *limit;

static struct top top_new(uint64_t flags, uid_t user, void (*populate)(void))
{
	struct gate made = gate_new(), ready = gate_new();
	struct top top = { .life = gate_new() };

	top.creator = fork_child();
	if (!top.creator) {
		if (limit)
			cgroup_enter(limit);
		if (user) {
			become(user);
			flags |= CLONE_NEWUSER;
		}
		/* What is gone may be counted for a moment. */
		AWAIT((top.wid = fork_with(flags)) >= 0 || errno != EAGAIN);
		CHECK(top.wid >= 0);
		if (!top.wid) {
			populate();
			gate_pass(&ready, 0);
			stay();
		}
		close(top.life.fd[1]);
		gate_pass(&made, top.wid);
		_exit(reap(top.wid));
	}
	top.wid = gate_wait(&made);
	/* Not for ever, if one of those has failed. */
	close(ready.fd[1]);
	gate_wait(&ready);
	gate_close(&made);
	close(ready.fd[0]);
	top.ns = open_ns(top.wid, "pid");
	top.pidfd = open_pidfd(top.wid);
	CHECK(top.ns >= 0 && top.pidfd >= 0);
	return top;
}

static int by_file(const struct top *top)
{
	return control(ns_id(top->ns), "kill", "1");
}

static int by_ioctl(const struct top *top)
{
	return ioctl(top->ns, PSPACE_KILL) ? -errno : 0;
}

static int by_signal(const struct top *top)
{
	return syscall(SYS_pidfd_send_signal, top->pidfd, SIGKILL, NULL, 0)
		? -errno : 0;
}

/* Is all of it gone? Nothing is left that keeps the module. */
static bool is_whole_end(struct top *top, uint64_t flags)
{
	uint64_t id = ns_id(top->ns);

	CHECK(reap(top->creator) == BY_SIGNAL(SIGKILL));
	CHECK(all_let_go(&top->life));
	CHECK(!(flags & CLONE_NEWPSPACE) || wait_for_hup(top->ns));
	close(top->ns);
	close(top->pidfd);
	close(top->life.fd[0]);
	CHECK(!(flags & CLONE_NEWPSPACE) || is_gone_at_last(id));
	return true;
}

FIXTURE(evasion)
{
	long spaces;
};

FIXTURE_VARIANT(evasion)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
	uid_t user;
};

FIXTURE_VARIANT_ADD(evasion, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(evasion, ioctl) { CLONE_NEWPSPACE, by_ioctl };

FIXTURE_VARIANT_ADD(evasion, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(evasion, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_VARIANT_ADD(evasion, file_user) { CLONE_NEWPSPACE, by_file, USER };

FIXTURE_VARIANT_ADD(evasion, ioctl_user) { CLONE_NEWPSPACE, by_ioctl, USER };

FIXTURE_VARIANT_ADD(evasion, signal_user) { CLONE_NEWPSPACE, by_signal, USER };

FIXTURE_VARIANT_ADD(evasion, signal_classic_user) { CLONE_NEWPID, by_signal, USER };

FIXTURE_SETUP(evasion)
{
	self->spaces = count_lines(SPACES);
}

/* All spaces are gone, those within as well. */
FIXTURE_TEARDOWN(evasion)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
}

#define EVASION FIXTURE_VARIANT(evasion)

static bool dies(const EVASION *variant, void (*populate)(void))
{
	struct top top = top_new(variant->flags, variant->user, populate);

	CHECK(!variant->kill(&top));
	return is_whole_end(&top, variant->flags);
}

/* In a space of its own within the top. */
static void nest(void (*populate)(void))
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		populate();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	gate_close(&ready);
}

static void hold_up_the_init(void)
{
	add_tracer_of(1);
	add_forker();
}

static void nest_held_up(void)
{
	nest(hold_up_the_init);
}

TEST_F(evasion, by_tracing_the_init_of_a_nested_space_fails)
{
	EXPECT_TRUE(dies(variant, nest_held_up));
}

static void hold_up_and_nest(void)
{
	nest(hold_up_the_init);
	hold_up_the_init();
}

static void nest_twice_held_up(void)
{
	nest(hold_up_and_nest);
}

TEST_F(evasion, by_tracing_the_inits_of_spaces_in_each_other_fails)
{
	EXPECT_TRUE(dies(variant, nest_twice_held_up));
}

static void hold_up_a_classic_init(void)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic) {
		add_forker();
		stay();
	}
	add_tracer_of(classic);
}

static void nest_with_classic_held_up(void)
{
	nest(hold_up_a_classic_init);
}

TEST_F(evasion, by_tracing_the_init_of_a_classic_namespace_in_a_nested_one_fails)
{
	EXPECT_TRUE(dies(variant, nest_with_classic_held_up));
}

static void trace_each_other(void)
{
	add_ring(2, false);
}

static void nest_trace_each_other(void)
{
	nest(trace_each_other);
}

TEST_F(evasion, by_tracing_each_other_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_each_other));
}

static void trace_in_a_ring(void)
{
	add_ring(3, false);
}

static void nest_trace_in_a_ring(void)
{
	nest(trace_in_a_ring);
}

TEST_F(evasion, by_tracing_in_a_ring_of_three_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_in_a_ring));
}

/* 1 traces 2, which traces 3, which traces 1. */
static void trace_in_a_ring_with_the_init(void)
{
	struct gate done = gate_new();
	pid_t child = fork_child(), other;

	if (!child) {
		other = fork_child();
		CHECK(!seize(other ?: 1));
		gate_pass(&done, 0);
		stay();
	}
	CHECK(!seize(child));
	gate_wait(&done);
	gate_wait(&done);
	gate_close(&done);
}

static void nest_trace_in_a_ring_with_the_init(void)
{
	nest(trace_in_a_ring_with_the_init);
}

TEST_F(evasion, by_tracing_each_other_with_the_init_fails)
{
	EXPECT_TRUE(dies(variant, nest_trace_in_a_ring_with_the_init));
}

static void stop_at_the_exit(void)
{
	add_ring(3, true);
}

static void nest_stop_at_the_exit(void)
{
	nest(stop_at_the_exit);
}

TEST_F(evasion, by_having_stopped_at_the_exit_fails)
{
	EXPECT_TRUE(dies(variant, nest_stop_at_the_exit));
}

/* The init of a space that is to outlive it: its members have no init then. */
static void nest_orphaned_trace_each_other(void)
{
	struct gate ready = gate_new();
	pid_t wid;

	/* To steer what is below. */
	mount_own_proc();
	wid = fork_space_with("outer");
	CHECK(wid >= 0);
	if (!wid) {
		add_ring(2, false);
		gate_pass(&ready, 0);
		_exit(7);
	}
	gate_wait(&ready);
	CHECK(reap(wid) == 7);
}

TEST_F(evasion, by_tracing_each_other_without_an_init_fails)
{
	EXPECT_TRUE(dies(variant, nest_orphaned_trace_each_other));
}

static void add_vfork_parent_and_hold_up(void)
{
	add_vfork_parent();
	hold_up_the_init();
}

static void nest_vfork_parent(void)
{
	nest(add_vfork_parent_and_hold_up);
}

TEST_F(evasion, by_what_waits_for_a_vforked_child_fails)
{
	EXPECT_TRUE(dies(variant, nest_vfork_parent));
}

/*
 * Bombs: each makes spaces, and forks, and has itself traced. A limit keeps the
 * machine alive.
 */
#define PROCESSES	"60"
#define ROUNDS		many(50)

static void __attribute__((noreturn)) explode(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (unsigned int i = 0;; i++) {
		pid_t child = i % 3 ? fork() : fork_space();

		if (child < 0) {
			/* So that there is room for others. */
			if (i % 7 == 0 && getpid() != 1)
				_exit(0);
			usleep(1000);
			continue;
		}
		if (!child)
			i = getpid();
		else if (i % 2)
			seize(child);
		else if (getppid())
			seize(getppid());
		/* Nobody here answers. */
	}
}

static void add_explosives(void)
{
	struct gate go = gate_new();
	int i;

	block_sigchld();
	for (i = 0; i < 4; i++) {
		pid_t child;

		AWAIT((child = fork()) >= 0);
		if (!child) {
			gate_wait(&go);
			explode();
		}
	}
	/* Now that all have found room. */
	for (i = 0; i < 4; i++)
		gate_pass(&go, 0);
}

/* What is in a classic namespace can hold up that by each other, as ever. */
static void nest_explosives(void)
{
	nest(add_explosives);
}

FIXTURE(bomb)
{
	struct cgroup cgroup;
	long spaces;
};

FIXTURE_VARIANT(bomb)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
	uid_t user;
};

FIXTURE_VARIANT_ADD(bomb, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(bomb, ioctl_user) { CLONE_NEWPSPACE, by_ioctl, USER };

FIXTURE_VARIANT_ADD(bomb, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(bomb, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_SETUP(bomb)
{
	self->spaces = count_lines(SPACES);
	self->cgroup = cgroup_new();
	write_file(CGROUPS "/cgroup.subtree_control", "+pids");
	ASSERT_EQ(cgroup_set(&self->cgroup, "pids.max", PROCESSES), 0);
	limit = &self->cgroup;
}

FIXTURE_TEARDOWN(bomb)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
	cgroup_remove(&self->cgroup);
}

TEST_F_TIMEOUT(bomb, that_makes_spaces_and_traces_ends, 300)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct top top = top_new(variant->flags, variant->user,
					 variant->flags & CLONE_NEWPID ?
					 nest_explosives : add_explosives);

		usleep(round * 1000);
		ASSERT_EQ(variant->kill(&top), 0);
		ASSERT_TRUE(is_whole_end(&top, variant->flags));
	}
}

/* Much of it. */

FIXTURE(large)
{
	long spaces;
};

FIXTURE_VARIANT(large)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
};

FIXTURE_VARIANT_ADD(large, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(large, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(large, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_SETUP(large)
{
	self->spaces = count_lines(SPACES);
}

FIXTURE_TEARDOWN(large)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
}

/* Each init makes the next space, and each is held up. */
static void dig(void)
{
	struct gate ready = gate_new();
	int levels = many(400), level;
	pid_t wid;

	for (level = 0; level < levels; level++) {
		wid = fork_space();
		CHECK(wid >= 0);
		if (wid) {
			/* Below the first the gate is the first one's. */
			if (!level)
				gate_wait(&ready);
			else
				stay();
			return;
		}
		add_tracer_of(1);
	}
	gate_pass(&ready, 0);
	stay();
}

TEST_F_TIMEOUT(large, a_deep_chain_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, dig);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

static void spread(void)
{
	int width = many(200);

	while (width--)
		nest(width < 4 ? hold_up_the_init :
		     width % 2 ? trace_in_a_ring_with_the_init :
				 trace_each_other);
}

TEST_F_TIMEOUT(large, a_wide_tree_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, spread);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

static void branch(int levels)
{
	struct gate ready = gate_new();
	int i;

	if (!levels)
		return;
	for (i = 0; i < 2; i++) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			add_tracer_of(1);
			branch(levels - 1);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
	}
	gate_close(&ready);
}

static void branch_out(void)
{
	branch(many(1000) == 1000 ? 6 : 3);
}

TEST_F_TIMEOUT(large, a_tree_that_branches_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, branch_out);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

/* All killers at once, of the top and of what is in it. */
TEST_F_TIMEOUT(large, killed_by_many_at_once_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, spread);
	pid_t killers[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(killers); i++) {
		killers[i] = fork_child();
		if (killers[i])
			continue;
		close(top.life.fd[1]);
		for (char *line = read_text(SPACES); line;) {
			struct row row;

			line = (char *)next_row(line, &row);
			/* The next one may be gone; the root has no such file. */
			if (line && atoi(row.word[SPACE_ID]) && i % 2)
				control(atoi(row.word[SPACE_ID]), "kill", "1");
		}
		_exit(variant->kill(&top) ? 1 : 0);
	}
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		reap(killers[i]);
	variant->kill(&top);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

/* Takes each request, and answers none but the first. */
static void __attribute__((noreturn)) serve_badly(int device, struct gate *taken)
{
	static char request[65536];
	struct {
		struct fuse_out_header header;
		struct fuse_init_out body;
	} answer = {
		.header.len = sizeof(answer),
		.body.major = FUSE_KERNEL_VERSION,
		.body.minor = FUSE_KERNEL_MINOR_VERSION,
	};

	CHECK(read(device, request, sizeof(request)) > 0);
	answer.header.unique = ((struct fuse_in_header *)request)->unique;
	CHECK(write(device, &answer, sizeof(answer)) == sizeof(answer));
	CHECK(read(device, request, sizeof(request)) > 0);
	gate_pass(taken, 0);
	stay();
}

/* Pid 1 waits for a member, and not even SIGKILL ends that. */
static void nest_waiting_for_a_server(void)
{
	struct gate taken = gate_new();
	pid_t wid = fork_space();
	struct stat status;

	CHECK(wid >= 0);
	if (!wid) {
		int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
		char options[64];

		CHECK(device >= 0);
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		snprintf(options, sizeof(options),
			 "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
		CHECK(!mount("fuse", "/tmp", "fuse", 0, options));
		if (!fork_child())
			serve_badly(device, &taken);
		close(device);
		stat("/tmp", &status);
		stay();
	}
	gate_wait(&taken);
}

TEST_F(large, what_waits_for_a_server_in_its_space_ends)
{
	struct top top = top_new(variant->flags, 0, nest_waiting_for_a_server);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

/*
 * Who gets a stop, and who does not.
 */

static void add_idle_member(void)
{
	add_children(1);
}

TEST(a_tracer_above_gets_no_exit_stop_from_a_space_that_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(seize(child), 0);
	ASSERT_EQ(by_ioctl(&top), 0);
	/* The first that it is told is the end. */
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(one_that_a_tracer_above_has_stopped_at_its_exit_goes_on_when_its_space_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate go = gate_new();
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(gate_wait(&go));
	ASSERT_EQ(seize(child), 0);
	gate_pass(&go, 7);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	EXPECT_EQ(event_message(child), 7 << 8);
	ASSERT_EQ(by_ioctl(&top), 0);
	/* It had its status already. */
	EXPECT_EQ(reap(child), 7);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_above_gets_the_exit_stop_from_a_space_that_lives)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate go = gate_new();
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		_exit(gate_wait(&go));
	ASSERT_EQ(seize(child), 0);
	gate_pass(&go, 7);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	EXPECT_EQ(event_message(child), 7 << 8);
	ASSERT_EQ(go_on(child), 0);
	EXPECT_EQ(reap(child), 7);
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_above_gets_the_exit_stop_of_a_member_that_is_killed_alone)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	pid_t child = fork_into(top.ns);

	ASSERT_GE(child, 0);
	if (!child)
		stay();
	ASSERT_EQ(seize(child), 0);
	ASSERT_EQ(kill(child, SIGKILL), 0);
	ASSERT_EQ(wait_stop(child), EXIT_STOP);
	ASSERT_EQ(go_on(child), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(a_tracer_inside_gets_the_exit_stop_of_a_member)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate go = gate_new();
		pid_t tracer = fork_child(), member;

		if (tracer)
			_exit(reap(tracer));
		member = fork_child();
		if (!member)
			_exit(gate_wait(&go));
		CHECK(!seize(member));
		gate_pass(&go, 9);
		CHECK(wait_stop(member) == EXIT_STOP);
		CHECK(event_message(member) == 9 << 8);
		CHECK(!go_on(member));
		CHECK(reap(member) == 9);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

/* It has an end of its own to come to; the tracer is a part of that. */
TEST(an_init_does_not_stop_at_its_exit_for_a_member_of_its_space)
{
	struct gate life = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_tracer_of(1);
		_exit(3);
	}
	EXPECT_EQ(reap(wid), 3);
	EXPECT_TRUE(all_let_go(&life));
}

TEST(an_init_that_is_killed_does_not_stop_at_its_exit_for_a_member_of_its_space)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, hold_up_the_init);

	ASSERT_EQ(by_signal(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

TEST(an_init_does_not_stop_at_its_exit_for_a_member_that_it_leaves_behind)
{
	struct gate life = gate_new();
	pid_t wid = fork_space_with("outer");
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_tracer_of(1);
		_exit(3);
	}
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_TRUE(poll_for(ns, PATIENCE) & POLLIN);
	EXPECT_EQ(init_status(ns), 3);
	/* As any that is traced it is first its tracer's to wait for. */
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	EXPECT_EQ(ioctl(ns, PSPACE_KILL), 0);
	EXPECT_TRUE(all_let_go(&life));
	EXPECT_EQ(reap(wid), 3);
}

TEST(an_init_stops_at_its_exit_for_a_tracer_above)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		_exit(3);
	}
	ASSERT_EQ(seize(wid), 0);
	gate_pass(&go, 0);
	ASSERT_EQ(wait_stop(wid), EXIT_STOP);
	EXPECT_EQ(event_message(wid), 3 << 8);
	ASSERT_EQ(go_on(wid), 0);
	EXPECT_EQ(reap(wid), 3);
}

/* Killed by a signal it is as ever; killed as a space it waits for nobody. */
TEST(an_init_that_stopped_at_its_exit_for_a_tracer_above_goes_on_when_it_is_killed)
{
	struct top top = top_new(CLONE_NEWPSPACE, 0, add_idle_member);
	struct gate held = gate_new();
	pid_t tracer = fork_child();

	if (!tracer) {
		close(top.life.fd[1]);
		CHECK(!seize(top.wid));
		gate_pass(&held, 0);
		CHECK(wait_stop(top.wid) == EXIT_STOP);
		gate_pass(&held, 0);
		stay();
	}
	gate_wait(&held);
	ASSERT_EQ(by_signal(&top), 0);
	gate_wait(&held);
	EXPECT_EQ(poll_for(top.ns, 0), 0);
	ASSERT_EQ(by_ioctl(&top), 0);
	EXPECT_TRUE(all_let_go(&top.life));
	/* It can be waited for when its tracer has, or is no more. */
	EXPECT_EQ(end(tracer), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_whole_end(&top, CLONE_NEWPSPACE));
}

/* A classic pid namespace of the machine is as it was. */
TEST(a_classic_namespace_is_held_up_by_a_tracer_above)
{
	struct gate ready = gate_new();
	pid_t wid = fork_with(CLONE_NEWPID);

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	ASSERT_EQ(seize(wid), 0);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	ASSERT_EQ(wait_stop(wid), EXIT_STOP);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG | __WALL), 0);
	ASSERT_EQ(go_on(wid), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
}

/* Nor into one there that has no pid 1 yet. */
TEST(nobody_is_put_into_what_is_below_a_space_that_was_killed)
{
	struct gate ready = gate_new();
	int inner, unborn, id;
	pid_t wid;

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			id = ns_id(own_ns());
			CHECK(!unshare(CLONE_NEWPSPACE));
			gate_pass(&ready, id);
		}
		stay();
	}
	id = gate_wait(&ready);
	inner = open(PAIR_PATH(id, 1, "ns/pid"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(inner, 0);
	unborn = open(PAIR_PATH(id, 1, "ns/pid_for_children"),
		      O_RDONLY | O_CLOEXEC);
	ASSERT_GE(unborn, 0);
	ASSERT_NE(ns_id(inner), ns_id(unborn));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(fork_into(inner), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(fork_into(unborn), -1);
	EXPECT_EQ(errno, ENOMEM);
}

TEST_HARNESS_MAIN
