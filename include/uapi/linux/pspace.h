/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_PSPACE_H
#define _UAPI_LINUX_PSPACE_H

#include <linux/ioctl.h>
#include <linux/types.h>

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

/*
 * For programs that know of pid namespaces only: prctl(PR_SET_PSPACE_NEWPID, 1) has
 * CLONE_NEWPID of clone(), clone3() and unshare() create a pspace, as CLONE_NEWPSPACE
 * does. It holds for the process and all that it starts, over exec, too, except that
 * a program which gains privileges at its exec (AT_SECURE) has not asked; until it is
 * set to 0. The machine can have it for all (/proc/sys/kernel/pspace_newpid is 2) or for
 * nobody (0). CLONE_NEWPID of who has asked is EINVAL if the module is gone by then, and
 * EPERM if it is for nobody.
 *
 * prctl(PR_GET_PSPACE_NEWPID) returns what was set, 1 or 0.
 *
 * Errors:
 *	EINVAL	another value, or arguments behind it that are not 0; or 1 and no pspace
 *		module is loaded; or the kernel has no pspaces
 *	EPERM	1, and /proc/sys/kernel/pspace_newpid is 0
 */
#define PR_SET_PSPACE_NEWPID	0x50535001
#define PR_GET_PSPACE_NEWPID	0x50535002

/*
 * A file descriptor of a pspace is one of its namespace: /proc/<pid>/ns/pid, or
 * what PIDFD_GET_PID_NAMESPACE returns. poll() on it reports
 *
 *	EPOLLIN		its pid 1 has exited: see PSPACE_GET_INFO
 *	EPOLLHUP	its last member is gone and there will be no other
 *
 * and these are its ioctls. For a file of another namespace they are ENOTTY.
 */
#define PSPACE_IOCTL	0xb7	/* that of <linux/nsfs.h> */

/*
 * Kill all that is in the pspace and in those below it, whatever its policy. No
 * task is created in it any more (ENOMEM), so that this ends, whoever forks
 * meanwhile, and no tracer holds one up at its exit (PTRACE_EVENT_EXIT). It returns
 * when all have been signalled, or at once if another has begun with that; EPOLLHUP
 * tells when they are gone. Writing "1" to /proc/pspace/<id>/kill is the same.
 *
 * Errors:
 *	EPERM	the caller's own pid namespace is not above the pspace; or it has
 *		no CAP_SYS_ADMIN in the user namespace that owns the pspace
 */
#define PSPACE_KILL	_IO(PSPACE_IOCTL, 0x40)

/*
 * Fields may be added at the end; the ioctl's number tells the size. What a kernel does
 * not know of a larger one is set to 0.
 */
struct pspace_info {
	__u64 id;		/* out: as in /proc/pspace, and by NS_GET_ID */
	__u32 flags;		/* out: PSPACE_INFO_* */
	__s32 exit_code;	/* out: what wait() would say of its pid 1 */
	/* What the end of the pspace waits for: tasks with a number in it. */
	__u32 alive;		/* out: that have not exited */
	__u32 traced;		/* out: of those, stopped by a tracer */
	__u32 blocked;		/* out: of those, in uninterruptible sleep */
	__u32 zombies;		/* out: that have, and are still to be waited for */
};

#define PSPACE_INFO_EXIT	0x1	/* pid 1 has exited: exit_code is set */
#define PSPACE_INFO_TASKS	0x2	/* there was room for what is behind that */

#define PSPACE_INFO_SIZE_VER0	16
#define PSPACE_INFO_SIZE_VER1	32

/*
 * Errors:
 *	EFAULT	bad address
 *	EINVAL	smaller than PSPACE_INFO_SIZE_VER0
 */
#define PSPACE_GET_INFO	_IOR(PSPACE_IOCTL, 0x41, struct pspace_info)

/*
 * From a pair to its process: takes the number of a process in the pspace, which
 * may be the root, and returns a pidfd (close-on-exec) of it. The other way, a pidfd's pair is what
 * PIDFD_GET_INFO says when it is asked for PIDFD_INFO_PSPACE.
 *
 * Errors:
 *	EINVAL	no number: below 1 or above INT_MAX
 *	ESRCH	no process has it; or it is one that the caller may not see, which
 *		is not in the caller's own pid namespace nor below it, nor above
 *		by /proc/pspace/<id>/isolation
 *	ENOENT	it is that of a thread
 *	EMFILE, ENFILE, ENOMEM	as pidfd_open()
 */
#define PSPACE_OPEN_PIDFD	_IO(PSPACE_IOCTL, 0x42)

/*
 * From a pair to a number of the caller's own pid namespace: takes the number of a process
 * in the pspace, which is below, and returns the number by which the caller can kill it,
 * trace it and find it in /proc. If it has none it is given one, which it keeps.
 *
 * Errors:
 *	EINVAL	no number: below 1 or above INT_MAX
 *	ESRCH	no process has it; or the pspace is neither the caller's nor below
 *	ENOENT	it is that of a thread
 *	EAGAIN	it has none and gets none: its pspace is set to that, by
 *		/proc/pspace/<id>/numbers; or three quarters of the numbers of the
 *		caller's namespace are in use; or there is no memory
 */
#define PSPACE_GET_WID	_IO(PSPACE_IOCTL, 0x43)

/*
 * Kill the pspace, as PSPACE_KILL does, when this open file is closed: when nobody
 * has a descriptor of it any more that was duplicated, inherited or passed on. Other
 * files of the pspace do not count. It cannot be undone.
 *
 * Errors:
 *	EPERM	as PSPACE_KILL
 */
#define PSPACE_KILL_ON_CLOSE	_IO(PSPACE_IOCTL, 0x44)

#endif /* _UAPI_LINUX_PSPACE_H */
