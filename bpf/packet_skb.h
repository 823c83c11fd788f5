/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet as tc has it, on its way out. */
#ifndef GABELOU_BPF_PACKET_SKB_H
#define GABELOU_BPF_PACKET_SKB_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "bpf/checksum.h"
#include "bpf/neighbour.h"
#include "bpf/scope_cgroup.h"
#include "bpf/scope_nat.h"
#include "maps/event.h"

typedef struct __sk_buff context_t;

#define PACKET_TOLD   1 /* the kernel was told a protocol beside the frame */
#define PACKET_PADDED 0 /* the link's padding (IEEE 802.3) is yet to come */
#define PACKET_FLAGS  0 /* of its events: enum event_flag */

static __always_inline void *packet_data(const context_t *skb)
{
	return (void *)(long)skb->data;
}

/* Of the linear part. */
static __always_inline void *packet_end(const context_t *skb)
{
	return (void *)(long)skb->data_end;
}

static __always_inline __u32 packet_length(const context_t *skb)
{
	return skb->len;
}

static __always_inline __u32 packet_interface(const context_t *skb)
{
	return skb->ifindex;
}

/* Many segments in one, as the kernel builds them. */
static __always_inline bool packet_is_gso(const context_t *skb)
{
	return skb->gso_size != 0;
}

/* On the wire a GSO packet is many. */
static __always_inline __u64 packet_count(const context_t *skb)
{
	return skb->gso_segs ? skb->gso_segs : 1;
}

/* With the headers of every segment, where the kernel has counted them. */
static __always_inline __u64 packet_bytes(const context_t *skb)
{
	return skb->wire_len ? skb->wire_len : skb->len;
}

/* The protocol that the kernel was told, whatever the frame says (@ethertype). */
static __always_inline __be16 packet_told(const context_t *skb, __be16 ethertype)
{
	(void)ethertype;
	return (__be16)skb->protocol;
}

/* A VLAN tag may stand beside the frame. */
static __always_inline bool packet_tag_beside(const context_t *skb)
{
	return skb->vlan_present;
}

static __always_inline bool packet_linearize(context_t *skb, __u32 size)
{
	return bpf_skb_pull_data(skb, size) == 0;
}

/* Where something will still be written after the verdict: a checksum. */
static __always_inline __u32 packet_unsettled(const context_t *skb)
{
	return checksum_place((context_t *)skb);
}

/* Is there no router between us and this address? An IPv4 one is in @low. Slow. */
static __always_inline bool packet_neighbour(context_t *skb, bool v4, __u64 high, __u64 low)
{
	return neighbour_on_link(skb, v4, high, low);
}

static __always_inline long packet_load(const context_t *skb, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(skb, offset, to, size);
}

/* As the hooks on sockets know it; without them the user alone is known. */
static __always_inline void packet_sender(context_t *skb, void *senders, struct sender *sender)
{
	struct bpf_sock *sk = skb->sk ? bpf_sk_fullsock(skb->sk) : NULL;
	const struct sender *known = sk ? bpf_sk_storage_get(senders, sk, NULL, 0) : NULL;

	if (known)
		*sender = *known;
	else if (sk)
		sender->user = bpf_get_socket_uid(skb);
}

/* By what it came in to be forwarded; 0: it was made here. */
static __always_inline __u32 packet_came_in(const context_t *skb)
{
	return skb->ingress_ifindex;
}

static __always_inline bool packet_is_sent(const context_t *skb)
{
	return skb->sk;
}

/* Of the socket that sent it; 0: there is none. */
static __always_inline __u64 packet_cgroup(context_t *skb)
{
	return scope_cgroup(skb);
}

#define SCOPE_CONTEXT              context_t
#define SCOPE_ANCESTOR(skb, level) bpf_skb_ancestor_cgroup_id(skb, level)

static __always_inline int packet_before_nat(context_t *skb, bool v4, struct scope_address *source)
{
	return scope_before_nat(skb, v4, source);
}

#include "bpf/packet.h"

#endif
