// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lookups side by side: the verdict table, BPF_MAP_TYPE_LPM_TRIE, and the floor of one random read
 * of the table's memory. Each program loops over addresses drawn beforehand. Run by BPF_PROG_RUN,
 * attached to nothing.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "maps/table.h"
#include "tests/bench/lookup.h"

/* Sizes in bytes, set before loading. */
#define SECTION(identifier, name, text) const volatile __u64 size_##identifier = 8;
TABLE_SECTIONS(SECTION)
#undef SECTION
const volatile __u64 size_targets = 8;
const volatile __u32 target_count = 1;
const volatile __u32 dependent; /* each lookup waits for the one before it */

#define SECTION(identifier, section_name, text)    \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(max_entries, 1);            \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(key_size, sizeof(__u32));   \
		__uint(value_size, 8);             \
	} table_##identifier SEC(".maps");
TABLE_SECTIONS(SECTION)
#undef SECTION

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct trie_key_v4);
	__type(value, __u32);
} trie_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct trie_key_v6);
	__type(value, __u32);
} trie_v6 SEC(".maps");

/* Of what was found, so that nothing is optimised away and user space can check it. Not on the
 * stack, where the verifier would follow its every value. */
__u64 sum;

static __always_inline const void *section_bytes(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

#define LOOKUP_CONTEXT                 int
#define LOOKUP_BYTES(context, SECTION) ((void)(context), section_bytes(&table_##SECTION))
#define LOOKUP_SIZE(context, SECTION)  ((void)(context), size_##SECTION)
#include "maps/lookup.h"

static __always_inline int next(__u32 index, struct lookup_target *target)
{
	const struct lookup_target *drawn =
		lookup_within(section_bytes(&targets), size_targets, (__u64)index * sizeof(*drawn),
			      sizeof(*drawn));

	if (!drawn)
		return 0;
	*target = *drawn;
	if (dependent) {
		target->high ^= sum & drawn->zero;
		target->random ^= sum & drawn->zero;
	}
	return 1;
}

#define BENCH(name, expression)                                                     \
	static long name##_step(__u32 index, void *context __attribute__((unused))) \
	{                                                                           \
		struct lookup_target target;                                        \
                                                                                    \
		if (!next(index, &target))                                          \
			return 1;                                                   \
		sum += (expression);                                                \
		return 0;                                                           \
	}                                                                           \
	SEC("tc") int name(void *skb __attribute__((unused)))                       \
	{                                                                           \
		sum = 0;                                                            \
		bpf_loop(target_count, name##_step, NULL, 0);                       \
		return 0;                                                           \
	}

static __always_inline __u16 read_random(void *map, __u64 size, __u64 random)
{
	const __u16 *value = lookup_within(section_bytes(map), size,
					   ((random >> 32) * size >> 32) & ~1ull, sizeof(*value));

	return value ? *value : 0;
}

static __always_inline __u32 trie_find_v4(const struct lookup_target *target)
{
	struct trie_key_v4 key = {32, __builtin_bswap32((__u32)target->high)};
	const __u32 *class = bpf_map_lookup_elem(&trie_v4, &key);

	return class ? *class : 0;
}

static __always_inline __u32 trie_find_v6(const struct lookup_target *target)
{
	struct trie_key_v6 key = {
		128, {__builtin_bswap64(target->high), __builtin_bswap64(target->low)}};
	const __u32 *class = bpf_map_lookup_elem(&trie_v6, &key);

	return class ? *class : 0;
}

BENCH(empty_v4, (__u32)target.high)
BENCH(empty_v6, target.high + target.low)
BENCH(floor_v4, read_random(&table_V4_ROOT, size_V4_ROOT, target.random))
BENCH(floor_v6, read_random(&table_V6_NODES, size_V6_NODES, target.random))
BENCH(ours_v4, lookup_v4(0, (__u32)target.high))
BENCH(ours_v6, lookup_v6(0, target.high, target.low))
BENCH(trie_lookup_v4, trie_find_v4(&target))
BENCH(trie_lookup_v6, trie_find_v6(&target))

char bench_license[] SEC("license") = "GPL";
