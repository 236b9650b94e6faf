// SPDX-License-Identifier: GPL-2.0
/*
 * What audit records say of members, and which rules are for them.
 *
 * model: Limits
 */

#include "control.h"
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include "harness.h"

/* Numbers that the members below have, and one that a process of the root has too. */
#define TWIN	7777
#define TARGET	7778

/* Of one record. */
#define RECORD_SIZE	8192

struct message {
	struct nlmsghdr header;
	char data[RECORD_SIZE];
};

static int audit_socket(uint32_t groups)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	CHECK(fd >= 0);
	CHECK(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* The next message, which must come. */
static void receive(int fd, struct message *message)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t length;

	CHECK(poll(&ready, 1, PATIENCE) == 1);
	length = recv(fd, message, sizeof(*message) - 1, 0);
	CHECK(length >= (ssize_t)sizeof(message->header));
	((char *)message)[length] = 0;
}

static void send_message(int fd, int type, int flags, const void *data,
			 size_t size)
{
	struct message message = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(size),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
	};

	CHECK(size < sizeof(message.data));
	memcpy(message.data, data, size);
	CHECK(send(fd, &message, message.header.nlmsg_len, 0) ==
	      message.header.nlmsg_len);
}

/* Ask the kernel for something, on a socket of its own: 0 or -errno. */
static int request_on(int fd, int type, const void *data, size_t size)
{
	struct message message;

	send_message(fd, type, NLM_F_ACK, data, size);
	do
		receive(fd, &message);
	while (message.header.nlmsg_type != NLMSG_ERROR);
	return ((struct nlmsgerr *)message.data)->error;
}

static int request(int type, const void *data, size_t size)
{
	int fd = audit_socket(0);
	int err = request_on(fd, type, data, size);

	close(fd);
	return err;
}

static void enable(bool enabled)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED,
		.enabled = enabled,
	};

	CHECK(!request(AUDIT_SET, &status, sizeof(status)));
}

/* Add or delete the rule that logs each kill() where a field compares so. */
static void rule(int type, uint32_t field, uint32_t operator, uint32_t value)
{
	struct audit_rule_data data = {
		.flags = AUDIT_FILTER_EXIT,
		.action = AUDIT_ALWAYS,
		.field_count = 2,
		.fields = { AUDIT_ARCH, field },
		.fieldflags = { AUDIT_EQUAL, operator },
		.values = { AUDIT_ARCH_X86_64, value },
	};

	data.mask[AUDIT_WORD(SYS_kill)] = AUDIT_BIT(SYS_kill);
	CHECK(!request(type, &data, sizeof(data)));
}

/* The records of a type that have come since the last call, one to a line. */
static char *records(int listener, int type)
{
	static int serial;
	struct message message;
	char marker[32], *text = calloc(1, 1 << 20);

	/* In the queue behind them. */
	snprintf(marker, sizeof(marker), "marker-%d-%d", getpid(), ++serial);
	CHECK(!request(AUDIT_FIRST_USER_MSG, marker, strlen(marker) + 1));
	for (;;) {
		receive(listener, &message);
		if (message.header.nlmsg_type == AUDIT_FIRST_USER_MSG &&
		    strstr(message.data, marker))
			return text;
		if (message.header.nlmsg_type != type)
			continue;
		strcat(text, message.data);
		strcat(text, "\n");
		CHECK(strlen(text) < (1 << 19));
	}
}

/* Of a process of the root and a member of a space, both TWIN, what do they do? */
struct twins {
	pid_t root, wid;
	uint64_t id;
	struct gate go_root, go_member, done;
};

/* Send a signal that does nothing, whenever told. */
static void __attribute__((noreturn)) keep_sending(struct gate *go,
						   struct gate *done,
						   pid_t target)
{
	for (;;) {
		gate_wait(go);
		CHECK(!kill(target, 0));
		gate_pass(done, 0);
	}
}

static struct twins twins_new(void)
{
	struct twins twins = {
		.go_root = gate_new(),
		.go_member = gate_new(),
		.done = gate_new(),
	};

	twins.root = fork_as(0, TIDS(TWIN));
	CHECK(twins.root >= 0);
	if (!twins.root)
		keep_sending(&twins.go_root, &twins.done, getppid());
	twins.wid = fork_space();
	CHECK(twins.wid >= 0);
	if (!twins.wid) {
		pid_t target = fork_as(0, TIDS(TARGET)), member;

		CHECK(target >= 0);
		if (!target)
			stay();
		member = fork_as(0, TIDS(TWIN));
		CHECK(member >= 0);
		if (!member)
			keep_sending(&twins.go_member, &twins.done, TARGET);
		stay();
	}
	twins.id = ns_id_of(twins.wid, "pid");
	return twins;
}

static void let_send(struct gate *go, struct gate *done)
{
	gate_pass(go, 0);
	gate_wait(done);
}

static void twins_end(struct twins *twins)
{
	CHECK(end(twins->wid) == BY_SIGNAL(SIGKILL));
	CHECK(end(twins->root) == BY_SIGNAL(SIGKILL));
}

/* How often is a text in another? */
static int occurrences(const char *text, const char *part)
{
	int count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text += strlen(part);
	}
	return count;
}

FIXTURE(audit)
{
	struct twins twins;
	int listener;
	char member[64], of_root[64];
};

FIXTURE_SETUP(audit)
{
	enable(true);
	self->listener = audit_socket(1 << (AUDIT_NLGRP_READLOG - 1));
	self->twins = twins_new();
	snprintf(self->member, sizeof(self->member), " pid=0 pspace=%llu:%d ",
		 (unsigned long long)self->twins.id, TWIN);
	snprintf(self->of_root, sizeof(self->of_root), " pid=%d auid=", TWIN);
}

FIXTURE_TEARDOWN(audit)
{
	twins_end(&self->twins);
	close(self->listener);
	enable(false);
}

TEST_F(audit, a_member_has_its_pair_and_no_pid)
{
	char target[64], *text;

	rule(AUDIT_ADD_RULE, AUDIT_UID, AUDIT_EQUAL, 0);
	let_send(&self->twins.go_member, &self->twins.done);
	text = records(self->listener, AUDIT_SYSCALL);
	EXPECT_EQ(occurrences(text, self->member), 1)
		TH_LOG("%s", text);
	EXPECT_EQ(occurrences(text, self->of_root), 0);

	let_send(&self->twins.go_member, &self->twins.done);
	text = records(self->listener, AUDIT_OBJ_PID);
	snprintf(target, sizeof(target), " opid=0 opspace=%llu:%d ",
		 (unsigned long long)self->twins.id, TARGET);
	EXPECT_EQ(occurrences(text, target), 1)
		TH_LOG("%s", text);
	rule(AUDIT_DEL_RULE, AUDIT_UID, AUDIT_EQUAL, 0);
}

TEST_F(audit, a_process_of_the_root_has_its_pid_as_ever)
{
	char *text;

	rule(AUDIT_ADD_RULE, AUDIT_UID, AUDIT_EQUAL, 0);
	let_send(&self->twins.go_root, &self->twins.done);
	text = records(self->listener, AUDIT_SYSCALL);
	EXPECT_EQ(occurrences(text, self->of_root), 1)
		TH_LOG("%s", text);
	EXPECT_EQ(occurrences(text, "pspace="), 0);
	let_send(&self->twins.go_root, &self->twins.done);
	text = records(self->listener, AUDIT_OBJ_PID);
	EXPECT_EQ(occurrences(text, " opid="), 1);
	EXPECT_EQ(occurrences(text, "pspace="), 0);
	rule(AUDIT_DEL_RULE, AUDIT_UID, AUDIT_EQUAL, 0);
}

TEST_F(audit, a_rule_for_a_pid_is_for_the_process_of_the_root)
{
	char *text;

	rule(AUDIT_ADD_RULE, AUDIT_PID, AUDIT_EQUAL, TWIN);
	let_send(&self->twins.go_member, &self->twins.done);
	let_send(&self->twins.go_root, &self->twins.done);
	text = records(self->listener, AUDIT_SYSCALL);
	EXPECT_EQ(occurrences(text, self->member), 0)
		TH_LOG("%s", text);
	EXPECT_EQ(occurrences(text, self->of_root), 1);
	rule(AUDIT_DEL_RULE, AUDIT_PID, AUDIT_EQUAL, TWIN);
}

TEST_F(audit, a_rule_for_all_but_a_pid_is_for_the_member)
{
	char *text;

	rule(AUDIT_ADD_RULE, AUDIT_PID, AUDIT_NOT_EQUAL, TWIN);
	let_send(&self->twins.go_member, &self->twins.done);
	let_send(&self->twins.go_root, &self->twins.done);
	text = records(self->listener, AUDIT_SYSCALL);
	EXPECT_EQ(occurrences(text, self->member), 1)
		TH_LOG("%s", text);
	EXPECT_EQ(occurrences(text, self->of_root), 0);
	rule(AUDIT_DEL_RULE, AUDIT_PID, AUDIT_NOT_EQUAL, TWIN);
}

/* What AUDIT_SIGNAL_INFO answers; not in a header. */
struct sender {
	uid_t uid;
	pid_t pid;
	char context[];
};

/* A member of such a space sees who is above it, and may signal that. */
static void __attribute__((noreturn)) signal_above(struct gate *go,
						   struct gate *done, int pidfd)
{
	gate_wait(go);
	CHECK(!syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0));
	gate_pass(done, 0);
	stay();
}

static void ignore(int sig)
{
}

/* The audit daemon asks who has sent it a signal, by a number of the root. */
TEST(the_daemon_is_told_no_number_of_a_member)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID,
		.enabled = 1,
		.pid = getpid(),
	};
	int pidfd = open_pidfd(getpid()), daemon;
	struct gate go = gate_new(), done = gate_new();
	struct message message;
	struct sender *sender = (void *)message.data;
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member = fork_as(0, TIDS(TWIN));

		CHECK(member >= 0);
		if (!member)
			signal_above(&go, &done, pidfd);
		stay();
	}
	ASSERT_EQ(set_isolation(ns_id_of(wid, "pid"), "half"), 0);
	signal(SIGUSR1, ignore);
	daemon = audit_socket(0);
	ASSERT_EQ(request_on(daemon, AUDIT_SET, &status, sizeof(status)), 0);
	gate_pass(&go, 0);
	gate_wait(&done);
	send_message(daemon, AUDIT_SIGNAL_INFO, 0, NULL, 0);
	do
		receive(daemon, &message);
	while (message.header.nlmsg_type != AUDIT_SIGNAL_INFO);
	EXPECT_EQ(sender->uid, 0);
	EXPECT_EQ(sender->pid, 0);
	status.enabled = 0;
	status.pid = 0;
	EXPECT_EQ(request_on(daemon, AUDIT_SET, &status, sizeof(status)), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
