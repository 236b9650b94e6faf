/* SPDX-License-Identifier: GPL-2.0 */
/* Loading and unloading the module. */
#ifndef PSPACE_SELFTESTS_MODULE_H
#define PSPACE_SELFTESTS_MODULE_H

#include "space.h"

#define MODULE "/lib/modules/pspace.ko"

static inline int insmod(const char *parameters)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, parameters, 0))
		err = -errno;
	close(fd);
	return err;
}

static inline int rmmod(void)
{
	return syscall(SYS_delete_module, "pspace", O_NONBLOCK) ? -errno : 0;
}

/*
 * A namespace is given back by a worker, a grace period after the last of its
 * tasks was reaped: until then the module is in use.
 */
static inline int rmmod_when_free(void)
{
	int err;

	AWAIT((err = rmmod(), err != -EWOULDBLOCK && err != -EBUSY));
	return err;
}

#endif /* PSPACE_SELFTESTS_MODULE_H */
