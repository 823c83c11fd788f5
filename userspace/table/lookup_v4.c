// SPDX-License-Identifier: GPL-2.0-or-later
/* Builds the IPv4 half of maps/lookup.h: DIR-24-8 with compressed blocks. */
#include <errno.h>
#include <string.h>

#include "userspace/table/lookup.h"

#define SLOTS (1u << 24)

/* The starts from @first up to @end - 1 lie in one /24. */
struct slot {
	size_t first, end;
	uint32_t number; /* of the /24 */
	bool split;      /* more than one class: a block */
	size_t classes;  /* in it */
};

static struct slot slot_at(const struct class_ranges *ranges, size_t first)
{
	struct slot slot = {
		.first = first, .end = first + 1, .number = (uint32_t)ranges->starts[first] >> 8};
	bool aligned = ((uint32_t)ranges->starts[first] & 0xff) == 0;

	while (slot.end < ranges->count && (uint32_t)ranges->starts[slot.end] >> 8 == slot.number)
		slot.end++;
	slot.classes = slot.end - slot.first + !aligned;
	slot.split = slot.classes > 1;
	return slot;
}

/* What V4_BLOCKS will hold. */
static void measure(const struct class_ranges *ranges, size_t *blocks, size_t *outside)
{
	*blocks = *outside = 0;
	for (size_t i = 0; i < ranges->count;) {
		struct slot slot = slot_at(ranges, i);

		*blocks += slot.split;
		if (slot.classes > LOOKUP_V4_INLINED)
			*outside += slot.classes;
		i = slot.end;
	}
}

/* @class is that of the address before the slot; @classes has room for those of the block. */
static void fill_block(const struct class_ranges *ranges, const struct slot *slot, uint16_t class,
		       struct lookup_v4_block *block, uint16_t *classes)
{
	size_t count = 0;

	if ((uint32_t)ranges->starts[slot->first] & 0xff) {
		block->begins[0] = 1;
		classes[count++] = class;
	}
	for (size_t i = slot->first; i < slot->end; i++) {
		unsigned at = (uint32_t)ranges->starts[i] & 0xff;

		block->begins[at / 64] |= 1ull << at % 64;
		classes[count++] = ranges->classes[i];
	}
	for (unsigned i = 1; i < 4; i++)
		block->before[i] =
			(uint8_t)(block->before[i - 1] + lookup_count_bits(block->begins[i - 1]));
}

static void fill_slots(uint16_t *root, uint32_t from, uint32_t to, uint16_t class)
{
	const uint64_t four = class * 0x0001000100010001ull;

	for (; from < to && from % 4; from++)
		root[from] = class;
	for (; from + 4 <= to; from += 4)
		memcpy(&root[from], &four, sizeof(four));
	for (; from < to; from++)
		root[from] = class;
}

static void fill(const struct class_ranges *ranges, struct table *table, size_t blocks)
{
	uint16_t *root = table->sections[TABLE_V4_ROOT].bytes;
	uint32_t *bases = table->sections[TABLE_V4_BLOCKS].bytes;
	struct lookup_v4_block *block = (struct lookup_v4_block *)(bases + LOOKUP_V4_BASES);
	uint16_t *start = (uint16_t *)bases, *outside = (uint16_t *)(block + blocks);
	uint32_t number = 0, next = 0, hi = LOOKUP_V4_BASES;
	uint16_t class = CLASS_NONE;

	for (size_t i = 0; i < ranges->count;) {
		struct slot slot = slot_at(ranges, i);

		fill_slots(root, next, slot.number, class);
		next = slot.number;
		if (slot.split) {
			bool fits = slot.classes <= LOOKUP_V4_INLINED;
			uint16_t *classes = fits ? block->inlined : outside;

			if (slot.number >> 8 != hi) {
				hi = slot.number >> 8;
				bases[hi] = number;
			}
			fill_block(ranges, &slot, class, block, classes);
			block->classes = (uint32_t)(classes - start);
			outside += fits ? 0 : slot.classes;
			root[next++] = (uint16_t)(CLASSES_MOST + number++ - bases[hi]);
			block++;
		}
		class = ranges->classes[slot.end - 1];
		i = slot.end;
	}
	fill_slots(root, next, SLOTS, class);
}

int lookup_v4_build(const struct class_ranges *ranges, size_t section_most, struct table *table,
		    struct diagnostics *diagnostics)
{
	size_t blocks, outside, size;
	int error;

	measure(ranges, &blocks, &outside);
	size = LOOKUP_V4_BASES_SIZE + blocks * sizeof(struct lookup_v4_block) +
	       outside * sizeof(uint16_t);
	if (size > section_most)
		return diagnostics_error(diagnostics, EOVERFLOW, (struct location){0},
					 "block overflow: %zu /24s have more than one class, which "
					 "takes %zu bytes of the %zu that the kernel can address; "
					 "use sources with fewer IPv4 ranges longer than /24",
					 blocks, size, section_most);
	error = table_section_alloc(table, TABLE_V4_ROOT, LOOKUP_V4_ROOT_SIZE);
	if (!error)
		error = table_section_alloc(table, TABLE_V4_BLOCKS, size);
	if (!error)
		fill(ranges, table, blocks);
	return error;
}
