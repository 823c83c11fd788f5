// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCX links. libbpf 1.1 predates TCX: attach types go through it as numbers, and the query, which
 * must name the links, is made by the system call itself.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"

#define TCX_EGRESS    ((enum bpf_attach_type)47) /* BPF_TCX_EGRESS, Linux 6.6 */
#define CHAIN_MOST    64                         /* BPF_MPROG_MAX, kernel/bpf/mprog.c */
#define CHAIN_FIRST   (1u << 3)                  /* BPF_F_BEFORE, and nothing named: all */
#define IFINDEX_FIRST 1                          /* loopback: in every network namespace */

/* The part of union bpf_attr that BPF_PROG_QUERY uses, as of Linux 6.6. */
struct query {
	uint32_t target_ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t prog_ids;
	uint32_t count;
	uint32_t reserved;
	uint64_t prog_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
};

static int query(uint32_t ifindex, uint32_t *programs, uint32_t *links, uint32_t *count)
{
	struct query attr = {
		.target_ifindex = ifindex,
		.attach_type = TCX_EGRESS,
		.prog_ids = (uint64_t)(uintptr_t)programs,
		.link_ids = (uint64_t)(uintptr_t)links,
		.count = *count,
	};

	if (syscall(__NR_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return -errno;
	*count = attr.count;
	return 0;
}

bool tcx_supported(void)
{
	uint32_t count = 0;
	int error = query(IFINDEX_FIRST, NULL, NULL, &count);

	return error == 0 || error == -ENOENT;
}

int tcx_find(uint32_t ifindex, struct own_link own[OWN_MOST], size_t *count)
{
	uint32_t programs[CHAIN_MOST] = {0}, links[CHAIN_MOST] = {0}, chain = CHAIN_MOST;
	int error = query(ifindex, programs, links, &chain);

	*count = 0;
	if (error == -ENOENT || (error == -EINVAL && !tcx_supported()))
		return 0;
	if (error)
		return error;
	for (uint32_t i = 0; i < chain && i < CHAIN_MOST && *count < OWN_MOST; i++)
		if (links[i] && program_is_ours(programs[i]))
			own[(*count)++] = (struct own_link){links[i], programs[i]};
	return 0;
}

static bool link_info(int link, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(link, info, &size) == 0;
}

/* The pin opens without CAP_SYS_ADMIN; the id opens without a pin. */
int tcx_open(const struct kernel *kernel, uint32_t ifindex, uint32_t link)
{
	char path[PATH_SIZE];
	struct bpf_link_info info;
	int pinned = path_join(path, kernel->pins, "link-%u", ifindex);

	if (!pinned)
		pinned = bpf_obj_get(path);
	if (pinned >= 0 && link_info(pinned, &info) && info.id == link)
		return pinned;
	if (pinned >= 0)
		close(pinned);
	return bpf_link_get_fd_by_id(link);
}

int tcx_create(int program, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = CHAIN_FIRST);

	return bpf_link_create(program, (int)ifindex, TCX_EGRESS, &options);
}

int tcx_update(int link, int program, int previous)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (__u32)previous);

	return bpf_link_update(link, program, &options);
}

int tcx_pin(const struct kernel *kernel, uint32_t ifindex, int link)
{
	char path[PATH_SIZE];
	struct bpf_link_info ours, pinned;
	int error = path_join(path, kernel->pins, "link-%u", ifindex);

	if (error)
		return error;
	error = bpf_obj_pin(link, path);
	if (error != -EEXIST)
		return error;
	int other = bpf_obj_get(path);
	bool same = other >= 0 && link_info(link, &ours) && link_info(other, &pinned) &&
		    ours.id == pinned.id;
	if (other >= 0)
		close(other);
	if (same)
		return 0;
	/* Of a link that is gone, or of an interface that had this number before. */
	if (unlink(path))
		return -errno;
	return bpf_obj_pin(link, path);
}

int tcx_remove(const struct kernel *kernel, uint32_t ifindex, uint32_t link)
{
	int fd = tcx_open(kernel, ifindex, link);

	if (fd < 0)
		return fd;
	int error = bpf_link_detach(fd);
	close(fd);
	return error;
}

/* A link whose interface went away stays, at no interface. */
static bool pin_is_dead(const char *path)
{
	struct bpf_link_info info;
	int link = bpf_obj_get(path);

	if (link < 0)
		return false;
	/* xdp and tcx have the interface at the same place of the union. */
	bool dead = link_info(link, &info) && info.xdp.ifindex == 0;
	close(link);
	return dead;
}

size_t tcx_unpin(const struct kernel *kernel, bool all)
{
	DIR *directory = opendir(kernel->pins);
	struct dirent *entry;
	size_t removed = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		char path[PATH_SIZE];

		if (strncmp(entry->d_name, "link-", 5) != 0 ||
		    path_join(path, kernel->pins, "%s", entry->d_name))
			continue;
		if ((all || pin_is_dead(path)) && unlink(path) == 0)
			removed++;
	}
	closedir(directory);
	return removed;
}
