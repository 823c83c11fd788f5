/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from an address to its decision, written once for the kernel and for user space.
 *
 * Before it includes this file, the includer defines how to reach the bytes of a section:
 *
 *   LOOKUP_CONTEXT
 *       a type, handed through to LOOKUP_AT untouched. User space: const struct table *. A BPF
 *       program needs none: #define LOOKUP_CONTEXT int, and pass 0.
 *
 *   LOOKUP_AT(context, SECTION, offset, need)
 *       a const void * to @need bytes at byte @offset (__u64) of the section TABLE_##SECTION, or
 *       NULL where they do not lie within it. SECTION is one of V4_ROOT, V4_BLOCKS, V6_ROOT,
 *       V6_NODES, ROWS. Offsets are multiples of what is read there. A BPF program, with a map of
 *       a single value per section and its exact size as a constant at verification:
 *
 *       static __always_inline const void *section_at(void *map, __u64 size, __u64 offset,
 *                                                     __u64 need)
 *       {
 *               __u32 zero = 0;
 *               const char *value = bpf_map_lookup_elem(map, &zero);
 *
 *               if (!value || offset > size - need)
 *                       return NULL;
 *               return value + offset;
 *       }
 *       #define LOOKUP_AT(context, SECTION, offset, need) \
 *               ((void)(context), section_at(&table_##SECTION, size_##SECTION, offset, need))
 *
 *       where the sizes are at least 8 (a section is never smaller), and that of V4_ROOT is
 *       LOOKUP_V4_ROOT_SIZE.
 *
 * All addresses are numbers in host order; an IPv6 address is its high and its low 64 bits.
 */
#ifndef GABELOU_MAPS_LOOKUP_H
#define GABELOU_MAPS_LOOKUP_H

#include <linux/types.h>

#include "maps/reason.h"
#include "maps/table.h"

#if !defined(LOOKUP_CONTEXT) || !defined(LOOKUP_AT)
#error "define LOOKUP_CONTEXT and LOOKUP_AT before including maps/lookup.h"
#endif

#define LOOKUP_INLINE static inline __attribute__((always_inline))

/*
 * IPv4, DIR-24-8 (Gupta, Lin, McKeown, INFOCOM 1998): the root has a __u16 for each /24. Below
 * CLASSES_MOST it is the class; else CLASSES_MOST + k is the k-th block of this /16, and a /16 has
 * at most 256 /24s, so that k always fits. V4_BLOCKS begins with a __u32 for each /16, the number
 * of its first block; then come the blocks, a __u16 for each address.
 */
#define LOOKUP_V4_ROOT_SIZE   (sizeof(__u16) << 24)
#define LOOKUP_V4_BASES	      (1 << 16)
#define LOOKUP_V4_BASES_SIZE  (LOOKUP_V4_BASES * sizeof(__u32))
#define LOOKUP_V4_BLOCK_SIZE  (256 * sizeof(__u16))

LOOKUP_INLINE __u16 lookup_v4(LOOKUP_CONTEXT context, __u32 address)
{
	const __u16 *class = LOOKUP_AT(context, V4_ROOT, (__u64)(address >> 8) * sizeof(__u16),
				       sizeof(__u16));
	const __u32 *base;
	__u64 block;

	if (!class)
		return CLASS_NONE;
	if (*class < CLASSES_MOST)
		return *class;
	base = LOOKUP_AT(context, V4_BLOCKS, (__u64)(address >> 16) * sizeof(__u32),
			 sizeof(__u32));
	if (!base)
		return CLASS_NONE;
	block = (__u64)*base + (*class - CLASSES_MOST);
	class = LOOKUP_AT(context, V4_BLOCKS,
			  LOOKUP_V4_BASES_SIZE + block * LOOKUP_V4_BLOCK_SIZE +
				  (address & 0xff) * sizeof(__u16),
			  sizeof(__u16));
	return class ? *class : CLASS_NONE;
}

/*
 * IPv6: the root has a __u32 for each /16, and one more: the first of the starts within it. The
 * starts are sorted; the last one that is not above the address names the class.
 */
#define LOOKUP_V6_ROOT_SLOTS ((1 << 16) + 1)
#define LOOKUP_V6_STEPS	     22 /* of a binary search: 4 M starts in one /16 */

struct lookup_v6_start {
	__u64 high, low;
	__u64 class;
};

/* 1 if a < b, without a branch: the verifier would follow both ways of each. */
LOOKUP_INLINE __u64 lookup_less(__u64 a, __u64 b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

LOOKUP_INLINE __u64 lookup_below(__u64 high, __u64 low, __u64 start_high, __u64 start_low)
{
	__u64 differ = high ^ start_high;

	return lookup_less(high, start_high) |
	       ((((differ | -differ) >> 63) ^ 1) & lookup_less(low, start_low));
}

LOOKUP_INLINE __u16 lookup_v6(LOOKUP_CONTEXT context, __u64 high, __u64 low)
{
	const __u32 *first = LOOKUP_AT(context, V6_ROOT, (high >> 48) * sizeof(__u32),
				       sizeof(__u32));
	const __u32 *end = LOOKUP_AT(context, V6_ROOT, ((high >> 48) + 1) * sizeof(__u32),
				     sizeof(__u32));
	const struct lookup_v6_start *start;
	__u64 at, count;

	if (!first || !end)
		return CLASS_NONE;
	at = *first;
	count = *end - at;
	for (int i = 0; i < LOOKUP_V6_STEPS; i++) {
		__u64 half = count >> 1;

		start = LOOKUP_AT(context, V6_NODES, (at + half) * sizeof(*start), sizeof(*start));
		if (!start)
			return CLASS_NONE;
		at += half & (lookup_below(high, low, start->high, start->low) - 1);
		count -= half;
	}
	start = LOOKUP_AT(context, V6_NODES, at * sizeof(*start), sizeof(*start));
	return start ? (__u16)start->class : CLASS_NONE;
}

/* From class to row. @scope is the number of the scope's first row. NULL: no such row. */
LOOKUP_INLINE const struct class_row *lookup_row(LOOKUP_CONTEXT context, __u32 scope, __u16 class)
{
	return LOOKUP_AT(context, ROWS, (__u64)(scope + class) * sizeof(struct class_row),
			 sizeof(struct class_row));
}

/* What the table says of an address. Where row->entries is not 0, an entry may still decide. */
struct lookup_answer {
	const struct class_row *row; /* ROW_DENY or ROW_ALLOW; or embedded, see below; or NULL */
	__u32 row_number;	     /* for the counter; 0 if row is NULL */
	__u16 class;
};

LOOKUP_INLINE struct lookup_answer lookup_judge_v4(LOOKUP_CONTEXT context, __u32 scope,
						   __u32 address)
{
	struct lookup_answer answer = { .class = lookup_v4(context, address) };

	answer.row_number = scope + answer.class;
	answer.row = lookup_row(context, scope, answer.class);
	return answer;
}

/* The IPv4 address that an IPv6 one carries, by the row's act. */
LOOKUP_INLINE __u32 lookup_embedded(__u8 act, __u64 high, __u64 low)
{
	if (act == ROW_EMBEDDED_6TO4)
		return (__u32)(high >> 16);
	return act == ROW_EMBEDDED_TEREDO ? ~(__u32)low : (__u32)low;
}

/*
 * An embedded IPv4 address is judged as itself, with one difference: "not judged" does not reach
 * through a translation, for 10.0.0.1 behind somebody's NAT64 is not our private space. Then the
 * outer row answers, which denies as REASON_SPECIAL: so LOOKUP_DENIES(row) is what to ask, not
 * row->act == ROW_DENY.
 */
LOOKUP_INLINE struct lookup_answer lookup_judge_v6(LOOKUP_CONTEXT context, __u32 scope,
						   __u64 high, __u64 low)
{
	struct lookup_answer answer = { .class = lookup_v6(context, high, low) };

	answer.row_number = scope + answer.class;
	answer.row = lookup_row(context, scope, answer.class);
	if (answer.row && answer.row->act > ROW_ALLOW) {
		struct lookup_answer inner = lookup_judge_v4(
			context, scope, lookup_embedded(answer.row->act, high, low));

		if (!inner.row || inner.row->reason != REASON_LOCAL)
			return inner;
	}
	return answer;
}

#define LOOKUP_DENIES(row) ((row)->act != ROW_ALLOW)

#endif
