/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from an address to its decision, written once for the kernel and for user space.
 *
 * Before it includes this file, the includer defines how to reach the bytes of a section:
 *
 *   LOOKUP_CONTEXT
 *       a type, handed through to the other two untouched. User space: const struct table *. A BPF
 *       program needs none: #define LOOKUP_CONTEXT int, and pass 0.
 *
 *   LOOKUP_BYTES(context, SECTION)
 *       a const void * to the first byte of the section TABLE_##SECTION, or NULL. SECTION is one of
 *       V4_ROOT, V4_BLOCKS, V6_ROOT, V6_NODES, ROWS, ENTRIES, SOURCES.
 *
 *   LOOKUP_SIZE(context, SECTION)
 *       its size in bytes, a __u64 of at least 8: in a BPF program a constant at verification, and
 *       exactly the value size of the map.
 *
 * A BPF program, with a map of a single value per section and read-only constants for the sizes:
 *
 *       static __always_inline const void *section_bytes(void *map)
 *       {
 *               __u32 zero = 0;
 *
 *               return bpf_map_lookup_elem(map, &zero);
 *       }
 *       #define LOOKUP_CONTEXT int
 *       #define LOOKUP_BYTES(context, SECTION) ((void)(context), section_bytes(&table_##SECTION))
 *       #define LOOKUP_SIZE(context, SECTION)  ((void)(context), (__u64)size_##SECTION)
 *
 * All addresses are numbers in host order; an IPv6 address is its high and its low 64 bits.
 */
#ifndef GABELOU_MAPS_LOOKUP_H
#define GABELOU_MAPS_LOOKUP_H

#include <linux/types.h>

#include "maps/reason.h"
#include "maps/table.h"

#if !defined(LOOKUP_CONTEXT) || !defined(LOOKUP_BYTES) || !defined(LOOKUP_SIZE)
#error "define LOOKUP_CONTEXT, LOOKUP_BYTES and LOOKUP_SIZE before including maps/lookup.h"
#endif

#define LOOKUP_INLINE static inline __attribute__((always_inline))

/* @need bytes at @offset, or NULL where they do not lie within the section. The verifier wants
 * check and sum of these very registers, so the compiler may not compute either anew. */
LOOKUP_INLINE const void *lookup_within(const void *bytes, __u64 size, __u64 offset, __u64 need)
{
	__asm__ volatile("" : "+r"(offset));
	if (!bytes || size < need || offset > size - need)
		return (void *)0;
	__asm__ volatile("" : "+r"(bytes));
	return (const char *)bytes + offset;
}

#define LOOKUP_WITHIN(context, SECTION, offset, need) \
	lookup_within(LOOKUP_BYTES(context, SECTION), LOOKUP_SIZE(context, SECTION), offset, need)

/* The verifier allows no larger offset into a map value (BPF_MAX_VAR_OFF). */
#define LOOKUP_SECTION_MOST (1ull << 29)

/*
 * IPv4: DIR-24-8 (Gupta, Lin, McKeown, INFOCOM 1998) with compressed blocks.
 *
 * V4_ROOT has a __u16 for each /24. Below CLASSES_MOST it is the class; else CLASSES_MOST + k is
 * the k-th block of its /16, and a /16 has at most 256 /24s, so that k always fits.
 *
 * V4_BLOCKS begins with a __u32 for each /16, the number of its first block; then come the blocks,
 * one cache line each, then the classes of those blocks that have too many to hold them.
 */
#define LOOKUP_V4_ROOT_SIZE  (sizeof(__u16) << 24)
#define LOOKUP_V4_BASES      (1 << 16)
#define LOOKUP_V4_BASES_SIZE (LOOKUP_V4_BASES * sizeof(__u32))
#define LOOKUP_V4_INLINED    12

struct lookup_v4_block {
	__u64 begins[4]; /* bit b of word w: another class begins at 64 w + b; bit 0 of 0 is set */
	__u8 before[4];  /* how many begin in the words before this one */
	__u32 classes;   /* where the first class is: V4_BLOCKS as an array of __u16 */
	__u16 inlined[LOOKUP_V4_INLINED];
};

/* Bits set, without a table or an instruction that BPF lacks (Hacker's Delight, 5-1). */
LOOKUP_INLINE __u64 lookup_count_bits(__u64 word)
{
	word -= (word >> 1) & 0x5555555555555555ull;
	word = (word & 0x3333333333333333ull) + ((word >> 2) & 0x3333333333333333ull);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (word * 0x0101010101010101ull) >> 56;
}

LOOKUP_INLINE __u16 lookup_v4_block(LOOKUP_CONTEXT context, __u32 address, __u32 block)
{
	const void *bytes = LOOKUP_BYTES(context, V4_BLOCKS);
	__u64 size = LOOKUP_SIZE(context, V4_BLOCKS), word = address >> 6 & 3, rank;
	const struct lookup_v4_block *line;
	const __u32 *base;
	const __u16 *class;

	base = lookup_within(bytes, size, (__u64)(address >> 16) * sizeof(*base), sizeof(*base));
	if (!base)
		return CLASS_NONE;
	line = lookup_within(bytes, size,
			     LOOKUP_V4_BASES_SIZE + ((__u64)*base + block) * sizeof(*line),
			     sizeof(*line));
	if (!line)
		return CLASS_NONE;
	rank = line->before[word] + lookup_count_bits(line->begins[word] << (63 - (address & 63))) -
	       1;
	class = lookup_within(bytes, size, (line->classes + rank) * sizeof(*class), sizeof(*class));
	return class ? *class : CLASS_NONE;
}

LOOKUP_INLINE __u16 lookup_v4(LOOKUP_CONTEXT context, __u32 address)
{
	const __u16 *class = LOOKUP_WITHIN(context, V4_ROOT, (__u64)(address >> 8) * sizeof(*class),
					   sizeof(*class));

	if (!class)
		return CLASS_NONE;
	if (*class < CLASSES_MOST)
		return *class;
	return lookup_v4_block(context, address, *class - CLASSES_MOST);
}

/*
 * IPv6: a multibit trie whose nodes each have the stride that suits them (Srinivasan, Varghese,
 * ACM TOCS 1999), chosen when the table is built.
 *
 * V6_ROOT has an entry for each /16. A node is an array of 2^stride entries, at a multiple of a
 * cache line in V6_NODES. The low 5 bits of an entry are the stride of the node that it leads to
 * (4, 8, 12 or 16), the rest is the node's cache line; or the stride is 0, and the rest is a class.
 *
 * No node spans the 64th bit, so that one half of the address is looked at and then the other. An
 * entry above 64 bits that is not yet decided has a stride of 0 and its highest bit set: its cache
 * line begins with the entry of that /64.
 */
#define LOOKUP_V6_ROOT_BITS  16
#define LOOKUP_V6_ROOT_SIZE  (sizeof(__u32) << LOOKUP_V6_ROOT_BITS)
#define LOOKUP_V6_UNIT       4  /* strides are multiples of it */
#define LOOKUP_V6_STRIDE     16 /* the longest */
#define LOOKUP_V6_LINE       64 /* bytes: the least node */
#define LOOKUP_V6_HALF       64 /* bits */
#define LOOKUP_V6_ENTRY_BITS 5
#define LOOKUP_V6_ENTRY(line_or_class, stride) \
	((__u32)(line_or_class) << LOOKUP_V6_ENTRY_BITS | (stride))
#define LOOKUP_V6_HALVED (1u << 31)

/* From entry to entry by the first bits of @bits, to one with a stride of 0. @most is the highest
 * offset of an entry in @nodes. */
LOOKUP_INLINE __u32 lookup_v6_walk(const void *nodes, __u64 most, __u32 entry, __u64 bits)
{
	for (int i = 0; i < LOOKUP_V6_HALF / LOOKUP_V6_UNIT; i++) {
		__u64 stride = entry & ((1 << LOOKUP_V6_ENTRY_BITS) - 1);
		__u64 offset;

		if (!stride)
			return entry;
		offset = ((__u64)entry >> LOOKUP_V6_ENTRY_BITS) * LOOKUP_V6_LINE +
			 (bits >> (LOOKUP_V6_HALF - stride)) * sizeof(entry);
		__asm__ volatile("" : "+r"(offset));
		if (offset > most)
			return LOOKUP_V6_ENTRY(CLASS_NONE, 0);
		__asm__ volatile("" : "+r"(offset));
		entry = *(const __u32 *)((const char *)nodes + offset);
		bits <<= stride;
	}
	return entry;
}

LOOKUP_INLINE __u16 lookup_v6(LOOKUP_CONTEXT context, __u64 high, __u64 low)
{
	const void *nodes = LOOKUP_BYTES(context, V6_NODES);
	__u64 size = LOOKUP_SIZE(context, V6_NODES);
	const __u32 *root = LOOKUP_WITHIN(
		context, V6_ROOT, (high >> (LOOKUP_V6_HALF - LOOKUP_V6_ROOT_BITS)) * sizeof(*root),
		sizeof(*root));
	__u32 entry;

	if (!nodes || size < sizeof(entry) || !root)
		return CLASS_NONE;
	size -= sizeof(entry);
	entry = lookup_v6_walk(nodes, size, *root, high << LOOKUP_V6_ROOT_BITS);
	if (entry & LOOKUP_V6_HALVED) {
		__u64 offset = (__u64)(entry & ~LOOKUP_V6_HALVED) >> LOOKUP_V6_ENTRY_BITS;

		root = lookup_within(nodes, LOOKUP_SIZE(context, V6_NODES), offset * LOOKUP_V6_LINE,
				     sizeof(*root));
		entry = root ? lookup_v6_walk(nodes, size, *root, low) : 0;
	}
	return (__u16)(entry >> LOOKUP_V6_ENTRY_BITS);
}

/* From class to row. @scope is the number of the scope's first row. NULL: no such row. */
LOOKUP_INLINE const struct class_row *lookup_row(LOOKUP_CONTEXT context, __u32 scope, __u16 class)
{
	return LOOKUP_WITHIN(context, ROWS, (__u64)(scope + class) * sizeof(struct class_row),
			     sizeof(struct class_row));
}

/* What the table says of an address. Where row->entries is not 0, an entry may still decide. */
struct lookup_answer {
	const struct class_row *row; /* ROW_DENY or ROW_ALLOW; or embedded, see below; or NULL */
	__u32 row_number;            /* for the counter; 0 if row is NULL */
	__u16 class;
};

LOOKUP_INLINE struct lookup_answer lookup_judge_v4(LOOKUP_CONTEXT context, __u32 scope,
						   __u32 address)
{
	struct lookup_answer answer = {.class = lookup_v4(context, address)};

	answer.row_number = scope + answer.class;
	answer.row = lookup_row(context, scope, answer.class);
	return answer;
}

/* The IPv4 address that an IPv6 one carries, by the row's act. */
LOOKUP_INLINE __u32 lookup_embedded(__u8 act, __u64 high, __u64 low)
{
	if (act == ROW_EMBEDDED_6TO4)
		return (__u32)(high >> 16);
	if (act > ROW_EMBEDDED_NAT64_32) {
		__u32 behind = (act - ROW_EMBEDDED_NAT64_32) * 8; /* bits in the low half */

		return (__u32)(high << behind) | (__u32)(low << 8 >> (64 - behind));
	}
	if (act == ROW_EMBEDDED_NAT64_32)
		return (__u32)high;
	return act == ROW_EMBEDDED_TEREDO ? ~(__u32)low : (__u32)low;
}

/*
 * An embedded IPv4 address is judged as itself, with one difference: "not judged" does not reach
 * through a translation, for 10.0.0.1 behind somebody's NAT64 is not our private space. Then the
 * outer row answers, which denies as REASON_SPECIAL: so LOOKUP_DENIES(row) is what to ask, not
 * row->act == ROW_DENY.
 */
LOOKUP_INLINE struct lookup_answer lookup_judge_v6(LOOKUP_CONTEXT context, __u32 scope, __u64 high,
						   __u64 low)
{
	struct lookup_answer answer = {.class = lookup_v6(context, high, low)};

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

/* The number of the range that holds an address: the last of @count from @first on that does not
 * start behind it. */
LOOKUP_INLINE __u32 lookup_range(LOOKUP_CONTEXT context, __u32 first, __u32 count, __u64 high,
				 __u64 low)
{
	__u32 found = first;

	for (int i = 0; i < SCOPE_RANGES_BITS + 1 && count > 1; i++) {
		__u32 half = count / 2;
		const struct scope_range *range = LOOKUP_WITHIN(
			context, SOURCES,
			sizeof(struct scope_sources) + (__u64)(found + half) * sizeof(*range),
			sizeof(*range));

		if (!range)
			return first;
		if (range->high < high || (range->high == high && range->low <= low)) {
			found += half;
			count -= half;
		} else {
			count = half;
		}
	}
	return found;
}

/* Range by range. @family: 0 IPv4, 1 IPv6. */
LOOKUP_INLINE __u32 lookup_source_range(LOOKUP_CONTEXT context, __u32 family, __u64 high, __u64 low)
{
	const struct scope_sources *sources = LOOKUP_WITHIN(context, SOURCES, 0, sizeof(*sources));
	const struct scope_range *range;
	__u32 number;

	if (!sources)
		return SCOPE_UNKNOWN;
	number = family ? lookup_range(context, sources->index[0].ranges, sources->index[1].ranges,
				       high, low)
			: lookup_range(context, 0, sources->index[0].ranges, high, low);
	range = LOOKUP_WITHIN(context, SOURCES, sizeof(*sources) + (__u64)number * sizeof(*range),
			      sizeof(*range));
	return range ? range->scope : SCOPE_UNKNOWN;
}

/* From the upper half of a source address to the scope that claims it; SCOPE_UNKNOWN: it takes
 * lookup_source_range() to tell. @family is a constant. */
LOOKUP_INLINE __u32 lookup_source_index(LOOKUP_CONTEXT context, __u32 family, __u64 high)
{
	const struct scope_sources *sources = LOOKUP_WITHIN(context, SOURCES, 0, sizeof(*sources));
	const struct scope_index *index;
	__u64 common;

	if (!sources)
		return SCOPE_UNKNOWN;
	index = &sources->index[family];
	common = index->common & 63;
	high ^= index->base;
	if (common && high >> (64 - common))
		return SCOPE_UNCLAIMED;
	return index->scopes[high << common >> SCOPE_COMMON_MOST];
}

#define LOOKUP_DENIES(row) ((row)->act != ROW_ALLOW)

/* What the entries of a row ask of a packet. */
struct lookup_flow {
	__u8 protocol;
	__u8 later_fragment;
	__u16 port; /* destination port, host order; ICMP: the type */
};

LOOKUP_INLINE int lookup_entry_matches(const struct class_entry *entry, struct lookup_flow flow,
				       __u64 now)
{
	if (entry->until && entry->until <= now)
		return 0;
	if (entry->protocol && entry->protocol != flow.protocol)
		return 0;
	if (flow.later_fragment)
		return entry->flags & ENTRY_LATER_FRAGMENTS;
	return entry->port_low <= flow.port && flow.port <= entry->port_high;
}

/* The number of the first entry of a run (class_row's entries) that matches, plus 1; 0: none.
 * @now: TAI, nanoseconds. */
LOOKUP_INLINE __u32 lookup_entry(LOOKUP_CONTEXT context, __u32 entries, struct lookup_flow flow,
				 __u64 now)
{
	__u32 number = ROW_ENTRIES_FIRST(entries), count = ROW_ENTRIES_COUNT(entries);

	for (__u32 i = 0; i < ROW_ENTRIES_MOST; i++) {
		const struct class_entry *entry;

		if (i >= count)
			return 0;
		entry = LOOKUP_WITHIN(context, ENTRIES,
				      (__u64)(number + i) * sizeof(struct class_entry),
				      sizeof(struct class_entry));
		if (!entry)
			return 0;
		if (lookup_entry_matches(entry, flow, now))
			return number + i + 1;
	}
	return 0;
}

#endif
