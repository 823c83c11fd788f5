/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scope of a packet's sender, as the number of the scope's first row.
 *
 * Who that may be, what a packet is to the entry program says (bpf/packet_*.h):
 *
 *   packet_came_in(context)   ifindex of what it came in by; 0: it was made here
 *   packet_is_sent(context)   by a socket
 *   packet_cgroup(context)    id of the cgroup of that socket; 0: not known
 *   packet_before_nat(...)    its source, where a NAT has changed it
 */
#ifndef GABELOU_BPF_SCOPE_H
#define GABELOU_BPF_SCOPE_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/packet.h"
#include "bpf/scope_walk.h"

/* What was made here and is nobody's may have come in by anything: out of a tunnel, say. */
static __always_inline __u32 scope_by_interface(context_t *context)
{
	__u32 ifindex = packet_came_in(context), slot = SCOPE_LINK_SLOT(ifindex);
	volatile __u64 *known;
	__u64 word;

	if (!ifindex)
		return packet_is_sent(context) ? SCOPE_UNCLAIMED : SCOPE_UNKNOWN;
	known = bpf_map_lookup_elem(&scope_links, &slot);
	word = known ? *known : 0;
	return SCOPE_LINK_IFINDEX(word) == ifindex ? SCOPE_LINK_SCOPE(word) : SCOPE_UNKNOWN;
}

/* Of the sockets of this host; what came in was sent by somebody else. */
static __always_inline __u32 scope_by_cgroup(context_t *context)
{
	if (packet_came_in(context))
		return SCOPE_UNCLAIMED;
	return scope_of_cgroup(context, packet_cgroup(context));
}

/* What is asked of a packet, in one number: its offset, and these. */
#define SCOPE_ASK_V4        (1u << 16)
#define SCOPE_ASK_OUTERMOST (1u << 17)

static __always_inline bool scope_source_shown(context_t *context, __u64 network, bool v4,
					       struct scope_address *source)
{
	__asm__ volatile("" : "+r"(network)); /* the verifier shall see the bound */
	void *start = packet_data(context) + (network & (2 * HEADERS_MOST - 1));
	const struct iphdr *ip = start;
	const struct ipv6hdr *ip6 = start;

	if (v4) {
		if ((void *)(ip + 1) > packet_end(context))
			return false;
		source->high = SCOPE_V4_HIGH(bpf_ntohl(ip->saddr));
		return true;
	}
	if ((void *)(ip6 + 1) > packet_end(context))
		return false;
	source->high = bpf_be64_to_cpu(*(__be64 *)&ip6->saddr.in6_u.u6_addr8[0]);
	source->low = bpf_be64_to_cpu(*(__be64 *)&ip6->saddr.in6_u.u6_addr8[8]);
	return true;
}

/* In a named tunnel it is that of the packet inside, which no NAT of this host has seen. */
static __always_inline __u32 scope_by_source(context_t *context, __u32 ask)
{
	bool v4 = ask & SCOPE_ASK_V4;
	struct scope_address source = {};
	int changed = ask & SCOPE_ASK_OUTERMOST ? packet_before_nat(context, v4, &source) : 0;

	if (changed < 0 || (!changed && !scope_source_shown(context, (__u16)ask, v4, &source)))
		return SCOPE_UNKNOWN;
	return scope_of_source(v4, source.high, source.low);
}

static __always_inline __u32 scope_first_row(context_t *context, __u32 ask)
{
	__u32 scope = SCOPE_UNCLAIMED;

	if (config.scopes < 2)
		return 0;
	if (config.scoped_by & SCOPES_BY_INTERFACE)
		scope = scope_by_interface(context);
	if (config.scoped_by & SCOPES_BY_CGROUP) {
		__u32 other = scope_by_cgroup(context);

		scope = SCOPE_JOINED(scope, other);
	}
	if (config.scoped_by & SCOPES_BY_SOURCE) {
		__u32 other = scope_by_source(context, ask);

		scope = SCOPE_JOINED(scope, other);
	}
	if (scope >= config.scopes)
		scope = config.scopes - 1;
	return scope * config.classes;
}

/* @packet was understood. */
static __always_inline __u32 scope_ask(const struct packet *packet)
{
	return packet->network | (packet->ethertype == ETH_P_IP ? SCOPE_ASK_V4 : 0) |
	       (packet->outer ? 0 : SCOPE_ASK_OUTERMOST);
}

#endif
