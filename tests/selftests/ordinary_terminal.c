// SPDX-License-Identifier: GPL-2.0
/*
 * What is from above although no process above sends it: the signal of the death of its
 * parent, and what a terminal sends whose session began above.
 *
 * model: Signals
 */

#include "ordinary.h"

static void set_death_signal(int sig)
{
	CHECK(!prctl(PR_SET_PDEATHSIG, sig));
}

/*
 * Its parent dies
 */

static struct gate wid_gate;

/* A parent makes it and dies, in a way. The test can wait for it. */
static struct init init_of(const char *word, void (*live)(struct init *init, const char *word),
			   int death)
{
	struct init init = init_unborn();
	pid_t parent;

	wid_gate = gate_new();
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	parent = fork_child();
	if (!parent) {
		live(&init, word);
		_exit(0);
	}
	close(wid_gate.fd[1]);
	init.wid = gate_wait(&wid_gate);
	close(wid_gate.fd[0]);
	CHECK(reap(parent) == death);
	return init;
}

static void make_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, set_death_signal, SIGTERM));
	gate_pass(&wid_gate, init->wid);
}

static void make_blocking_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, have_blocked, SIGTERM));
	CHECK(order(init, set_death_signal, SIGTERM));
	gate_pass(&wid_gate, init->wid);
}

static void make_stopping_and_die(struct init *init, const char *word)
{
	init_start(init, word);
	CHECK(order(init, set_death_signal, SIGTSTP));
	gate_pass(&wid_gate, init->wid);
}

FIXTURE(setting) {};

FIXTURE_VARIANT(setting) {
	const char *word;
	bool ordinary;
};

FIXTURE_VARIANT_ADD(setting, init) { "init", false };
FIXTURE_VARIANT_ADD(setting, ordinary) { "ordinary", true };

FIXTURE_SETUP(setting) {}
FIXTURE_TEARDOWN(setting) {}

TEST_F(setting, the_signal_of_the_death_of_its_parent_is_from_above)
{
	struct init init = init_of(variant->word, make_and_die, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGTERM) : LIVED);
	init = init_of(variant->word, make_blocking_and_die, 0);
	ask(&init.line, unblock, SIGTERM);
	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGTERM) : LIVED);
}

TEST_F(setting, a_stop_at_the_death_of_its_parent_is_from_above)
{
	struct init init = init_of(variant->word, make_stopping_and_die, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? STOPPED(SIGTSTP) : LIVED);
}

static void make_in_another_session(struct init *init, const char *word)
{
	CHECK(setsid() == getpid());
	init_start(init, word);
	CHECK(order(init, set_death_signal, 0));
	gate_pass(&wid_gate, init->wid);
}

/* Nobody is left in the session who would continue it, so it goes on as any process. */
TEST_F(setting, a_stop_in_an_orphaned_group_does_nothing)
{
	struct init init = init_of(variant->word, make_in_another_session, 0);

	EXPECT_EQ(kill(init.wid, SIGTSTP), 0);
	EXPECT_TRUE(order(&init, do_nothing, 0));
	EXPECT_EQ(kill(init.wid, SIGSTOP), 0);
	EXPECT_EQ(fate(&init), STOPPED(SIGSTOP));
}

/*
 * A terminal, with pid 1 in the foreground
 */

static struct {
	int master, slave;
} terminal;

static void terminal_new(void)
{
	terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal.master >= 0);
	CHECK(!grantpt(terminal.master) && !unlockpt(terminal.master));
}

/* The caller leads a session, and this is its terminal from then on. */
static void terminal_take(void)
{
	terminal.slave = open(ptsname(terminal.master), O_RDWR | O_CLOEXEC);
	CHECK(terminal.slave >= 0);
	CHECK(tcgetsid(terminal.slave) == getsid(0));
}

static void close_master(int arg)
{
	close(terminal.master);
}

static void set_foreground(pid_t group)
{
	CHECK(!tcsetpgrp(terminal.slave, group));
}

/* A session that is above, and pid 1 in its foreground. */
static void start_in_session(struct init *init, const char *word)
{
	CHECK(setsid() == getpid());
	terminal_new();
	terminal_take();
	init_start(init, word);
	set_foreground(init->wid);
}

static int in_session(const char *word, void (*body)(struct init *init, bool ordinary, int arg),
		      bool ordinary, int arg)
{
	pid_t leader = fork_child();

	if (!leader) {
		struct init init = init_unborn();

		start_in_session(&init, word);
		body(&init, ordinary, arg);
		_exit(0);
	}
	return reap(leader);
}

static const struct {
	char key;
	/* What it is echoed as, when the signal has been sent. */
	const char *echo;
	int sig;
} keys[] = {
	{ '\x03', "^C", SIGINT },
	{ '\x1c', "^\\", SIGQUIT },
	{ '\x1a', "^Z", SIGTSTP },
};

static void await_echo(const char *echo)
{
	char text[4096] = "";
	size_t length = 0;
	ssize_t got;

	while (!strstr(text, echo)) {
		CHECK(length < sizeof(text) - 1);
		got = read(terminal.master, text + length, sizeof(text) - 1 - length);
		CHECK(got > 0);
		length += got;
		text[length] = 0;
	}
}

static void press(int key)
{
	CHECK(write(terminal.master, &keys[key].key, 1) == 1);
	await_echo(keys[key].echo);
}

static void press_key(struct init *init, bool ordinary, int key)
{
	press(key);
	CHECK(fate(init) == (ordinary ? effect(keys[key].sig) : LIVED));
}

TEST_F(setting, a_key_of_a_terminal_above_is_from_above)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key, variant->ordinary, key), 0);
}

static void press_key_blocked(struct init *init, bool ordinary, int key)
{
	int sig = keys[key].sig;

	CHECK(order(init, have_blocked, sig));
	press(key);
	CHECK(order(init, have_pending, sig));
	/* Once it is taken, it is as if it had not been. */
	CHECK(order(init, by_sigwaitinfo, sig));
	CHECK(order(init, member_kills, sig));
	CHECK(order(init, unblock, sig));
	CHECK(order(init, have_blocked, sig));
	press(key);
	ask(&init->line, unblock, sig);
	CHECK(fate(init) == (ordinary ? effect(sig) : LIVED));
}

TEST_F(setting, a_blocked_key_of_a_terminal_above_is_from_above)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key_blocked, variant->ordinary,
				     key), 0);
}

static void press_key_handled(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, handle, keys[key].sig));
	press(key);
	CHECK(order(init, have_handled, 1));
	CHECK(order(init, ignore, keys[key].sig));
	press(key);
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_key_that_is_handled_or_ignored_is_so_as_ever)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, press_key_handled, variant->ordinary,
				     key), 0);
}

static void stop_by_key(struct init *init, bool ordinary, int key)
{
	press(key);
	CHECK(is_stopped(init, SIGTSTP));
	CHECK(is_continued(init));
	CHECK(fate(init) == LIVED);
}

TEST(who_was_stopped_by_a_key_goes_on)
{
	EXPECT_EQ(in_session("ordinary", stop_by_key, true, 2), 0);
}

/* By who has the other side of it. */
static void signal_by_master(struct init *init, bool ordinary, int arg)
{
	CHECK(!ioctl(terminal.master, TIOCSIG, SIGINT));
	CHECK(fate(init) == (ordinary ? BY_SIGNAL(SIGINT) : LIVED));
}

TEST_F(setting, a_signal_by_the_master_of_a_terminal_above_is_from_above)
{
	EXPECT_EQ(in_session(variant->word, signal_by_master, variant->ordinary, 0), 0);
}

static pid_t job;

/* A member, which is none of those who are spared. */
static void add_job(int arg)
{
	job = fork_child();
	if (!job)
		stay();
}

static void end_of_job(int sig)
{
	CHECK(outcome(job) == effect(sig));
}

static void press_key_for_all(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, add_job, 0));
	press(key);
	CHECK(order(init, end_of_job, keys[key].sig));
	CHECK(fate(init) == LIVED);
}

TEST(a_key_is_for_members_as_ever)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session("init", press_key_for_all, false, key), 0);
}

/* What a member does to the terminal is not done from above. */

static void fake_key(int sig)
{
	int key;

	for (key = 0; keys[key].sig != sig; key++)
		;
	CHECK(!ioctl(terminal.slave, TIOCSTI, &keys[key].key));
}

static void member_fakes_key(int sig)
{
	have_done(0, fake_key, sig);
}

static void fake_as_member(struct init *init, bool ordinary, int key)
{
	CHECK(order(init, member_fakes_key, keys[key].sig));
	await_echo(keys[key].echo);
	CHECK(order(init, have_blocked, keys[key].sig));
	CHECK(order(init, member_fakes_key, keys[key].sig));
	await_echo(keys[key].echo);
	CHECK(order(init, have_pending, keys[key].sig));
	CHECK(order(init, unblock, keys[key].sig));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_key_that_a_member_fakes_does_nothing)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(in_session(variant->word, fake_as_member, variant->ordinary,
				     key), 0);
}

static void use_master(int sig)
{
	CHECK(!ioctl(terminal.master, TIOCSIG, sig));
}

static void member_uses_master(int sig)
{
	have_done(0, use_master, sig);
}

static void signal_by_master_as_member(struct init *init, bool ordinary, int arg)
{
	CHECK(order(init, member_uses_master, SIGINT));
	CHECK(order(init, member_uses_master, SIGTSTP));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_signal_by_the_master_that_a_member_has_does_nothing)
{
	EXPECT_EQ(in_session(variant->word, signal_by_master_as_member, variant->ordinary,
			     0), 0);
}

/* Who reads or sets the terminal in the background stops his group. */

static void read_terminal(int sig)
{
	char byte;

	read(terminal.slave, &byte, 1);
}

static void set_terminal(int sig)
{
	tcsetpgrp(terminal.slave, getpgrp());
}

static void member_stops_group(int sig)
{
	job = fork_child();
	if (!job) {
		unblock(sig);
		if (sig == SIGTTIN)
			read_terminal(sig);
		else
			set_terminal(sig);
		_exit(1);
	}
	CHECK(outcome(job) == STOPPED(sig));
}

static void stop_group_as_member(struct init *init, bool ordinary, int sig)
{
	ignore(SIGTTOU);
	set_foreground(getpgrp());
	CHECK(order(init, member_stops_group, sig));
	CHECK(order(init, have_blocked, sig));
	CHECK(order(init, member_stops_group, sig));
	CHECK(order(init, unblock, sig));
	CHECK(fate(init) == LIVED);
}

TEST_F(setting, a_member_that_is_stopped_in_the_background_stops_no_pid_1)
{
	EXPECT_EQ(in_session(variant->word, stop_group_as_member, variant->ordinary,
			     SIGTTIN), 0);
	EXPECT_EQ(in_session(variant->word, stop_group_as_member, variant->ordinary,
			     SIGTTOU), 0);
}

/* The terminal of a session inside, with the master above. */

static pid_t run_with_own_session(const char *word, int key)
{
	struct gate ready = gate_new(), go = gate_new();
	pid_t wid;
	int status;

	terminal_new();
	wid = fork_space_of(word);
	if (!wid) {
		CHECK(setsid() == 1);
		terminal_take();
		gate_pass(&ready, 0);
		_exit(gate_wait(&go));
	}
	gate_wait(&ready);
	press(key);
	gate_pass(&go, LIVED);
	status = outcome(wid);
	close(terminal.master);
	return status;
}

TEST_F(setting, a_key_of_the_terminal_of_a_session_inside_does_nothing)
{
	int key;

	for (key = 0; key < ARRAY_SIZE(keys); key++)
		EXPECT_EQ(run_with_own_session(variant->word, key), LIVED);
}

/* Two levels, and the session is above both. */
TEST(a_key_is_from_above_for_all_that_are_below_the_session)
{
	pid_t leader = fork_child();

	if (!leader) {
		struct gate ready = gate_new(), go = gate_new();
		pid_t wid;

		CHECK(setsid() == getpid());
		terminal_new();
		terminal_take();
		wid = fork_space_of("init");
		if (!wid) {
			pid_t inner;

			CHECK(!setpgid(0, 0));
			mount_own_proc();
			inner = fork_space_of("ordinary");
			if (!inner) {
				gate_pass(&ready, 0);
				_exit(gate_wait(&go));
			}
			_exit(outcome(inner) == BY_SIGNAL(SIGINT) ? LIVED : 1);
		}
		gate_wait(&ready);
		set_foreground(wid);
		press(0);
		gate_pass(&go, 0);
		_exit(outcome(wid) == LIVED ? 0 : 1);
	}
	EXPECT_EQ(reap(leader), 0);
}

/* How a terminal is hung up, by the leader of its session. */

static void start_and_tell(struct init *init, const char *word)
{
	start_in_session(init, word);
	CHECK(order(init, set_death_signal, 0));
	CHECK(order(init, close_master, 0));
	gate_pass(&wid_gate, init->wid);
}

static void leave_session(struct init *init, const char *word)
{
	start_and_tell(init, word);
}

static void leave_session_blocked(struct init *init, const char *word)
{
	start_and_tell(init, word);
	CHECK(order(init, have_blocked, SIGHUP));
}

static void give_up_terminal(struct init *init, const char *word)
{
	start_and_tell(init, word);
	CHECK(!ioctl(terminal.slave, TIOCNOTTY));
	/* By its own end nothing is hung up any more. */
}

/* This is the end of the leader, and that the rest. */
static void lose_master(struct init *init, const char *word)
{
	start_and_tell(init, word);
	close(terminal.master);
	stay();
}

TEST_F(setting, the_end_of_the_session_is_from_above)
{
	struct init init = init_of(variant->word, leave_session, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
	init = init_of(variant->word, leave_session_blocked, 0);
	ask(&init.line, unblock, SIGHUP);
	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

TEST_F(setting, the_end_of_the_terminal_is_from_above)
{
	struct init init = init_of(variant->word, lose_master, BY_SIGNAL(SIGHUP));

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

TEST_F(setting, the_loss_of_the_terminal_is_from_above)
{
	struct init init = init_of(variant->word, give_up_terminal, 0);

	EXPECT_EQ(fate(&init), variant->ordinary ? BY_SIGNAL(SIGHUP) : LIVED);
}

TEST_HARNESS_MAIN
