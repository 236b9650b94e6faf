// SPDX-License-Identifier: GPL-2.0
/*
 * A member gets a number above when somebody there is told of it by number.
 *
 * model: Numbers on demand
 * vm: --module-args default_numbers=3
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "wid.h"
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include "harness.h"

static void hide(struct below *below)
{
	CHECK(!control(below->id, "numbers", "never"));
}

TEST(nobody_has_a_number_who_was_not_shown)
{
	struct below below = below_new(NULL);

	EXPECT_TRUE(was_given_none(&below));
	EXPECT_TRUE(below_end(&below));
}

/*
 * Control groups
 */

static struct cgroup cgroup;

static void enter(struct below *below)
{
	cgroup_enter(&cgroup);
}

static void list_group(struct __test_metadata *_metadata, const char *name)
{
	struct below below;

	cgroup = cgroup_new();
	below = below_new(enter);
	tell(&below);
	gate_wait(&below.done);
	EXPECT_TRUE(was_given(&below, read_number(TEXT("%s/%s", cgroup.path, name))));
	EXPECT_EQ(count_lines(TEXT("%s/%s", cgroup.path, name)), 1);
	EXPECT_TRUE(below_end(&below));
	cgroup_remove(&cgroup);
}

TEST(cgroup_procs_shows_it)
{
	list_group(_metadata, "cgroup.procs");
}

TEST(cgroup_threads_shows_it)
{
	list_group(_metadata, "cgroup.threads");
}

TEST(cgroup_procs_leaves_out_who_gets_none)
{
	struct below below;

	cgroup = cgroup_new();
	below = below_new(enter);
	tell(&below);
	gate_wait(&below.done);
	hide(&below);
	EXPECT_EQ(count_lines(TEXT("%s/cgroup.procs", cgroup.path)), 0);
	EXPECT_EQ(count_lines(TEXT("%s/cgroup.pairs", cgroup.path)), 1);
	EXPECT_TRUE(below_end(&below));
	cgroup_remove(&cgroup);
}

/* What is read there can be written there, as runtimes do. */
TEST(who_is_shown_in_a_cgroup_can_be_moved)
{
	struct below below;
	pid_t wid;

	cgroup = cgroup_new();
	below = below_new(enter);
	tell(&below);
	gate_wait(&below.done);
	wid = read_number(TEXT("%s/cgroup.procs", cgroup.path));
	EXPECT_EQ(write_file(CGROUPS "/cgroup.procs", TEXT("%d", wid)), 0);
	EXPECT_EQ(count_lines(TEXT("%s/cgroup.pairs", cgroup.path)), 0);
	EXPECT_TRUE(below_end(&below));
	cgroup_remove(&cgroup);
}

/*
 * Sockets
 */

static int sockets[2];

static void connect_to_it(struct below *below)
{
	struct sockaddr address = { AF_UNIX, "\0wid" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && !connect(fd, &address, sizeof(address)));
}

/* Of who has connected: the number that the other end is told. */
static pid_t peer_of(struct below *below)
{
	struct sockaddr address = { AF_UNIX, "\0wid" };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	CHECK(listener >= 0 && !bind(listener, &address, sizeof(address)));
	CHECK(!listen(listener, 1));
	tell(below);
	fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size));
	CHECK(peer.uid == 0);
	close(fd);
	close(listener);
	return peer.pid;
}

TEST(the_peer_of_a_socket_is_shown)
{
	struct below below = below_new(connect_to_it);

	EXPECT_TRUE(was_given(&below, peer_of(&below)));
	EXPECT_TRUE(below_end(&below));
}

TEST(the_peer_of_a_socket_is_0_if_it_gets_none)
{
	struct below below = below_new(connect_to_it);

	hide(&below);
	EXPECT_EQ(peer_of(&below), 0);
	EXPECT_TRUE(below_end(&below));
}

static void send_a_byte(struct below *below)
{
	CHECK(send(sockets[1], "x", 1, 0) == 1);
}

static pid_t sender_of_a_byte(struct below *below)
{
	char byte;
	struct iovec data = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct ucred sender;

	tell(below);
	CHECK(recvmsg(sockets[0], &message, 0) == 1);
	CHECK(CMSG_FIRSTHDR(&message) && control.header.cmsg_type == SCM_CREDENTIALS);
	memcpy(&sender, CMSG_DATA(&control.header), sizeof(sender));
	return sender.pid;
}

static struct below below_with_sockets(void)
{
	int one = 1;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets));
	CHECK(!setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	return below_new(send_a_byte);
}

TEST(the_sender_of_a_message_is_shown)
{
	struct below below = below_with_sockets();

	EXPECT_TRUE(was_given(&below, sender_of_a_byte(&below)));
	EXPECT_TRUE(below_end(&below));
}

TEST(the_sender_of_a_message_is_0_if_it_gets_none)
{
	struct below below = below_with_sockets();

	hide(&below);
	EXPECT_EQ(sender_of_a_byte(&below), 0);
	EXPECT_TRUE(below_end(&below));
}

/*
 * Descriptors of processes and namespaces
 */

static int get_info(struct below *below, uint64_t mask, struct pidfd_info *info)
{
	int pidfd = ioctl(below->ns, PSPACE_OPEN_PIDFD, MEMBER), err;

	CHECK(pidfd >= 0);
	*info = (struct pidfd_info){ .mask = mask };
	err = ioctl(pidfd, PIDFD_GET_INFO, info) ? -errno : 0;
	close(pidfd);
	return err;
}

TEST(what_a_pidfd_tells_shows_it)
{
	struct below below = below_new(NULL);
	struct pidfd_info info;

	ASSERT_EQ(get_info(&below, PIDFD_INFO_PID, &info), 0);
	EXPECT_TRUE(info.mask & PIDFD_INFO_PID);
	EXPECT_EQ(info.tgid, info.pid);
	EXPECT_EQ(info.ppid, below.init);
	EXPECT_TRUE(was_given(&below, info.pid));
	EXPECT_TRUE(below_end(&below));
}

TEST(a_pidfd_tells_the_rest_of_who_gets_none)
{
	struct below below = below_new(NULL);
	struct pidfd_info info;

	hide(&below);
	/* Who asks for a number, or for what there is, relies on that. */
	EXPECT_EQ(get_info(&below, PIDFD_INFO_PID, &info), -EREMOTE);
	EXPECT_EQ(get_info(&below, 0, &info), -EREMOTE);
	ASSERT_EQ(get_info(&below, PIDFD_INFO_CGROUPID, &info), 0);
	EXPECT_FALSE(info.mask & PIDFD_INFO_PID);
	ASSERT_EQ(get_info(&below, PIDFD_INFO_PID | PIDFD_INFO_PSPACE, &info), 0);
	EXPECT_FALSE(info.mask & PIDFD_INFO_PID);
	EXPECT_TRUE(info.mask & PIDFD_INFO_PSPACE);
	EXPECT_TRUE(info.mask & PIDFD_INFO_CREDS);
	EXPECT_EQ(info.pid, 0);
	EXPECT_EQ(info.tgid, 0);
	EXPECT_TRUE(below_end(&below));
}

TEST(the_number_here_is_shown)
{
	struct below below = below_new(NULL);

	EXPECT_TRUE(was_given(&below, ioctl(below.ns, NS_GET_PID_FROM_PIDNS, MEMBER)));
	EXPECT_TRUE(below_end(&below));
}

TEST(the_number_here_of_a_process_is_shown)
{
	struct below below = below_new(NULL);

	EXPECT_TRUE(was_given(&below, ioctl(below.ns, NS_GET_TGID_FROM_PIDNS, MEMBER)));
	EXPECT_TRUE(below_end(&below));
}

/*
 * Those who are asked by the kernel
 */

static void be_supervised(struct below *below)
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

	CHECK(fd >= 0 && !send_fd(sockets[1], fd));
	CHECK(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/forbidden", 0700) == -1);
}

TEST(a_supervisor_is_shown_who_makes_a_call)
{
	struct seccomp_notif_resp answer = { .error = -EACCES };
	struct seccomp_notif call = {};
	struct below below;
	int listener;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	below = below_new(be_supervised);
	tell(&below);
	listener = receive_fd(sockets[0]);
	ASSERT_GE(listener, 0);
	ASSERT_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call), 0);
	EXPECT_TRUE(was_given(&below, call.pid));
	/* It looks at the arguments by that. */
	EXPECT_EQ(access(TEXT("/proc/%d/mem", call.pid), R_OK), 0);
	answer.id = call.id;
	EXPECT_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer), 0);
	EXPECT_EQ(gate_wait(&below.done), 0);
	EXPECT_TRUE(below_end(&below));
}

static char watched[] = "/tmp/watched-XXXXXX";

static void open_it(struct below *below)
{
	close(open(watched, O_RDONLY | O_CLOEXEC));
}

TEST(a_listener_is_shown_who_opens_a_file)
{
	struct fanotify_event_metadata event;
	int listener, fd = mkostemp(watched, O_CLOEXEC);
	struct below below;

	ASSERT_GE(fd, 0);
	listener = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(listener, 0);
	ASSERT_EQ(fanotify_mark(listener, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, watched), 0);
	below = below_new(open_it);
	tell(&below);
	ASSERT_EQ(read(listener, &event, sizeof(event)), sizeof(event));
	EXPECT_TRUE(was_given(&below, event.pid));
	close(event.fd);
	unlink(watched);
	EXPECT_TRUE(below_end(&below));
}

#define FILE_SYSTEM "/run/wid"

static void look_at_it(struct below *below)
{
	struct stat status;

	stat(FILE_SYSTEM "/x", &status);
}

TEST(a_file_server_is_shown_who_asks)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = { .header.len = sizeof(answer), .init = { .major = 7, .minor = 31 } };
	static char request[1 << 16];
	const struct fuse_in_header *header = (void *)request;
	struct below below;
	int device;

	ASSERT_EQ(unshare(CLONE_NEWNS), 0);
	ASSERT_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	mkdir(FILE_SYSTEM, 0755);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	ASSERT_GE(device, 0);
	ASSERT_EQ(mount("wid", FILE_SYSTEM, "fuse", 0,
			TEXT("fd=%d,rootmode=40000,user_id=0,group_id=0", device)), 0);
	ASSERT_GT(read(device, request, sizeof(request)), 0);
	answer.header.unique = header->unique;
	answer.init.max_write = 4096;
	ASSERT_EQ(write(device, &answer, sizeof(answer)), sizeof(answer));
	below = below_new(look_at_it);
	tell(&below);
	ASSERT_GT(read(device, request, sizeof(request)), 0);
	EXPECT_TRUE(was_given(&below, header->pid));
	answer.header = (struct fuse_out_header){
		.len = sizeof(answer.header),
		.error = -ENOENT,
		.unique = header->unique,
	};
	ASSERT_EQ(write(device, &answer, answer.header.len), answer.header.len);
	EXPECT_EQ(gate_wait(&below.done), 0);
	EXPECT_TRUE(below_end(&below));
	umount2(FILE_SYSTEM, MNT_DETACH);
}

/*
 * Locks
 */

static int locked;

static void take_the_lock(struct below *below)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	CHECK(!fcntl(locked, F_SETLK, &lock));
}

TEST(the_holder_of_a_lock_is_shown)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char name[] = "/tmp/lock-XXXXXX";
	struct below below;

	locked = mkostemp(name, O_CLOEXEC);
	ASSERT_GE(locked, 0);
	unlink(name);
	below = below_new(take_the_lock);
	tell(&below);
	gate_wait(&below.done);
	ASSERT_EQ(fcntl(locked, F_GETLK, &lock), 0);
	EXPECT_TRUE(was_given(&below, lock.l_pid));
	EXPECT_TRUE(below_end(&below));
}

/*
 * Core dumps
 */

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

static void dump_core(struct below *below)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };

	CHECK(!setrlimit(RLIMIT_CORE, &core));
	abort();
}

TEST(a_core_is_named_by_the_number)
{
	struct below below = below_new(dump_core);
	char pattern[128];
	pid_t wid;

	wid = get_wid(below.ns, MEMBER);
	ASSERT_GT(wid, 0);
	ASSERT_TRUE(read_line(CORE_PATTERN, "", pattern, sizeof(pattern)));
	ASSERT_EQ(write_file(CORE_PATTERN, "/tmp/core.%P.%I.%p"), 0);
	tell(&below);
	await_gone(wid);
	EXPECT_EQ(unlink(TEXT("/tmp/core.%d.%d.%d", wid, wid, MEMBER)), 0);
	EXPECT_EQ(write_file(CORE_PATTERN, pattern), 0);
	EXPECT_TRUE(below_end(&below));
}

/*
 * Terminals
 */

static int terminal;

static void open_session(struct below *below)
{
	char name[64];
	int fd;

	CHECK(!ptsname_r(terminal, name, sizeof(name)));
	CHECK(setsid() == MEMBER);
	fd = open(name, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && tcgetpgrp(fd) == MEMBER && tcgetsid(fd) == MEMBER);
}

/* What a terminal emulator asks for, to show which job is in front. */
static struct below on_terminal(void)
{
	struct below below;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	below = below_new(open_session);
	tell(&below);
	gate_wait(&below.done);
	return below;
}

TEST(the_job_in_front_of_a_terminal_is_shown)
{
	struct below below = on_terminal();

	EXPECT_TRUE(was_given(&below, tcgetpgrp(terminal)));
	EXPECT_TRUE(below_end(&below));
	close(terminal);
}

TEST(the_session_of_a_terminal_is_shown)
{
	struct below below = on_terminal();

	EXPECT_TRUE(was_given(&below, tcgetsid(terminal)));
	EXPECT_TRUE(below_end(&below));
	close(terminal);
}

TEST(a_terminal_tells_0_of_who_gets_none)
{
	struct below below = on_terminal();
	pid_t nr;

	hide(&below);
	EXPECT_EQ(ioctl(terminal, TIOCGPGRP, &nr), 0);
	EXPECT_EQ(nr, 0);
	EXPECT_EQ(ioctl(terminal, TIOCGSID, &nr), 0);
	EXPECT_EQ(nr, 0);
	EXPECT_TRUE(was_given_none(&below));
	EXPECT_TRUE(below_end(&below));
	close(terminal);
}

TEST_HARNESS_MAIN
