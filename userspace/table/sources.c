// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIXTEEN 16 /* bits of an IPv4 address that find its scope mostly */

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
		append(ranges, &count, claim->prefix.value, claim->scope);
		if (last == family_last(family))
			break;
		next = last + 1;
		append(ranges, &count, next, SCOPE_UNCLAIMED);
	}
	return count;
}

/* Of each /16 its scope, if it has one. */
static void make_index(const struct scope_range *ranges, uint32_t count, uint8_t *by_sixteen)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t first = (uint32_t)ranges[i].low;
		uint32_t last = i + 1 < count ? (uint32_t)ranges[i + 1].low - 1 : UINT32_MAX;

		for (uint32_t n = first >> SIXTEEN; n <= last >> SIXTEEN; n++) {
			bool whole = first <= n << SIXTEEN &&
				     last >= (n << SIXTEEN | ((1u << SIXTEEN) - 1));

			by_sixteen[n] = (uint8_t)(whole ? ranges[i].scope : SCOPE_UNKNOWN);
		}
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

		sources->count[0] = counts[FAMILY_V4];
		sources->count[1] = counts[FAMILY_V6];
		make_index(ranges, counts[FAMILY_V4], sources->by_sixteen);
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
