// SPDX-License-Identifier: GPL-2.0
/*
 * Programs as they are, that have no other /proc than the directory of their space.
 *
 * model: A /proc to live in
 */

#include "home.h"

/* A number in the root. */
#define OUTSIDER 8765

/* A process that runs a program by the name of "sleep". */
static pid_t sleeper_as(pid_t nr)
{
	char line[16];
	pid_t child = fork_as(0, TIDS(nr));

	CHECK(child >= 0);
	if (!child) {
		execl("/bin/sleep", "sleep", "1000", NULL);
		CHECK(!"it runs");
	}
	AWAIT(read_line(TEXT("/proc/%d/comm", child), "sleep", line, sizeof(line)));
	return child;
}

/* One in the root, and one who lives in a space. */
static int live_beside_an_outsider(void (*live)(uint64_t id))
{
	pid_t outsider = sleeper_as(OUTSIDER);
	int status = live_at_home(live);

	CHECK(end(outsider) == BY_SIGNAL(SIGKILL));
	return status;
}

/* Do the lines that begin with a number tell of pid 1, the sleeper and the program? */
static bool tells_of_all(char *text, const char *program)
{
	int init = 0, sleeper = 0, itself = 0, others = 0, nr;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (sscanf(line, " %d", &nr) != 1)
			continue;
		init += nr == 1;
		sleeper += nr == MEMBER && strstr(line, "sleep 1000");
		itself += nr != 1 && nr != MEMBER && strstr(line, program);
		others++;
	}
	others -= init + sleeper + itself;
	if (init == 1 && sleeper == 1 && itself == 1 && !others)
		return true;
	dprintf(2, "# %s tells %d times of pid 1, %d of the sleeper, %d of itself, %d more\n",
		program, init, sleeper, itself, others);
	return false;
}

static void run_ps(uint64_t id)
{
	pid_t sleeper = sleeper_as(MEMBER);

	CHECK(tells_of_all(output_of("exec busybox ps"), "busybox ps"));
	CHECK(tells_of_all(output_of("exec busybox ps -o pid,ppid,user,stat,vsz,args"),
			   "busybox ps"));
	CHECK(end(sleeper) == BY_SIGNAL(SIGKILL));
}

TEST(ps_tells_of_the_members)
{
	EXPECT_EQ(live_beside_an_outsider(run_ps), 0);
}

static void run_top(uint64_t id)
{
	pid_t sleeper = sleeper_as(MEMBER);
	char *text = output_of("exec busybox top -b -n 1");

	CHECK(strstr(text, "Mem: ") && strstr(text, "CPU: ") && strstr(text, "Load average: "));
	CHECK(tells_of_all(text, "busybox top"));
	CHECK(end(sleeper) == BY_SIGNAL(SIGKILL));
}

TEST(top_tells_of_the_members)
{
	EXPECT_EQ(live_beside_an_outsider(run_top), 0);
}

static void run_free(uint64_t id)
{
	long total, said;

	CHECK(sscanf(read_text("/proc/meminfo"), "MemTotal: %ld", &said) == 1);
	CHECK(sscanf(strstr(output_of("exec busybox free -k"), "Mem:"), "Mem: %ld", &total) == 1);
	CHECK(total == said);
	CHECK(strstr(output_of("exec busybox uptime"), "load average: "));
	CHECK(atoi(output_of("exec busybox nproc")) > 0);
	/* Where its /proc is. */
	CHECK(strstr(output_of("exec busybox mount"), "proc on /proc type proc"));
	/* It complains of what it may not look at. */
	CHECK(strstr(output_of("busybox df 2>/dev/null; true"), "Filesystem"));
}

TEST(free_and_its_like_tell_of_the_machine)
{
	EXPECT_EQ(live_at_home(run_free), 0);
}

static void find_by_name(uint64_t id)
{
	pid_t sleeper = sleeper_as(MEMBER);

	CHECK(!strcmp(output_of("exec busybox pidof sleep"), TEXT("%d\n", MEMBER)));
	CHECK(!strcmp(output_of("exec busybox killall -q sleep"), ""));
	CHECK(reap(sleeper) == BY_SIGNAL(SIGTERM));
	CHECK(!strcmp(output_of("busybox pidof sleep; true"), ""));
}

/* The outsider has come to no harm: it is killed at the end. */
TEST(pidof_and_killall_find_the_members)
{
	EXPECT_EQ(live_beside_an_outsider(find_by_name), 0);
}

/* What a script prints to which a terminal of its own is given. */
static char *output_on_terminal(const char *script)
{
	int tube[2], terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t child;
	char *text;

	CHECK(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	CHECK(!pipe2(tube, O_CLOEXEC));
	child = fork_child();
	if (!child) {
		CHECK(setsid() > 0);
		/* The first that a leader of a session opens is its terminal. */
		CHECK(dup2(open(ptsname(terminal), O_RDWR), 0) == 0);
		dup2(tube[1], 1);
		dup2(tube[1], 2);
		execl("/bin/sh", "sh", "-c", script, NULL);
		CHECK(!"it runs");
	}
	close(tube[1]);
	text = read_all(tube[0], 4096);
	CHECK(!reap(child));
	close(tube[0]);
	close(terminal);
	return text;
}

static void control_jobs(uint64_t id)
{
	static const char *const said[] = {
		"Running", "first 143\n", "Stopped", "second 7\n", "third 0\n",
	};
	static const char script[] =
		"set -m\n"
		"sleep 1000 & jobs; kill %1; wait %1; echo first $?\n"
		"sh -c 'kill -STOP $$; exit 7' &\n"
		"until grep -q '^State:.T' /proc/$!/status; do :; done\n"
		"jobs; fg; echo second $?\n"
		"sleep 0 & wait; echo third $?\n";
	char *text = output_on_terminal(script), *at = text;
	int i;

	for (i = 0; i < COUNT_OF(said) && at; i++)
		at = strstr(at, said[i]);
	if (!at)
		dprintf(2, "# after %s: %s\n", said[i - 1], text);
	CHECK(at);
}

TEST(a_shell_controls_its_jobs)
{
	EXPECT_EQ(live_at_home(control_jobs), 0);
}

static void run_script(uint64_t id)
{
	CHECK(!strcmp(output_of("read nr rest </proc/self/stat; [ $nr = $$ ] && echo same"),
		      "same\n"));
	CHECK(!strcmp(output_of("exec 3</bin/busybox; readlink /proc/$$/fd/3"),
		      "/bin/busybox\n"));
	CHECK(!strcmp(output_of("echo passed on | cat /proc/self/fd/0"), "passed on\n"));
	CHECK(!strcmp(output_of("cd /proc/self/cwd && pwd -P"), TEXT("%s\n", getcwd(NULL, 0))));
	CHECK(!strcmp(output_of("tr '\\0' ' ' </proc/$$/cmdline | cut -c 1-2"), "sh\n"));
}

TEST(a_shell_finds_its_descriptors)
{
	EXPECT_EQ(live_at_home(run_script), 0);
}

TEST_HARNESS_MAIN
