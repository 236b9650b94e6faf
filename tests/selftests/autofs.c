// SPDX-License-Identifier: GPL-2.0
/*
 * An automount daemon serves those below it, and tells no number that they lack.
 *
 * model: Numbers
 */

#include "space.h"
#include <linux/auto_fs.h>
#include <sys/stat.h>
#include "harness.h"

#define MOUNT_POINT	"/tmp/auto"

/* A number that nobody in the root has. */
#define MEMBER	7777

/* Serve one request, then end. Tell when ready, and whose request it was. */
static void __attribute__((noreturn)) serve(struct gate *ready,
					    struct gate *requester)
{
	union autofs_v5_packet_union packet;
	char options[128], path[512];
	int requests[2], root;

	CHECK(!setpgid(0, 0));
	CHECK(!pipe2(requests, O_DIRECT));
	snprintf(options, sizeof(options),
		 "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", requests[1],
		 getpgrp());
	CHECK(!mkdir(MOUNT_POINT, 0755) || errno == EEXIST);
	CHECK(!mount("automount", MOUNT_POINT, "autofs", 0, options));
	close(requests[1]);
	root = open(MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
	gate_pass(ready, 0);

	CHECK(read(requests[0], &packet, sizeof(packet)) > 0);
	CHECK(packet.hdr.type == autofs_ptype_missing_indirect);
	CHECK(packet.v5_packet.pid == packet.v5_packet.tgid);
	gate_pass(requester, packet.v5_packet.pid);
	snprintf(path, sizeof(path), MOUNT_POINT "/%s", packet.v5_packet.name);
	CHECK(!mkdir(path, 0755));
	CHECK(!mount("home", path, "tmpfs", 0, NULL));
	CHECK(!ioctl(root, AUTOFS_IOC_READY,
		     packet.v5_packet.wait_queue_token));
	_exit(0);
}

/* Ask for a mount: 0 or -errno. */
static int ask(void)
{
	struct stat status;

	return stat(MOUNT_POINT "/home/", &status) ? -errno : 0;
}

static pid_t daemon_new(struct gate *ready, struct gate *requester)
{
	pid_t daemon = fork_child();

	if (!daemon)
		serve(ready, requester);
	gate_wait(ready);
	return daemon;
}

TEST(a_member_gets_a_mount_of_a_daemon_above)
{
	struct gate ready = gate_new(), requester = gate_new();
	pid_t daemon = daemon_new(&ready, &requester);

	IN(fork_space()) {
		pid_t member = fork_as(0, TIDS(MEMBER));

		CHECK(member >= 0);
		if (!member)
			_exit(-ask());
		CHECK(!reap(member));
	}
	/* The daemon has no number for it. */
	EXPECT_EQ(gate_wait(&requester), 0);
	EXPECT_EQ(reap(daemon), 0);
	EXPECT_EQ(umount2(MOUNT_POINT, MNT_DETACH), 0);
}

TEST(an_init_is_told_by_its_wid)
{
	struct gate ready = gate_new(), requester = gate_new();
	pid_t daemon = daemon_new(&ready, &requester), wid = fork_space();

	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(-ask());
	EXPECT_EQ(reap(wid), 0);
	EXPECT_EQ(gate_wait(&requester), wid);
	EXPECT_EQ(reap(daemon), 0);
	EXPECT_EQ(umount2(MOUNT_POINT, MNT_DETACH), 0);
}

/* As in pid namespaces that are not inside the daemon's. */
TEST(a_member_of_a_space_beside_the_daemon_is_refused)
{
	struct gate ready = gate_new(), requester = gate_new();
	pid_t servers = fork_space(), wid;

	ASSERT_GE(servers, 0);
	if (!servers)
		serve(&ready, &requester);
	gate_wait(&ready);
	wid = fork_space();
	ASSERT_GE(wid, 0);
	if (!wid)
		_exit(-ask());
	EXPECT_EQ(reap(wid), ENOENT);
	EXPECT_EQ(end(servers), BY_SIGNAL(SIGKILL));
	EXPECT_EQ(umount2(MOUNT_POINT, MNT_DETACH), 0);
}

TEST_HARNESS_MAIN
