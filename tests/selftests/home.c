// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a space as a /proc to live in: what is in it beside processes and the
 * files to steer the space, what is not, and what who has nothing else can do.
 */

#include "tree.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <termios.h>
#include "harness.h"

#define OTHER	65533

/* A number by which a member is found. */
#define MEMBER	7654

/* What more than the processes and the controls a directory has. */
static bool is_own_link(const char *name)
{
	return is_one_of(name, own_links, COUNT_OF(own_links));
}

static bool is_control(const char *name)
{
	return is_one_of(name, control_files, COUNT_OF(control_files));
}

static bool is_number(const char *name)
{
	return *name >= '1' && *name <= '9';
}

/* What a directory lists. */
struct entry {
	char name[32];
	int type;
	uint64_t ino;
	/* Where the next one is. */
	off64_t next;
};

struct entries {
	int count;
	struct entry of[256];
};

/* Read a part that fits into SIZE bytes. False at the end. */
static bool more_entries(struct entries *all, int fd, size_t size)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t length, at;

	CHECK(size <= sizeof(buffer));
	length = getdents64(fd, buffer, size);
	CHECK(length >= 0);
	for (at = 0; at < length;) {
		const struct dirent64 *from = (void *)(buffer + at);
		struct entry *entry = &all->of[all->count++];

		at += from->d_reclen;
		CHECK(all->count <= COUNT_OF(all->of));
		CHECK(strlen(from->d_name) < sizeof(entry->name));
		memcpy(entry->name, from->d_name, strlen(from->d_name) + 1);
		entry->type = from->d_type;
		entry->ino = from->d_ino;
		entry->next = from->d_off;
	}
	return length;
}

static struct entries entries_from(int fd, off64_t at, size_t size)
{
	struct entries all = {};

	CHECK(lseek(fd, at, SEEK_SET) == at);
	while (more_entries(&all, fd, size))
		;
	return all;
}

static struct entries entries_of(const char *path)
{
	int fd = open_directory(path);
	struct entries all;

	CHECK(fd >= 0);
	all = entries_from(fd, 0, 8192);
	close(fd);
	return all;
}

/* Processes come and go in the root: the others only. */
static void drop_numbers(struct entries *all)
{
	int i, count = 0;

	for (i = 0; i < all->count; i++)
		if (!is_number(all->of[i].name))
			all->of[count++] = all->of[i];
	all->count = count;
}

static int times_in(const struct entries *all, const char *name, int type)
{
	int i, count = 0;

	for (i = 0; i < all->count; i++)
		count += !strcmp(all->of[i].name, name) && all->of[i].type == type;
	return count;
}

/* Have these the same names, one after the other, from the FIRST of the whole on? */
static bool are_the_rest(const struct entries *rest, const struct entries *whole, int first)
{
	int i;

	if (rest->count != whole->count - first) {
		dprintf(2, "# %d entries, not %d\n", rest->count, whole->count - first);
		return false;
	}
	for (i = 0; i < rest->count; i++)
		if (strcmp(rest->of[i].name, whole->of[first + i].name))
			return false;
	return true;
}

/*
 * What is in it: once of a space with two processes, as the test's /proc shows it, and
 * once of the root
 */
FIXTURE(home)
{
	struct space space;
	unsigned long long id;
	const char *path;
};

FIXTURE_VARIANT(home) { bool is_root; };

FIXTURE_VARIANT_ADD(home, of_a_space) { false };

FIXTURE_VARIANT_ADD(home, of_the_root) { true };

FIXTURE_SETUP(home)
{
	self->space = space_of(1);
	self->id = variant->is_root ? ROOT_ID : self->space.id;
	self->path = strdup(CONTROL_PATH(self->id, ""));
}

FIXTURE_TEARDOWN(home)
{
	EXPECT_EQ(end(self->space.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(home, lists_what_a_proc_needs_and_nothing_else)
{
	struct entries all = entries_of(self->path);
	int i, beside = 0;

	for (i = 0; i < all.count; i++) {
		const char *name = all.of[i].name;
		bool known = !strcmp(name, ".") || !strcmp(name, "..") || is_number(name);

		if (known)
			continue;
		known = is_own_link(name) || is_machine_file(name) ||
			(is_control(name) && !variant->is_root);
		EXPECT_TRUE(known)
			TH_LOG("%s", name);
		beside++;
	}
	EXPECT_EQ(beside, entries_beside_processes(!variant->is_root));
	for (i = 0; i < COUNT_OF(own_links); i++)
		EXPECT_EQ(times_in(&all, own_links[i], DT_LNK), 1)
			TH_LOG("%s", own_links[i]);
	for (i = 0; i < COUNT_OF(machine_files); i++)
		EXPECT_EQ(times_in(&all, machine_files[i], DT_REG),
			  is_machine_file(machine_files[i]))
			TH_LOG("%s", machine_files[i]);
	for (i = 0; i < COUNT_OF(control_files); i++)
		EXPECT_EQ(times_in(&all, control_files[i], DT_REG), !variant->is_root)
			TH_LOG("%s", control_files[i]);
	EXPECT_EQ(times_in(&all, "1", DT_DIR), 1);
	EXPECT_EQ(times_in(&all, ".", DT_DIR), 1);
	EXPECT_EQ(times_in(&all, "..", DT_DIR), 1);
}

TEST_F(home, has_what_it_lists_as_it_lists_it)
{
	struct entries all = entries_of(self->path);
	struct stat status;
	int i;

	drop_numbers(&all);
	for (i = 0; i < all.count; i++) {
		const struct entry *entry = &all.of[i];

		if (entry->name[0] == '.')
			continue;
		ASSERT_EQ(lstat(TEXT("%s/%s", self->path, entry->name), &status), 0)
			TH_LOG("%s", entry->name);
		EXPECT_EQ((status.st_mode & S_IFMT) >> 12, entry->type)
			TH_LOG("%s", entry->name);
		EXPECT_EQ(status.st_ino, entry->ino)
			TH_LOG("%s", entry->name);
	}
}

/* Those of processes are given as they are looked up. */
TEST_F(home, has_no_number_of_an_inode_twice)
{
	struct entries all = entries_of(self->path);
	int i, j;

	drop_numbers(&all);
	for (i = 0; i < all.count; i++)
		for (j = 0; j < i; j++)
			EXPECT_NE(all.of[i].ino, all.of[j].ino)
				TH_LOG("%s %s", all.of[i].name, all.of[j].name);
}

TEST_F(home, has_the_files_with_the_modes_that_they_have_in_proc)
{
	struct stat here, there;
	int i;

	for (i = 0; i < COUNT_OF(machine_files); i++) {
		if (!is_machine_file(machine_files[i]))
			continue;
		ASSERT_EQ(stat(TEXT("%s/%s", self->path, machine_files[i]), &here), 0)
			TH_LOG("%s", machine_files[i]);
		ASSERT_EQ(stat(TEXT("/proc/%s", machine_files[i]), &there), 0);
		EXPECT_EQ(here.st_mode, there.st_mode);
		EXPECT_EQ(here.st_uid, 0);
		EXPECT_EQ(here.st_gid, 0);
	}
	for (i = 0; i < COUNT_OF(own_links); i++) {
		ASSERT_EQ(lstat(TEXT("%s/%s", self->path, own_links[i]), &here), 0);
		EXPECT_EQ(here.st_mode, S_IFLNK | 0777);
		EXPECT_EQ(here.st_uid, 0);
	}
}

/* Is there nothing of this name, however one asks? */
static bool is_nothing(const char *path)
{
	struct stat status;

	if (is_missing(path) && lstat(path, &status) == -1 && errno == ENOENT &&
	    open(path, O_RDONLY | O_CLOEXEC) == -1 && errno == ENOENT &&
	    open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) == -1 && errno == ENOENT)
		return true;
	dprintf(2, "# there is a %s\n", path);
	return false;
}

/* Whatever the kernel has in /proc. */
TEST_F(home, has_no_other_name_of_proc)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	ASSERT_NE(proc, NULL);
	while ((entry = readdir(proc))) {
		if (entry->d_name[0] == '.' || is_number(entry->d_name) ||
		    is_own_link(entry->d_name) || is_machine_file(entry->d_name))
			continue;
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", self->path, entry->d_name)));
		count++;
	}
	closedir(proc);
	/* sys, tty, sysvipc, pspace, ... */
	EXPECT_GT(count, 10);
}

/* What other kernels may have, and what was never there. */
static const char *const unwanted[] = {
	"sys", "sys/kernel", "sys/kernel/hostname", "kcore", "keys", "key-users",
	"sysrq-trigger", "interrupts", "kmsg", "cmdline", "kallsyms", "timer_list", "bus",
	"fs", "irq", "acpi", "driver", "locks", "config.gz", "modules", "pspace",
	"pspace/self", "pspace/spaces", "scsi", "tty", "sysvipc", "slabinfo", "crypto",
	"consoles", "devices", "iomem", "ioports", "kpagecount", "kpageflags", "kpagecgroup",
	"latency_stats", "mdstat", "misc", "mtrr", "pagetypeinfo", "partitions", "pressure",
	"sched_debug", "schedstat", "softirqs", "vmallocinfo", "vmcore", "zoneinfo", "dma",
	"asound", "dynamic_debug", "execdomains", "fb", "bootconfig", "buddyinfo", "spaces",
	"tasks", "sel", "selff", "Self", "self ", "thread", "threads-self", "mount", "nets",
	"meminf", "meminfoo", "versio", "version ", "version_signature", "exe", "fd", "status",
};

TEST_F(home, has_nothing_that_it_should_not_have)
{
	int i;

	for (i = 0; i < COUNT_OF(unwanted); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", self->path, unwanted[i])));
}

TEST_F(home, is_no_place_to_make_anything)
{
	EXPECT_EQ(open(TEXT("%s/new", self->path), O_CREAT | O_WRONLY | O_CLOEXEC, 0644), -1);
	EXPECT_EQ(mkdir(TEXT("%s/sys", self->path), 0755), -1);
	EXPECT_EQ(symlink("/proc/sys", TEXT("%s/sys", self->path)), -1);
	EXPECT_EQ(link("/proc/version", TEXT("%s/cmdline", self->path)), -1);
	EXPECT_EQ(unlink(TEXT("%s/self", self->path)), -1);
	EXPECT_EQ(unlink(TEXT("%s/meminfo", self->path)), -1);
	EXPECT_EQ(rename(TEXT("%s/meminfo", self->path), TEXT("%s/stat", self->path)), -1);
	EXPECT_TRUE(is_nothing(TEXT("%s/sys", self->path)));
	EXPECT_TRUE(is_nothing(TEXT("%s/cmdline", self->path)));
	EXPECT_EQ(access(TEXT("%s/meminfo", self->path), R_OK), 0);
}

/*
 * In pieces
 */

TEST_F(home, lists_each_once_in_small_pieces)
{
	static const size_t sizes[] = { 32, 40, 48, 64, 100, 256, 1000 };
	struct entries whole = entries_of(self->path), pieces;
	int i, fd = open_directory(self->path);

	ASSERT_GE(fd, 0);
	drop_numbers(&whole);
	for (i = 0; i < COUNT_OF(sizes); i++) {
		pieces = entries_from(fd, 0, sizes[i]);
		EXPECT_EQ(times_in(&pieces, "1", DT_DIR), 1);
		drop_numbers(&pieces);
		EXPECT_TRUE(are_the_rest(&pieces, &whole, 0));
	}
	close(fd);
}

TEST_F(home, lists_the_same_after_a_seek_to_any_of_it)
{
	struct entries whole = entries_of(self->path), rest;
	int i, fd = open_directory(self->path);

	ASSERT_GE(fd, 0);
	drop_numbers(&whole);
	/* Backwards, and then the other way. */
	for (i = whole.count - 1; i >= 0; i--) {
		rest = entries_from(fd, whole.of[i].next, 32);
		drop_numbers(&rest);
		EXPECT_TRUE(are_the_rest(&rest, &whole, i + 1));
	}
	for (i = 0; i < whole.count; i++) {
		rest = entries_from(fd, whole.of[i].next, 8192);
		EXPECT_EQ(times_in(&rest, "1", DT_DIR), 1);
		drop_numbers(&rest);
		EXPECT_TRUE(are_the_rest(&rest, &whole, i + 1));
	}
	close(fd);
}

TEST_F(home, lists_at_places_that_go_up)
{
	struct entries all = entries_of(self->path);
	int i;

	for (i = 1; i < all.count; i++)
		EXPECT_GT(all.of[i].next, all.of[i - 1].next)
			TH_LOG("%s", all.of[i].name);
}

/*
 * What the files say: as those of /proc
 */

/* The same, whenever it is read. */
TEST_F(home, says_word_for_word_what_stays)
{
	static const char *const names[] = { "version", "filesystems", "cpuinfo", "cgroups" };
	char *before = NULL, *here = NULL, *after = NULL;
	int i;

	for (i = 0; i < COUNT_OF(names); i++) {
		ASSERT_TRUE(is_machine_file(names[i]));
		ASSERT_EQ(access(TEXT("%s/%s", self->path, names[i]), R_OK), 0);
		/* A group that another test has left may go just now. */
		do {
			before = read_text(TEXT("/proc/%s", names[i]));
			here = read_text(TEXT("%s/%s", self->path, names[i]));
			after = read_text(TEXT("/proc/%s", names[i]));
		} while (strcmp(before, after));
		EXPECT_STREQ(here, before);
		EXPECT_GT(strlen(here), 10);
	}
}

/* Leave the first word of each line. */
static void keep_first_words(char *text)
{
	char *to = text, *line;

	while ((line = strsep(&text, "\n"))) {
		size_t length = strcspn(line, " \t:");

		memmove(to, line, length);
		to += length;
		*to++ = ' ';
	}
	to[-1] = 0;
}

TEST_F(home, says_of_each_thing_what_changes)
{
	static const char *const names[] = { "meminfo", "vmstat", "stat", "swaps", "diskstats" };
	int i;

	for (i = 0; i < COUNT_OF(names); i++) {
		char *here, *there;

		if (!is_machine_file(names[i]))
			continue;
		ASSERT_EQ(access(TEXT("%s/%s", self->path, names[i]), R_OK), 0);
		here = read_text(TEXT("%s/%s", self->path, names[i]));
		there = read_text(TEXT("/proc/%s", names[i]));
		keep_first_words(here);
		keep_first_words(there);
		EXPECT_STREQ(here, there);
	}
}

static double uptime(const char *path)
{
	double up = -1, idle;
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	if (fscanf(file, "%lf %lf", &up, &idle) != 2)
		up = -1;
	fclose(file);
	return up;
}

TEST_F(home, says_for_how_long_the_machine_is_up)
{
	double before = uptime("/proc/uptime"), here, after;

	here = uptime(TEXT("%s/uptime", self->path));
	after = uptime("/proc/uptime");
	EXPECT_GT(before, 0);
	EXPECT_GE(here, before);
	EXPECT_GE(after, here);
}

TEST_F(home, says_how_much_there_is_to_do)
{
	double load[3];
	int running, threads, last, used = 0, found;
	char line[128];

	ASSERT_TRUE(read_line(TEXT("%s/loadavg", self->path), "", line, sizeof(line)));
	found = sscanf(line, "%lf %lf %lf %d/%d %d%n", &load[0], &load[1], &load[2],
		       &running, &threads, &last, &used);
	ASSERT_EQ(found, 6);
	EXPECT_EQ(line[used], 0);
	EXPECT_GT(threads, 0);
}

TEST_F(home, says_it_in_pieces)
{
	static const size_t sizes[] = { 1, 7, 100 };
	char *whole, *piece;
	int i, fd;

	ASSERT_EQ(access(TEXT("%s/version", self->path), R_OK), 0);
	whole = read_text(TEXT("%s/version", self->path));
	for (i = 0; i < COUNT_OF(sizes); i++) {
		piece = read_in_pieces(TEXT("%s/version", self->path), sizes[i]);
		EXPECT_STREQ(piece, whole);
	}
	fd = open(TEXT("%s/version", self->path), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(lseek(fd, 5, SEEK_SET), 5);
	piece = read_all(fd, 100);
	EXPECT_STREQ(piece, whole + 5);
	close(fd);
}

TEST_F(home, says_it_to_all_users_and_takes_nothing_from_them)
{
	int i;

	IN(fork()) {
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		for (i = 0; i < COUNT_OF(machine_files); i++) {
			const char *path = TEXT("%s/%s", self->path, machine_files[i]);

			if (!is_machine_file(machine_files[i]))
				continue;
			CHECK(strlen(read_text(path)) > 0);
			CHECK(open(path, O_WRONLY | O_CLOEXEC) == -1 && errno == EACCES);
		}
	}
}

/*
 * Who reads it
 */

/* Wait until who has a gate from the caller passes it; who has gone will not. */
static int32_t gate_hear(struct gate *gate)
{
	close(gate->fd[1]);
	return gate_wait(gate);
}

/* Have a new space's init look at the directory of that: 0 if all was as it should be. */
static int look_inside(void (*look)(uint64_t id))
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		look(ns_id(own_ns()));
		_exit(0);
	}
	return reap(wid);
}

/* Is the caller by its number NR there? It is no thread but the first. */
static bool is_self(uint64_t id, pid_t nr)
{
	if (!strcmp(LINK(CONTROL_PATH(id, "self")), TEXT("%d", nr)) &&
	    !strcmp(LINK(CONTROL_PATH(id, "thread-self")), TEXT("%d/task/%d", nr, nr)) &&
	    says(CONTROL_PATH(id, "self/status"), "Pid", TEXT("%d", nr)) &&
	    says(CONTROL_PATH(id, "thread-self/status"), "Pid", TEXT("%d", nr)))
		return true;
	dprintf(2, "# self is %s, not %d\n", LINK(CONTROL_PATH(id, "self")), nr);
	return false;
}

/* The links are there; they lead nowhere. */
static bool is_nobody(uint64_t id)
{
	static const char *const names[] = {
		"self", "self/", "self/status", "self/../1", "thread-self",
		"thread-self/status", "mounts", "net", "net/dev",
	};
	struct stat status;
	int i;

	for (i = 0; i < COUNT_OF(names); i++) {
		const char *path = CONTROL_PATH(id, names[i]);

		if (open(path, O_RDONLY | O_CLOEXEC) != -1 || errno != ENOENT ||
		    !is_missing(path)) {
			dprintf(2, "# there is a %s\n", path);
			return false;
		}
	}
	for (i = 0; i < COUNT_OF(own_links); i++) {
		const char *path = CONTROL_PATH(id, own_links[i]);

		if (lstat(path, &status) || !S_ISLNK(status.st_mode)) {
			dprintf(2, "# there is no link %s\n", path);
			return false;
		}
	}
	errno = 0;
	return !*LINK(CONTROL_PATH(id, "self")) && errno == ENOENT &&
	       !*LINK(CONTROL_PATH(id, "thread-self")) && errno == ENOENT;
}

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

/* What a command prints, which must end well. */
static char *output_of(const char *command)
{
	FILE *file = popen(command, "r");
	char *text = malloc(1 << 16);
	size_t length;

	CHECK(file && text);
	length = fread(text, 1, (1 << 16) - 1, file);
	text[length] = 0;
	if (pclose(file)) {
		dprintf(2, "# %s: %s\n", command, text);
		CHECK(!"the command has ended well");
	}
	return text;
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

/*
 * Mounts that hide processes
 */

static int look_as(const char *options, uid_t user, void (*look)(uint64_t id), uint64_t id)
{
	pid_t child = fork_child();

	if (!child) {
		mount_proc_with(options);
		CHECK(!setgroups(0, NULL));
		become(user);
		look(id);
		_exit(0);
	}
	return reap(child);
}

static void see_nothing(uint64_t id)
{
	int i;

	CHECK(is_nothing(CONTROL_PATH(id, "")));
	for (i = 0; i < COUNT_OF(own_links); i++)
		CHECK(is_nothing(CONTROL_PATH(id, own_links[i])));
	for (i = 0; i < COUNT_OF(machine_files); i++)
		CHECK(is_nothing(CONTROL_PATH(id, machine_files[i])));
}

static void see_it(uint64_t id)
{
	CHECK(is_nobody(id));
	CHECK(!access(CONTROL_PATH(id, "meminfo"), R_OK));
	CHECK(entries_of(CONTROL_PATH(id, "")).count > entries_beside_processes(true));
}

TEST(hidepid_hides_a_home_with_all_that_is_in_it)
{
	struct space space = space_of(1);

	EXPECT_EQ(look_as("hidepid=invisible", OTHER, see_nothing, space.id), 0);
	EXPECT_EQ(look_as("hidepid=ptraceable", OTHER, see_nothing, space.id), 0);
	EXPECT_EQ(look_as("hidepid=invisible", 0, see_it, space.id), 0);
	EXPECT_EQ(look_as("hidepid=noaccess", OTHER, see_it, space.id), 0);
	EXPECT_EQ(look_as(NULL, OTHER, see_it, space.id), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_what_is_in_a_home_that_is_open)
{
	struct space space = space_of(1);
	int i, fd;

	IN(fork()) {
		struct stat status;
		char target[16];

		mount_proc_with("hidepid=invisible");
		fd = open_directory(CONTROL_PATH(space.id, ""));
		CHECK(fd >= 0);
		/* These are in the cache now. */
		CHECK(!faccessat(fd, "meminfo", R_OK, 0));
		CHECK(!fstatat(fd, "self", &status, AT_SYMLINK_NOFOLLOW));
		CHECK(!setgroups(0, NULL));
		become(OTHER);
		for (i = 0; i < COUNT_OF(own_links); i++) {
			CHECK(readlinkat(fd, own_links[i], target, sizeof(target)) == -1);
			CHECK(errno == ENOENT);
			CHECK(fstatat(fd, own_links[i], &status, AT_SYMLINK_NOFOLLOW) == -1);
			CHECK(errno == ENOENT);
		}
		for (i = 0; i < COUNT_OF(machine_files); i++) {
			CHECK(openat(fd, machine_files[i], O_RDONLY | O_CLOEXEC) == -1);
			CHECK(errno == ENOENT);
		}
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

static void be_a_user_who_sees_himself_only(uint64_t id)
{
	pid_t member;

	mount_proc_with("hidepid=invisible");
	member = fork_child();
	if (!member) {
		CHECK(!setgroups(0, NULL));
		become(OTHER);
		CHECK(is_self(id, getpid()));
		CHECK(is_missing(CONTROL_PATH(id, "1/status")));
		CHECK(!access(CONTROL_PATH(id, "meminfo"), R_OK));
		CHECK(!access(CONTROL_PATH(id, "mounts"), R_OK));
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(getpid())));
		_exit(0);
	}
	CHECK(!reap(member));
}

TEST(hidepid_hides_nobody_from_himself)
{
	EXPECT_EQ(look_inside(be_a_user_who_sees_himself_only), 0);
}

TEST(a_proc_of_processes_only_has_no_homes)
{
	struct space space = space_of(1);

	IN(fork()) {
		mount_proc_with("subset=pid");
		CHECK(is_nothing("/proc/meminfo"));
		CHECK(is_nothing("/proc/pspace"));
		CHECK(is_nothing(CONTROL_PATH(space.id, "meminfo")));
		CHECK(is_nothing(CONTROL_PATH(ROOT_ID, "meminfo")));
		CHECK(is_nothing(TEXT("/proc/%d/pspace/meminfo", getppid())));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/*
 * Bound to where a /proc is
 */

static bool is_proc(const char *path)
{
	struct statfs status;

	return !statfs(path, &status) && status.f_type == PROC_SUPER_MAGIC;
}

static void bind_to(const char *from, const char *to)
{
	CHECK(!mount(from, to, NULL, MS_BIND, NULL));
}

/* Cover some of /proc, as runtimes of containers do, for the caller alone. */
static void mask_proc(void)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	bind_to("/dev/null", "/proc/sysrq-trigger");
	CHECK(!mount("tmpfs", "/proc/sys", "tmpfs", MS_RDONLY, NULL));
}

/* The caller's user is root in the new user namespace. */
static void be_root_here(void)
{
	CHECK(!write_file("/proc/self/setgroups", "deny"));
	CHECK(!write_file("/proc/self/uid_map", TEXT("0 %d 1", NOBODY)));
	CHECK(!write_file("/proc/self/gid_map", TEXT("0 %d 1", NOBODY)));
	CHECK(getuid() == 0 && getgid() == 0);
}

static bool may_mount_proc(void)
{
	if (!mount("proc", "/proc", "proc", 0, NULL))
		return true;
	CHECK(errno == EPERM);
	return false;
}

/*
 * Have an unprivileged user live in a space of his own, with a user and a mount namespace,
 * whose directory is his /proc: 0 if all was as it should be.
 */
static int live_at_home(void (*live)(uint64_t id))
{
	pid_t child = fork_child();

	if (!child) {
		pid_t wid;

		mask_proc();
		CHECK(!setgroups(0, NULL));
		become(NOBODY);
		wid = fork_with(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPSPACE);
		CHECK(wid >= 0);
		if (!wid) {
			uint64_t id = ns_id(own_ns());

			be_root_here();
			/* It would uncover what is masked. */
			CHECK(!may_mount_proc());
			bind_to(CONTROL_PATH(id, ""), "/proc");
			live(id);
			_exit(0);
		}
		_exit(reap(wid));
	}
	return reap(child);
}

static void look_around(uint64_t id)
{
	static const char *const names[] = {
		"self/cmdline", "self/comm", "self/environ", "self/fd/0", "self/fdinfo/0",
		"self/limits", "self/maps", "self/mem", "self/ns/pid", "self/root/bin",
		"self/cwd", "self/smaps", "self/stat", "self/statm", "self/task/1/stat",
		"self/cgroup", "self/oom_score_adj", "self/setgroups", "self/uid_map",
		"thread-self/comm", "1/stat", "1/status",
	};
	struct listing fds;
	char *text;
	int i;

	CHECK(getpid() == 1 && !strcmp(LINK("/proc/self"), "1"));
	CHECK(!strcmp(LINK("/proc/thread-self"), "1/task/1"));
	CHECK(!strcmp(strrchr(LINK("/proc/self/exe"), '/'), "/home"));
	CHECK(!access("/proc/self/exe", X_OK));
	for (i = 0; i < COUNT_OF(names); i++) {
		if (!access(TEXT("/proc/%s", names[i]), F_OK))
			continue;
		dprintf(2, "# there is no /proc/%s\n", names[i]);
		CHECK(!"there");
	}
	fds = list("/proc/self/fd");
	CHECK(fds.count >= 2);
	CHECK(is_proc("/proc") && is_proc("/proc/self/"));
	CHECK(has_numbers(1, "1"));
	/* What was mounted there is below. */
	text = read_text("/proc/self/mountinfo");
	CHECK(strstr(text, TEXT(" /pspace/%llu /proc ", (unsigned long long)id)));
	CHECK(strstr(read_text("/proc/mounts"), " /proc proc "));
	CHECK(strstr(read_text("/proc/net/dev"), " lo:"));
	CHECK(!strncmp(read_text("/proc/meminfo"), "MemTotal:", 9));
	CHECK(!strncmp(read_text("/proc/stat"), "cpu ", 4));
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) > 0);
	CHECK(!write_file("/proc/self/comm", "renamed"));
	CHECK(says("/proc/1/status", "Name", "renamed"));
	CHECK(lists("/proc", TIDS(1)));
}

TEST(an_unprivileged_user_lives_in_it)
{
	EXPECT_EQ(live_at_home(look_around), 0);
}

static void look_for_more(uint64_t id)
{
	int i;

	for (i = 0; i < COUNT_OF(unwanted); i++) {
		CHECK(is_nothing(TEXT("/proc/%s", unwanted[i])));
		CHECK(is_missing(TEXT("/proc/self/../%s", unwanted[i])));
	}
	/* Out of it one comes to where it is bound, as ever. */
	CHECK(!access("/proc/../bin/busybox", X_OK));
	CHECK(is_missing("/proc/../spaces"));
	CHECK(!may_mount_proc());
}

TEST(an_unprivileged_user_gets_nothing_else_by_it)
{
	EXPECT_EQ(live_at_home(look_for_more), 0);
}

static void have_a_family(uint64_t id)
{
	struct gate ready = gate_new();
	pid_t child = fork_as(0, TIDS(MEMBER)), nested;

	CHECK(child >= 0);
	if (!child) {
		CHECK(getpid() == MEMBER);
		CHECK(atoi(LINK("/proc/self")) == MEMBER);
		CHECK(says("/proc/self/status", "PPid", "1"));
		if (!fork_child()) {
			CHECK(atoi(LINK("/proc/self")) == getpid());
			_exit(7);
		}
		CHECK(reap(-1) == 7);
		gate_pass(&ready, 0);
		stay();
	}
	gate_hear(&ready);
	CHECK(lists("/proc", TIDS(1, MEMBER)));
	CHECK(read_number(TEXT("/proc/self/task/1/children")) == MEMBER);
	nested = idle_space();
	CHECK(nested > 1 && !access(TEXT("/proc/%d/status", nested), R_OK));
	CHECK(!access(TEXT("/proc/self/pspace/1/status"), R_OK));
	CHECK(end(nested) == BY_SIGNAL(SIGKILL));
	CHECK(end(child) == BY_SIGNAL(SIGKILL));
	CHECK(is_missing(TEXT("/proc/%d", MEMBER)));
}

TEST(who_lives_in_it_sees_its_children)
{
	EXPECT_EQ(live_at_home(have_a_family), 0);
}

static void look_in_pieces(uint64_t id)
{
	struct entries whole = entries_of("/proc"), pieces;
	int fd = open_directory("/proc");

	CHECK(fd >= 0);
	CHECK(whole.count == 2 + entries_beside_processes(true) + 1);
	pieces = entries_from(fd, 0, 32);
	CHECK(are_the_rest(&pieces, &whole, 0));
}

TEST(who_lives_in_it_lists_it)
{
	EXPECT_EQ(live_at_home(look_in_pieces), 0);
}

/* Who is above has control, whatever is bound where. */
static void try_to_control(uint64_t id)
{
	static const char *const orders[][2] = {
		{ "policy", "auto" }, { "isolation", "half" }, { "numbers", "list" },
		{ "signals", "ordinary" }, { "pid_max", "4000" }, { "last_pid", "1000" },
		{ "kill", "1" },
	};
	int i;

	for (i = 0; i < COUNT_OF(orders); i++)
		CHECK(write_file(TEXT("/proc/%s", orders[i][0]), orders[i][1]) == -EPERM);
}

TEST(who_lives_in_it_does_not_control_it)
{
	EXPECT_EQ(live_at_home(try_to_control), 0);
}

static void move_out(uint64_t id)
{
	pid_t wid;

	CHECK(!umount2("/proc", 0));
	/* What is inherited, and masked. */
	wid = atoi(LINK("/proc/self"));
	CHECK(wid > 1 && !access("/proc/pspace/self/status", R_OK));
	CHECK(is_missing("/proc/sys/kernel"));
	CHECK(!may_mount_proc());
	bind_to(CONTROL_PATH(id, ""), "/proc");
	CHECK(!strcmp(LINK("/proc/self"), "1"));
	CHECK(!umount2("/proc", 0));
}

TEST(it_can_be_unmounted_and_bound_again)
{
	EXPECT_EQ(live_at_home(move_out), 0);
}

/* From outside, for one who is to live there, as a runtime does. */
TEST(it_can_be_bound_for_one_who_is_put_in)
{
	struct space space = space_of(1);
	int ns = open_ns(space.wid, "pid");

	ASSERT_GE(ns, 0);
	IN(fork_into(ns)) {
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		bind_to(CONTROL_PATH(space.id, ""), "/proc");
		CHECK(!strcmp(LINK("/proc/self"), "3"));
		CHECK(lists("/proc", TIDS(1, 2, 3)));
		CHECK(!access("/proc/self/exe", X_OK));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* A place to bind something to, for the caller alone. */
static char *place_new(void)
{
	char *place = strdup("/tmp/home-XXXXXX");

	CHECK(place && mkdtemp(place));
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return place;
}

static void place_remove(char *place)
{
	CHECK(!umount2(place, 0));
	CHECK(!rmdir(place));
	free(place);
}

TEST(it_is_empty_when_the_space_has_ended)
{
	struct space space = space_of(1);
	char *place = place_new();
	struct entries all;
	int i;

	bind_to(CONTROL_PATH(space.id, ""), place);
	EXPECT_EQ(access(TEXT("%s/meminfo", place), R_OK), 0);
	EXPECT_EQ(access(TEXT("%s/1/status", place), R_OK), 0);
	EXPECT_EQ(access(TEXT("%s/policy", place), R_OK), 0);
	/* A mount does not keep it. */
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	EXPECT_TRUE(is_proc(place));
	EXPECT_TRUE(is_nothing(TEXT("%s/1", place)));
	for (i = 0; i < COUNT_OF(own_links); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, own_links[i])));
	for (i = 0; i < COUNT_OF(machine_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, machine_files[i])));
	for (i = 0; i < COUNT_OF(control_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, control_files[i])));
	all = entries_of(place);
	EXPECT_LE(all.count, 2);
	place_remove(place);
}

/* What is open stays so: it is the machine's. */
TEST(a_file_of_the_machine_can_be_read_when_the_space_has_ended)
{
	struct space space = space_of(0);
	int fd = open(CONTROL_PATH(space.id, "version"), O_RDONLY | O_CLOEXEC);
	char *whole = read_text("/proc/version"), *text;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	text = read_all(fd, 4096);
	EXPECT_STREQ(text, whole);
	close(fd);
}

static void __attribute__((noreturn)) look_until_it_ends(int fd)
{
	char target[16];
	int file;

	do {
		struct entries all = entries_from(fd, 0, 256);

		CHECK(all.count <= 256);
		CHECK(readlinkat(fd, "self", target, sizeof(target)) == -1);
		CHECK(errno == ENOENT);
		file = openat(fd, "meminfo", O_RDONLY | O_CLOEXEC);
		CHECK(file >= 0 || errno == ENOENT);
		if (file < 0)
			break;
		CHECK(read(file, target, sizeof(target)) == sizeof(target));
		close(file);
	} while (true);
	/* It does not come back. */
	CHECK(faccessat(fd, "self/status", F_OK, 0) == -1 && errno == ENOENT);
	CHECK(faccessat(fd, "meminfo", F_OK, 0) == -1 && errno == ENOENT);
	_exit(0);
}

TEST(it_may_end_while_others_look)
{
	pid_t lookers[3];
	int i, round;

	for (round = 0; round < many(40); round++) {
		struct space space = space_of(2);
		int fd = open_directory(CONTROL_PATH(space.id, ""));

		ASSERT_GE(fd, 0);
		ASSERT_EQ(faccessat(fd, "meminfo", R_OK, 0), 0);
		for (i = 0; i < COUNT_OF(lookers); i++) {
			lookers[i] = fork();
			ASSERT_GE(lookers[i], 0);
			if (!lookers[i])
				look_until_it_ends(open_directory(CONTROL_PATH(space.id, "")));
		}
		EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
		for (i = 0; i < COUNT_OF(lookers); i++)
			EXPECT_EQ(reap(lookers[i]), 0);
		close(fd);
	}
}

TEST(those_who_outlive_pid_1_go_on_to_live_in_it)
{
	struct gate ready = gate_new(), gone = gate_new(), done = gate_new();

	IN(fork_space_with("outer")) {
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		bind_to(CONTROL_PATH(ns_id(own_ns()), ""), "/proc");
		if (fork_as(0, TIDS(MEMBER)))
			_exit(gate_wait(&ready));
		gate_pass(&ready, 0);
		gate_wait(&gone);
		CHECK(atoi(LINK("/proc/self")) == MEMBER);
		CHECK(lists("/proc", TIDS(MEMBER)));
		CHECK(is_nothing("/proc/1"));
		CHECK(!access("/proc/meminfo", R_OK));
		gate_pass(&done, 0);
	}
	gate_pass(&gone, 0);
	EXPECT_EQ(gate_hear(&done), 0);
}

/*
 * Programs as they are, which have no other /proc
 */

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
