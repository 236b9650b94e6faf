// SPDX-License-Identifier: GPL-2.0
/*
 * Which spaces are peers, by how both are isolated and where they are; that they have
 * no numbers of each other, and what a mount hides.
 *
 * model: Isolation
 */

#include "peers.h"

/*
 * Numbers: there are none
 */

PEER_TEST(reach_nobody_by_a_number)
{
	static const pid_t numbers[] = {
		MEMBER, USER, NESTED, CLASSIC, WID_OF(OLDER), WID_OF(YOUNGER),
		A_MEMBER,
	};
	int i;

	CHECK(kill(-1, SIGKILL) == -1 && errno == ESRCH);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		pid_t nr = numbers[i];

		CHECK(kill(nr, SIGKILL) == -1 && errno == ESRCH);
		CHECK(kill(-nr, SIGKILL) == -1 && errno == ESRCH);
		CHECK(syscall(SYS_tgkill, nr, nr, SIGKILL) == -1 &&
		      errno == ESRCH);
		CHECK(open_pidfd(nr) == -1 && errno == ESRCH);
		CHECK(ptrace(PTRACE_SEIZE, nr, NULL, NULL) == -1 &&
		      errno == ESRCH);
		CHECK(getsid(nr) == -1 && errno == ESRCH);
		CHECK(getpgid(nr) == -1 && errno == ESRCH);
		CHECK(is_missing(TEXT("/proc/%d", nr)));
	}
	await_sleep(PAIR_STATUS(zoo->id[other], MEMBER));
}

static void get_no_number(int other)
{
	unsigned long long id = zoo->id[other];
	int ns = open_ns_of(id, 1), pidfd = open_pair(ns, MEMBER);
	struct pidfd_info info = { .mask = PIDFD_INFO_PID };
	char fdinfo[64];

	CHECK(ns >= 0 && pidfd >= 0);
	CHECK(get_wid(ns, MEMBER) == -ESRCH);
	CHECK(get_wid(ns, 1) == -ESRCH);
	CHECK(get_wid(ns, 1000) == -ESRCH);
	CHECK(ioctl(ns, NS_GET_PID_FROM_PIDNS, MEMBER) == -1 && errno == ESRCH);
	CHECK(ioctl(ns, NS_GET_TGID_FROM_PIDNS, 1) == -1 && errno == ESRCH);
	CHECK(ioctl(ns, NS_GET_PID_IN_PIDNS, getpid()) == -1 && errno == ESRCH);
	CHECK(ioctl(ns, NS_GET_TGID_IN_PIDNS, 1) == -1 && errno == ESRCH);
	/* Nor does it lead up. */
	CHECK(ioctl(ns, NS_GET_PARENT) == -1 && errno == EPERM);
	CHECK(ioctl(pidfd, PIDFD_GET_INFO, &info) == -1 && errno == EREMOTE);
	snprintf(fdinfo, sizeof(fdinfo), "/proc/self/fdinfo/%d", pidfd);
	CHECK(says(fdinfo, "Pid", "0"));
	CHECK(lists("/proc", TIDS(1, getpid())));
	/* Still none. */
	CHECK(is_of_pair(pidfd, id, MEMBER));
}

/* Whatever the setting, which is about who is above. */
TEST_F(peers, get_no_numbers_of_each_other)
{
	EXPECT_EQ(look(B, get_no_number, variant->other), 0);
	EXPECT_EQ(control(zoo->id[variant->other], "numbers", "list"), 0);
	EXPECT_EQ(control(zoo->id[B], "numbers", "list"), 0);
	EXPECT_EQ(look(B, get_no_number, variant->other), 0);
}

static void send_a_byte(int socket)
{
	CHECK(write(socket, "x", 1) == 1);
}

static void receive_credentials(int socket)
{
	char byte;
	struct iovec text = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct ucred ucred;

	CHECK(recvmsg(socket, &message, 0) == 1);
	CHECK(CMSG_FIRSTHDR(&message) &&
	      control.header.cmsg_type == SCM_CREDENTIALS);
	memcpy(&ucred, CMSG_DATA(&control.header), sizeof(ucred));
	CHECK(ucred.pid == 0 && ucred.uid == 0);
}

TEST_F(peers, are_nobody_to_each_other_in_messages)
{
	int one = 1;

	ASSERT_EQ(setsockopt(sockets[1], SOL_SOCKET, SO_PASSCRED, &one,
			     sizeof(one)), 0);
	ASSERT_EQ(look(variant->other, send_a_byte, sockets[0]), 0);
	EXPECT_EQ(look(B, receive_credentials, sockets[1]), 0);
}

/* A handle is as good as the sight of the process. */
struct handle {
	struct file_handle header;
	char bytes[MAX_HANDLE_SZ];
};

static void use_a_handle(int other)
{
	struct handle handle = { .header.handle_bytes = MAX_HANDLE_SZ };
	int mount, again, pidfd = pidfd_of(zoo->id[other], MEMBER);

	CHECK(!name_to_handle_at(pidfd, "", &handle.header, &mount,
				 AT_EMPTY_PATH));
	again = open_by_handle_at(pidfd, &handle.header, 0);
	CHECK(again >= 0);
	CHECK(is_of_pair(again, zoo->id[other], MEMBER));
	gate_pass(&looked, 0);
	gate_wait(&go);
	CHECK(open_by_handle_at(pidfd, &handle.header, 0) == -1 &&
	      errno == ESTALE);
}

TEST_F(peers, open_each_other_s_processes_by_handles)
{
	begin_look(B, use_a_handle, variant->other);
	gate_wait(&looked);
	EXPECT_EQ(isolate(B, "full"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(answer(B), 0);
}

/*
 * What a mount hides
 */

static void look_at_who_is_hidden(int other)
{
	unsigned long long id = zoo->id[other];
	struct row row;

	mount_proc_with("hidepid=invisible");
	/* Not from root. */
	see_only(ALL_PEERS);
	CHECK(!setgroups(0, NULL));
	become(NOBODY);
	/* One process there is of this user. */
	CHECK(shows_space(id) && shows_space(zoo->id[B]));
	CHECK(lists(CONTROL_PATH(id, ""), TIDS(USER)));
	CHECK(processes_in_list(id) == 1);
	CHECK(task_row(id, USER, &row));
	CHECK(is_missing(PAIR_STATUS(id, MEMBER)));
	CHECK(is_missing(PAIR_STATUS(id, 1)));
	CHECK(is_nowhere(zoo->id[A]));
	CHECK(is_nowhere(zoo->id[nested_in(other)]));
}

PEER_TEST(hide_from_a_user_what_the_mount_hides)
{
	look_at_who_is_hidden(other);
}

PEER_TEST(hide_from_another_user_that_they_are_there)
{
	mount_proc_with("hidepid=invisible");
	CHECK(!setgroups(0, NULL));
	become(OTHER_USER);
	CHECK(is_nowhere(zoo->id[other]));
	CHECK(!shows_space(zoo->id[other]));
	/* In one's own one is. */
	CHECK(shows_space(zoo->id[B]));
	CHECK(spaces_in_proc() == 1);
	CHECK(count_lines(SPACES) == 2);
}

PEER_TEST(hide_what_is_told_of_processes_where_the_mount_does)
{
	unsigned long long id = zoo->id[other];

	mount_proc_with("hidepid=noaccess");
	CHECK(!setgroups(0, NULL));
	become(OTHER_USER);
	CHECK(shows_space(id));
	CHECK(lists(CONTROL_PATH(id, ""),
		    TIDS(1, MEMBER, USER, CLASSIC, IN_CLASSIC)));
	CHECK(processes_in_list(id) == 0);
	CHECK(open(PAIR_STATUS(id, MEMBER), O_RDONLY) == -1 && errno == EPERM);
}

/*
 * Who sees whom, by how two spaces of a parent are isolated
 */

FIXTURE(sight)
{
	pid_t wid;
};

FIXTURE_VARIANT(sight)
{
	const char *older, *younger;
	bool peers;
};

FIXTURE_VARIANT_ADD(sight, peers) { "peers", "peers", true };

FIXTURE_VARIANT_ADD(sight, peers_full) { "peers", "full" };

FIXTURE_VARIANT_ADD(sight, full_peers) { "full", "peers" };

FIXTURE_VARIANT_ADD(sight, peers_half) { "peers", "half" };

FIXTURE_VARIANT_ADD(sight, half_peers) { "half", "peers" };

FIXTURE_VARIANT_ADD(sight, full_half) { "full", "half" };

FIXTURE_VARIANT_ADD(sight, half) { "half", "half" };

FIXTURE_VARIANT_ADD(sight, full) { "full", "full" };

FIXTURE_SETUP(sight)
{
	zoo_init();
	self->wid = spawn_at_root(A);
	ASSERT_EQ(ask(A, spawn, OLDER), WID_OF(OLDER));
	ASSERT_EQ(ask(A, spawn, YOUNGER), WID_OF(YOUNGER));
	ASSERT_EQ(isolate(OLDER, variant->older), 0);
	ASSERT_EQ(isolate(YOUNGER, variant->younger), 0);
}

FIXTURE_TEARDOWN(sight)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

/* What is seen of the others, by one's own isolation. */
static int sight_of(const char *isolation, bool peers, enum who other)
{
	return (strcmp(isolation, "half") ? 0 : ONLY(A)) |
	       (peers ? ONLY(other) : 0);
}

TEST_F(sight, is_of_both_or_of_neither)
{
	EXPECT_EQ(sees(OLDER, ONLY(OLDER) | sight_of(variant->older,
						     variant->peers, YOUNGER)),
		  0);
	EXPECT_EQ(sees(YOUNGER, ONLY(YOUNGER) | sight_of(variant->younger,
							 variant->peers, OLDER)),
		  0);
}

/* A third one is a peer of those that are. */
TEST_F(sight, of_a_third_is_that_of_each)
{
	bool older = !strcmp(variant->older, "peers");
	bool younger = !strcmp(variant->younger, "peers");

	ASSERT_EQ(ask(A, spawn, B), WID_OF(B));
	ASSERT_EQ(isolate(B, "peers"), 0);
	EXPECT_EQ(sees(B, ONLY(B) | (older ? ONLY(OLDER) : 0) |
			  (younger ? ONLY(YOUNGER) : 0)), 0);
	EXPECT_EQ(sees(OLDER, ONLY(OLDER) | (older ? ONLY(B) : 0) |
			      sight_of(variant->older, variant->peers, YOUNGER)),
		  0);
	EXPECT_EQ(sees(YOUNGER, ONLY(YOUNGER) | (younger ? ONLY(B) : 0) |
				sight_of(variant->younger, variant->peers,
					 OLDER)), 0);
}

/* Of what peers see nothing is passed on further than to who is half below them. */
FIXTURE(nested)
{
	pid_t wid;
};

FIXTURE_SETUP(nested)
{
	self->wid = zoo_new(0);
	ASSERT_EQ(make_peers(OLDER, B), 0);
	ASSERT_EQ(isolate(YOUNGER, "peers"), 0);
	ASSERT_EQ(ask(B, spawn, FIRST), WID_OF(FIRST));
	ASSERT_EQ(ask(B, spawn, SECOND), WID_OF(SECOND));
}

FIXTURE_TEARDOWN(nested)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(nested, it_is_not_inherited)
{
	EXPECT_TRUE(isolation_is(zoo->id[FIRST], "full"));
	EXPECT_EQ(sees(FIRST, ONLY(FIRST)), 0);
	EXPECT_EQ(sees(B, ALL_PEERS | BELOW), 0);
	EXPECT_EQ(sees(OLDER, ALL_PEERS | ONLY(IN_OLDER)), 0);
}

static void look_at_what_b_sees(int other)
{
	unsigned long long id = zoo->id[other], b = zoo->id[B];
	struct row row;
	int fd;

	CHECK(space_row(zoo->id[FIRST], &row));
	CHECK(row_is(&row, SPACE_PARENT, TEXT("%llu", b)));
	CHECK(row_is(&row, SPACE_INIT, TEXT("%d", WID_OF(FIRST))));
	CHECK(space_row(b, &row));
	CHECK(row_is(&row, SPACE_PARENT, "-"));
	CHECK(row_is(&row, SPACE_INIT, "-"));
	CHECK(space_row(id, &row));
	CHECK(row_is(&row, SPACE_PARENT, "-"));
	CHECK(row_is(&row, SPACE_INIT, "-"));
	CHECK(row_is(&row, SPACE_CREATOR, "-"));
	CHECK(task_row(id, MEMBER, &row));
	CHECK(row_is(&row, TASK_WID, "-"));
	CHECK(row_is(&row, TASK_PPSPACE, TEXT("%llu", id)));
	CHECK(row_is(&row, TASK_PATH, "-"));
	CHECK(task_row(id, 1, &row));
	CHECK(row_is(&row, TASK_WID, "-"));
	CHECK(row_is(&row, TASK_PPSPACE, "-"));
	CHECK(task_row(b, 1, &row));
	CHECK(row_is(&row, TASK_WID, "-"));

	/* Without what is nested in those. */
	CHECK(lists(CONTROL_PATH(id, ""),
		    TIDS(1, MEMBER, USER, CLASSIC, IN_CLASSIC)));
	CHECK(lists(CONTROL_PATH(b, ""), TIDS(1, WID_OF(FIRST))));

	harass_the_init(other);
	fd = directory_of(id, MEMBER);
	CHECK(send_with(fd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
	CHECK(is_of_pair(pidfd_of(id, MEMBER), id, MEMBER));
	CHECK(get_wid(open_ns_of(id, 1), MEMBER) == -ESRCH);
	CHECK(control(id, "kill", "1") == -EPERM);
	CHECK(setns(open_ns_of(id, 1), CLONE_NEWPID) == -1 && errno == EINVAL);
	CHECK(send_to(fd, SIGKILL) == 0);
	await_state(PAIR_STATUS(id, MEMBER), "Z");
}

TEST_F(nested, half_below_peers_sees_what_they_see)
{
	ASSERT_EQ(isolate(FIRST, "half"), 0);
	EXPECT_EQ(sees(FIRST, ALL_PEERS | ONLY(FIRST)), 0);
	EXPECT_EQ(sees(SECOND, ONLY(SECOND)), 0);
	EXPECT_EQ(sees(OLDER, ALL_PEERS | ONLY(IN_OLDER)), 0);
	EXPECT_EQ(look(FIRST, look_at_what_b_sees, OLDER), 0);
	EXPECT_EQ(look(FIRST, look_at_what_b_sees, YOUNGER), 0);
}

TEST_F(nested, half_below_peers_loses_sight_with_them)
{
	ASSERT_EQ(isolate(FIRST, "half"), 0);
	begin_look(FIRST, lose_sight, OLDER);
	gate_wait(&looked);
	ASSERT_EQ(isolate(B, "full"), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(answer(FIRST), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST) | ONLY(B)), 0);
	ASSERT_EQ(isolate(B, "half"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST) | ONLY(B) | ONLY(A)), 0);
	ASSERT_EQ(isolate(B, "peers"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST) | ALL_PEERS), 0);
	ASSERT_EQ(isolate(OLDER, "full"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST) | ONLY(B) | ONLY(YOUNGER)), 0);
}

TEST_F(nested, peers_below_peers_see_those_beside_them_only)
{
	ASSERT_EQ(make_peers(FIRST, SECOND), 0);
	EXPECT_EQ(sees(FIRST, BELOW), 0);
	EXPECT_EQ(sees(SECOND, BELOW), 0);
	EXPECT_EQ(sees(B, ALL_PEERS | BELOW), 0);
	EXPECT_EQ(sees(OLDER, ALL_PEERS | ONLY(IN_OLDER)), 0);
}

/* They have not the same parent, though their parents have. */
TEST_F(nested, cousins_are_no_peers)
{
	ASSERT_EQ(make_peers(FIRST, IN_OLDER), 0);
	ASSERT_EQ(isolate(IN_YOUNGER, "peers"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST)), 0);
	EXPECT_EQ(sees(IN_OLDER, ONLY(IN_OLDER)), 0);
	EXPECT_EQ(sees(IN_YOUNGER, ONLY(IN_YOUNGER)), 0);
	EXPECT_EQ(sees(B, ALL_PEERS | BELOW), 0);
}

TEST_F(nested, uncles_are_no_peers)
{
	ASSERT_EQ(isolate(FIRST, "peers"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST)), 0);
	ASSERT_EQ(isolate(A, "peers"), 0);
	EXPECT_EQ(sees(FIRST, ONLY(FIRST)), 0);
	EXPECT_EQ(sees(B, ALL_PEERS | BELOW), 0);
}

static void see_nothing_in_a_classic_namespace(int arg)
{
	pid_t pid = fork_with(CLONE_NEWPID);

	CHECK(pid >= 0);
	if (!pid) {
		mount_own_proc();
		see_only(0);
		CHECK(is_nowhere(zoo->id[OLDER]));
		pid = fork_space();
		CHECK(pid >= 0);
		if (!pid) {
			mount_own_proc();
			CHECK(spaces_in_proc() == 1);
			CHECK(is_nowhere(zoo->id[B]));
			CHECK(is_nowhere(zoo->id[OLDER]));
			_exit(0);
		}
		CHECK(!reap(pid));
		_exit(0);
	}
	CHECK(!reap(pid));
}

/* It keeps what is in it from seeing, as ever. */
TEST_F(nested, a_classic_namespace_in_a_peer_sees_none)
{
	EXPECT_EQ(look(B, see_nothing_in_a_classic_namespace, 0), 0);
}

/* A is a peer of another at the root. */
FIXTURE(above)
{
	pid_t wid, peer;
};

FIXTURE_SETUP(above)
{
	self->wid = zoo_new(0);
	self->peer = spawn_at_root(FIRST);
	ASSERT_EQ(make_peers(A, FIRST), 0);
	ASSERT_EQ(make_peers(OLDER, B), 0);
}

FIXTURE_TEARDOWN(above)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(self->peer), BY_SIGNAL(SIGKILL));
}

#define BELOW_A	(ALL_PEERS | ONLY(S) | ONLY(IN_OLDER) | ONLY(IN_YOUNGER))

TEST_F(above, there_are_peers_that_those_below_do_not_see)
{
	EXPECT_EQ(sees(A, BELOW_A | ONLY(A) | ONLY(FIRST)), 0);
	EXPECT_EQ(sees(FIRST, ONLY(A) | ONLY(FIRST)), 0);
	EXPECT_EQ(sees(B, ONLY(B) | ONLY(OLDER)), 0);
	EXPECT_EQ(sees(S, ONLY(S)), 0);
}

/* What A sees beside it, but not what it sees below. */
TEST_F(above, there_are_peers_that_those_of_half_isolation_see)
{
	ASSERT_EQ(isolate(B, "half"), 0);
	EXPECT_EQ(sees(B, ONLY(B) | ONLY(A) | ONLY(FIRST)), 0);
	EXPECT_EQ(sees(OLDER, ONLY(OLDER) | ONLY(IN_OLDER)), 0);
	EXPECT_EQ(sees(FIRST, ONLY(A) | ONLY(FIRST)), 0);
	/* And in two steps. */
	ASSERT_EQ(ask(B, spawn, SECOND), WID_OF(SECOND));
	ASSERT_EQ(isolate(SECOND, "half"), 0);
	EXPECT_EQ(sees(SECOND, ONLY(SECOND) | ONLY(B) | ONLY(A) | ONLY(FIRST)),
		  0);
	ASSERT_EQ(isolate(FIRST, "full"), 0);
	EXPECT_EQ(sees(SECOND, ONLY(SECOND) | ONLY(B) | ONLY(A)), 0);
}

TEST_HARNESS_MAIN
