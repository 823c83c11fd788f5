/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parser learns of a packet, and the rules of reading one.
 *
 * The entry program says first what a packet is to it: bpf/packet_skb.h (tc) or bpf/packet_xdp.h.
 * Every step behind that is the same for both.
 *
 * Only the linear part of a packet is read, since it is the kernel's own copy: what lies in pages
 * may still be written by the sender (PACKET_TX_RING, MSG_ZEROCOPY), who could change the address
 * after the verdict. Where a header is not linear, packet_pull() copies it first.
 */
#ifndef GABELOU_BPF_PACKET_H
#define GABELOU_BPF_PACKET_H

#if !defined(GABELOU_BPF_PACKET_SKB_H) && !defined(GABELOU_BPF_PACKET_XDP_H)
#error "include bpf/packet_skb.h or bpf/packet_xdp.h first"
#endif

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps/decision.h"
#include "maps/reason.h"

/* All headers that are looked at lie in the first bytes of a packet; what needs more is denied. */
#define HEADERS_MOST 256

/* The way of an allowed TCP or UDP packet should lie in one piece: it shares the instruction cache
 * with all that the kernel does for a packet. */
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* What a parser step says: a reason ends the parse with that verdict. */
#define PARSE_DONE   (-1) /* the destination is known: ask the table */
#define PARSE_PULL   (-2) /* a header is not linear: pull and begin again */
#define PARSE_INSIDE (-3) /* a named tunnel: go on with what it carries */

struct packet {
	__u64 destination_high; /* IPv6, host order */
	__u64 destination_low;
	__u32 destination_v4; /* host order */
	__u16 network;        /* offset of the IP header; 0 with no ethertype: not reached */
	__u16 transport;      /* offset of the transport header; 0: none */
	__u16 ethertype;      /* host order */
	__u8 protocol;
	__u8 outer_udp; /* the tunnel's transport header is UDP's */
	__u16 outer;    /* offset of the tunnel's transport header; 0: not in a tunnel */
	__u16 link;     /* offset of the Ethernet header inside the tunnel; 0: none */
};

/* The answer where a header up to offset @end is not linear: it is absent, or not yet here. */
static __always_inline int packet_short(const context_t *context, __u32 end)
{
	return end > packet_length(context) ? REASON_TRUNCATED : PARSE_PULL;
}

/* Makes the first HEADERS_MOST bytes linear. Invalidates packet pointers. */
static __always_inline bool packet_pull(context_t *context)
{
	__u32 length = packet_length(context);

	return packet_linearize(context, length < HEADERS_MOST ? length : HEADERS_MOST);
}

/* Slow paths: copies @size bytes at @offset, pulling first, so that they come from linear memory.
 * False if they are not there. */
static __always_inline bool packet_copy(context_t *context, __u32 offset, void *to, __u32 size)
{
	if (offset + size > HEADERS_MOST || !packet_pull(context))
		return false;
	return packet_load(context, offset, to, size) == 0;
}

#endif
