// SPDX-License-Identifier: GPL-2.0
/*
 * What a supervisor by seccomp and a listener to fanotify get to know of processes in
 * other spaces: a number of its own for them, or none; and a descriptor where there can
 * be one.
 *
 * model: Numbers on demand
 */

#include "watch.h"

#ifndef SECCOMP_IOCTL_NOTIF_PIDFD
#define SECCOMP_IOCTL_NOTIF_PIDFD SECCOMP_IOW(5, __u64)
#endif

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

TEST_HARNESS_MAIN
