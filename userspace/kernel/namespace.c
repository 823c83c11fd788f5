// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which namespaces are pid 1's. /proc/1/ns answers that, but may be closed even to root (another
 * process's capabilities, a container): then what /proc shows of pid 1 is compared instead. Mount
 * ids and the inodes under /proc/PID/net are unique over the whole machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/kernel/message.h"
#include "userspace/kernel/place.h"

enum same { SAME_NO, SAME_YES, SAME_UNKNOWN };

static enum same same_inode(const char *a, const char *b)
{
	struct stat first, second;

	if (stat(a, &first) || stat(b, &second))
		return SAME_UNKNOWN;
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino ? SAME_YES : SAME_NO;
}

bool kernel_in_initial_namespace(void)
{
	enum same same = same_inode("/proc/1/ns/net", "/proc/self/ns/net");

	if (same == SAME_UNKNOWN)
		same = same_inode("/proc/1/net/dev", "/proc/self/net/dev");
	return same != SAME_NO; /* in doubt the answer that makes callers careful */
}

/* The mount id of a process's root directory; -1: not known (proc_pid_mountinfo(5)). */
static long root_mount(const char *process)
{
	char path[64], line[4096], point[256];
	long mount, found = -1;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", process);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	/* The last one counts: what is mounted over the root hides it. */
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%ld %*d %*s %*s %255s", &mount, point) == 2 &&
		    strcmp(point, "/") == 0)
			found = mount;
	fclose(file);
	return found;
}

static bool same_mounts(const char *process, const char *other)
{
	char path[64], other_path[64];
	enum same same;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	snprintf(other_path, sizeof(other_path), "/proc/%s/ns/mnt", other);
	same = same_inode(path, other_path);
	if (same == SAME_UNKNOWN) {
		long root = root_mount(process);

		same = root >= 0 && root == root_mount(other) ? SAME_YES : SAME_NO;
	}
	return same == SAME_YES;
}

static bool enter_mounts_of(const char *process)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	int mounts = open(path, O_RDONLY | O_CLOEXEC);
	if (mounts < 0)
		return false;
	bool entered = setns(mounts, CLONE_NEWNS) == 0;
	int saved = errno;
	close(mounts);
	errno = saved;
	return entered;
}

int place_enter(struct diagnostics *diagnostics)
{
	if (same_mounts("1", "self"))
		return 0;
	if (enter_mounts_of("1"))
		return 0;
	int reason = errno;
	/* kthreadd shares the first mount namespace and lets root in where pid 1 does not. */
	if (same_mounts("1", "2") && enter_mounts_of("2"))
		return 0;
	return message(diagnostics, -EPERM,
		       "this process is in a mount namespace of its own, and pid 1's cannot be "
		       "entered (%s): a guard pinned here would end with it; run gabelou outside "
		       "(for a network namespace use nsenter --net, not ip netns exec)",
		       strerror(reason));
}
