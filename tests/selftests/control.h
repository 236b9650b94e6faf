/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steering a pspace from above: the files in /proc/pspace/<id> and the
 * descriptor of the space.
 */
#ifndef PSPACE_SELFTESTS_CONTROL_H
#define PSPACE_SELFTESTS_CONTROL_H

#include "space.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* The path of a file of a space, in a buffer that lasts for one expression. */
#define CONTROL_PATH(id, name) control_path((char[64]) { 0 }, id, name)

static inline const char *control_path(char path[64], uint64_t id,
				       const char *name)
{
	snprintf(path, 64, "/proc/pspace/%llu/%s", (unsigned long long)id, name);
	return path;
}

/* Write to a file of a space: 0 or -errno. */
static inline int control(uint64_t id, const char *name, const char *text)
{
	return write_file(CONTROL_PATH(id, name), text);
}

static inline int set_policy(uint64_t id, const char *policy)
{
	return control(id, "policy", policy);
}

/* Is this what a file of a space says? */
static inline bool control_is(uint64_t id, const char *name, const char *word)
{
	char line[64];

	return read_line(CONTROL_PATH(id, name), "", line, sizeof(line)) &&
	       !strcmp(line, word);
}

static inline bool policy_is(uint64_t id, const char *policy)
{
	return control_is(id, "policy", policy);
}

static inline int set_isolation(uint64_t id, const char *isolation)
{
	return control(id, "isolation", isolation);
}

static inline bool isolation_is(uint64_t id, const char *isolation)
{
	return control_is(id, "isolation", isolation);
}

/*
 * Like fork_space(), with a policy that holds before the child runs. The
 * caller's next child is again where the caller is.
 */
static inline pid_t fork_space_with(const char *policy)
{
	int own = own_ns();
	int err;
	pid_t wid;

	CHECK(own >= 0);
	CHECK(!unshare(CLONE_NEWPSPACE));
	err = set_policy(ns_id_of(getpid(), "pid_for_children"), policy);
	CHECK(!err);
	wid = fork();
	err = errno;
	if (wid)
		CHECK(!setns(own, CLONE_NEWPID));
	close(own);
	errno = err;
	return wid;
}

/* The number here of a process in a space, given if need be: or -errno. */
static inline pid_t get_wid(int ns, unsigned long nr)
{
	int wid = ioctl(ns, PSPACE_GET_WID, nr);

	return wid < 0 ? -errno : wid;
}

/* A pidfd by a pair, or -errno. */
static inline int open_pair(int ns, long nr)
{
	int pidfd = ioctl(ns, PSPACE_OPEN_PIDFD, nr);

	return pidfd < 0 ? -errno : pidfd;
}

/* What poll() says of a descriptor within a time; 0 for no time: what is. */
static inline int poll_for(int fd, int milliseconds)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	CHECK(poll(&poller, 1, milliseconds) >= 0);
	return poller.revents;
}

/* Wait until the last member of a space is gone. False if that takes too long. */
static inline bool wait_for_hup(int fd)
{
	struct pollfd poller = { .fd = fd };

	return poll(&poller, 1, PATIENCE) == 1 && poller.revents & POLLHUP;
}

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Like reap(), by a descriptor. */
static inline int pidfd_reap(int pidfd)
{
	siginfo_t info;

	if (waitid(P_PIDFD, pidfd, &info, WEXITED))
		return -errno;
	return info.si_code == CLD_EXITED ? info.si_status
					  : 128 + info.si_status;
}

/* The events of a space that has ended, whose last numbers may be about to be freed. */
static inline int poll_end(int fd)
{
	return wait_for_hup(fd) ? poll_for(fd, 0) : 0;
}

/*
 * The status of the pid 1 of a space that has exited, as reap() gives it; -1 if
 * it has not, -errno if that cannot be asked.
 */
static inline int init_status(int fd)
{
	struct pspace_info info = {};

	if (ioctl(fd, PSPACE_GET_INFO, &info))
		return -errno;
	if (!(info.flags & PSPACE_INFO_EXIT))
		return -1;
	return WIFEXITED(info.exit_code) ? WEXITSTATUS(info.exit_code)
					 : 128 + WTERMSIG(info.exit_code);
}

/* Have all those ended that hold the gate? The caller itself lets go. */
static inline bool all_let_go(struct gate *life)
{
	if (life->fd[1] >= 0)
		close(life->fd[1]);
	life->fd[1] = -1;
	return wait_for_hup(life->fd[0]);
}

/* A message with a descriptor, if it is to be sent. */
struct fd_message {
	struct msghdr header;
	struct iovec text;
	char byte;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} rights;
};

static inline struct msghdr *fd_message(struct fd_message *message)
{
	*message = (struct fd_message){
		.header = {
			.msg_iov = &message->text,
			.msg_iovlen = 1,
			.msg_control = &message->rights,
			.msg_controllen = sizeof(message->rights),
		},
		.text = { &message->byte, 1 },
		.rights.header = {
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		},
	};
	return &message->header;
}

/* Pass a descriptor through a unix socket: 0 or -errno. */
static inline int send_fd(int socket, int fd)
{
	struct fd_message message;

	fd_message(&message);
	memcpy(CMSG_DATA(&message.rights.header), &fd, sizeof(fd));
	return sendmsg(socket, &message.header, 0) == 1 ? 0 : -errno;
}

/* The descriptor that was sent or -errno. */
static inline int receive_fd(int socket)
{
	struct fd_message message;
	int fd;

	if (recvmsg(socket, fd_message(&message), MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	if (message.header.msg_controllen < CMSG_LEN(sizeof(int)))
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(&message.rights.header), sizeof(fd));
	return fd;
}

/* A cgroup. The caller alone has cgroup2 mounted where it is. */
#define CGROUPS "/tmp"

struct cgroup {
	char path[32];
};

static inline struct cgroup cgroup_new(void)
{
	struct cgroup cgroup = { CGROUPS "/pspace-XXXXXX" };

	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("cgroup2", CGROUPS, "cgroup2", 0, NULL));
	CHECK(mkdtemp(cgroup.path));
	return cgroup;
}

/* Write to a file of it: 0 or -errno. */
static inline int cgroup_set(const struct cgroup *cgroup, const char *name,
			     const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", cgroup->path, name);
	return write_file(path, text);
}

/* The caller goes in, and so do the children that it has from then on. */
static inline void cgroup_enter(const struct cgroup *cgroup)
{
	CHECK(!cgroup_set(cgroup, "cgroup.procs", "0"));
}

/* Returns when all in it are frozen. */
static inline void cgroup_freeze(const struct cgroup *cgroup)
{
	char path[64], line[64];

	CHECK(!cgroup_set(cgroup, "cgroup.freeze", "1"));
	snprintf(path, sizeof(path), "%s/cgroup.events", cgroup->path);
	AWAIT(read_line(path, "frozen 1", line, sizeof(line)));
}

/* Once those in it are gone, which may take a moment. */
static inline void cgroup_remove(const struct cgroup *cgroup)
{
	AWAIT(!rmdir(cgroup->path));
}

/* A child that waits for what it has made by vfork(), and that does nothing. */
static inline void add_vfork_parent(void)
{
	struct gate ready = gate_new();
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		if (!fork_with(CLONE_VM | CLONE_VFORK)) {
			gate_pass(&ready, 0);
			stay();
		}
		_exit(1);
	}
	gate_wait(&ready);
}

/* Children that fork without end, each fork with much to copy. */
static inline void add_forkers(int count)
{
	CHECK(mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		   0) != MAP_FAILED);
	for (; count; count--) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (child)
			continue;
		/* What it makes is released as it exits. */
		signal(SIGCHLD, SIG_IGN);
		for (;;)
			if (!fork())
				_exit(0);
	}
}

#endif /* PSPACE_SELFTESTS_CONTROL_H */
