// SPDX-License-Identifier: GPL-2.0
/*
 * What the members of a space see of what is outside: nothing, or, with half
 * isolation, the processes above. They list these by their pairs and signal them
 * by pidfds, and have no number of any.
 *
 * A test is run by the init of space B, in a zoo like this:
 *
 *	root
 *	  A	1 its init, 2 a member, 3 S's init, 4 B's init
 *	    S	1 its init
 *	    B	1 its init
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include "look.h"
#include "harness.h"

enum { A_INIT = 1, MEMBER, S_INIT, B_INIT };

/* Shared by all in it. */
static struct zoo {
	unsigned long long a, s, b;
	/* What B's init is to do. */
	void (*check)(void);
	/* What the member came to, before it was killed in the end. */
	int fate;
} *zoo;

/* B's init waits here, until the test has set what holds. */
static struct gate go;

static void __attribute__((noreturn)) be_b(void)
{
	zoo->b = ns_id(own_ns());
	gate_wait(&go);
	mount_own_proc();
	zoo->check();
	_exit(0);
}

static void __attribute__((noreturn)) be_a(struct gate *ready, uint64_t flags)
{
	int status, found;
	pid_t pid;

	zoo->a = ns_id(own_ns());
	CHECK(!setpgid(0, 0));
	pid = fork_child();
	CHECK(!pid || pid == MEMBER);
	if (!pid) {
		/* A group of its own, to be signalled. */
		CHECK(!setpgid(0, 0));
		stay();
	}
	pid = fork_space();
	CHECK(!pid || pid == S_INIT);
	if (!pid) {
		zoo->s = ns_id(own_ns());
		gate_pass(ready, 0);
		stay();
	}
	/* In a user namespace it is that of another user. */
	CHECK(!flags || !setresuid(NOBODY, NOBODY, 0));
	pid = fork_with(CLONE_NEWPSPACE | flags);
	CHECK(!pid || pid == B_INIT);
	CHECK(!pid || !flags || !setresuid(0, 0, 0));
	if (!pid) {
		gate_pass(ready, 0);
		be_b();
	}
	status = reap(pid);
	found = waitpid(MEMBER, &zoo->fate, WNOHANG);
	CHECK(found >= 0);
	_exit(status);
}

/* Make a zoo, whose B waits. Returns the number of A's init. */
static pid_t zoo_with(void (*check)(void), uint64_t flags)
{
	struct gate ready = gate_new();
	pid_t wid;

	zoo = mmap(NULL, sizeof(*zoo), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(zoo != MAP_FAILED);
	zoo->check = check;
	go = gate_new();
	wid = fork_space();
	CHECK(wid >= 0);
	if (!wid)
		be_a(&ready, flags);
	gate_wait(&ready);
	gate_wait(&ready);
	/* It has passed the gate before that. */
	AWAIT(*(volatile unsigned long long *)&zoo->b);
	return wid;
}

static pid_t zoo_new(void (*check)(void))
{
	return zoo_with(check, 0);
}

/* Let B's init do it: 0 if all its checks held. */
static int run(pid_t wid)
{
	gate_pass(&go, 0);
	return reap(wid);
}

static int run_in_b(const char *isolation, void (*body)(void))
{
	pid_t wid = zoo_new(body);

	CHECK(!set_isolation(zoo->b, isolation));
	return run(wid);
}

/* Tests whose body is B's init, which is isolated in a way. */
#define FULL_TEST(name) TEST_BODY(name, run_in_b("full", body))
#define HALF_TEST(name) TEST_BODY(name, run_in_b("half", body))

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

/*
 * Several levels, and classic pid namespaces
 */

static void see_b_only_in_b(void)
{
	CHECK(spaces_in_proc() == 1);
	CHECK(shows_space(zoo->b));
}

static void see_up_to_the_root_in_b(void)
{
	struct row row;
	int ns, pidfd;
	struct pidfd_info info;

	CHECK(spaces_in_proc() == 3);
	CHECK(shows_space(ROOT_ID));
	CHECK(shows_space(zoo->a));
	CHECK(!shows_space(zoo->s));
	CHECK(task_row(ROOT_ID, 1, &row));
	CHECK(row_is(&row, TASK_PATH, "-"));
	CHECK(task_row(zoo->a, 1, &row));
	CHECK(row_is(&row, TASK_PPSPACE, TEXT("%d", ROOT_ID)));
	CHECK(space_row(ROOT_ID, &row));
	CHECK(space_row(zoo->a, &row));
	CHECK(row_is(&row, SPACE_PARENT, TEXT("%d", ROOT_ID)));
	ns = open_ns_of(ROOT_ID, 1);
	CHECK(ns >= 0);
	pidfd = open_pair(ns, 1);
	CHECK(pidfd >= 0);
	CHECK(!get_pair(pidfd, &info));
	CHECK(info.pspace_id == ROOT_ID && info.pspace_pid == 1 && !info.pid);
	CHECK(send_to(pidfd, 0) == 0);
	/* But the root is no pspace otherwise. */
	CHECK(ioctl(ns, PSPACE_KILL) == -1 && errno == ENOTTY);
}

TEST(half_of_two_levels_reaches_the_root)
{
	pid_t wid = zoo_new(see_up_to_the_root_in_b);

	ASSERT_EQ(set_isolation(zoo->a, "half"), 0);
	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

/* The one in between is half, but it is not for B to see. */
TEST(full_below_half_sees_nothing)
{
	pid_t wid = zoo_new(see_b_only_in_b);

	ASSERT_EQ(set_isolation(zoo->a, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

TEST(half_of_one_beside_is_not_shared)
{
	pid_t wid = zoo_new(see_b_only_in_b);

	ASSERT_EQ(set_isolation(zoo->s, "half"), 0);
	EXPECT_EQ(run(wid), 0);
}

/* A classic namespace in B sees what is in it, and so does a space in that. */
HALF_TEST(half_is_not_for_a_classic_namespace_inside)
{
	pid_t pid = fork_with(CLONE_NEWPID);

	CHECK(pid >= 0);
	if (!pid) {
		pid_t wid;

		mount_own_proc();
		CHECK(spaces_in_proc() == 0);
		CHECK(has_no_trace(zoo->a));
		CHECK(has_no_trace(zoo->b));
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			mount_own_proc();
			CHECK(spaces_in_proc() == 1);
			CHECK(has_no_trace(zoo->b));
			_exit(0);
		}
		_exit(reap(wid));
	}
	CHECK(reap(pid) == 0);
}

/* It has no pairs to be seen by, and contains what is in it. */
TEST(a_space_in_a_classic_namespace_stays_isolated)
{
	struct gate ready = gate_new();
	pid_t pid = fork_with(CLONE_NEWPID);
	uint64_t id;

	ASSERT_GE(pid, 0);
	if (!pid) {
		pid = fork_space();
		CHECK(pid >= 0);
		if (!pid) {
			gate_pass(&ready, ns_id(own_ns()));
			stay();
		}
		stay();
	}
	id = gate_wait(&ready);
	EXPECT_EQ(set_isolation(id, "half"), -EOPNOTSUPP);
	EXPECT_EQ(set_isolation(id, "full"), -EOPNOTSUPP);
	EXPECT_TRUE(isolation_is(id, "full"));
	EXPECT_EQ(end(pid), BY_SIGNAL(SIGKILL));
}

/* One of a classic namespace in A is A's, and B sees it as that. */
TEST(half_shows_what_is_in_a_classic_namespace_of_the_space_above)
{
	struct gate ready = gate_new();
	pid_t classic, wid;
	uint64_t id;

	ASSERT_EQ(unshare(CLONE_NEWPSPACE), 0);
	id = ns_id_of(getpid(), "pid_for_children");
	ASSERT_EQ(set_isolation(id, "half"), 0);
	/* Pid 1 of the space, which is to see the classic one in the root. */
	wid = fork();
	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t nr = gate_wait(&ready);
		struct row row;

		mount_own_proc();
		CHECK(task_row(ROOT_ID, nr, &row));
		CHECK(says(PAIR_STATUS(ROOT_ID, nr), "Pspace",
			   TEXT("%d\t%d", ROOT_ID, nr)));
		CHECK(send_to(directory_of(ROOT_ID, nr), 0) == 0);
		_exit(0);
	}
	ASSERT_EQ(setns(open_ns(getppid(), "pid"), CLONE_NEWPID), 0);
	classic = fork_with(CLONE_NEWPID);
	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	gate_pass(&ready, classic);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

/*
 * Changes
 */

static struct gate changed;

static void lose_sight_in_b(void)
{
	int tree = open_directory(CONTROL_PATH(zoo->a, ""));
	int fd = directory_of(zoo->a, MEMBER);
	int ns = open_ns_of(zoo->a, A_INIT);
	int pidfd = open_pair(ns, MEMBER);
	struct listing rest = {};
	struct pidfd_info info;

	CHECK(tree >= 0 && fd >= 0 && ns >= 0 && pidfd >= 0);
	CHECK(!faccessat(fd, "status", R_OK, 0));
	CHECK(send_to(fd, 0) == 0 && send_to(pidfd, 0) == 0);
	gate_pass(&changed, 0);
	gate_wait(&go);
	CHECK(send_to(fd, SIGKILL) == -EINVAL);
	CHECK(send_to(pidfd, SIGKILL) == -EINVAL);
	CHECK(get_pair(pidfd, &info) == -EREMOTE);
	CHECK(open_pair(ns, MEMBER) == -ESRCH);
	CHECK(openat(fd, "status", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "2", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "policy", O_RDONLY) == -1 && errno == ENOENT);
	while (list_more(&rest, tree, 4096))
		;
	CHECK(!rest.count && !rest.others);
	CHECK(has_no_trace(zoo->a));
	CHECK(spaces_in_proc() == 1);
}

TEST(half_can_be_taken_back)
{
	pid_t wid;

	changed = gate_new();
	wid = zoo_new(lose_sight_in_b);
	ASSERT_EQ(set_isolation(zoo->b, "half"), 0);
	gate_pass(&go, 0);
	gate_wait(&changed);
	ASSERT_EQ(set_isolation(zoo->b, "full"), 0);
	EXPECT_EQ(run(wid), 0);
	EXPECT_EQ(zoo->fate, 0);
}

/* While others look. */
static void look_often_in_b(void)
{
	int i;

	gate_pass(&changed, 0);
	for (i = 0; i < many(2000); i++) {
		struct listing spaces = list("/proc/pspace");
		int fd = directory_of(zoo->a, MEMBER), err;

		CHECK(spaces.count == 1 || spaces.count == 2);
		if (fd < 0) {
			CHECK(errno == ENOENT);
			continue;
		}
		err = send_to(fd, 0);
		CHECK(!err || err == -EINVAL);
		close(fd);
	}
}

TEST(isolation_may_change_while_others_look)
{
	pid_t wid, writer;
	uint64_t id;

	changed = gate_new();
	wid = zoo_new(look_often_in_b);
	id = zoo->b;
	gate_pass(&go, 0);
	gate_wait(&changed);
	writer = fork();
	ASSERT_GE(writer, 0);
	while (!writer) {
		set_isolation(id, "half");
		set_isolation(id, "full");
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(writer), BY_SIGNAL(SIGKILL));
}

/*
 * Who may set it
 */

TEST(who_is_above_and_privileged_may_set_it)
{
	IN(fork_space()) {
		pid_t inner;

		mount_own_proc();
		inner = idle_space();
		CHECK(inner > 0);
		CHECK(!set_isolation(ns_id_of(inner, "pid"), "half"));
		CHECK(isolation_is(ns_id_of(inner, "pid"), "half"));
		CHECK(end(inner) == BY_SIGNAL(SIGKILL));
	}
}

/* The root of a user namespace lets those below see what is its own. */
TEST(the_root_of_a_user_namespace_exposes_what_is_its_own)
{
	struct gate ready = gate_new();

	ASSERT_EQ(setuid(NOBODY), 0);
	IN(fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE)) {
		pid_t inner;
		uint64_t id = ns_id(own_ns());

		mount_own_proc();
		/* But not what is not. */
		CHECK(set_isolation(id, "half") == -EPERM);
		inner = fork_space();
		CHECK(inner >= 0);
		if (!inner) {
			mount_own_proc();
			gate_pass(&ready, ns_id(own_ns()));
			AWAIT(!is_missing(CONTROL_PATH(id, "")));
			CHECK(shows_space(id));
			CHECK(!shows_space(ROOT_ID));
			_exit(0);
		}
		CHECK(!set_isolation(gate_wait(&ready), "half"));
		CHECK(!reap(inner));
	}
}

/* Without the right over the root, an owner of the space cannot take it back. */
TEST(what_root_has_exposed_its_owner_does_not_change)
{
	pid_t wid;
	uint64_t id;

	ASSERT_EQ(seteuid(NOBODY), 0);
	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	ASSERT_EQ(seteuid(0), 0);
	id = ns_id_of(wid, "pid");
	EXPECT_EQ(set_isolation(id, "half"), 0);
	ASSERT_EQ(seteuid(NOBODY), 0);
	EXPECT_EQ(set_isolation(id, "full"), -EPERM);
	EXPECT_TRUE(isolation_is(id, "half"));
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
