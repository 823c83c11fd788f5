// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XDP links. An interface has one XDP program and no more: there is no chain, so a foreign one is
 * never touched. Native XDP where the driver has it, else generic.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"

int xdp_find(uint32_t ifindex, struct xdp_found *found)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, options);
	int error = bpf_xdp_query((int)ifindex, 0, &options);

	*found = (struct xdp_found){.hook = HOOK_XDP};
	if (error)
		return error;
	found->program = options.drv_prog_id   ? options.drv_prog_id
			 : options.skb_prog_id ? options.skb_prog_id
			 : options.hw_prog_id  ? options.hw_prog_id
					       : options.prog_id;
	if (options.skb_prog_id && options.skb_prog_id == found->program)
		found->hook = HOOK_XDP_GENERIC;
	found->ours = found->program && program_is_ours(found->program);
	return 0;
}

void xdp_name(uint32_t program, char name[XDP_NAME_SIZE])
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(program);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
		memcpy(name, info.name, XDP_NAME_SIZE);
	close(fd);
}

static bool runs(int link, uint32_t ifindex, uint32_t program)
{
	struct bpf_link_info info;

	return link_info(link, &info) && info.type == BPF_LINK_TYPE_XDP &&
	       info.prog_id == program && info.xdp.ifindex == ifindex;
}

/* The pin opens without CAP_SYS_ADMIN; without a pin every link of the machine is looked at, since
 * an interface does not name its own. */
int xdp_open(const struct kernel *kernel, uint32_t ifindex, uint32_t program)
{
	int link = link_open_pin(kernel, HOOK_XDP, ifindex);
	__u32 id = 0;

	if (link >= 0 && runs(link, ifindex, program))
		return link;
	if (link >= 0)
		close(link);
	while (bpf_link_get_next_id(id, &id) == 0) {
		link = bpf_link_get_fd_by_id(id);
		if (link >= 0 && runs(link, ifindex, program))
			return link;
		if (link >= 0)
			close(link);
	}
	return errno == ENOENT ? -ENOLINK : -errno;
}

static int create(int program, uint32_t ifindex, uint32_t mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);

	return bpf_link_create(program, (int)ifindex, BPF_XDP, &options);
}

/* What has nothing to do with the driver: generic XDP would be refused, too. */
static bool is_final(int error)
{
	return error == -EPERM || error == -EBUSY || error == -EEXIST || error == -ENODEV ||
	       error == -ENOMEM;
}

int xdp_create(int program, uint32_t ifindex, enum hook *hook, int *why)
{
	int link = create(program, ifindex, XDP_FLAGS_DRV_MODE);

	*hook = HOOK_XDP;
	if (link >= 0 || is_final(link))
		return link;
	*hook = HOOK_XDP_GENERIC;
	*why = link;
	return create(program, ifindex, XDP_FLAGS_SKB_MODE);
}

int xdp_remove(const struct kernel *kernel, uint32_t ifindex)
{
	struct xdp_found found;
	int error = xdp_find(ifindex, &found);

	if (error)
		return error;
	if (!found.ours)
		return -ENOENT;
	int link = xdp_open(kernel, ifindex, found.program);
	if (link < 0)
		return link;
	error = bpf_link_detach(link);
	close(link);
	return error;
}
