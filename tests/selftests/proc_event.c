// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners to process events are told nothing of members, unless they ask for it.
 *
 * model: Limits
 */

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

static int listener_new(enum proc_cn_mcast_op op)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = CN_IDX_PROC,
	};
	union packet packet = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(op)),
			.nlmsg_type = NLMSG_DONE,
		},
	};
	struct cn_msg *message = message_in(&packet);
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	int room = 8 << 20;

	message->id.idx = CN_IDX_PROC;
	message->id.val = CN_VAL_PROC;
	message->len = sizeof(op);
	memcpy(message->data, &op, sizeof(op));
	CHECK(fd >= 0);
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)));
	CHECK(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	CHECK(send(fd, &packet, packet.header.nlmsg_len, 0) ==
	      packet.header.nlmsg_len);
	return fd;
}

/* The next event, which must come and be of this size: its sequence number. */
static __u32 receive(int listener, void *event, size_t size)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	union packet packet = {};

	CHECK(poll(&ready, 1, PATIENCE) == 1);
	CHECK(recv(listener, &packet, sizeof(packet), 0) > 0);
	CHECK(message_in(&packet)->len == size);
	memcpy(event, message_in(&packet)->data, size);
	return message_in(&packet)->seq;
}

/* Does an event name a process? */
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

/*
 * Count what has come until now: events that name a process, or members. Who exits can
 * be waited for before it is told of: what is expected may come behind the marker.
 */
static int count_events(int listener, pid_t process, int expected)
{
	pid_t marker = fork_and_reap();
	bool marked = false;
	int count = 0;

	while (!marked || count < expected) {
		struct proc_event event;

		receive(listener, &event, sizeof(event));
		marked |= event.what == PROC_EVENT_EXIT && is_of(&event, marker);
		count += process ? is_of(&event, process) : is_of_a_member(&event);
	}
	return count;
}

/* Does it name one of the tasks below, and a space with an id? */
static bool is_a_number_in(const struct proc_event_task *task, uint64_t id)
{
	return task->pid >= FIRST && task->pid < FIRST + NUMBERS &&
	       task->pid_pspace == id && task->tgid_pspace == id;
}

/* The same of the members of a space. */
static int count_events_in(int listener, uint64_t id, int expected)
{
	pid_t marker = fork_and_reap();
	bool marked = false;
	int count = 0;

	while (!marked || count < expected) {
		struct proc_event_pspace event;
		__u32 what;

		receive(listener, &event, sizeof(event));
		what = event.event.what;
		marked |= what == PROC_EVENT_EXIT && is_of(&event.event, marker);
		/* In the root it is nobody. */
		if (is_a_number_in(&event.process, id))
			CHECK(is_of(&event.event, 0));
		count += is_a_number_in(&event.process, id) ||
			 ((what == PROC_EVENT_FORK || what == PROC_EVENT_PTRACE) &&
			  is_a_number_in(&event.other, id));
	}
	return count;
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

/* The next child of the caller has this number, and those after it what follows. */
static void set_next_number(pid_t nr)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nr - 1);
	CHECK(!write_file("/proc/sys/kernel/ns_last_pid", text));
}

/*
 * Of the process and its thread and children: 5 forks, 5 exits, a name, a session,
 * the end of a trace, a user, an exec, a core dump.
 */
#define EVERYTHING	16

/* A space with members who do everything: 0, and its id. */
static int busy_space(uint64_t *id)
{
	struct gate gate = gate_new();
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		pid_t member;

		gate_wait(&gate);
		set_next_number(FIRST);
		member = fork_child();
		if (!member)
			do_everything();
		CHECK(member == FIRST);
		_exit(reap(member));
	}
	*id = ns_id_of(wid, "pid");
	gate_pass(&gate, 0);
	return reap(wid);
}

TEST(there_are_no_events_of_members)
{
	int listener = listener_new(PROC_CN_MCAST_LISTEN);
	uint64_t id;

	ASSERT_EQ(busy_space(&id), 0);
	EXPECT_EQ(count_events(listener, 0, 0), 0);
	close(listener);
}

/* As they must be, or nothing is shown by the test before. */
TEST(there_are_events_of_the_root)
{
	int listener = listener_new(PROC_CN_MCAST_LISTEN);
	pid_t process;

	set_next_number(FIRST);
	process = fork_child();
	if (!process)
		do_everything();
	ASSERT_EQ(process, FIRST);
	ASSERT_EQ(reap(process), 0);
	/* Where it was: who comes later in this guest may choose such numbers. */
	set_next_number(getpid() + 1);
	EXPECT_EQ(count_events(listener, 0, EVERYTHING), EVERYTHING);
	close(listener);
}

/* It has a number of the root. */
TEST(there_are_events_of_the_init_of_a_space)
{
	int listener = listener_new(PROC_CN_MCAST_LISTEN);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(0);
	ASSERT_EQ(reap(wid), 0);
	/* It is forked and exits. */
	EXPECT_EQ(count_events(listener, wid, 2), 2);
	close(listener);
}

/* The threads and children that nobody waits for are gone when it is told. */
TEST(who_asks_is_told_of_members_by_their_pairs)
{
	int listener = listener_new(PROC_CN_MCAST_LISTEN_PSPACE);
	uint64_t id;

	ASSERT_EQ(busy_space(&id), 0);
	EXPECT_EQ(count_events_in(listener, id, EVERYTHING), EVERYTHING);
	close(listener);
}

TEST(who_asks_is_told_of_the_root_by_its_numbers)
{
	int listener = listener_new(PROC_CN_MCAST_LISTEN_PSPACE);
	pid_t child = fork_child();

	if (!child)
		_exit(0);
	/* It is waited for after that, for then it has no parent any more. */
	for (;;) {
		struct proc_event_pspace event;

		receive(listener, &event, sizeof(event));
		if (event.event.what != PROC_EVENT_EXIT ||
		    !is_of(&event.event, child))
			continue;
		EXPECT_EQ(event.process.pid, child);
		EXPECT_EQ(event.process.tgid, child);
		EXPECT_EQ(event.process.pid_pspace, 0);
		EXPECT_EQ(event.other.pid, getpid());
		EXPECT_EQ(event.other.pid_pspace, 0);
		break;
	}
	EXPECT_EQ(reap(child), 0);
	close(listener);
}

/* Each kind of listener has a sequence of its own on each processor. */
TEST(others_see_no_gap_where_events_of_members_are)
{
	int other = listener_new(PROC_CN_MCAST_LISTEN_PSPACE);
	int listener = listener_new(PROC_CN_MCAST_LISTEN);
	__u32 next[64] = {};
	uint64_t id;
	bool marked = false;
	pid_t marker;
	int events = 0;

	/* Some before, then those of members, then some after on all processors. */
	for (; events < many(100); events++)
		fork_and_reap();
	ASSERT_EQ(busy_space(&id), 0);
	for (events = 0; events < many(100); events++)
		fork_and_reap();
	marker = fork_and_reap();
	for (events = 0; !marked || events < 4 * many(100); events++) {
		struct proc_event event;
		__u32 seq = receive(listener, &event, sizeof(event));

		marked |= event.what == PROC_EVENT_EXIT && is_of(&event, marker);
		/* That of the listener itself has no processor. */
		if (event.what == PROC_EVENT_NONE)
			continue;
		ASSERT_LT(event.cpu, 64);
		if (next[event.cpu])
			EXPECT_EQ(seq, next[event.cpu]);
		next[event.cpu] = seq + 1;
	}
	close(listener);
	close(other);
}

TEST_HARNESS_MAIN
