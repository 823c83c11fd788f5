/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer at a guard: the packet turns into it, and comes in at the interface where it was to
 * leave, as though off the wire. The stack then does what it does with any: it finds the socket, or
 * undoes its address translation and forwards it to who sent it.
 */
#ifndef GABELOU_BPF_ANSWER_SKB_H
#define GABELOU_BPF_ANSWER_SKB_H

#include "bpf/packet.h"

static __always_inline bool answer_goes_back(context_t *skb, __u32 network)
{
	(void)skb, (void)network;
	return true;
}

#include "bpf/answer_draft.h"

/* Of a packet of many segments one is left: the kernel takes that off with the tail. */
static __always_inline bool answer_replace(context_t *skb, const struct answer_draft *draft)
{
	__u32 network = draft->network, size = draft->size;

	barrier_var(size);
	if (size < sizeof(struct iphdr) || size > ANSWER_MOST || network > ANSWER_LINK_MOST)
		return false;
	if (bpf_skb_change_tail(skb, network + size, 0) ||
	    bpf_skb_store_bytes(skb, network, draft->bytes, size, BPF_F_INVALIDATE_HASH))
		return false;
	if (network && bpf_skb_store_bytes(skb, 0, draft->link, 2 * ETH_ALEN, 0))
		return false;
	skb->mark = 0; /* the sender's: it would choose the way of what comes in */
	return true;
}

#endif
