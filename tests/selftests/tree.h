/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What procfs shows of the processes in spaces: their directories in
 * /proc/pspace/<id> and /proc/<pid>/pspace, and the lists of /proc/pspace.
 */
#ifndef PSPACE_SELFTESTS_TREE_H
#define PSPACE_SELFTESTS_TREE_H

#include "control.h"

#include <stdarg.h>

#define SPACES		"/proc/pspace/spaces"
#define TASKS		"/proc/pspace/tasks"

#define TEXT_SIZE	1024

/* What printf() would print, in a buffer that lasts for one expression. */
#define TEXT(...) format_text((char[TEXT_SIZE]) { 0 }, __VA_ARGS__)

static inline const char *__attribute__((format(printf, 2, 3)))
format_text(char text[TEXT_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	CHECK(vsnprintf(text, TEXT_SIZE, format, args) < TEXT_SIZE);
	va_end(args);
	return text;
}

/* The path of a file of a process, by its pair, in such a buffer. */
#define PAIR_PATH(id, nr, name) \
	TEXT("/proc/pspace/%llu/%d/%s", (unsigned long long)(id), nr, name)

#define PAIR_STATUS(id, nr) PAIR_PATH(id, nr, "status")

/* A space whose init does nothing, and members that do nothing: 2, 3, ... */
static inline struct space space_of(int members)
{
	struct gate ready = gate_new();
	struct space space = { .ns = -1 };

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		add_children(members);
		gate_pass(&ready, ns_id(own_ns()));
		stay();
	}
	space.id = gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
	return space;
}

/* Is there nothing of this name? */
static inline bool is_missing(const char *path)
{
	return access(path, F_OK) == -1 && errno == ENOENT;
}

/* Spaces go away in the background, and what depends on them does. */
static inline bool is_missing_at_last(const char *path)
{
	return COMES(is_missing(path));
}

static inline bool is_gone_at_last(uint64_t id)
{
	return is_missing_at_last(CONTROL_PATH(id, ""));
}

/* Does a line "KEY: VALUE" stand in a file, as in status? */
static inline bool says(const char *path, const char *key, const char *value)
{
	char line[TEXT_SIZE];

	if (!read_line(path, TEXT("%s:\t", key), line, sizeof(line))) {
		dprintf(2, "# %s has no line %s\n", path, key);
		return false;
	}
	if (strcmp(line, value))
		dprintf(2, "# %s: %s is %s, not %s\n", path, key, line, value);
	return !strcmp(line, value);
}

/* Where a link leads to, in a buffer that lasts for one expression, or "". */
#define LINK(path) read_link((char[TEXT_SIZE]) { 0 }, path)

static inline const char *read_link(char target[TEXT_SIZE], const char *path)
{
	if (readlink(path, target, TEXT_SIZE - 1) < 0)
		*target = 0;
	return target;
}

/*
 * What the directory of a space has beside the processes: files to steer it, which that
 * of the root has not,
 */
static const char *const control_files[] = {
	"policy", "isolation", "numbers", "signals", "pid_max", "last_pid", "kill",
};

/* what depends on who reads it, */
static const char *const own_links[] = { "self", "thread-self", "mounts", "net" };

/* and what is said of the machine, as far as the kernel says it in /proc. */
static const char *const machine_files[] = {
	"cgroups", "cpuinfo", "diskstats", "filesystems", "loadavg", "meminfo",
	"stat", "swaps", "uptime", "version", "vmstat",
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static inline bool is_one_of(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Has this kernel it? */
static inline bool is_machine_file(const char *name)
{
	return is_one_of(name, machine_files, COUNT_OF(machine_files)) &&
	       !access(TEXT("/proc/%s", name), F_OK);
}

/* How many of all those there are. */
static inline int entries_beside_processes(bool controlled)
{
	int count = COUNT_OF(own_links) + (controlled ? COUNT_OF(control_files) : 0);
	size_t i;

	for (i = 0; i < COUNT_OF(machine_files); i++)
		count += is_machine_file(machine_files[i]);
	return count;
}

/* One that does nothing sleeps from then on. */
static inline void await_sleep(const char *status)
{
	await_state(status, "S");
}

static inline char *read_in_pieces(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	CHECK(fd >= 0);
	text = read_all(fd, size);
	close(fd);
	return text;
}

static inline char *read_text(const char *path)
{
	return read_in_pieces(path, 1 << 16);
}

/* The numbers in a directory of processes, and how much else is in it. */
struct listing {
	int count, others;
	pid_t nr[1024];
};

/* Read a part that fits into SIZE bytes. False at the end. */
static inline bool list_more(struct listing *list, int fd, size_t size)
{
	char buffer[4096] __attribute__((aligned(8)));
	ssize_t length, at;

	CHECK(size <= sizeof(buffer));
	length = getdents64(fd, buffer, size);
	CHECK(length >= 0);
	for (at = 0; at < length;) {
		struct dirent64 *entry = (void *)(buffer + at);
		pid_t nr = atoi(entry->d_name);

		at += entry->d_reclen;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!nr) {
			list->others++;
			continue;
		}
		CHECK(!strcmp(entry->d_name, TEXT("%d", nr)));
		/* In order, and none twice. */
		CHECK(!list->count || nr > list->nr[list->count - 1]);
		CHECK(list->count < 1024);
		list->nr[list->count++] = nr;
	}
	return length;
}

static inline int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline struct listing list_in_pieces(const char *path, size_t size)
{
	struct listing list = {};
	int fd = open_directory(path);

	CHECK(fd >= 0);
	while (list_more(&list, fd, size))
		;
	close(fd);
	return list;
}

static inline struct listing list(const char *path)
{
	return list_in_pieces(path, 4096);
}

static inline bool is_in(const struct listing *list, pid_t nr)
{
	int i;

	for (i = 0; i < list->count; i++)
		if (list->nr[i] == nr)
			return true;
	return false;
}

/* Are these the processes in a directory? lists(path, TIDS(1, 2)) */
static inline bool lists(const char *path, const pid_t *nrs, size_t count)
{
	struct listing all = list(path);
	int i;

	if (all.count == count && !memcmp(all.nr, nrs, count * sizeof(*nrs)))
		return true;
	dprintf(2, "# in %s there are", path);
	for (i = 0; i < all.count; i++)
		dprintf(2, " %d", all.nr[i]);
	dprintf(2, "\n");
	return false;
}

/* How often a name is in a directory, as what its type says. */
static inline int times_listed(const char *path, const char *name, int type)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int count = 0;

	CHECK(directory);
	while ((entry = readdir(directory)))
		count += !strcmp(entry->d_name, name) && entry->d_type == type;
	closedir(directory);
	return count;
}

/* The columns of the lists in /proc/pspace. */
enum { SPACE_ID, SPACE_PARENT, SPACE_INIT, SPACE_MEMBERS, SPACE_POLICY,
	SPACE_ISOLATION, SPACE_PID_MAX, SPACE_CREATOR, SPACE_COLUMNS };

enum { TASK_PSPACE, TASK_PID, TASK_WID, TASK_PPSPACE, TASK_PPID, TASK_STATE,
	TASK_UID, TASK_COMMAND, TASK_PATH, TASK_COLUMNS };

/* A line of a list, as words. */
struct row {
	int columns;
	char word[TASK_COLUMNS][256];
};

/* Take a line apart. Returns the next one, NULL at the end. */
static inline const char *next_row(const char *line, struct row *row)
{
	const char *end = strchr(line, '\n');
	int used;

	if (!*line)
		return NULL;
	CHECK(end);
	for (row->columns = 0; line < end; row->columns++) {
		line += strspn(line, " ");
		if (line == end)
			break;
		CHECK(row->columns < TASK_COLUMNS);
		for (used = 0; line[used] != ' ' && line + used < end; used++)
			;
		CHECK(used < sizeof(row->word[0]));
		memcpy(row->word[row->columns], line, used);
		row->word[row->columns][used] = 0;
		line += used;
	}
	return end + 1;
}

/*
 * How many lines of a list are of a space and, if a number is given, of the
 * process of that number. The last one is left in *FOUND.
 */
static inline int count_rows(const char *text, uint64_t id, pid_t nr,
			     struct row *found)
{
	int count = 0;
	struct row row;

	text = next_row(text, &row);
	CHECK(text);
	while ((text = next_row(text, &row))) {
		if (strtoull(row.word[0], NULL, 10) != id ||
		    (nr && atoi(row.word[TASK_PID]) != nr))
			continue;
		*found = row;
		count++;
	}
	return count;
}

static inline bool space_row(uint64_t id, struct row *row)
{
	char *text = read_text(SPACES);
	int count = count_rows(text, id, 0, row);

	free(text);
	CHECK(count <= 1);
	return count;
}

static inline bool task_row(uint64_t id, pid_t nr, struct row *row)
{
	char *text = read_text(TASKS);
	int count = count_rows(text, id, nr, row);

	free(text);
	CHECK(count <= 1);
	return count;
}

static inline bool row_is(const struct row *row, int column, const char *word)
{
	if (column < row->columns && !strcmp(row->word[column], word))
		return true;
	dprintf(2, "# column %d is %s, not %s\n", column,
		column < row->columns ? row->word[column] : "missing", word);
	return false;
}

/*
 * A space whose init ends those members whose numbers it is told, and waits for
 * them.
 */
struct served {
	struct space space;
	struct gate order, done;
};

static inline struct served served_new(int members)
{
	struct served served = { .order = gate_new(), .done = gate_new() };
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		add_children(members);
		gate_pass(&served.done, ns_id(own_ns()));
		for (;;) {
			CHECK(end(gate_wait(&served.order)) ==
			      BY_SIGNAL(SIGKILL));
			gate_pass(&served.done, 0);
		}
	}
	served.space.wid = wid;
	served.space.id = gate_wait(&served.done);
	return served;
}

static inline void end_member(struct served *served, pid_t nr)
{
	gate_pass(&served->order, nr);
	gate_wait(&served->done);
}

/* A space whose member 2 has created a space, of two members. */
static inline struct space space_with_nested(unsigned long long *nested)
{
	struct gate ready = gate_new();
	struct space space;

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		if (!fork_child())
			gate_pass(&ready, space_of(1).id);
		stay();
	}
	*nested = gate_wait(&ready);
	space.id = ns_id_of(space.wid, "pid");
	return space;
}

static inline bool reads_as(const char *path, const char *text)
{
	char *all = read_text(path);

	if (strcmp(all, text))
		dprintf(2, "# %s is %s, not %s\n", path, all, text);
	return !strcmp(all, text);
}

/* Become a user, whose processes those of the same user may look at. */
static inline void become(uid_t user)
{
	CHECK(!setgid(user) && !setuid(user));
	CHECK(!prctl(PR_SET_DUMPABLE, 1));
}

#endif /* PSPACE_SELFTESTS_TREE_H */
