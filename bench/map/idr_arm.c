// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's idr as kernel/pid.c uses it for the numbers of a pid namespace: each
 * number is allocated as nobody's and then replaced, under one lock for all, with
 * memory preloaded.
 */

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "idr_arm.h"

struct idr_arm {
	spinlock_t lock;
	struct idr idr;
};

struct idr_arm *idr_arm_new(void)
{
	struct idr_arm *arm = kzalloc_obj(*arm);

	if (!arm)
		return NULL;
	spin_lock_init(&arm->lock);
	idr_init(&arm->idr);
	return arm;
}

void idr_arm_free(struct idr_arm *arm)
{
	idr_destroy(&arm->idr);
	kfree(arm);
}

/* Returns the number, or an errno. */
int idr_arm_add(struct idr_arm *arm, u32 want, u32 limit, void *object)
{
	int nr, from = 1;

	idr_preload(GFP_KERNEL);
	spin_lock(&arm->lock);
	if (want) {
		nr = idr_alloc(&arm->idr, NULL, want, want + 1, GFP_ATOMIC);
	} else {
		if (idr_get_cursor(&arm->idr) > RESERVED_PIDS)
			from = RESERVED_PIDS;
		nr = idr_alloc_cyclic(&arm->idr, NULL, from, limit, GFP_ATOMIC);
	}
	if (nr > 0) {
		*(u32 *)object = nr;
		idr_replace(&arm->idr, object, nr);
	}
	spin_unlock(&arm->lock);
	idr_preload_end();
	return nr;
}

void idr_arm_remove(struct idr_arm *arm, u32 nr)
{
	spin_lock(&arm->lock);
	idr_remove(&arm->idr, nr);
	spin_unlock(&arm->lock);
}

/* Under RCU, as find_pid_ns(). */
void *idr_arm_find(struct idr_arm *arm, u32 nr)
{
	return idr_find(&arm->idr, nr);
}

void *idr_arm_find_ge(struct idr_arm *arm, u32 nr)
{
	int next = nr;

	return idr_get_next(&arm->idr, &next);
}

/* As on the way out of a system call: what was freed by RCU can be had again. */
void quiescent_state(void)
{
	rcu_momentary_eqs();
	cond_resched();
}
