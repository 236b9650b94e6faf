// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's log says of members: lines of the shape that programs know, with no
 * number of the machine's, and the pair at the end.
 *
 * model: Limits
 */

#include "control.h"
#include "tree.h"
#include <regex.h>
#include <sys/klog.h>
#include "harness.h"

/* SYSLOG_ACTION_READ_ALL, SYSLOG_ACTION_SIZE_BUFFER. */
enum { READ_ALL = 3, SIZE_BUFFER = 10 };

static char *read_log(void)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0), length;
	char *log = malloc(size + 1);

	CHECK(size > 0 && log);
	length = klogctl(READ_ALL, log, size);
	CHECK(length >= 0);
	log[length] = 0;
	return log;
}

/* Is a text in the kernel's log? */
static bool log_has(const char *text)
{
	char *log = read_log();
	bool found = strstr(log, text);

	free(log);
	return found;
}

/* Has the log a line that an extended regular expression matches? */
static bool log_matches(const char *pattern)
{
	char *log = read_log();
	regex_t regex;
	bool found;

	CHECK(!regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE));
	found = !regexec(&regex, log, 0, NULL, 0);
	regfree(&regex);
	free(log);
	return found;
}

/* The pair of a member, at the end of a line. */
#define PSPACE_FIELD(id, nr) TEXT("pspace=%llu:%d$", (unsigned long long)(id), nr)

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

/* As cadvisor has them, and after it kubelet. */
#define CADVISOR_TASK \
	"oom-kill:constraint=.*,nodemask=.*,cpuset=.*,mems_allowed=.*,oom_memcg=.*," \
	"task_memcg=.*,task=%s,pid=%d,uid=.*"
#define CADVISOR_KILL "Killed process %d \\(%s\\)"

/* As node-problem-detector has it, which wants the match to end with the line. */
#define DETECTOR_KILL \
	"Killed process %d (.+) total-vm:[0-9]+kB, anon-rss:[0-9]+kB, file-rss:[0-9]+kB.*$"

static void rename_and_exhaust(const void *group)
{
	CHECK(!prctl(PR_SET_NAME, "glutton"));
	exhaust(group);
}

TEST(a_member_killed_for_memory_is_no_number_and_its_pair)
{
	struct cgroup group = small_group();
	pid_t wid = space_after(rename_and_exhaust, &group, BY_SIGNAL(SIGKILL));
	uint64_t id = ns_id_of(wid, "pid");
	const char *field = PSPACE_FIELD(id, VICTIM);

	EXPECT_TRUE(log_matches(TEXT(CADVISOR_TASK, "glutton", 0)));
	EXPECT_TRUE(log_matches(TEXT(CADVISOR_KILL, 0, "glutton")));
	EXPECT_TRUE(log_matches(TEXT(DETECTOR_KILL, 0)));
	EXPECT_TRUE(log_matches(TEXT("oom-kill:.*,pid=0,uid=0,%s", field)));
	EXPECT_TRUE(log_matches(TEXT("Killed process 0 .* oom_score_adj:-?[0-9]+ %s", field)));
	/* Of the stack that is shown before, and of the list of tasks. */
	EXPECT_TRUE(log_matches(TEXT("CPU: [0-9]+ UID: 0 PID: 0 Comm: glutton .* %s", field)));
	EXPECT_TRUE(log_matches(TEXT("\\[ +0\\] +0 +0 .* glutton %s", field)));
	EXPECT_FALSE(log_matches(TEXT("(process %1$d |,pid=%1$d,|PID: %1$d |\\[ *%1$d\\])",
				      VICTIM)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	cgroup_remove(&group);
}

/* Who has a number outside is named by it, as ever. */
TEST(an_init_killed_for_memory_is_named_by_its_wid)
{
	struct cgroup group = small_group();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		exhaust(&group);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(log_matches(TEXT("oom-kill:.*,pid=%d,uid=0$", wid)));
	EXPECT_TRUE(log_matches(TEXT("Killed process %d \\(.* oom_score_adj:-?[0-9]+$", wid)));
	EXPECT_TRUE(log_matches(TEXT("PID: %d Comm", wid)));
	EXPECT_FALSE(log_matches(TEXT("PID: %d Comm.* pspace=", wid)));
	cgroup_remove(&group);
}

/* By SysRq-T. */
static void list_tasks(const void *unused)
{
	CHECK(!write_file("/proc/sysrq-trigger", "t"));
}

TEST(a_member_in_a_list_of_all_tasks_is_no_number_and_its_pair)
{
	pid_t wid = space_after(list_tasks, NULL, 0);
	unsigned long long id = ns_id_of(wid, "pid");

	/* Its parent, the init, has a number. */
	EXPECT_TRUE(log_matches(TEXT("task:.* pid:0 +tgid:0 +ppid:%d +task_flags:0x[0-9a-f]+ %s",
				     wid, TEXT("flags:0x[0-9a-f]+ pspace=%llu:%d$", id, VICTIM))));
	EXPECT_FALSE(log_matches(TEXT(" pid:%d\\>", VICTIM)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void list_tasks_as_child(const void *unused)
{
	pid_t child = fork_as(0, TIDS(VICTIM + 1));

	CHECK(child >= 0);
	if (!child) {
		list_tasks(NULL);
		_exit(0);
	}
	CHECK(!reap(child));
}

TEST(a_parent_in_a_list_of_all_tasks_is_its_pair)
{
	pid_t wid = space_after(list_tasks_as_child, NULL, 0);
	unsigned long long id = ns_id_of(wid, "pid");

	EXPECT_TRUE(log_matches(TEXT(" pid:0 +tgid:0 +ppid:0 .* pspace=%llu:%d ppspace=%llu:%d$",
				     id, VICTIM + 1, id, VICTIM)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void fault(const void *unused)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile int *)8 = 0;
}

TEST(a_member_that_faults_is_no_number_and_its_pair)
{
	static const char fault_line[] =
		"[^ ]+\\[0\\]: segfault at 8 ip [0-9a-f]+ sp [0-9a-f]+";
	uint64_t id;
	pid_t wid;

	/* What others have logged just before, audit among them, counts as well. */
	ASSERT_EQ(write_file("/proc/sys/kernel/printk_ratelimit", "0"), 0);
	wid = space_after(fault, NULL, BY_SIGNAL(SIGSEGV));
	id = ns_id_of(wid, "pid");
	EXPECT_TRUE(log_matches(TEXT("%s error [0-9a-f]+.* %s", fault_line,
				     PSPACE_FIELD(id, VICTIM))));
	EXPECT_FALSE(log_matches(TEXT("\\[%d\\]: segfault", VICTIM)));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Only that of the machine shares it with the kernel's own threads. */
TEST(an_init_may_stop_to_share_its_root)
{
	IN(fork_space()) {
		CHECK(!unshare(CLONE_FS));
		CHECK(!chdir("/proc"));
	}
	EXPECT_FALSE(log_has("VFS: Pid 1 stopped sharing"));
}

TEST_HARNESS_MAIN
