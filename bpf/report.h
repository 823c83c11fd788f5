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

static __always_inline void count(const context_t *context, __u32 slot)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &slot);

	if (likely(counter)) {
		counter->packets += packet_count(context);
		counter->bytes += packet_bytes(context);
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
		.flags = PACKET_FLAGS | (config.monitor ? EVENT_MONITOR : 0),
	};
	state->first = 0;
	bpf_ringbuf_submit(event, 0);
}

/* A flow that is known: add, and report if its interval is over. */
static __always_inline void report_later(const context_t *context, const struct flow_key *key,
					 struct flow_state *state, __u64 now)
{
	__u64 reported = state->reported;

	if (!state->first)
		state->first = now;
	__sync_fetch_and_add(&state->packets, packet_count(context));
	__sync_fetch_and_add(&state->bytes, packet_bytes(context));
	if (now - reported >= config.flow_interval &&
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

__noinline int report(context_t *context, __u64 where, __u64 what)
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
		.packets = packet_count(context),
		.bytes = packet_bytes(context),
		.row = (__u32)what,
		.rule = (__u16)(what >> 32),
		.flags = PACKET_FLAGS,
	};
	struct flow_key key = {
		.ifindex = packet_interface(context),
		.generation = config.generation,
		.ethertype = packet.ethertype,
		.protocol = packet.protocol,
		.reason = (__u8)(what >> 48),
	};

	fill_addresses(context, &packet, &key);
	fill_ports(context, &packet, &key);
	struct flow_state *known = bpf_map_lookup_elem(&flows, &key);
	if (!known)
		known = report_first(&key, &fresh, now);
	if (known)
		report_later(context, &key, known, now);
	return 0;
}

#endif
