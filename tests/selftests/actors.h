/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Actors: processes (or threads) that do what they are asked, which is to call a
 * function. What it returns is the answer: ask(ONE, parent, 0) == 1.
 *
 * Who there is, an enum who of which ACTORS is the last, comes before this.
 */
#ifndef PSPACE_SELFTESTS_ACTORS_H
#define PSPACE_SELFTESTS_ACTORS_H

#include "control.h"

/* Either is asked for: a deed of the actor itself, or what a child of it is to check. */
struct order {
	int (*deed)(int arg);
	void (*check)(int arg);
	int arg;
};

static struct gate orders[ACTORS], answers[ACTORS];

static inline void actors_open(void)
{
	int i;

	for (i = 0; i < ACTORS; i++) {
		orders[i] = gate_new();
		answers[i] = gate_new();
	}
}

/* For those that begin anew. */
static inline void actors_close(void)
{
	int i;

	for (i = 0; i < ACTORS; i++) {
		gate_close(&orders[i]);
		gate_close(&answers[i]);
	}
}

static inline void give_order(enum who who, struct order order)
{
	CHECK(write(orders[who].fd[1], &order, sizeof(order)) == sizeof(order));
}

static inline int answer(enum who who)
{
	CHECK(poll_for(answers[who].fd[0], PATIENCE) & POLLIN);
	return gate_wait(&answers[who]);
}

/* Ask for what has no answer, because it does not return. */
static inline void tell(enum who who, int (*deed)(int arg), int arg)
{
	give_order(who, (struct order){ .deed = deed, .arg = arg });
}

static inline int ask(enum who who, int (*deed)(int arg), int arg)
{
	tell(who, deed, arg);
	return answer(who);
}

/* Ask for a check, which has an answer later: 0 if all holds. */
static inline void begin_look(enum who who, void (*check)(int arg), int arg)
{
	give_order(who, (struct order){ .check = check, .arg = arg });
}

static inline int look(enum who who, void (*check)(int arg), int arg)
{
	begin_look(who, check, arg);
	return answer(who);
}

static inline int in_a_child(const struct order *order)
{
	pid_t child = fork_child();

	if (!child) {
		order->check(order->arg);
		_exit(0);
	}
	return reap(child);
}

static inline void __attribute__((noreturn)) act(enum who who)
{
	struct order order;

	for (;;) {
		CHECK(read(orders[who].fd[0], &order, sizeof(order)) == sizeof(order));
		gate_pass(&answers[who], order.deed ? order.deed(order.arg)
						    : in_a_child(&order));
	}
}

#endif /* PSPACE_SELFTESTS_ACTORS_H */
