// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCX links. libbpf 1.1 predates TCX: attach types go through it as numbers, and the query, which
 * must name the links, is made by the system call itself.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"

#define TCX_INGRESS   ((enum bpf_attach_type)46) /* BPF_TCX_INGRESS, Linux 6.6 */
#define TCX_EGRESS    ((enum bpf_attach_type)47) /* BPF_TCX_EGRESS */
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

static enum bpf_attach_type type_of(enum hook hook)
{
	return hook == HOOK_TCX_INGRESS ? TCX_INGRESS : TCX_EGRESS;
}

static int query(enum hook hook, uint32_t ifindex, uint32_t *programs, uint32_t *links,
		 uint32_t *count)
{
	struct query attr = {
		.target_ifindex = ifindex,
		.attach_type = type_of(hook),
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
	int error = query(HOOK_TCX, IFINDEX_FIRST, NULL, NULL, &count);

	return error == 0 || error == -ENOENT;
}

int tcx_find_at(enum hook hook, uint32_t ifindex, struct own_link own[OWN_MOST], size_t *count)
{
	uint32_t programs[TCX_CHAIN_MOST] = {0}, links[TCX_CHAIN_MOST] = {0},
		 chain = TCX_CHAIN_MOST;
	int error = query(hook, ifindex, programs, links, &chain);

	*count = 0;
	if (error == -ENOENT || (error == -EINVAL && !tcx_supported()))
		return 0;
	if (error)
		return error;
	for (uint32_t i = 0; i < chain && i < TCX_CHAIN_MOST && *count < OWN_MOST; i++)
		if (links[i] && program_is_ours(programs[i]))
			own[(*count)++] = (struct own_link){links[i], programs[i]};
	return 0;
}

int tcx_find(uint32_t ifindex, struct own_link own[OWN_MOST], size_t *count)
{
	return tcx_find_at(HOOK_TCX, ifindex, own, count);
}

int tcx_chain(uint32_t ifindex, uint32_t programs[TCX_CHAIN_MOST], size_t *count)
{
	uint32_t links[TCX_CHAIN_MOST], chain = TCX_CHAIN_MOST;
	int error = query(HOOK_TCX, ifindex, programs, links, &chain);

	*count = error ? 0 : chain;
	return error == -ENOENT ? 0 : error;
}

/* The pin opens without CAP_SYS_ADMIN; the id opens without a pin. */
int tcx_open_at(const struct kernel *kernel, enum hook hook, uint32_t ifindex, uint32_t link)
{
	struct bpf_link_info info;
	int pinned = link_open_pin(kernel, hook, ifindex);

	if (pinned >= 0 && link_info(pinned, &info) && info.id == link)
		return pinned;
	if (pinned >= 0)
		close(pinned);
	return bpf_link_get_fd_by_id(link);
}

int tcx_open(const struct kernel *kernel, uint32_t ifindex, uint32_t link)
{
	return tcx_open_at(kernel, HOOK_TCX, ifindex, link);
}

int tcx_create(enum hook hook, int program, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = CHAIN_FIRST);

	return bpf_link_create(program, (int)ifindex, type_of(hook), &options);
}

int tcx_remove(const struct kernel *kernel, enum hook hook, uint32_t ifindex, uint32_t link)
{
	int fd = tcx_open_at(kernel, hook, ifindex, link);

	if (fd < 0)
		return fd;
	int error = bpf_link_detach(fd);
	close(fd);
	return error;
}
