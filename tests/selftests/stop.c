// SPDX-License-Identifier: GPL-2.0
/*
 * What holds up the end of a space, and what does not: zombies that are others' to wait
 * for. And how many there are, as PSPACE_GET_INFO says. Lists of namespaces have both
 * kinds.
 *
 * model: Death
 * model: The descriptor of a space
 */

#include "wid.h"
#include <linux/fuse.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include "harness.h"

/* Pid 1 exits with what comes through END. What it was populated with is TOLD. */
struct stop {
	pid_t wid;
	int ns, told;
	struct gate end;
};

static struct stop stop_new(const char *policy, int (*populate)(void))
{
	struct stop stop = { .end = gate_new() };
	struct gate ready = gate_new();

	stop.wid = fork_space_with(policy);
	CHECK(stop.wid >= 0);
	if (!stop.wid) {
		gate_pass(&ready, populate());
		_exit(gate_wait(&stop.end));
	}
	stop.told = gate_wait(&ready);
	stop.ns = open_ns(stop.wid, "pid");
	CHECK(stop.ns >= 0);
	return stop;
}

static void by_exit(struct stop *stop)
{
	gate_pass(&stop->end, 3);
}

static void by_ioctl(struct stop *stop)
{
	CHECK(!ioctl(stop->ns, PSPACE_KILL));
}

static void by_sigkill(struct stop *stop)
{
	CHECK(!kill(stop->wid, SIGKILL));
}

FIXTURE(stop) {};

FIXTURE_VARIANT(stop) {
	const char *policy;
	void (*end)(struct stop *stop);
	int status;
};

FIXTURE_VARIANT_ADD(stop, init_by_exit) { "init", by_exit, 3 };

FIXTURE_VARIANT_ADD(stop, init_by_ioctl) { "init", by_ioctl, BY_SIGNAL(SIGKILL) };

FIXTURE_VARIANT_ADD(stop, init_by_sigkill) { "init", by_sigkill, BY_SIGNAL(SIGKILL) };

FIXTURE_VARIANT_ADD(stop, auto_by_exit) { "auto", by_exit, 3 };

FIXTURE_VARIANT_ADD(stop, auto_by_ioctl) { "auto", by_ioctl, BY_SIGNAL(SIGKILL) };

FIXTURE_VARIANT_ADD(stop, auto_by_sigkill) { "auto", by_sigkill, BY_SIGNAL(SIGKILL) };

FIXTURE_SETUP(stop) {}
FIXTURE_TEARDOWN(stop) {}

static struct pspace_info info_of(int ns)
{
	struct pspace_info info;

	memset(&info, 0xaa, sizeof(info));
	CHECK(!ioctl(ns, PSPACE_GET_INFO, &info));
	CHECK(info.id == ns_id(ns) && info.flags & PSPACE_INFO_TASKS);
	return info;
}

static bool has_tasks(int ns, int alive, int traced, int zombies)
{
	struct pspace_info info = info_of(ns);

	if (info.alive == alive && info.traced == traced && info.zombies == zombies)
		return true;
	dprintf(2, "# %u alive, %u of them traced, %u blocked, and %u zombies\n", info.alive,
		info.traced, info.blocked, info.zombies);
	return false;
}

/* Pid 1 can be waited for, and is, though so many zombies are left. It is not over yet. */
static bool is_stopped(struct stop *stop, int status, int zombies)
{
	CHECK(poll_for(stop->ns, PATIENCE) == POLLIN);
	CHECK(init_status(stop->ns) == status);
	CHECK(reap(stop->wid) == status);
	return has_tasks(stop->ns, 0, 0, zombies) && poll_for(stop->ns, 0) == POLLIN;
}

/* The last number is free. */
static bool is_over(struct stop *stop, int status)
{
	return wait_for_hup(stop->ns) && poll_for(stop->ns, 0) == (POLLIN | POLLHUP) &&
	       has_tasks(stop->ns, 0, 0, 0) && init_status(stop->ns) == status;
}

/* Put in from outside: it does nothing. */
static pid_t put_in(int ns)
{
	pid_t child = fork_into(ns);

	CHECK(child >= 0);
	if (!child)
		stay();
	return child;
}

static void await_exit(pid_t child)
{
	siginfo_t info;

	CHECK(!waitid(P_PID, child, &info, WEXITED | WNOWAIT));
}

static int add_none(void)
{
	return 0;
}

TEST_F(stop, leaves_zombies_to_their_parent_outside)
{
	struct stop stop = stop_new(variant->policy, add_none);
	pid_t killed = put_in(stop.ns), exited;

	ASSERT_EQ(setns(stop.ns, CLONE_NEWPSPACE), 0);
	exited = fork();
	ASSERT_GE(exited, 0);
	if (!exited)
		_exit(7);
	await_exit(exited);
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 2));
	/* It is closed all the same. */
	EXPECT_EQ(fork(), -1);
	EXPECT_EQ(errno, ENOMEM);
	EXPECT_EQ(reap(exited), 7);
	EXPECT_EQ(poll_for(stop.ns, 0), POLLIN);
	EXPECT_EQ(reap(killed), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

TEST_F(stop, leaves_a_zombie_to_who_adopts_it_outside)
{
	struct stop stop = stop_new(variant->policy, add_none);
	struct gate told = gate_new();
	pid_t parent, child;

	ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	parent = fork_child();
	if (!parent) {
		gate_pass(&told, put_in(stop.ns));
		stay();
	}
	child = gate_wait(&told);
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 1));
	EXPECT_EQ(end(parent), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(poll_for(stop.ns, 0), POLLIN);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

/* Trace a member, which gets a number for that. */
static pid_t seize(int ns, pid_t nr)
{
	pid_t wid;

	CHECK(!control(ns_id(ns), "numbers", "ask"));
	wid = get_wid(ns, nr);
	CHECK(wid > 0);
	CHECK(!ptrace(PTRACE_SEIZE, wid, NULL, NULL));
	return wid;
}

static void stop_traced(pid_t wid)
{
	int status;

	CHECK(!ptrace(PTRACE_INTERRUPT, wid, NULL, NULL));
	CHECK(waitpid(wid, &status, __WALL) == wid && WIFSTOPPED(status));
}

/* Children 2 and 3; and an orphan. */
#define ORPHAN 77

static int add_children_and_an_orphan(void)
{
	pid_t parent;

	add_children(2);
	parent = fork_child();
	if (!parent) {
		idle_as(ORPHAN);
		_exit(0);
	}
	CHECK(!reap(parent));
	return 0;
}

TEST_F(stop, leaves_zombies_of_its_own_to_their_tracer_outside)
{
	struct stop stop = stop_new(variant->policy, add_children_and_an_orphan);
	pid_t runs = seize(stop.ns, 2), stands = seize(stop.ns, 3);
	pid_t orphan = seize(stop.ns, ORPHAN);

	stop_traced(stands);
	EXPECT_TRUE(has_tasks(stop.ns, 4, 1, 0));
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 3));
	EXPECT_EQ(reap(runs), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(stands), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(has_tasks(stop.ns, 0, 0, 1));
	EXPECT_EQ(poll_for(stop.ns, 0), POLLIN);
	EXPECT_EQ(reap(orphan), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

TEST_F(stop, leaves_zombies_that_go_with_their_tracer)
{
	struct stop stop = stop_new(variant->policy, add_children_and_an_orphan);
	struct gate ready = gate_new();
	pid_t tracer = fork_child();

	if (!tracer) {
		seize(stop.ns, 2);
		stop_traced(seize(stop.ns, 3));
		seize(stop.ns, ORPHAN);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 3));
	EXPECT_EQ(end(tracer), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

/* The file of what is within, as pid 1 has it. */

static int add_space(void)
{
	pid_t inner;

	mount_own_proc();
	inner = fork_space();
	CHECK(inner >= 0);
	if (!inner) {
		add_children(3);
		stay();
	}
	CHECK(inner == 2);
	return open_ns(inner, "pid");
}

static int add_orphaned_space(void)
{
	struct gate go = gate_new();
	pid_t inner;
	int ns;

	mount_own_proc();
	inner = fork_space_with("outer");
	CHECK(inner >= 0);
	if (!inner) {
		add_children(3);
		_exit(gate_wait(&go));
	}
	ns = open_ns(inner, "pid");
	gate_pass(&go, 5);
	CHECK(reap(inner) == 5);
	return ns;
}

static int add_classic(void)
{
	pid_t classic;

	mount_own_proc();
	classic = fork_with(CLONE_NEWPID);
	CHECK(classic >= 0);
	if (!classic)
		stay();
	return open_ns(classic, "pid");
}

TEST_F(stop, leaves_a_pid_1_within_to_its_tracer_outside)
{
	struct stop stop = stop_new(variant->policy, add_space);
	int ns = file_of(stop.wid, stop.told);
	pid_t inner;

	ASSERT_GE(ns, 0);
	ASSERT_EQ(control(ns_id(ns), "numbers", "ask"), 0);
	inner = seize(stop.ns, 2);
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 1));
	EXPECT_TRUE(has_tasks(ns, 0, 0, 1));
	EXPECT_EQ(poll_for(ns, 0), POLLIN);
	EXPECT_EQ(reap(inner), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

/* It has a number in each on the way. */
static bool leaves_a_zombie_within(const struct _fixture_variant_stop *way,
				   int (*populate)(void))
{
	struct stop stop = stop_new(way->policy, populate);
	int ns = file_of(stop.wid, stop.told);
	pid_t child;

	CHECK(ns >= 0);
	child = put_in(ns);
	way->end(&stop);
	CHECK(is_stopped(&stop, way->status, 1));
	CHECK(!(poll_for(ns, 0) & POLLHUP));
	CHECK(reap(child) == BY_SIGNAL(SIGKILL));
	return is_over(&stop, way->status);
}

TEST_F(stop, leaves_a_zombie_in_a_space_within)
{
	EXPECT_TRUE(leaves_a_zombie_within(variant, add_space));
}

TEST_F(stop, leaves_a_zombie_in_an_orphaned_space_within)
{
	EXPECT_TRUE(leaves_a_zombie_within(variant, add_orphaned_space));
}

TEST_F(stop, leaves_a_zombie_in_a_classic_namespace_within)
{
	EXPECT_TRUE(leaves_a_zombie_within(variant, add_classic));
}

/* The leader is waited for, and its number is in use. */
TEST_F(stop, does_not_wait_for_the_group_of_a_zombie)
{
	struct stop stop = stop_new(variant->policy, add_none);
	pid_t leader = put_in(stop.ns), follower = put_in(stop.ns);

	ASSERT_EQ(setpgid(leader, leader), 0);
	ASSERT_EQ(setpgid(follower, leader), 0);
	variant->end(&stop);
	EXPECT_TRUE(is_stopped(&stop, variant->status, 2));
	EXPECT_EQ(reap(leader), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(has_tasks(stop.ns, 0, 0, 1));
	EXPECT_EQ(poll_for(stop.ns, 0), POLLIN);
	EXPECT_EQ(reap(follower), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

TEST_F(stop, does_not_wait_for_the_group_of_one_outside)
{
	struct stop stop = stop_new(variant->policy, add_none);
	pid_t leader = put_in(stop.ns), outside = fork_child();

	if (!outside)
		stay();
	ASSERT_EQ(setpgid(leader, leader), 0);
	ASSERT_EQ(setpgid(outside, leader), 0);
	variant->end(&stop);
	EXPECT_EQ(reap(leader), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_stopped(&stop, variant->status, 0));
	EXPECT_EQ(end(outside), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

/* A file whose opening lasts until it is answered, and cannot be killed meanwhile. */
#define FILE_SYSTEM "/run/fuse"

static int device;

static uint64_t next_request(void)
{
	static char request[65536];
	const struct fuse_in_header *header = (void *)request;

	CHECK(read(device, request, sizeof(request)) > 0);
	return header->unique;
}

static void answer(uint64_t unique, int error, const struct fuse_init_out *init)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = { .header = { .unique = unique, .error = error } };

	answer.header.len = sizeof(answer.header) + (init ? sizeof(*init) : 0);
	if (init)
		answer.init = *init;
	CHECK(write(device, &answer, answer.header.len) == answer.header.len);
}

static void mount_file(void)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};

	close(open(FILE_SYSTEM, O_CREAT | O_RDONLY | O_CLOEXEC, 0600));
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	CHECK(device >= 0);
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("fuse", FILE_SYSTEM, "fuse", 0,
		     TEXT("fd=%d,rootmode=100600,user_id=0,group_id=0", device)));
	/* The first one is FUSE_INIT. */
	answer(next_request(), 0, &init);
}

static int add_one_that_opens(void)
{
	/* Without a server it would end. */
	close(device);
	if (!fork_child()) {
		open(FILE_SYSTEM, O_RDONLY | O_CLOEXEC);
		stay();
	}
	return 0;
}

TEST_F(stop, waits_for_one_that_lives_and_tells_that_it_is_blocked)
{
	struct stop stop;
	uint64_t request;

	mount_file();
	stop = stop_new(variant->policy, add_one_that_opens);
	request = next_request();
	variant->end(&stop);
	AWAIT(info_of(stop.ns).blocked == 1);
	EXPECT_TRUE(has_tasks(stop.ns, 2, 0, 0));
	EXPECT_EQ(waitpid(stop.wid, NULL, WNOHANG), 0);
	EXPECT_EQ(poll_for(stop.ns, 0), 0);
	answer(request, -EIO, NULL);
	EXPECT_EQ(reap(stop.wid), variant->status);
	EXPECT_TRUE(is_over(&stop, variant->status));
}

/* Classic namespaces on their own. */

TEST(a_classic_namespace_in_a_space_does_not_wait_for_a_zombie)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid = fork_space(), child;
	int ns;

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_pass(&ready, add_classic());
		gate_wait(&go);
		CHECK(end(2) == BY_SIGNAL(SIGKILL));
		gate_pass(&ready, 0);
		_exit(gate_wait(&go));
	}
	ns = file_of(wid, gate_wait(&ready));
	ASSERT_GE(ns, 0);
	child = put_in(ns);
	gate_pass(&go, 0);
	gate_wait(&ready);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	gate_pass(&go, 7);
	EXPECT_EQ(reap(wid), 7);
}

TEST(a_classic_namespace_waits_for_a_zombie)
{
	pid_t classic = fork_with(CLONE_NEWPID), child;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	child = put_in(open_ns(classic, "pid"));
	ASSERT_EQ(kill(classic, SIGKILL), 0);
	await_exit(child);
	/* It sleeps until that is gone. */
	await_state(TEXT("/proc/%d/status", classic), "I");
	EXPECT_EQ(waitpid(classic, NULL, WNOHANG), 0);
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(reap(classic), BY_SIGNAL(SIGKILL));
}

/* How many there are. */

/* Two that live, one of two threads, and a zombie. */
static int add_all_sorts(void)
{
	struct gate ready = gate_new();
	pid_t zombie;

	add_children(1);
	if (!fork_child()) {
		idle_thread();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	zombie = fork_child();
	if (!zombie)
		_exit(0);
	await_exit(zombie);
	return 0;
}

TEST_F(stop, is_told_by_the_counts)
{
	struct stop stop = stop_new(variant->policy, add_all_sorts);
	pid_t traced;

	EXPECT_TRUE(has_tasks(stop.ns, 4, 0, 1));
	EXPECT_EQ(info_of(stop.ns).flags, PSPACE_INFO_TASKS);
	traced = seize(stop.ns, 2);
	stop_traced(traced);
	EXPECT_TRUE(has_tasks(stop.ns, 4, 1, 1));
	AWAIT(info_of(stop.ns).blocked == 0);
	variant->end(&stop);
	/* That of pid 1 goes with it, the other is the tracer's. */
	EXPECT_TRUE(is_stopped(&stop, variant->status, 1));
	EXPECT_EQ(info_of(stop.ns).flags, PSPACE_INFO_EXIT | PSPACE_INFO_TASKS);
	EXPECT_EQ(reap(traced), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_over(&stop, variant->status));
}

TEST(of_spaces_within_pid_1_is_counted)
{
	struct stop stop = stop_new("init", add_space);

	EXPECT_TRUE(has_tasks(stop.ns, 2, 0, 0));
	EXPECT_EQ(end(stop.wid), BY_SIGNAL(SIGKILL));
}

TEST(an_info_without_room_for_the_counts_gets_none)
{
	struct stop stop = stop_new("init", add_all_sorts);
	static const unsigned char nothing[16];
	struct pspace_info info;
	size_t size;

	for (size = PSPACE_INFO_SIZE_VER0; size < PSPACE_INFO_SIZE_VER1; size += 4) {
		size_t more = size - PSPACE_INFO_SIZE_VER0;

		memset(&info, 0xaa, sizeof(info));
		ASSERT_EQ(ioctl(stop.ns, _IOC(_IOC_READ, PSPACE_IOCTL,
					      _IOC_NR(PSPACE_GET_INFO), size), &info), 0);
		EXPECT_EQ(info.id, ns_id(stop.ns));
		EXPECT_EQ(info.flags, 0);
		EXPECT_EQ(memcmp(&info.alive, nothing, more), 0);
		/* And no more than that. */
		EXPECT_EQ(((unsigned char *)&info)[size], 0xaa);
	}
	EXPECT_EQ(end(stop.wid), BY_SIGNAL(SIGKILL));
}

/* listns() */

#ifndef SYS_listns
#define SYS_listns 470
#endif

static bool is_in_list(int ns)
{
	struct ns_id_req request = { .size = sizeof(request), .ns_type = CLONE_NEWPID };
	uint64_t ids[512];
	long i, count = syscall(SYS_listns, &request, ids, 512, 0);

	CHECK(count > 0 && count < 512);
	for (i = 0; i < count && ids[i] != ns_id(ns); i++)
		;
	return i < count;
}

TEST(a_stopped_space_is_in_the_list_of_namespaces_and_is_one)
{
	struct stop stop = stop_new("init", add_none);
	pid_t child = put_in(stop.ns);

	EXPECT_TRUE(is_in_list(stop.ns));
	EXPECT_EQ(end(stop.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_in_list(stop.ns));
	EXPECT_TRUE(has_tasks(stop.ns, 0, 0, 1));
	EXPECT_EQ(reap(child), BY_SIGNAL(SIGKILL));
}

TEST(a_classic_namespace_is_in_that_list_and_has_no_counts)
{
	pid_t classic = fork_with(CLONE_NEWPID);
	struct pspace_info info;
	int ns;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	ns = open_ns(classic, "pid");
	EXPECT_TRUE(is_in_list(ns));
	EXPECT_EQ(ioctl(ns, PSPACE_GET_INFO, &info), -1);
	EXPECT_EQ(errno, ENOTTY);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
