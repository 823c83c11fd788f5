/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any number of prefixes that look like the Internet: fewer than there are, are drawn from the real
 * ones; more come of splitting ones drawn at random into halves of different classes.
 */
#ifndef GABELOU_TESTS_BENCH_GROWTH_H
#define GABELOU_TESTS_BENCH_GROWTH_H

#include "tests/bench/world.h"
#include "userspace/table/lookup.h"

static const size_t growth_counts[] = {10000, 100000, 1000000, 2000000, 4000000};
#define GROWTH_COUNTS (sizeof(growth_counts) / sizeof(*growth_counts))

#define LONGEST_V6 64 /* what is longer is not split: nobody announces it */

struct entry {
	struct prefix prefix;
	uint16_t class;
};

struct entries {
	struct entry *items;
	size_t count;
};

static inline int growth_compare(const void *a, const void *b)
{
	u128 left = ((const struct entry *)a)->prefix.value;
	u128 right = ((const struct entry *)b)->prefix.value;

	return (left > right) - (left < right);
}

/* All that the sources say something about, with its class. */
static inline struct entries growth_real(const struct world *world, enum family family)
{
	struct prefixes parts[2] = {world_prefixes(world, family, VERDICT_DENY, false),
				    world_prefixes(world, family, VERDICT_ALLOW, false)};
	struct entries entries = {
		.items = bench_alloc(parts[0].count + parts[1].count, sizeof(*entries.items))};

	for (int part = 0; part < 2; part++) {
		for (size_t i = 0; i < parts[part].count; i++) {
			struct prefix prefix = parts[part].items[i];

			entries.items[entries.count++] = (struct entry){
				prefix,
				table_class(world->table, (struct address){family, prefix.value})};
		}
		prefixes_free(&parts[part]);
	}
	return entries;
}

/* The left half takes the place of the whole, the right one goes to the end. */
static inline void growth_split(struct entries *entries, size_t number, uint16_t other_class)
{
	struct entry *whole = &entries->items[number];
	struct entry *half = &entries->items[entries->count++];

	whole->prefix.length++;
	*half = *whole;
	half->prefix.value |=
		prefix_host_mask(whole->prefix.family, whole->prefix.length) + (u128)1;
	half->class = other_class;
}

static inline struct entries growth_entries(const struct world *world, enum family family,
					    size_t count, uint64_t *random)
{
	struct entries entries = growth_real(world, family);
	unsigned longest = family == FAMILY_V4 ? 32 : LONGEST_V6;
	uint32_t classes = world->table->class_count;

	for (size_t i = 0; i < count && count < entries.count; i++) {
		size_t other = i + bench_random(random) % (entries.count - i);
		struct entry drawn = entries.items[other];

		entries.items[other] = entries.items[i];
		entries.items[i] = drawn;
	}
	if (entries.count > count)
		entries.count = count;
	entries.items = realloc(entries.items, count * sizeof(*entries.items));
	if (!entries.items)
		bench_die("memory");
	while (entries.count < count) {
		size_t number = bench_random(random) % entries.count;

		if (entries.items[number].prefix.length < longest)
			growth_split(&entries, number,
				     (uint16_t)(1 + bench_random(random) % (classes - 1)));
	}
	qsort(entries.items, entries.count, sizeof(*entries.items), growth_compare);
	return entries;
}

/* What lies between the prefixes has no class. */
static inline struct class_ranges growth_ranges(const struct entries *entries, enum family family)
{
	struct class_ranges ranges = {
		.starts = bench_alloc(2 * entries->count + 1, sizeof(*ranges.starts)),
		.classes = bench_alloc(2 * entries->count + 1, sizeof(*ranges.classes)),
	};
	u128 next = 0;
	bool full = false; /* next has wrapped */

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];

		if (entry->prefix.value > next || (ranges.count == 0 && entry->prefix.value)) {
			ranges.starts[ranges.count] = next;
			ranges.classes[ranges.count++] = CLASS_NONE;
		}
		ranges.starts[ranges.count] = entry->prefix.value;
		ranges.classes[ranges.count++] = entry->class;
		full = prefix_last(&entry->prefix) == family_last(family);
		next = prefix_last(&entry->prefix) + 1;
	}
	if (!full) {
		ranges.starts[ranges.count] = next;
		ranges.classes[ranges.count++] = CLASS_NONE;
	}
	return ranges;
}

/* The prefixes of each verdict; those of embedded addresses have none. */
static inline void growth_sort_out(const struct world *world, const struct entries *entries,
				   struct prefixes prefixes[2])
{
	const struct class_row *rows = world->table->sections[TABLE_ROWS].bytes;

	for (size_t i = 0; i < entries->count; i++)
		if (rows[entries->items[i].class].act <= ROW_ALLOW)
			prefixes_add(&prefixes[rows[entries->items[i].class].act],
				     entries->items[i].prefix);
}

/* A whole table with the rows of the real one and @count prefixes of each family. */
static inline struct table *growth_table(const struct world *world, size_t count,
					 struct prefixes prefixes[FAMILIES][2], uint64_t *random)
{
	static const enum table_section copied[] = {TABLE_ROWS, TABLE_ENTRIES, TABLE_SOURCES};
	struct table *table = bench_alloc(1, sizeof(*table));
	struct diagnostics diagnostics = {0};

	for (enum family family = 0; family < FAMILIES; family++) {
		struct entries entries = growth_entries(world, family, count, random);
		struct class_ranges ranges = growth_ranges(&entries, family);

		if ((family == FAMILY_V4 ? lookup_v4_build : lookup_v6_build)(
			    &ranges, LOOKUP_SECTION_MOST, table, &diagnostics))
			world_refused(&diagnostics);
		growth_sort_out(world, &entries, prefixes[family]);
		free(ranges.starts);
		free(ranges.classes);
		free(entries.items);
	}
	for (int i = 0; i < 3; i++) {
		const size_t size = world->table->sections[copied[i]].size;

		if (table_section_alloc(table, copied[i], size))
			bench_die("memory");
		memcpy(table->sections[copied[i]].bytes, world->table->sections[copied[i]].bytes,
		       size);
	}
	table->class_count = world->table->class_count;
	table->row_count = world->table->row_count;
	table->entry_count = world->table->entry_count;
	return table;
}

#endif
