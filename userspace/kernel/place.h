/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are kept: the mount namespace, the pins, the records, the locks. */
#ifndef GABELOU_KERNEL_PLACE_H
#define GABELOU_KERNEL_PLACE_H

#include "userspace/base/aside.h"
#include "userspace/kernel/kernel.h"

#define PLACE_BPFFS "/sys/fs/bpf"
#define PLACE_PINS  PLACE_BPFFS "/gabelou"
#define PLACE_STATE "/var/lib/gabelou"
#define PATH_SIZE   256

struct kernel {
	enum kernel_access access;
	uint64_t cookie;           /* of the network namespace */
	char pins[PATH_SIZE];      /* /sys/fs/bpf/gabelou/ns-COOKIE */
	char state[PATH_SIZE];     /* /var/lib/gabelou/ns-COOKIE */
	int lock;                  /* -1: KERNEL_READ */
	bool whole;                /* what is in force is on every interface, as the record says */
	struct backstop *backstop; /* kept from its first change to the end; NULL: not yet */
	struct aside last_packet;  /* of the generation that was in force: waiting for it */
};

/* Moves this process into the mount namespace of pid 1, where pins outlast it. */
int place_enter(struct diagnostics *diagnostics);

/* SO_NETNS_COOKIE (Linux 5.14): unlike an inode number it is never used twice. */
int place_cookie(uint64_t *cookie, struct diagnostics *diagnostics);

/* Mounts bpffs where there is none and makes the directories, both of mode 0700. */
int place_make(struct kernel *kernel, struct diagnostics *diagnostics);

/* Takes the lock file "@state/@name", waiting at most @wait_ms, and leaves our pid in it. Returns
 * its file descriptor, or -EBUSY or another -errno with a message that begins with @who. */
int lock_take(const struct kernel *kernel, const char *name, int wait_ms, const char *who,
	      struct diagnostics *diagnostics);

/* "@directory/@format..." into @path; -ENAMETOOLONG. */
int path_join(char path[PATH_SIZE], const char *directory, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Removes a directory of pins or records and what lies in it, one level deep. Absent: success. */
int directory_remove(const char *path);

#endif
