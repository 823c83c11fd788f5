/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many answers: limits and counts, each CPU its own, so that none waits for another. */
#ifndef GABELOU_BPF_ANSWER_RATE_H
#define GABELOU_BPF_ANSWER_RATE_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "maps/answer.h"

#define ANSWER_SECOND  1000000000ull
#define ANSWER_ALL     0 /* the bucket of all */
#define ANSWER_BUCKETS (1 + ANSWER_PAIRS)
#define ANSWER_GOLDEN  0x9e3779b1 /* 2^32 / golden ratio: spreads what lies close together */

/* A bucket is the moment by which all answers would be due that were given: ahead of now by at most
 * its burst. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ANSWER_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} answer_buckets SEC(".maps");

/* enum answer. Shared by all generations. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ANSWERS);
	__type(key, __u32);
	__type(value, __u64);
} answers SEC(".maps");

static __always_inline void answer_count(__u32 which)
{
	__u64 *count = bpf_map_lookup_elem(&answers, &which);

	if (count)
		*count += 1;
}

static __always_inline bool answer_take(__u32 bucket, __u64 now, __u64 rate, __u64 burst)
{
	__u64 *due = bpf_map_lookup_elem(&answer_buckets, &bucket);
	__u64 interval = ANSWER_SECOND / rate;

	if (!due)
		return false;
	__u64 from = *due > now ? *due : now;
	if (from - now > (burst - 1) * interval)
		return false;
	*due = from + interval;
	return true;
}

static __always_inline bool answer_token(__u32 pair)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u32 bucket = 1 + (pair * ANSWER_GOLDEN >> (32 - ANSWER_PAIR_BITS));

	return answer_take(bucket, now, ANSWER_PAIR_RATE, ANSWER_PAIR_BURST) &&
	       answer_take(ANSWER_ALL, now, ANSWER_RATE, ANSWER_BURST);
}

#endif
