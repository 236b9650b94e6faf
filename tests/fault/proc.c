// SPDX-License-Identifier: GPL-2.0
/*
 * The files of /proc/pspace are opened and read, and each allocation of that fails once.
 *
 * EFAULT is that of a path or of what is read, which are in memory. Where procfs has no
 * memory for the directory of a process it says that there is none: ENOENT.
 */

#include "fault.h"
#include <sys/stat.h>
#include "../selftests/harness.h"

#define NO_MEMORY		ERRORS(ENOMEM, EFAULT)
#define NO_MEMORY_OR_PROCESS	ERRORS(ENOMEM, EFAULT, ENOENT)

static char path[TEXT_SIZE], first[1 << 16], now[1 << 16];

/* Open a file, read it to its end, close it. */
static long read_path(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long length = 0, got;

	if (fd < 0)
		return -errno;
	while ((got = read(fd, now + length, sizeof(now) - length)) > 0)
		length += got;
	got = result_of(got);
	close(fd);
	return got < 0 ? got : length;
}

static long read_directory(void)
{
	static char buffer[1 << 15] __attribute__((aligned(8)));
	int fd = open_directory(path);
	long length = 0, got;

	if (fd < 0)
		return -errno;
	while ((got = getdents64(fd, buffer, sizeof(buffer))) > 0)
		length += got;
	got = result_of(got);
	close(fd);
	return got < 0 ? got : length;
}

static long read_place(void)
{
	return result_of(readlink(path, now, sizeof(now)));
}

static long look_at(void)
{
	struct stat status;

	return result_of(stat(path, &status));
}

/* What can be read is what could be read before. */
static long expected;

static bool is_the_same(long result)
{
	return result < 0 || (result == expected && !memcmp(now, first, result));
}

static bool is_as_long(long result)
{
	return result < 0 || result == expected;
}

static int reading(const char *name, long (*call)(void), bool (*check)(long),
		   const int *errors)
{
	expected = call();
	CHECK(expected >= 0);
	memcpy(first, now, sizeof(now));
	return FAULTS_IN(name, .call = call, .check = check, .errors = errors);
}

/* A space with members, and one within it. */
static struct space outer;
static unsigned long long inner;

static void make_spaces(void)
{
	struct gate ready = gate_new();

	faults_on();
	outer.wid = fork_space();
	CHECK(outer.wid >= 0);
	if (!outer.wid) {
		pid_t within;

		add_children(2);
		within = idle_space();
		CHECK(within == 4);
		gate_pass(&ready, ns_id(own_ns()));
		gate_pass(&ready, ns_id_of(within, "pid"));
		stay();
	}
	outer.id = gate_wait(&ready);
	inner = gate_wait(&ready);
}

#define SET_PATH(...) format_text(path, __VA_ARGS__)

TEST(list_of_spaces)
{
	make_spaces();
	SET_PATH(SPACES);
	EXPECT_EQ(reading("read of spaces", read_path, is_the_same, NO_MEMORY), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

/* What the kernel's own threads do meanwhile is in it, too. */
TEST(list_of_tasks)
{
	make_spaces();
	SET_PATH(TASKS);
	EXPECT_EQ(reading("read of tasks", read_path, NULL, NO_MEMORY), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

TEST(directory_of_spaces)
{
	make_spaces();
	SET_PATH("/proc/pspace");
	EXPECT_EQ(reading("list of /proc/pspace", read_directory, is_as_long, NO_MEMORY), 0);
	EXPECT_EQ(reading("stat of /proc/pspace", look_at, NULL, NO_MEMORY), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

TEST(directory_of_a_space)
{
	make_spaces();
	SET_PATH("/proc/pspace/%llu", outer.id);
	EXPECT_EQ(reading("list of <id>", read_directory, is_as_long, NO_MEMORY), 0);
	EXPECT_EQ(reading("stat of <id>", look_at, NULL, NO_MEMORY), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

TEST(files_of_control)
{
	size_t i;

	make_spaces();
	for (i = 0; i < COUNT_OF(control_files); i++) {
		SET_PATH("/proc/pspace/%llu/%s", outer.id, control_files[i]);
		if (!strcmp(control_files[i], "kill")) {
			EXPECT_EQ(reading("stat of <id>/kill", look_at, NULL, NO_MEMORY), 0);
		} else {
			EXPECT_EQ(reading(TEXT("read of <id>/%s", control_files[i]),
					  read_path, is_the_same, NO_MEMORY), 0);
		}
	}
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

TEST(files_of_the_machine)
{
	size_t i;

	make_spaces();
	for (i = 0; i < COUNT_OF(machine_files); i++) {
		if (!is_machine_file(machine_files[i]))
			continue;
		SET_PATH("/proc/pspace/%llu/%s", outer.id, machine_files[i]);
		EXPECT_EQ(reading(TEXT("stat of <id>/%s", machine_files[i]), look_at, NULL,
				  NO_MEMORY), 0);
	}
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

TEST(process_in_a_space)
{
	make_spaces();
	SET_PATH("/proc/pspace/%llu/2", outer.id);
	EXPECT_EQ(reading("list of <id>/<nr>", read_directory, is_as_long,
			  NO_MEMORY_OR_PROCESS), 0);
	await_sleep(SET_PATH("/proc/pspace/%llu/2/status", outer.id));
	EXPECT_EQ(reading("read of <id>/<nr>/status", read_path, is_as_long,
			  NO_MEMORY_OR_PROCESS), 0);
	SET_PATH("/proc/pspace/%llu/1/task/1/children", outer.id);
	EXPECT_EQ(reading("read of <id>/<nr>/task/<nr>/children", read_path, is_the_same,
			  NO_MEMORY_OR_PROCESS), 0);
	SET_PATH("/proc/pspace/%llu/2/ns/pid", outer.id);
	EXPECT_EQ(reading("readlink of <id>/<nr>/ns/pid", read_place, is_the_same,
			  NO_MEMORY_OR_PROCESS), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

/* From process to space to process. */
TEST(path_of_creators)
{
	make_spaces();
	SET_PATH("/proc/%d/pspace", getpid());
	EXPECT_EQ(reading("list of <nr>/pspace", read_directory, is_as_long,
			  NO_MEMORY_OR_PROCESS), 0);
	SET_PATH("/proc/self/pspace/1/pspace/1/status");
	EXPECT_EQ(reading("read of <nr>/pspace/<nr>/pspace/<nr>/status", read_path,
			  is_as_long, NO_MEMORY_OR_PROCESS), 0);
	SET_PATH("/proc/pspace/%llu/1/pspace/1/pspace.2", outer.id);
	EXPECT_EQ(look_at(), -ENOENT);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

static void read_own_places(void)
{
	SET_PATH("/proc/pspace/self");
	CHECK(!reading("readlink of self", read_place, is_the_same, NO_MEMORY));
	SET_PATH("/proc/pspace/self/status");
	CHECK(!reading("read of self/status", read_path, NULL, NO_MEMORY_OR_PROCESS));
	SET_PATH("/proc/pspace/%llu/self", (unsigned long long)ns_id(own_ns()));
	CHECK(!reading("readlink of <id>/self", read_place, is_the_same, NO_MEMORY));
	SET_PATH("/proc/pspace/%llu/thread-self", (unsigned long long)ns_id(own_ns()));
	CHECK(!reading("readlink of <id>/thread-self", read_place, is_the_same, NO_MEMORY));
}

TEST(own_places)
{
	faults_on();
	read_own_places();
	EXPECT_EQ(in_process(fork_space, read_own_places), 0);
}

TEST(list_of_spaces_where_others_are_hidden)
{
	make_spaces();
	mount_proc_with("hidepid=ptraceable");
	SET_PATH(SPACES);
	EXPECT_EQ(reading("read of spaces, hidepid=ptraceable", read_path, is_the_same,
			  NO_MEMORY), 0);
	EXPECT_EQ(end(outer.wid), BY_SIGNAL(SIGKILL));
}

static long mount_proc(void)
{
	return result_of(mount("proc", "/tmp", "proc", 0, NULL));
}

static void unmount_proc(long result)
{
	CHECK(!umount("/tmp"));
}

static void mount_procs(void)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!FAULTS_IN("mount of a procfs", .call = mount_proc, .undo = unmount_proc,
			 .errors = NO_MEMORY));
}

TEST(procfs_of_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, mount_procs), 0);
}

TEST_HARNESS_MAIN
