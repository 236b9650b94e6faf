// SPDX-License-Identifier: GPL-2.0
/*
 * Who reads the directory of a space finds itself in it, by the number that it has
 * there.
 *
 * model: A /proc to live in
 */

#include "home.h"

static void find_self(uint64_t id)
{
	CHECK(is_self(id, 1));
}

TEST(self_is_the_init)
{
	EXPECT_EQ(look_inside(find_self), 0);
}

static void members_find_themselves(uint64_t id)
{
	pid_t nr[8];
	int i, j;

	for (i = 0; i < COUNT_OF(nr); i++) {
		nr[i] = fork_child();
		if (nr[i])
			continue;
		/* All at once, by the same names. */
		for (j = 0; j < many(300); j++)
			CHECK(is_self(id, getpid()));
		_exit(0);
	}
	for (i = 0; i < COUNT_OF(nr); i++)
		CHECK(!reap(nr[i]));
}

TEST(each_member_finds_itself)
{
	EXPECT_EQ(look_inside(members_find_themselves), 0);
}

/* A process that has no number in the mount's namespace. */
static void member_finds_itself(uint64_t id)
{
	pid_t member = fork_as(0, TIDS(MEMBER));

	CHECK(member >= 0);
	if (!member) {
		CHECK(is_missing("/proc/self"));
		CHECK(is_self(id, MEMBER));
		_exit(0);
	}
	CHECK(!reap(member));
}

TEST(self_is_a_member_that_proc_does_not_know)
{
	EXPECT_EQ(look_inside(member_finds_itself), 0);
}

static uint64_t space_of_threads;

static void *thread_finds_itself(void *arg)
{
	uint64_t id = space_of_threads;
	pid_t tid = gettid();
	int i;

	for (i = 0; i < many(300); i++) {
		CHECK(!strcmp(LINK(CONTROL_PATH(id, "self")), TEXT("%d", getpid())));
		CHECK(!strcmp(LINK(CONTROL_PATH(id, "thread-self")),
			      TEXT("%d/task/%d", getpid(), tid)));
		CHECK(says(CONTROL_PATH(id, "thread-self/status"), "Pid", TEXT("%d", tid)));
		CHECK(says(CONTROL_PATH(id, "self/status"), "Pid", TEXT("%d", getpid())));
	}
	return NULL;
}

static void threads_find_themselves(uint64_t id)
{
	pthread_t thread[4];
	int i;

	space_of_threads = id;
	for (i = 0; i < COUNT_OF(thread); i++)
		CHECK(!pthread_create(&thread[i], NULL, thread_finds_itself, NULL));
	thread_finds_itself(NULL);
	for (i = 0; i < COUNT_OF(thread); i++)
		CHECK(!pthread_join(thread[i], NULL));
}

TEST(each_thread_finds_itself)
{
	EXPECT_EQ(look_inside(threads_find_themselves), 0);
}

static void find_self_by_exec(uint64_t id)
{
	char number[16];
	int tube[2];
	pid_t child;

	CHECK(!pipe2(tube, O_CLOEXEC));
	child = fork_child();
	if (!child) {
		dup2(tube[1], 1);
		execl("/bin/busybox", "readlink", CONTROL_PATH(id, "self"), NULL);
		CHECK(!"it runs");
	}
	close(tube[1]);
	CHECK(!reap(child));
	CHECK(read(tube[0], number, sizeof(number)) > 0);
	CHECK(atoi(number) == child);
}

TEST(who_executes_a_program_is_the_same)
{
	EXPECT_EQ(look_inside(find_self_by_exec), 0);
}

static void *execute_as_thread(void *path)
{
	execl("/bin/busybox", "readlink", path, NULL);
	CHECK(!"it runs");
	return NULL;
}

static void find_self_by_exec_of_a_thread(uint64_t id)
{
	char number[32] = {};
	int tube[2];
	pid_t child;

	CHECK(!pipe2(tube, O_CLOEXEC));
	child = fork_child();
	if (!child) {
		pthread_t thread;
		char path[64];

		dup2(tube[1], 1);
		control_path(path, id, "thread-self");
		CHECK(!pthread_create(&thread, NULL, execute_as_thread, path));
		stay();
	}
	close(tube[1]);
	CHECK(!reap(child));
	CHECK(read(tube[0], number, sizeof(number) - 1) > 0);
	CHECK(!strcmp(number, TEXT("%d/task/%d\n", child, child)));
}

TEST(a_thread_that_executes_a_program_is_its_process)
{
	EXPECT_EQ(look_inside(find_self_by_exec_of_a_thread), 0);
}

static void execute_itself(uint64_t id)
{
	CHECK(!strcmp(LINK(CONTROL_PATH(id, "self/exe")), LINK("/proc/self/exe")));
	CHECK(!access(CONTROL_PATH(id, "self/exe"), X_OK));
	/* So busybox says that has run: it has no applet of this name. */
	CHECK(strstr(output_of(TEXT("%s true 2>&1; true", CONTROL_PATH(id, "self/exe"))),
		     "exe: applet not found"));
}

/* By the name of the program that runs there: popen() has a shell do it. */
TEST(exe_is_executed)
{
	EXPECT_EQ(look_inside(execute_itself), 0);
}

static void find_mounts_and_net(uint64_t id)
{
	char *here, *there;

	CHECK(!strcmp(LINK(CONTROL_PATH(id, "mounts")), "self/mounts"));
	CHECK(!strcmp(LINK(CONTROL_PATH(id, "net")), "self/net"));
	here = read_text(CONTROL_PATH(id, "mounts"));
	there = read_text("/proc/1/mounts");
	CHECK(*here);
	/* Of another process, of the same namespace. */
	CHECK(!strcmp(here, there));
	here = read_text(CONTROL_PATH(id, "net/dev"));
	there = read_text("/proc/1/net/dev");
	*strchr(here, '\n') = 0;
	*strchr(there, '\n') = 0;
	CHECK(!strcmp(here, there));
	CHECK(!access(CONTROL_PATH(id, "net/unix"), R_OK));
	CHECK(!access(CONTROL_PATH(id, "self/net/tcp"), R_OK));
}

TEST(mounts_and_net_are_those_of_the_reader)
{
	EXPECT_EQ(look_inside(find_mounts_and_net), 0);
}

static void find_own_mounts(uint64_t id)
{
	pid_t member = fork_child();

	if (!member) {
		CHECK(!unshare(CLONE_NEWNS | CLONE_NEWNET));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		CHECK(!mount("by-the-member", "/tmp", "tmpfs", 0, NULL));
		CHECK(strstr(read_text(CONTROL_PATH(id, "mounts")), "by-the-member"));
		/* The headline, and lo. */
		CHECK(count_lines(CONTROL_PATH(id, "net/dev")) == 3);
		_exit(0);
	}
	CHECK(!reap(member));
	CHECK(!strstr(read_text(CONTROL_PATH(id, "mounts")), "by-the-member"));
}

TEST(mounts_are_those_of_the_readers_own_namespace)
{
	EXPECT_EQ(look_inside(find_own_mounts), 0);
}

static void find_nothing_above_self(uint64_t id)
{
	int i;

	CHECK(is_self(id, 1));
	for (i = 0; i < COUNT_OF(unwanted); i++) {
		CHECK(is_nothing(CONTROL_PATH(id, unwanted[i])));
		CHECK(is_missing(TEXT("/proc/pspace/self/../%s", unwanted[i])));
		CHECK(is_missing(CONTROL_PATH(id, TEXT("self/../%s", unwanted[i]))));
		CHECK(is_missing(CONTROL_PATH(id, TEXT("thread-self/../../../%s",
						       unwanted[i]))));
	}
	CHECK(!access(CONTROL_PATH(id, "self/../meminfo"), R_OK));
	CHECK(!access(CONTROL_PATH(id, "thread-self/../../../self/status"), R_OK));
	CHECK(!strcmp(LINK("/proc/pspace/self/../self"), "1"));
}

TEST(no_way_from_self_leads_to_what_is_not_there)
{
	EXPECT_EQ(look_inside(find_nothing_above_self), 0);
}

TEST(self_is_missing_to_those_above)
{
	struct space space = space_of(1);

	EXPECT_TRUE(is_nobody(space.id));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(self_is_missing_to_those_beside)
{
	struct space beside = space_of(1);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(is_nobody(beside.id));
		mount_own_proc();
		CHECK(is_missing(CONTROL_PATH(beside.id, "self")));
		CHECK(is_missing(CONTROL_PATH(beside.id, "meminfo")));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(beside.wid), BY_SIGNAL(SIGKILL));
}

/* One and the same file, to whoever reads it. */
TEST(what_was_opened_inside_is_nobody_outside)
{
	struct gate inside = gate_new();
	char target[16];
	pid_t wid = fork_space();
	uint64_t id;
	int fd, pidfd;

	ASSERT_GE(wid, 0);
	if (!wid) {
		id = ns_id(own_ns());
		fd = open(CONTROL_PATH(id, "self"), O_PATH | O_NOFOLLOW | O_CLOEXEC);
		CHECK(fd >= 0);
		CHECK(readlinkat(fd, "", target, sizeof(target)) == 1 && *target == '1');
		gate_pass(&inside, fd);
		stay();
	}
	fd = gate_hear(&inside);
	pidfd = open_pidfd(wid);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(readlinkat(fd, "", target, sizeof(target)), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(self_is_the_number_inside_of_who_was_put_in)
{
	struct space space = space_of(1);
	int ns = open_ns(space.wid, "pid");

	ASSERT_GE(ns, 0);
	/* Two lines, and the child has a number here as well. */
	IN(fork_into(ns)) {
		CHECK(getpid() == 3);
		CHECK(is_self(space.id, 3));
		CHECK(atoi(LINK("/proc/self")) != 3);
	}
	/* Who has put it in is where he was. */
	ASSERT_EQ(setns(ns, CLONE_NEWPID), 0);
	EXPECT_TRUE(is_nobody(space.id));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* The init of a space below has a number above, and its members have none. */
static void nest(uint64_t id)
{
	pid_t nested = fork_space();

	CHECK(nested >= 0);
	if (!nested) {
		uint64_t own = ns_id(own_ns());

		CHECK(is_self(id, 2));
		CHECK(is_self(own, 1));
		if (!fork_child()) {
			CHECK(is_nobody(id));
			CHECK(is_self(own, 2));
			_exit(7);
		}
		CHECK(reap(-1) == 7);
		_exit(0);
	}
	CHECK(nested == 2);
	CHECK(!reap(nested));
}

TEST(self_is_missing_to_members_of_a_space_below)
{
	EXPECT_EQ(look_inside(nest), 0);
}

/* Unless they have been given a number there. */
static void nest_and_ask(uint64_t id)
{
	struct gate given = gate_new(), told = gate_new();
	uint64_t own;
	pid_t nested;
	int ns, wid;

	nested = fork_space();
	CHECK(nested >= 0);
	if (!nested) {
		own = ns_id(own_ns());
		if (!fork_child()) {
			gate_pass(&told, own);
			CHECK(is_self(id, gate_wait(&given)));
			CHECK(is_self(own, 2));
			_exit(7);
		}
		CHECK(reap(-1) == 7);
		_exit(0);
	}
	own = gate_hear(&told);
	CHECK(!control(own, "numbers", "ask"));
	ns = open(PAIR_PATH(own, 1, "ns/pid"), O_RDONLY | O_CLOEXEC);
	wid = ioctl(ns, PSPACE_GET_WID, 2);
	CHECK(wid > 2);
	gate_pass(&given, wid);
	CHECK(!reap(nested));
}

TEST(self_is_the_number_that_was_given_to_one_below)
{
	EXPECT_EQ(look_inside(nest_and_ask), 0);
}

static void be_classic(uint64_t id)
{
	pid_t classic = fork_with(CLONE_NEWPID);

	CHECK(classic >= 0);
	if (!classic) {
		CHECK(getpid() == 1);
		CHECK(is_self(id, 2));
		_exit(0);
	}
	CHECK(classic == 2);
	CHECK(!reap(classic));
}

TEST(self_in_a_classic_namespace_has_the_number_of_the_space)
{
	EXPECT_EQ(look_inside(be_classic), 0);
}

static void look_at_the_root(uint64_t id)
{
	pid_t wid = atoi(LINK("/proc/self"));

	CHECK(wid > 1 && is_self(ROOT_ID, wid));
	if (!fork_child()) {
		CHECK(is_nobody(ROOT_ID));
		_exit(7);
	}
	CHECK(reap(-1) == 7);
}

TEST(self_in_the_root_is_for_those_who_have_a_number_there)
{
	EXPECT_TRUE(is_self(ROOT_ID, getpid()));
	EXPECT_EQ(look_inside(look_at_the_root), 0);
}

static void look_by_own_proc(uint64_t id)
{
	mount_own_proc();
	CHECK(is_self(id, 1));
	CHECK(!access(CONTROL_PATH(id, "meminfo"), R_OK));
	CHECK(is_missing(CONTROL_PATH(ROOT_ID, "self")));
	CHECK(is_missing(CONTROL_PATH(ROOT_ID, "meminfo")));
	members_find_themselves(id);
}

TEST(self_is_the_same_by_a_proc_of_the_spaces_own)
{
	EXPECT_EQ(look_inside(look_by_own_proc), 0);
}

/* What a process has created is a list of processes. */
TEST(the_directory_of_what_a_process_has_created_has_none_of_these)
{
	struct space space = space_of(1);
	const char *path = TEXT("/proc/%d/pspace", getpid());
	struct listing all = list(path);
	int i;

	EXPECT_EQ(all.count, 2);
	EXPECT_EQ(all.others, 0);
	for (i = 0; i < COUNT_OF(own_links); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", path, own_links[i])));
	for (i = 0; i < COUNT_OF(machine_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", path, machine_files[i])));
	for (i = 0; i < COUNT_OF(control_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", path, control_files[i])));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
