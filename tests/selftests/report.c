// SPDX-License-Identifier: GPL-2.0
/* What the kernel's log says of members: the pair, never a number alone. */

#include "control.h"
#include <sys/klog.h>
#include "harness.h"

/* SYSLOG_ACTION_READ_ALL, SYSLOG_ACTION_SIZE_BUFFER. */
enum { READ_ALL = 3, SIZE_BUFFER = 10 };

/* Is a text in the kernel's log? */
static bool log_has(const char *text)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0), length;
	char *log = malloc(size + 1);
	bool found;

	CHECK(size > 0 && log);
	length = klogctl(READ_ALL, log, size);
	CHECK(length >= 0);
	log[length] = 0;
	found = strstr(log, text);
	free(log);
	return found;
}

/* Use more memory than the group may. */
static void exhaust(const void *group)
{
	size_t size = 64 << 20;
	char *memory;

	cgroup_enter(group);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	memset(memory, 1, size);
	_exit(0);
}

static struct cgroup small_group(void)
{
	struct cgroup group = cgroup_new();

	CHECK(!write_file(CGROUPS "/cgroup.subtree_control", "+memory"));
	CHECK(!cgroup_set(&group, "memory.max", "8388608"));
	return group;
}

/* A number that nobody else has in this guest. */
#define VICTIM 7654

/* A space in which a member has done something, and ended with a status: its wid. */
static pid_t space_after(void (*deed)(const void *with), const void *with, int status)
{
	struct gate done = gate_new();
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		pid_t member = fork_as(0, TIDS(VICTIM));

		CHECK(member >= 0);
		if (!member) {
			deed(with);
			_exit(0);
		}
		CHECK(reap(member) == status);
		gate_pass(&done, 0);
		stay();
	}
	gate_wait(&done);
	return wid;
}

TEST(a_member_killed_for_memory_is_named_by_its_pair)
{
	struct cgroup group = small_group();
	pid_t wid = space_after(exhaust, &group, BY_SIGNAL(SIGKILL));
	uint64_t id = ns_id_of(wid, "pid");
	char text[64];

	snprintf(text, sizeof(text), "Killed process %llu:%d (",
		 (unsigned long long)id, VICTIM);
	EXPECT_TRUE(log_has(text));
	snprintf(text, sizeof(text), "Killed process %d (", VICTIM);
	EXPECT_FALSE(log_has(text));
	/* Of the stack that is shown before. */
	snprintf(text, sizeof(text), "PID: %llu:%d Comm", (unsigned long long)id,
		 VICTIM);
	EXPECT_TRUE(log_has(text));
	snprintf(text, sizeof(text), "[%llu:%7d]", (unsigned long long)id,
		 VICTIM);
	EXPECT_TRUE(log_has(text));
	snprintf(text, sizeof(text), ",pid=%llu:%d,", (unsigned long long)id,
		 VICTIM);
	EXPECT_TRUE(log_has(text));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	cgroup_remove(&group);
}

/* Who has a number outside is named by it, as ever. */
TEST(an_init_killed_for_memory_is_named_by_its_wid)
{
	struct cgroup group = small_group();
	pid_t wid = fork_space();
	char text[64];

	ASSERT_GE(wid, 0);
	if (!wid)
		exhaust(&group);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	snprintf(text, sizeof(text), "Killed process %d (", wid);
	EXPECT_TRUE(log_has(text));
	snprintf(text, sizeof(text), "PID: %d Comm", wid);
	EXPECT_TRUE(log_has(text));
	cgroup_remove(&group);
}

/* By SysRq-T. */
static void list_tasks(const void *unused)
{
	CHECK(!write_file("/proc/sysrq-trigger", "t"));
}

TEST(a_member_in_a_list_of_all_tasks_is_named_by_its_pair)
{
	pid_t wid = space_after(list_tasks, NULL, 0);
	uint64_t id = ns_id_of(wid, "pid");
	char text[64];

	snprintf(text, sizeof(text), " pid:%llu:%d ", (unsigned long long)id, VICTIM);
	EXPECT_TRUE(log_has(text));
	snprintf(text, sizeof(text), " pid:%d ", VICTIM);
	EXPECT_FALSE(log_has(text));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void fault(const void *unused)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile int *)8 = 0;
}

TEST(a_member_that_faults_is_named_by_its_pair)
{
	pid_t wid = space_after(fault, NULL, BY_SIGNAL(SIGSEGV));
	uint64_t id = ns_id_of(wid, "pid");
	char text[64];

	snprintf(text, sizeof(text), "[%llu:%d]: segfault at 8 ", (unsigned long long)id,
		 VICTIM);
	EXPECT_TRUE(log_has(text));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Only that of the machine shares it with the kernel's own threads. */
TEST(an_init_may_stop_to_share_its_root)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(!unshare(CLONE_FS));
		CHECK(!chdir("/proc"));
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_FALSE(log_has("VFS: Pid 1 stopped sharing"));
}

TEST_HARNESS_MAIN
