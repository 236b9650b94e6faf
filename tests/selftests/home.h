/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The directory of a space as a /proc to live in.
 */
#ifndef PSPACE_SELFTESTS_HOME_H
#define PSPACE_SELFTESTS_HOME_H

#include "tree.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <termios.h>
#include "harness.h"

/* A number by which a member is found. */
#define MEMBER	7654

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
static inline bool more_entries(struct entries *all, int fd, size_t size)
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

static inline struct entries entries_from(int fd, off64_t at, size_t size)
{
	struct entries all = {};

	CHECK(lseek(fd, at, SEEK_SET) == at);
	while (more_entries(&all, fd, size))
		;
	return all;
}

static inline struct entries entries_of(const char *path)
{
	int fd = open_directory(path);
	struct entries all;

	CHECK(fd >= 0);
	all = entries_from(fd, 0, 8192);
	close(fd);
	return all;
}

/* Have these the same names, one after the other, from the FIRST of the whole on? */
static inline bool are_the_rest(const struct entries *rest, const struct entries *whole, int first)
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

/* Is there nothing of this name, however one asks? */
static inline bool is_nothing(const char *path)
{
	struct stat status;

	if (is_missing(path) && lstat(path, &status) == -1 && errno == ENOENT &&
	    open(path, O_RDONLY | O_CLOEXEC) == -1 && errno == ENOENT &&
	    open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) == -1 && errno == ENOENT)
		return true;
	dprintf(2, "# there is a %s\n", path);
	return false;
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

/* Wait until who has a gate from the caller passes it; who has gone will not. */
static inline int32_t gate_hear(struct gate *gate)
{
	close(gate->fd[1]);
	return gate_wait(gate);
}

/* Have a new space's init look at the directory of that: 0 if all was as it should be. */
static inline int look_inside(void (*look)(uint64_t id))
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
static inline bool is_self(uint64_t id, pid_t nr)
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
static inline bool is_nobody(uint64_t id)
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

/* What a command prints, which must end well. */
static inline char *output_of(const char *command)
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

static inline void bind_to(const char *from, const char *to)
{
	CHECK(!mount(from, to, NULL, MS_BIND, NULL));
}

/* Cover some of /proc, as runtimes of containers do, for the caller alone. */
static inline void mask_proc(void)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	bind_to("/dev/null", "/proc/sysrq-trigger");
	CHECK(!mount("tmpfs", "/proc/sys", "tmpfs", MS_RDONLY, NULL));
}

/* The caller's user is root in the new user namespace. */
static inline void be_root_here(void)
{
	CHECK(!write_file("/proc/self/setgroups", "deny"));
	CHECK(!write_file("/proc/self/uid_map", TEXT("0 %d 1", NOBODY)));
	CHECK(!write_file("/proc/self/gid_map", TEXT("0 %d 1", NOBODY)));
	CHECK(getuid() == 0 && getgid() == 0);
}

static inline bool may_mount_proc(void)
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
static inline int live_at_home(void (*live)(uint64_t id))
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

#endif /* PSPACE_SELFTESTS_HOME_H */
