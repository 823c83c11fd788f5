// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/unfold.h"

#include <errno.h>
#include <string.h>

#include "userspace/table/lookup.h"

/* The places in a /24 where a class begins. */
static int unfold_slot(const struct table *table, uint32_t slot, uint16_t word,
		       struct changes *ranges)
{
	const uint8_t *bytes = table->sections[TABLE_V4_BLOCKS].bytes;
	size_t size = table->sections[TABLE_V4_BLOCKS].size, offset, rank = 0;
	struct lookup_v4_block block;
	uint32_t base;
	int error = 0;

	if (word < CLASSES_MOST)
		return changes_append(ranges, (u128)slot << 8, word);
	if (size < LOOKUP_V4_BASES_SIZE)
		return -EBADMSG;
	memcpy(&base, bytes + (slot >> 8) * sizeof(base), sizeof(base));
	offset = LOOKUP_V4_BASES_SIZE + ((size_t)base + word - CLASSES_MOST) * sizeof(block);
	if (offset > size || size - offset < sizeof(block))
		return -EBADMSG;
	memcpy(&block, bytes + offset, sizeof(block));
	for (unsigned i = 0; i < 256 && !error; i++) {
		uint16_t class;

		if (!(block.begins[i / 64] >> i % 64 & 1))
			continue;
		offset = (block.classes + rank++) * sizeof(class);
		if (offset > size || size - offset < sizeof(class))
			return -EBADMSG;
		memcpy(&class, bytes + offset, sizeof(class));
		error = changes_append(ranges, (u128)slot << 8 | i, class);
	}
	return error;
}

/* Most neighbours are equal: four slots at a time. */
static int unfold_v4(const struct table *table, struct changes *ranges)
{
	const uint16_t *root = table->sections[TABLE_V4_ROOT].bytes;
	uint64_t repeated, four;
	int error = 0;

	if (table->sections[TABLE_V4_ROOT].size < LOOKUP_V4_ROOT_SIZE)
		return -EBADMSG;
	for (uint32_t slot = 0; slot < 1u << 24 && !error;) {
		error = unfold_slot(table, slot, root[slot], ranges);
		repeated = root[slot] * 0x0001000100010001ull;
		for (slot++; root[slot - 1] < CLASSES_MOST && slot + 4 <= 1u << 24; slot += 4) {
			memcpy(&four, root + slot, sizeof(four));
			if (four != repeated)
				break;
		}
	}
	return error;
}

struct unfolding {
	const struct table *table;
	struct changes *ranges;
};

static int unfold_entry(const struct unfolding *unfolding, uint32_t entry, u128 prefix,
			unsigned length);

/* @count entries at @offset, each a prefix of @length bits. */
static int unfold_node(const struct unfolding *unfolding, size_t offset, size_t count, u128 prefix,
		       unsigned length)
{
	const uint8_t *bytes = unfolding->table->sections[TABLE_V6_NODES].bytes;
	size_t size = unfolding->table->sections[TABLE_V6_NODES].size;
	int error = 0;

	if (length > 128 || offset > size || (size - offset) / sizeof(uint32_t) < count)
		return -EBADMSG;
	for (size_t i = 0; i < count && !error; i++) {
		uint32_t entry;

		memcpy(&entry, bytes + offset + i * sizeof(entry), sizeof(entry));
		error = unfold_entry(unfolding, entry,
				     length ? prefix | (u128)i << (128 - length) : prefix, length);
	}
	return error;
}

/* @entry stands for the prefix of @length bits. Each step goes down at least LOOKUP_V6_UNIT bits,
 * or over the middle of the address once. */
static int unfold_entry(const struct unfolding *unfolding, uint32_t entry, u128 prefix,
			unsigned length)
{
	unsigned stride = entry & ((1 << LOOKUP_V6_ENTRY_BITS) - 1);
	size_t line = (entry & ~LOOKUP_V6_HALVED) >> LOOKUP_V6_ENTRY_BITS;

	if (entry & LOOKUP_V6_HALVED && !stride) {
		size_t size = unfolding->table->sections[TABLE_V6_NODES].size;
		const uint8_t *bytes = unfolding->table->sections[TABLE_V6_NODES].bytes;
		uint32_t low;

		if (length != LOOKUP_V6_HALF || size < sizeof(low) ||
		    line * LOOKUP_V6_LINE > size - sizeof(low))
			return -EBADMSG;
		memcpy(&low, bytes + line * LOOKUP_V6_LINE, sizeof(low));
		if (low & LOOKUP_V6_HALVED)
			return -EBADMSG;
		return unfold_entry(unfolding, low, prefix, length);
	}
	if (!stride)
		return changes_append(unfolding->ranges, prefix, (uint16_t)line);
	return unfold_node(unfolding, (size_t)(entry >> LOOKUP_V6_ENTRY_BITS) * LOOKUP_V6_LINE,
			   (size_t)1 << stride, prefix, length + stride);
}

static int unfold_v6(const struct table *table, struct changes *ranges)
{
	const struct unfolding unfolding = {table, ranges};
	const uint32_t *root = table->sections[TABLE_V6_ROOT].bytes;
	int error = 0;

	if (table->sections[TABLE_V6_ROOT].size < LOOKUP_V6_ROOT_SIZE)
		return -EBADMSG;
	for (uint32_t i = 0; i < 1u << LOOKUP_V6_ROOT_BITS && !error; i++)
		error = unfold_entry(&unfolding, root[i], (u128)i << (128 - LOOKUP_V6_ROOT_BITS),
				     LOOKUP_V6_ROOT_BITS);
	return error;
}

int table_unfold(const struct table *table, enum family family, struct changes *ranges)
{
	return family == FAMILY_V4 ? unfold_v4(table, ranges) : unfold_v6(table, ranges);
}
