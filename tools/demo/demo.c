// SPDX-License-Identifier: GPL-2.0
/*
 * What pspaces do, step by step, on a patched kernel. Run by scripts/demo in
 * a guest. It is also an example of how to use them from C: one flag, one header.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/pspace.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE "/lib/modules/pspace.ko"
#define ROOT 4 /* the id of the pspace that the machine boots in */

static int failures;
static int steps;

/* ---- telling -------------------------------------------------------------- */

static void step(const char *title)
{
	printf("\n%d. %s\n", ++steps, title);
}

static void say(const char *format, ...)
{
	va_list args;

	printf("   ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* What was done, what the kernel answered, and whether that is what it should. */
static void answer(bool good, const char *what, const char *format, ...)
{
	va_list args;

	printf("   %-46s -> ", what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%s\n", good ? "" : "   <-- not what it should be");
	failures += !good;
}

static void show_lines(FILE *file, const char *what)
{
	char line[512];

	if (!file) {
		answer(false, what, "%s", strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file))
		printf("   | %s", line);
}

static void show_command(const char *command)
{
	char exec[128];
	FILE *pipe;

	say("$ %s", command);
	snprintf(exec, sizeof(exec), "exec %s", command);
	fflush(stdout);
	pipe = popen(exec, "re");
	show_lines(pipe, command);
	if (pipe)
		pclose(pipe);
}

/* A worker of the kernel gives back the spaces of the dead: let it. */
static void let_spaces_settle(void)
{
	for (int i = 0; i < 500; i++) {
		bool dead = false;
		char line[512];
		FILE *file = fopen("/proc/pspace/spaces", "re");

		while (file && fgets(line, sizeof(line), file))
			/* The root has no pspace's columns. */
			dead |= strtoull(line, NULL, 10) != ROOT &&
				strstr(line, " - ");
		if (file)
			fclose(file);
		if (!dead)
			return;
		usleep(10000);
	}
}

static const char *ended(int status)
{
	static char text[64];

	if (WIFEXITED(status))
		snprintf(text, sizeof(text), "exited with %d", WEXITSTATUS(status));
	else
		snprintf(text, sizeof(text), "killed by SIG%s",
			 sigabbrev_np(WTERMSIG(status)));
	return text;
}

/* ---- doing ---------------------------------------------------------------- */

/* fork(), into new namespaces. */
static pid_t fork_with(unsigned long flags)
{
	fflush(stdout);
	return syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* Wait until another process has written a byte, or is gone. */
static void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) < 0)
		perror("read");
}

static void signal_done(int fd)
{
	if (write(fd, "", 1) < 0)
		perror("write");
}

static int init_main(void *arg)
{
	return *(int *)arg + (getpid() == 1 ? 0 : 100);
}

/* The pid 1 of a space, with two children, that lives until it is killed. */
static pid_t start_space(const char *name, bool nested)
{
	int ready[2], begun[2];
	pid_t wid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(begun, O_CLOEXEC))
		return -1;
	wid = fork_with(CLONE_NEWPSPACE);
	if (wid) {
		if (wid > 0)
			await(ready[0]);
		close(ready[0]);
		close(ready[1]);
		close(begun[0]);
		close(begun[1]);
		return wid;
	}

	prctl(PR_SET_NAME, name);
	for (int i = 0; i < 2; i++) {
		pid_t child = fork_with(nested && i ? CLONE_NEWPSPACE : 0);

		if (!child) {
			if (nested && i) {
				prctl(PR_SET_NAME, "inner");
				fork_with(0);
			}
			signal_done(begun[1]);
			for (;;)
				pause();
		}
		await(begun[0]);
	}
	signal_done(ready[1]);
	for (;;)
		pause();
}

static void kill_space(pid_t wid)
{
	kill(wid, SIGKILL);
	waitpid(wid, NULL, 0);
}

static void no_module(const char *when)
{
	pid_t wid = fork_with(CLONE_NEWPSPACE);

	if (!wid)
		_exit(0);
	answer(wid < 0 && errno == EINVAL, "clone(CLONE_NEWPSPACE)", "%s, %s",
	       wid < 0 ? strerror(errno) : "a child", when);
	if (wid > 0)
		waitpid(wid, NULL, 0);
}

static int insmod(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		err = errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* The namespaces of the dead are given back by a worker: wait for that. */
static int rmmod_when_free(void)
{
	int err = 0;

	for (int i = 0; i < 500; i++) {
		err = syscall(SYS_delete_module, "pspace", O_NONBLOCK) ? errno : 0;
		if (err != EAGAIN && err != EBUSY)
			break;
		usleep(10000);
	}
	return err;
}

/* ---- the steps ------------------------------------------------------------ */

static void load(void)
{
	int err;

	step("The patched kernel has the hooks; the module brings the rules.");
	no_module("no module is loaded");
	err = insmod();
	answer(!err, "insmod pspace.ko", "%s", err ? strerror(err) : "done");
	show_command("pspace ls");
}

static void first(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int arg = 42, status = 0;
	pid_t wid;

	step("clone(fn, stack, CLONE_NEWPSPACE | SIGCHLD, arg): the child is (pspace,1).");
	wid = clone(init_main, stack + sizeof(stack), CLONE_NEWPSPACE | SIGCHLD, &arg);
	answer(wid > 1, "clone()", "%d: the child's wid, by which we know it", wid);
	if (wid < 0)
		return;
	waitpid(wid, &status, 0);
	answer(WIFEXITED(status) && WEXITSTATUS(status) == 42,
	       "the child finds getpid() == 1, and waitpid()", "%s", ended(status));
}

static void twins(pid_t *left, pid_t *right)
{
	step("Two spaces hold the same pids at the same time.");
	*left = start_space("left", false);
	*right = start_space("right", false);
	answer(*left > 1 && *right > 1, "start two spaces: pid 1, 2 and 3 in each",
	       "inits %d and %d for us", *left, *right);
	say("Nobody but the inits has a number here yet; a space has members, init included.");
	let_spaces_settle();
	show_command("pspace ls");
}

static void on_demand(pid_t left)
{
	char text[64];
	int space, wid;

	step("A member gets a number here when somebody asks, or has it shown or listed.");
	snprintf(text, sizeof(text), "/proc/%d/ns/pid", left);
	space = open(text, O_RDONLY | O_CLOEXEC);
	wid = ioctl(space, PSPACE_GET_WID, 3);
	answer(wid > 1, "ioctl(descriptor of left, PSPACE_GET_WID, 3)", "%d", wid);
	snprintf(text, sizeof(text), "grep NSpid /proc/%d/status", wid);
	show_command(text);
	show_command("sh -c 'ps -o pid,ppid,comm | grep left'");
	answer(!kill(wid, SIGKILL), "kill() by that number", "sent");
	close(space);
}

static pid_t nest(void)
{
	pid_t wid;

	step("A space in a space.");
	wid = start_space("outer", true);
	answer(wid > 1, "start a space whose pid 3 is the init of another", "%d", wid);
	show_command("pspace ls");
	say("The inner space's creator is pid 1 of the outer one, where its init is 3.");
	return wid;
}

static void inside(void)
{
	pid_t wid;
	int status;

	step("The same seen from within: nothing above is there.");
	wid = fork_with(CLONE_NEWPSPACE | CLONE_NEWNS);
	if (!wid) {
		pid_t child = fork_with(0);

		if (!child) {
			pause();
			_exit(0);
		}
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mount("proc", "/proc", "proc", 0, NULL);
		answer(getpid() == 1 && getppid() == 0, "getpid(), getppid()", "%d, %d",
		       getpid(), getppid());
		show_command("ps -o pid,ppid,comm");
		show_command("pspace ls");
		fflush(stdout);
		_exit(failures);
	}
	waitpid(wid, &status, 0);
	failures += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void signals(pid_t left, pid_t right)
{
	pid_t wid;
	int status = 0;

	step("kill(): inside, pid 1 is safe; from outside, its wid reaches it.");
	wid = fork_with(CLONE_NEWPSPACE);
	if (!wid) {
		if (!fork_with(0)) {
			kill(1, SIGKILL);
			_exit(0);
		}
		wait(NULL);
		_exit(7);
	}
	waitpid(wid, &status, 0);
	answer(WIFEXITED(status) && WEXITSTATUS(status) == 7,
	       "inside, pid 2: kill(1, SIGKILL)", "nothing; pid 1 then %s", ended(status));

	answer(!kill(left, SIGKILL), "outside: kill(wid of left, SIGKILL)", "sent");
	waitpid(left, &status, 0);
	answer(WIFSIGNALED(status), "waitpid()", "%s", ended(status));
	answer(!kill(right, 0), "and right, whose pids are the same", "untouched");
}

static void orphans(void)
{
	pid_t wid;
	int status = 0, line[2];
	char text[128] = "";

	step("An orphan goes to the pid 1 of its space, which reaps it.");
	if (pipe2(line, O_CLOEXEC))
		return;
	wid = fork_with(CLONE_NEWPSPACE);
	if (!wid) {
		pid_t parent = fork_with(0), reaped;
		int seen = 0;

		if (!parent) {
			int before = getpid();

			if (!fork_with(0)) {
				while (getppid() == before)
					usleep(1000);
				dprintf(line[1], "pid %d had parent %d, has parent %d",
					getpid(), before, getppid());
				_exit(0);
			}
			_exit(0);
		}
		while ((reaped = wait(NULL)) > 0)
			seen = seen * 10 + reaped;
		/* It reaped pid 2, its child, and pid 3, its child's child. */
		_exit(seen);
	}
	waitpid(wid, &status, 0);
	if (read(line[0], text, sizeof(text) - 1) < 0)
		perror("read");
	answer(strstr(text, "has parent 1"), "the grandchild, when its parent was gone",
	       "%s", text);
	answer(WIFEXITED(status) && WEXITSTATUS(status) == 23,
	       "pid 1 in wait()", "got 2, then 3");
}

#define ORPHANS 1000

/* A descriptor of the space that the next child will be in, and its id. */
static int next_space(unsigned long long *id)
{
	int fd = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, NS_GET_ID, id))
		perror("/proc/self/ns/pid_for_children");
	return fd;
}

/* Write a word to a file of a space. */
static bool tell_space(unsigned long long id, const char *name, const char *word)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/pspace/%llu/%s", id, name);
	file = fopen(path, "we");
	if (!file)
		return false;
	fputs(word, file);
	return !fclose(file);
}

/*
 * Like fork_with(CLONE_NEWPSPACE), but the space has its policy before its pid 1
 * runs. Our next child is again where we are.
 */
static pid_t fork_space_with(const char *policy, unsigned long long *id, int *space)
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	pid_t wid;

	if (unshare(CLONE_NEWPSPACE))
		return -1;
	*space = next_space(id);
	if (!tell_space(*id, "policy", policy))
		perror("policy");
	wid = fork_with(0);
	if (wid && setns(own, CLONE_NEWPID))
		perror("setns");
	close(own);
	return wid;
}

/* Numbers after ours that are still taken. */
static int numbers_taken(int count)
{
	int taken = 0;

	for (int nr = 2; nr <= count; nr++)
		taken += !kill(nr, 0);
	return taken;
}

/* A pid 1 that makes orphans and never waits for one: how many are left? */
static void __attribute__((noreturn)) never_wait(int report)
{
	pid_t parent = fork_with(0);
	int left;

	if (!parent) {
		for (int i = 0; i < ORPHANS; i++)
			if (!fork_with(0))
				_exit(0);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
	/* The last ones may be on their way out. */
	for (int i = 0; (left = numbers_taken(ORPHANS + 2)) && i < 100; i++)
		usleep(10000);
	if (write(report, &left, sizeof(left)) < 0)
		perror("write");
	_exit(0);
}

static void never_waited_for(void)
{
	static const struct {
		const char *what, *policy;
		int zombies;
	} ways[3] = {
		{ "in a classic pid namespace", NULL, ORPHANS },
		{ "in a pspace, policy init", "init", ORPHANS },
		{ "in a pspace, policy auto", "auto", 0 },
	};

	step("A pid 1 that never waits, and 1000 orphans: with policy auto, no tini.");
	for (int i = 0; i < 3; i++) {
		unsigned long long id;
		int report[2], left = -1, space = -1;
		pid_t wid;

		if (pipe2(report, O_CLOEXEC))
			return;
		wid = ways[i].policy ? fork_space_with(ways[i].policy, &id, &space)
				     : fork_with(CLONE_NEWPID);
		if (!wid)
			never_wait(report[1]);
		close(report[1]);
		if (read(report[0], &left, sizeof(left)) < 0)
			perror("read");
		close(report[0]);
		close(space);
		waitpid(wid, NULL, 0);
		answer(left == ways[i].zombies, ways[i].what,
		       "%d are left as zombies", left);
	}
}

static void outliving(void)
{
	unsigned long long id = 0;
	struct pspace_info info = {};
	struct pollfd space = {};
	int status = 0, held[2];
	char byte, text[64];
	pid_t wid;

	step("With policy outer a space outlives its pid 1; and one write ends it.");
	if (pipe2(held, O_CLOEXEC))
		return;
	wid = fork_space_with("outer", &id, &space.fd);
	if (!wid) {
		for (int i = 0; i < 100; i++)
			if (!fork_with(0))
				for (;;)
					pause();
		_exit(7);
	}
	close(held[1]);
	waitpid(wid, &status, 0);
	poll(&space, 1, 0);
	answer(!(space.revents & POLLHUP), "pid 1 exits, waitpid()",
	       "%s; the 100 others go on", ended(status));
	show_command("pspace ls");

	snprintf(text, sizeof(text), "echo 1 > /proc/pspace/%llu/kill", id);
	answer(tell_space(id, "kill", "1"), text, "done");
	poll(&space, 1, 10000);
	answer(space.revents & POLLHUP && read(held[0], &byte, 1) == 0,
	       "poll() on the descriptor of the space", "POLLHUP: the last one is gone");
	answer(!ioctl(space.fd, PSPACE_GET_INFO, &info) &&
	       info.flags & PSPACE_INFO_EXIT && info.exit_code == status,
	       "ioctl(PSPACE_GET_INFO)", "its pid 1 %s", ended(info.exit_code));
	close(space.fd);
	close(held[0]);
}

/* A process of the zoo, which stays. */
static void __attribute__((noreturn)) animal(const char *name, int ready)
{
	prctl(PR_SET_NAME, name);
	if (write(ready, "", 1) < 0)
		perror("write");
	for (;;)
		pause();
}

/* What a process of the zoo is made with, and what it goes on to make itself. */
struct cage {
	const char *name;
	unsigned long flags;
	const struct cage *within;	/* up to one without a name */
};

static void stock(const struct cage *cage, int ready)
{
	for (; cage && cage->name; cage++) {
		if (fork_with(cage->flags))
			continue;
		stock(cage->within, ready);
		animal(cage->name, ready);
	}
}

#define ANIMALS 9

static const struct cage cubs[] = { { "cub-1", 0, NULL }, {} };
static const struct cage mice[] = { { "mouse", 0, NULL }, {} };
static const struct cage lions[] = {
	{ "lioness", 0, NULL },
	{ "den", CLONE_NEWPSPACE, cubs },
	{ "crate", CLONE_NEWPID, mice },	/* a classic pid namespace */
	{},
};

static const struct cage zebras[] = { { "foal", 0, NULL }, {} };
static const struct cage zoo[] = {
	{ "lion", CLONE_NEWPSPACE, lions },
	{ "zebra", CLONE_NEWPSPACE, zebras },
	{},
};

/* A line of /proc/pspace/tasks. */
struct task {
	unsigned long long space;
	int nr;
	char command[32], path[64];
};

static bool read_task(const char *line, struct task *task)
{
	return sscanf(line, "%llu %d %*s %*s %*s %*s %*s %31s %63s", &task->space,
		      &task->nr, task->command, task->path) == 4;
}

/* The same process by its pair and by walking its path. */
static bool is_the_same(const struct task *task)
{
	char by_pair[64], by_path[128], line[128], name[128] = "";
	const char *step = task->path;
	size_t length = snprintf(by_path, sizeof(by_path), "/proc/");
	FILE *file;

	snprintf(by_pair, sizeof(by_pair), "/proc/pspace/%llu/%d", task->space,
		 task->nr);
	/* 12/34.2/5 is walked as 12/pspace/34/pspace.2/5, @57/5 as pspace/57/5. */
	if (*step == '@') {
		int digits = strspn(step + 1, "0123456789");

		length += sprintf(by_path + length, "pspace/%.*s/", digits, step + 1);
		step += digits + 2;
	}
	for (; *step; step++) {
		char nth[16] = "";

		if (*step == '.')
			step += snprintf(nth, sizeof(nth), ".%d", atoi(step + 1));
		if (*step == '/')
			length += sprintf(by_path + length, "/pspace%s/", nth);
		else
			by_path[length++] = *step;
	}
	strcpy(by_path + length, "/comm");
	file = fopen(by_path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		*name = 0;
	fclose(file);
	name[strcspn(name, "\n")] = 0;
	strcat(by_pair, "/status");
	file = fopen(by_pair, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "PspacePath:\t", 12))
			continue;
		line[strcspn(line, "\n")] = 0;
		fclose(file);
		return !strcmp(line + 12, task->path) && !strcmp(name, task->command);
	}
	return false;
}

static void global_view(void)
{
	struct task task, cub = {};
	unsigned long long id, cages[2];
	int inits = 0;
	int ready[2], space, status, same = 0, seen = 0;
	pid_t keeper, stray;
	char byte, line[512], text[64];
	FILE *file;

	step("From above all is in sight, by pair and by path; nothing is entered.");
	if (pipe2(ready, O_CLOEXEC))
		return;
	keeper = fork_with(0);
	if (!keeper) {
		stock(zoo, ready[1]);
		animal("keeper", ready[1]);
	}
	stray = fork_space_with("outer", &id, &space);
	if (!stray) {
		if (!fork_with(0))
			animal("stray", ready[1]);
		_exit(0);
	}
	waitpid(stray, &status, 0);
	for (int i = 0; i < ANIMALS + 1; i++)
		if (read(ready[0], &byte, 1) != 1)
			perror("read");

	show_command("pspace ps --tree -o pair,command -Q 'space > 4 || command == \"keeper\"'");
	say("$ cat /proc/pspace/tasks      (the zoo's lines)");
	file = fopen("/proc/pspace/tasks", "re");
	while (file && fgets(line, sizeof(line), file)) {
		bool of_zoo = read_task(line, &task) &&
			      (task.space != ROOT || !strcmp(task.command, "keeper"));

		if (!seen || of_zoo)
			printf("   | %s", line);
		seen += !seen || of_zoo;
		same += of_zoo && is_the_same(&task);
		if (of_zoo && !strcmp(task.command, "cub-1"))
			cub = task;
		if (of_zoo && inits < 2 && (!strcmp(task.command, "lion") ||
					    !strcmp(task.command, "zebra")))
			cages[inits++] = task.space;
	}
	if (file)
		fclose(file);
	answer(same == seen - 1 && same >= ANIMALS + 1, "each of them by pair and by path",
	       "the same process, %d times", same);

	snprintf(text, sizeof(text), "pidfd of the pair (%llu,%d), SIGKILL", cub.space,
		 cub.nr);
	snprintf(line, sizeof(line), "/proc/pspace/%llu/1/ns/pid", cub.space);
	close(space);
	space = open(line, O_RDONLY | O_CLOEXEC);
	status = ioctl(space, PSPACE_OPEN_PIDFD, cub.nr);
	answer(status >= 0 && !syscall(SYS_pidfd_send_signal, status, SIGKILL, NULL, 0),
	       text, "%s", status < 0 ? strerror(errno) : "sent");
	close(status);
	close(space);
	close(ready[0]);
	close(ready[1]);
	tell_space(id, "kill", "1");
	while (inits)
		tell_space(cages[--inits], "kill", "1");
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
}

/* Say, each time that one asks, whether what is above can be signalled by its pair. */
static void look_up(int ask, int tell)
{
	int fd, err;
	char byte;

	unshare(CLONE_NEWNS);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	while (read(ask, &byte, 1) == 1) {
		fd = open("/proc/pspace/4/1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 || syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) ? errno : 0;
		close(fd);
		if (write(tell, &err, sizeof(err)) != sizeof(err))
			break;
	}
	_exit(0);
}

static int looks_up(int ask, int told)
{
	int err = EIO;

	if (write(ask, "", 1) != 1 || read(told, &err, sizeof(err)) != sizeof(err))
		err = EIO;
	return err;
}

static void half_isolation(void)
{
	int err, space, ask[2], told[2];
	unsigned long long id = 0;
	char text[64];
	pid_t wid;

	step("Of what is above a space sees what it is let see, and by pairs only.");
	if (pipe2(ask, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		return;
	wid = fork_space_with("init", &id, &space);
	if (!wid) {
		close(ask[1]);
		look_up(ask[0], told[1]);
	}
	close(space);
	err = looks_up(ask[1], told[0]);
	answer(err == ENOENT, "inside, signal 0 to /proc/pspace/4/1", "%s", strerror(err));
	snprintf(text, sizeof(text), "echo half > /proc/pspace/%llu/isolation", id);
	answer(tell_space(id, "isolation", "half"), text, "done");
	err = looks_up(ask[1], told[0]);
	answer(!err, "inside, signal 0 to /proc/pspace/4/1", "%s", err ? strerror(err) : "sent");
	for (int i = 0; i < 2; i++) {
		close(ask[!i]);
		close(told[i]);
	}
	waitpid(wid, NULL, 0);
}

static void death_of_init(pid_t outer)
{
	int status = 0, held[2];
	char byte;
	pid_t wid;

	step("When pid 1 dies, all in its space dies first, spaces within included.");
	if (pipe2(held, O_CLOEXEC))
		return;
	wid = fork_with(CLONE_NEWPSPACE);
	if (!wid) {
		/* Each holds the pipe open as long as it lives. */
		for (int i = 0; i < 100; i++)
			if (!fork_with(i % 10 ? 0 : CLONE_NEWPSPACE))
				for (;;)
					pause();
		_exit(0);
	}
	close(held[1]);
	waitpid(wid, &status, 0);
	fcntl(held[0], F_SETFL, O_NONBLOCK);
	answer(read(held[0], &byte, 1) == 0,
	       "pid 1 with 100 members, 10 of them inits, exits",
	       "waitpid(): %s; none is left", ended(status));
	kill_space(outer);
	answer(kill(outer, 0) && errno == ESRCH, "kill the outer space of step 4",
	       "gone, the inner with it");
}

static void unload(pid_t last)
{
	int err;

	step("The module stays as long as a space lives.");
	err = syscall(SYS_delete_module, "pspace", O_NONBLOCK) ? errno : 0;
	answer(err == EAGAIN || err == EBUSY, "rmmod pspace, while right lives", "%s",
	       err ? "in use" : "removed");
	kill_space(last);
	err = rmmod_when_free();
	answer(!err, "kill right, rmmod pspace", "%s", err ? strerror(err) : "removed");
	no_module("no module is loaded");
}

int main(void)
{
	pid_t left, right, outer;

	setvbuf(stdout, NULL, _IOLBF, 0);
	load();
	first();
	twins(&left, &right);
	on_demand(left);
	outer = nest();
	inside();
	signals(left, right);
	orphans();
	never_waited_for();
	outliving();
	death_of_init(outer);
	global_view();
	half_isolation();
	unload(right);

	if (failures)
		printf("\nDEMO FAILED: %d answers are not what they should be.\n", failures);
	else
		printf("\nDEMO PASSED: the kernel answered all as it should.\n");
	return !!failures;
}
