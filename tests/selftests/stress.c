// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once in a tree of spaces, by chance; then the tree is killed, and
 * nothing may be left.
 *
 * PSPACE_STRESS_SECONDS says how long (20, at most 800). The numbers that decide
 * what is done come from PSPACE_STRESS_SEED; that of a run is printed. But what
 * happens depends on the scheduler as well.
 *
 * model: Death
 * vm: --smp 4 --module-args default_numbers=3
 */

#include "control.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <time.h>
#include "harness.h"

/* Of spaces in each other, the top one included. */
#define DEPTH		4
/* Processes and threads at a time, zombies included. */
#define POPULATION	"250"
/* Spaces that the driver knows at a time. */
#define HELD		64
/* Children that the driver has in spaces at a time. */
#define INJECTED	20

/* What was done, and how often. */
enum deed {
	FORKS, SPACES, THREADS, SIGNALS, TRACES, SUBREAPERS, EXITS,
	SPACE_KILLS, POLICY_CHANGES, ISOLATION_CHANGES, LOOKS, LISTS,
	INJECTIONS, NUMBERS, DEEDS,
};

static const char *const deeds[] = {
	"forks", "spaces", "threads", "signals", "traces", "subreapers",
	"exits", "killed spaces", "policy changes", "isolation changes",
	"looks outside", "lists", "injections", "numbers",
};

/* Shared by all. */
static struct {
	atomic_long count[DEEDS];
	/* How many have asked for random numbers of their own. */
	atomic_ulong streams;
} *done;

static void count(enum deed deed)
{
	atomic_fetch_add(&done->count[deed], 1);
}

/* Random numbers: splitmix64, a stream for each thread. */

static uint64_t seed;
static __thread uint64_t random_state;

static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static void new_stream(void)
{
	random_state = mix(seed + mix(atomic_fetch_add(&done->streams, 1)));
}

static unsigned int below(unsigned int limit)
{
	random_state += 0x9e3779b97f4a7c15;
	return mix(random_state) % limit;
}

static const char *random_policy(void)
{
	static const char *const policies[] = { "init", "auto", "outer" };

	return policies[below(3)];
}

/* Actors: all that live in the tree, but for pid 1 of the top space. */

static struct cgroup cgroup;

/* How deep this one lives, from 1. */
static int level;

/* Where actors send the files of the spaces that they make. It does not block. */
static int spaces[2];

/* Of somebody in the same space, if there is one. Not of pid 1. */
static pid_t neighbour(void)
{
	pid_t nr = getpid() + (int)below(17) - 8;

	return nr < 2 ? 2 + below(8) : nr;
}

static void fork_actor(void)
{
	pid_t child = fork();

	if (!child)
		new_stream();
	else if (child > 0)
		count(FORKS);
}

static void set_random_policy(int ns)
{
	if (!set_policy(ns_id(ns), random_policy()))
		count(POLICY_CHANGES);
}

static void set_random_isolation(int ns)
{
	if (!set_isolation(ns_id(ns), below(4) ? "half" : "full"))
		count(ISOLATION_CHANGES);
}

/* Somebody in a space below gets a number here, if there is anybody. */
static void ask_for_number(int ns)
{
	if (ioctl(ns, PSPACE_GET_WID, 1 + below(30)) > 0)
		count(NUMBERS);
}

/* The new pid 1 is an actor, too. */
static void make_space(void)
{
	int pidfd, ns;
	pid_t wid;

	if (level == DEPTH)
		return;
	wid = fork_space();
	if (!wid) {
		level++;
		new_stream();
		return;
	}
	if (wid < 0)
		return;
	count(SPACES);
	pidfd = open_pidfd(wid);
	ns = ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	if (ns >= 0) {
		set_random_policy(ns);
		send_fd(spaces[1], ns);
		ask_for_number(ns);
		close(ns);
	}
	close(pidfd);
}

static void signal_neighbour(void)
{
	static const int signals[] = {
		SIGKILL, SIGKILL, SIGKILL, SIGTERM, SIGSTOP, SIGCONT, SIGCONT,
	};

	if (!kill(neighbour(), signals[below(ARRAY_SIZE(signals))]))
		count(SIGNALS);
}

/* All the others in the space, but pid 1. */
static void kill_all(void)
{
	if (level > 1 && !below(8) && !kill(-1, SIGKILL))
		count(SIGNALS);
}

/* Sometimes until the end of this thread. */
static void trace_neighbour(void)
{
	pid_t nr = neighbour();
	int i;

	if (ptrace(PTRACE_SEIZE, nr, NULL, NULL))
		return;
	count(TRACES);
	if (!below(4))
		return;
	ptrace(PTRACE_INTERRUPT, nr, NULL, NULL);
	for (i = 0; i < 20 && !waitpid(nr, NULL, WNOHANG | __WALL); i++)
		usleep(100);
	ptrace(PTRACE_DETACH, nr, NULL, NULL);
}

/* A descriptor of the driver, which all have from it. */
static int outside;

/* If all spaces on the way may. */
static void look_outside(void)
{
	if (!syscall(SYS_pidfd_send_signal, outside, 0, NULL, 0))
		count(LOOKS);
}

static void wait_for_some(void)
{
	int i;

	for (i = 0; i < 10; i++)
		if (waitpid(-1, NULL, WNOHANG | __WALL) <= 0)
			return;
}

static void add_thread(void);

static void act_once(void)
{
	switch (below(20)) {
	case 0 ... 4:
		fork_actor();
		break;
	case 5 ... 6:
		make_space();
		break;
	case 7 ... 8:
		signal_neighbour();
		break;
	case 9:
		kill_all();
		break;
	case 10:
		trace_neighbour();
		break;
	case 11:
		add_thread();
		break;
	case 12:
		count(SUBREAPERS);
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		break;
	case 13 ... 14:
		wait_for_some();
		break;
	case 15:
		/* What children there are become orphans. */
		if (getpid() == 1 && below(4))
			break;
		count(EXITS);
		_exit(0);
	case 16:
		look_outside();
		break;
	default:
		usleep(below(1000));
		break;
	}
}

static void __attribute__((noreturn)) act(void)
{
	new_stream();
	for (;;)
		act_once();
}

/* A child that it forks goes on here, as the only thread of another process. */
static void *act_in_thread(void *arg)
{
	int i;

	new_stream();
	for (i = below(40); i; i--)
		act_once();
	/* Not exit(): if it is the last thread that would write what is buffered. */
	syscall(SYS_exit, 0);
	return NULL;
}

static void add_thread(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	if (pthread_attr_init(&attributes))
		return;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 65536);
	if (!pthread_create(&thread, &attributes, act_in_thread, NULL)) {
		count(THREADS);
		/* Sometimes the first thread goes before the others. */
		if (!below(4) && getpid() > 1)
			syscall(SYS_exit, 0);
	}
	pthread_attr_destroy(&attributes);
}

/*
 * Pid 1 of the top space sees to it that there are actors, to the end. Now and then
 * it makes room, should all have stopped or traced each other.
 */
static void __attribute__((noreturn)) feed(void)
{
	cgroup_enter(&cgroup);
	new_stream();
	level = 1;
	for (;;) {
		pid_t child = fork();

		if (!child)
			act();
		if (child > 0)
			count(FORKS);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		if (!below(2000))
			kill(-1, SIGKILL);
		usleep(1000);
	}
}

/* The driver is outside: it is the test. */
struct driver {
	pid_t top;
	int top_ns;
	int held[HELD];
	int spaces;
	int children;
};

static struct driver driver_new(void)
{
	struct driver driver = {};

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			  spaces));
	new_stream();
	cgroup = cgroup_new();
	CHECK(!write_file(CGROUPS "/cgroup.subtree_control", "+pids"));
	CHECK(!cgroup_set(&cgroup, "pids.max", POPULATION));
	driver.top = fork_space();
	CHECK(driver.top >= 0);
	if (!driver.top)
		feed();
	driver.top_ns = open_ns(driver.top, "pid");
	CHECK(driver.top_ns >= 0);
	return driver;
}

/* When there are enough, new spaces take the place of others. */
static void take_spaces(struct driver *driver)
{
	int ns;

	while ((ns = receive_fd(spaces[0])) >= 0) {
		int slot = driver->spaces;

		if (slot < HELD) {
			driver->spaces++;
		} else {
			slot = below(HELD);
			close(driver->held[slot]);
		}
		driver->held[slot] = ns;
	}
}

static void kill_space(int ns)
{
	if (below(2))
		CHECK(!ioctl(ns, PSPACE_KILL));
	else
		CHECK(!control(ns_id(ns), "kill", "1"));
	count(SPACE_KILLS);
}

/* It may be dead. The child makes no spaces: it could be too deep for that. */
static void inject(struct driver *driver, int ns)
{
	pid_t child;

	if (driver->children == INJECTED)
		return;
	child = fork_into(ns);
	if (!child) {
		level = DEPTH;
		cgroup_enter(&cgroup);
		act();
	}
	if (child < 0) {
		CHECK(errno == ENOMEM || errno == EAGAIN);
		return;
	}
	driver->children++;
	count(INJECTIONS);
}

/* All that there is, while it comes and goes. In /proc that gives numbers. */
static void list_all(void)
{
	DIR *proc = opendir("/proc");

	CHECK(proc);
	while (readdir(proc))
		;
	closedir(proc);
	CHECK(count_lines("/proc/pspace/spaces") > 1);
	CHECK(count_lines("/proc/pspace/tasks") > 1);
	count(LISTS);
}

static void drive_once(struct driver *driver)
{
	pid_t pid;
	int ns;

	take_spaces(driver);
	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) {
		CHECK(pid != driver->top);
		driver->children--;
	}
	if (!driver->spaces) {
		usleep(100);
		return;
	}
	ns = driver->held[below(driver->spaces)];
	switch (below(16)) {
	case 0:
		kill_space(ns);
		break;
	case 1 ... 4:
		set_random_policy(ns);
		set_random_isolation(ns);
		break;
	case 5:
		set_random_policy(driver->top_ns);
		set_random_isolation(driver->top_ns);
		break;
	case 6 ... 9:
		inject(driver, ns);
		break;
	case 10:
		list_all();
		break;
	case 11 ... 12:
		ask_for_number(ns);
		break;
	default:
		usleep(below(2000));
		break;
	}
}

/* All must be over in the end, whatever it was. */
static void close_space(int ns)
{
	CHECK(wait_for_hup(ns));
	close(ns);
}

static void driver_end(struct driver *driver)
{
	int i, ns, status;
	pid_t pid;

	CHECK(!ioctl(driver->top_ns, PSPACE_KILL));
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (pid == driver->top)
			CHECK(WIFSIGNALED(status) &&
			      WTERMSIG(status) == SIGKILL);
		else
			driver->children--;
	}
	CHECK(errno == ECHILD && !driver->children);
	close_space(driver->top_ns);
	for (i = 0; i < driver->spaces; i++)
		close_space(driver->held[i]);
	while ((ns = receive_fd(spaces[0])) >= 0)
		close_space(ns);
	close(spaces[0]);
	close(spaces[1]);
	cgroup_remove(&cgroup);
	CHECK(!umount(CGROUPS));
}

static void run_for(long seconds)
{
	time_t end = time(NULL) + seconds;
	struct driver driver;

	outside = open_pidfd(getpid());
	CHECK(outside >= 0);
	driver = driver_new();
	while (time(NULL) < end)
		drive_once(&driver);
	driver_end(&driver);
	close(outside);
}

/* What there is on the machine. */

struct census {
	long spaces, processes, references;
};

/* Threads of the kernel come and go as they like. */
static long count_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64], line[64];
	long processes = 0;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		if (!atoi(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/status",
			 atoi(entry->d_name));
		processes += read_line(path, "Kthread:\t0", line, sizeof(line));
	}
	closedir(proc);
	return processes;
}

static struct census census(void)
{
	return (struct census){
		count_lines("/proc/pspace/spaces"),
		count_processes(),
		read_number("/sys/module/pspace/refcnt"),
	};
}

/* Is no more there than was? It is taken anew. */
static bool is_as_before(struct census *now, const struct census *before)
{
	*now = census();
	return now->spaces <= before->spaces && now->processes <= before->processes &&
	       now->references <= before->references;
}

/* Namespaces are given back by a worker, a grace period later. */
static struct census census_at_last(const struct census *before)
{
	struct census now;

	COMES(is_as_before(&now, before));
	return now;
}

/* Merged with others they are not listed. */
static const char *const caches[] = {
	"pid_namespace", "pspace_node", "pid", "pid_2", "pid_3", "pid_4",
	"pid_5", "task_struct", "signal_cache", "sighand_cache",
};

/*
 * As many of these are about the spaces. What the module has of a space itself is
 * counted by its references: one is put when that is freed.
 */
#define OWN_CACHES	7

/*
 * What may be in use beyond that: of threads of the kernel, and what processors
 * keep at hand. One object for each fork or space would be many times as much.
 */
#define SLACK		64

/* Objects in use in a cache, those that are kept at hand put away; or -1. */
static long objects_in(const char *cache)
{
	char path[128], line[256], name[64];
	long objects = -1, active;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	write_file(path, "1");
	file = fopen("/proc/slabinfo", "re");
	CHECK(file);
	while (objects < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", name, &active) == 2 &&
		    !strcmp(name, cache))
			objects = active;
	fclose(file);
	return objects;
}

/* The same, when no more are freed: those would hide a leak. */
static long objects_at_rest(const char *cache)
{
	long before, objects = objects_in(cache);

	do {
		usleep(200000);
		before = objects;
		objects = objects_in(cache);
	} while (objects < before);
	return objects;
}

/* The same, when RCU has had the time to free some. */
static long objects_at_last(const char *cache, long limit)
{
	long objects;

	COMES((objects = objects_in(cache)) <= limit);
	return objects;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static bool all_deeds_done(void)
{
	int i;

	for (i = 0; i < DEEDS && done->count[i]; i++)
		;
	return i == DEEDS;
}

/* Has more time than others. */
FIXTURE(stress) {};
FIXTURE_SETUP(stress) {}
FIXTURE_TEARDOWN(stress) {}

TEST_F_TIMEOUT(stress, leaves_nothing_behind, 2000)
{
	long objects[ARRAY_SIZE(caches)], now;
	struct census before, after;
	int i, own = 0, used = 0;
	char line[512];

	seed = number_from("PSPACE_STRESS_SEED", time(NULL));
	TH_LOG("seed %llu", (unsigned long long)seed);
	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(done, MAP_FAILED);

	/* The first use makes the caches, and what stays for ever. */
	before = census();
	run_for(2);
	after = census_at_last(&before);
	ASSERT_LE(after.spaces, before.spaces);
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		objects[i] = objects_at_rest(caches[i]);
		if (i < OWN_CACHES)
			own += objects[i] >= 0;
	}
	EXPECT_GT(own, 0);

	run_for(number_from("PSPACE_STRESS_SECONDS", 20));
	/* A slow guest may not have come to the rare ones. */
	for (i = 0; i < 10 && !all_deeds_done(); i++)
		run_for(20);
	for (i = 0; i < DEEDS; i++) {
		used += snprintf(line + used, sizeof(line) - used, "%s%ld %s",
				 i ? ", " : "", done->count[i], deeds[i]);
		EXPECT_GT((long)done->count[i], 0)
			TH_LOG("no %s", deeds[i]);
	}
	TH_LOG("%s", line);

	after = census_at_last(&before);
	EXPECT_LE(after.spaces, before.spaces);
	EXPECT_LE(after.processes, before.processes);
	EXPECT_LE(after.references, before.references);
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		if (objects[i] < 0)
			continue;
		now = objects_at_last(caches[i], objects[i] + SLACK);
		EXPECT_LE(now, objects[i] + SLACK)
			TH_LOG("%s: %ld objects before, %ld after", caches[i],
			       objects[i], now);
	}
}

TEST_HARNESS_MAIN
