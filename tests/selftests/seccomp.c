// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp filters that were written before there was CLONE_NEWPSPACE: what they refuse
 * for CLONE_NEWPID they refuse for that as well.
 *
 * model: Seccomp
 */

#include "control.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include "harness.h"

/* By which container engines and service managers know the flags of namespaces. */
#define ENGINES		0x7e020000
#define SERVICES	0x7e020080

#define ANY_ARGUMENT	-1

/*
 * From here on, a system call with one of the flags in its argument meets an action.
 * Returns what seccomp() does.
 */
static int filter(int call, int argument, uint32_t flags, uint32_t action,
		  unsigned int how)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args) +
			 (argument < 0 ? 0 : argument * sizeof(uint64_t))),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	/* Whatever the argument. */
	if (argument == ANY_ARGUMENT)
		code[3] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, how, &program);
}

static void refuse(int call, int argument, uint32_t flags, int err)
{
	CHECK(!filter(call, argument, flags, SECCOMP_RET_ERRNO | err, 0));
}

/* A space that can be joined. */
static int joined;

/* The ways: 0 or -errno. */
static int by_clone(uint64_t flag)
{
	pid_t child = fork_with(flag);

	if (!child)
		_exit(getpid() == 1 ? 0 : 99);
	return child < 0 ? -errno : reap(child);
}

static int by_unshare(uint64_t flag)
{
	pid_t child = fork_child();

	if (!child)
		_exit(unshare(flag) ? errno : 0);
	return -reap(child);
}

static int by_setns(uint64_t flag)
{
	pid_t child = fork_child();

	if (!child)
		_exit(setns(joined, flag) ? errno : 0);
	return -reap(child);
}

FIXTURE(way)
{
	pid_t wid;
};

FIXTURE_VARIANT(way)
{
	int call, argument;
	int (*use)(uint64_t flag);
};

FIXTURE_VARIANT_ADD(way, clone) { SYS_clone, 0, by_clone };

FIXTURE_VARIANT_ADD(way, unshare) { SYS_unshare, 0, by_unshare };

FIXTURE_VARIANT_ADD(way, setns) { SYS_setns, 1, by_setns };

FIXTURE_SETUP(way)
{
	self->wid = idle_space();
	ASSERT_GE(self->wid, 0);
	joined = open_ns(self->wid, "pid");
	ASSERT_GE(joined, 0);
}

FIXTURE_TEARDOWN(way)
{
	EXPECT_EQ(end(self->wid), BY_SIGNAL(SIGKILL));
}

TEST_F(way, works_without_a_filter)
{
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
}

TEST_F(way, is_refused_by_a_filter_that_refuses_clone_newpid_with_its_errno)
{
	refuse(variant->call, variant->argument, CLONE_NEWPID, ENOTTY);
	EXPECT_EQ(variant->use(CLONE_NEWPID), -ENOTTY);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -ENOTTY);
}

TEST_F(way, is_refused_by_the_mask_of_container_engines)
{
	refuse(variant->call, variant->argument, ENGINES, EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPID), -EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -EPERM);
}

TEST_F(way, is_refused_by_the_mask_of_service_managers)
{
	refuse(variant->call, variant->argument, SERVICES, EACCES);
	EXPECT_EQ(variant->use(CLONE_NEWPID), -EACCES);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -EACCES);
}

TEST_F(way, is_refused_with_other_flags_beside_it)
{
	refuse(variant->call, variant->argument, CLONE_NEWPID, EPERM);
	if (variant->call == SYS_setns) {
		EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -EPERM);
		return;
	}
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE | CLONE_NEWUTS), -EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE | CLONE_NEWPID), -EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWUTS), variant->call == SYS_clone ? 99 : 0);
}

TEST_F(way, is_allowed_by_a_filter_that_does_not_look)
{
	CHECK(!filter(variant->call, ANY_ARGUMENT, 0, SECCOMP_RET_ALLOW, 0));
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
}

TEST_F(way, is_allowed_by_a_filter_that_refuses_other_namespaces)
{
	refuse(variant->call, variant->argument, ENGINES & ~CLONE_NEWPID, EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
}

TEST_F(way, is_allowed_by_a_filter_that_refuses_clone_newpid_to_another_system_call)
{
	refuse(SYS_getpriority, variant->argument, CLONE_NEWPID, EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
}

TEST_F(way, is_refused_by_a_filter_that_knows_it)
{
	refuse(variant->call, variant->argument, CLONE_NEWPSPACE, ENOTTY);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -ENOTTY);
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
}

TEST_F(way, is_refused_by_any_of_several_filters)
{
	refuse(variant->call, variant->argument, CLONE_NEWPID, ENOTTY);
	CHECK(!filter(variant->call, ANY_ARGUMENT, 0, SECCOMP_RET_ALLOW, 0));
	refuse(variant->call, variant->argument, CLONE_NEWNET, EPERM);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -ENOTTY);
}

/* What returns no errno of its own is EPERM, and happens to nobody. */
TEST_F(way, is_eperm_where_clone_newpid_is_not_just_refused)
{
	static const uint32_t actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		pid_t child = fork_child();

		if (!child) {
			CHECK(!filter(variant->call, variant->argument,
				      CLONE_NEWPID, actions[i], 0));
			CHECK(variant->use(CLONE_NEWPSPACE) == -EPERM);
			_exit(7);
		}
		EXPECT_EQ(reap(child), 7);
	}
}

TEST_F(way, is_eperm_where_a_supervisor_is_to_be_asked_and_that_is_not)
{
	int listener = filter(variant->call, variant->argument, CLONE_NEWPID,
			      SECCOMP_RET_USER_NOTIF,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER);

	ASSERT_GE(listener, 0);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), -EPERM);
	EXPECT_EQ(poll_for(listener, 0), 0);
}

/* Until killed. */
static void let_all_go_on(int listener)
{
	for (;;) {
		struct seccomp_notif notification = {};
		struct seccomp_notif_resp answer = {
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};

		CHECK(!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification));
		answer.id = notification.id;
		CHECK(!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
	}
}

TEST_F(way, is_allowed_where_a_supervisor_that_is_asked_about_both_allows_it)
{
	int listener = filter(variant->call, variant->argument,
			      CLONE_NEWPID | CLONE_NEWPSPACE,
			      SECCOMP_RET_USER_NOTIF,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER);
	pid_t supervisor;

	ASSERT_GE(listener, 0);
	supervisor = fork_child();
	if (!supervisor)
		let_all_go_on(listener);
	EXPECT_EQ(variant->use(CLONE_NEWPID), 0);
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
	EXPECT_EQ(end(supervisor), BY_SIGNAL(SIGKILL));
}

TEST_F(way, is_allowed_where_clone_newpid_is_logged_only)
{
	CHECK(!filter(variant->call, variant->argument, CLONE_NEWPID,
		      SECCOMP_RET_LOG, 0));
	EXPECT_EQ(variant->use(CLONE_NEWPSPACE), 0);
}

/* The number of an error that there is not is cut down, as by the filter itself. */
TEST(an_errno_out_of_range_is_the_largest)
{
	refuse(SYS_clone, 0, CLONE_NEWPID, 0xffff);
	EXPECT_EQ(fork_with(CLONE_NEWPID), -1);
	EXPECT_EQ(errno, 4095);
	EXPECT_EQ(fork_space(), -1);
	EXPECT_EQ(errno, 4095);
}

TEST(what_an_unprivileged_user_may_not_have_by_clone_newpid_it_may_not_have)
{
	CHECK(!setgid(NOBODY) && !setuid(NOBODY));
	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(by_clone(CLONE_NEWUSER | CLONE_NEWPSPACE), 0);
	refuse(SYS_clone, 0, CLONE_NEWPID, ENOTTY);
	EXPECT_EQ(by_clone(CLONE_NEWUSER | CLONE_NEWPID), -ENOTTY);
	EXPECT_EQ(by_clone(CLONE_NEWUSER | CLONE_NEWPSPACE), -ENOTTY);
}

TEST(a_filter_holds_for_members)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t member;

		refuse(SYS_clone, 0, ENGINES, ENOTTY);
		member = fork_child();
		if (!member)
			_exit(by_clone(CLONE_NEWPSPACE) == -ENOTTY ? 7 : 1);
		_exit(reap(member));
	}
	EXPECT_EQ(reap(wid), 7);
}

static int thread_body(void *seen)
{
	*(volatile pid_t *)seen = getpid();
	return 0;
}

/* The bit means nothing there, so that nobody is asked about it. */
TEST(a_thread_with_the_bit_is_not_refused)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile pid_t seen;

	refuse(SYS_clone, 0, ENGINES, EPERM);
	ASSERT_GT(clone(thread_body, stack + sizeof(stack),
			CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			CLONE_THREAD | CLONE_SYSVSEM | CLONE_NEWPSPACE,
			(void *)&seen), 1);
	AWAIT(seen);
	EXPECT_EQ(seen, getpid());
}

static int by_clone3(uint64_t flag)
{
	struct clone_args args = { .flags = flag, .exit_signal = SIGCHLD };
	pid_t child = clone3_with(&args);

	if (!child)
		_exit(getpid() == 1 ? 0 : 99);
	return child < 0 ? -errno : reap(child);
}

/* Its flags are where no filter looks. */
TEST(clone3_is_as_it_is_with_clone_newpid)
{
	refuse(SYS_clone, 0, ENGINES, EPERM);
	EXPECT_EQ(by_clone3(CLONE_NEWPID), 0);
	EXPECT_EQ(by_clone3(CLONE_NEWPSPACE), 0);
	refuse(SYS_clone3, ANY_ARGUMENT, 0, ENOTTY);
	EXPECT_EQ(by_clone3(CLONE_NEWPID), -ENOTTY);
	EXPECT_EQ(by_clone3(CLONE_NEWPSPACE), -ENOTTY);
}

/* Filters that care refuse it: the descriptor may be of any namespace. */
TEST(setns_of_no_type_is_as_it_is_with_a_pid_namespace)
{
	pid_t wid = idle_space();

	ASSERT_GE(wid, 0);
	joined = open_ns(wid, "pid");
	ASSERT_GE(joined, 0);
	refuse(SYS_setns, 1, ENGINES, EPERM);
	EXPECT_EQ(by_setns(0), 0);
	EXPECT_EQ(by_setns(CLONE_NEWPID), -EPERM);
	EXPECT_EQ(by_setns(CLONE_NEWPSPACE), -EPERM);
	EXPECT_EQ(end(wid), BY_SIGNAL(SIGKILL));
}

/* Whoever is in a space when the filter comes stays there, as a container does. */
TEST(a_filter_does_not_keep_members_from_forking)
{
	pid_t wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		refuse(SYS_clone, 0, SERVICES, EPERM);
		CHECK(fork_and_reap() == 2);
		_exit(7);
	}
	EXPECT_EQ(reap(wid), 7);
}

TEST_HARNESS_MAIN
