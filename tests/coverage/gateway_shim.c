// SPDX-License-Identifier: GPL-2.0-or-later
/* The gateway, compiled for user space. */
#include "tests/coverage/program_shim.h"

#include <errno.h>
#include <string.h>

#include "bpf/gateway.bpf.c"

const bool shim_is_gateway = true;

SHIM_MAPS

/* A program sees one kernel object as two structs, of which each has the fields that it needs at
 * their beginning. So the flag that a packet is in pieces is the lowest bit of the pointer to the
 * queue, and the queue lies at an odd address then. */
void *shim_cast(void *context)
{
	static struct net___own net;
	static struct net_device___own port;
	static struct xdp_rxq_info___own queue;
	static uint8_t queues[sizeof(queue) + 1];
	static struct xdp_buff___own seen;
	bool in_pieces = shim.packet->linear && shim.packet->linear < shim.packet->length;

	(void)context;
	net.ipv4.fib_has_custom_rules = net.ipv6.fib6_has_custom_rules = shim.kernel.has_rules;
	port.rx_handler = shim.kernel.bridged ? &port : NULL;
	port.vlan_info = shim.kernel.has_vlans ? &port : NULL;
	port.nd_net.net = &net;
	queue.dev = &port;
	memcpy(queues + in_pieces, &queue, sizeof(queue));
	seen.rxq = (void *)(queues + in_pieces);
	return &seen;
}

/* net/core/filter.c, bpf_xdp_pull_data (Linux 6.18). */
int shim_xdp_pull(struct xdp_md *xdp, __u32 size)
{
	if (shim_pull_fails() || size > shim.packet->length)
		return -EINVAL;
	if (size <= xdp->data_end - xdp->data)
		return 0;
	xdp->data = xdp->data_meta = (__u32)(uintptr_t)shim_lay(size);
	xdp->data_end = xdp->data + size;
	return 0;
}

int shim_run(const struct shim_packet *packet, bool layer3, uint32_t words[TRIAL_WORDS])
{
	uint32_t linear = packet->linear ? packet->linear : packet->length;
	struct xdp_md xdp = {.ingress_ifindex = packet->from_nowhere ? 0 : 1};

	shim.packet = packet;
	shim.pulls = shim.loads = shim.fields_asked = 0;
	shim.written = (struct shim_written){0};
	xdp.data = xdp.data_meta = (__u32)(uintptr_t)shim_lay(linear);
	xdp.data_end = xdp.data + linear;
	int answer = layer3 ? gateway_layer3(&xdp) : gateway(&xdp);
	if (xdp.data_meta != xdp.data)
		memcpy(words, (void *)(uintptr_t)xdp.data_meta, TRIAL_WORDS * sizeof(*words));
	return answer;
}

void shim_run_unreachable(void)
{
	struct xdp_md nothing = {0};

	parse_ipv6_extensions(NULL, NULL);
	parse_frame(&nothing, NULL);
	shim_unreachable(&nothing);
	parse_frame_layer3(&nothing, NULL);
}
