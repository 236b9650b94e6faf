// SPDX-License-Identifier: GPL-2.0
/*
 * The owner of a PI futex is in the space of who waits for it: a number in shared
 * memory is of no use in another one, as it is between pid namespaces.
 *
 * model: Numbers
 */

#include "space.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include "harness.h"

/* The number that a member has, and a process of the root too. */
#define TWIN	7777

static uint32_t *word_new(void)
{
	void *word = mmap(NULL, sizeof(uint32_t), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(word != MAP_FAILED);
	return word;
}

static int pi(uint32_t *word, int operation)
{
	return syscall(SYS_futex, word, operation, 0, NULL, NULL, 0) ? -errno : 0;
}

static uint32_t owner_of(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE) & FUTEX_TID_MASK;
}

static void await_waiter(const uint32_t *word)
{
	AWAIT(__atomic_load_n(word, __ATOMIC_ACQUIRE) & FUTEX_WAITERS);
}

/* The twin, who has the futex and gives it, or dies, when it is waited for. */
static pid_t owner_new(uint32_t *word, bool dies)
{
	struct gate locked = gate_new();
	pid_t owner = fork_as(0, TIDS(TWIN));

	CHECK(owner >= 0);
	if (!owner) {
		CHECK(!pi(word, FUTEX_LOCK_PI));
		CHECK(owner_of(word) == TWIN);
		gate_pass(&locked, 0);
		await_waiter(word);
		/*
		 * That is set first, also by who fails then: a waiter that is not queued
		 * yet would not inherit.
		 */
		AWAIT(pi(word, FUTEX_WAKE) == -EINVAL);
		if (!dies)
			CHECK(!pi(word, FUTEX_UNLOCK_PI));
		_exit(0);
	}
	gate_wait(&locked);
	return owner;
}

/* In a space of its own the caller's child waits for the futex of a member. */
static int wait_for_member(bool dies)
{
	pid_t wid = fork_space();

	CHECK(wid >= 0);
	if (!wid) {
		uint32_t *word = word_new();
		pid_t owner = owner_new(word, dies);

		CHECK(!pi(word, FUTEX_LOCK_PI));
		CHECK(owner_of(word) == 1);
		CHECK(!(*word & FUTEX_OWNER_DIED) == !dies);
		CHECK(!pi(word, FUTEX_UNLOCK_PI));
		_exit(reap(owner));
	}
	return reap(wid);
}

TEST(a_lock_is_handed_on_by_a_member_with_a_twin)
{
	pid_t twin = idle_as(TWIN);

	EXPECT_EQ(wait_for_member(false), 0);
	EXPECT_EQ(end(twin), BY_SIGNAL(SIGKILL));
}

TEST(a_lock_is_inherited_from_a_member_with_a_twin)
{
	pid_t twin = idle_as(TWIN);

	EXPECT_EQ(wait_for_member(true), 0);
	EXPECT_EQ(end(twin), BY_SIGNAL(SIGKILL));
}

TEST(a_lock_of_the_root_has_no_owner_in_a_space)
{
	uint32_t *word = word_new();
	pid_t owner = owner_new(word, false);

	IN(fork_space()) {
		CHECK(pi(word, FUTEX_LOCK_PI) == -ESRCH);
	}
	/* It is handed on as ever, to who knows the owner. */
	EXPECT_EQ(pi(word, FUTEX_LOCK_PI), 0);
	EXPECT_EQ(owner_of(word), (uint32_t)getpid());
	EXPECT_EQ(reap(owner), 0);
}

TEST(a_lock_of_a_member_has_no_owner_in_the_root)
{
	struct gate ready = gate_new(), end = gate_new();
	uint32_t *word = word_new();
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t owner = owner_new(word, false);

		gate_pass(&ready, 0);
		gate_wait(&end);
		CHECK(!pi(word, FUTEX_LOCK_PI));
		_exit(reap(owner));
	}
	gate_wait(&ready);
	EXPECT_EQ(pi(word, FUTEX_LOCK_PI), -ESRCH);
	gate_pass(&end, 0);
	EXPECT_EQ(reap(wid), 0);
}

TEST_HARNESS_MAIN
