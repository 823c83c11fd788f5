/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting every packet, and reporting denied flows: the first packet at once, later ones as a sum
 * after an interval. What the ring refuses is counted, and stays in the flow's sum.
 */
#ifndef GABELOU_BPF_REPORT_H
#define GABELOU_BPF_REPORT_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/judge.h"

/* On the wire a GSO packet is many. */
static __always_inline __u64 packet_count(const struct __sk_buff *skb)
{
	return skb->gso_segs ? skb->gso_segs : 1;
}

/* With the headers of every segment, where the kernel has counted them. */
static __always_inline __u64 packet_bytes(const struct __sk_buff *skb)
{
	return skb->wire_len ? skb->wire_len : skb->len;
}

static __always_inline void count(const struct __sk_buff *skb, __u32 slot)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &slot);

	if (likely(counter)) {
		counter->packets += packet_count(skb);
		counter->bytes += packet_bytes(skb);
	}
}

static __always_inline void report_lost(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&events_lost, &zero);

	if (lost)
		*lost += 1;
}

/* What the parser reached is linear since it was read; what it did not reach is left zero. */
static __always_inline void fill_addresses(struct __sk_buff *skb, const struct packet *packet,
					   struct flow_key *key)
{
	if (packet->ethertype == ETH_P_IP) {
		bpf_skb_load_bytes(skb, packet->network + offsetof(struct iphdr, saddr),
				   key->source, 4);
		bpf_skb_load_bytes(skb, packet->network + offsetof(struct iphdr, daddr),
				   key->destination, 4);
	} else if (packet->ethertype == ETH_P_IPV6) {
		bpf_skb_load_bytes(skb, packet->network + offsetof(struct ipv6hdr, saddr),
				   key->source, 16);
		bpf_skb_load_bytes(skb, packet->network + offsetof(struct ipv6hdr, daddr),
				   key->destination, 16);
	}
}

static __always_inline void fill_ports(struct __sk_buff *skb, const struct packet *packet,
				       struct flow_key *key)
{
	__be16 ports[2]; /* of ICMP: type and code, checksum */

	if (!packet->transport || bpf_skb_load_bytes(skb, packet->transport, ports, sizeof(ports)))
		return;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
		key->destination_port = bpf_ntohs(ports[0]);
	} else if (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP) {
		key->source_port = bpf_ntohs(ports[0]);
		key->destination_port = bpf_ntohs(ports[1]);
	}
}

/* Sends what @state has gathered. Only one CPU comes here for one interval. */
static __always_inline void report_event(const struct flow_key *key, struct flow_state *state,
					 __u64 now, __u8 kind)
{
	struct flow_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		report_lost();
		return;
	}
	*event = (struct flow_event){
		.key = *key,
		.time = now,
		.first = state->first ? state->first : now,
		.packets = __sync_lock_test_and_set(&state->packets, 0),
		.bytes = __sync_lock_test_and_set(&state->bytes, 0),
		.row = state->row,
		.rule = state->rule,
		.kind = kind,
		.flags = config_monitor ? EVENT_MONITOR : 0,
	};
	state->first = 0;
	bpf_ringbuf_submit(event, 0);
}

/* A flow that is known: add, and report if its interval is over. */
static __always_inline void report_later(const struct __sk_buff *skb, const struct flow_key *key,
					 struct flow_state *state, __u64 now)
{
	__u64 reported = state->reported;

	if (!state->first)
		state->first = now;
	__sync_fetch_and_add(&state->packets, packet_count(skb));
	__sync_fetch_and_add(&state->bytes, packet_bytes(skb));
	if (now - reported >= config_flow_interval &&
	    __sync_val_compare_and_swap(&state->reported, reported, now) == reported)
		report_event(key, state, now, EVENT_SUMMARY);
}

/* The first packet of a flow; a known flow, if another CPU was first. */
static __always_inline struct flow_state *report_first(const struct flow_key *key,
						       struct flow_state *fresh, __u64 now)
{
	struct flow_state *known;

	if (bpf_map_update_elem(&flows, key, fresh, BPF_NOEXIST) == 0) {
		known = bpf_map_lookup_elem(&flows, key);
		if (known)
			report_event(key, known, now, EVENT_FIRST);
		return NULL;
	}
	known = bpf_map_lookup_elem(&flows, key);
	if (!known) /* the map is full: no sums */
		report_event(key, fresh, now, EVENT_FIRST);
	return known;
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

static __always_inline __u64 report_what(const struct decision *decision)
{
	return decision->row | (__u64)decision->rule << 32 | (__u64)decision->reason << 48;
}

__noinline int report(struct __sk_buff *skb, __u64 where, __u64 what)
{
	__u64 now = bpf_ktime_get_boot_ns();
	const struct packet packet = {
		.ethertype = (__u16)where,
		.network = (__u16)(where >> 16),
		.transport = (__u16)(where >> 32),
		.protocol = (__u8)(where >> 48),
	};
	struct flow_state fresh = {
		.first = now,
		.reported = now,
		.packets = packet_count(skb),
		.bytes = packet_bytes(skb),
		.row = (__u32)what,
		.rule = (__u16)(what >> 32),
	};
	struct flow_key key = {
		.ifindex = skb->ifindex,
		.generation = config_generation,
		.ethertype = packet.ethertype,
		.protocol = packet.protocol,
		.reason = (__u8)(what >> 48),
	};

	fill_addresses(skb, &packet, &key);
	fill_ports(skb, &packet, &key);
	struct flow_state *known = bpf_map_lookup_elem(&flows, &key);
	if (!known)
		known = report_first(&key, &fresh, now);
	if (known)
		report_later(skb, &key, known, now);
	return 0;
}

#endif
