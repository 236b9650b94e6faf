// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading the module, with and without pspaces, and what that
 * leaves behind.
 *
 * model: Interface
 * model: The bit
 * vm: --no-module
 */

#include "space.h"
#include "module.h"
#include "harness.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define CYCLES many(MANY)
#define MANY 100
#define MEMBERS 10

/* Make a space with some members, let it go. */
static int exercise(void)
{
	pid_t wid = fork_space();

	if (wid)
		return wid < 0 ? -errno : reap(wid);

	for (int i = 0; i < MEMBERS; i++) {
		pid_t child = i % 5 ? fork() : fork_space();

		CHECK(child >= 0);
		if (!child)
			_exit(0);
	}
	while (wait(NULL) > 0)
		;
	_exit(0);
}

/* Objects in use in a slab cache, or -1. */
static long slab_objects(const char *cache)
{
	char path[128], line[256];
	long objects = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	write_file(path, "1");

	file = fopen("/proc/slabinfo", "re");
	while (file && fgets(line, sizeof(line), file)) {
		char name[64];
		long active;

		if (sscanf(line, "%63s %ld", name, &active) == 2 &&
		    !strcmp(name, cache))
			objects = active;
	}
	if (file)
		fclose(file);
	return objects;
}

FIXTURE(module)
{
};

FIXTURE_SETUP(module)
{
	rmmod_when_free();
}

FIXTURE_TEARDOWN(module)
{
	rmmod_when_free();
}

TEST_F(module, without_it_the_flag_is_einval)
{
	struct clone_args args = {
		.flags = CLONE_NEWPSPACE,
		.exit_signal = SIGCHLD,
	};

	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(clone3_with(&args), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(unshare(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_NE(access("/proc/pspace", F_OK), 0);
}

TEST_F(module, with_it_the_flag_works_and_after_it_is_einval_again)
{
	ASSERT_EQ(insmod(""), 0);
	EXPECT_EQ(access("/proc/pspace/spaces", R_OK), 0);
	EXPECT_EQ(exercise(), 0);
	ASSERT_EQ(rmmod_when_free(), 0);
	EXPECT_EQ(fork_with(CLONE_NEWPSPACE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_NE(access("/proc/pspace", F_OK), 0);
}

TEST_F(module, a_second_one_is_refused)
{
	ASSERT_EQ(insmod(""), 0);
	EXPECT_EQ(insmod(""), -EEXIST);
	EXPECT_EQ(exercise(), 0);
}

TEST_F(module, is_in_use_while_a_pspace_lives)
{
	pid_t wid;

	ASSERT_EQ(insmod(""), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pause();
		_exit(0);
	}
	EXPECT_EQ(rmmod(), -EWOULDBLOCK);
	EXPECT_EQ(kill(wid, SIGKILL), 0);
	EXPECT_EQ(reap(wid), 128 + SIGKILL);
	EXPECT_EQ(rmmod_when_free(), 0);
}

/* A space that nobody has entered yet, and one that all have left. */
TEST_F(module, is_in_use_while_a_file_of_a_pspace_is_open)
{
	int fd;
	pid_t wid;

	ASSERT_EQ(insmod(""), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pause();
		_exit(0);
	}
	fd = open_ns(wid, "pid");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(kill(wid, SIGKILL), 0);
	ASSERT_EQ(reap(wid), 128 + SIGKILL);
	EXPECT_EQ(rmmod(), -EWOULDBLOCK);
	close(fd);
	EXPECT_EQ(rmmod_when_free(), 0);
}

/* See evade.c. */
TEST_F(module, is_free_when_those_who_held_up_their_init_were_killed_from_above)
{
	struct gate ready = gate_new();
	pid_t wid;

	ASSERT_EQ(insmod(""), 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested && !fork_child()) {
			CHECK(!ptrace(PTRACE_SEIZE, 1, NULL, PTRACE_O_TRACEEXIT));
			gate_pass(&ready, 0);
		}
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(rmmod_when_free(), 0);
}

TEST_F(module, an_open_list_does_not_keep_it)
{
	char text[4096];
	int fd;

	ASSERT_EQ(insmod(""), 0);
	fd = open("/proc/pspace/spaces", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_GT(read(fd, text, 8), 0);
	EXPECT_EQ(rmmod(), 0);
	/* The rest of what was read before may come; nothing new. */
	while (read(fd, text, sizeof(text)) > 0)
		;
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -1);
	close(fd);
}

#define PLACE "/tmp/bound"

static void bind_to_place(uint64_t id)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/pspace/%llu", (unsigned long long)id);
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mkdir(PLACE, 0755));
	CHECK(!mount(path, PLACE, NULL, MS_BIND, NULL));
}

/* What is found there without a module is not said, but it does no harm to look. */
static void look_at_place(void)
{
	DIR *directory = opendir(PLACE);
	char text[4096];

	while (directory && readdir(directory))
		;
	if (directory)
		closedir(directory);
	access(PLACE "/self/status", R_OK);
	access(PLACE "/1/status", R_OK);
	access(PLACE "/policy", R_OK);
	access(PLACE "/meminfo", R_OK);
	if (readlink(PLACE "/thread-self", text, sizeof(text)) < 0)
		readlink(PLACE "/self", text, sizeof(text));
}

static void remove_place(void)
{
	CHECK(!umount2(PLACE, 0));
	CHECK(!rmdir(PLACE));
}

TEST_F(module, a_space_that_is_bound_somewhere_does_not_keep_it)
{
	pid_t wid;

	ASSERT_EQ(insmod(""), 0);
	wid = idle_space();
	ASSERT_GT(wid, 0);
	bind_to_place(ns_id_of(wid, "pid"));
	look_at_place();
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(rmmod_when_free(), 0);
	look_at_place();
	/* Nor is it confused by another module. */
	ASSERT_EQ(insmod(""), 0);
	look_at_place();
	EXPECT_EQ(exercise(), 0);
	remove_place();
}

/* The root is there for ever, with a module and without. */
TEST_F(module, the_root_that_is_bound_somewhere_does_not_keep_it)
{
	ASSERT_EQ(insmod(""), 0);
	bind_to_place(ROOT_ID);
	look_at_place();
	EXPECT_EQ(access(PLACE "/1/status", R_OK), 0);
	EXPECT_EQ(rmmod_when_free(), 0);
	look_at_place();
	ASSERT_EQ(insmod(""), 0);
	look_at_place();
	EXPECT_EQ(access(PLACE "/1/status", R_OK), 0);
	remove_place();
}

TEST_F_TIMEOUT(module, a_hundred_times_leaves_nothing, 600)
{
	static const char * const caches[] = {
		"pid", "pid_2", "pid_namespace", "nsproxy", "task_struct",
	};
	long before[ARRAY_SIZE(caches)], after;

	/* The caches themselves are made by the first use. */
	ASSERT_EQ(insmod(""), 0);
	ASSERT_EQ(exercise(), 0);
	ASSERT_EQ(rmmod_when_free(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		before[i] = slab_objects(caches[i]);

	for (int i = 0; i < CYCLES; i++) {
		ASSERT_EQ(insmod(""), 0);
		ASSERT_EQ(exercise(), 0);
		ASSERT_EQ(rmmod_when_free(), 0);
	}

	/*
	 * One object a cycle would show; what a processor keeps at hand not. With
	 * few cycles it would; then kmemleak looks, see below.
	 */
	for (size_t i = 0; i < ARRAY_SIZE(caches) && CYCLES == MANY; i++) {
		if (before[i] < 0)
			continue;
		COMES((after = slab_objects(caches[i])) < before[i] + CYCLES);
		EXPECT_LT(after, before[i] + CYCLES)
			TH_LOG("%s: %ld objects before, %ld after", caches[i],
			       before[i], after);
	}
	EXPECT_GE(before[2], 0);
}

/* That CLONE_NEWPID be CLONE_NEWPSPACE: nobody gets something else unnoticed. */
TEST(without_the_module_nobody_can_ask_for_pspaces)
{
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 1, 0, 0, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 0, 0, 0, 0), 0);
	EXPECT_EQ(prctl(PR_GET_PSPACE_NEWPID, 0, 0, 0, 0), 0);
}

static void ask_and_lose_the_module(struct __test_metadata *_metadata)
{
	ASSERT_EQ(insmod(""), 0);
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 1, 0, 0, 0), 0);
	ASSERT_EQ(rmmod_when_free(), 0);
}

TEST(who_has_asked_for_pspaces_gets_nothing_else_without_the_module)
{
	ask_and_lose_the_module(_metadata);
	EXPECT_EQ(fork_with(CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(unshare(CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(prctl(PR_SET_PSPACE_NEWPID, 0, 0, 0, 0), 0);
	EXPECT_EQ(unshare(CLONE_NEWPID), 0);
}

TEST(a_machine_that_has_pspaces_for_all_goes_on_without_the_module)
{
	pid_t init;

	ASSERT_EQ(write_file("/proc/sys/kernel/pspace_newpid", "2"), 0);
	init = fork_with(CLONE_NEWPID);
	EXPECT_GE(init, 0);
	if (!init)
		_exit(getpid() == 1 ? 0 : 1);
	EXPECT_EQ(reap(init), 0);
	EXPECT_EQ(write_file("/proc/sys/kernel/pspace_newpid", "1"), 0);
}

TEST(who_has_asked_on_such_a_machine_gets_nothing_else_either)
{
	ask_and_lose_the_module(_metadata);
	ASSERT_EQ(write_file("/proc/sys/kernel/pspace_newpid", "2"), 0);
	EXPECT_EQ(fork_with(CLONE_NEWPID), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(write_file("/proc/sys/kernel/pspace_newpid", "1"), 0);
}

/* Runs last, on what the others have left. */
TEST_F_TIMEOUT(module, kmemleak_finds_nothing, 300)
{
	static const char detector[] = "/sys/kernel/debug/kmemleak";
	struct utsname kernel;
	char line[256];
	FILE *file;

	/* All kernels have it but the default one. */
	ASSERT_EQ(uname(&kernel), 0);
	if (!strstr(kernel.release, "debug"))
		return;
	/* A young object may just be on its way somewhere: scan again. */
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(write_file(detector, "scan"), 0);
		sleep(6);
	}
	file = fopen(detector, "re");
	ASSERT_NE(file, NULL);
	while (fgets(line, sizeof(line), file)) {
		EXPECT_EQ(strstr(line, "unreferenced"), NULL);
		TH_LOG("%s", line);
	}
	fclose(file);
}

TEST_HARNESS_MAIN
