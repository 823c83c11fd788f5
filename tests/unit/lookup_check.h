/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the lookup share: random ranges, and a scan of them that cannot be wrong. */
#ifndef GABELOU_TESTS_UNIT_LOOKUP_CHECK_H
#define GABELOU_TESTS_UNIT_LOOKUP_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/table/lookup.h"

#define RANGES_MOST 400000

static inline u128 random_value(enum family family)
{
	return ((u128)random_next() << 64 | random_next()) & family_last(family);
}

static inline struct class_ranges *ranges_new(void)
{
	struct class_ranges *ranges = calloc(1, sizeof(*ranges));

	ranges->starts = calloc(RANGES_MOST, sizeof(*ranges->starts));
	ranges->classes = calloc(RANGES_MOST, sizeof(*ranges->classes));
	return ranges;
}

static inline void ranges_free(struct class_ranges *ranges)
{
	free(ranges->starts);
	free(ranges->classes);
	free(ranges);
}

/* In any order; ranges_sort puts them in theirs. */
static inline void ranges_add(struct class_ranges *ranges, u128 start, unsigned class)
{
	assert_true(ranges->count < RANGES_MOST);
	ranges->starts[ranges->count] = start;
	ranges->classes[ranges->count++] = (uint16_t) class;
}

static inline int compare_starts(const void *a, const void *b)
{
	const u128 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Sorts the starts, adds 0, drops doubles. The classes stay where they are. */
static inline void ranges_sort(struct class_ranges *ranges)
{
	size_t kept = 1;

	ranges_add(ranges, 0, 1);
	qsort(ranges->starts, ranges->count, sizeof(*ranges->starts), compare_starts);
	for (size_t i = 1; i < ranges->count; i++)
		if (ranges->starts[i] != ranges->starts[kept - 1])
			ranges->starts[kept++] = ranges->starts[i];
	ranges->count = kept;
}

/* The naive answer. */
static inline uint16_t ranges_class(const struct class_ranges *ranges, u128 value)
{
	uint16_t class = CLASS_NONE;

	for (size_t i = 0; i < ranges->count && ranges->starts[i] <= value; i++)
		class = ranges->classes[i];
	return class;
}

static inline int ranges_build(const struct class_ranges *ranges, enum family family, size_t most,
			       struct table *table, struct diagnostics *diagnostics)
{
	return family == FAMILY_V4 ? lookup_v4_build(ranges, most, table, diagnostics)
				   : lookup_v6_build(ranges, most, table, diagnostics);
}

static inline struct table *ranges_table(const struct class_ranges *ranges, enum family family)
{
	struct table *table = calloc(1, sizeof(*table));
	struct diagnostics diagnostics = {0};

	assert_int_equal(ranges_build(ranges, family, LOOKUP_SECTION_MOST, table, &diagnostics), 0);
	assert_int_equal(diagnostics.count, 0);
	return table;
}

static inline void check_address(const struct class_ranges *ranges, const struct table *table,
				 enum family family, u128 value, uint16_t expected)
{
	struct address address = {family, value & family_last(family)};
	char text[ADDRESS_TEXT_SIZE];
	uint16_t found = table_class(table, address);

	if (found != expected)
		fail_msg("%s: class %u, not %u (%zu ranges)", address_format(address, text), found,
			 expected, ranges->count);
}

/* Every boundary and both sides of it, the last address, and @draws addresses at random. */
static inline void ranges_check(const struct class_ranges *ranges, enum family family, size_t draws)
{
	struct table *table = ranges_table(ranges, family);
	u128 last = family_last(family);

	for (size_t i = 0; i < ranges->count; i++) {
		u128 start = ranges->starts[i];
		u128 end = i + 1 < ranges->count ? ranges->starts[i + 1] - 1 : last;
		uint16_t class = ranges->classes[i];

		check_address(ranges, table, family, start, class);
		check_address(ranges, table, family, end, class);
		check_address(ranges, table, family, start + (end - start) / 2, class);
		check_address(ranges, table, family, start < end ? start + 1 : start, class);
	}
	for (size_t i = 0; i < draws; i++) {
		u128 value = random_value(family);

		check_address(ranges, table, family, value, ranges_class(ranges, value));
	}
	table_free(table);
}

#endif
