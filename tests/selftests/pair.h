/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pidfds and pairs, and a space with a member that waits to be told how to end.
 */
#ifndef PSPACE_SELFTESTS_PAIR_H
#define PSPACE_SELFTESTS_PAIR_H

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "control.h"
#include <assert.h>
#include <pthread.h>
#include <sys/resource.h>
#include "harness.h"

/* What a mask is made of. */
#define PAIR			PIDFD_INFO_PSPACE
#define NUMBERS			PIDFD_INFO_PID

static_assert(sizeof(struct pidfd_info) == 104, "as in the kernel");

#define GET_INFO(size) \
	_IOC(_IOC_READ | _IOC_WRITE, PIDFS_IOCTL_MAGIC, 11, size)

/* Ask for what is in a mask, with a struct of a size: 0 or -errno. */
static inline int get_info_sized(int pidfd, uint64_t mask, struct pidfd_info *info,
				 size_t size)
{
	memset(info, 0, sizeof(*info));
	info->mask = mask;
	return ioctl(pidfd, GET_INFO(size), info) ? -errno : 0;
}

static inline int get_info(int pidfd, uint64_t mask, struct pidfd_info *info)
{
	return get_info_sized(pidfd, mask, info, sizeof(*info));
}

/* Is a pidfd said to be this pair, and to have this number here? */
static inline bool is_pair(int pidfd, uint64_t id, pid_t nr, pid_t here)
{
	struct pidfd_info info;
	int err = get_info(pidfd, PAIR, &info);

	if (!err && info.mask & PAIR && !(info.mask & NUMBERS) == !here &&
	    info.pspace_id == id && info.pspace_pid == nr &&
	    !info.pspace_pad && info.pid == here && info.tgid == here)
		return true;
	dprintf(2, "# error %d, mask %llx, pair (%llu,%u), pid %u, tgid %u\n",
		err, (unsigned long long)info.mask,
		(unsigned long long)info.pspace_id, info.pspace_pid, info.pid,
		info.tgid);
	return false;
}

/* A pidfd by a number here, or -errno. */
static inline int open_here(pid_t nr)
{
	int pidfd = open_pidfd(nr);

	return pidfd < 0 ? -errno : pidfd;
}

/* A space whose init ends as its child does, which waits to be told how. */
static inline struct space space_new(void)
{
	struct space space = { .end = gate_new() };
	struct gate ready = gate_new();

	space.wid = fork_space();
	CHECK(space.wid >= 0);
	if (!space.wid) {
		pid_t member = fork_child();

		if (!member)
			_exit(gate_wait(&space.end));
		gate_pass(&ready, 0);
		_exit(reap(member));
	}
	gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
	space.ns = open_ns(space.wid, "pid");
	CHECK(space.ns >= 0);
	space.id = ns_id(space.ns);
	return space;
}

static inline int space_end(struct space *space)
{
	return end(space->wid);
}

/* Run a function in a new space, with a descriptor that it is sent. */
static inline int check_inside(void (*check)(int fd), int fd)
{
	int sock[2], status;
	pid_t wid;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid) {
		close(fd);
		fd = receive_fd(sock[1]);
		CHECK(fd >= 0);
		check(fd);
		_exit(7);
	}
	CHECK(!send_fd(sock[0], fd));
	status = reap(wid);
	close(sock[0]);
	close(sock[1]);
	return status;
}

#endif /* PSPACE_SELFTESTS_PAIR_H */
