// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces in spaces: what is seen of them from where, and how deep they go.
 *
 * model: The crossing of a border
 * model: Interface
 * model: Numbers
 */

#include "space.h"
#include <sys/mman.h>
#include "harness.h"

/* Room for the ids of a list of spaces, and how many there are. */
struct ids {
	int count;
	uint64_t id[2048];
};

/*
 * What /proc/pspace/spaces shows: a header line, then a line for each space with
 * its id first, in the order of the ids.
 */
static void list_spaces(struct ids *ids)
{
	FILE *file = fopen("/proc/pspace/spaces", "re");
	char line[512];
	unsigned long long id;

	CHECK(file);
	CHECK(fgets(line, sizeof(line), file));
	CHECK(sscanf(line, "%llu", &id) != 1);
	for (ids->count = 0; fgets(line, sizeof(line), file); ids->count++) {
		CHECK(ids->count < 2048);
		CHECK(sscanf(line, "%llu", &id) == 1);
		CHECK(!ids->count || id > ids->id[ids->count - 1]);
		ids->id[ids->count] = id;
	}
	fclose(file);
}

static bool is_listed(const struct ids *list, uint64_t id)
{
	int i;

	for (i = 0; i < list->count; i++)
		if (list->id[i] == id)
			return true;
	return false;
}

static int listed_of(const struct ids *wanted)
{
	static struct ids list;
	int i, count = 0;

	list_spaces(&list);
	for (i = 0; i < wanted->count; i++)
		count += is_listed(&list, wanted->id[i]);
	return count;
}

static struct ids *shared_ids(void)
{
	struct ids *ids = mmap(NULL, sizeof(*ids), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(ids != MAP_FAILED);
	return ids;
}

/* Add the caller's space. */
static void add_own(struct ids *ids)
{
	int ns = own_ns();

	ids->id[ids->count] = ns_id(ns);
	CHECK(ids->id[ids->count]);
	ids->count++;
	close(ns);
}

TEST(an_init_has_no_number_at_its_grandparent)
{
	struct gate ready = gate_new();
	struct ids *ids = shared_ids();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t inner;

		add_own(ids);
		inner = fork_space();
		CHECK(inner >= 0);
		if (!inner) {
			add_own(ids);
			gate_pass(&ready, 0);
			stay();
		}
		stay();
	}
	gate_wait(&ready);
	EXPECT_EQ(processes_in(ids->id[0]), 1);
	EXPECT_EQ(processes_in(ids->id[1]), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(an_init_has_one_wid_at_its_parent)
{
	IN(fork_space()) {
		struct gate go = gate_new();
		pid_t inner;

		mount_own_proc();
		inner = fork_space();
		CHECK(inner >= 0);
		if (!inner) {
			gate_wait(&go);
			mount_own_proc();
			CHECK(has_numbers(1, "1"));
			_exit(0);
		}
		CHECK(inner == 2);
		CHECK(has_numbers(2, "2\t1"));
		gate_pass(&go, 0);
		CHECK(!reap(inner));
	}
}

TEST(a_member_can_make_a_space)
{
	IN(fork_space()) {
		pid_t member = fork();

		CHECK(member >= 0);
		if (!member) {
			pid_t inner = fork_space();

			CHECK(inner >= 0);
			if (!inner)
				_exit(getpid() == 1 && !getppid() ? 0 : 1);
			CHECK(inner == 3);
			_exit(reap(inner));
		}
		CHECK(!reap(member));
	}
}

/* A classic namespace in a space reaches up to the space. */
TEST(a_classic_namespace_in_a_space_has_the_spaces_numbers)
{
	struct gate ready = gate_new();
	struct ids *ids = shared_ids();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct gate go = gate_new(), inside = gate_new();
		pid_t classic;

		mount_own_proc();
		classic = fork_with(CLONE_NEWPID);
		CHECK(classic >= 0);
		if (!classic) {
			CHECK(getpid() == 1);
			add_own(ids);
			add_children(1);
			CHECK(idle_space() == 3);
			gate_pass(&inside, 0);
			gate_wait(&go);
			_exit(0);
		}
		gate_wait(&inside);
		CHECK(classic == 2);
		CHECK(has_numbers(2, "2\t1"));
		CHECK(has_numbers(3, "3\t2"));
		/* The init of a space in the classic one. */
		CHECK(has_numbers(4, "4\t3\t1"));
		gate_pass(&ready, 0);
		gate_pass(&go, 0);
		_exit(reap(classic));
	}
	gate_wait(&ready);
	EXPECT_EQ(processes_in(ids->id[0]), 0);
	EXPECT_EQ(reap(wid), 0);
}

/*
 * A chain of spaces, each made by the init of the one before. They share their
 * memory: with a copy for each the kernel would spend most of the time, and
 * hundreds of megabytes, on the ancestry of the pages.
 */
#define DEPTH many(1000)
#define STACK 16384

static struct {
	struct gate bottom;
	struct ids *ids;
	char *stacks;
} chain;

static int link_of_chain(void *arg)
{
	long level = (long)arg;

	CHECK(getpid() == 1);
	CHECK(getppid() == 0);
	add_own(chain.ids);
	CHECK(chain.ids->count == level);
	if (level == DEPTH)
		gate_pass(&chain.bottom, level);
	else
		CHECK(clone(link_of_chain, chain.stacks + (level + 1) * STACK,
			    CLONE_NEWPSPACE | CLONE_VM | SIGCHLD,
			    (void *)(level + 1)) == 2);
	stay();
}

FIXTURE(many)
{
	struct ids before;
};

FIXTURE_SETUP(many)
{
	list_spaces(&self->before);
}

FIXTURE_TEARDOWN(many)
{
	static struct ids after;
	int i;

	/* Nothing new is left. Of what was, something may be gone by now. */
	list_spaces(&after);
	for (i = 0; i < after.count; i++)
		EXPECT_TRUE(is_listed(&self->before, after.id[i]));
}

TEST_F_TIMEOUT(many, a_deep_chain_comes_and_goes, 300)
{
	struct ids *ids = shared_ids();
	pid_t wid;

	chain.bottom = gate_new();
	chain.ids = ids;
	chain.stacks = mmap(NULL, (DEPTH + 1) * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(chain.stacks, MAP_FAILED);

	wid = clone(link_of_chain, chain.stacks + STACK,
		    CLONE_NEWPSPACE | CLONE_VM | SIGCHLD, (void *)1L);
	ASSERT_GT(wid, 1);
	EXPECT_EQ(gate_wait(&chain.bottom), DEPTH);
	EXPECT_EQ(ids->count, DEPTH);
	EXPECT_EQ(listed_of(ids), DEPTH);

	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	/* A space goes some time after its last task. */
	AWAIT(!listed_of(ids));
}

TEST_F_TIMEOUT(many, siblings_live_at_once, 300)
{
	enum { MOST = 200 };
	const int siblings = many(MOST);
	struct gate ready = gate_new();
	pid_t wid[MOST];
	struct ids ids = {};
	int i;

	for (i = 0; i < siblings; i++) {
		wid[i] = fork_space();
		ASSERT_GE(wid[i], 0);
		if (!wid[i]) {
			CHECK(getpid() == 1);
			add_children(1);
			CHECK(!kill(2, 0));
			gate_pass(&ready, 0);
			stay();
		}
	}
	for (i = 0; i < siblings; i++) {
		gate_wait(&ready);
		ids.id[i] = ns_id_of(wid[i], "pid");
		if (i)
			EXPECT_GT(ids.id[i], ids.id[i - 1]);
	}
	ids.count = siblings;
	EXPECT_EQ(listed_of(&ids), siblings);

	for (i = 0; i < siblings; i++)
		EXPECT_EQ(end(wid[i]), BY_SIGNAL(SIGKILL));
	AWAIT(!listed_of(&ids));
}

/* Of a sibling, a space, one in it and one in that, the second one looks. */
TEST(the_own_list_shows_the_own_space_and_those_below)
{
	struct gate inner = gate_new(), done = gate_new();
	struct ids *ids = shared_ids();
	pid_t sibling, wid;

	sibling = idle_space();
	ASSERT_GT(sibling, 0);

	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		add_own(ids);
		wid = fork_space();
		CHECK(wid >= 0);
		if (!wid) {
			struct ids list;
			pid_t inmost;

			add_own(ids);
			inmost = fork_space();
			CHECK(inmost >= 0);
			if (!inmost) {
				add_own(ids);
				gate_pass(&inner, 0);
				stay();
			}
			gate_wait(&inner);
			mount_own_proc();
			list_spaces(&list);
			CHECK(list.count == 2);
			CHECK(list.id[0] == ids->id[1]);
			CHECK(list.id[1] == ids->id[2]);
			_exit(0);
		}
		gate_pass(&done, reap(wid));
		stay();
	}
	EXPECT_EQ(gate_wait(&done), 0);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(sibling), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
