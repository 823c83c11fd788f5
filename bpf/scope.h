/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scope of a packet's sender, as the number of the scope's first row.
 *
 * Who that may be, what a packet is to the entry program says (bpf/packet_*.h):
 *
 *   packet_came_in(context)          ifindex of what it came in by; 0: it was made here
 *   packet_cgroup(context)           id of the cgroup of the socket that sent it; 0: not known
 *   packet_before_nat(...)           its source, where a NAT has changed it
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
	__u32 ifindex = packet_came_in(context);
	__u32 *scope;

	if (!ifindex)
		return packet_cgroup(context) ? SCOPE_UNCLAIMED : SCOPE_UNKNOWN;
	scope = bpf_map_lookup_elem(&scope_links, &ifindex);
	return scope ? *scope : SCOPE_UNKNOWN;
}

/* Of the sockets of this host; what came in was sent by somebody else. */
static __always_inline __u32 scope_by_cgroup(context_t *context)
{
	if (packet_came_in(context))
		return SCOPE_UNCLAIMED;
	return scope_of_cgroup(context, packet_cgroup(context));
}

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
		source->low = bpf_ntohl(ip->saddr);
		return true;
	}
	if ((void *)(ip6 + 1) > packet_end(context))
		return false;
	source->high = bpf_be64_to_cpu(*(__be64 *)&ip6->saddr.in6_u.u6_addr8[0]);
	source->low = bpf_be64_to_cpu(*(__be64 *)&ip6->saddr.in6_u.u6_addr8[8]);
	return true;
}

/* In a named tunnel it is that of the packet inside, which no NAT of this host has seen. A function
 * of its own, for it has a stack of its own. */
static __noinline __u32 scope_by_source(context_t *context, __u64 network, bool v4, bool outermost)
{
	struct scope_address source = {};
	int changed = outermost ? packet_before_nat(context, v4, &source) : 0;

	if (changed < 0 || (!changed && !scope_source_shown(context, network, v4, &source)))
		return SCOPE_UNKNOWN;
	return v4 ? lookup_source_v4(0, (__u32)source.low)
		  : scope_of_source_v6(source.high, source.low);
}

/* @packet was understood. */
static __always_inline __u32 scope_first_row(context_t *context, const struct packet *packet)
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
		__u32 other = scope_by_source(context, packet->network,
					      packet->ethertype == ETH_P_IP, !packet->outer);

		scope = SCOPE_JOINED(scope, other);
	}
	if (scope >= config.scopes)
		scope = config.scopes - 1;
	return scope * config.classes;
}

#endif
