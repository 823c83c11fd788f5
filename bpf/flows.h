/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Denied flows: the first packet is reported at once, later ones as a sum after an interval. What
 * the ring refuses is counted, and stays in the flow's sum.
 */
#ifndef GABELOU_BPF_FLOWS_H
#define GABELOU_BPF_FLOWS_H

#include "bpf/config.h"
#include "bpf/maps.h"

static __always_inline void flow_lost(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&events_lost, &zero);

	if (lost)
		*lost += 1;
}

/* Sends what @state has gathered. Only one CPU comes here for one interval. */
static __always_inline void flow_report(const struct flow_key *key, struct flow_state *state,
					__u64 now, __u8 kind)
{
	struct flow_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		flow_lost();
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
		.flags = state->flags | (config.monitor ? EVENT_MONITOR : 0),
		.sender = state->sender,
	};
	state->first = 0;
	bpf_ringbuf_submit(event, 0);
}

/* A flow that is known: add, and report if its interval is over. */
static __always_inline void flow_later(const struct flow_key *key, struct flow_state *state,
				       const struct flow_state *fresh)
{
	__u64 reported = state->reported, now = fresh->first;

	if (!state->first)
		state->first = now;
	__sync_fetch_and_add(&state->packets, fresh->packets);
	__sync_fetch_and_add(&state->bytes, fresh->bytes);
	if (now - reported >= config.flow_interval &&
	    __sync_val_compare_and_swap(&state->reported, reported, now) == reported)
		flow_report(key, state, now, EVENT_SUMMARY);
}

/* The first packet of a flow; a known flow, if another CPU was first. */
static __always_inline struct flow_state *flow_first(const struct flow_key *key,
						     struct flow_state *fresh)
{
	struct flow_state *known;

	if (bpf_map_update_elem(&flows, key, fresh, BPF_NOEXIST) == 0) {
		known = bpf_map_lookup_elem(&flows, key);
		if (known)
			flow_report(key, known, fresh->first, EVENT_FIRST);
		return NULL;
	}
	known = bpf_map_lookup_elem(&flows, key);
	if (!known) /* the map is full: no sums */
		flow_report(key, fresh, fresh->first, EVENT_FIRST);
	return known;
}

#endif
