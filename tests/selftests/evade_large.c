// SPDX-License-Identifier: GPL-2.0
/*
 * What is killed from above dies, although it is deep or wide, or waits for a server of
 * its own.
 *
 * model: Death
 */

#include "evade.h"

FIXTURE(large)
{
	long spaces;
};

FIXTURE_VARIANT(large)
{
	uint64_t flags;
	int (*kill)(const struct top *top);
};

FIXTURE_VARIANT_ADD(large, file) { CLONE_NEWPSPACE, by_file };

FIXTURE_VARIANT_ADD(large, signal) { CLONE_NEWPSPACE, by_signal };

FIXTURE_VARIANT_ADD(large, signal_classic) { CLONE_NEWPID, by_signal };

FIXTURE_SETUP(large)
{
	self->spaces = count_lines(SPACES);
}

FIXTURE_TEARDOWN(large)
{
	AWAIT(count_lines(SPACES) <= self->spaces);
}

/* Each init makes the next space, and each is held up. */
static void dig(void)
{
	struct gate ready = gate_new();
	int levels = many(400), level;
	pid_t wid;

	for (level = 0; level < levels; level++) {
		wid = fork_space();
		CHECK(wid >= 0);
		if (wid) {
			/* Below the first the gate is the first one's. */
			if (!level)
				gate_wait(&ready);
			else
				stay();
			return;
		}
		add_tracer_of(1);
	}
	gate_pass(&ready, 0);
	stay();
}

TEST_F_TIMEOUT(large, a_deep_chain_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, dig);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

static void spread(void)
{
	int width = many(200);

	while (width--)
		nest(width < 4 ? hold_up_the_init :
		     width % 2 ? trace_in_a_ring_with_the_init :
				 trace_each_other);
}

TEST_F_TIMEOUT(large, a_wide_tree_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, spread);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

static void branch(int levels)
{
	struct gate ready = gate_new();
	int i;

	if (!levels)
		return;
	for (i = 0; i < 2; i++) {
		pid_t wid = fork_space();

		CHECK(wid >= 0);
		if (!wid) {
			add_tracer_of(1);
			branch(levels - 1);
			gate_pass(&ready, 0);
			stay();
		}
		gate_wait(&ready);
	}
	gate_close(&ready);
}

static void branch_out(void)
{
	branch(many(1000) == 1000 ? 6 : 3);
}

TEST_F_TIMEOUT(large, a_tree_that_branches_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, branch_out);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

/* All killers at once, of the top and of what is in it. */
TEST_F_TIMEOUT(large, killed_by_many_at_once_ends_whole, 300)
{
	struct top top = top_new(variant->flags, 0, spread);
	pid_t killers[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(killers); i++) {
		killers[i] = fork_child();
		if (killers[i])
			continue;
		close(top.life.fd[1]);
		for (char *line = read_text(SPACES); line;) {
			struct row row;

			line = (char *)next_row(line, &row);
			/* The next one may be gone; the root has no such file. */
			if (line && atoi(row.word[SPACE_ID]) && i % 2)
				control(atoi(row.word[SPACE_ID]), "kill", "1");
		}
		_exit(variant->kill(&top) ? 1 : 0);
	}
	for (i = 0; i < ARRAY_SIZE(killers); i++)
		reap(killers[i]);
	variant->kill(&top);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

/* Takes each request, and answers none but the first. */
static void __attribute__((noreturn)) serve_badly(int device, struct gate *taken)
{
	static char request[65536];
	struct {
		struct fuse_out_header header;
		struct fuse_init_out body;
	} answer = {
		.header.len = sizeof(answer),
		.body.major = FUSE_KERNEL_VERSION,
		.body.minor = FUSE_KERNEL_MINOR_VERSION,
	};

	CHECK(read(device, request, sizeof(request)) > 0);
	answer.header.unique = ((struct fuse_in_header *)request)->unique;
	CHECK(write(device, &answer, sizeof(answer)) == sizeof(answer));
	CHECK(read(device, request, sizeof(request)) > 0);
	gate_pass(taken, 0);
	stay();
}

/* Pid 1 waits for a member, and not even SIGKILL ends that. */
static void nest_waiting_for_a_server(void)
{
	struct gate taken = gate_new();
	pid_t wid = fork_space();
	struct stat status;

	CHECK(wid >= 0);
	if (!wid) {
		int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
		char options[64];

		CHECK(device >= 0);
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		snprintf(options, sizeof(options),
			 "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
		CHECK(!mount("fuse", "/tmp", "fuse", 0, options));
		if (!fork_child())
			serve_badly(device, &taken);
		close(device);
		stat("/tmp", &status);
		stay();
	}
	gate_wait(&taken);
}

TEST_F(large, what_waits_for_a_server_in_its_space_ends)
{
	struct top top = top_new(variant->flags, 0, nest_waiting_for_a_server);

	EXPECT_EQ(variant->kill(&top), 0);
	EXPECT_TRUE(is_whole_end(&top, variant->flags));
}

TEST_HARNESS_MAIN
