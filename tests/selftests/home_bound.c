// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a space bound to where a /proc is, for who may mount none, and what
 * mounts hide of it.
 *
 * model: A /proc to live in
 */

#include "home.h"

#define OTHER	65533

/*
 * Mounts that hide processes
 */

static int look_as(const char *options, uid_t user, void (*look)(uint64_t id), uint64_t id)
{
	pid_t child = fork_child();

	if (!child) {
		mount_proc_with(options);
		CHECK(!setgroups(0, NULL));
		become(user);
		look(id);
		_exit(0);
	}
	return reap(child);
}

static void see_nothing(uint64_t id)
{
	int i;

	CHECK(is_nothing(CONTROL_PATH(id, "")));
	for (i = 0; i < COUNT_OF(own_links); i++)
		CHECK(is_nothing(CONTROL_PATH(id, own_links[i])));
	for (i = 0; i < COUNT_OF(machine_files); i++)
		CHECK(is_nothing(CONTROL_PATH(id, machine_files[i])));
}

static void see_it(uint64_t id)
{
	CHECK(is_nobody(id));
	CHECK(!access(CONTROL_PATH(id, "meminfo"), R_OK));
	CHECK(entries_of(CONTROL_PATH(id, "")).count > entries_beside_processes(true));
}

TEST(hidepid_hides_a_home_with_all_that_is_in_it)
{
	struct space space = space_of(1);

	EXPECT_EQ(look_as("hidepid=invisible", OTHER, see_nothing, space.id), 0);
	EXPECT_EQ(look_as("hidepid=ptraceable", OTHER, see_nothing, space.id), 0);
	EXPECT_EQ(look_as("hidepid=invisible", 0, see_it, space.id), 0);
	EXPECT_EQ(look_as("hidepid=noaccess", OTHER, see_it, space.id), 0);
	EXPECT_EQ(look_as(NULL, OTHER, see_it, space.id), 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

TEST(hidepid_hides_what_is_in_a_home_that_is_open)
{
	struct space space = space_of(1);
	int i, fd;

	IN(fork()) {
		struct stat status;
		char target[16];

		mount_proc_with("hidepid=invisible");
		fd = open_directory(CONTROL_PATH(space.id, ""));
		CHECK(fd >= 0);
		/* These are in the cache now. */
		CHECK(!faccessat(fd, "meminfo", R_OK, 0));
		CHECK(!fstatat(fd, "self", &status, AT_SYMLINK_NOFOLLOW));
		CHECK(!setgroups(0, NULL));
		become(OTHER);
		for (i = 0; i < COUNT_OF(own_links); i++) {
			CHECK(readlinkat(fd, own_links[i], target, sizeof(target)) == -1);
			CHECK(errno == ENOENT);
			CHECK(fstatat(fd, own_links[i], &status, AT_SYMLINK_NOFOLLOW) == -1);
			CHECK(errno == ENOENT);
		}
		for (i = 0; i < COUNT_OF(machine_files); i++) {
			CHECK(openat(fd, machine_files[i], O_RDONLY | O_CLOEXEC) == -1);
			CHECK(errno == ENOENT);
		}
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

static void be_a_user_who_sees_himself_only(uint64_t id)
{
	pid_t member;

	mount_proc_with("hidepid=invisible");
	member = fork_child();
	if (!member) {
		CHECK(!setgroups(0, NULL));
		become(OTHER);
		CHECK(is_self(id, getpid()));
		CHECK(is_missing(CONTROL_PATH(id, "1/status")));
		CHECK(!access(CONTROL_PATH(id, "meminfo"), R_OK));
		CHECK(!access(CONTROL_PATH(id, "mounts"), R_OK));
		CHECK(lists(CONTROL_PATH(id, ""), TIDS(getpid())));
		_exit(0);
	}
	CHECK(!reap(member));
}

TEST(hidepid_hides_nobody_from_himself)
{
	EXPECT_EQ(look_inside(be_a_user_who_sees_himself_only), 0);
}

TEST(a_proc_of_processes_only_has_no_homes)
{
	struct space space = space_of(1);

	IN(fork()) {
		mount_proc_with("subset=pid");
		CHECK(is_nothing("/proc/meminfo"));
		CHECK(is_nothing("/proc/pspace"));
		CHECK(is_nothing(CONTROL_PATH(space.id, "meminfo")));
		CHECK(is_nothing(CONTROL_PATH(ROOT_ID, "meminfo")));
		CHECK(is_nothing(TEXT("/proc/%d/pspace/meminfo", getppid())));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/*
 * Bound to where a /proc is
 */

static bool is_proc(const char *path)
{
	struct statfs status;

	return !statfs(path, &status) && status.f_type == PROC_SUPER_MAGIC;
}

static void look_around(uint64_t id)
{
	static const char *const names[] = {
		"self/cmdline", "self/comm", "self/environ", "self/fd/0", "self/fdinfo/0",
		"self/limits", "self/maps", "self/mem", "self/ns/pid", "self/root/bin",
		"self/cwd", "self/smaps", "self/stat", "self/statm", "self/task/1/stat",
		"self/cgroup", "self/oom_score_adj", "self/setgroups", "self/uid_map",
		"thread-self/comm", "1/stat", "1/status",
	};
	struct listing fds;
	char *text;
	int i;

	CHECK(getpid() == 1 && !strcmp(LINK("/proc/self"), "1"));
	CHECK(!strcmp(LINK("/proc/thread-self"), "1/task/1"));
	CHECK(!strcmp(strrchr(LINK("/proc/self/exe"), '/') + 1,
		      program_invocation_short_name));
	CHECK(!access("/proc/self/exe", X_OK));
	for (i = 0; i < COUNT_OF(names); i++) {
		if (!access(TEXT("/proc/%s", names[i]), F_OK))
			continue;
		dprintf(2, "# there is no /proc/%s\n", names[i]);
		CHECK(!"there");
	}
	fds = list("/proc/self/fd");
	CHECK(fds.count >= 2);
	CHECK(is_proc("/proc") && is_proc("/proc/self/"));
	CHECK(has_numbers(1, "1"));
	/* What was mounted there is below. */
	text = read_text("/proc/self/mountinfo");
	CHECK(strstr(text, TEXT(" /pspace/%llu /proc ", (unsigned long long)id)));
	CHECK(strstr(read_text("/proc/mounts"), " /proc proc "));
	CHECK(strstr(read_text("/proc/net/dev"), " lo:"));
	CHECK(!strncmp(read_text("/proc/meminfo"), "MemTotal:", 9));
	CHECK(!strncmp(read_text("/proc/stat"), "cpu ", 4));
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) > 0);
	CHECK(!write_file("/proc/self/comm", "renamed"));
	CHECK(says("/proc/1/status", "Name", "renamed"));
	CHECK(lists("/proc", TIDS(1)));
}

TEST(an_unprivileged_user_lives_in_it)
{
	EXPECT_EQ(live_at_home(look_around), 0);
}

static void look_for_more(uint64_t id)
{
	int i;

	for (i = 0; i < COUNT_OF(unwanted); i++) {
		CHECK(is_nothing(TEXT("/proc/%s", unwanted[i])));
		CHECK(is_missing(TEXT("/proc/self/../%s", unwanted[i])));
	}
	/* Out of it one comes to where it is bound, as ever. */
	CHECK(!access("/proc/../bin/busybox", X_OK));
	CHECK(is_missing("/proc/../spaces"));
	CHECK(!may_mount_proc());
}

TEST(an_unprivileged_user_gets_nothing_else_by_it)
{
	EXPECT_EQ(live_at_home(look_for_more), 0);
}

static void have_a_family(uint64_t id)
{
	struct gate ready = gate_new();
	pid_t child = fork_as(0, TIDS(MEMBER)), nested;

	CHECK(child >= 0);
	if (!child) {
		CHECK(getpid() == MEMBER);
		CHECK(atoi(LINK("/proc/self")) == MEMBER);
		CHECK(says("/proc/self/status", "PPid", "1"));
		if (!fork_child()) {
			CHECK(atoi(LINK("/proc/self")) == getpid());
			_exit(7);
		}
		CHECK(reap(-1) == 7);
		gate_pass(&ready, 0);
		stay();
	}
	gate_hear(&ready);
	CHECK(lists("/proc", TIDS(1, MEMBER)));
	CHECK(read_number(TEXT("/proc/self/task/1/children")) == MEMBER);
	nested = idle_space();
	CHECK(nested > 1 && !access(TEXT("/proc/%d/status", nested), R_OK));
	CHECK(!access(TEXT("/proc/self/pspace/1/status"), R_OK));
	CHECK(end(nested) == BY_SIGNAL(SIGKILL));
	CHECK(end(child) == BY_SIGNAL(SIGKILL));
	CHECK(is_missing(TEXT("/proc/%d", MEMBER)));
}

TEST(who_lives_in_it_sees_its_children)
{
	EXPECT_EQ(live_at_home(have_a_family), 0);
}

static void look_in_pieces(uint64_t id)
{
	struct entries whole = entries_of("/proc"), pieces;
	int fd = open_directory("/proc");

	CHECK(fd >= 0);
	CHECK(whole.count == 2 + entries_beside_processes(true) + 1);
	pieces = entries_from(fd, 0, 32);
	CHECK(are_the_rest(&pieces, &whole, 0));
}

TEST(who_lives_in_it_lists_it)
{
	EXPECT_EQ(live_at_home(look_in_pieces), 0);
}

/* Who is above has control, whatever is bound where. */
static void try_to_control(uint64_t id)
{
	static const char *const orders[][2] = {
		{ "policy", "auto" }, { "isolation", "half" }, { "numbers", "list" },
		{ "signals", "ordinary" }, { "pid_max", "4000" }, { "last_pid", "1000" },
		{ "kill", "1" },
	};
	int i;

	for (i = 0; i < COUNT_OF(orders); i++)
		CHECK(write_file(TEXT("/proc/%s", orders[i][0]), orders[i][1]) == -EPERM);
}

TEST(who_lives_in_it_does_not_control_it)
{
	EXPECT_EQ(live_at_home(try_to_control), 0);
}

static void move_out(uint64_t id)
{
	pid_t wid;

	CHECK(!umount2("/proc", 0));
	/* What is inherited, and masked. */
	wid = atoi(LINK("/proc/self"));
	CHECK(wid > 1 && !access("/proc/pspace/self/status", R_OK));
	CHECK(is_missing("/proc/sys/kernel"));
	CHECK(!may_mount_proc());
	bind_to(CONTROL_PATH(id, ""), "/proc");
	CHECK(!strcmp(LINK("/proc/self"), "1"));
	CHECK(!umount2("/proc", 0));
}

TEST(it_can_be_unmounted_and_bound_again)
{
	EXPECT_EQ(live_at_home(move_out), 0);
}

/* From outside, for one who is to live there, as a runtime does. */
TEST(it_can_be_bound_for_one_who_is_put_in)
{
	struct space space = space_of(1);
	int ns = open_ns(space.wid, "pid");

	ASSERT_GE(ns, 0);
	IN(fork_into(ns)) {
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		bind_to(CONTROL_PATH(space.id, ""), "/proc");
		CHECK(!strcmp(LINK("/proc/self"), "3"));
		CHECK(lists("/proc", TIDS(1, 2, 3)));
		CHECK(!access("/proc/self/exe", X_OK));
	}
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
}

/* A place to bind something to, for the caller alone. */
static char *place_new(void)
{
	char *place = strdup("/tmp/home-XXXXXX");

	CHECK(place && mkdtemp(place));
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return place;
}

static void place_remove(char *place)
{
	CHECK(!umount2(place, 0));
	CHECK(!rmdir(place));
	free(place);
}

TEST(it_is_empty_when_the_space_has_ended)
{
	struct space space = space_of(1);
	char *place = place_new();
	struct entries all;
	int i;

	bind_to(CONTROL_PATH(space.id, ""), place);
	EXPECT_EQ(access(TEXT("%s/meminfo", place), R_OK), 0);
	EXPECT_EQ(access(TEXT("%s/1/status", place), R_OK), 0);
	EXPECT_EQ(access(TEXT("%s/policy", place), R_OK), 0);
	/* A mount does not keep it. */
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	EXPECT_TRUE(is_proc(place));
	EXPECT_TRUE(is_nothing(TEXT("%s/1", place)));
	for (i = 0; i < COUNT_OF(own_links); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, own_links[i])));
	for (i = 0; i < COUNT_OF(machine_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, machine_files[i])));
	for (i = 0; i < COUNT_OF(control_files); i++)
		EXPECT_TRUE(is_nothing(TEXT("%s/%s", place, control_files[i])));
	all = entries_of(place);
	EXPECT_LE(all.count, 2);
	place_remove(place);
}

/* What is open stays so: it is the machine's. */
TEST(a_file_of_the_machine_can_be_read_when_the_space_has_ended)
{
	struct space space = space_of(0);
	int fd = open(CONTROL_PATH(space.id, "version"), O_RDONLY | O_CLOEXEC);
	char *whole = read_text("/proc/version"), *text;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
	EXPECT_TRUE(is_gone_at_last(space.id));
	text = read_all(fd, 4096);
	EXPECT_STREQ(text, whole);
	close(fd);
}

static void __attribute__((noreturn)) look_until_it_ends(int fd)
{
	char target[16];
	int file;

	do {
		struct entries all = entries_from(fd, 0, 256);

		CHECK(all.count <= 256);
		CHECK(readlinkat(fd, "self", target, sizeof(target)) == -1);
		CHECK(errno == ENOENT);
		file = openat(fd, "meminfo", O_RDONLY | O_CLOEXEC);
		CHECK(file >= 0 || errno == ENOENT);
		if (file < 0)
			break;
		CHECK(read(file, target, sizeof(target)) == sizeof(target));
		close(file);
	} while (true);
	/* It does not come back. */
	CHECK(faccessat(fd, "self/status", F_OK, 0) == -1 && errno == ENOENT);
	CHECK(faccessat(fd, "meminfo", F_OK, 0) == -1 && errno == ENOENT);
	_exit(0);
}

TEST(it_may_end_while_others_look)
{
	pid_t lookers[3];
	int i, round;

	for (round = 0; round < many(40); round++) {
		struct space space = space_of(2);
		int fd = open_directory(CONTROL_PATH(space.id, ""));

		ASSERT_GE(fd, 0);
		ASSERT_EQ(faccessat(fd, "meminfo", R_OK, 0), 0);
		for (i = 0; i < COUNT_OF(lookers); i++) {
			lookers[i] = fork();
			ASSERT_GE(lookers[i], 0);
			if (!lookers[i])
				look_until_it_ends(open_directory(CONTROL_PATH(space.id, "")));
		}
		EXPECT_EQ(end(space.wid), BY_SIGNAL(SIGKILL));
		for (i = 0; i < COUNT_OF(lookers); i++)
			EXPECT_EQ(reap(lookers[i]), 0);
		close(fd);
	}
}

TEST(those_who_outlive_pid_1_go_on_to_live_in_it)
{
	struct gate ready = gate_new(), gone = gate_new(), done = gate_new();

	IN(fork_space_with("outer")) {
		CHECK(!unshare(CLONE_NEWNS));
		CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		bind_to(CONTROL_PATH(ns_id(own_ns()), ""), "/proc");
		if (fork_as(0, TIDS(MEMBER)))
			_exit(gate_wait(&ready));
		gate_pass(&ready, 0);
		gate_wait(&gone);
		CHECK(atoi(LINK("/proc/self")) == MEMBER);
		CHECK(lists("/proc", TIDS(MEMBER)));
		CHECK(is_nothing("/proc/1"));
		CHECK(!access("/proc/meminfo", R_OK));
		gate_pass(&done, 0);
	}
	gate_pass(&gone, 0);
	EXPECT_EQ(gate_hear(&done), 0);
}

TEST_HARNESS_MAIN
