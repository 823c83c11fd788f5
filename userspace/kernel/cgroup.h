/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cgroups (version 2), and what of ours is attached to them. */
#ifndef GABELOU_KERNEL_CGROUP_H
#define GABELOU_KERNEL_CGROUP_H

#include "userspace/kernel/sockets.h"

/* Where the hierarchy is mounted, of /proc/self/mounts. -ENOENT: nowhere. */
int cgroup_root(char path[PATH_SIZE]);

/*
 * The cgroup whose sockets the options want hooked, or NULL in *why; else why there is none, for
 * people. A network namespace has no cgroup of its own: of the machine's first one the processes
 * are anywhere, so the root is right; of another one the policy has to say.
 */
void cgroup_wanted(const struct kernel_options *options, char path[PATH_SIZE], const char **why);

/* Opens the folder, and says its id. -ENOTDIR if it is no cgroup2, or another -errno. */
int cgroup_open(const char *path, uint64_t *id);

/* A link of ours on a cgroup. */
struct cgroup_link {
	uint32_t link;
	uint32_t program;
	uint64_t cgroup; /* id */
	enum socket_hook hook;
};

#define CGROUP_LINKS_MOST 64

/* All that belong to this network namespace, by asking the kernel, on whatever cgroup. */
size_t cgroup_links(const struct kernel *kernel, struct cgroup_link found[CGROUP_LINKS_MOST]);

/* Makes a link, or takes @existing (NULL: there is none) to the program; and pins it. */
int cgroup_attach(const struct kernel *kernel, int cgroup, enum socket_hook hook, int program,
		  const struct cgroup_link *existing);
int cgroup_detach(const struct kernel *kernel, const struct cgroup_link *link);

#endif
