// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces that become peers and cease to be, or end; and who may set that.
 *
 * model: Isolation
 * model: Who may
 */

#include "peers.h"

/*
 * Changes
 */

/* One of two changes, B or the other. */
FIXTURE(change)
{
	pid_t wid;
};

FIXTURE_VARIANT(change)
{
	enum who other;
	bool by_other;
	const char *to;
};

FIXTURE_VARIANT_ADD(change, full) { OLDER, false, "full" };

FIXTURE_VARIANT_ADD(change, half) { OLDER, false, "half" };

FIXTURE_VARIANT_ADD(change, older_full) { OLDER, true, "full" };

FIXTURE_VARIANT_ADD(change, older_half) { OLDER, true, "half" };

FIXTURE_VARIANT_ADD(change, younger_full) { YOUNGER, true, "full" };

FIXTURE_VARIANT_ADD(change, younger_half) { YOUNGER, true, "half" };

FIXTURE_SETUP(change)
{
	self->wid = zoo_new(0);
	ASSERT_EQ(make_peers(OLDER, B), 0);
	ASSERT_EQ(isolate(YOUNGER, "peers"), 0);
}

FIXTURE_TEARDOWN(change)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(change, holds_at_once_also_for_what_is_open)
{
	enum who changed = variant->by_other ? variant->other : B;
	int above = strcmp(variant->to, "half") ? 0 : ONLY(A);

	begin_look(B, lose_sight, variant->other);
	gate_wait(&looked);
	ASSERT_EQ(isolate(changed, variant->to), 0);
	gate_pass(&go, 0);
	EXPECT_EQ(answer(B), 0);

	EXPECT_EQ(sees(B, changed == B ? ONLY(B) | above
				       : ALL_PEERS & ~ONLY(changed)), 0);
	EXPECT_EQ(sees(variant->other,
		       ONLY(nested_in(variant->other)) |
		       (changed == B ? ALL_PEERS & ~ONLY(B)
				     : ONLY(variant->other) | above)), 0);
	ASSERT_EQ(isolate(changed, "peers"), 0);
	EXPECT_EQ(sees(B, ALL_PEERS), 0);
	EXPECT_EQ(sees(variant->other,
		       ALL_PEERS | ONLY(nested_in(variant->other))), 0);
}

/* While others look. */
static void look_often(int other)
{
	unsigned long long id = zoo->id[other];
	int i;

	gate_pass(&looked, 0);
	for (i = 0; i < many(2000); i++) {
		struct listing spaces = list("/proc/pspace");
		int fd = directory_of(id, MEMBER), err;

		/* With half, the space above, while those that were peers are listed. */
		CHECK(spaces.count >= 1 && spaces.count <= 4);
		CHECK(is_in(&spaces, zoo->id[B]));
		if (fd < 0) {
			CHECK(errno == ENOENT);
			continue;
		}
		err = send_to(fd, 0);
		CHECK(!err || err == -EINVAL);
		close(fd);
	}
}

TEST_F(change, may_come_while_others_look)
{
	enum who changed = variant->by_other ? variant->other : B;
	pid_t writer;

	begin_look(B, look_often, variant->other);
	gate_wait(&looked);
	writer = fork();
	ASSERT_GE(writer, 0);
	while (!writer) {
		isolate(changed, variant->to);
		isolate(changed, "peers");
	}
	EXPECT_EQ(answer(B), 0);
	EXPECT_EQ(end(writer), BY_SIGNAL(SIGKILL));
}

/*
 * Ends
 */

static int leave(int status)
{
	_exit(status);
}

static int reap_child(int wid)
{
	return reap(wid);
}

static void see_the_end(int other)
{
	unsigned long long id = zoo->id[other];
	int tree = open_directory(CONTROL_PATH(id, ""));
	int fd = directory_of(id, MEMBER), ns = open_ns_of(id, 1);
	int pidfd = open_pair(ns, MEMBER);
	struct listing rest = {};
	struct pidfd_info info;

	CHECK(tree >= 0 && fd >= 0 && ns >= 0 && pidfd >= 0);
	gate_pass(&looked, 0);
	CHECK(poll_for(ns, PATIENCE) & POLLIN);
	gate_wait(&go);
	CHECK(wait_for_hup(ns));
	CHECK(init_status(ns) == BY_SIGNAL(SIGKILL));
	CHECK(poll_for(pidfd, PATIENCE) & POLLIN);
	CHECK(send_to(fd, 0) == -ESRCH);
	CHECK(send_to(pidfd, 0) == -ESRCH);
	CHECK(get_pair(pidfd, &info) == -ESRCH);
	CHECK(open_pair(ns, MEMBER) == -ESRCH);
	CHECK(openat(fd, "status", O_RDONLY) == -1);
	CHECK(errno == ENOENT || errno == ESRCH);
	CHECK(openat(tree, "7002", O_RDONLY) == -1 && errno == ENOENT);
	while (list_more(&rest, tree, 4096))
		;
	CHECK(!rest.count);
}

TEST_F(peers, see_each_other_end)
{
	enum who other = variant->other;

	begin_look(B, see_the_end, other);
	gate_wait(&looked);
	EXPECT_EQ(control(zoo->id[other], "kill", "1"), 0);
	EXPECT_EQ(ask(A, reap_child, WID_OF(other)), BY_SIGNAL(SIGKILL));
	gate_pass(&go, 0);
	EXPECT_EQ(answer(B), 0);
}

static void see_the_rest(int other)
{
	unsigned long long id = zoo->id[other];

	CHECK(shows_space(id));
	CHECK(lists(CONTROL_PATH(id, ""),
		    TIDS(MEMBER, USER, CLASSIC, IN_CLASSIC)));
	CHECK(processes_in_list(id) == 4);
	CHECK(says(PAIR_STATUS(id, MEMBER), "PPid", "0"));
	CHECK(send_to(directory_of(id, MEMBER), SIGKILL) == 0);
	/* There is nobody who has to wait for it. */
	CHECK(is_missing_at_last(PAIR_STATUS(id, MEMBER)));
}

TEST_F(peers, see_one_that_has_lost_its_init)
{
	enum who other = variant->other;

	ASSERT_EQ(set_policy(zoo->id[other], "outer"), 0);
	tell(other, leave, 3);
	ASSERT_EQ(ask(A, reap_child, WID_OF(other)), 3);
	EXPECT_EQ(look(B, see_the_rest, other), 0);
}

/* It is still their parent. */
TEST(peers_whose_parent_has_lost_its_init_see_each_other)
{
	pid_t wid;

	zoo_init();
	wid = spawn_at_root(A);
	ASSERT_EQ(ask(A, spawn, OLDER), WID_OF(OLDER));
	ASSERT_EQ(ask(A, spawn, B), WID_OF(B));
	ASSERT_EQ(make_peers(OLDER, B), 0);
	ASSERT_EQ(set_policy(zoo->id[A], "outer"), 0);
	tell(A, leave, 3);
	ASSERT_EQ(reap(wid), 3);
	EXPECT_EQ(sees(OLDER, ONLY(OLDER) | ONLY(B)), 0);
	EXPECT_EQ(sees(B, ONLY(OLDER) | ONLY(B)), 0);
	EXPECT_EQ(control(zoo->id[A], "kill", "1"), 0);
}

/* Whatever comes and goes meanwhile: errors are those of what is gone. */
static void look_at_all(int arg)
{
	unsigned long long own = zoo->id[FIRST];

	gate_pass(&looked, 0);
	while (!poll_for(go.fd[0], 0)) {
		struct listing spaces = list_in_pieces("/proc/pspace", 128);
		int i;

		CHECK(is_in(&spaces, own));
		free(read_in_pieces(SPACES, 64));
		free(read_in_pieces(TASKS, 64));
		for (i = 0; i < spaces.count; i++) {
			uint64_t id = spaces.nr[i];
			int tree, ns, fd, pidfd, err;
			struct listing inside = {};
			char text[64];

			if (id == own)
				continue;
			tree = open_directory(CONTROL_PATH(id, ""));
			CHECK(tree >= 0 || errno == ENOENT);
			while (tree >= 0 && list_more(&inside, tree, 256))
				;
			fd = directory_of(id, 2);
			CHECK(fd >= 0 || errno == ENOENT || errno == ESRCH);
			err = fd >= 0 ? send_to(fd, 0) : 0;
			CHECK(!err || err == -ESRCH);
			err = read_begin(PAIR_STATUS(id, 2), text, sizeof(text));
			CHECK(err > 0 || err == -ENOENT || err == -ESRCH);
			ns = open_ns_of(id, 1);
			pidfd = open_pair(ns, 2);
			CHECK(pidfd >= 0 || pidfd == -ESRCH ||
			      (ns < 0 && pidfd == -EBADF));
			close(pidfd);
			close(ns);
			close(fd);
			close(tree);
		}
	}
}

TEST(peers_come_and_go_while_one_looks)
{
	pid_t wid;
	int i;

	zoo_init();
	wid = spawn_at_root(FIRST);
	ASSERT_EQ(isolate(FIRST, "peers"), 0);
	begin_look(FIRST, look_at_all, 0);
	gate_wait(&looked);
	for (i = 0; i < many(300); i++) {
		struct space space = space_of(3);

		ASSERT_EQ(set_isolation(space.id, "peers"), 0);
		usleep(i % 10 * 100);
		ASSERT_EQ(control(space.id, "kill", "1"), 0);
		ASSERT_EQ(reap(space.wid), BY_SIGNAL(SIGKILL));
	}
	gate_pass(&go, 0);
	EXPECT_EQ(answer(FIRST), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/*
 * Who may set it
 */

TEST(only_the_word_makes_a_peer)
{
	static const char *const words[] = {
		"peer", "peers ", " peers", "Peers", "peers\n\n", "peersx", "",
		"peers\nfull",
	};
	pid_t wid = idle_space();
	uint64_t id = ns_id_of(wid, "pid");
	int i;

	ASSERT_GE(wid, 0);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		/* Nothing is written if there is nothing to write. */
		if (*words[i])
			EXPECT_EQ(set_isolation(id, words[i]), -EINVAL);
		EXPECT_TRUE(isolation_is(id, "full"));
	}
	EXPECT_EQ(set_isolation(id, "peers"), 0);
	EXPECT_TRUE(is_text(CONTROL_PATH(id, "isolation"), "peers\n"));
	EXPECT_EQ(set_isolation(id, "peers\n"), 0);
	EXPECT_EQ(set_isolation(id, "peer"), -EINVAL);
	EXPECT_TRUE(isolation_is(id, "peers"));
	EXPECT_EQ(set_isolation(id, "full"), 0);
	EXPECT_TRUE(isolation_is(id, "full"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Before it has a member. */
TEST(a_space_can_be_a_peer_before_its_first_fork)
{
	pid_t wid;

	zoo_init();
	wid = spawn_at_root(FIRST);
	ASSERT_EQ(isolate(FIRST, "peers"), 0);
	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	zoo->id[SECOND] = ns_id_of(getpid(), "pid_for_children");
	ASSERT_EQ(isolate(SECOND, "peers"), 0);
	if (!fork_child())
		be(SECOND);
	EXPECT_EQ(answer(SECOND), 0);
	EXPECT_EQ(sees(FIRST, BELOW), 0);
	EXPECT_EQ(sees(SECOND, BELOW), 0);
	EXPECT_EQ(control(zoo->id[SECOND], "kill", "1"), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static int make_b_a_peer(int arg)
{
	return make_peers(B, OLDER);
}

TEST(who_is_above_and_privileged_may_set_it)
{
	pid_t wid = zoo_new(0);

	EXPECT_EQ(ask(S, make_b_a_peer, 0), -ENOENT);
	EXPECT_EQ(ask(B, make_b_a_peer, 0), -EPERM);
	EXPECT_TRUE(isolation_is(zoo->id[B], "full"));
	EXPECT_EQ(ask(A, make_b_a_peer, 0), 0);
	EXPECT_EQ(sees(B, ONLY(B) | ONLY(OLDER)), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(an_unprivileged_user_may_not_set_it)
{
	pid_t wid = idle_space();
	uint64_t id = ns_id_of(wid, "pid");

	ASSERT_GE(wid, 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(set_isolation(id, "peers"), -EPERM);
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_TRUE(isolation_is(id, "full"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Two spaces of a user, of which he is the root. Beside them are those of others. */
TEST(who_owns_a_space_may_not_set_it_without_the_right_above)
{
	pid_t wid[2];
	uint64_t id[2];
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(seteuid(NOBODY), 0);
		wid[i] = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
		ASSERT_GE(wid[i], 0);
		if (!wid[i])
			stay();
		ASSERT_EQ(seteuid(0), 0);
		id[i] = ns_id_of(wid[i], "pid");
		ASSERT_EQ(seteuid(NOBODY), 0);
		/* This he may. */
		EXPECT_EQ(set_policy(id[i], "auto"), 0);
		EXPECT_EQ(set_isolation(id[i], "peers"), -EPERM);
		EXPECT_TRUE(isolation_is(id[i], "full"));
		ASSERT_EQ(seteuid(0), 0);
		EXPECT_EQ(set_isolation(id[i], "peers"), 0);
		ASSERT_EQ(seteuid(NOBODY), 0);
		EXPECT_EQ(set_isolation(id[i], "full"), -EPERM);
		EXPECT_TRUE(isolation_is(id[i], "peers"));
		ASSERT_EQ(seteuid(0), 0);
	}
	for (i = 0; i < 2; i++)
		EXPECT_EQ(end(wid[i]), BY_SIGNAL(SIGKILL));
}

static int make_those_below_peers(int arg)
{
	return make_peers(FIRST, SECOND);
}

static int make_oneself_a_peer(int arg)
{
	return isolate(me, "peers");
}

static int spawn_in_a_user_namespace(int who)
{
	spawn_with(who, CLONE_NEWUSER);
	return 0;
}

static int spawn_with_any_number(int who)
{
	spawn_with(who, 0);
	return 0;
}

/* The root of a user namespace that the space above belongs to. */
TEST(who_owns_the_space_above_may_set_it)
{
	pid_t wid;

	zoo_init();
	ASSERT_EQ(setuid(NOBODY), 0);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	wid = spawn_with(A, CLONE_NEWUSER);
	/* Who is nobody there makes no further one. */
	ASSERT_EQ(write_file(TEXT("/proc/%d/setgroups", wid), "deny"), 0);
	ASSERT_EQ(write_file(TEXT("/proc/%d/uid_map", wid), TEXT("0 %d 1", NOBODY)), 0);
	ASSERT_EQ(write_file(TEXT("/proc/%d/gid_map", wid), "0 0 1"), 0);
	ASSERT_EQ(ask(A, spawn_with_any_number, FIRST), 0);
	/* One that is of a user namespace of its own is below that, too. */
	ASSERT_EQ(ask(A, spawn_in_a_user_namespace, SECOND), 0);
	EXPECT_EQ(ask(A, make_oneself_a_peer, 0), -EPERM);
	EXPECT_EQ(ask(FIRST, make_oneself_a_peer, 0), -EPERM);
	EXPECT_EQ(ask(SECOND, make_oneself_a_peer, 0), -EPERM);
	EXPECT_EQ(ask(A, make_those_below_peers, 0), 0);
	EXPECT_EQ(sees(FIRST, BELOW), 0);
	EXPECT_EQ(sees(SECOND, BELOW), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

static void be_refused(int other)
{
	unsigned long long id = zoo->id[other];

	/* It is seen, and that is all. */
	see_only(ALL_PEERS);
	CHECK(send_to(directory_of(id, MEMBER), 0) == -EPERM);
	CHECK(send_to(directory_of(id, MEMBER), SIGKILL) == -EPERM);
	CHECK(send_to(directory_of(id, 1), SIGUSR1) == -EPERM);
	CHECK(open_ns_of(id, MEMBER) == -1 && errno == EACCES);
	CHECK(control(id, "kill", "1") == -EPERM);
	await_sleep(PAIR_STATUS(id, MEMBER));
}

/* Of nothing beside it is it root. */
TEST(the_root_of_a_user_namespace_has_no_privilege_over_peers)
{
	pid_t wid = zoo_new(CLONE_NEWUSER);

	ASSERT_EQ(make_peers(OLDER, B), 0);
	ASSERT_EQ(isolate(YOUNGER, "peers"), 0);
	EXPECT_EQ(look(B, be_refused, OLDER), 0);
	EXPECT_EQ(look(B, be_refused, YOUNGER), 0);
	EXPECT_EQ(sees(OLDER, ALL_PEERS | ONLY(IN_OLDER)), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Two of them, in the root's classic namespace. */
TEST(in_a_classic_namespace_there_are_no_peers)
{
	pid_t classic;

	zoo_init();
	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic) {
		spawn_with_any_number(FIRST);
		spawn_with_any_number(SECOND);
		gate_pass(&looked, 0);
		stay();
	}
	gate_wait(&looked);
	EXPECT_EQ(isolate(FIRST, "peers"), -EOPNOTSUPP);
	EXPECT_EQ(isolate(SECOND, "peers"), -EOPNOTSUPP);
	EXPECT_TRUE(isolation_is(zoo->id[FIRST], "full"));
	EXPECT_EQ(sees(FIRST, ONLY(FIRST)), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
