/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of connections that came in (maps/reply.h): asked where packets leave, noted where
 * they come in. */
#ifndef GABELOU_BPF_REPLY_TABLE_H
#define GABELOU_BPF_REPLY_TABLE_H

#include <linux/in.h>

#include "bpf/reply_named.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define TCP_READ 14 /* bytes of its header that are looked at: ports, numbers, flags */

struct reply_segment {
	__u32 sequence, acknowledged; /* host order */
	__u8 flags;
	__u8 header; /* bytes */
};

static __always_inline __u32 reply_number(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

static __always_inline struct reply_segment reply_segment(const __u8 bytes[TCP_READ])
{
	return (struct reply_segment){
		.sequence = reply_number(bytes + 4),
		.acknowledged = reply_number(bytes + 8),
		.flags = bytes[13],
		.header = bytes[12] >> 4 << 2,
	};
}

static __always_inline __u64 reply_now(void)
{
	return bpf_ktime_get_coarse_ns();
}

static __always_inline __u64 reply_life(const struct reply_key *key, const struct reply *reply)
{
	if (key->protocol != IPPROTO_TCP)
		return REPLY_LIFE_DATAGRAM;
	return reply->ends == REPLY_ENDED ? REPLY_LIFE_ENDED : REPLY_LIFE_TCP;
}

/* NULL: it is not proven, or was idle for too long. */
static __always_inline struct reply *reply_proven(const struct reply_key *key, __u64 now)
{
	struct reply *reply = key->protocol == IPPROTO_TCP ? bpf_map_lookup_elem(&replies, key)
							   : bpf_map_lookup_elem(&exchanges, key);

	return reply && now - reply->seen < reply_life(key, reply) ? reply : NULL;
}

static __always_inline struct reply_opening *reply_opening(const struct reply_key *key, __u64 now)
{
	struct reply_opening *opening = bpf_map_lookup_elem(&openings, key);

	return opening && now - opening->seen < REPLY_LIFE_OPENING ? opening : NULL;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply_sweep);
} reply_sweeps SEC(".maps");

static long reply_sweep_one(void *map, const struct reply_key *key, struct reply *reply, __u64 *now)
{
	if (*now - reply->seen >= reply_life(key, reply))
		bpf_map_delete_elem(map, key);
	return 0;
}

/* By whoever finds the table full, so without any process of ours. */
static __always_inline bool reply_sweep(bool tcp, __u64 now)
{
	__u32 zero = 0;
	struct reply_sweep *sweep = bpf_map_lookup_elem(&reply_sweeps, &zero);

	if (!sweep)
		return false;
	__u64 *after = tcp ? &sweep->after[0] : &sweep->after[1], due = *after;
	if (now < due || __sync_val_compare_and_swap(after, due, now + REPLY_SWEEP_PAUSE) != due)
		return false;
	/* Two calls: Linux 6.1 refuses one that may be of either map, as a compiler would have it.
	 */
	if (tcp) {
		bpf_for_each_map_elem(&replies, reply_sweep_one, &now, 0);
		__asm__ volatile("");
	} else {
		bpf_for_each_map_elem(&exchanges, reply_sweep_one, &now, 0);
	}
	return true;
}

static __always_inline bool reply_put(const struct reply_key *key, const struct reply *reply)
{
	return (key->protocol == IPPROTO_TCP
			? bpf_map_update_elem(&replies, key, reply, BPF_ANY)
			: bpf_map_update_elem(&exchanges, key, reply, BPF_ANY)) == 0;
}

/* What came in is proven. False: there is no room for it. */
static __always_inline bool reply_prove(const struct reply_key *key,
					const struct reply_opening *opening, __u64 now)
{
	struct reply reply = {.seen = now, .expected = opening->remote_next};

	return reply_put(key, &reply) ||
	       (reply_sweep(key->protocol == IPPROTO_TCP, now) && reply_put(key, &reply));
}

#endif
