/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer at a gateway: the frame turns into it, and leaves by the port where it came in. */
#ifndef GABELOU_BPF_ANSWER_XDP_H
#define GABELOU_BPF_ANSWER_XDP_H

#include "bpf/own.h"

/* Where VLANs stand on the port, a tag may have been taken off that we do not see: without it the
 * answer would go to another network. */
static __always_inline bool answer_goes_back(context_t *xdp, __u32 network)
{
	if (network == ETH_HLEN + 4 || !packet_is_shown())
		return true;
	const struct xdp_buff___own *seen = bpf_cast_to_kern_ctx(xdp);
	const struct net_device___own *port = seen->rxq->dev;
	return !bpf_core_field_exists(port->vlan_info) || !port->vlan_info;
}

#include "bpf/answer_draft.h"

/* All is written anew, so it does not matter at which end there is room. */
static __always_inline bool answer_resize(context_t *xdp, __u32 size)
{
	int more = (int)(size - packet_length(xdp));

	if (!more || bpf_xdp_adjust_tail(xdp, more) == 0)
		return true;
	return more > 0 && bpf_xdp_adjust_head(xdp, -more) == 0;
}

static __always_inline bool answer_replace(context_t *xdp, struct answer_draft *draft)
{
	__u32 network = draft->network, size = draft->size;

	barrier_var(size);
	if (size < sizeof(struct iphdr) || size > ANSWER_MOST || network > ANSWER_LINK_MOST)
		return false;
	if (!answer_resize(xdp, network + size) ||
	    bpf_xdp_store_bytes(xdp, network, draft->bytes, size))
		return false;
	if (network == ANSWER_LINK_MOST)
		return bpf_xdp_store_bytes(xdp, 0, draft->link, ANSWER_LINK_MOST) == 0;
	return !network || bpf_xdp_store_bytes(xdp, 0, draft->link, ETH_HLEN) == 0;
}

#endif
