/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the differential test compares on: addresses, and what a naive scan of the sources says of
 * each. */
#ifndef GABELOU_TESTS_PROG_DIFFERENTIAL_H
#define GABELOU_TESTS_PROG_DIFFERENTIAL_H

#include <stdlib.h>
#include <string.h>

#include "tests/unit/random.h"
#include "userspace/atlas/atlas.h"

#define SCAN_AT_ONCE (1u << 20) /* addresses: bounds the scan's memory */

/* Sorted, distinct addresses, each with its place. */
struct sample {
	struct address *addresses;
	struct place *places;
	size_t count, capacity;
};

static inline void sample_add(struct sample *sample, enum family family, u128 value)
{
	if (sample->count == sample->capacity) {
		sample->capacity = sample->capacity * 2 + 4096;
		sample->addresses = reallocarray(sample->addresses, sample->capacity,
						 sizeof(*sample->addresses));
		if (!sample->addresses)
			abort();
	}
	sample->addresses[sample->count++] = (struct address){family, value & family_last(family)};
}

static inline int sample_compare(const void *a, const void *b)
{
	const struct address *left = a, *right = b;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	return left->value < right->value ? -1 : left->value > right->value;
}

static inline void sample_sort(struct sample *sample)
{
	size_t kept = 0;

	qsort(sample->addresses, sample->count, sizeof(*sample->addresses), sample_compare);
	for (size_t i = 0; i < sample->count; i++)
		if (!kept || sample_compare(&sample->addresses[i], &sample->addresses[kept - 1]))
			sample->addresses[kept++] = sample->addresses[i];
	sample->count = kept;
}

/* The naive places of all of them. */
static inline int sample_scan(struct sample *sample, const struct atlas_config *config,
			      struct diagnostics *diagnostics)
{
	int error = 0;

	sample->places = calloc(sample->count, sizeof(*sample->places));
	if (!sample->places)
		abort();
	for (size_t i = 0; i < sample->count && !error; i += SCAN_AT_ONCE) {
		size_t count = sample->count - i < SCAN_AT_ONCE ? sample->count - i : SCAN_AT_ONCE;

		error = atlas_scan(config, sample->addresses + i, count, sample->places + i,
				   diagnostics);
	}
	return error;
}

static inline const struct place *sample_place(const struct sample *sample, struct address address)
{
	const struct address *found = bsearch(&address, sample->addresses, sample->count,
					      sizeof(address), sample_compare);

	return found ? &sample->places[found - sample->addresses] : NULL;
}

static inline void sample_free(struct sample *sample)
{
	free(sample->addresses);
	free(sample->places);
}

/* For each range start - 1, start, end and end + 1, which are the same as start - 1 and start of
 * each, and the family's last; of every @step-th range alone. */
static inline void sample_boundaries(struct sample *sample, const struct atlas *atlas, size_t step)
{
	for (enum family family = 0; family < FAMILIES; family++) {
		struct atlas_ranges ranges = atlas_ranges(atlas, family);

		for (size_t i = 0; i < ranges.count; i += step) {
			sample_add(sample, family, ranges.starts[i] - 1);
			sample_add(sample, family, ranges.starts[i]);
		}
	}
}

/* Uniform over IPv4; over IPv6, and again over 2000::/3, where most of it is assigned. */
static inline void sample_uniform(struct sample *sample, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		u128 value = (u128)random_next() << 64 | random_next();

		if (i % 2)
			sample_add(sample, FAMILY_V4, value);
		else
			sample_add(sample, FAMILY_V6,
				   i % 8 ? (value >> 3) | (u128)1 << 125 : value);
	}
}

/* IPv4 inside IPv6, and the inner addresses themselves, at @count range starts. */
static inline void sample_embedded(struct sample *sample, const struct atlas *atlas, size_t count)
{
	struct atlas_ranges ranges = atlas_ranges(atlas, FAMILY_V4);

	for (size_t i = 0; i < count; i++) {
		u128 inner = ranges.starts[random_next() % ranges.count];

		sample_add(sample, FAMILY_V4, inner);
		switch (i % 5) {
		case 0:
			sample_add(sample, FAMILY_V6, (u128)0x0064ff9b << 96 | inner);
			break;
		case 1:
			sample_add(sample, FAMILY_V6, (u128)0xffff << 32 | inner);
			break;
		case 2:
			sample_add(sample, FAMILY_V6, inner);
			break;
		case 3:
			sample_add(sample, FAMILY_V6, (u128)0x2002 << 112 | inner << 80 | 1);
			break;
		default:
			sample_add(sample, FAMILY_V6,
				   (u128)0x20010000 << 96 | (uint32_t) ~(uint32_t)inner);
		}
	}
}

#endif
