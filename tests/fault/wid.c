// SPDX-License-Identifier: GPL-2.0
/*
 * A member is to be given a number above, as it is asked for or shown, and each
 * allocation of that fails once. It may get none then, and nobody is told another's.
 *
 * Each time it is another member, of the same number, which has none above yet.
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "fault.h"
#include "../selftests/harness.h"

static int ns, file, listener;
static pid_t init;
static struct gate renewed, told;
static struct cgroup cgroup;

/* What a member does before it waits to be replaced. */
static void (*deed)(void);

static void __attribute__((noreturn)) replace_member(void)
{
	pid_t member = 0;

	for (;;) {
		gate_wait(&renewed);
		if (member)
			CHECK(end(member) == BY_SIGNAL(SIGKILL));
		member = fork_as(0, TIDS(MEMBER));
		CHECK(member >= 0);
		if (!member) {
			if (deed)
				deed();
			gate_pass(&told, 0);
			stay();
		}
	}
}

static void renew(void)
{
	gate_pass(&renewed, 0);
	gate_wait(&told);
}

static void have_members(void (*does)(void))
{
	deed = does;
	renewed = gate_new();
	told = gate_new();
	init = fork_space();
	CHECK(init >= 0);
	if (!init)
		replace_member();
	ns = open_ns(init, "pid");
	CHECK(ns >= 0);
}

static void end_members(void)
{
	CHECK(end(init) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(ns));
	close(ns);
}

/* It can have one after all, by which it is found. */
static bool can_have_one(long result)
{
	pid_t nr = get_wid(ns, MEMBER);

	return nr > 0 && !kill(nr, 0) && (result <= 0 || result == nr);
}

/* Where the result is no number. */
static bool can_still_have_one(long result)
{
	return can_have_one(0);
}

static long ask(void)
{
	return get_wid(ns, MEMBER);
}

static void ask_for_numbers(void)
{
	have_members(NULL);
	CHECK(!FAULTS_IN("PSPACE_GET_WID", .prepare = renew, .call = ask,
			 .check = can_have_one, .errors = ERRORS(EAGAIN)));
	end_members();
}

TEST(number_that_is_asked_for)
{
	faults_on();
	EXPECT_EQ(in_process(fork, ask_for_numbers), 0);
}

/* The number is one of a space, too. */
static void ask_in_space(void)
{
	mount_own_proc();
	ask_for_numbers();
}

TEST(number_that_is_asked_for_in_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, ask_in_space), 0);
}

static struct pidfd_info info;

static void renew_and_open(void)
{
	renew();
	close(file);
	file = ioctl(ns, PSPACE_OPEN_PIDFD, MEMBER);
	CHECK(file >= 0);
}

static long get_info(void)
{
	info = (struct pidfd_info){ .mask = PIDFD_INFO_PID };
	return ioctl(file, PIDFD_GET_INFO, &info) ? -errno : (pid_t)info.pid;
}

TEST(number_that_a_pidfd_tells)
{
	faults_on();
	file = -1;
	have_members(NULL);
	EXPECT_EQ(FAULTS_IN("PIDFD_GET_INFO", .prepare = renew_and_open, .call = get_info,
			    .check = can_have_one, .errors = ERRORS(EREMOTE, EFAULT)), 0);
	close(file);
	end_members();
}

static long translate(void)
{
	return result_of(ioctl(ns, NS_GET_PID_FROM_PIDNS, MEMBER));
}

TEST(number_that_a_namespace_tells)
{
	faults_on();
	have_members(NULL);
	EXPECT_EQ(FAULTS_IN("NS_GET_PID_FROM_PIDNS", .prepare = renew, .call = translate,
			    .check = can_have_one, .errors = ERRORS(ESRCH)), 0);
	end_members();
}

#define ADDRESS { AF_UNIX, "\0fault" }

static void connect_to_it(void)
{
	struct sockaddr address = ADDRESS;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && !connect(fd, &address, sizeof(address)));
}

static void renew_and_accept(void)
{
	renew();
	close(file);
	file = accept(listener, NULL, NULL);
	CHECK(file >= 0);
}

static long ask_for_peer(void)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &size) ? -errno : peer.pid;
}

TEST(number_of_a_peer)
{
	struct sockaddr address = ADDRESS;

	faults_on();
	file = -1;
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(bind(listener, &address, sizeof(address)), 0);
	ASSERT_EQ(listen(listener, 1), 0);
	have_members(connect_to_it);
	EXPECT_EQ(FAULTS_IN("SO_PEERCRED", .prepare = renew_and_accept,
			    .call = ask_for_peer, .check = can_have_one,
			    .errors = ERRORS(EFAULT)), 0);
	close(file);
	end_members();
}

static void enter_cgroup(void)
{
	cgroup_enter(&cgroup);
}

static char text[64], path[64];

static long read_cgroup(void)
{
	int length = read_begin(path, text, sizeof(text));

	return length < 0 ? length : length ? atoi(text) : 0;
}

TEST(number_in_a_cgroup)
{
	faults_on();
	cgroup = cgroup_new();
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup.path);
	have_members(enter_cgroup);
	EXPECT_EQ(FAULTS_IN("read of cgroup.procs", .prepare = renew, .call = read_cgroup,
			    .check = can_have_one, .errors = ERRORS(ENOMEM, EFAULT)), 0);
	end_members();
	cgroup_remove(&cgroup);
}

static char entries[1 << 16] __attribute__((aligned(8)));

static long list_proc(void)
{
	int fd = open_directory("/proc");
	long got;

	if (fd < 0)
		return -errno;
	while ((got = getdents64(fd, entries, sizeof(entries))) > 0)
		;
	got = result_of(got);
	close(fd);
	return got;
}

TEST(numbers_that_are_listed)
{
	faults_on();
	have_members(NULL);
	EXPECT_EQ(FAULTS_IN("list of /proc", .prepare = renew, .call = list_proc,
			    .check = can_still_have_one,
			    .errors = ERRORS(ENOMEM, EFAULT)), 0);
	end_members();
}

static long read_children(void)
{
	int length = read_begin(path, text, sizeof(text));

	return length < 0 ? length : atoi(text);
}

/* Not in part: EREMOTE. */
TEST(numbers_of_children)
{
	faults_on();
	have_members(NULL);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", init, init);
	EXPECT_EQ(FAULTS_IN("read of children", .prepare = renew, .call = read_children,
			    .check = can_have_one,
			    .errors = ERRORS(ENOMEM, EFAULT, EREMOTE, ENOENT)), 0);
	end_members();
}

static long read_own_link(void)
{
	return result_of(readlink("/proc/self", text, sizeof(text)));
}

static long read_own_thread_link(void)
{
	return result_of(readlink("/proc/thread-self", text, sizeof(text)));
}

/* In the /proc of the space above. */
static void look_for_self(void)
{
	CHECK(!FAULTS_IN("readlink of /proc/self", .call = read_own_link,
			 .errors = ERRORS(ENOMEM, EFAULT, ENOENT)));
}

static void look_for_thread_self(void)
{
	CHECK(!FAULTS_IN("readlink of /proc/thread-self", .call = read_own_thread_link,
			 .errors = ERRORS(ENOMEM, EFAULT, ENOENT)));
}

static void have_member_look(void)
{
	CHECK(!in_process(fork, look_for_self));
	CHECK(!in_process(fork, look_for_thread_self));
}

TEST(number_of_who_looks_for_itself)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, have_member_look), 0);
}

TEST_HARNESS_MAIN
