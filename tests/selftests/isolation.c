// SPDX-License-Identifier: GPL-2.0
/*
 * What a member sees of what is outside, with full and with half isolation, and what it
 * can do there.
 *
 * model: Isolation
 */

#include "isolation.h"

/*
 * Full isolation
 */

TEST(a_new_space_is_isolated)
{
	pid_t wid = idle_space();
	char line[64];
	uint64_t id;

	ASSERT_GE(wid, 0);
	id = ns_id_of(wid, "pid");
	ASSERT_TRUE(read_line(CONTROL_PATH(id, "isolation"), "", line,
			      sizeof(line)));
	EXPECT_STREQ(line, "full");
	EXPECT_TRUE(is_text(CONTROL_PATH(id, "isolation"), "full\n"));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Byte for byte. */
FULL_TEST(full_shows_a_space_itself_and_nothing_else)
{
	char expected[4096];
	char *header;

	CHECK(spaces_in_proc() == 1);
	CHECK(shows_space(zoo->b));
	header = strtok(read_text(SPACES), "\n");
	snprintf(expected, sizeof(expected),
		 "%s\n%8llu %8s %8s %8d %8s %9s %8ld %s\n", header, zoo->b, "-",
		 "-", 1, "init", "full",
		 read_number("/proc/sys/kernel/pid_max"), "-");
	CHECK(is_text(SPACES, expected));
	header = strtok(read_text(TASKS), "\n");
	snprintf(expected, sizeof(expected),
		 "%s\n%8llu %8d %8s %8s %8s %5s %6d %-16s %d\n", header, zoo->b,
		 1, "-", "-", "-", "R", 0, "isolation", 1);
	CHECK(is_text(TASKS, expected));
}

FULL_TEST(full_finds_nothing_outside)
{
	CHECK(has_no_trace(zoo->a));
	CHECK(has_no_trace(zoo->s));
	CHECK(has_no_trace(ROOT_ID));
	/* Nor what is nowhere, which looks the same. */
	CHECK(has_no_trace(1ULL << 40));
}

/* Descriptors of a process of the root, which B inherits. */
static int passed_directory, passed_pidfd, passed_ns;

static void use_what_was_passed_in_b(void)
{
	struct pidfd_info info;

	CHECK(send_to(passed_directory, 0) == -EINVAL);
	CHECK(send_to(passed_pidfd, 0) == -EINVAL);
	CHECK(send_with(passed_pidfd, 0, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
	CHECK(get_pair(passed_pidfd, &info) == -EREMOTE);
	CHECK(open_pair(passed_ns, A_INIT) == -ESRCH);
	CHECK(open_pair(passed_ns, MEMBER) == -ESRCH);
	CHECK(open_pair(passed_ns, 1000) == -ESRCH);
	CHECK(open_pair(passed_ns, 0) == -EINVAL);
	CHECK(setns(passed_ns, CLONE_NEWPID) == -1 && errno == EINVAL);
}

TEST(full_makes_nothing_of_descriptors_from_outside)
{
	pid_t pid = fork(), wid;

	ASSERT_GE(pid, 0);
	if (!pid)
		stay();
	passed_directory = directory_of(ROOT_ID, pid);
	passed_pidfd = open_pidfd(pid);
	passed_ns = own_ns();
	ASSERT_GE(passed_directory, 0);
	ASSERT_GE(passed_pidfd, 0);
	ASSERT_GE(passed_ns, 0);
	EXPECT_EQ(send_to(passed_directory, 0), 0);
	EXPECT_EQ(send_to(passed_pidfd, 0), 0);
	wid = zoo_new(use_what_was_passed_in_b);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(end(pid), BY_SIGNAL(SIGKILL));
}

/*
 * Half isolation: what there is to see
 */

HALF_TEST(half_shows_the_space_above_and_none_beside)
{
	CHECK(spaces_in_proc() == 2);
	CHECK(shows_space(zoo->a));
	CHECK(shows_space(zoo->b));
	CHECK(!shows_space(zoo->s));
	CHECK(!shows_space(ROOT_ID));
	CHECK(count_lines(SPACES) == 3);
	CHECK(has_no_trace(zoo->s));
	CHECK(has_no_trace(ROOT_ID));
}

HALF_TEST(half_tells_of_both_spaces)
{
	struct row row;

	CHECK(space_row(zoo->b, &row));
	CHECK(row_is(&row, SPACE_PARENT, TEXT("%llu", zoo->a)));
	CHECK(row_is(&row, SPACE_INIT, TEXT("%d", B_INIT)));
	CHECK(row_is(&row, SPACE_ISOLATION, "half"));
	CHECK(row_is(&row, SPACE_CREATOR, "-"));
	CHECK(space_row(zoo->a, &row));
	CHECK(row_is(&row, SPACE_PARENT, "-"));
	CHECK(row_is(&row, SPACE_INIT, "-"));
	CHECK(row_is(&row, SPACE_MEMBERS, "2"));
	CHECK(row_is(&row, SPACE_ISOLATION, "full"));
	CHECK(row_is(&row, SPACE_CREATOR, "-"));
}

/* No path leads up, and the number in the space above is one of a pair. */
HALF_TEST(half_lists_the_processes_above_by_their_pairs)
{
	struct row row;

	CHECK(count_lines(TASKS) == 4);
	CHECK(task_row(zoo->a, A_INIT, &row));
	CHECK(row_is(&row, TASK_WID, "-"));
	CHECK(row_is(&row, TASK_PPSPACE, "-"));
	CHECK(row_is(&row, TASK_PPID, "-"));
	CHECK(row_is(&row, TASK_PATH, "-"));
	CHECK(task_row(zoo->a, MEMBER, &row));
	CHECK(row_is(&row, TASK_PPSPACE, TEXT("%llu", zoo->a)));
	CHECK(row_is(&row, TASK_PPID, TEXT("%d", A_INIT)));
	CHECK(row_is(&row, TASK_COMMAND, "isolation"));
	CHECK(row_is(&row, TASK_PATH, "-"));
	CHECK(task_row(zoo->b, 1, &row));
	CHECK(row_is(&row, TASK_WID, TEXT("%d", B_INIT)));
	CHECK(row_is(&row, TASK_PPSPACE, TEXT("%llu", zoo->a)));
	CHECK(row_is(&row, TASK_PPID, TEXT("%d", A_INIT)));
	CHECK(row_is(&row, TASK_PATH, "1"));
}

HALF_TEST(half_shows_the_tree_above_without_those_beside)
{
	const char *tree = CONTROL_PATH(zoo->a, "");

	CHECK(lists(tree, TIDS(A_INIT, MEMBER, B_INIT)));
	CHECK(says(PAIR_STATUS(zoo->a, MEMBER), "Pid", "2"));
	CHECK(says(PAIR_STATUS(zoo->a, MEMBER), "Pspace",
		   TEXT("%llu\t2", zoo->a)));
	CHECK(says(PAIR_STATUS(zoo->a, B_INIT), "Pspace",
		   TEXT("%llu\t1", zoo->b)));
	CHECK(is_missing(PAIR_PATH(zoo->a, S_INIT, "")));
	CHECK(is_missing(PAIR_STATUS(zoo->a, S_INIT)));
	CHECK(is_missing(PAIR_PATH(zoo->a, 1000, "")));
}

HALF_TEST(half_shows_no_path_of_a_process_above)
{
	char line[64];

	CHECK(read_line(PAIR_STATUS(zoo->a, B_INIT), "PspacePath:\t", line,
			sizeof(line)));
	CHECK(!strcmp(line, "1"));
	CHECK(!read_line(PAIR_STATUS(zoo->a, MEMBER), "PspacePath:", line,
			 sizeof(line)));
}

/* A's init has created S first, then B. */
HALF_TEST(half_shows_no_space_beside_by_its_creator)
{
	const char *init = PAIR_PATH(zoo->a, A_INIT, "");

	CHECK(times_listed(init, "pspace", DT_DIR) == 0);
	CHECK(times_listed(init, "pspace.2", DT_DIR) == 1);
	CHECK(is_missing(PAIR_PATH(zoo->a, A_INIT, "pspace")));
	CHECK(is_missing(PAIR_PATH(zoo->a, A_INIT, "pspace/1")));
	CHECK(lists(PAIR_PATH(zoo->a, A_INIT, "pspace.2"), TIDS(1)));
}

HALF_TEST(half_shows_no_child_beside)
{
	CHECK(is_text(PAIR_PATH(zoo->a, A_INIT, "task/1/children"),
		      TEXT("%d %d ", MEMBER, B_INIT)));
}

HALF_TEST(half_changes_nothing_at_home)
{
	CHECK(lists("/proc", TIDS(1)));
	CHECK(has_numbers(1, "1"));
	CHECK(says("/proc/1/status", "PPid", "0"));
	CHECK(getppid() == 0);
	CHECK(!strcmp(LINK("/proc/pspace/self"), TEXT("%llu/1", zoo->b)));
	CHECK(!isolation_is(zoo->b, "full"));
}

/* The spaces that it creates see no more than before. */
HALF_TEST(half_is_not_inherited)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		mount_own_proc();
		CHECK(spaces_in_proc() == 1);
		CHECK(has_no_trace(zoo->a));
		CHECK(has_no_trace(zoo->b));
		CHECK(isolation_is(ns_id(own_ns()), "full"));
		_exit(0);
	}
	CHECK(reap(wid) == 0);
}

/* Before it has a member. */
TEST(half_can_be_set_before_the_first_fork)
{
	uint64_t id;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	EXPECT_EQ(set_isolation(id, "half\n"), 0);
	IN(fork()) {
		mount_own_proc();
		CHECK(shows_space(ROOT_ID));
	}
}

/*
 * Half isolation: what can be done
 */

static void signal_by_a_directory_in_b(void)
{
	int fd = directory_of(zoo->a, MEMBER);

	CHECK(fd >= 0);
	CHECK(send_to(fd, 0) == 0);
	CHECK(send_to(fd, SIGKILL) == 0);
	await_state(PAIR_STATUS(zoo->a, MEMBER), "Z");
}

TEST(half_signals_by_a_pair)
{
	pid_t wid = zoo_new(signal_by_a_directory_in_b);

	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, SIGKILL);
}

static void signal_by_a_pidfd_in_b(void)
{
	int ns = open_ns_of(zoo->a, A_INIT), pidfd;
	struct pidfd_info info;

	CHECK(ns >= 0);
	CHECK(ns_id(ns) == zoo->a);
	pidfd = open_pair(ns, MEMBER);
	CHECK(pidfd >= 0);
	CHECK(!get_pair(pidfd, &info));
	CHECK(info.mask & PAIR);
	CHECK(info.pspace_id == zoo->a && info.pspace_pid == MEMBER);
	/* It has no number here. */
	CHECK(!info.pid && !info.tgid && !info.ppid);
	CHECK(send_to(pidfd, 0) == 0);
	CHECK(send_to(pidfd, SIGKILL) == 0);
	CHECK(poll_for(pidfd, PATIENCE) & POLLIN);
}

TEST(half_signals_by_a_pidfd)
{
	pid_t wid = zoo_new(signal_by_a_pidfd_in_b);

	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, SIGKILL);
}

static struct gate sent;

/* Say who it was that sent a signal, by his number. */
static void __attribute__((noreturn)) tell_sender(void)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
	gate_pass(&sent, getpid());
	CHECK(sigwaitinfo(&set, &info) == SIGUSR1);
	CHECK(info.si_code == SI_USER);
	gate_pass(&sent, info.si_pid);
	_exit(0);
}

/* A signal from a half space to a process of the root. */
struct message {
	/* The init of the space, and the number that the receiver heard of. */
	pid_t wid, heard;
	/* What became of both. */
	int sender, receiver;
};

static void send_to_the_root(pid_t receiver)
{
	int fd = directory_of(ROOT_ID, receiver);

	CHECK(fd >= 0);
	CHECK(send_to(fd, SIGUSR1) == 0);
	_exit(0);
}

/* Sent by the space's init, or by a member that is not. */
static struct message send_message(bool by_member)
{
	struct gate go = gate_new();
	struct message message;
	pid_t receiver;

	sent = gate_new();
	receiver = fork_child();
	if (!receiver)
		tell_sender();
	CHECK(gate_wait(&sent) == receiver);
	message.wid = fork_space();
	CHECK(message.wid >= 0);
	if (!message.wid) {
		pid_t member;

		gate_wait(&go);
		mount_own_proc();
		CHECK(getpid() == 1);
		member = by_member ? fork_child() : 0;
		if (!member)
			send_to_the_root(receiver);
		_exit(reap(member));
	}
	CHECK(!set_isolation(ns_id_of(message.wid, "pid"), "half"));
	gate_pass(&go, 0);
	message.heard = gate_wait(&sent);
	message.sender = reap(message.wid);
	message.receiver = reap(receiver);
	return message;
}

/*
 * The sender's number is that of the space above, where it has one. Else it would
 * be the init there that seems to have sent it.
 */
TEST(half_signals_with_the_number_of_the_space_above)
{
	struct message message = send_message(false);

	EXPECT_EQ(message.heard, message.wid);
	EXPECT_EQ(message.sender, 0);
	EXPECT_EQ(message.receiver, 0);
}

/* One that has no number there has none for the receiver. */
TEST(half_signals_of_a_member_are_of_nobody)
{
	struct message message = send_message(true);

	EXPECT_EQ(message.heard, 0);
	EXPECT_EQ(message.sender, 0);
	EXPECT_EQ(message.receiver, 0);
}

HALF_TEST(half_opens_nobody_beside)
{
	int ns = open_ns_of(zoo->a, A_INIT);

	CHECK(ns >= 0);
	CHECK(open_pair(ns, S_INIT) == -ESRCH);
	CHECK(open_pair(ns, 1000) == -ESRCH);
	/* Itself it knows. */
	CHECK(open_pair(ns, B_INIT) >= 0);
}

static void use_numbers_in_b(void)
{
	CHECK(getpid() == 1);
	CHECK(kill(MEMBER, SIGKILL) == -1 && errno == ESRCH);
	CHECK(kill(-MEMBER, SIGKILL) == -1 && errno == ESRCH);
	CHECK(kill(-1, SIGKILL) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_tgkill, MEMBER, MEMBER, SIGKILL) == -1 &&
	      errno == ESRCH);
	CHECK(open_pidfd(MEMBER) == -1 && errno == ESRCH);
	CHECK(getsid(MEMBER) == -1 && errno == ESRCH);
	CHECK(getpgid(MEMBER) == -1 && errno == ESRCH);
	CHECK(is_missing(TEXT("/proc/%d", MEMBER)));
}

TEST(half_reaches_nobody_by_a_number)
{
	pid_t wid = zoo_new(use_numbers_in_b);

	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, 0);
}

/* There may be members in it that are beside. */
static void signal_a_group_in_b(void)
{
	int ns = open_ns_of(zoo->a, A_INIT), fd = directory_of(zoo->a, MEMBER);

	CHECK(ns >= 0 && fd >= 0);
	CHECK(send_with(fd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
	fd = open_pair(ns, MEMBER);
	CHECK(fd >= 0);
	CHECK(send_with(fd, SIGKILL, PIDFD_SIGNAL_PROCESS_GROUP) == -EINVAL);
}

TEST(half_signals_no_process_group_above)
{
	pid_t wid = zoo_new(signal_a_group_in_b);

	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, 0);
}

/* Only from above are these forced on an init. */
HALF_TEST(half_cannot_kill_the_init_above)
{
	int fd = directory_of(zoo->a, A_INIT);

	CHECK(fd >= 0);
	CHECK(send_to(fd, SIGKILL) == 0);
	CHECK(send_to(fd, SIGSTOP) == 0);
	CHECK(send_to(fd, SIGTERM) == 0);
	await_sleep(PAIR_STATUS(zoo->a, A_INIT));
}

HALF_TEST(half_controls_nothing_above)
{
	int ns = open_ns_of(zoo->a, A_INIT);

	CHECK(ns >= 0);
	CHECK(ioctl(ns, PSPACE_KILL) == -1 && errno == EPERM);
	CHECK(setns(ns, CLONE_NEWPID) == -1 && errno == EINVAL);
	CHECK(set_policy(zoo->a, "auto") == -EPERM);
	CHECK(set_isolation(zoo->a, "half") == -EPERM);
	CHECK(control(zoo->a, "pid_max", "4000") == -EPERM);
	CHECK(control(zoo->a, "kill", "1") == -EPERM);
	CHECK(set_isolation(zoo->b, "full") == -EPERM);
	CHECK(policy_is(zoo->a, "init"));
}

FULL_TEST(full_shows_nothing_to_an_unprivileged_user)
{
	become(NOBODY);
	CHECK(spaces_in_proc() == 1);
	CHECK(has_no_trace(zoo->a));
	CHECK(has_no_trace(ROOT_ID));
}

static void be_refused_in_b(void)
{
	int fd = directory_of(zoo->a, MEMBER);

	CHECK(says(PAIR_STATUS(zoo->a, MEMBER), "Pid", "2"));
	CHECK(fd >= 0);
	CHECK(send_to(fd, 0) == -EPERM);
	CHECK(send_to(fd, SIGKILL) == -EPERM);
	CHECK(open_ns_of(zoo->a, MEMBER) == -1 && errno == EACCES);
}

/* As everywhere, credentials decide. */
HALF_TEST(half_leaves_an_unprivileged_user_what_he_may)
{
	become(NOBODY);
	be_refused_in_b();
}

/* In a user namespace of its own it is root of nothing above. */
TEST(half_gives_no_privilege_to_the_root_of_a_user_namespace)
{
	pid_t wid = zoo_with(be_refused_in_b, CLONE_NEWUSER);

	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, 0);
}

HALF_TEST(half_hides_what_its_mount_hides)
{
	CHECK(!mount("proc", "/proc", "proc", 0, "hidepid=invisible"));
	become(NOBODY);
	/* But for what is of this user. */
	CHECK(lists(CONTROL_PATH(zoo->a, ""), TIDS(B_INIT)));
	CHECK(is_missing(PAIR_STATUS(zoo->a, MEMBER)));
}

TEST_HARNESS_MAIN
