// SPDX-License-Identifier: GPL-2.0
/*
 * Pidfds: a name for a process that is good in every space, for those who may
 * use it there. And the numbers that come with messages.
 *
 * model: Names
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "control.h"
#include <poll.h>
#include <sys/socket.h>
#include "harness.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int pidfd_open_raw(pid_t pid)
{
	return open_pidfd(pid);
}

static int pidfd_kill(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* Has it exited, now or within a time (in ms)? */
static bool has_exited(int pidfd, int within)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll(&poll_fd, 1, within) == 1 && (poll_fd.revents & POLLIN);
}

/* What the caller's /proc says about a pidfd. */
static bool fdinfo_is(int pidfd, const char *pid, const char *nspid)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", pidfd);
	return read_line(path, "Pid:\t", line, sizeof(line)) &&
	       !strcmp(line, pid) &&
	       read_line(path, "NSpid:\t", line, sizeof(line)) &&
	       !strcmp(line, nspid);
}

/* A message with a file, or none, and with the number of the sender. */
static void send_message(int sock, int fd)
{
	char buffer[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec text = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1 };
	struct cmsghdr *control;

	if (fd >= 0) {
		message.msg_control = buffer;
		message.msg_controllen = sizeof(buffer);
		control = CMSG_FIRSTHDR(&message);
		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	}
	CHECK(sendmsg(sock, &message, 0) == 1);
}

static int send_credentials(int sock, pid_t pid)
{
	char buffer[CMSG_SPACE(sizeof(struct ucred))] = {};
	struct iovec text = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = buffer,
		.msg_controllen = sizeof(buffer),
	};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	struct ucred cred = { .pid = pid, .uid = getuid(), .gid = getgid() };

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_CREDENTIALS;
	control->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(control), &cred, sizeof(cred));
	return sendmsg(sock, &message, 0) == 1 ? 0 : -errno;
}

/* Returns the file, or -1 if there is none in the message. */
static int receive(int sock, pid_t *sender)
{
	char buffer[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	char byte;
	struct iovec text = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = buffer,
		.msg_controllen = sizeof(buffer),
	};
	struct cmsghdr *control;
	struct ucred cred = { .pid = -1 };
	int fd = -1;

	CHECK(recvmsg(sock, &message, MSG_CMSG_CLOEXEC) == 1);
	for (control = CMSG_FIRSTHDR(&message); control;
	     control = CMSG_NXTHDR(&message, control)) {
		if (control->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(control), sizeof(fd));
		if (control->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(control), sizeof(cred));
	}
	if (sender)
		*sender = cred.pid;
	return fd;
}

/* Two connected sockets that tell their receivers who sends. */
static void make_sockets(int *sock)
{
	int on = 1;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	CHECK(!setsockopt(sock[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	CHECK(!setsockopt(sock[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
}

TEST(a_member_opens_members_by_their_numbers)
{
	IN(fork_space()) {
		pid_t member = fork();
		int pidfd;

		CHECK(member >= 0);
		if (!member) {
			pidfd = pidfd_open_raw(1);
			CHECK(pidfd >= 0);
			CHECK(!pidfd_kill(pidfd, 0));
			stay();
		}
		CHECK(member == 2);
		CHECK(pidfd_open_raw(3) == -1 && errno == ESRCH);
		pidfd = pidfd_open_raw(2);
		CHECK(pidfd >= 0);
		CHECK(!pidfd_kill(pidfd, SIGKILL));
		CHECK(pidfd_reap(pidfd) == BY_SIGNAL(SIGKILL));
		CHECK(pidfd_kill(pidfd, 0) == -1 && errno == ESRCH);
	}
}

/* In an outer space, where the member's number is nobody's. */
TEST(a_member_cannot_be_opened_by_its_number_outside)
{
	IN(fork_space()) {
		struct gate ready = gate_new();
		pid_t nested = fork_space();

		CHECK(nested >= 0);
		if (!nested) {
			add_children(5);
			gate_pass(&ready, 0);
			stay();
		}
		CHECK(nested == 2);
		gate_wait(&ready);
		CHECK(pidfd_open_raw(6) == -1 && errno == ESRCH);
	}
}

TEST(a_pidfd_of_a_wid_polls_signals_and_waits)
{
	struct gate go = gate_new();
	pid_t wid = fork_space();
	int pidfd;

	ASSERT_GE(wid, 0);
	if (!wid) {
		gate_wait(&go);
		stay();
	}
	pidfd = pidfd_open_raw(wid);
	ASSERT_GE(pidfd, 0);
	EXPECT_FALSE(has_exited(pidfd, 0));
	gate_pass(&go, 0);
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_TRUE(has_exited(pidfd, PATIENCE));
	EXPECT_EQ(pidfd_reap(pidfd), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(waitpid(wid, NULL, 0), -1);
	EXPECT_EQ(errno, ECHILD);
}

TEST(clone_pidfd_with_a_new_pspace)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_NEWPSPACE | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	char pid[32], nspid[32];
	pid_t wid = clone3_with(&args);

	ASSERT_GE(wid, 0);
	if (!wid) {
		CHECK(getpid() == 1);
		stay();
	}
	ASSERT_GE(pidfd, 0);
	snprintf(pid, sizeof(pid), "%d", wid);
	snprintf(nspid, sizeof(nspid), "%d\t1", wid);
	EXPECT_TRUE(fdinfo_is(pidfd, pid, nspid));
	EXPECT_FALSE(has_exited(pidfd, 0));
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(pidfd_reap(pidfd), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(fdinfo_is(pidfd, "-1", "-1"));
}

/* The old call has the bit of CLONE_DETACHED, which went with no pidfd. */
TEST(old_clone_pidfd_with_a_new_pspace)
{
	int pidfd = -1;
	pid_t wid = syscall(SYS_clone, CLONE_NEWPSPACE | CLONE_PIDFD | SIGCHLD,
			    NULL, &pidfd, NULL, NULL);

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(getpid() == 1 ? 7 : 1);
	ASSERT_GE(pidfd, 0);
	EXPECT_EQ(pidfd_reap(pidfd), 7);
}

/* A space whose init has one child. A pidfd of that comes through a socket. */
static pid_t make_space_with_member(int *pidfd, struct gate *go)
{
	int sock[2];
	pid_t wid;

	make_sockets(sock);
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member)
			_exit(gate_wait(go));
		send_message(sock[1], pidfd_open_raw(member));
		_exit(reap(member));
	}
	*pidfd = receive(sock[0], NULL);
	CHECK(*pidfd >= 0);
	close(sock[0]);
	close(sock[1]);
	return wid;
}

TEST(an_ancestor_signals_a_member_by_pidfd)
{
	struct gate go = gate_new();
	pid_t wid;
	int pidfd;

	wid = make_space_with_member(&pidfd, &go);
	EXPECT_EQ(pidfd_kill(pidfd, 0), 0);
	EXPECT_EQ(pidfd_kill(pidfd, SIGKILL), 0);
	EXPECT_EQ(reap(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(pidfd_kill(pidfd, 0), -1);
	EXPECT_EQ(errno, ESRCH);
}

TEST(an_ancestor_sees_the_end_of_a_member_by_pidfd)
{
	struct gate go = gate_new();
	pid_t wid;
	int pidfd;

	wid = make_space_with_member(&pidfd, &go);
	EXPECT_FALSE(has_exited(pidfd, 0));
	gate_pass(&go, 7);
	EXPECT_TRUE(has_exited(pidfd, PATIENCE));
	/* But it is not its child to wait for. */
	EXPECT_EQ(pidfd_reap(pidfd), -ECHILD);
	EXPECT_EQ(reap(wid), 7);
}

TEST(fdinfo_outside_shows_0_for_a_member)
{
	struct gate go = gate_new();
	pid_t wid;
	int pidfd;

	wid = make_space_with_member(&pidfd, &go);
	EXPECT_TRUE(fdinfo_is(pidfd, "0", "0"));
	gate_pass(&go, 7);
	EXPECT_EQ(reap(wid), 7);
	EXPECT_TRUE(fdinfo_is(pidfd, "-1", "-1"));
}

TEST(fdinfo_inside_shows_the_one_number_of_a_member)
{
	struct gate go = gate_new();
	int parent = pidfd_open_raw(getpid());

	ASSERT_GE(parent, 0);
	IN(fork_space()) {
		pid_t member = fork(), nested;

		CHECK(member >= 0);
		if (!member)
			_exit(gate_wait(&go));
		nested = idle_space();
		CHECK(nested == 3);
		mount_own_proc();
		CHECK(fdinfo_is(pidfd_open_raw(member), "2", "2"));
		CHECK(fdinfo_is(pidfd_open_raw(1), "1", "1"));
		CHECK(fdinfo_is(pidfd_open_raw(nested), "3", "3\t1"));
		CHECK(fdinfo_is(parent, "0", "0"));
	}
}

/* What none may do who is in a space, with a pidfd of somebody outside it. */
static void check_out_of_reach(int pidfd)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_PID };
	siginfo_t wait_info;

	CHECK(pidfd_kill(pidfd, 0) == -1 && errno == EINVAL);
	CHECK(pidfd_kill(pidfd, SIGKILL) == -1 && errno == EINVAL);
	CHECK(ioctl(pidfd, PIDFD_GET_INFO, &info) == -1 && errno == EREMOTE);
	CHECK(waitid(P_PIDFD, pidfd, &wait_info, WEXITED | WNOHANG) == -1);
	CHECK(errno == ECHILD);
}

TEST(a_pidfd_from_an_ancestor_is_of_no_use_inside)
{
	int pidfd = pidfd_open_raw(getpid());
	pid_t wid;

	ASSERT_GE(pidfd, 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		check_out_of_reach(pidfd);
		_exit(member ? reap(member) : 0);
	}
	EXPECT_EQ(reap(wid), 0);
}

/* Neither that of its init, which has a number outside, nor of a member. */
TEST(a_pidfd_from_a_sibling_is_of_no_use_inside)
{
	struct gate go = gate_new();
	pid_t sibling, wid;
	int init, member;

	sibling = make_space_with_member(&member, &go);
	init = pidfd_open_raw(sibling);
	ASSERT_GE(init, 0);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork();

		CHECK(child >= 0);
		check_out_of_reach(init);
		check_out_of_reach(member);
		_exit(child ? reap(child) : 0);
	}
	EXPECT_EQ(reap(wid), 0);
	gate_pass(&go, 7);
	EXPECT_EQ(reap(sibling), 7);
}

TEST(pidfd_get_info_tells_the_numbers_inside)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct pidfd_info info = { .mask = PIDFD_INFO_PID };
		pid_t member = fork();
		int pidfd;

		CHECK(member >= 0);
		pidfd = pidfd_open_raw(2);
		CHECK(pidfd >= 0);
		CHECK(!ioctl(pidfd, PIDFD_GET_INFO, &info));
		CHECK(info.mask & PIDFD_INFO_PID);
		CHECK(info.pid == 2 && info.tgid == 2 && info.ppid == 1);

		pidfd = pidfd_open_raw(1);
		CHECK(pidfd >= 0);
		CHECK(!ioctl(pidfd, PIDFD_GET_INFO, &info));
		CHECK(info.pid == 1 && info.tgid == 1 && info.ppid == 0);
		_exit(member ? reap(member) : 0);
	}
	EXPECT_EQ(reap(wid), 0);
}

TEST(pidfd_get_info_tells_the_wid_outside)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_PID };
	pid_t wid = idle_space();
	int pidfd;

	ASSERT_GT(wid, 0);
	pidfd = pidfd_open_raw(wid);
	ASSERT_GE(pidfd, 0);
	ASSERT_EQ(ioctl(pidfd, PIDFD_GET_INFO, &info), 0);
	EXPECT_EQ((pid_t)info.pid, wid);
	EXPECT_EQ((pid_t)info.tgid, wid);
	EXPECT_EQ((pid_t)info.ppid, getpid());
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(pidfd_get_info_of_a_dead_member_tells_its_exit_code)
{
	IN(fork_space()) {
		struct gate go = gate_new();
		struct pidfd_info info = { .mask = PIDFD_INFO_EXIT };
		pid_t member = fork();
		int pidfd;

		CHECK(member >= 0);
		if (!member)
			_exit(gate_wait(&go));
		pidfd = pidfd_open_raw(member);
		CHECK(pidfd >= 0);
		gate_pass(&go, 7);
		CHECK(reap(member) == 7);
		CHECK(!ioctl(pidfd, PIDFD_GET_INFO, &info));
		CHECK(info.mask & PIDFD_INFO_EXIT);
		CHECK(WEXITSTATUS(info.exit_code) == 7);
	}
}

TEST(the_sender_of_a_message_from_an_init_is_its_wid)
{
	pid_t wid, sender;
	int sock[2];

	make_sockets(sock);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		send_message(sock[1], -1);
		CHECK(!send_credentials(sock[1], getpid()));
		_exit(0);
	}
	receive(sock[0], &sender);
	EXPECT_EQ(sender, wid);
	receive(sock[0], &sender);
	EXPECT_EQ(sender, wid);
	EXPECT_EQ(reap(wid), 0);
}

TEST(the_sender_of_a_message_from_a_member_is_0_outside)
{
	pid_t wid, sender;
	int sock[2];

	make_sockets(sock);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			send_message(sock[1], -1);
			CHECK(!send_credentials(sock[1], getpid()));
			_exit(0);
		}
		_exit(reap(member));
	}
	receive(sock[0], &sender);
	EXPECT_EQ(sender, 0);
	receive(sock[0], &sender);
	EXPECT_EQ(sender, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST(the_sender_of_a_message_inside_is_a_number_inside)
{
	IN(fork_space()) {
		pid_t member, sender;
		int sock[2];

		make_sockets(sock);
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			send_message(sock[1], -1);
			receive(sock[1], &sender);
			_exit(sender == 1 ? 0 : 1);
		}
		receive(sock[0], &sender);
		CHECK(sender == member);
		send_message(sock[0], -1);
		CHECK(!reap(member));
	}
}

TEST(the_sender_of_a_message_from_outside_is_0)
{
	int sock[2];
	pid_t wid;

	make_sockets(sock);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t sender;

		receive(sock[1], &sender);
		_exit(sender ? 1 : 7);
	}
	send_message(sock[0], -1);
	EXPECT_EQ(reap(wid), 7);
}

/* Without privilege one can claim to be oneself only, by one's own number. */
TEST(a_member_cannot_send_in_the_name_of_another_number)
{
	IN(fork_space()) {
		pid_t member, sender;
		int sock[2];

		make_sockets(sock);
		member = fork();
		CHECK(member >= 0);
		if (!member) {
			CHECK(!setgid(65534) && !setuid(65534));
			CHECK(send_credentials(sock[1], 1) == -EPERM);
			CHECK(!send_credentials(sock[1], getpid()));
			_exit(0);
		}
		receive(sock[0], &sender);
		CHECK(sender == member);
		CHECK(!reap(member));
	}
}

/* Who made a socket: a process, told in the numbers of the asker. */
TEST(the_peer_of_a_socket_made_inside_is_0_outside)
{
	struct ucred cred = { .pid = -1 };
	socklen_t size = sizeof(cred);
	int sock[2], fd;
	pid_t wid;

	make_sockets(sock);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork();
		int own[2];

		CHECK(member >= 0);
		if (member)
			_exit(reap(member));
		make_sockets(own);
		CHECK(!getsockopt(own[0], SOL_SOCKET, SO_PEERCRED, &cred,
				  &size));
		CHECK(cred.pid == 2);
		send_message(sock[1], own[0]);
		_exit(0);
	}
	fd = receive(sock[0], NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size), 0);
	EXPECT_EQ(cred.pid, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
