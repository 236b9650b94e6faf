/* SPDX-License-Identifier: GPL-2.0 */
/* How a process looks at those of a space beside it or above, and signals them. */
#ifndef PSPACE_SELFTESTS_LOOK_H
#define PSPACE_SELFTESTS_LOOK_H

#include <linux/pidfd.h>
#include "tree.h"

#define PAIR	PIDFD_INFO_PSPACE

/* Is a space as if it were not there? */
static inline bool has_no_trace(uint64_t id)
{
	return is_missing(CONTROL_PATH(id, "")) &&
	       is_missing(CONTROL_PATH(id, "policy")) &&
	       is_missing(PAIR_PATH(id, 1, "")) &&
	       is_missing(PAIR_STATUS(id, 1)) &&
	       set_isolation(id, "half") == -ENOENT &&
	       control(id, "kill", "1") == -ENOENT;
}

/* A descriptor that signals are sent to, by a pair. */
static inline int directory_of(uint64_t id, pid_t nr)
{
	return open(PAIR_PATH(id, nr, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline int send_with(int fd, int sig, int flags)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, flags) ? -errno : 0;
}

static inline int send_to(int fd, int sig)
{
	return send_with(fd, sig, 0);
}

/* A file of the space of a process. */
static inline int open_ns_of(uint64_t id, pid_t nr)
{
	return open(PAIR_PATH(id, nr, "ns/pid"), O_RDONLY | O_CLOEXEC);
}

/* What the kernel says of a pidfd: 0 or -errno. */
static inline int get_pair(int pidfd, struct pidfd_info *info)
{
	memset(info, 0, sizeof(*info));
	info->mask = PAIR;
	return ioctl(pidfd, PIDFD_GET_INFO, info) ? -errno : 0;
}

/* Is this the whole of a file? */
static inline bool is_text(const char *path, const char *expected)
{
	char *text = read_text(path);
	bool same = !strcmp(text, expected);

	if (!same)
		dprintf(2, "# %s is\n%snot\n%s", path, text, expected);
	free(text);
	return same;
}

/* How many directories of spaces there are. */
static inline int spaces_in_proc(void)
{
	return list("/proc/pspace").count;
}

static inline bool shows_space(uint64_t id)
{
	struct row row;
	bool missing = is_missing(CONTROL_PATH(id, ""));

	CHECK(space_row(id, &row) == !missing);
	CHECK(times_listed("/proc/pspace", TEXT("%llu", (unsigned long long)id),
			   DT_DIR) == !missing);
	return !missing;
}

#endif /* PSPACE_SELFTESTS_LOOK_H */
