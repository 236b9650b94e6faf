// SPDX-License-Identifier: GPL-2.0
/*
 * What is told of a task by taskstats has its pair.
 *
 * model: Limits
 */

#include "space.h"
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <poll.h>
#include <sys/socket.h>
#include "harness.h"

/* A number that nobody in the root has. */
#define MEMBER	7777

struct message {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	char attributes[4096];
};

static int netlink_new(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	CHECK(fd >= 0);
	CHECK(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static void ask(int fd, int family, int command, int attribute, const void *value,
		size_t size)
{
	struct message message = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + NLA_HDRLEN + NLA_ALIGN(size)),
			.nlmsg_type = family,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.generic = { .cmd = command, .version = 1 },
	};
	struct nlattr *attr = (void *)message.attributes;

	attr->nla_type = attribute;
	attr->nla_len = NLA_HDRLEN + size;
	memcpy(attr + 1, value, size);
	CHECK(send(fd, &message, message.header.nlmsg_len, 0) ==
	      message.header.nlmsg_len);
}

/* The next message, which must come. */
static void receive(int fd, struct message *message)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	CHECK(poll(&ready, 1, PATIENCE) == 1);
	CHECK(recv(fd, message, sizeof(*message), 0) >= (ssize_t)sizeof(message->header));
	CHECK(message->header.nlmsg_type != NLMSG_ERROR);
}

/* An attribute of those from FIRST up to END, or NULL. */
static void *attribute(void *first, void *end, int type)
{
	struct nlattr *attr = first;

	while ((void *)attr < end) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr + 1;
		attr = (void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	}
	return NULL;
}

/* The statistics of a task in a message. */
static struct taskstats stats_in(struct message *message)
{
	struct taskstats stats, *found;
	struct nlattr *task = (void *)message->attributes;

	CHECK(task->nla_type == TASKSTATS_TYPE_AGGR_PID);
	found = attribute(task + 1, (char *)task + task->nla_len, TASKSTATS_TYPE_STATS);
	CHECK(found);
	memcpy(&stats, found, sizeof(stats));
	CHECK(stats.version >= 18);
	return stats;
}

static int family_of(int fd, const char *name)
{
	struct message message;
	uint16_t *id;

	ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, name,
	    strlen(name) + 1);
	receive(fd, &message);
	id = attribute(message.attributes, (char *)&message + message.header.nlmsg_len,
		       CTRL_ATTR_FAMILY_ID);
	CHECK(id);
	return *id;
}

/* It is told of all that exit from now on. */
static int listener_new(void)
{
	int fd = netlink_new(), room = 8 << 20;
	char processors[16];

	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)));
	snprintf(processors, sizeof(processors), "0-%ld", sysconf(_SC_NPROCESSORS_CONF) - 1);
	ask(fd, family_of(fd, TASKSTATS_GENL_NAME), TASKSTATS_CMD_GET,
	    TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, processors, strlen(processors) + 1);
	return fd;
}

/* Of the next task that exits with a status. */
static struct taskstats stats_of_exit(int listener, int status)
{
	struct message message;
	struct taskstats stats;

	do {
		receive(listener, &message);
		stats = stats_in(&message);
	} while (stats.ac_exitcode != (uint32_t)status << 8);
	return stats;
}

/* What is told to the caller of a task by its number. */
static struct taskstats stats_of(pid_t pid)
{
	int fd = netlink_new();
	struct message message;
	uint32_t nr = pid;

	ask(fd, family_of(fd, TASKSTATS_GENL_NAME), TASKSTATS_CMD_GET,
	    TASKSTATS_CMD_ATTR_PID, &nr, sizeof(nr));
	receive(fd, &message);
	close(fd);
	return stats_in(&message);
}

TEST(the_exit_of_a_member_is_told_with_its_pair)
{
	int listener = listener_new();
	struct gate gate = gate_new();
	struct taskstats stats;
	pid_t wid = fork_space();
	uint64_t id;

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		gate_wait(&gate);
		member = fork_as(0, TIDS(MEMBER));
		CHECK(member >= 0);
		if (!member)
			_exit(77);
		CHECK(reap(member) == 77);
		_exit(78);
	}
	id = ns_id_of(wid, "pid");
	gate_pass(&gate, 0);
	ASSERT_EQ(reap(wid), 78);

	stats = stats_of_exit(listener, 77);
	EXPECT_EQ(stats.ac_pid, 0);
	EXPECT_EQ(stats.ac_tgid, 0);
	EXPECT_EQ(stats.ac_pspace, id);
	EXPECT_EQ(stats.ac_pspace_pid, MEMBER);
	EXPECT_EQ(stats.ac_pspace_tgid, MEMBER);

	/* The init is known outside, by its wid. */
	stats = stats_of_exit(listener, 78);
	EXPECT_EQ(stats.ac_pid, wid);
	EXPECT_EQ(stats.ac_pspace, id);
	EXPECT_EQ(stats.ac_pspace_pid, 1);
	close(listener);
}

TEST(the_root_is_the_pspace_of_the_others)
{
	struct taskstats stats = stats_of(getpid());

	EXPECT_EQ(stats.ac_pid, getpid());
	EXPECT_EQ(stats.ac_pspace, ROOT_ID);
	EXPECT_EQ(stats.ac_pspace_pid, getpid());
	EXPECT_EQ(stats.ac_pspace_tgid, getpid());
}

TEST(a_member_is_told_the_pairs_of_members)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct taskstats stats = stats_of(1);
		int own = own_ns();
		pid_t below;

		CHECK(stats.ac_pid == 1);
		CHECK(stats.ac_pspace == ns_id(own));
		CHECK(stats.ac_pspace_pid == 1);

		/* That of a space within is not its own. */
		below = idle_space();
		CHECK(below > 0);
		stats = stats_of(below);
		CHECK(stats.ac_pid == below);
		CHECK(stats.ac_pspace && stats.ac_pspace != ns_id(own));
		CHECK(stats.ac_pspace_pid == 1);
		CHECK(end(below) == BY_SIGNAL(SIGKILL));
		_exit(0);
	}
	ASSERT_EQ(reap(wid), 0);
}

/* In a classic pid namespace nothing is known of the space around. */
TEST(who_may_not_see_the_pspace_is_not_told)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t child = fork_with(CLONE_NEWPID);

		CHECK(child >= 0);
		if (!child) {
			struct taskstats stats = stats_of(1);

			CHECK(stats.ac_pid == 1);
			CHECK(!stats.ac_pspace);
			CHECK(!stats.ac_pspace_pid && !stats.ac_pspace_tgid);
			_exit(0);
		}
		_exit(reap(child));
	}
	ASSERT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
