// SPDX-License-Identifier: GPL-2.0
/*
 * What is in the directory of a space beside processes and the files to steer it, what
 * is not, and that its files say what those of /proc do.
 *
 * model: A /proc to live in
 */

#include "home.h"

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

TEST_HARNESS_MAIN
