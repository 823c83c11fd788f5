/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard hands on, counted by interface: see maps/books.h. */
#ifndef GABELOU_BPF_BOOKS_H
#define GABELOU_BPF_BOOKS_H

#include <linux/if_ether.h>
#include <linux/in.h>

#include "bpf/likely.h"
#include "bpf/packet_skb.h"
#include "maps/books.h"

/* Shared by all generations of a network namespace (reused by pin). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BOOKS_SLOTS);
	__type(key, __u32);
	__type(value, struct book);
} books SEC(".maps");

/* A packet of a kind of its own: what others made of it is not known. */
static __always_inline enum book_gso books_kind(const context_t *skb, const struct packet *packet)
{
	if (skb->ingress_ifindex || !skb->gso_segs || packet->outer)
		return BOOK_OTHER;
	if (packet->protocol == IPPROTO_UDP)
		return BOOK_UDP;
	if (packet->protocol != IPPROTO_TCP)
		return BOOK_OTHER;
	return packet->ethertype == ETH_P_IP ? BOOK_TCP4 : BOOK_TCP6;
}

static __always_inline void books_enter_segments(const context_t *skb, struct book *book,
						 const struct packet *packet)
{
	__u64 more = skb->gso_segs ? skb->gso_segs - 1 : skb->len / skb->gso_size;

	book->segments_more[books_kind(skb, packet)] += more;
}

static __always_inline void books_enter(const context_t *skb, const struct packet *packet)
{
	__u32 slot = BOOKS_SLOT(skb->ifindex);
	struct book *book = bpf_map_lookup_elem(&books, &slot);

	if (unlikely(!book))
		return;
	book->packets++;
	if (unlikely(packet_is_gso(skb)))
		books_enter_segments(skb, book, packet);
}

#endif
