/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Spaces that are peers: those of one parent whose isolation is that see each other, as
 * with half isolation one sees what is above, and nothing else outside.
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
#ifndef PSPACE_SELFTESTS_PEERS_H
#define PSPACE_SELFTESTS_PEERS_H

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

static inline void hear(int sig, siginfo_t *info, void *context)
{
	zoo->heard[me].info = *info;
	zoo->heard[me].count++;
}

static inline void __attribute__((noreturn)) be(enum who who)
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
static inline pid_t spawn_with(enum who who, uint64_t flags)
{
	pid_t wid = fork_with(CLONE_NEWPSPACE | flags);

	CHECK(wid >= 0);
	if (!wid)
		be(who);
	CHECK(!answer(who));
	return wid;
}

/* At the root, where any number may be taken. It ends with the test, if not before. */
static inline pid_t spawn_at_root(enum who who)
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

static inline int spawn(int who)
{
	pid_t wid = fork_as(CLONE_NEWPSPACE, TIDS(1, WID_OF(who)));

	CHECK(wid >= 0);
	if (!wid)
		be(who);
	CHECK(!answer(who));
	return wid;
}

/* A member that does nothing, with a group of its own to be signalled. */
static inline void add_member(pid_t nr, uid_t user)
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

static inline void add_classic(void)
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

static inline int populate(int nested)
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
static inline int spawn_b(int flags)
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

static inline void zoo_init(void)
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

static inline int add_a_member(int nr)
{
	add_member(nr, 0);
	return 0;
}

/* Nobody is a peer yet. Returns the number of A's init. */
static inline pid_t zoo_new(uint64_t flags)
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

static inline int isolate(enum who who, const char *isolation)
{
	return set_isolation(zoo->id[who], isolation);
}

static inline int make_peers(enum who first, enum who second)
{
	return isolate(first, "peers") ?: isolate(second, "peers");
}

/* A pidfd of a process of one that is seen. */
static inline int pidfd_of(uint64_t id, pid_t nr)
{
	int ns = open_ns_of(id, 1), pidfd;

	CHECK(ns >= 0 && ns_id(ns) == id);
	pidfd = open_pair(ns, nr);
	CHECK(pidfd >= 0);
	close(ns);
	return pidfd;
}

static inline bool is_of_pair(int pidfd, uint64_t id, pid_t nr)
{
	struct pidfd_info info;

	/* And it has no number here. */
	return !get_pair(pidfd, &info) && info.mask & PAIR &&
	       info.pspace_id == id && info.pspace_pid == nr && !info.pid &&
	       !info.tgid && !info.ppid;
}

static inline int processes_in_list(uint64_t id)
{
	char *text = read_text(TASKS);
	struct row row;
	int count = count_rows(text, id, 0, &row);

	free(text);
	return count;
}

static inline bool is_nowhere(uint64_t id)
{
	return has_no_trace(id) && !processes_in_list(id) &&
	       directory_of(id, MEMBER) == -1 && errno == ENOENT;
}

/* Those spaces are seen, and no others: whoever reads it, in the procfs of his space. */
static inline void see_only(int those)
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

static inline int sees(enum who who, int those)
{
	return look(who, see_only, those);
}

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

static inline enum who nested_in(enum who who)
{
	return who == OLDER ? IN_OLDER : IN_YOUNGER;
}

static inline void harass_the_init(int other)
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

static inline void lose_sight(int other)
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

#define BELOW	(ONLY(FIRST) | ONLY(SECOND))

#endif /* PSPACE_SELFTESTS_PEERS_H */
