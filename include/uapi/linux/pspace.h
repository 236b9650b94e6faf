/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_PSPACE_H
#define _UAPI_LINUX_PSPACE_H

/*
 * Process spaces: what they add to the interface of the kernel.
 *
 * CLONE_NEWPSPACE, for clone(), clone3() and unshare():
 *
 * The child (of unshare(): the next child) is pid 1 of a new pspace. Its own
 * children have a number in that pspace and nowhere else. The caller knows the
 * child by a number of the caller's own space, its wid, which clone() returns.
 * setns() takes the flag as its nstype for a file of a pspace, as it takes
 * CLONE_NEWPID for any pid namespace.
 *
 * The bit is that of CLONE_DETACHED, ignored since Linux 2.6. A clone() of a
 * thread (CLONE_THREAD) still ignores it.
 *
 * Errors:
 *	EINVAL	together with CLONE_NEWPID; or with CLONE_THREAD in clone3(); or
 *		no pspace module is loaded; or the kernel has no pspaces
 *		(unshare() and clone3() only: clone() ignores the bit there); or
 *		the caller's next child is to be in another pid namespace already
 *	EPERM	no CAP_SYS_ADMIN in the user namespace, which may be a new one
 *		(CLONE_NEWUSER)
 *	ENOSPC	/proc/sys/user/max_pid_namespaces; or the new pspace would be
 *		more than 32 pid namespaces below the caller's own pspace
 *	ENOMEM	no memory
 */
#define CLONE_NEWPSPACE	0x00400000	/* New process space */

#endif /* _UAPI_LINUX_PSPACE_H */
