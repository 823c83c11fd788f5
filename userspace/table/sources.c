// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A prefix and whose it is. Those of two scopes do not overlap. */
struct claim {
	struct prefix prefix;
	uint32_t scope;
};

struct claims {
	struct claim *items;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;

	if (left->prefix.value != right->prefix.value)
		return left->prefix.value < right->prefix.value ? -1 : 1;
	return (left->prefix.length > right->prefix.length) -
	       (left->prefix.length < right->prefix.length);
}

static int collect(const struct policy *policy, enum family family, struct claims *claims)
{
	size_t most = 0;

	for (size_t i = 0; i < policy->scope_count; i++)
		most += policy->scopes[i].prefix_count;
	claims->count = 0;
	claims->items = calloc(most + 1, sizeof(*claims->items));
	if (!claims->items)
		return -ENOMEM;
	for (size_t i = 0; i < policy->scope_count; i++)
		for (size_t j = 0; j < policy->scopes[i].prefix_count; j++)
			if (policy->scopes[i].prefixes[j].family == family)
				claims->items[claims->count++] = (struct claim){
					policy->scopes[i].prefixes[j], (uint32_t)i + 1};
	qsort(claims->items, claims->count, sizeof(*claims->items), compare);
	return 0;
}

/* As struct scope_range has it. */
static u128 placed(enum family family, u128 value)
{
	return family == FAMILY_V4 ? value << 96 : value;
}

static void append(struct scope_range *ranges, uint32_t *count, u128 start, uint32_t scope)
{
	if (*count && ranges[*count - 1].scope == scope)
		return;
	/* Two claims side by side: nothing lies between them. */
	if (*count && ranges[*count - 1].high == (uint64_t)(start >> 64) &&
	    ranges[*count - 1].low == (uint64_t)start)
		--*count;
	ranges[(*count)++] =
		(struct scope_range){(uint64_t)(start >> 64), (uint64_t)start, scope, 0};
}

/* Into @ranges, which have room for two of each claim and one more. Returns how many. */
static uint32_t make_ranges(const struct claims *claims, enum family family,
			    struct scope_range *ranges)
{
	uint32_t count = 0;
	u128 next = 0; /* behind the claims so far */

	append(ranges, &count, 0, SCOPE_UNCLAIMED);
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];
		u128 last = prefix_last(&claim->prefix);

		if (i && claim->prefix.value < next)
			continue; /* within the one before, of the same scope */
		append(ranges, &count, placed(family, claim->prefix.value), claim->scope);
		if (last == family_last(family))
			break;
		next = last + 1;
		append(ranges, &count, placed(family, next), SCOPE_UNCLAIMED);
	}
	return count;
}

/* The bits that all claims have in common. */
static unsigned common_bits(const struct claims *claims, enum family family)
{
	unsigned most = SCOPE_COMMON_MOST;

	for (size_t i = 0; i < claims->count; i++) {
		const struct prefix *prefix = &claims->items[i].prefix;
		u128 differs = placed(family, prefix->value ^ claims->items[0].prefix.value);

		most = prefix->length < most ? prefix->length : most;
		while (most && differs >> (128 - most))
			most--;
	}
	return most;
}

static u128 range_start(const struct scope_range *range)
{
	return (u128)range->high << 64 | range->low;
}

/* Of each part of what is in common its scope, if it has one. */
static void make_index(const struct claims *claims, enum family family,
		       const struct scope_range *ranges, uint32_t count, struct scope_index *index)
{
	unsigned common = common_bits(claims, family), shift = 128 - common - SCOPE_INDEX_BITS;
	u128 base = claims->count ? placed(family, claims->items[0].prefix.value) : 0;
	u128 mask = ((u128)1 << shift) - 1;
	uint32_t range = 0;

	base = common ? base >> (128 - common) << (128 - common) : 0;
	index->base = (uint64_t)(base >> 64);
	index->common = common;
	index->ranges = count;
	for (uint32_t i = 0; i < 1u << SCOPE_INDEX_BITS; i++) {
		u128 first = base | (u128)i << shift, last = first | mask;

		while (range + 1 < count && range_start(&ranges[range + 1]) <= first)
			range++;
		bool whole = range + 1 == count || range_start(&ranges[range + 1]) > last;
		index->scopes[i] = (uint8_t)(whole ? ranges[range].scope : SCOPE_UNKNOWN);
	}
}

static int fill(const struct claims claims[FAMILIES], struct table *table,
		struct diagnostics *diagnostics, const char *file)
{
	size_t room = 2 * (claims[FAMILY_V4].count + claims[FAMILY_V6].count + 1);
	struct scope_range *ranges = calloc(room, sizeof(*ranges));
	uint32_t counts[FAMILIES];
	int error = ranges ? 0 : -ENOMEM;

	if (!ranges)
		return error;
	counts[FAMILY_V4] = make_ranges(&claims[FAMILY_V4], FAMILY_V4, ranges);
	counts[FAMILY_V6] = make_ranges(&claims[FAMILY_V6], FAMILY_V6, ranges + counts[FAMILY_V4]);
	if (counts[FAMILY_V4] > SCOPE_RANGES_MOST || counts[FAMILY_V6] > SCOPE_RANGES_MOST)
		error = diagnostics_error(diagnostics, EOVERFLOW, (struct location){.file = file},
					  "scope overflow: the prefixes of all scopes make over %u "
					  "ranges; name fewer and wider ones",
					  SCOPE_RANGES_MOST);
	size_t size = (counts[FAMILY_V4] + counts[FAMILY_V6]) * sizeof(*ranges);
	if (!error)
		error = table_section_alloc(table, TABLE_SOURCES,
					    sizeof(struct scope_sources) + size);
	if (!error) {
		struct scope_sources *sources = table->sections[TABLE_SOURCES].bytes;

		make_index(&claims[FAMILY_V4], FAMILY_V4, ranges, counts[FAMILY_V4],
			   &sources->index[0]);
		make_index(&claims[FAMILY_V6], FAMILY_V6, ranges + counts[FAMILY_V4],
			   counts[FAMILY_V6], &sources->index[1]);
		memcpy(sources + 1, ranges, size);
	}
	free(ranges);
	return error;
}

int sources_fill(const struct policy *policy, struct table *table, struct diagnostics *diagnostics)
{
	struct claims claims[FAMILIES] = {{0}};
	int error = 0;

	for (enum family family = 0; family < FAMILIES && !error; family++)
		error = collect(policy, family, &claims[family]);
	if (!error && !claims[FAMILY_V4].count && !claims[FAMILY_V6].count)
		error = table_section_alloc(table, TABLE_SOURCES, 0);
	else if (!error)
		error = fill(claims, table, diagnostics, policy->file);
	for (enum family family = 0; family < FAMILIES; family++)
		free(claims[family].items);
	return error;
}
