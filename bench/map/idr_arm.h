/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IDR_ARM_H
#define IDR_ARM_H

#include <linux/types.h>

/* An object begins with its number, a u32. */
struct idr_arm;

struct idr_arm *idr_arm_new(void);
void idr_arm_free(struct idr_arm *arm);
int idr_arm_add(struct idr_arm *arm, u32 want, u32 limit, void *object);
void idr_arm_remove(struct idr_arm *arm, u32 nr);
void *idr_arm_find(struct idr_arm *arm, u32 nr);
void *idr_arm_find_ge(struct idr_arm *arm, u32 nr);
void quiescent_state(void);

#endif
