// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One sweep over each family: the ranges of both tables and of both atlases side by side. Where
 * both tables deny, which is nearly everywhere, nothing else is looked at.
 */
#include "userspace/table/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/table/compare_sums.h"
#include "userspace/table/unfold.h"

/* A list of ranges, and how far the sweep is in it. No ranges: the value is always 0. */
struct track {
	size_t count, at;
	const u128 *starts;
	const uint32_t *values;
};

/* What is swept. */
enum { BEFORE, AFTER, SIDES };
struct sweep {
	struct compare_side sides[SIDES];
	uint8_t *standings[SIDES]; /* enum standing, by class */
	struct track classes[SIDES], places[SIDES];
	struct sums total, countries, asns, reasons;
};

enum { TOTAL_JUDGED, TOTAL_LOCAL };

#define CLASS_NUMBERS (UINT16_MAX + 1u)

static const struct class_row *row_of(const struct table *table, uint32_t class)
{
	const struct class_row *rows = table->sections[TABLE_ROWS].bytes;

	if (class >= table->row_count ||
	    class >= table->sections[TABLE_ROWS].size / sizeof(struct class_row))
		return NULL;
	return &rows[class];
}

enum standing standing_of(const struct table *table, uint16_t class)
{
	const struct class_row *row = row_of(table, class);

	if (!row || row->act == ROW_DENY)
		return STANDING_DENIED;
	if (row->act > ROW_ALLOW)
		return STANDING_EMBEDDED;
	return row->reason == REASON_LOCAL || row->reason == REASON_LIFELINE ? STANDING_LOCAL
									     : STANDING_ALLOWED;
}

static uint32_t value_of(const struct track *track)
{
	return track->count ? track->values[track->at] : 0;
}

static void advance(struct track *track, u128 start)
{
	track->at += track->at + 1 < track->count && track->starts[track->at + 1] == start;
}

/* The place of what a side knows; without data of its own, what the other one does. */
static const struct place *place_at(const struct sweep *sweep, int side)
{
	if (!sweep->sides[side].atlas)
		side = !side;
	const struct atlas *atlas = sweep->sides[side].atlas;

	return atlas ? atlas_place(atlas, value_of(&sweep->places[side])) : NULL;
}

static country_t soil_at(const struct sweep *sweep, int side)
{
	const struct table *table = sweep->sides[side].table;
	uint32_t class = value_of(&sweep->classes[side]);

	if (!table->classes || class >= table->class_count ||
	    table->classes[class].state != SOIL_AGREED)
		return COUNTRY_NONE;
	return table->classes[class].soil;
}

static void count(struct sums *sums, size_t item, int side, bool changed, const struct span *span)
{
	struct compare_space *space = &sums->items[item].space[span->family];
	u128 size = span->last - span->first + 1;

	if (side == BEFORE)
		space->before += size;
	else
		space->after += size;
	if (changed)
		sums_change(sums, item, side == BEFORE ? DIRECTION_LOST : DIRECTION_GAINED, span);
}

/* Only @side lets @span pass: why the other denies it. */
static int count_reason(struct sweep *sweep, int side, const struct span *span)
{
	const struct class_row *row =
		row_of(sweep->sides[!side].table, value_of(&sweep->classes[!side]));
	enum reason reason = row ? row->reason : REASON_INTERNAL;
	int64_t item = sums_find(&sweep->reasons, reason);

	if (item < 0)
		return -ENOMEM;
	sweep->reasons.items[item].reason = reason;
	sums_change(&sweep->reasons, (size_t)item,
		    side == BEFORE ? DIRECTION_LOST : DIRECTION_GAINED, span);
	return 0;
}

/* A side lets all of @span pass; @changed: the other does not. */
static int count_side(struct sweep *sweep, int side, bool local, bool changed,
		      const struct span *span)
{
	count(&sweep->total, local ? TOTAL_LOCAL : TOTAL_JUDGED, side, changed, span);
	if (changed && count_reason(sweep, side, span))
		return -ENOMEM;
	if (local)
		return 0;
	country_t soil = soil_at(sweep, side);
	const struct place *place = place_at(sweep, side);
	int64_t country = sums_find(&sweep->countries, soil);
	int64_t asn = sums_find(&sweep->asns, place ? place->asn : 0);

	if (country < 0 || asn < 0)
		return -ENOMEM;
	sweep->countries.items[country].country = soil;
	sweep->asns.items[asn].asn = place ? place->asn : 0;
	count(&sweep->countries, (size_t)country, side, changed, span);
	count(&sweep->asns, (size_t)asn, side, changed, span);
	return 0;
}

static bool passes(enum standing standing)
{
	return standing == STANDING_ALLOWED || standing == STANDING_LOCAL;
}

static int count_span(struct sweep *sweep, const struct span *span)
{
	enum standing standings[SIDES];
	int error = 0;

	for (int side = 0; side < SIDES; side++)
		standings[side] = sweep->standings[side][value_of(&sweep->classes[side])];
	if (standings[BEFORE] == STANDING_EMBEDDED || standings[AFTER] == STANDING_EMBEDDED)
		return 0;
	for (int side = 0; side < SIDES && !error; side++)
		if (passes(standings[side]))
			error = count_side(sweep, side, standings[side] == STANDING_LOCAL,
					   !passes(standings[!side]), span);
	return error;
}

/* Where the next range of any track begins; false: nowhere. */
static bool find_next(const struct sweep *sweep, u128 *next)
{
	bool found = false;

	for (int i = 0; i < 2 * SIDES; i++) {
		const struct track *track =
			i < SIDES ? &sweep->classes[i] : &sweep->places[i - SIDES];

		if (track->at + 1 >= track->count ||
		    (found && track->starts[track->at + 1] >= *next))
			continue;
		*next = track->starts[track->at + 1];
		found = true;
	}
	return found;
}

static int walk(struct sweep *sweep, enum family family)
{
	struct span span = {.family = family};
	u128 next = 0;
	int error = 0;

	for (bool more = true; more && !error; span.first = next) {
		more = find_next(sweep, &next);
		span.last = more ? next - 1 : family_last(family);
		error = count_span(sweep, &span);
		for (int side = 0; side < SIDES && more; side++) {
			advance(&sweep->classes[side], next);
			advance(&sweep->places[side], next);
		}
	}
	sums_end(&sweep->total);
	sums_end(&sweep->countries);
	sums_end(&sweep->asns);
	sums_end(&sweep->reasons);
	return error;
}

static int sweep_family(struct sweep *sweep, enum family family)
{
	struct changes ranges[SIDES] = {0};
	int error = 0;

	for (int side = 0; side < SIDES && !error; side++) {
		const struct atlas *atlas = sweep->sides[side].atlas;
		struct atlas_ranges places = {0};

		error = table_unfold(sweep->sides[side].table, family, &ranges[side]);
		sweep->classes[side] = (struct track){ranges[side].count, 0, ranges[side].starts,
						      ranges[side].values};
		if (atlas)
			places = atlas_ranges(atlas, family);
		sweep->places[side] = (struct track){places.count, 0, places.starts, places.places};
	}
	if (!error)
		error = walk(sweep, family);
	for (int side = 0; side < SIDES; side++)
		changes_free(&ranges[side]);
	return error;
}

static int sweep_open(struct sweep *sweep, const struct compare_side *before,
		      const struct compare_side *after)
{
	sweep->sides[BEFORE] = *before;
	sweep->sides[AFTER] = *after;
	/* One atlas on both sides is walked once. */
	if (before->atlas == after->atlas)
		sweep->sides[BEFORE].atlas = NULL;
	sums_init(&sweep->total);
	sums_init(&sweep->countries);
	sums_init(&sweep->asns);
	sums_init(&sweep->reasons);
	for (int side = 0; side < SIDES; side++) {
		sweep->standings[side] = malloc(CLASS_NUMBERS);
		if (!sweep->standings[side])
			return -ENOMEM;
		for (uint32_t class = 0; class < CLASS_NUMBERS; class ++)
			sweep->standings[side][class] =
				(uint8_t)standing_of(sweep->sides[side].table, (uint16_t) class);
	}
	return sums_find(&sweep->total, TOTAL_JUDGED) < 0 ||
			       sums_find(&sweep->total, TOTAL_LOCAL) < 0
		       ? -ENOMEM
		       : 0;
}

static void sweep_close(struct sweep *sweep)
{
	sums_free(&sweep->total);
	sums_free(&sweep->countries);
	sums_free(&sweep->asns);
	sums_free(&sweep->reasons);
	for (int side = 0; side < SIDES; side++)
		free(sweep->standings[side]);
}

int compare_tables(const struct compare_side *before, const struct compare_side *after,
		   struct comparison *comparison)
{
	struct comparison result = {0};
	struct sweep sweep = {0};
	int error = sweep_open(&sweep, before, after);

	if (!error)
		error = sweep_family(&sweep, FAMILY_V4);
	if (!error)
		error = sweep_family(&sweep, FAMILY_V6);
	if (!error) {
		memcpy(result.judged, sweep.total.items[TOTAL_JUDGED].space, sizeof(result.judged));
		memcpy(result.local, sweep.total.items[TOTAL_LOCAL].space, sizeof(result.local));
		error = sums_lists(&sweep.countries, &sweep.asns, &sweep.reasons, before->atlas,
				   after->atlas, &result);
	}
	sweep_close(&sweep);
	if (error)
		comparison_free(&result);
	else
		*comparison = result;
	return error;
}

void comparison_free(struct comparison *comparison)
{
	free(comparison->countries.items);
	free(comparison->owners.items);
	free(comparison->asns.items);
	free(comparison->reasons.items);
	*comparison = (struct comparison){0};
}
