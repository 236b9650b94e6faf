// SPDX-License-Identifier: GPL-2.0
/*
 * last_pid of a space: where its numbers go on, as those above set it. Who may write to
 * it is tried in policy.c, and where new spaces begin in module_parameters.c.
 *
 * model: Numbers
 * model: Who may
 */

#include "control.h"
#include "tree.h"
#include <pthread.h>
#include <sys/stat.h>
#include "harness.h"

/* What members have of it, each of its own namespace. */
#define NS_LAST_PID "/proc/sys/kernel/ns_last_pid"

/* The first number after a wrap. */
#define WRAP 300

/* The least that pid_max can be with so few processors. */
#define SMALL 400

static long last_pid(uint64_t id)
{
	return read_number(CONTROL_PATH(id, "last_pid"));
}

static int set_last_pid(uint64_t id, long nr)
{
	return control(id, "last_pid", TEXT("%ld", nr));
}

/* What the init of a space can be told to do; it answers with a number. */
enum order { FORK_AND_REAP, FORK, ASK };

/* A space whose init does what it is told. */
struct worker {
	pid_t wid;
	uint64_t id;
	struct gate order, done;
};

static void __attribute__((noreturn)) be_told(struct worker *worker)
{
	for (;;) {
		pid_t nr = 0;

		switch (gate_wait(&worker->order)) {
		case FORK_AND_REAP:
			nr = fork_and_reap();
			break;
		case FORK:
			nr = fork_child();
			if (!nr)
				stay();
			break;
		case ASK:
			nr = read_number(NS_LAST_PID);
			break;
		}
		gate_pass(&worker->done, nr);
	}
}

static struct worker worker_with(uint64_t flags)
{
	struct worker worker = { .order = gate_new(), .done = gate_new() };

	worker.wid = fork_with(CLONE_NEWPSPACE | flags);
	CHECK(worker.wid >= 0);
	if (!worker.wid) {
		gate_pass(&worker.done, ns_id(own_ns()));
		be_told(&worker);
	}
	worker.id = gate_wait(&worker.done);
	return worker;
}

static struct worker worker_new(void)
{
	return worker_with(0);
}

static pid_t tell(struct worker *worker, enum order order)
{
	gate_pass(&worker->order, order);
	return gate_wait(&worker->done);
}

/* The number of its next child, which ends at once. */
static pid_t next(struct worker *worker)
{
	return tell(worker, FORK_AND_REAP);
}

static bool worker_end(struct worker *worker)
{
	return end(worker->wid) == BY_SIGNAL(SIGKILL);
}

/*
 * What it says
 */

TEST(it_is_1_when_there_is_pid_1_only)
{
	struct worker worker = worker_new();

	EXPECT_EQ(last_pid(worker.id), 1);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(it_is_the_number_that_was_given_last)
{
	struct worker worker = worker_new();
	int i;

	for (i = 2; i < 10; i++) {
		ASSERT_EQ(next(&worker), i);
		EXPECT_EQ(last_pid(worker.id), i);
	}
	EXPECT_EQ(tell(&worker, FORK), 10);
	EXPECT_EQ(last_pid(worker.id), 10);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(it_is_one_line)
{
	struct worker worker = worker_new();
	char text[32];

	ASSERT_EQ(read_begin(CONTROL_PATH(worker.id, "last_pid"), text, sizeof(text)), 2);
	EXPECT_STREQ(text, "1\n");
	ASSERT_EQ(set_last_pid(worker.id, 31999), 0);
	ASSERT_EQ(read_begin(CONTROL_PATH(worker.id, "last_pid"), text, sizeof(text)), 6);
	EXPECT_STREQ(text, "31999\n");
	EXPECT_TRUE(worker_end(&worker));
}

TEST(it_can_be_read_by_all)
{
	struct worker worker = worker_new();
	struct stat status;

	IN(fork()) {
		CHECK(!setuid(NOBODY));
		CHECK(last_pid(worker.id) == 1);
	}
	ASSERT_EQ(stat(CONTROL_PATH(worker.id, "last_pid"), &status), 0);
	EXPECT_EQ(status.st_mode, S_IFREG | 0666);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(threads_count)
{
	struct gate ready = gate_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		idle_thread();
		gate_pass(&ready, 0);
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(last_pid(ns_id_of(wid, "pid")), 2);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(members_find_the_same_in_their_own_setting)
{
	struct worker worker = worker_new();

	EXPECT_EQ(next(&worker), 2);
	EXPECT_EQ(tell(&worker, ASK), 2);
	ASSERT_EQ(set_last_pid(worker.id, 999), 0);
	EXPECT_EQ(last_pid(worker.id), 999);
	EXPECT_EQ(tell(&worker, ASK), 999);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(what_members_set_is_what_it_says)
{
	IN(fork_space()) {
		uint64_t id = ns_id(own_ns());

		CHECK(!write_file(NS_LAST_PID, "1234"));
		CHECK(last_pid(id) == 1234);
		CHECK(fork_and_reap() == 1235);
		CHECK(last_pid(id) == 1235);
		/* Though here it is not theirs to set. */
		CHECK(set_last_pid(id, 1) == -EPERM);
	}
}

/* One is spent here, however many there are within. */
TEST(it_counts_a_space_within_as_one)
{
	struct worker worker = worker_new();
	pid_t child;
	int ns;

	ns = open_ns(worker.wid, "pid");
	ASSERT_GE(ns, 0);
	child = fork_into(ns);
	ASSERT_GE(child, 0);
	if (!child) {
		struct worker nested = worker_new();

		CHECK(nested.wid == 3);
		CHECK(next(&nested) == 2 && next(&nested) == 3);
		CHECK(last_pid(nested.id) == 3);
		CHECK(last_pid(worker.id) == 3);
		_exit(worker_end(&nested) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(last_pid(worker.id), 3);
	EXPECT_TRUE(worker_end(&worker));
}

/*
 * What is written
 */

TEST(what_is_written_is_what_the_next_number_comes_after)
{
	struct worker worker = worker_new();

	ASSERT_EQ(set_last_pid(worker.id, 1000), 0);
	EXPECT_EQ(last_pid(worker.id), 1000);
	EXPECT_EQ(next(&worker), 1001);
	EXPECT_EQ(last_pid(worker.id), 1001);
	EXPECT_EQ(next(&worker), 1002);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(it_goes_back_as_well)
{
	struct worker worker = worker_new();

	ASSERT_EQ(set_last_pid(worker.id, 1000), 0);
	EXPECT_EQ(next(&worker), 1001);
	ASSERT_EQ(set_last_pid(worker.id, 100), 0);
	EXPECT_EQ(next(&worker), 101);
	ASSERT_EQ(set_last_pid(worker.id, 1), 0);
	EXPECT_EQ(next(&worker), 2);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(after_0_comes_what_is_free)
{
	struct worker worker = worker_new();

	EXPECT_EQ(tell(&worker, FORK), 2);
	ASSERT_EQ(set_last_pid(worker.id, 0), 0);
	EXPECT_EQ(last_pid(worker.id), 0);
	/* 1 and 2 are taken. */
	EXPECT_EQ(next(&worker), 3);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(a_number_that_is_taken_is_passed_over)
{
	struct worker worker = worker_new();

	ASSERT_EQ(set_last_pid(worker.id, 999), 0);
	EXPECT_EQ(tell(&worker, FORK), 1000);
	EXPECT_EQ(tell(&worker, FORK), 1001);
	ASSERT_EQ(set_last_pid(worker.id, 999), 0);
	EXPECT_EQ(next(&worker), 1002);
	/* It takes nothing from whom it belongs to. */
	EXPECT_EQ(access(PAIR_STATUS(worker.id, 1000), F_OK), 0);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(after_the_greatest_it_begins_anew)
{
	struct worker worker = worker_new();
	long pid_max = read_number(CONTROL_PATH(worker.id, "pid_max"));

	ASSERT_GT(pid_max, WRAP);
	ASSERT_EQ(set_last_pid(worker.id, pid_max - 2), 0);
	EXPECT_EQ(next(&worker), pid_max - 1);
	EXPECT_EQ(last_pid(worker.id), pid_max - 1);
	EXPECT_EQ(next(&worker), WRAP);
	ASSERT_EQ(set_last_pid(worker.id, pid_max - 1), 0);
	EXPECT_EQ(last_pid(worker.id), pid_max - 1);
	EXPECT_EQ(next(&worker), WRAP);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(its_limit_is_the_pid_max_of_the_space)
{
	struct worker worker = worker_new(), other = worker_new();

	ASSERT_EQ(control(worker.id, "pid_max", TEXT("%d", SMALL)), 0);
	EXPECT_EQ(set_last_pid(worker.id, SMALL), -EINVAL);
	EXPECT_EQ(set_last_pid(worker.id, SMALL + 1), -EINVAL);
	EXPECT_EQ(last_pid(worker.id), 1);
	EXPECT_EQ(set_last_pid(worker.id, SMALL - 2), 0);
	EXPECT_EQ(next(&worker), SMALL - 1);
	EXPECT_EQ(set_last_pid(worker.id, SMALL - 1), 0);
	EXPECT_EQ(next(&worker), WRAP);
	/* Beside it is as it was, */
	EXPECT_EQ(set_last_pid(other.id, SMALL), 0);
	EXPECT_EQ(next(&other), SMALL + 1);
	/* and a larger one makes room. */
	ASSERT_EQ(control(worker.id, "pid_max", TEXT("%d", SMALL * 100)), 0);
	EXPECT_EQ(set_last_pid(worker.id, SMALL * 50), 0);
	EXPECT_EQ(next(&worker), SMALL * 50 + 1);
	EXPECT_TRUE(worker_end(&worker));
	EXPECT_TRUE(worker_end(&other));
}

/* The number is no more below the limit, which is no hindrance. */
TEST(pid_max_may_be_set_below_it)
{
	struct worker worker = worker_new();

	ASSERT_EQ(set_last_pid(worker.id, 20000), 0);
	ASSERT_EQ(control(worker.id, "pid_max", TEXT("%d", SMALL)), 0);
	EXPECT_EQ(next(&worker), WRAP);
	EXPECT_EQ(last_pid(worker.id), WRAP);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(what_is_no_number_of_the_space_is_einval)
{
	static const char *const texts[] = {
		"-1", "+1", "+1000", " 1000", "1000 ", "1000\n\n", "\n1000", "\n", " ",
		"x", "1000x", "0x3e8", "1e3", "1000.", "1,000", "1000 1001", "-1000",
		"2147483647", "2147483648", "4294967295", "4294967296", "4294968296",
		"18446744073709551616", "18446744073709552616",
		"1000000000000000000000000000000", "init", "last",
	};
	struct worker worker = worker_new();
	long pid_max = read_number(CONTROL_PATH(worker.id, "pid_max"));
	int i;

	for (i = 0; i < COUNT_OF(texts); i++)
		EXPECT_EQ(control(worker.id, "last_pid", texts[i]), -EINVAL)
			TH_LOG("%s", texts[i]);
	EXPECT_EQ(set_last_pid(worker.id, pid_max), -EINVAL);
	EXPECT_EQ(set_last_pid(worker.id, pid_max + 1), -EINVAL);
	EXPECT_EQ(last_pid(worker.id), 1);
	EXPECT_EQ(next(&worker), 2);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(a_newline_may_end_it)
{
	struct worker worker = worker_new();

	ASSERT_EQ(control(worker.id, "last_pid", "1000\n"), 0);
	EXPECT_EQ(next(&worker), 1001);
	ASSERT_EQ(control(worker.id, "last_pid", "0\n"), 0);
	EXPECT_EQ(next(&worker), 2);
	EXPECT_TRUE(worker_end(&worker));
}

/* Seen by what is open, and by others. */
TEST(an_open_file_says_what_holds_when_it_is_read)
{
	struct worker worker = worker_new();
	int fd = open(CONTROL_PATH(worker.id, "last_pid"), O_RDWR | O_CLOEXEC);
	char text[16] = {};

	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, text, sizeof(text), 0), 2);
	EXPECT_STREQ(text, "1\n");
	EXPECT_EQ(next(&worker), 2);
	ASSERT_EQ(pread(fd, text, sizeof(text), 0), 2);
	EXPECT_STREQ(text, "2\n");
	EXPECT_EQ(pwrite(fd, "7000", 4, 0), 4);
	ASSERT_EQ(pread(fd, text, sizeof(text), 0), 5);
	EXPECT_STREQ(text, "7000\n");
	EXPECT_EQ(next(&worker), 7001);
	close(fd);
	EXPECT_TRUE(worker_end(&worker));
}

TEST(it_is_esrch_when_the_space_is_gone)
{
	struct worker worker = worker_new();
	int fd = open(CONTROL_PATH(worker.id, "last_pid"), O_RDWR | O_CLOEXEC);
	char text[16];

	ASSERT_GE(fd, 0);
	EXPECT_TRUE(worker_end(&worker));
	EXPECT_TRUE(is_gone_at_last(worker.id));
	EXPECT_EQ(write(fd, "1000", 4), -1);
	EXPECT_EQ(errno, ESRCH);
	EXPECT_EQ(read(fd, text, sizeof(text)), -1);
	EXPECT_EQ(errno, ESRCH);
	close(fd);
}

TEST(the_root_has_none)
{
	EXPECT_TRUE(is_missing(CONTROL_PATH(ROOT_ID, "last_pid")));
}

/*
 * Whose it is
 */

TEST(that_of_a_space_leaves_those_around_it_alone)
{
	struct worker worker = worker_new(), beside = worker_new();
	pid_t child;
	int ns;

	ns = open_ns(worker.wid, "pid");
	ASSERT_GE(ns, 0);
	child = fork_into(ns);
	ASSERT_GE(child, 0);
	if (!child) {
		struct worker nested = worker_new();

		/* From two above, and from the one above. */
		CHECK(!set_last_pid(nested.id, 5000));
		CHECK(next(&nested) == 5001);
		CHECK(last_pid(worker.id) == 3);
		_exit(worker_end(&nested) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(next(&worker), 4);
	EXPECT_EQ(next(&beside), 2);
	EXPECT_TRUE(worker_end(&worker));
	EXPECT_TRUE(worker_end(&beside));
}

TEST(a_space_within_does_not_inherit_it)
{
	struct worker worker = worker_new();
	pid_t child;
	int ns;

	ASSERT_EQ(set_last_pid(worker.id, 1000), 0);
	ns = open_ns(worker.wid, "pid");
	ASSERT_GE(ns, 0);
	child = fork_into(ns);
	ASSERT_GE(child, 0);
	if (!child) {
		struct worker nested;

		CHECK(getpid() == 1001);
		nested = worker_new();
		CHECK(nested.wid == 1002);
		CHECK(last_pid(nested.id) == 1 && next(&nested) == 2);
		_exit(worker_end(&nested) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
	EXPECT_TRUE(worker_end(&worker));
}

/* To one who is put in as well. */
TEST(it_holds_for_all_who_get_a_number_there)
{
	struct worker worker = worker_new();
	int ns = open_ns(worker.wid, "pid");
	pid_t child;

	ASSERT_GE(ns, 0);
	ASSERT_EQ(set_last_pid(worker.id, 4000), 0);
	child = fork_into(ns);
	ASSERT_GE(child, 0);
	if (!child)
		_exit(getpid() == 4001 ? 0 : 1);
	EXPECT_EQ(reap(child), 0);
	EXPECT_EQ(last_pid(worker.id), 4001);
	EXPECT_TRUE(worker_end(&worker));
}

/*
 * A space that nobody is in yet: that of the caller's next child. The caller's other
 * children are where it is itself.
 */
static uint64_t next_space(void)
{
	CHECK(!unshare(CLONE_NEWPSPACE));
	return ns_id_of(getpid(), "pid_for_children");
}

TEST(it_is_0_when_there_is_nobody)
{
	IN(fork()) {
		CHECK(last_pid(next_space()) == 0);
	}
}

TEST(the_first_is_pid_1_whatever_was_written)
{
	static const long written[] = { 0, 1, 2, 299, 1000 };
	pid_t child;
	int i;

	for (i = 0; i < COUNT_OF(written); i++) {
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			struct gate number = gate_new();
			uint64_t id = next_space();
			pid_t init;

			CHECK(!set_last_pid(id, written[i]));
			init = fork_child();
			if (!init) {
				pid_t second;

				CHECK(getpid() == 1);
				second = fork_and_reap();
				CHECK(second > 1);
				gate_pass(&number, second);
				stay();
			}
			CHECK(gate_wait(&number) == last_pid(id));
			CHECK(end(init) == BY_SIGNAL(SIGKILL));
			_exit(0);
		}
		EXPECT_EQ(reap(child), 0);
	}
}

TEST(the_first_is_pid_1_after_the_greatest_number_was_written)
{
	IN(fork()) {
		uint64_t id = next_space();
		pid_t init;

		CHECK(!set_last_pid(id, read_number(CONTROL_PATH(id, "pid_max")) - 1));
		init = fork_child();
		if (!init)
			_exit(getpid() == 1 ? 0 : 1);
		CHECK(!reap(init));
	}
}

/* An unprivileged user, whose own space it is. */
TEST(the_owner_of_a_space_may_write_it)
{
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		struct worker worker;

		become(NOBODY);
		worker = worker_with(CLONE_NEWUSER);
		CHECK(!set_last_pid(worker.id, 1000));
		CHECK(next(&worker) == 1001);
		_exit(worker_end(&worker) ? 0 : 1);
	}
	EXPECT_EQ(reap(child), 0);
}

/* Numbers are given and the file is written: each time to somebody a number of his own. */
TEST(it_may_be_written_while_members_fork)
{
	struct gate done = gate_new();
	pid_t wid = fork_space();
	uint64_t id;
	long nr = 0;

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t children[4];
		int i, j;

		for (i = 0; i < COUNT_OF(children); i++) {
			children[i] = fork_child();
			if (children[i])
				continue;
			for (j = 0; j < many(500); j++)
				CHECK(fork_and_reap() > 1);
			_exit(0);
		}
		for (i = 0; i < COUNT_OF(children); i++)
			CHECK(!reap(children[i]));
		gate_pass(&done, 0);
		stay();
	}
	id = ns_id_of(wid, "pid");
	while (!(poll_for(done.fd[0], 0) & POLLIN)) {
		ASSERT_EQ(set_last_pid(id, nr++ % 50), 0);
		ASSERT_GE(last_pid(id), 0);
	}
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
