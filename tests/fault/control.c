// SPDX-License-Identifier: GPL-2.0
/*
 * A space is steered and killed, by its files and its descriptor, and each allocation of
 * that fails once.
 *
 * EFAULT is that of what is written, or answered, in memory. A space that was killed
 * dies all the same.
 */

/* The C library has its own definitions of what this would bring. */
#define _ASM_GENERIC_FCNTL_H
#include <linux/pidfd.h>
#include "fault.h"
#include "../selftests/harness.h"

static struct space space;
static int file, ns;
static const char *order, *setting_name;

static void make_space(void)
{
	space = space_of(2);
	ns = open_ns(space.wid, "pid");
	CHECK(ns >= 0);
}

static void end_space(void)
{
	CHECK(end(space.wid) == BY_SIGNAL(SIGKILL));
	CHECK(wait_for_hup(ns));
	close(ns);
}

/*
 * Files
 */

static const char *const orders[][3] = {
	/* file, what is written, what it is before */
	{ "policy", "outer", "init" },
	{ "isolation", "peers", "full" },
	{ "numbers", "ask", "list" },
	{ "signals", "ordinary", "init" },
	{ "pid_max", "1000", "32768" },
	{ "last_pid", "700", "3" },
};

static const char *before;

static void set_before(void)
{
	CHECK(!control(space.id, setting_name, before));
}

static long give_order(void)
{
	return control(space.id, setting_name, order);
}

/* All or nothing. */
static bool is_done_or_not(long result)
{
	return control_is(space.id, setting_name, result < 0 ? before : order);
}

TEST(writes_to_control_files)
{
	size_t i;

	faults_on();
	make_space();
	for (i = 0; i < COUNT_OF(orders); i++) {
		setting_name = orders[i][0];
		order = orders[i][1];
		before = orders[i][2];
		EXPECT_EQ(FAULTS_IN(TEXT("write to %s", setting_name),
				    .prepare = set_before, .call = give_order,
				    .check = is_done_or_not,
				    .errors = ERRORS(ENOMEM, EFAULT)), 0);
		set_before();
	}
	end_space();
}

/*
 * The descriptor
 */

static struct pspace_info info;
static struct pidfd_info pair;

static long get_space_info(void)
{
	return result_of(ioctl(ns, PSPACE_GET_INFO, &info));
}

static bool is_its_info(long result)
{
	return result || (info.id == space.id && info.alive == 3);
}

static long open_member(void)
{
	return result_of(ioctl(ns, PSPACE_OPEN_PIDFD, 2));
}

static void close_it(long fd)
{
	CHECK(!close(fd));
}

static long get_pair_of(void)
{
	pair = (struct pidfd_info){ .mask = PIDFD_INFO_PSPACE };
	return result_of(ioctl(file, PIDFD_GET_INFO, &pair));
}

static bool is_its_pair(long result)
{
	return result || (pair.pspace_id == space.id && pair.pspace_pid == 2);
}

static long poll_it(void)
{
	struct pollfd poller = { .fd = ns, .events = POLLIN };

	return result_of(poll(&poller, 1, 0));
}

static long wait_a_moment(void)
{
	struct pollfd poller = { .fd = ns, .events = POLLIN };

	return result_of(poll(&poller, 1, 1));
}

static bool is_not_ready(long result)
{
	return result <= 0;
}

TEST(questions_to_a_space)
{
	faults_on();
	make_space();
	EXPECT_EQ(FAULTS_IN("PSPACE_GET_INFO", .call = get_space_info, .check = is_its_info,
			    .errors = ERRORS(EFAULT)), 0);
	EXPECT_EQ(FAULTS_IN("PSPACE_OPEN_PIDFD", .call = open_member, .undo = close_it,
			    .errors = ERRORS(ENOMEM)), 0);
	file = open_member();
	EXPECT_EQ(FAULTS_IN("PIDFD_GET_INFO of a pair", .call = get_pair_of,
			    .check = is_its_pair, .errors = ERRORS(EFAULT)), 0);
	close(file);
	EXPECT_EQ(FAULTS_IN("poll()", .call = poll_it, .check = is_not_ready,
			    .errors = ERRORS(ENOMEM, EFAULT)), 0);
	EXPECT_EQ(FAULTS_IN("poll() that waits", .call = wait_a_moment,
			    .check = is_not_ready, .errors = ERRORS(ENOMEM, EFAULT)), 0);
	end_space();
}

/* From within, without a procfs: the file of one's own namespace. */
static long open_own(void)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), fd;

	if (pidfd < 0)
		return -errno;
	fd = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	fd = result_of(fd);
	close(pidfd);
	return fd;
}

static void open_own_space(void)
{
	CHECK(!FAULTS_IN("PIDFD_GET_PID_NAMESPACE", .call = open_own, .undo = close_it,
			 .errors = ERRORS(ENOMEM)));
}

TEST(file_of_a_space)
{
	faults_on();
	EXPECT_EQ(in_process(fork_space, open_own_space), 0);
}

/*
 * The end: a new space each time
 */

static long kill_by_ioctl(void)
{
	return result_of(ioctl(ns, PSPACE_KILL));
}

static long kill_by_file(void)
{
	return result_of(write(file, "1", 1));
}

static void make_space_and_open(void)
{
	make_space();
	file = open(CONTROL_PATH(space.id, "kill"), O_WRONLY | O_CLOEXEC);
	CHECK(file >= 0);
}

/* It has been killed, or lives as before. In both cases there is none at the end. */
static bool has_died_or_not(long result)
{
	if (result < 0) {
		if (poll_for(ns, 0))
			return false;
		CHECK(!kill(space.wid, SIGKILL));
	}
	if (reap(space.wid) != BY_SIGNAL(SIGKILL) || !wait_for_hup(ns))
		return false;
	close(ns);
	if (file >= 0)
		close(file);
	file = -1;
	return true;
}

TEST(kill_of_a_space)
{
	faults_on();
	file = -1;
	EXPECT_EQ(FAULTS_IN("PSPACE_KILL", .prepare = make_space, .call = kill_by_ioctl,
			    .check = has_died_or_not, .errors = ERRORS(0),
			    .transient = true, .without_memory = true), 0);
	EXPECT_EQ(FAULTS_IN("write to kill", .prepare = make_space_and_open,
			    .call = kill_by_file, .check = has_died_or_not,
			    .errors = ERRORS(EFAULT), .transient = true), 0);
}

static long own_and_close(void)
{
	int err = result_of(ioctl(ns, PSPACE_KILL_ON_CLOSE));

	if (err)
		return err;
	close(ns);
	/* Another file, to wait for the end. */
	ns = -1;
	return 0;
}

static int another;

static void make_space_with_two_files(void)
{
	make_space();
	another = open_ns(space.wid, "pid");
	CHECK(another >= 0);
}

static bool has_died(long result)
{
	ns = another;
	return has_died_or_not(result);
}

TEST(kill_by_the_close_of_a_file)
{
	faults_on();
	file = -1;
	EXPECT_EQ(FAULTS_IN("PSPACE_KILL_ON_CLOSE", .prepare = make_space_with_two_files,
			    .call = own_and_close, .check = has_died, .errors = ERRORS(0),
			    .transient = true, .without_memory = true), 0);
}

/*
 * What dies needs no memory: each is killed, and what fails is an allocation of its own.
 */

static pid_t victim;
static int victims_file;

static void make_victim_init(void)
{
	make_space();
	victim = space.wid;
}

static void make_victim_member(void)
{
	make_space();
	victim = get_wid(ns, 2);
	CHECK(victim > 0);
}

static struct {
	int nth;
	bool failed;
} death;

/* Arm it, kill it: what is left of it tells whether it has failed. */
static void kill_with_fault(void)
{
	siginfo_t end;

	victims_file = open(TEXT("/proc/%d/fail-nth", victim), O_RDWR | O_CLOEXEC);
	CHECK(victims_file >= 0);
	fail_nth(victims_file, death.nth);
	CHECK(!kill(victim, SIGKILL));
	if (victim == space.wid)
		CHECK(!waitid(P_PID, victim, &end, WEXITED | WNOWAIT));
	else
		wait_for_zombie(victim);
	death.failed = !read_number(TEXT("/proc/%d/fail-nth", victim));
	close(victims_file);
}

static int deaths(const char *name, void (*make)(void))
{
	struct outcomes outcomes = {};
	struct state there = state_now();
	int wrong = 0;

	for (death.nth = 1; death.nth < MOST_FAULTS && !wrong; death.nth++) {
		make();
		kill_with_fault();
		outcomes.failed += death.failed;
		if (victim == space.wid)
			CHECK(reap(victim) == BY_SIGNAL(SIGKILL) && wait_for_hup(ns) &&
			      !close(ns));
		else
			end_space();
		wrong += !settles(&there, false);
		if (!death.failed)
			break;
	}
	outcomes.succeeded = outcomes.failed;
	tell_outcomes(name, &outcomes);
	return wrong + !settles(&there, true);
}

TEST(exit_of_an_init)
{
	faults_on();
	EXPECT_EQ(deaths("exit of a pid 1", make_victim_init), 0);
}

TEST(exit_of_a_member)
{
	faults_on();
	EXPECT_EQ(deaths("exit of a member", make_victim_member), 0);
}

TEST_HARNESS_MAIN
