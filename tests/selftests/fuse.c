// SPDX-License-Identifier: GPL-2.0
/*
 * Whose a lock is, as a FUSE server in a space says, is a number in that space.
 *
 * model: Numbers on demand
 */

#include "space.h"
#include <linux/fuse.h>
#include <sys/stat.h>
#include "harness.h"

/* The number that a member has, and a process of the root too. */
#define TWIN	7777

/* A file that is the whole of a file system. */
#define FILE_SYSTEM "/run/fuse"

union answer {
	struct fuse_init_out init;
	struct fuse_attr_out attributes;
	struct fuse_open_out open;
	struct fuse_lk_out lock;
};

/* No answer is waited for. */
#define NOTHING	1

/* What to say to a request: the size of the answer, which is even, or an error. */
static int answer_to(const struct fuse_in_header *request, union answer *answer)
{
	*answer = (union answer){};
	switch (request->opcode) {
	case FUSE_INIT:
		answer->init.major = FUSE_KERNEL_VERSION;
		answer->init.minor = FUSE_KERNEL_MINOR_VERSION;
		answer->init.flags = FUSE_POSIX_LOCKS;
		answer->init.max_write = 4096;
		return sizeof(answer->init);
	case FUSE_GETATTR:
		answer->attributes.attr.ino = FUSE_ROOT_ID;
		answer->attributes.attr.mode = S_IFREG | 0600;
		answer->attributes.attr.nlink = 1;
		return sizeof(answer->attributes);
	case FUSE_OPEN:
		return sizeof(answer->open);
	case FUSE_GETLK:
		/* It is all the twin's. */
		answer->lock.lk.end = INT64_MAX;
		answer->lock.lk.type = F_WRLCK;
		answer->lock.lk.pid = TWIN;
		return sizeof(answer->lock);
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return 0;
	case FUSE_FORGET:
	case FUSE_INTERRUPT:
		return NOTHING;
	default:
		return -EOPNOTSUPP;
	}
}

/* Answer requests until the file system is gone. */
static void __attribute__((noreturn)) serve(int device)
{
	static char request[65536];

	while (read(device, request, sizeof(request)) > 0) {
		const struct fuse_in_header *header = (void *)request;
		struct {
			struct fuse_out_header header;
			union answer body;
		} answer = {};
		int said = answer_to(header, &answer.body);

		if (said == NOTHING)
			continue;
		answer.header.unique = header->unique;
		answer.header.error = said < 0 ? said : 0;
		answer.header.len = sizeof(answer.header) + (said > 0 ? said : 0);
		/* A release is not waited for: the file system may be gone. */
		CHECK(write(device, &answer, answer.header.len) == answer.header.len ||
		      (header->opcode == FUSE_RELEASE && errno == ENOENT));
	}
	CHECK(errno == ENODEV);
	_exit(0);
}

/* Mount it, and fork who serves it: a process in the caller's space. */
static pid_t server_new(void)
{
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC), fd;
	char options[128];
	pid_t server;

	CHECK(device >= 0);
	fd = open(FILE_SYSTEM, O_CREAT | O_RDONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	snprintf(options, sizeof(options), "fd=%d,rootmode=100600,user_id=0,group_id=0",
		 device);
	CHECK(!mount("fuse", FILE_SYSTEM, "fuse", 0, options));
	server = fork_child();
	if (!server)
		serve(device);
	close(device);
	return server;
}

/* Who has the lock, to the caller. */
static pid_t holder(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(FILE_SYSTEM, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!fcntl(fd, F_GETLK, &lock));
	CHECK(lock.l_type == F_WRLCK);
	close(fd);
	return lock.l_pid;
}

TEST(a_server_in_a_space_tells_of_members)
{
	struct gate ready = gate_new(), seen = gate_new();
	pid_t root_twin = idle_as(TWIN), wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid) {
		pid_t server = server_new();

		/* There is none yet. */
		CHECK(holder() == 0);
		idle_as(TWIN);
		CHECK(holder() == TWIN);
		gate_pass(&ready, 0);
		gate_wait(&seen);
		CHECK(!umount2(FILE_SYSTEM, 0));
		_exit(reap(server));
	}
	gate_wait(&ready);
	/* The member has no number here, and it is not its twin. */
	EXPECT_EQ(holder(), 0);
	gate_pass(&seen, 0);
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(end(root_twin), BY_SIGNAL(SIGKILL));
}

TEST(a_server_in_the_root_tells_of_the_root)
{
	pid_t server = server_new(), root_twin = idle_as(TWIN), wid;

	EXPECT_EQ(holder(), TWIN);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid) {
		idle_as(TWIN);
		CHECK(holder() == 0);
		_exit(0);
	}
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(umount2(FILE_SYSTEM, 0), 0);
	EXPECT_EQ(reap(server), 0);
	EXPECT_EQ(end(root_twin), BY_SIGNAL(SIGKILL));
}

TEST_HARNESS_MAIN
