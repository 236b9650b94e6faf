/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A call is made again and again. The first time its first allocation fails, then its
 * second, until it has no more: see fail-nth in Documentation/fault-injection of the
 * kernel. A copy from or to the caller's memory fails in its turn, too.
 *
 * Each time the error has to be one that the call may return, and nothing may be left:
 * no space, and no number in any. At the end the module is in use as before, and there
 * are as many objects of each kind as before. What else has leaked is found by leaks.c.
 *
 *	PSPACE_FAULT_STEP=N	only each Nth fails,
 *	PSPACE_FAULT_SEED=N	beginning with one that this chooses
 *	PSPACE_FAULT_EACH=1	count objects after each: which one it is that leaks
 *	PSPACE_FAULT_TRACE=1	the console says what fails, and where
 */
#ifndef PSPACE_FAULT_H
#define PSPACE_FAULT_H

#include "../selftests/wid.h"

/* More than any call has. */
#define MOST_FAULTS	20000

/*
 * Now and then a cache needs a page, which is one allocation more before the next: that
 * one would be passed over. So in each other round, from the first, only those of caches
 * fail, and there are as many rounds as it takes for so many to have failed.
 */
#define ENOUGH_FAULTS	300

/* What goes away in the background, does within so many seconds. */
#define SETTLED_IN	60

#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

/* All is done in the caller, one after the other. */
struct faulted {
	const char *name;
	/* Before each: not failing. */
	void (*prepare)(void);
	/* What fails. The result or -errno. */
	long (*call)(void);
	/* After it has succeeded: what it has made goes. Not failing. */
	void (*undo)(long result);
	/* After each: is all as it should be? Not failing. */
	bool (*check)(long result);
	/* What it may return, by ERRORS(). */
	const int *errors;
	/* Is what is prepared gone after each? */
	bool transient;
	/* Does it need no memory? Then there is nothing that fails. */
	bool without_memory;
};

/* Our own directory: by a pair, so that a member is given no number above by looking. */
#define FAIL_NTH	"/proc/pspace/self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug"
#define CACHES		"/sys/kernel/slab"

static inline long setting(const char *name, long unset)
{
	const char *value = getenv(name);

	return value ? atol(value) : unset;
}

/* Let all fail that can, and nothing that nobody asks for. */
static inline void faults_on(void)
{
	static const struct {
		const char *name, *value;
	} files[] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/cache-filter", "N" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
	};
	static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	const char *verbose = setting("PSPACE_FAULT_TRACE", 0) ? "2" : "0";
	size_t i;

	for (i = 0; i < COUNT_OF(files); i++)
		CHECK(!write_file(TEXT(DEBUGFS "/%s", files[i].name), files[i].value));
	for (i = 0; i < COUNT_OF(kinds); i++) {
		CHECK(!write_file(TEXT(DEBUGFS "/%s/probability", kinds[i]), "0"));
		CHECK(!write_file(TEXT(DEBUGFS "/%s/verbose", kinds[i]), verbose));
	}
}

/* If none has failed it may be the turn of this. */
static inline void fail_nth(int file, int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", nth);

	CHECK(pwrite(file, text, length, 0) == length ||
	      pwrite(file, text, length, 0) == length);
}

/*
 * Has it failed? To tell takes a copy to our memory: if that fails it was its turn, and
 * what was called had fewer.
 */
static inline bool has_failed(int file)
{
	char text[16] = {};
	bool failed = pread(file, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	fail_nth(file, 0);
	return failed;
}

static inline void pages_fail(bool fail)
{
	CHECK(!write_file(DEBUGFS "/fail_page_alloc/min-order", fail ? "0" : "99"));
}

/* What is there. */
struct state {
	/* Spaces, and numbers in them: without those of members of spaces below. */
	long spaces, numbers;
	long users;
	/* Objects of the caches, those for the threads there are not counted. */
	long pids, namespaces, nodes;
};

static inline void count_spaces(struct state *state)
{
	char *text = read_text(SPACES);
	const char *line;
	struct row row;

	state->spaces = 0;
	state->numbers = 0;
	for (line = next_row(text, &row); (line = next_row(line, &row)); state->spaces++)
		state->numbers += atol(row.word[SPACE_MEMBERS]);
	free(text);
}

/* How many objects a cache has, without those that wait to be used again. */
static inline long objects_in(const char *cache)
{
	const char *file = TEXT(CACHES "/%s/shrink", cache);

	if (access(file, F_OK))
		return 0;
	CHECK(!write_file(file, "1"));
	return read_number(TEXT(CACHES "/%s/objects", cache));
}

static inline long threads(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	long count;

	CHECK(file && fscanf(file, "%*s %*s %*s %*d/%ld", &count) == 1);
	fclose(file);
	return count;
}

static inline long module_users(void)
{
	char line[256];
	long users;

	CHECK(read_line("/proc/modules", "pspace ", line, sizeof(line)));
	CHECK(sscanf(line, "%*d %ld", &users) == 1);
	return users;
}

static inline void count_objects(struct state *state)
{
	long before;
	int level;

	/* Threads of the kernel come and go. */
	do {
		before = threads();
		state->pids = objects_in("pid") - before;
		for (level = 2; level < 8; level++)
			state->pids += objects_in(TEXT("pid_%d", level));
	} while (threads() != before);
	state->namespaces = objects_in("pid_namespace");
	state->nodes = objects_in("pspace_node");
	state->users = module_users();
}

static inline bool same_spaces(const struct state *one, const struct state *other)
{
	return one->spaces == other->spaces && one->numbers == other->numbers;
}

/*
 * A map keeps nodes that it does not need. All of them are gone with the last space but
 * the root.
 */
static inline bool same_objects(const struct state *before, const struct state *now)
{
	return before->users == now->users && before->pids == now->pids &&
	       before->namespaces == now->namespaces &&
	       (before->spaces > 1 || before->nodes == now->nodes);
}

/* Wait for it to be as before. Else say what is not. */
static inline bool settles(const struct state *before, bool deep)
{
	time_t last = time(NULL) + SETTLED_IN;
	struct state now = {};

	for (;;) {
		count_spaces(&now);
		if (same_spaces(before, &now)) {
			if (!deep)
				return true;
			count_objects(&now);
			if (same_objects(before, &now))
				return true;
		}
		if (time(NULL) > last)
			break;
		usleep(deep ? 100000 : 1000);
	}
	dprintf(2, "# spaces %ld, were %ld; numbers %ld, were %ld\n",
		now.spaces, before->spaces, now.numbers, before->numbers);
	if (deep) {
		dprintf(2, "# users of the module %ld, were %ld; nodes %ld, were %ld\n",
			now.users, before->users, now.nodes, before->nodes);
		dprintf(2, "# pids beside threads %ld, were %ld; pid namespaces %ld, were %ld\n",
			now.pids, before->pids, now.namespaces, before->namespaces);
	}
	return false;
}

/* When what was begun before is over: it is the same for a while. */
static inline struct state state_now(void)
{
	struct state state = {}, again = {};
	int tries = 0;

	do {
		CHECK(++tries < 100);
		state = again;
		usleep(100000);
		count_spaces(&again);
		count_objects(&again);
	} while (!same_spaces(&state, &again) || !same_objects(&state, &again));
	return again;
}

static inline bool is_allowed(const struct faulted *faulted, long result)
{
	const int *error;

	for (error = faulted->errors; *error; error++)
		if (result == -*error)
			return true;
	return false;
}

/* How often each error was there. */
struct outcomes {
	int failed, succeeded, count[256];
};

static inline void tell_outcomes(const char *name, const struct outcomes *outcomes)
{
	char text[TEXT_SIZE];
	size_t used, error;

	used = snprintf(text, sizeof(text), "#FAULTS %s: %d failed", name, outcomes->failed);
	if (outcomes->succeeded)
		used += snprintf(text + used, sizeof(text) - used,
				 ", %d times it succeeded all the same", outcomes->succeeded);
	for (error = 0; error < COUNT_OF(outcomes->count); error++)
		if (outcomes->count[error])
			used += snprintf(text + used, sizeof(text) - used, ", %s %d",
					 strerrorname_np(error), outcomes->count[error]);
	dprintf(2, "%s\n", text);
}

/*
 * Let each of its allocations fail. Returns how many things were wrong, which it has
 * told.
 */
static inline int faults_in(const struct faulted faulted)
{
	long step = setting("PSPACE_FAULT_STEP", 1);
	int first = 1 + setting("PSPACE_FAULT_SEED", 0) % step;
	int enough = step > 1 ? 0 : ENOUGH_FAULTS;
	bool each = setting("PSPACE_FAULT_EACH", 0);
	int file = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	struct outcomes outcomes = {};
	struct state before;
	bool failed, pages = false;
	int nth, wrong = 0;

	CHECK(file >= 0);
	pages_fail(pages);
	if (faulted.prepare && !faulted.transient)
		faulted.prepare();
	before = state_now();

	for (nth = first; nth < MOST_FAULTS && wrong < 5; nth = failed ? nth + step : 1) {
		long result;

		if (faulted.prepare)
			faulted.prepare();
		fail_nth(file, nth);
		result = faulted.call();
		failed = has_failed(file);

		outcomes.failed += failed;
		outcomes.succeeded += failed && result >= 0;
		if (result < 0 && -result < COUNT_OF(outcomes.count))
			outcomes.count[-result]++;
		if (result < 0 && (!failed || !is_allowed(&faulted, result))) {
			dprintf(2, "# %s: %s, when %d failed\n", faulted.name,
				strerrorname_np(-result), failed ? nth : 0);
			wrong++;
		}
		if (result >= 0 && faulted.undo)
			faulted.undo(result);
		if (faulted.check && !faulted.check(result)) {
			dprintf(2, "# %s: not as it should be, when %d failed: %ld\n",
				faulted.name, nth, result);
			wrong++;
		}
		if (!settles(&before, each)) {
			dprintf(2, "# %s: something is left, when %d failed\n",
				faulted.name, nth);
			wrong++;
			before = state_now();
		}
		if (failed)
			continue;
		if (!outcomes.failed || outcomes.failed >= enough)
			break;
		pages = !pages;
		pages_fail(pages);
	}
	if (!settles(&before, true)) {
		dprintf(2, "# %s: something is left\n", faulted.name);
		wrong++;
	}
	/* If one of many fails, it may have fewer. */
	if (nth >= MOST_FAULTS ||
	    (outcomes.failed ? faulted.without_memory : !faulted.without_memory && first == 1)) {
		dprintf(2, "# %s: there was no end, or no beginning\n", faulted.name);
		wrong++;
	}
	tell_outcomes(faulted.name, &outcomes);
	close(file);
	return wrong;
}

/* The same as a result that fits into a call of EXPECT_EQ(). */
#define FAULTS_IN(...) faults_in((struct faulted){ __VA_ARGS__ })

/* What a result of a call is. */
static inline long result_of(long result)
{
	return result < 0 ? -errno : result;
}

/* fork() whose child ends at once, and is waited for: calls and what undoes them. */
static inline long ending(pid_t pid)
{
	if (!pid)
		_exit(0);
	return result_of(pid);
}

static inline void wait_for_it(long pid)
{
	CHECK(!reap(pid));
}

/*
 * A deed in a process of its own, or as pid 1 of a space: how it ended. Nothing may be
 * left of it.
 */
static inline int in_process(pid_t (*start)(void), void (*deed)(void))
{
	struct state before = state_now();
	pid_t pid = start();
	int status;

	CHECK(pid >= 0);
	if (!pid) {
		deed();
		_exit(0);
	}
	status = reap(pid);
	CHECK(settles(&before, true));
	return status;
}

#endif /* PSPACE_FAULT_H */
