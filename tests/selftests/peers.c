// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces that are peers: those of one parent whose isolation is that see each other,
 * as with half isolation one sees what is above, and nothing else outside.
 *
 * In most tests there is a zoo like this. B, OLDER and YOUNGER are peers, and what is
 * checked is what B makes of one of the others.
 *
 *	root
 *	  A		1 its init, A_MEMBER
 *	    OLDER	1 its init, MEMBER, USER, the init of IN_OLDER,
 *			CLASSIC, the init of a classic namespace with IN_CLASSIC
 *	      IN_OLDER	1 its init
 *	    S		1 its init
 *	    B		1 its init
 *	    YOUNGER	as OLDER
 *	      IN_YOUNGER
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include "look.h"
#include <grp.h>
#include <sys/ptrace.h>
#include "harness.h"

#define OTHER_USER	65533

/*
 * Actors: the inits of the spaces, which do what they are asked, or have it done by a
 * child. FIRST and SECOND are spaces that a test has made itself.
 */
enum who { ROOT, A, OLDER, IN_OLDER, S, B, YOUNGER, IN_YOUNGER, FIRST, SECOND,
	ACTORS };

#include "actors.h"

#define ONLY(who)	(1 << (who))
#define ALL_PEERS	(ONLY(OLDER) | ONLY(B) | ONLY(YOUNGER))

/* Their numbers in the space above, and those of others. None has them by chance. */
#define WID_OF(who)	(6000 + (who))
#define A_MEMBER	6100

enum { MEMBER = 7002, USER, NESTED, CLASSIC, IN_CLASSIC };

/* A signal that an init had a handler for. */
struct heard {
	int count;
	siginfo_t info;
};

/* Shared by all. */
static struct zoo {
	unsigned long long id[ACTORS];
	struct heard heard[ACTORS];
} *zoo;

/* Between a check and the test; and two sockets for what is passed on. */
static struct gate looked, go;
static int sockets[2];

static enum who me;

static void hear(int sig, siginfo_t *info, void *context)
{
	zoo->heard[me].info = *info;
	zoo->heard[me].count++;
}

static void __attribute__((noreturn)) be(enum who who)
{
	struct sigaction action = {
		.sa_sigaction = hear,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	me = who;
	CHECK(!sigaction(SIGUSR1, &action, NULL));
	mount_own_proc();
	zoo->id[who] = ns_id(own_ns());
	gate_pass(&answers[who], 0);
	act(who);
}

/* A space in that of the caller, which is there when this returns. */
static pid_t spawn_with(enum who who, uint64_t flags)
{
	pid_t wid = fork_with(CLONE_NEWPSPACE | flags);

	CHECK(wid >= 0);
	if (!wid)
		be(who);
	CHECK(!answer(who));
	return wid;
}

/* At the root, where any number may be taken. It ends with the test, if not before. */
static pid_t spawn_at_root(enum who who)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		CHECK(!prctl(PR_SET_PDEATHSIG, SIGKILL));
		be(who);
	}
	CHECK(!answer(who));
	return wid;
}

static int spawn(int who)
{
	pid_t wid = fork_as(CLONE_NEWPSPACE, TIDS(1, WID_OF(who)));

	CHECK(wid >= 0);
	if (!wid)
		be(who);
	CHECK(!answer(who));
	return wid;
}

/* A member that does nothing, with a group of its own to be signalled. */
static void add_member(pid_t nr, uid_t user)
{
	struct gate ready = gate_new();
	pid_t child = fork_as(0, TIDS(nr));

	CHECK(child >= 0);
	if (!child) {
		CHECK(!setpgid(0, 0));
		if (user)
			become(user);
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
}

static void add_classic(void)
{
	struct gate ready = gate_new();
	pid_t init = fork_as(CLONE_NEWPID, TIDS(1, CLASSIC));

	CHECK(init >= 0);
	if (!init) {
		pid_t child = fork_as(0, TIDS(2, IN_CLASSIC));

		CHECK(child >= 0);
		if (child)
			gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	close(ready.fd[0]);
	close(ready.fd[1]);
}

static int populate(int nested)
{
	pid_t init;

	add_member(MEMBER, 0);
	add_member(USER, NOBODY);
	init = fork_as(CLONE_NEWPSPACE, TIDS(1, NESTED));
	CHECK(init >= 0);
	if (!init)
		be(nested);
	CHECK(!answer(nested));
	add_classic();
	return 0;
}

/* B is in a user namespace of NOBODY, if there is to be one. */
static int spawn_b(int flags)
{
	if (!flags) {
		spawn(B);
		return 0;
	}
	CHECK(!setresuid(NOBODY, NOBODY, 0));
	spawn_with(B, flags);
	CHECK(!setresuid(0, 0, 0));
	return 0;
}

static void zoo_init(void)
{
	zoo = mmap(NULL, sizeof(*zoo), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(zoo != MAP_FAILED);
	zoo->id[ROOT] = ROOT_ID;
	actors_open();
	looked = gate_new();
	go = gate_new();
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
}

static int add_a_member(int nr)
{
	add_member(nr, 0);
	return 0;
}

/* Nobody is a peer yet. Returns the number of A's init. */
static pid_t zoo_new(uint64_t flags)
{
	pid_t wid;

	zoo_init();
	wid = spawn_at_root(A);
	CHECK(!ask(A, add_a_member, A_MEMBER));
	CHECK(ask(A, spawn, OLDER) == WID_OF(OLDER));
	CHECK(!ask(OLDER, populate, IN_OLDER));
	CHECK(ask(A, spawn, S) == WID_OF(S));
	CHECK(!ask(A, spawn_b, flags));
	CHECK(ask(A, spawn, YOUNGER) == WID_OF(YOUNGER));
	CHECK(!ask(YOUNGER, populate, IN_YOUNGER));
	return wid;
}

static int isolate(enum who who, const char *isolation)
{
	return set_isolation(zoo->id[who], isolation);
}

static int make_peers(enum who first, enum who second)
{
	return isolate(first, "peers") ?: isolate(second, "peers");
}

/* A pidfd of a process of one that is seen. */
static int pidfd_of(uint64_t id, pid_t nr)
{
	int ns = open_ns_of(id, 1), pidfd;

	CHECK(ns >= 0 && ns_id(ns) == id);
	pidfd = open_pair(ns, nr);
	CHECK(pidfd >= 0);
	close(ns);
	return pidfd;
}

static bool is_of_pair(int pidfd, uint64_t id, pid_t nr)
{
	struct pidfd_info info;

	/* And it has no number here. */
	return !get_pair(pidfd, &info) && info.mask & PAIR &&
	       info.pspace_id == id && info.pspace_pid == nr && !info.pid &&
	       !info.tgid && !info.ppid;
}

static int processes_in_list(uint64_t id)
{
	char *text = read_text(TASKS);
	struct row row;
	int count = count_rows(text, id, 0, &row);

	free(text);
	return count;
}

static bool is_nowhere(uint64_t id)
{
	return has_no_trace(id) && !processes_in_list(id) &&
	       directory_of(id, MEMBER) == -1 && errno == ENOENT;
}

/* Those spaces are seen, and no others: whoever reads it, in the procfs of his space. */
static void see_only(int those)
{
	enum who who;

	for (who = 0; who < ACTORS; who++) {
		unsigned long long id = zoo->id[who];
		struct row row;

		if (!id)
			continue;
		if (shows_space(id) != !!(those & ONLY(who)))
			dprintf(2, "# actor %d\n", who);
		CHECK(shows_space(id) == !!(those & ONLY(who)));
		if (!(those & ONLY(who))) {
			CHECK(is_nowhere(id));
			continue;
		}
		CHECK(task_row(id, 1, &row));
		CHECK(says(PAIR_STATUS(id, 1), "Pspace", TEXT("%llu\t1", id)));
	}
	CHECK(spaces_in_proc() == __builtin_popcount(those));
	CHECK(count_lines(SPACES) == 1 + __builtin_popcount(those));
}

static int sees(enum who who, int those)
{
	return look(who, see_only, those);
}

/*
 * What peers see of each other: B of one that is older, which has the smaller id, and
 * of one that is younger.
 */

FIXTURE(peers)
{
	pid_t wid;
};

FIXTURE_VARIANT(peers)
{
	enum who other;
};

FIXTURE_VARIANT_ADD(peers, older) { OLDER };

FIXTURE_VARIANT_ADD(peers, younger) { YOUNGER };

FIXTURE_SETUP(peers)
{
	self->wid = zoo_new(0);
	ASSERT_EQ(make_peers(OLDER, B), 0);
	ASSERT_EQ(isolate(YOUNGER, "peers"), 0);
}

FIXTURE_TEARDOWN(peers)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

/* A test whose body is run in B. It uses CHECK(). */
#define PEER_TEST(name)							\
	static void name##_in_b(int other);				\
	TEST_F(peers, name)						\
	{								\
		EXPECT_EQ(look(B, name##_in_b, variant->other), 0);	\
	}								\
	static void name##_in_b(int other)

static enum who nested_in(enum who who)
{
	return who == OLDER ? IN_OLDER : IN_YOUNGER;
}

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

static void harass_the_init(int other)
{
	static const int signals[] = { SIGKILL, SIGSTOP, SIGTERM, SIGINT, SIGTSTP,
				       SIGHUP, SIGABRT };
	int i, fd = directory_of(zoo->id[other], 1);
	int pidfd = pidfd_of(zoo->id[other], 1);

	CHECK(fd >= 0);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		CHECK(send_to(fd, signals[i]) == 0);
		CHECK(send_to(pidfd, signals[i]) == 0);
	}
	await_sleep(PAIR_STATUS(zoo->id[other], 1));
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
 * Changes
 */

static void lose_sight(int other)
{
	unsigned long long id = zoo->id[other];
	int tree = open_directory(CONTROL_PATH(id, ""));
	int fd = directory_of(id, MEMBER), ns = open_ns_of(id, 1);
	int pidfd = open_pair(ns, MEMBER);
	struct listing rest = {};
	struct pidfd_info info;

	CHECK(tree >= 0 && fd >= 0 && ns >= 0 && pidfd >= 0);
	CHECK(!faccessat(fd, "status", R_OK, 0));
	CHECK(!faccessat(tree, "policy", R_OK, 0));
	CHECK(send_to(fd, 0) == 0 && send_to(pidfd, 0) == 0);
	gate_pass(&looked, 0);
	gate_wait(&go);
	CHECK(send_to(fd, SIGKILL) == -EINVAL);
	CHECK(send_to(pidfd, SIGKILL) == -EINVAL);
	CHECK(get_pair(pidfd, &info) == -EREMOTE);
	CHECK(open_pair(ns, MEMBER) == -ESRCH);
	CHECK(openat(fd, "status", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "7002", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "1", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(openat(tree, "policy", O_RDONLY) == -1 && errno == ENOENT);
	while (list_more(&rest, tree, 4096))
		;
	CHECK(!rest.count);
	CHECK(is_nowhere(id));
	CHECK(!shows_space(id));
}

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

#define BELOW	(ONLY(FIRST) | ONLY(SECOND))

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
