/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checksum that is still to be filled in, by the link or just before it, is written after the
 * verdict, at a place that whoever made the packet has named: a packet socket or a guest's virtual
 * network card (the virtio header's csum_start and csum_offset) may name the destination address,
 * and choose the sum so that it becomes another one. So the place must lie behind all that the
 * verdict was read from.
 */
#ifndef GABELOU_BPF_CHECKSUM_H
#define GABELOU_BPF_CHECKSUM_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/config.h"

#define CHECKSUM_PARTIAL 3 /* <linux/skbuff.h> */

/* The kernel's own view of the packet, as much of it as is needed. */
struct sk_buff___checksum {
	unsigned char *head;
	unsigned char *data;
	__u16 csum_start; /* from the head */
	__u16 csum_offset;
	__u8 ip_summed : 2;
} __attribute__((preserve_access_index));

void *bpf_cast_to_kern_ctx(void *skb) __ksym __weak;

#define CHECKSUM_NOWHERE 0xffffffff

/* Before Linux 6.2 nothing shows a program the kernel's view, and it asks for copies: what it calls
 * its context is the address of that view all the same. */
static __noinline __u32 checksum_place_copied(struct __sk_buff *skb)
{
	const struct sk_buff___checksum *seen = (void *)skb;

	if (BPF_CORE_READ_BITFIELD_PROBED(seen, ip_summed) != CHECKSUM_PARTIAL)
		return CHECKSUM_NOWHERE;
	__u32 headroom =
		(__u32)((__u64)BPF_CORE_READ(seen, data) - (__u64)BPF_CORE_READ(seen, head));
	return (__u32)BPF_CORE_READ(seen, csum_start) + BPF_CORE_READ(seen, csum_offset) - headroom;
}

/* Where in the packet a checksum will still be written. */
static __always_inline __u32 checksum_place(struct __sk_buff *skb)
{
	if (config.without & WITHOUT_CONTEXT || !bpf_cast_to_kern_ctx)
		return config.without & WITHOUT_READS ? CHECKSUM_NOWHERE
						      : checksum_place_copied(skb);
	const struct sk_buff___checksum *seen = bpf_cast_to_kern_ctx(skb);
	if (BPF_CORE_READ_BITFIELD(seen, ip_summed) != CHECKSUM_PARTIAL)
		return CHECKSUM_NOWHERE;
	__u32 headroom = (__u32)((__u64)seen->data - (__u64)seen->head);
	return (__u32)seen->csum_start + seen->csum_offset - headroom;
}

#endif
