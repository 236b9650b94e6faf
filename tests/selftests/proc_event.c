// SPDX-License-Identifier: GPL-2.0
/* Listeners to process events are told nothing of members. */

#include "space.h"
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include "harness.h"

/* The first of the numbers that nobody in the root has, and how many there are. */
#define FIRST	7777
#define NUMBERS	100

/* A message with room for an event. */
union packet {
	struct nlmsghdr header;
	char bytes[256];
};

static struct cn_msg *message_in(union packet *packet)
{
	return NLMSG_DATA(&packet->header);
}

static int listener_new(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = CN_IDX_PROC,
	};
	enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	union packet packet = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(op)),
			.nlmsg_type = NLMSG_DONE,
		},
	};
	struct cn_msg *message = message_in(&packet);
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	message->id.idx = CN_IDX_PROC;
	message->id.val = CN_VAL_PROC;
	message->len = sizeof(op);
	memcpy(message->data, &op, sizeof(op));
	CHECK(fd >= 0);
	CHECK(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	CHECK(send(fd, &packet, packet.header.nlmsg_len, 0) ==
	      packet.header.nlmsg_len);
	return fd;
}

/* The next event, which must come. */
static struct proc_event next_event(int listener)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	struct proc_event event;
	union packet packet = {};

	CHECK(poll(&ready, 1, PATIENCE) == 1);
	CHECK(recv(listener, &packet, sizeof(packet), 0) > 0);
	memcpy(&event, message_in(&packet)->data, sizeof(event));
	return event;
}

/* A process that an event names, if any. */
static bool is_of(const struct proc_event *event, pid_t pid)
{
	/* The first two numbers of each kind are of the process, or its parent. */
	const __kernel_pid_t *nr = (const void *)&event->event_data;
	int i, numbers = event->what == PROC_EVENT_FORK ||
			 event->what == PROC_EVENT_PTRACE ? 4 : 2;

	for (i = 0; i < numbers; i++)
		if (nr[i] == pid)
			return true;
	return false;
}

static bool is_of_a_member(const struct proc_event *event)
{
	pid_t nr;

	for (nr = FIRST; nr < FIRST + NUMBERS; nr++)
		if (is_of(event, nr))
			return true;
	return false;
}

/* Count what has come until now: events that name a process, or members. */
static int count_events(int listener, pid_t process)
{
	pid_t marker = fork_and_reap();
	int count = 0;

	for (;;) {
		struct proc_event event = next_event(listener);

		if (event.what == PROC_EVENT_EXIT && is_of(&event, marker))
			return count;
		count += process ? is_of(&event, process) : is_of_a_member(&event);
	}
}

static void *end_thread(void *unused)
{
	return unused;
}

/* All that a process is reported for. */
static void __attribute__((noreturn)) do_everything(void)
{
	pthread_t thread;
	pid_t child;

	CHECK(!pthread_create(&thread, NULL, end_thread, NULL));
	CHECK(!pthread_join(thread, NULL));
	CHECK(!prctl(PR_SET_NAME, "everything"));
	CHECK(setsid() == getpid());
	child = fork_child();
	if (!child) {
		CHECK(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		raise(SIGSTOP);
		CHECK(!setuid(NOBODY));
		_exit(0);
	}
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(!ptrace(PTRACE_DETACH, child, NULL, NULL));
	CHECK(!reap(child));
	child = fork_child();
	if (!child) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	CHECK(!reap(child));
	child = fork_child();
	if (!child)
		abort();
	CHECK(reap(child) == BY_SIGNAL(SIGABRT));
	_exit(0);
}

/* The next child of the caller has FIRST, and those after it what follows. */
static void set_next_number(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", FIRST - 1);
	CHECK(!write_file("/proc/sys/kernel/ns_last_pid", text));
}

TEST(there_are_no_events_of_members)
{
	int listener = listener_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		set_next_number();
		member = fork_child();
		if (!member)
			do_everything();
		CHECK(member == FIRST);
		_exit(reap(member));
	}
	ASSERT_EQ(reap(wid), 0);
	EXPECT_EQ(count_events(listener, 0), 0);
	close(listener);
}

/* As they must be, or nothing is shown by the test before. */
TEST(there_are_events_of_the_root)
{
	int listener = listener_new();
	pid_t process;

	set_next_number();
	process = fork_child();
	if (!process)
		do_everything();
	ASSERT_EQ(process, FIRST);
	ASSERT_EQ(reap(process), 0);
	/*
	 * Of it, its thread and its children: 5 forks, 5 exits, a name, a session,
	 * two of ptrace, a user, an exec, a core dump.
	 */
	EXPECT_EQ(count_events(listener, 0), 17);
	close(listener);
}

/* It has a number of the root. */
TEST(there_are_events_of_the_init_of_a_space)
{
	int listener = listener_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(0);
	ASSERT_EQ(reap(wid), 0);
	/* It is forked and exits. */
	EXPECT_EQ(count_events(listener, wid), 2);
	close(listener);
}

TEST_HARNESS_MAIN
