/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting every packet, and reporting the denied ones as flows.
 */
#ifndef GABELOU_BPF_REPORT_H
#define GABELOU_BPF_REPORT_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/flows.h"
#include "bpf/judge.h"
#include "bpf/packet.h"

static __always_inline void count(const context_t *context, __u32 slot)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &slot);

	if (likely(counter)) {
		counter->packets += packet_count(context);
		counter->bytes += packet_bytes(context);
	}
}

/* What the parser reached is linear since it was read; what it did not reach is left zero. */
static __always_inline void fill_addresses(context_t *context, const struct packet *packet,
					   struct flow_key *key)
{
	if (packet->ethertype == ETH_P_IP) {
		packet_load(context, packet->network + offsetof(struct iphdr, saddr), key->source,
			    4);
		packet_load(context, packet->network + offsetof(struct iphdr, daddr),
			    key->destination, 4);
	} else if (packet->ethertype == ETH_P_IPV6) {
		packet_load(context, packet->network + offsetof(struct ipv6hdr, saddr), key->source,
			    16);
		packet_load(context, packet->network + offsetof(struct ipv6hdr, daddr),
			    key->destination, 16);
	}
}

static __always_inline void fill_ports(context_t *context, const struct packet *packet,
				       struct flow_key *key)
{
	__be16 ports[2]; /* of ICMP: type and code, checksum */

	if (!packet->transport || packet_load(context, packet->transport, ports, sizeof(ports)))
		return;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
		key->destination_port = bpf_ntohs(ports[0]);
	} else if (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP) {
		key->source_port = bpf_ntohs(ports[0]);
		key->destination_port = bpf_ntohs(ports[1]);
	}
}

/*
 * What report() needs to know, in two registers: a struct by pointer would have to lie in memory
 * for every packet, and only denied ones come here.
 */
static __always_inline __u64 report_where(const struct packet *packet)
{
	return packet->ethertype | (__u64)packet->network << 16 | (__u64)packet->transport << 32 |
	       (__u64)packet->protocol << 48;
}

/* As much of it as that tells. */
static __always_inline struct packet report_packet(__u64 where)
{
	return (struct packet){
		.ethertype = (__u16)where,
		.network = (__u16)(where >> 16),
		.transport = (__u16)(where >> 32),
		.protocol = (__u8)(where >> 48),
	};
}

static __always_inline __u64 report_what(const struct decision *decision)
{
	return decision->row | (__u64)decision->rule << 32 | (__u64)decision->reason << 48 |
	       (__u64)decision->flags << 56;
}

/* Too large for the stack of a chain of calls (512 bytes). One for each CPU: nothing that judges is
 * interrupted by what judges. */
struct report_draft {
	struct flow_key key;
	struct flow_state fresh;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct report_draft);
} report_drafts SEC(".maps");

__noinline int report(context_t *context, __u64 where, __u64 what)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u32 zero = 0;
	struct report_draft *draft = bpf_map_lookup_elem(&report_drafts, &zero);
	const struct packet packet = report_packet(where);

	if (!draft)
		return 0;
	draft->fresh = (struct flow_state){
		.first = now,
		.reported = now,
		.packets = packet_count(context),
		.bytes = packet_bytes(context),
		.row = (__u32)what,
		.rule = (__u16)(what >> 32),
		.flags = PACKET_FLAGS | (__u8)(what >> 56),
		.sender.user = USER_UNKNOWN,
	};
	draft->key = (struct flow_key){
		.ifindex = packet_interface(context),
		.generation = config.generation,
		.ethertype = packet.ethertype,
		.protocol = packet.protocol,
		.reason = (__u8)(what >> 48),
		.paused = what >> 56 & EVENT_PAUSED ? 1 : 0,
	};

	fill_addresses(context, &packet, &draft->key);
	fill_ports(context, &packet, &draft->key);
	struct flow_state *known = bpf_map_lookup_elem(&flows, &draft->key);
	if (!known) {
		packet_sender(context, &senders, &draft->fresh.sender);
		known = flow_first(&draft->key, &draft->fresh);
	}
	if (known)
		flow_later(&draft->key, known, &draft->fresh);
	return 0;
}

#endif
