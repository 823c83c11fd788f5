// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The fixed layers come first, then soil, then ASN. */
enum { SPECIAL, ANYCAST, REGISTRY, SOIL };
#define LAYERS_MOST (SOIL + ATLAS_SOIL_SOURCES_MOST + ATLAS_ASN_SOURCES_MOST)

#define NO_OPERATOR UINT32_MAX

/* Neighbouring ranges repeat few places: remembering the latest saves most of the interning. */
#define MEMORY_BITS 14
#define WORDS_MOST  (3 + ATLAS_SOIL_SOURCES_MOST)

struct memory {
	uint32_t words[WORDS_MOST]; /* all that a place is made of */
	uint32_t place;             /* plus 1; 0: nothing remembered */
};

struct merge {
	const struct merge_input *input;
	struct atlas *atlas;
	struct tally *tally;
	enum family family;

	size_t layer_count;
	const struct changes *changes[LAYERS_MOST];
	size_t at[LAYERS_MOST];       /* the change that holds now */
	u128 next[LAYERS_MOST];       /* where the next one starts; ~0 also if there is none */
	uint32_t values[LAYERS_MOST]; /* what holds now */

	uint32_t announcer; /* operator of the current range, or NO_OPERATOR */
	struct memory *memory;
};

static void add_layer(struct merge *merge, const struct layer *layer)
{
	const struct changes *changes = &layer->changes[merge->family];
	size_t number = merge->layer_count++;

	merge->changes[number] = changes;
	merge->at[number] = 0;
	merge->values[number] = changes->values[0];
	merge->next[number] = changes->count > 1 ? changes->starts[1] : ~(u128)0;
}

static void start_family(struct merge *merge, enum family family)
{
	const struct merge_input *input = merge->input;

	merge->family = family;
	merge->layer_count = 0;
	add_layer(merge, &input->special);
	add_layer(merge, &input->anycast);
	add_layer(merge, &input->registry);
	for (size_t i = 0; i < input->soil_count; i++)
		add_layer(merge, &input->soil[i]);
	for (size_t i = 0; i < input->asn_count; i++)
		add_layer(merge, &input->asn[i]);
}

/* Takes the changes at the lowest place where any layer changes. 0: no layer changes any more;
 * else a mask of the layers that did, and *start. */
static uint32_t advance(struct merge *merge, u128 *start)
{
	u128 lowest = ~(u128)0;
	uint32_t moved = 0;

	for (size_t i = 0; i < merge->layer_count; i++)
		if (merge->next[i] < lowest)
			lowest = merge->next[i];
	for (size_t i = 0; i < merge->layer_count; i++) {
		const struct changes *changes = merge->changes[i];

		/* At the family's very last address ~0 may be a change, or the end of the list. */
		if (merge->next[i] != lowest || merge->at[i] + 1 >= changes->count)
			continue;
		size_t at = ++merge->at[i];
		merge->values[i] = changes->values[at];
		merge->next[i] = at + 1 < changes->count ? changes->starts[at + 1] : ~(u128)0;
		moved |= (uint32_t)1 << i;
	}
	*start = lowest;
	return moved;
}

static uint32_t find_announcer(const struct merge *merge)
{
	if (merge->values[SPECIAL])
		return NO_OPERATOR;
	for (size_t i = SOIL + merge->input->soil_count; i < merge->layer_count; i++)
		if (merge->values[i] && merge->values[i] != LAYER_ASN_CLASH)
			return merge->values[i] - 1;
	return NO_OPERATOR;
}

static int64_t make_place(struct merge *merge)
{
	struct place place;

	memset(&place, 0, sizeof(place));
	if (merge->values[SPECIAL]) {
		place.state = SOIL_SPECIAL;
		place.special = (uint8_t)merge->values[SPECIAL];
		return intern_add(&merge->atlas->places, &place);
	}
	vote_soil(merge->atlas->agree, &merge->values[SOIL], merge->input->soil_count, &place);
	if (merge->values[ANYCAST])
		place.state = SOIL_ANYCAST;
	if (merge->announcer != NO_OPERATOR)
		place.asn = merge->atlas->operators.entries[merge->announcer].known.asn;
	return intern_add(&merge->atlas->places, &place);
}

static int64_t find_place(struct merge *merge)
{
	size_t soil_count = merge->input->soil_count;
	uint32_t words[WORDS_MOST] = {0};
	uint64_t hash = 0;

	merge->announcer = find_announcer(merge);
	words[0] = merge->announcer;
	words[1] = merge->values[SPECIAL];
	words[2] = merge->values[ANYCAST];
	memcpy(words + 3, &merge->values[SOIL], soil_count * sizeof(*words));
	for (size_t i = 0; i < 3 + soil_count; i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u; /* Knuth, TAOCP 6.4 */
	struct memory *memory = &merge->memory[hash >> (64 - MEMORY_BITS)];
	if (memory->place && memcmp(memory->words, words, sizeof(words)) == 0)
		return memory->place - 1;
	int64_t place = make_place(merge);
	if (place >= 0) {
		memcpy(memory->words, words, sizeof(words));
		memory->place = (uint32_t)place + 1;
	}
	return place;
}

/* @size more addresses of the announcer are registered there. */
static int count_range(struct merge *merge, uint32_t registry, u128 size)
{
	country_t country =
		layer_second_country(registry) ? COUNTRY_NONE : layer_first_country(registry);

	return merge->announcer != NO_OPERATOR && country
		       ? tally_add(merge->tally, merge->announcer, country, size)
		       : 0;
}

static int merge_family(struct merge *merge, enum family family)
{
	struct changes *ranges = &merge->atlas->ranges[family];
	uint32_t moved = ~(uint32_t)0;
	int64_t place = 0;
	int error = 0;
	u128 start = 0;

	start_family(merge, family);
	while (moved && !error) {
		uint32_t registry = merge->values[REGISTRY];
		u128 here = start;

		/* A change of the registry alone is not a change of place. */
		if (moved & ~((uint32_t)1 << REGISTRY))
			place = find_place(merge);
		if (place < 0)
			return (int)place;
		error = changes_append(ranges, here, (uint32_t)place);
		moved = advance(merge, &start);
		if (!error)
			error = count_range(merge, registry,
					    moved ? start - here : family_last(family) - here + 1);
	}
	if (!error)
		tally_settle(merge->tally, &merge->atlas->operators);
	changes_trim(ranges);
	return error;
}

int merge_layers(const struct merge_input *input, struct atlas *atlas)
{
	struct merge merge = {.input = input, .atlas = atlas};
	struct place nothing;

	memset(&nothing, 0, sizeof(nothing));
	intern_init(&atlas->places, sizeof(struct place));
	if (intern_add(&atlas->places, &nothing) < 0) /* place 0 */
		return -ENOMEM;
	merge.tally = tally_new(&atlas->operators);
	merge.memory = calloc((size_t)1 << MEMORY_BITS, sizeof(*merge.memory));
	int error = merge.tally && merge.memory ? 0 : -ENOMEM;
	for (enum family family = 0; family < FAMILIES && !error; family++)
		error = merge_family(&merge, family);
	tally_free(merge.tally);
	free(merge.memory);
	return error;
}
