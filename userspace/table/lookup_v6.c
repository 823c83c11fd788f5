// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the IPv6 half of maps/lookup.h: a trie whose nodes each have the stride that suits them.
 *
 * A slice is a prefix, its length a multiple of LOOKUP_V6_UNIT, within which classes change. The
 * slices form a tree, and each could be a node of any stride. Bottom up, the cost of a slice is
 * that of its best stride: the node's bytes, a toll for each range that passes through it, and
 * the cost of the slices that are left at its far end.
 */
#include <errno.h>
#include <stdlib.h>

#include "userspace/table/lookup.h"

#define STRIDES (LOOKUP_V6_STRIDE / LOOKUP_V6_UNIT)

/* How many bytes of table sparing one range one memory access is worth. On the real Internet: 0
 * gives 12 MB and 4.8 accesses for the average range, 32 gives 16 MB and 2.7 (docs/lookup.md). */
#define TOLL 32

/* The ranges that start within the slice, not at its first address. */
struct slice {
	uint32_t first, end; /* their numbers */
	uint32_t size;       /* this and the slices below it, which follow in the array */
	uint8_t length;      /* of the prefix */
	uint8_t stride;      /* the best */
};

struct builder {
	const struct class_ranges *ranges;
	struct slice *slices;
	size_t count, capacity;
	uint32_t *nodes;
	size_t lines; /* cache lines in use */
};

/* costs[0]: of the slice; costs[k]: the sum over the slices k units below it. */
struct costs {
	uint64_t below[STRIDES + 1];
};

/* The first range after @range that starts outside of its prefix of this length. */
static uint32_t prefix_end(const struct class_ranges *ranges, uint32_t range, uint32_t end,
			   unsigned length)
{
	u128 last = ranges->starts[range] | prefix_host_mask(FAMILY_V6, length);

	while (range < end && ranges->starts[range] <= last)
		range++;
	return range;
}

static bool aligned(u128 start, unsigned length)
{
	return (start & prefix_host_mask(FAMILY_V6, length)) == 0;
}

static int add_slice(struct builder *builder, uint32_t first, uint32_t end, unsigned length)
{
	if (builder->count == builder->capacity) {
		size_t capacity = builder->capacity * 2 + 4096;
		struct slice *slices = reallocarray(builder->slices, capacity, sizeof(*slices));

		if (!slices)
			return -ENOMEM;
		builder->slices = slices;
		builder->capacity = capacity;
	}
	builder->slices[builder->count++] =
		(struct slice){.first = first, .end = end, .length = (uint8_t)length};
	return 0;
}

/* No node spans the two halves of an address. */
static bool may_stride(unsigned length, unsigned stride)
{
	return length % LOOKUP_V6_HALF + stride <= LOOKUP_V6_HALF;
}

static uint8_t best_stride(const struct slice *slice, struct costs *costs)
{
	uint64_t toll = (uint64_t)TOLL * (slice->end - slice->first + 1), best = UINT64_MAX;
	uint8_t stride = 0;

	for (unsigned k = 1; k <= STRIDES && may_stride(slice->length, k * LOOKUP_V6_UNIT); k++) {
		uint64_t cost = (sizeof(uint32_t) << k * LOOKUP_V6_UNIT) + toll + costs->below[k];

		if (cost < best) {
			best = cost;
			stride = (uint8_t)(k * LOOKUP_V6_UNIT);
		}
	}
	costs->below[0] = best;
	return stride;
}

/* Finds the slices within this one and the best stride of each. The recursion is 28 deep. */
static int solve(struct builder *builder, uint32_t first, uint32_t end, unsigned length,
		 struct costs *costs)
{
	const struct class_ranges *ranges = builder->ranges;
	unsigned below = length + LOOKUP_V6_UNIT;
	size_t self = builder->count;
	int error = add_slice(builder, first, end, length);

	*costs = (struct costs){0};
	for (uint32_t i = first; i < end && !error;) {
		uint32_t next = prefix_end(ranges, i, end, below);
		uint32_t inner = i + aligned(ranges->starts[i], below);
		struct costs child;

		if (inner < next) {
			error = solve(builder, inner, next, below, &child);
			for (unsigned k = 1; k <= STRIDES && !error; k++)
				costs->below[k] += child.below[k - 1];
		}
		i = next;
	}
	if (error)
		return error;
	builder->slices[self].size = (uint32_t)(builder->count - self);
	builder->slices[self].stride = best_stride(&builder->slices[self], costs);
	return 0;
}

/* The first slice of this length from @slice on; there must be one. */
static const struct slice *slice_below(const struct slice *slice, unsigned length)
{
	while (slice->length != length)
		slice = slice->length < length ? slice + 1 : slice + slice->size;
	return slice;
}

static size_t node_lines(const struct slice *slice)
{
	return (sizeof(uint32_t) << slice->stride) / LOOKUP_V6_LINE;
}

/* The second half of an address begins with an entry in a line of its own. */
static size_t halving_lines(const struct slice *slice)
{
	return slice->length == LOOKUP_V6_HALF;
}

/* The cache lines of a slice's node and of those below it. */
static size_t measure(const struct slice *slice)
{
	unsigned length = slice->length + slice->stride;
	const struct slice *below = slice + 1, *end = slice + slice->size;
	size_t lines = halving_lines(slice) + node_lines(slice);

	while (below < end) {
		if (below->length < length) {
			below++;
			continue;
		}
		lines += measure(below);
		below += below->size;
	}
	return lines;
}

static uint32_t *line_at(const struct builder *builder, size_t line)
{
	return builder->nodes + line * LOOKUP_V6_LINE / sizeof(uint32_t);
}

static void fill_entries(uint32_t *entries, size_t from, size_t to, uint16_t class)
{
	for (size_t i = from; i < to; i++)
		entries[i] = LOOKUP_V6_ENTRY(class, 0);
}

static void fill(struct builder *builder, const struct slice *slice, unsigned stride,
		 uint16_t class, uint32_t *entries);

/* The node of @slice, and the entry that leads to it. @class is that of its first address. */
static uint32_t add_node(struct builder *builder, const struct slice *slice, uint16_t class)
{
	size_t first = builder->lines, line = first + halving_lines(slice);
	uint32_t entry = LOOKUP_V6_ENTRY(line, slice->stride);

	builder->lines = line + node_lines(slice);
	fill(builder, slice, slice->stride, class, line_at(builder, line));
	if (line == first)
		return entry;
	*line_at(builder, first) = entry;
	return LOOKUP_V6_ENTRY(first, 0) | LOOKUP_V6_HALVED;
}

/* Fills the 2^@stride entries below @slice. @class is that of its first address. */
static void fill(struct builder *builder, const struct slice *slice, unsigned stride,
		 uint16_t class, uint32_t *entries)
{
	const struct class_ranges *ranges = builder->ranges;
	const struct slice *below = slice + 1;
	unsigned length = slice->length + stride;
	size_t next = 0, count = (size_t)1 << stride;

	for (uint32_t i = slice->first; i < slice->end;) {
		u128 start = ranges->starts[i];
		size_t entry = (size_t)(start >> (128 - length)) & (count - 1);
		uint32_t after = prefix_end(ranges, i, slice->end, length);

		fill_entries(entries, next, entry, class);
		next = entry;
		if (aligned(start, length))
			class = ranges->classes[i++];
		if (i < after) {
			below = slice_below(below, length);
			entries[next++] = add_node(builder, below, class);
			below += below->size;
			class = ranges->classes[after - 1];
			i = after;
		}
	}
	fill_entries(entries, next, count, class);
}

/* Slice 0 stands for the root, the slices below it follow. The lines of all nodes. */
static int solve_root(struct builder *builder, size_t *lines)
{
	const struct class_ranges *ranges = builder->ranges;
	uint32_t end = (uint32_t)ranges->count;
	int error = add_slice(builder, 0, end, 0);

	for (uint32_t i = 0; i < end && !error;) {
		uint32_t next = prefix_end(ranges, i, end, LOOKUP_V6_ROOT_BITS);
		uint32_t inner = i + aligned(ranges->starts[i], LOOKUP_V6_ROOT_BITS);
		struct costs costs;

		if (inner < next)
			error = solve(builder, inner, next, LOOKUP_V6_ROOT_BITS, &costs);
		i = next;
	}
	*lines = 0;
	for (size_t i = 1; i < builder->count && !error; i += builder->slices[i].size)
		*lines += measure(&builder->slices[i]);
	return error;
}

int lookup_v6_build(const struct class_ranges *ranges, size_t section_most, struct table *table,
		    struct diagnostics *diagnostics)
{
	struct builder builder = {.ranges = ranges};
	size_t lines;
	int error = solve_root(&builder, &lines);

	if (!error && lines * LOOKUP_V6_LINE > section_most)
		error = diagnostics_error(diagnostics, EOVERFLOW, (struct location){0},
					  "node overflow: %zu IPv6 ranges take %zu bytes of the "
					  "%zu that the kernel can address; use sources with fewer "
					  "IPv6 ranges",
					  ranges->count, lines * LOOKUP_V6_LINE, section_most);
	if (!error)
		error = table_section_alloc(table, TABLE_V6_ROOT, LOOKUP_V6_ROOT_SIZE);
	if (!error)
		error = table_section_alloc(table, TABLE_V6_NODES, lines * LOOKUP_V6_LINE);
	if (!error) {
		builder.nodes = table->sections[TABLE_V6_NODES].bytes;
		fill(&builder, builder.slices, LOOKUP_V6_ROOT_BITS, CLASS_NONE,
		     table->sections[TABLE_V6_ROOT].bytes);
	}
	free(builder.slices);
	return error;
}
