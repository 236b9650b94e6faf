// SPDX-License-Identifier: GPL-2.0
/*
 * Threads in a pspace, those of its pid 1 above all.
 *
 * model: Numbers
 */

#include "self.h"
#include <dirent.h>
#include <pthread.h>
#include "harness.h"

static pid_t tid_of_self(void)
{
	return syscall(SYS_gettid);
}

/* End this thread alone, whichever it is. */
static void end_thread(void)
{
	syscall(SYS_exit, 0);
}

static void start_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, body, arg));
}

/* How many entries a directory of procfs has, and the number of the last. */
static int entries(const char *path, long *last)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		*last = strtol(entry->d_name, NULL, 10);
		count++;
	}
	closedir(dir);
	return count;
}

/*
 * The program executes itself. What it does then is the name of a role in its
 * environment, and it goes on with these two files.
 */
#define EXEC_IN		100
#define EXEC_OUT	101

static void exec_prepare(struct gate *in, struct gate *out)
{
	open_self();
	CHECK(dup2(in->fd[0], EXEC_IN) == EXEC_IN);
	CHECK(dup2(out->fd[1], EXEC_OUT) == EXEC_OUT);
}

static void *exec_in_role(void *role)
{
	char env[32];

	CHECK(tid_of_self() != getpid());
	snprintf(env, sizeof(env), "ROLE=%s", (char *)role);
	exec_self(env);
}

__attribute__((constructor)) static void executed(void)
{
	struct gate in = { { EXEC_IN, -1 } }, out = { { -1, EXEC_OUT } };
	const char *role = getenv("ROLE");
	pid_t child;

	if (!role)
		return;

	if (!strcmp(role, "init")) {
		CHECK(getpid() == 1 && tid_of_self() == 1 && getppid() == 0);
		gate_pass(&out, 0);
		gate_wait(&in);
		/* The space goes on. */
		child = fork();
		CHECK(child >= 0);
		if (!child)
			_exit(getppid() == 1 ? 0 : 1);
		_exit(child > 1 ? reap(child) : 1);
	}
	CHECK(!strcmp(role, "member"));
	CHECK(getpid() == 2 && tid_of_self() == 2 && getppid() == 1);
	gate_pass(&out, 0);
	gate_wait(&in);
	_exit(42);
}

static void *thread_has_one_number(void *arg)
{
	char line[64], expected[64], path[64];
	long last;

	CHECK(getpid() == 1 && tid_of_self() == 2);
	CHECK(entries("/proc/self/task", &last) == 2);
	CHECK(last == 2);

	snprintf(path, sizeof(path), "/proc/self/task/%d/status",
		 tid_of_self());
	snprintf(expected, sizeof(expected), "\t%d", tid_of_self());
	CHECK(read_line(path, "NSpid:", line, sizeof(line)));
	CHECK(!strcmp(line, expected));
	CHECK(read_line(path, "NStgid:", line, sizeof(line)));
	CHECK(!strcmp(line, "\t1"));
	return NULL;
}

TEST(a_thread_of_pid_1_is_a_member_with_one_number)
{
	IN(fork_space()) {
		mount_own_proc();
		run_thread(thread_has_one_number, NULL);
	}
}

static struct gate from_thread, to_thread;

static void *thread_waits(void *arg)
{
	gate_pass(&from_thread, tid_of_self());
	gate_wait(&to_thread);
	return NULL;
}

/* As its process has: who traces the one may trace the other. */
TEST(from_outside_a_thread_of_pid_1_has_a_wid_too)
{
	char path[64];
	long last = 0;
	pid_t wid, ns_tid;
	int ns;

	from_thread = gate_new();
	to_thread = gate_new();
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		run_thread(thread_waits, NULL);
		_exit(0);
	}
	ns_tid = gate_wait(&from_thread);
	EXPECT_EQ(ns_tid, 2);

	snprintf(path, sizeof(path), "/proc/%d/task", wid);
	EXPECT_EQ(entries(path, &last), 2);
	EXPECT_GT(last, wid);

	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_FROM_PIDNS, ns_tid), wid);
	EXPECT_EQ(ioctl(ns, NS_GET_PID_FROM_PIDNS, ns_tid), last);

	gate_pass(&to_thread, 0);
	EXPECT_EQ(reap(wid), 0);
}

static void *thread_forks(void *arg)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		CHECK(getpid() == 3 && getppid() == 1);
		_exit(7);
	}
	*(pid_t *)arg = child;
	return NULL;
}

TEST(a_child_of_a_thread_of_pid_1_is_a_child_of_pid_1)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = 0;

		run_thread(thread_forks, &child);
		CHECK(child == 3);
		_exit(reap(child) == 7 ? 0 : 1);
	}
	EXPECT_EQ(reap(wid), 0);
}

static void *thread_makes_space(void *arg)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid)
		_exit(getpid() == 1 && getppid() == 0 ? 7 : 1);
	*(pid_t *)arg = wid;
	return NULL;
}

/* The parent is the process, not the thread, which is gone by then. */
TEST(a_space_that_a_thread_made_is_waited_for_by_another)
{
	pid_t wid = 0;

	run_thread(thread_makes_space, &wid);
	ASSERT_GT(wid, 1);
	EXPECT_EQ(reap(wid), 7);
}

static void *thread_exits_group(void *arg)
{
	_exit(7);
}

TEST(exit_of_the_process_by_a_thread_of_pid_1_ends_the_space)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		start_thread(thread_exits_group, NULL);
		stay();
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST(exec_by_a_thread_of_pid_1_makes_it_pid_1_with_the_same_wid)
{
	struct gate in = gate_new(), out = gate_new();
	char path[64], line[64], expected[64];
	long last = 0;
	pid_t wid;
	int ns;

	exec_prepare(&in, &out);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		start_thread(exec_in_role, "init");
		stay();
	}
	gate_wait(&out);

	snprintf(path, sizeof(path), "/proc/%d/status", wid);
	snprintf(expected, sizeof(expected), "\t%d\t1", wid);
	EXPECT_TRUE(read_line(path, "NSpid:", line, sizeof(line)));
	EXPECT_STREQ(line, expected);
	EXPECT_TRUE(read_line(path, "NStgid:", line, sizeof(line)));
	EXPECT_STREQ(line, expected);
	snprintf(path, sizeof(path), "/proc/%d/task", wid);
	EXPECT_EQ(entries(path, &last), 1);
	EXPECT_EQ(last, wid);

	/* And the number that the thread had is free. */
	ns = open_ns(wid, "pid");
	ASSERT_GE(ns, 0);
	EXPECT_EQ(ioctl(ns, NS_GET_PID_FROM_PIDNS, 1), wid);
	EXPECT_EQ(ioctl(ns, NS_GET_TGID_FROM_PIDNS, 2), -1);
	EXPECT_EQ(errno, ESRCH);

	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	gate_pass(&in, 0);
	EXPECT_EQ(reap(wid), 0);
}

/* The new leader takes the number 1 over, and what makes it an init. */
TEST(after_exec_by_a_thread_pid_1_is_still_the_init)
{
	struct gate in = gate_new(), out = gate_new();
	struct gate started = gate_new(), alive = gate_new();
	pid_t wid;
	char byte;

	exec_prepare(&in, &out);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork()) {
			gate_pass(&started, 0);
			gate_wait(&alive);
			/* Not to be killed from inside. */
			CHECK(!kill(1, SIGKILL));
			gate_pass(&started, 0);
			stay();
		}
		start_thread(exec_in_role, "init");
		stay();
	}
	gate_wait(&started);
	gate_wait(&out);
	gate_pass(&alive, 0);
	gate_wait(&started);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);

	/* The end of the space: the member goes with its init. */
	close(started.fd[1]);
	EXPECT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(fcntl(started.fd[0], F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(read(started.fd[0], &byte, 1), 0);
}

TEST(exec_by_a_thread_of_a_member_keeps_the_number_of_the_process)
{
	struct gate in = gate_new(), out = gate_new();

	exec_prepare(&in, &out);
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			start_thread(exec_in_role, "member");
			stay();
		}
		CHECK(member == 2);
		gate_wait(&out);
		CHECK(syscall(SYS_tgkill, 2, 2, 0) == 0);
		CHECK(syscall(SYS_tgkill, 2, 3, 0) == -1 && errno == ESRCH);
		CHECK(waitpid(member, NULL, WNOHANG) == 0);
		gate_pass(&in, 0);
		CHECK(reap(member) == 42);
		CHECK(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD);
	}
}

/* What the last thread of a pid 1 does after its leader has ended. */
static void *thread_lives_on(void *arg)
{
	struct gate orphan = gate_new(), born = gate_new();
	pid_t child, grandchild;

	gate_pass(&from_thread, 0);
	gate_wait(&to_thread);

	CHECK(getpid() == 1);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		CHECK(getppid() == 1);
		grandchild = fork();
		CHECK(grandchild >= 0);
		if (!grandchild) {
			gate_wait(&orphan);
			_exit(getppid() == 1 ? 7 : 1);
		}
		gate_pass(&born, grandchild);
		_exit(0);
	}
	CHECK(reap(child) == 0);
	grandchild = gate_wait(&born);
	/* The orphan has come to this process. */
	gate_pass(&orphan, 0);
	CHECK(reap(grandchild) == 7);
	gate_pass(&from_thread, 0);
	gate_wait(&to_thread);
	end_thread();
	return NULL;
}

TEST(a_space_lives_until_the_last_thread_of_its_pid_1_ends)
{
	struct gate member = gate_new();
	pid_t wid;
	char byte;

	from_thread = gate_new();
	to_thread = gate_new();
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child)
			stay();
		close(member.fd[1]);
		start_thread(thread_lives_on, NULL);
		end_thread();
	}
	close(member.fd[1]);
	ASSERT_EQ(fcntl(member.fd[0], F_SETFL, O_NONBLOCK), 0);

	gate_wait(&from_thread);
	wait_for_zombie(wid);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	gate_pass(&to_thread, 0);
	gate_wait(&from_thread);
	EXPECT_EQ(waitpid(wid, NULL, WNOHANG), 0);
	EXPECT_EQ(read(member.fd[0], &byte, 1), -1);
	EXPECT_EQ(errno, EAGAIN);

	gate_pass(&to_thread, 0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(read(member.fd[0], &byte, 1), 0);
}

static void *no_body(void *arg)
{
	return NULL;
}

/* As after CLONE_NEWPID: the thread's number would be in another space. */
TEST(a_thread_after_unshare_is_einval)
{
	pthread_t thread;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(pthread_create(&thread, NULL, no_body, NULL), EINVAL);
}

TEST_HARNESS_MAIN
