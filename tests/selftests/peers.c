// SPDX-License-Identifier: GPL-2.0
/*
 * What peers see of each other, one that is older as one that is younger, and what can
 * be done to a peer.
 *
 * model: Isolation
 */

#include "peers.h"

/*
 * What peers see of each other: B of one that is older, which has the smaller id, and
 * of one that is younger.
 */

TEST_F(peers, see_each_other_and_nothing_else)
{
	EXPECT_EQ(sees(B, ALL_PEERS), 0);
	EXPECT_EQ(sees(variant->other,
		       ALL_PEERS | ONLY(nested_in(variant->other))), 0);
	EXPECT_EQ(sees(nested_in(variant->other),
		       ONLY(nested_in(variant->other))), 0);
	EXPECT_EQ(sees(S, ONLY(S)), 0);
	/* From above nothing is hidden. */
	EXPECT_EQ(sees(A, ALL_PEERS | ONLY(A) | ONLY(S) | ONLY(IN_OLDER) |
			  ONLY(IN_YOUNGER)), 0);
}

PEER_TEST(are_in_the_lists_in_the_order_of_their_ids)
{
	static const enum who order[] = { OLDER, B, YOUNGER };
	struct listing spaces;
	char *text, *pieces;
	struct row row;
	const char *at;
	int i;

	spaces = list_in_pieces("/proc/pspace", 64);
	CHECK(spaces.count == 3);
	text = read_text(SPACES);
	at = next_row(text, &row);
	for (i = 0; i < 3; i++) {
		CHECK(spaces.nr[i] == zoo->id[order[i]]);
		at = next_row(at, &row);
		CHECK(at);
		CHECK(row_is(&row, SPACE_ID, TEXT("%llu", zoo->id[order[i]])));
	}
	pieces = read_in_pieces(SPACES, 16);
	CHECK(!strcmp(text, pieces));

	text = read_text(TASKS);
	at = next_row(text, &row);
	for (i = 0; i < 3; i++) {
		int count = processes_in_list(zoo->id[order[i]]);

		for (; count; count--) {
			at = next_row(at, &row);
			CHECK(at);
			CHECK(row_is(&row, TASK_PSPACE,
				     TEXT("%llu", zoo->id[order[i]])));
		}
	}
	CHECK(!next_row(at, &row));
}

/* What is above, the parent, the init's number there and the creator, is hidden. */
PEER_TEST(tell_of_themselves)
{
	struct row row;

	CHECK(space_row(zoo->id[other], &row));
	CHECK(row_is(&row, SPACE_PARENT, "-"));
	CHECK(row_is(&row, SPACE_INIT, "-"));
	CHECK(row_is(&row, SPACE_MEMBERS, "3"));
	CHECK(row_is(&row, SPACE_POLICY, "init"));
	CHECK(row_is(&row, SPACE_ISOLATION, "peers"));
	CHECK(row_is(&row, SPACE_CREATOR, "-"));
	CHECK(space_row(zoo->id[B], &row));
	CHECK(row_is(&row, SPACE_PARENT, "-"));
	CHECK(row_is(&row, SPACE_INIT, "-"));
	CHECK(row_is(&row, SPACE_ISOLATION, "peers"));
	CHECK(row_is(&row, SPACE_CREATOR, "-"));
	CHECK(is_text(CONTROL_PATH(zoo->id[other], "isolation"), "peers\n"));
	CHECK(policy_is(zoo->id[other], "init"));
	CHECK(control_is(zoo->id[other], "pid_max",
			 row.word[SPACE_PID_MAX]));
}

/* No path leads to one beside, and its number above is hidden. */
PEER_TEST(list_each_other_s_processes_by_their_pairs)
{
	const char *id = TEXT("%llu", zoo->id[other]);
	static const pid_t children[] = { MEMBER, USER, CLASSIC };
	struct row row;
	int i;

	CHECK(processes_in_list(zoo->id[other]) == 5);
	CHECK(task_row(zoo->id[other], 1, &row));
	CHECK(row_is(&row, TASK_WID, "-"));
	CHECK(row_is(&row, TASK_PPSPACE, "-"));
	CHECK(row_is(&row, TASK_PPID, "-"));
	CHECK(row_is(&row, TASK_UID, "0"));
	CHECK(row_is(&row, TASK_COMMAND, "peers"));
	CHECK(row_is(&row, TASK_PATH, "-"));
	for (i = 0; i < ARRAY_SIZE(children); i++) {
		CHECK(task_row(zoo->id[other], children[i], &row));
		CHECK(row_is(&row, TASK_WID, "-"));
		CHECK(row_is(&row, TASK_PPSPACE, id));
		CHECK(row_is(&row, TASK_PPID, "1"));
		CHECK(row_is(&row, TASK_PATH, "-"));
	}
	CHECK(task_row(zoo->id[other], USER, &row));
	CHECK(row_is(&row, TASK_UID, TEXT("%d", NOBODY)));
	/* One's own are as ever. */
	CHECK(task_row(zoo->id[B], getpid(), &row));
	CHECK(row_is(&row, TASK_PATH, TEXT("%d", getpid())));
	CHECK(row_is(&row, TASK_PPID, "1"));
}

PEER_TEST(show_each_other_s_trees)
{
	unsigned long long id = zoo->id[other];
	char line[64];

	CHECK(lists(CONTROL_PATH(id, ""),
		    TIDS(1, MEMBER, USER, CLASSIC, IN_CLASSIC)));
	CHECK(says(PAIR_STATUS(id, MEMBER), "Pid", TEXT("%d", MEMBER)));
	CHECK(says(PAIR_STATUS(id, MEMBER), "PPid", "1"));
	CHECK(says(PAIR_STATUS(id, MEMBER), "Pspace",
		   TEXT("%llu\t%d", id, MEMBER)));
	CHECK(says(PAIR_STATUS(id, 1), "PPid", "0"));
	CHECK(!read_line(PAIR_STATUS(id, 1), "PspacePath:", line, sizeof(line)));
	CHECK(!read_line(PAIR_STATUS(id, MEMBER), "PspacePath:", line,
			 sizeof(line)));
	CHECK(is_missing(PAIR_PATH(id, 1000, "")));
}

/* Not by its number in the peer, nor by who created it, nor as a child of that. */
PEER_TEST(show_nothing_that_is_nested_in_another)
{
	unsigned long long id = zoo->id[other];
	int ns = open_ns_of(id, 1);
	struct row row;

	CHECK(is_missing(PAIR_PATH(id, NESTED, "")));
	CHECK(is_missing(PAIR_STATUS(id, NESTED)));
	CHECK(!task_row(id, NESTED, &row));
	CHECK(ns >= 0 && open_pair(ns, NESTED) == -ESRCH);
	CHECK(times_listed(PAIR_PATH(id, 1, ""), "pspace", DT_DIR) == 0);
	CHECK(is_missing(PAIR_PATH(id, 1, "pspace")));
	CHECK(is_missing(PAIR_PATH(id, 1, "pspace/1")));
	CHECK(is_text(PAIR_PATH(id, 1, "task/1/children"),
		      TEXT("%d %d %d ", MEMBER, USER, CLASSIC)));
	CHECK(is_nowhere(zoo->id[nested_in(other)]));
}

/* They are processes of that peer, as they are from above. */
PEER_TEST(show_what_is_in_a_classic_namespace_of_another)
{
	static const pid_t inmates[] = { CLASSIC, IN_CLASSIC };
	unsigned long long id = zoo->id[other];
	struct row row;
	int i;

	for (i = 0; i < ARRAY_SIZE(inmates); i++) {
		CHECK(task_row(id, inmates[i], &row));
		CHECK(says(PAIR_STATUS(id, inmates[i]), "Pspace",
			   TEXT("%llu\t%d", id, inmates[i])));
		CHECK(is_of_pair(pidfd_of(id, inmates[i]), id, inmates[i]));
		CHECK(send_to(directory_of(id, inmates[i]), 0) == 0);
	}
	CHECK(task_row(id, IN_CLASSIC, &row));
	CHECK(row_is(&row, TASK_PPID, TEXT("%d", CLASSIC)));
	CHECK(send_to(pidfd_of(id, IN_CLASSIC), SIGKILL) == 0);
	await_state(PAIR_STATUS(id, IN_CLASSIC), "Z");
}

PEER_TEST(change_nothing_at_home)
{
	CHECK(lists("/proc", TIDS(1, getpid())));
	CHECK(has_numbers(1, "1"));
	CHECK(says("/proc/1/status", "PPid", "0"));
	CHECK(!strcmp(LINK("/proc/pspace/self"),
		      TEXT("%llu/%d", zoo->id[B], getpid())));
	CHECK(is_missing(TEXT("/proc/%d", MEMBER)));
}

PEER_TEST(open_each_other_s_processes_by_their_pairs)
{
	unsigned long long id = zoo->id[other];
	int ns = open_ns_of(id, MEMBER);

	CHECK(ns >= 0 && ns_id(ns) == id);
	CHECK(is_of_pair(open_pair(ns, 1), id, 1));
	CHECK(is_of_pair(open_pair(ns, MEMBER), id, MEMBER));
	CHECK(is_of_pair(open_pair(ns, USER), id, USER));
	CHECK(open_pair(ns, 1000) == -ESRCH);
	CHECK(open_pair(ns, 0) == -EINVAL);
}

/* Of the root, of the space above and one that is no peer, and of what is nested. */
static void use_what_is_passed(int count)
{
	for (; count; count--) {
		int directory = receive_fd(sockets[1]);
		int pidfd = receive_fd(sockets[1]), ns = receive_fd(sockets[1]);
		struct pidfd_info info;

		CHECK(directory >= 0 && pidfd >= 0 && ns >= 0);
		CHECK(send_to(directory, 0) == -EINVAL);
		CHECK(send_to(pidfd, 0) == -EINVAL);
		CHECK(send_with(pidfd, 0, PIDFD_SIGNAL_PROCESS_GROUP) ==
		      -EINVAL);
		CHECK(get_pair(pidfd, &info) == -EREMOTE);
		CHECK(open_pair(ns, 1) == -ESRCH);
		CHECK(open_pair(ns, 1000) == -ESRCH);
		CHECK(get_wid(ns, 1) < 0);
		CHECK(setns(ns, CLONE_NEWPID) == -1 && errno == EINVAL);
	}
}

TEST_F(peers, make_nothing_of_descriptors_from_elsewhere)
{
	const enum who from[] = { ROOT, A, S, nested_in(variant->other) };
	int i;

	for (i = 0; i < ARRAY_SIZE(from); i++) {
		unsigned long long id = zoo->id[from[i]];
		int directory = directory_of(id, 1), ns = open_ns_of(id, 1);
		int pidfd = open_pair(ns, 1);

		ASSERT_EQ(send_to(pidfd, 0), 0);
		ASSERT_EQ(send_fd(sockets[0], directory), 0);
		ASSERT_EQ(send_fd(sockets[0], pidfd), 0);
		ASSERT_EQ(send_fd(sockets[0], ns), 0);
	}
	EXPECT_EQ(look(B, use_what_is_passed, ARRAY_SIZE(from)), 0);
}

/*
 * What can be done to a peer
 */

PEER_TEST(signal_by_a_pair)
{
	int fd = directory_of(zoo->id[other], MEMBER);
	const char *status = PAIR_STATUS(zoo->id[other], MEMBER);

	CHECK(fd >= 0);
	CHECK(send_to(fd, 0) == 0);
	CHECK(send_to(fd, SIGSTOP) == 0);
	await_state(status, "T");
	CHECK(send_to(fd, SIGCONT) == 0);
	await_sleep(status);
	CHECK(send_to(fd, SIGKILL) == 0);
	await_state(status, "Z");
}

PEER_TEST(signal_by_a_pidfd)
{
	int pidfd = pidfd_of(zoo->id[other], MEMBER);

	CHECK(send_to(pidfd, 0) == 0);
	CHECK(send_to(pidfd, SIGTERM) == 0);
	CHECK(poll_for(pidfd, PATIENCE) & POLLIN);
	await_state(PAIR_STATUS(zoo->id[other], MEMBER), "Z");
}

PEER_TEST(signal_no_process_group)
{
	int fd = directory_of(zoo->id[other], MEMBER);
	int pidfd = pidfd_of(zoo->id[other], MEMBER);

	CHECK(fd >= 0);
	CHECK(send_with(fd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
	CHECK(send_with(pidfd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
	await_sleep(PAIR_STATUS(zoo->id[other], MEMBER));
}

static int add_one(int nr)
{
	return nr + 1;
}

TEST_F(peers, cannot_kill_or_stop_an_init)
{
	EXPECT_EQ(look(B, harass_the_init, variant->other), 0);
	EXPECT_EQ(ask(variant->other, add_one, 7), 8);
}

static int signal_the_init(int other)
{
	int fd = directory_of(zoo->id[other], 1);
	int err = send_to(fd, SIGUSR1);

	close(fd);
	return err;
}

static void signal_the_init_in_child(int other)
{
	CHECK(!signal_the_init(other));
}

/* Who has sent it has no number there. */
TEST_F(peers, reach_an_init_with_what_it_has_a_handler_for)
{
	volatile struct heard *heard = &zoo->heard[variant->other];

	ASSERT_EQ(look(B, signal_the_init_in_child, variant->other), 0);
	AWAIT(heard->count == 1);
	EXPECT_EQ(heard->info.si_pid, 0);
	EXPECT_EQ(heard->info.si_uid, 0);
	EXPECT_EQ(heard->info.si_code, SI_USER);
	/* Nor has the init, though it has one above both. */
	heard->info.si_pid = -1;
	ASSERT_EQ(ask(B, signal_the_init, variant->other), 0);
	AWAIT(heard->count == 2);
	EXPECT_EQ(heard->info.si_pid, 0);
}

PEER_TEST(control_nothing_of_each_other)
{
	static const struct {
		const char *name, *order;
	} files[] = {
		{ "policy", "auto" },
		{ "isolation", "full" },
		{ "isolation", "half" },
		{ "isolation", "peers" },
		{ "pid_max", "4000" },
		{ "numbers", "ask" },
		{ "signals", "ordinary" },
		{ "last_pid", "100" },
		{ "kill", "1" },
	};
	unsigned long long id = zoo->id[other];
	int i, ns = open_ns_of(id, 1);

	CHECK(ns >= 0);
	CHECK(ioctl(ns, PSPACE_KILL) == -1 && errno == EPERM);
	CHECK(ioctl(ns, PSPACE_KILL_ON_CLOSE) == -1 && errno == EPERM);
	CHECK(setns(ns, CLONE_NEWPID) == -1 && errno == EINVAL);
	CHECK(setns(ns, CLONE_NEWPSPACE) == -1 && errno == EINVAL);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		CHECK(control(id, files[i].name, files[i].order) == -EPERM);
		CHECK(control(zoo->id[B], files[i].name, files[i].order) ==
		      -EPERM);
	}
	CHECK(policy_is(id, "init"));
	CHECK(isolation_is(id, "peers"));
	/* To look on is for whoever has the descriptor. */
	CHECK(poll_for(ns, 0) == 0);
	CHECK(init_status(ns) == -1);
}

/* It is one of the classic ways to get there: by a process, and what it is in. */
PEER_TEST(do_not_join_each_other_by_a_pidfd)
{
	int pidfd = pidfd_of(zoo->id[other], MEMBER);
	int ns = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);

	CHECK(setns(pidfd, CLONE_NEWPID) == -1 && errno == EINVAL);
	CHECK(ns < 0 || (setns(ns, 0) == -1 && errno == EINVAL));
}

PEER_TEST(leave_an_unprivileged_user_what_he_may)
{
	unsigned long long id = zoo->id[other];
	int ns = open_ns_of(id, 1), fd;

	become(NOBODY);
	see_only(ALL_PEERS);
	fd = directory_of(id, MEMBER);
	CHECK(fd >= 0);
	CHECK(send_to(fd, 0) == -EPERM);
	CHECK(send_to(fd, SIGKILL) == -EPERM);
	CHECK(send_to(open_pair(ns, MEMBER), SIGKILL) == -EPERM);
	CHECK(send_to(directory_of(id, 1), SIGUSR1) == -EPERM);
	CHECK(open_ns_of(id, MEMBER) == -1 && errno == EACCES);
	await_sleep(PAIR_STATUS(id, MEMBER));
	/* But what is of the same user is his to kill. */
	fd = directory_of(id, USER);
	CHECK(send_to(fd, 0) == 0);
	CHECK(send_to(open_pair(ns, USER), SIGKILL) == 0);
	await_state(PAIR_STATUS(id, USER), "Z");
}

PEER_TEST(leave_another_user_nothing)
{
	unsigned long long id = zoo->id[other];

	become(OTHER_USER);
	CHECK(send_to(directory_of(id, MEMBER), SIGKILL) == -EPERM);
	CHECK(send_to(directory_of(id, USER), SIGKILL) == -EPERM);
	CHECK(send_to(directory_of(id, 1), SIGUSR1) == -EPERM);
	CHECK(open_ns_of(id, USER) == -1 && errno == EACCES);
}

TEST_HARNESS_MAIN
