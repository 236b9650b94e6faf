/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test program that executes itself: what it does then is a role, which its
 * constructor finds in the environment.
 */
#ifndef PSPACE_SELFTESTS_SELF_H
#define PSPACE_SELFTESTS_SELF_H

#include "space.h"

static int self_exe = -1;

/* Before its name is out of reach. */
static inline void open_self(void)
{
	self_exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	CHECK(self_exe >= 0);
}

/* exec_self("ROLE=exit") */
static inline void __attribute__((noreturn)) exec_self(const char *role)
{
	char *argv[] = { "self", NULL }, *envp[] = { (char *)role, NULL };

	fexecve(self_exe, argv, envp);
	CHECK(!"executed");
	_exit(1);
}

#endif /* PSPACE_SELFTESTS_SELF_H */
