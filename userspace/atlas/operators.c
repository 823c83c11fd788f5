// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/operators.h"

#include <errno.h>
#include <stdlib.h>

#define CAPACITY_FIRST 1024

/* Fibonacci hashing (Knuth, TAOCP 6.4): ASNs come in runs. */
static uint32_t slot_of(const struct operators *operators, uint32_t asn)
{
	uint32_t slot = (uint32_t)(asn * 0x9e3779b97f4a7c15u >> 32) & operators->mask;

	while (operators->slots[slot].number && operators->slots[slot].asn != asn)
		slot = (slot + 1) & operators->mask;
	return slot;
}

static int grow(struct operators *operators)
{
	uint32_t capacity = operators->capacity ? 2 * operators->capacity : CAPACITY_FIRST;
	struct operator_entry *entries =
		reallocarray(operators->entries, capacity, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	operators->entries = entries;
	struct operator_slot *slots = calloc(capacity, 2 * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(operators->slots);
	operators->slots = slots;
	operators->capacity = capacity;
	operators->mask = 2 * capacity - 1;
	for (uint32_t i = 0; i < operators->count; i++) {
		uint32_t asn = entries[i].known.asn;

		slots[slot_of(operators, asn)] = (struct operator_slot){asn, i + 1};
	}
	return 0;
}

int64_t operators_add(struct operators *operators, uint32_t asn)
{
	if (operators->count) {
		uint32_t number = operators->slots[slot_of(operators, asn)].number;

		if (number)
			return number - 1;
	}
	if (operators->count == OPERATORS_MOST)
		return -E2BIG;
	if (operators->count == operators->capacity && grow(operators))
		return -ENOMEM;
	operators->entries[operators->count] = (struct operator_entry){
		.known = {.asn = asn,
			  .name = "",
			  .organisation = "",
			  .parent = "",
			  .since = "",
			  .source = ""},
	};
	operators->slots[slot_of(operators, asn)] =
		(struct operator_slot){asn, operators->count + 1};
	return operators->count++;
}

int64_t operators_number(const struct operators *operators, uint32_t asn)
{
	if (!operators->count)
		return -ENOENT;
	uint32_t number = operators->slots[slot_of(operators, asn)].number;
	return number ? (int64_t)number - 1 : -ENOENT;
}

const struct asn_operator *operators_find(const struct operators *operators, uint32_t asn)
{
	int64_t number = operators_number(operators, asn);

	return number < 0 ? NULL : &operators->entries[number].known;
}

void operators_infer_seats(struct operators *operators)
{
	for (uint32_t i = 0; i < operators->count; i++) {
		struct asn_operator *holder = &operators->entries[i].known;

		if (holder->basis != OWNER_UNKNOWN && !holder->seat && holder->registry) {
			holder->seat = holder->registry;
			holder->seat_inferred = true;
		}
	}
}

void operators_free(struct operators *operators)
{
	free(operators->entries);
	free(operators->slots);
	*operators = (struct operators){0};
}
