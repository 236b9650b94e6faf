// SPDX-License-Identifier: GPL-2.0
/*
 * What a program gets to know of the processes of other spaces that it watches, by
 * seccomp, fanotify, perf and netlink: a number of its own for them, or none; and a
 * descriptor where there can be one.
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "tree.h"
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/fanotify.h>
#include <sys/prctl.h>
#include "harness.h"

#ifndef SECCOMP_IOCTL_NOTIF_PIDFD
#define SECCOMP_IOCTL_NOTIF_PIDFD SECCOMP_IOW(5, __u64)
#endif

/* A number that nobody else has in this guest. */
#define MEMBER 7654

/* A task of another space that does something when it is told to. */
struct watched {
	struct space space;
	struct gate go;
};

/* Its init, or a member. */
static struct watched watched_new(bool member, void (*deed)(const void *with),
				  const void *with)
{
	struct gate ready = gate_new();
	struct watched watched = { .go = gate_new() };

	watched.space.wid = fork_space();
	CHECK(watched.space.wid >= 0);
	if (!watched.space.wid) {
		gate_pass(&ready, ns_id(own_ns()));
		if (member) {
			pid_t child = fork_as(0, TIDS(MEMBER));

			CHECK(child >= 0);
			if (child)
				stay();
		}
		gate_wait(&watched.go);
		deed(with);
		stay();
	}
	watched.space.id = gate_wait(&ready);
	return watched;
}

static void go(struct watched *watched)
{
	gate_pass(&watched->go, 0);
}

static struct pidfd_info info_of(int pidfd)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_PID | PIDFD_INFO_PSPACE };

	CHECK(!ioctl(pidfd, PIDFD_GET_INFO, &info));
	return info;
}

static bool is_of_pair(int pidfd, uint64_t id, pid_t nr)
{
	struct pidfd_info info = info_of(pidfd);

	return info.mask & PIDFD_INFO_PSPACE && info.pspace_id == id &&
	       info.pspace_pid == nr;
}

/*
 * Seccomp
 */

/* Be supervised: mkdirat() is asked for. */
static int listener_new(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(code), code };
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			 SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);

	CHECK(fd >= 0);
	return fd;
}

static int make_forbidden(void)
{
	return syscall(SYS_mkdirat, AT_FDCWD, "/tmp/forbidden", 0700) ? -errno : 0;
}

/* By a socket, give away the listener; then make a call. */
static void be_supervised(const void *socket)
{
	int listener = listener_new();

	CHECK(!send_fd(*(const int *)socket, listener));
	close(listener);
	CHECK(make_forbidden() == -EACCES);
	CHECK(write(*(const int *)socket, "x", 1) == 1);
}

static struct seccomp_notif receive_call(int listener)
{
	struct seccomp_notif call = {};

	CHECK(!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call));
	return call;
}

static void forbid(int listener, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp answer = { .id = call->id, .error = -EACCES };

	CHECK(!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

static int pidfd_of(int listener, uint64_t call)
{
	int fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_PIDFD, &call);

	return fd < 0 ? -errno : fd;
}

static bool is_done(int socket)
{
	char byte;

	return read(socket, &byte, 1) == 1;
}

FIXTURE(supervisor) {
	int socket[2];
};

FIXTURE_SETUP(supervisor)
{
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->socket), 0);
}

FIXTURE_TEARDOWN(supervisor)
{
}

TEST_F(supervisor, has_a_pidfd_of_a_member_below)
{
	struct watched watched = watched_new(true, be_supervised, &self->socket[1]);
	struct seccomp_notif call;
	int listener, pidfd;

	go(&watched);
	listener = receive_fd(self->socket[0]);
	call = receive_call(listener);
	EXPECT_EQ(call.pid, 0);
	pidfd = pidfd_of(listener, call.id);
	ASSERT_GE(pidfd, 0);
	EXPECT_TRUE(is_of_pair(pidfd, watched.space.id, MEMBER));
	EXPECT_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	forbid(listener, &call);
	EXPECT_TRUE(is_done(self->socket[0]));
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(poll_for(pidfd, PATIENCE) & POLLIN);
}

TEST_F(supervisor, has_a_pidfd_of_an_init_below_with_its_wid)
{
	struct watched watched = watched_new(false, be_supervised, &self->socket[1]);
	struct seccomp_notif call;
	int listener, pidfd;

	go(&watched);
	listener = receive_fd(self->socket[0]);
	call = receive_call(listener);
	EXPECT_EQ(call.pid, watched.space.wid);
	pidfd = pidfd_of(listener, call.id);
	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(info_of(pidfd).pid, watched.space.wid);
	EXPECT_TRUE(is_of_pair(pidfd, watched.space.id, 1));
	forbid(listener, &call);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

static void *be_supervised_as_thread(void *socket)
{
	be_supervised(socket);
	return NULL;
}

TEST_F(supervisor, has_a_pidfd_of_a_thread)
{
	pid_t child = fork_child();
	struct seccomp_notif call;
	int listener, pidfd;

	if (!child) {
		pthread_t thread;

		CHECK(!pthread_create(&thread, NULL, be_supervised_as_thread,
				      &self->socket[1]));
		stay();
	}
	listener = receive_fd(self->socket[0]);
	call = receive_call(listener);
	EXPECT_NE(call.pid, child);
	pidfd = pidfd_of(listener, call.id);
	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(info_of(pidfd).pid, call.pid);
	EXPECT_EQ(info_of(pidfd).tgid, child);
	forbid(listener, &call);
	EXPECT_EQ(end(child), BY_SIGNAL(SIGKILL));
}

TEST_F(supervisor, has_no_pidfd_for_what_is_no_call_or_over)
{
	struct watched watched = watched_new(true, be_supervised, &self->socket[1]);
	struct seccomp_notif call;
	int listener;

	go(&watched);
	listener = receive_fd(self->socket[0]);
	EXPECT_TRUE(poll_for(listener, PATIENCE) & POLLIN);
	call = receive_call(listener);
	EXPECT_EQ(pidfd_of(listener, call.id + 1), -ENOENT);
	EXPECT_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_PIDFD, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	forbid(listener, &call);
	EXPECT_EQ(pidfd_of(listener, call.id), -ENOENT);
	EXPECT_TRUE(is_done(self->socket[0]));
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(supervisor, has_no_pidfd_of_one_that_is_killed)
{
	struct watched watched = watched_new(true, be_supervised, &self->socket[1]);
	struct seccomp_notif call;
	int listener;

	go(&watched);
	listener = receive_fd(self->socket[0]);
	call = receive_call(listener);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(pidfd_of(listener, call.id), -ENOENT);
}

/* Whose listener was handed down. */
static void supervise_from_below(struct __test_metadata *_metadata, int socket[2],
				 const char *isolation, bool visible)
{
	pid_t child = fork_child(), wid;
	struct gate set = gate_new();
	int listener;

	if (!child) {
		be_supervised(&socket[1]);
		_exit(0);
	}
	listener = receive_fd(socket[0]);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		struct seccomp_notif call;
		int pidfd;

		gate_wait(&set);
		call = receive_call(listener);
		CHECK(call.pid == 0);
		pidfd = pidfd_of(listener, call.id);
		CHECK(visible ? is_of_pair(pidfd, ROOT_ID, child) : pidfd == -EREMOTE);
		forbid(listener, &call);
		_exit(0);
	}
	EXPECT_EQ(set_isolation(ns_id_of(wid, "pid"), isolation), 0);
	gate_pass(&set, 0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_TRUE(is_done(socket[0]));
	EXPECT_EQ(reap(child), 0);
}

TEST_F(supervisor, below_has_no_pidfd_of_one_above)
{
	supervise_from_below(_metadata, self->socket, "full", false);
}

TEST_F(supervisor, below_has_a_pidfd_of_one_above_with_half_isolation)
{
	supervise_from_below(_metadata, self->socket, "half", true);
}

/*
 * fanotify
 */

static void open_and_close(const void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	close(fd);
}

struct open_event {
	pid_t pid;
	int pidfd;
};

static int fanotify_of(const char *path)
{
	int fd = syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_PIDFD,
			 O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, path));
	return fd;
}

static struct open_event read_open(int fanotify)
{
	char buffer[4096] __attribute__((aligned(8)));
	struct fanotify_event_metadata *event = (void *)buffer;
	struct fanotify_event_info_pidfd *info;
	ssize_t length = read(fanotify, buffer, sizeof(buffer));

	CHECK(length >= (ssize_t)(sizeof(*event) + sizeof(*info)));
	info = (void *)(buffer + event->metadata_len);
	CHECK(info->hdr.info_type == FAN_EVENT_INFO_TYPE_PIDFD);
	close(event->fd);
	return (struct open_event){ .pid = event->pid, .pidfd = info->pidfd };
}

FIXTURE(listener) {
	char path[32];
};

FIXTURE_SETUP(listener)
{
	int fd;

	snprintf(self->path, sizeof(self->path), "/tmp/watched-XXXXXX");
	fd = mkostemp(self->path, O_CLOEXEC);
	ASSERT_GE(fd, 0);
	close(fd);
}

FIXTURE_TEARDOWN(listener)
{
	unlink(self->path);
}

TEST_F(listener, has_a_pidfd_of_a_member_below)
{
	int fanotify = fanotify_of(self->path);
	struct watched watched = watched_new(true, open_and_close, self->path);
	struct open_event event;

	go(&watched);
	event = read_open(fanotify);
	EXPECT_EQ(event.pid, 0);
	ASSERT_GE(event.pidfd, 0);
	EXPECT_TRUE(is_of_pair(event.pidfd, watched.space.id, MEMBER));
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(listener, has_a_pidfd_and_the_wid_of_an_init_below)
{
	int fanotify = fanotify_of(self->path);
	struct watched watched = watched_new(false, open_and_close, self->path);
	struct open_event event;

	go(&watched);
	event = read_open(fanotify);
	EXPECT_EQ(event.pid, watched.space.wid);
	ASSERT_GE(event.pidfd, 0);
	EXPECT_TRUE(is_of_pair(event.pidfd, watched.space.id, 1));
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

/* The reader counts: it has the listener from the root. */
static void listen_from_below(struct __test_metadata *_metadata, const char *path,
			      const char *isolation, bool visible)
{
	int fanotify = fanotify_of(path);
	struct gate set = gate_new();
	pid_t opener = getpid(), wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct open_event event;

		gate_wait(&set);
		event = read_open(fanotify);
		CHECK(event.pid == 0);
		CHECK(visible ? is_of_pair(event.pidfd, ROOT_ID, opener) :
				event.pidfd == FAN_NOPIDFD);
		_exit(0);
	}
	EXPECT_EQ(set_isolation(ns_id_of(wid, "pid"), isolation), 0);
	open_and_close(path);
	gate_pass(&set, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_F(listener, below_has_no_pidfd_of_one_above)
{
	listen_from_below(_metadata, self->path, "full", false);
}

TEST_F(listener, below_has_a_pidfd_of_one_above_with_half_isolation)
{
	listen_from_below(_metadata, self->path, "half", true);
}

/*
 * perf
 */

#define RING_PAGES 8

/* All that changes its name on processor 0, with the numbers of the caller's space. */
static struct perf_event_mmap_page *watch_names(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.comm = 1,
	};
	size_t size = (RING_PAGES + 1) * sysconf(_SC_PAGESIZE);
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	void *ring;

	CHECK(fd >= 0);
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(ring != MAP_FAILED);
	return ring;
}

struct name_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	char name[16];
};

/* The one of a name, which is there. */
static struct name_record name_record_of(struct perf_event_mmap_page *ring, const char *name)
{
	const char *data = (const char *)ring + sysconf(_SC_PAGESIZE);
	size_t size = RING_PAGES * sysconf(_SC_PAGESIZE), i;
	uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE), at;
	struct name_record record;

	CHECK(head <= size);
	for (at = 0; at < head; at += record.header.size) {
		memset(&record, 0, sizeof(record));
		memcpy(&record.header, data + at, sizeof(record.header));
		CHECK(record.header.size);
		for (i = 0; i < record.header.size && i < sizeof(record); i++)
			((char *)&record)[i] = data[at + i];
		if (record.header.type == PERF_RECORD_COMM && !strcmp(record.name, name))
			return record;
	}
	CHECK(!"no such record");
	return record;
}

static void change_name_there(const void *done)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK(!sched_setaffinity(0, sizeof(cpus), &cpus));
	CHECK(!prctl(PR_SET_NAME, "watched"));
	gate_pass((struct gate *)done, 0);
}

TEST(a_member_is_not_the_idle_thread_for_perf)
{
	struct perf_event_mmap_page *ring = watch_names();
	struct gate done = gate_new();
	struct watched watched = watched_new(true, change_name_there, &done);
	struct name_record record;

	go(&watched);
	gate_wait(&done);
	record = name_record_of(ring, "watched");
	EXPECT_EQ((int)record.pid, -1);
	EXPECT_EQ((int)record.tid, -1);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

TEST(an_init_has_its_wid_for_perf)
{
	struct perf_event_mmap_page *ring = watch_names();
	struct gate done = gate_new();
	struct watched watched = watched_new(false, change_name_there, &done);
	struct name_record record;

	go(&watched);
	gate_wait(&done);
	record = name_record_of(ring, "watched");
	EXPECT_EQ((pid_t)record.pid, watched.space.wid);
	EXPECT_EQ((pid_t)record.tid, watched.space.wid);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

/* As in a classic namespace: what is above is 0. */
TEST(one_above_is_0_for_perf)
{
	struct gate go = gate_new(), done = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct perf_event_mmap_page *ring = watch_names();
		struct name_record record;

		gate_pass(&go, 0);
		gate_wait(&done);
		record = name_record_of(ring, "watched");
		CHECK(record.pid == 0 && record.tid == 0);
		_exit(0);
	}
	gate_wait(&go);
	change_name_there(&done);
	EXPECT_EQ(reap(wid), 0);
}

/*
 * Credentials of netlink messages
 */

#define GROUP 1

static int netlink_new(int protocol, bool bound)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = protocol == NETLINK_USERSOCK ? 1 << (GROUP - 1) : 0,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), one = 1;

	CHECK(fd >= 0);
	if (bound) {
		CHECK(!bind(fd, (void *)&address, sizeof(address)));
		CHECK(!setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	}
	return fd;
}

static struct sockaddr_nl address_of(int fd)
{
	struct sockaddr_nl address;
	socklen_t size = sizeof(address);

	CHECK(!getsockname(fd, (void *)&address, &size));
	address.nl_groups = 0;
	return address;
}

/* To an address, as the process with a number of the caller's. */
static void send_as(const struct sockaddr_nl *to, pid_t pid)
{
	struct nlmsghdr header = { .nlmsg_len = sizeof(header), .nlmsg_type = 77 };
	struct iovec data = { &header, sizeof(header) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control = {};
	struct ucred ucred = { .pid = pid };
	struct msghdr message = {
		.msg_name = (void *)to,
		.msg_namelen = sizeof(*to),
		.msg_iov = &data,
		.msg_iovlen = 1,
	};
	int fd = netlink_new(NETLINK_USERSOCK, false);

	if (pid) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_CREDENTIALS;
		control.header.cmsg_len = CMSG_LEN(sizeof(ucred));
		memcpy(CMSG_DATA(&control.header), &ucred, sizeof(ucred));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	CHECK(sendmsg(fd, &message, 0) == sizeof(header));
	close(fd);
}

static void send_to(const void *address)
{
	send_as(address, 0);
}

/* Who has sent a message, for a reader. */
static pid_t sender_of_message(int fd)
{
	char data[1024];
	struct iovec iovec = { data, sizeof(data) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = {
		.msg_iov = &iovec,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct ucred ucred;

	CHECK(recvmsg(fd, &message, 0) > 0);
	CHECK(CMSG_FIRSTHDR(&message) &&
	      control.header.cmsg_type == SCM_CREDENTIALS);
	memcpy(&ucred, CMSG_DATA(&control.header), sizeof(ucred));
	CHECK(ucred.uid == 0 && ucred.gid == 0);
	return ucred.pid;
}

FIXTURE(netlink) {
	int fd;
	struct sockaddr_nl address;
};

FIXTURE_SETUP(netlink)
{
	self->fd = netlink_new(NETLINK_USERSOCK, true);
	self->address = address_of(self->fd);
}

FIXTURE_TEARDOWN(netlink)
{
}

TEST_F(netlink, tells_of_the_sender_here)
{
	send_to(&self->address);
	EXPECT_EQ(sender_of_message(self->fd), getpid());
}

TEST_F(netlink, tells_of_the_sender_in_a_classic_namespace_by_the_number_here)
{
	pid_t child = fork_with(CLONE_NEWPID);

	ASSERT_GE(child, 0);
	if (!child) {
		send_to(&self->address);
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	/* It is dead, but has not lost its number. */
	EXPECT_EQ(sender_of_message(self->fd), child);
}

TEST_F(netlink, tells_of_an_init_below_by_its_wid)
{
	struct watched watched = watched_new(false, send_to, &self->address);

	go(&watched);
	EXPECT_EQ(sender_of_message(self->fd), watched.space.wid);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

TEST_F(netlink, has_no_number_of_a_member_below)
{
	struct watched watched = watched_new(true, send_to, &self->address);

	go(&watched);
	EXPECT_EQ(sender_of_message(self->fd), 0);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
}

static void read_from_above(struct __test_metadata *_metadata, int fd,
			    const struct sockaddr_nl *address, uint64_t flags)
{
	pid_t child = fork_with(flags);

	ASSERT_GE(child, 0);
	if (!child) {
		CHECK(sender_of_message(fd) == 0);
		_exit(0);
	}
	send_to(address);
	EXPECT_EQ(reap(child), 0);
}

TEST_F(netlink, has_no_number_of_one_above_a_classic_namespace)
{
	read_from_above(_metadata, self->fd, &self->address, CLONE_NEWPID);
}

TEST_F(netlink, has_no_number_of_one_above)
{
	read_from_above(_metadata, self->fd, &self->address, CLONE_NEWPSPACE);
}

TEST_F(netlink, tells_all_of_a_group)
{
	struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = 1 << (GROUP - 1) };
	int other = netlink_new(NETLINK_USERSOCK, true);
	pid_t child = fork_with(CLONE_NEWPID);

	ASSERT_GE(child, 0);
	if (!child) {
		int fd = netlink_new(NETLINK_USERSOCK, false);
		struct nlmsghdr header = { .nlmsg_len = sizeof(header), .nlmsg_type = 77 };

		/* To nobody else, of whom there is none. */
		sendto(fd, &header, sizeof(header), 0, (void *)&group, sizeof(group));
		_exit(0);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(sender_of_message(self->fd), child);
	EXPECT_EQ(sender_of_message(other), child);
}

/* Who is privileged may send as another one. */
TEST_F(netlink, tells_of_whom_the_sender_says_it_is)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork_child();

		if (!member) {
			/* As pid 1. */
			send_as(&self->address, 1);
			_exit(0);
		}
		_exit(reap(member));
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(sender_of_message(self->fd), wid);
}

/* An answer of the kernel is of nobody, whoever has asked. */
TEST(the_kernel_is_0_for_netlink)
{
	int fd = netlink_new(NETLINK_ROUTE, true);
	struct nlmsghdr header = {
		.nlmsg_len = sizeof(header),
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	ASSERT_EQ(send(fd, &header, sizeof(header), 0), sizeof(header));
	EXPECT_EQ(sender_of_message(fd), 0);
}

/* What is not read is dropped with the socket. */
TEST_F(netlink, messages_may_outlive_the_space_of_their_sender)
{
	struct watched watched = watched_new(true, send_to, &self->address);
	int ns = open_ns(watched.space.wid, "pid");

	go(&watched);
	EXPECT_TRUE(poll_for(self->fd, PATIENCE) & POLLIN);
	EXPECT_EQ(end(watched.space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(wait_for_hup(ns));
	close(ns);
	EXPECT_EQ(sender_of_message(self->fd), 0);
}

TEST_HARNESS_MAIN
