/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an answer is written until it takes the place of the packet. */
#ifndef GABELOU_BPF_ANSWER_DRAFT_H
#define GABELOU_BPF_ANSWER_DRAFT_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_helpers.h>

#include "maps/answer.h"

#define ANSWER_ICMP_SIZE    8                          /* ahead of what is quoted */
#define ANSWER_QUOTE_LEAST  (sizeof(struct iphdr) + 8) /* RFC 792 */
#define ANSWER_LINK_MOST    18                         /* Ethernet with a tag */
#define ANSWER_MESSAGE_MOST (ANSWER_ICMP_SIZE + ANSWER_QUOTE_MOST)
#define ANSWER_MOST         (sizeof(struct ipv6hdr) + ANSWER_MESSAGE_MOST)
#define CHECKSUM_SETTLED    0xffffffff /* packet_unsettled() */

struct answer_draft {
	__u8 bytes[ANSWER_MOST]; /* from the IP header on */
	__u32 size;              /* of them in use */
	__u32 network;           /* where they begin in the frame */
	__u32 pair;              /* sender and destination, mixed */
	__u8 link[ANSWER_LINK_MOST + 2];
};

/* One for each CPU, as report_drafts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct answer_draft);
} answer_drafts SEC(".maps");

static __always_inline struct answer_draft *answer_drafted(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&answer_drafts, &zero);
}

/* The link header, the other way round. False: the frame was to a group of hosts (RFC 1122, 3.2.2),
 * or is none that can be turned round. */
static __always_inline bool answer_link(context_t *context, __u32 network,
					struct answer_draft *draft)
{
	__u8 sent[ANSWER_LINK_MOST] = {};

	if (!network)
		return true;
	if (network == ANSWER_LINK_MOST) {
		if (packet_load(context, 0, sent, ANSWER_LINK_MOST))
			return false;
	} else if (network != ETH_HLEN || packet_load(context, 0, sent, ETH_HLEN)) {
		return false;
	}
	if ((sent[0] | sent[ETH_ALEN]) & 1 || !answer_goes_back(context, network))
		return false;
	__builtin_memcpy(draft->link, sent, sizeof(sent));
	__builtin_memcpy(draft->link, sent + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(draft->link + ETH_ALEN, sent, ETH_ALEN);
	return true;
}

#endif
