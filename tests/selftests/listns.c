// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of namespaces, by listns(): a space is there as the pid namespace that it is.
 *
 * model: Names
 */

#include "signals.h"
#include "tree.h"
#include <pthread.h>
#include "harness.h"

#ifndef SYS_listns
#define SYS_listns 470
#endif

#ifndef LISTNS_CURRENT_USER
#define LISTNS_CURRENT_USER 0xffffffffffffffff
#endif

struct ids {
	int count;
	uint64_t of[512];
};

/* The pid namespaces, owned by a user namespace if that is not 0, some at a time. */
static struct ids pid_namespaces_of(uint64_t user_ns, int at_a_time)
{
	struct ns_id_req request = {
		.size = sizeof(request),
		.ns_type = CLONE_NEWPID,
		.user_ns_id = user_ns,
	};
	struct ids ids = {};
	long found;

	do {
		CHECK(ids.count + at_a_time <= COUNT_OF(ids.of));
		found = syscall(SYS_listns, &request, ids.of + ids.count, at_a_time, 0);
		/* Nothing is after the last one. */
		if (found == -1 && errno == ENOENT && ids.count)
			break;
		CHECK(found >= 0 && found <= at_a_time);
		ids.count += found;
		if (ids.count)
			request.ns_id = ids.of[ids.count - 1];
	} while (found);
	return ids;
}

static struct ids pid_namespaces(void)
{
	return pid_namespaces_of(0, 100);
}

/* In a list, which must have each once and in order. */
static bool has_id(const struct ids *ids, uint64_t id)
{
	int i, count = 0;

	for (i = 0; i < ids->count; i++) {
		CHECK(!i || ids->of[i] > ids->of[i - 1]);
		count += ids->of[i] == id;
	}
	return count;
}

static bool is_in_list(uint64_t id)
{
	struct ids ids = pid_namespaces();

	return has_id(&ids, id);
}

/* The file of a namespace that is known by its id. */
static int open_by_id(uint64_t id)
{
	struct {
		struct file_handle header;
		struct nsfs_file_handle handle;
	} file = {
		/* FILEID_NSFS */
		.header = { sizeof(file.handle), 0xf1 },
		.handle = { .ns_id = id },
	};

	/* FD_NSFS_ROOT */
	return open_by_handle_at(-10003, &file.header, O_RDONLY | O_CLOEXEC);
}

/* As who goes through a list tells spaces from the others. */
static bool is_space(uint64_t id)
{
	struct pspace_info info = {};
	int fd = open_by_id(id), err;
	bool shown = !is_missing(CONTROL_PATH(id, ""));

	CHECK(fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWPID);
	err = ioctl(fd, PSPACE_GET_INFO, &info) ? errno : 0;
	close(fd);
	CHECK(err ? err == ENOTTY && !shown : info.id == id && shown);
	return !err;
}

TEST(spaces_are_in_the_list_of_pid_namespaces)
{
	pid_t first = idle_space(), second = idle_space();
	uint64_t ids[2] = { ns_id_of(first, "pid"), ns_id_of(second, "pid") };
	int i;

	EXPECT_TRUE(is_in_list(ROOT_ID));
	for (i = 0; i < 2; i++) {
		EXPECT_TRUE(is_in_list(ids[i]));
		EXPECT_TRUE(is_space(ids[i]));
	}
	EXPECT_EQ(end(first), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(second), BY_SIGNAL(SIGKILL));
}

TEST(classic_namespaces_are_in_that_list_and_are_no_spaces)
{
	pid_t classic = fork_with(CLONE_NEWPID);
	uint64_t id;

	ASSERT_GE(classic, 0);
	if (!classic)
		stay();
	id = ns_id_of(classic, "pid");
	EXPECT_TRUE(is_in_list(id));
	EXPECT_FALSE(is_space(id));
	EXPECT_EQ(end(classic), BY_SIGNAL(SIGKILL));
}

/* To any depth, though most have no number here. */
TEST(spaces_in_spaces_are_in_that_list)
{
	struct gate told = gate_new();
	uint64_t space, nested, classic;
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		if (!fork_space()) {
			if (!fork_with(CLONE_NEWPID)) {
				gate_pass(&told, ns_id(own_ns()));
				stay();
			}
			gate_pass(&told, ns_id(own_ns()));
			stay();
		}
		stay();
	}
	space = ns_id_of(wid, "pid");
	nested = gate_wait(&told);
	classic = gate_wait(&told);
	/* Whichever was first: what is inside is the younger one. */
	if (nested > classic) {
		uint64_t other = nested;

		nested = classic;
		classic = other;
	}
	EXPECT_TRUE(is_in_list(space) && is_space(space));
	EXPECT_TRUE(is_in_list(nested) && is_space(nested));
	EXPECT_TRUE(is_in_list(classic) && !is_space(classic));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

TEST(that_list_is_the_same_in_pieces)
{
	struct space spaces[5];
	struct ids whole, pieces;
	int i;

	for (i = 0; i < COUNT_OF(spaces); i++)
		spaces[i] = space_of(0);
	whole = pid_namespaces();
	pieces = pid_namespaces_of(0, 1);
	for (i = 0; i < COUNT_OF(spaces); i++) {
		EXPECT_TRUE(has_id(&whole, spaces[i].id));
		EXPECT_TRUE(has_id(&pieces, spaces[i].id));
	}
	for (i = 0; i < COUNT_OF(spaces); i++)
		EXPECT_EQ(end(spaces[i].wid), BY_SIGNAL(SIGKILL));
}

TEST(a_space_that_has_ended_is_not_in_that_list)
{
	struct space space = space_of(1);

	EXPECT_TRUE(is_in_list(space.id));
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_FALSE(is_in_list(space.id));
}

TEST(a_space_without_an_init_is_in_that_list)
{
	struct gate told = gate_new();
	pid_t wid = fork_space_with("outer");
	uint64_t id;

	ASSERT_GE(wid, 0);
	if (!wid) {
		add_children(1);
		gate_pass(&told, ns_id(own_ns()));
		_exit(0);
	}
	id = gate_wait(&told);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_TRUE(is_in_list(id));
	EXPECT_TRUE(is_space(id));
	EXPECT_EQ(control(id, "kill", "1"), 0);
	AWAIT(!is_in_list(id));
}

/* Before its first process, and as long as somebody can make that. */
TEST(a_space_that_nobody_is_in_yet_is_in_that_list)
{
	IN(fork()) {
		uint64_t id;

		CHECK(!unshare(CLONE_NEWPSPACE));
		id = ns_id_of(getpid(), "pid_for_children");
		CHECK(id && is_in_list(id) && is_space(id));
	}
}

TEST(a_member_lists_its_own_space_only)
{
	struct space beside = space_of(0);
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		struct space nested = space_of(0);
		struct ids ids = pid_namespaces();

		CHECK(ids.count == 1 && ids.of[0] == ns_id(own_ns()));
		ids = pid_namespaces_of(LISTNS_CURRENT_USER, 100);
		CHECK(ids.count == 1 && ids.of[0] == ns_id(own_ns()));
		/* It cannot open by its id what it does not list. */
		CHECK(open_by_id(beside.id) == -1);
		CHECK(open_by_id(ROOT_ID) == -1);
		CHECK(open_by_id(nested.id) == -1);
		CHECK(open_by_id(ids.of[0]) >= 0);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(beside.wid), BY_SIGNAL(SIGKILL));
}

TEST(an_unprivileged_user_lists_no_space_but_his_own)
{
	struct space space = space_of(0);

	IN(fork()) {
		CHECK(!setuid(NOBODY));
		CHECK(!is_in_list(space.id) && is_in_list(ROOT_ID));
		CHECK(open_by_id(space.id) == -1);
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(the_spaces_of_a_user_namespace_are_in_the_list_of_that)
{
	struct space roots = space_of(0);
	uint64_t id, user_ns;
	struct ids ids;
	pid_t wid;

	wid = fork_with(CLONE_NEWUSER | CLONE_NEWPSPACE);
	ASSERT_GE(wid, 0);
	if (!wid)
		stay();
	id = ns_id_of(wid, "pid");
	user_ns = ns_id_of(wid, "user");
	ASSERT_NE(user_ns, 0);
	ids = pid_namespaces_of(user_ns, 100);
	EXPECT_EQ(ids.count, 1);
	EXPECT_TRUE(has_id(&ids, id));
	ids = pid_namespaces_of(ns_id_of(getpid(), "user"), 100);
	EXPECT_TRUE(has_id(&ids, roots.id));
	EXPECT_FALSE(has_id(&ids, id));
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(end(roots.wid), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
