// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "userspace/atlas/merge.h"

/* Nearly every operator has all of its space under one registry country: that one lies at the
 * operator's own number, the others in a table beside. */
struct count {
	country_t country;
	u128 size;
};

struct other_key {
	uint32_t operator;
	uint32_t country;
};

struct tally {
	uint32_t operator_count;
	struct count *first; /* by number of the operator */
	struct intern others;
	u128 *other_sizes; /* by number in others */
	size_t other_capacity;
};

struct tally *tally_new(const struct operators *operators)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	intern_init(&tally->others, sizeof(struct other_key));
	tally->operator_count = operators->count;
	tally->first = calloc(operators->count + 1, sizeof(*tally->first));
	if (!tally->first) {
		free(tally);
		return NULL;
	}
	return tally;
}

static int add_other(struct tally *tally, struct other_key key, u128 size)
{
	int64_t number = intern_add(&tally->others, &key);

	if (number < 0)
		return (int)number;
	if ((size_t)number >= tally->other_capacity) {
		size_t capacity = 2 * tally->other_capacity + 256;
		u128 *sizes = reallocarray(tally->other_sizes, capacity, sizeof(*sizes));

		if (!sizes)
			return -ENOMEM;
		for (size_t i = tally->other_capacity; i < capacity; i++)
			sizes[i] = 0;
		tally->other_sizes = sizes;
		tally->other_capacity = capacity;
	}
	tally->other_sizes[number] += size;
	return 0;
}

int tally_add(struct tally *tally, uint32_t operator, country_t country, u128 size)
{
	struct count *first = &tally->first[operator];

	if (!first->country)
		first->country = country;
	if (first->country != country)
		return add_other(tally, (struct other_key){ operator, country }, size);
	first->size += size;
	return 0;
}

void tally_settle(struct tally *tally, struct operators *operators)
{
	for (uint32_t i = 0; i < tally->others.count; i++) {
		const struct other_key *key = intern_key(&tally->others, i);
		struct count *lead = &tally->first[key->operator];
		u128 size = tally->other_sizes[i];

		if (size > lead->size || (size == lead->size && key->country < lead->country))
			*lead = (struct count){(country_t)key->country, size};
		tally->other_sizes[i] = 0;
	}
	for (uint32_t i = 0; i < tally->operator_count; i++) {
		struct asn_operator *holder = &operators->entries[i].known;

		if (!holder->registry)
			holder->registry = tally->first[i].country;
		tally->first[i] = (struct count){0};
	}
	intern_free(&tally->others);
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	intern_free(&tally->others);
	free(tally->other_sizes);
	free(tally->first);
	free(tally);
}
