// SPDX-License-Identifier: GPL-2.0
/*
 * What perf and netlink tell of processes in other spaces: no number that is not there
 * already.
 *
 * model: Limits
 */

#include "watch.h"

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
