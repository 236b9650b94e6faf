// SPDX-License-Identifier: GPL-2.0
/*
 * Binder does not take a member for the process of the root with its number. The
 * default guest has the driver in Rust, the debug guest the one in C.
 *
 * model: Numbers
 */

#include "space.h"
#include <linux/android/binder.h>
#include <sys/stat.h>
#include "harness.h"

/* The number that a member has, and a process of the root too. */
#define TWIN	7777

#define BINDERFS "/run/binderfs"
#define DEVICE	BINDERFS "/binder"
#define TWINS_LOG BINDERFS "/binder_logs/proc/7777"
#define STATE	BINDERFS "/binder_logs/state"

FIXTURE(binder) {
};

FIXTURE_SETUP(binder)
{
	ASSERT_TRUE(!mkdir(BINDERFS, 0700) || errno == EEXIST);
	ASSERT_EQ(mount("binder", BINDERFS, "binder", 0, "stats=global"), 0);
}

FIXTURE_TEARDOWN(binder)
{
	CHECK(!umount2(BINDERFS, MNT_DETACH));
}

static int binder_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

/* Ask whether a process is frozen: 0, or -EINVAL if binder knows none. */
static int ask_for(int binder, pid_t pid)
{
	struct binder_frozen_status_info info = { .pid = pid };

	return ioctl(binder, BINDER_GET_FROZEN_INFO, &info) ? -errno : 0;
}

/* Fork the twin of the caller's space, which uses binder until it is let go. */
static pid_t fork_twin(struct gate *ready, struct gate *end)
{
	pid_t twin = fork_as(0, TIDS(TWIN));

	CHECK(twin >= 0);
	if (!twin) {
		binder_open();
		gate_pass(ready, 0);
		gate_wait(end);
		_exit(0);
	}
	return twin;
}

/* A space with such a member: its wid. It has the status of the member. */
static pid_t fork_space_with_twin(struct gate *ready, struct gate *end)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid)
		_exit(reap(fork_twin(ready, end)));
	return wid;
}

/* How many processes a file tells of. */
static int processes_told(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	int count = 0;

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		count += !strncmp(line, "proc ", 5);
	fclose(file);
	return count;
}

TEST_F(binder, a_number_of_the_root_is_no_member)
{
	struct gate ready = gate_new(), end = gate_new();
	int binder = binder_open();
	pid_t wid = fork_space_with_twin(&ready, &end);

	gate_wait(&ready);
	EXPECT_EQ(ask_for(binder, getpid()), 0);
	EXPECT_EQ(ask_for(binder, TWIN), -EINVAL);
	EXPECT_EQ(ask_for(binder, 0), -EINVAL);
	gate_pass(&end, 0);
	EXPECT_EQ(reap(wid), 0);
	close(binder);
}

TEST_F(binder, an_init_is_named_by_its_wid)
{
	struct gate ready = gate_new(), end = gate_new();
	int binder = binder_open();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		binder_open();
		gate_pass(&ready, 0);
		gate_wait(&end);
		_exit(0);
	}
	gate_wait(&ready);
	EXPECT_EQ(ask_for(binder, wid), 0);
	gate_pass(&end, 0);
	EXPECT_EQ(reap(wid), 0);
	close(binder);
}

TEST_F(binder, members_name_members)
{
	struct gate ready = gate_new(), end = gate_new();
	pid_t root_twin = fork_twin(&ready, &end);

	gate_wait(&ready);
	IN(fork_space()) {
		int binder = binder_open();
		pid_t twin;

		/* There is one outside. */
		CHECK(ask_for(binder, TWIN) == -EINVAL);
		CHECK(ask_for(binder, getppid()) == -EINVAL);
		CHECK(ask_for(binder, 1) == 0);
		twin = fork_twin(&ready, &end);
		gate_wait(&ready);
		CHECK(ask_for(binder, TWIN) == 0);
		gate_pass(&end, 0);
		gate_pass(&end, 0);
		CHECK(!reap(twin));
	}
	EXPECT_EQ(reap(root_twin), 0);
}

/* Both ways round: who comes first and who last. */
TEST_F(binder, the_file_of_a_number_tells_of_the_root)
{
	struct gate ready = gate_new(), end = gate_new();
	pid_t before = fork_space_with_twin(&ready, &end), twin, after;

	gate_wait(&ready);
	/* Those of the tests before are released in the background. */
	AWAIT(processes_told(STATE) == 1);
	EXPECT_NE(access(TWINS_LOG, F_OK), 0);
	twin = fork_twin(&ready, &end);
	gate_wait(&ready);
	after = fork_space_with_twin(&ready, &end);
	gate_wait(&ready);
	EXPECT_EQ(processes_told(TWINS_LOG), 1);
	/* All of them. */
	EXPECT_EQ(processes_told(STATE), 3);

	gate_pass(&end, 0);
	gate_pass(&end, 0);
	gate_pass(&end, 0);
	EXPECT_EQ(reap(before), 0);
	EXPECT_EQ(reap(twin), 0);
	EXPECT_EQ(reap(after), 0);
}

/*
 * Who uses the file of another is refused by the driver in Rust, and is another thread
 * of that process to the one in C, not the one with its number.
 */
TEST_F(binder, a_member_is_not_the_thread_with_its_number)
{
	struct gate ready = gate_new();

	IN(fork_as(0, TIDS(TWIN))) {
		int binder = binder_open(), threads = 0;
		uint32_t most = 2;
		char line[1024];
		FILE *file;
		pid_t wid;

		CHECK(!ioctl(binder, BINDER_SET_MAX_THREADS, &most));
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			pid_t member = fork_as(0, TIDS(TWIN));

			CHECK(member >= 0);
			if (!member) {
				bool refused = ioctl(binder, BINDER_SET_MAX_THREADS, &most);

				CHECK(!refused || errno == EINVAL);
				gate_pass(&ready, refused);
				_exit(0);
			}
			_exit(reap(member));
		}
		CHECK(!reap(wid));
		file = fopen(TWINS_LOG, "re");
		CHECK(file);
		while (fgets(line, sizeof(line), file))
			threads += !strncmp(line, "  thread ", 9);
		CHECK(threads == (gate_wait(&ready) ? 1 : 2));
	}
}

TEST_HARNESS_MAIN
