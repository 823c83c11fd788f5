// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The fixed layers come first, then soil, feeds and ASN. */
enum { SPECIAL, ANYCAST, REGISTRY, SOIL };
#define LAYERS_MOST (SOIL + ATLAS_SOIL_SOURCES_MOST + ATLAS_FEEDS_MOST + ATLAS_ASN_SOURCES_MOST)
_Static_assert(LAYERS_MOST <= 64, "a bit for each layer");

/* In place of the number of an operator. */
#define NOBODY  UINT32_MAX
#define UNCLEAR (UINT32_MAX - 1) /* sources that contradict themselves, and no others */

/* Neighbouring ranges repeat few places: remembering the latest saves most of the interning. */
#define MEMORY_BITS 14
/* Beside the words of the sources: announcer, special, anycast; and the place, plus 1. */
#define MEMORY_FIXED 4
#define MEMORY_MOST  (MEMORY_FIXED + ATLAS_SOIL_SOURCES_MOST + ATLAS_FEEDS_MOST)

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

	uint32_t announcer; /* operator of the current range, NOBODY or UNCLEAR */
	struct feed_masks masks;
	uint32_t *memory; /* entries of memory_size each; all zero: nothing is remembered */
	size_t memory_size;
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
	for (size_t i = 0; i < input->feed_count; i++)
		add_layer(merge, &input->feeds[i]);
	for (size_t i = 0; i < input->asn_count; i++)
		add_layer(merge, &input->asn[i]);
}

/* Takes the changes at the lowest place where any layer changes. 0: no layer changes any more;
 * else a mask of the layers that did, and *start. */
static uint64_t advance(struct merge *merge, u128 *start)
{
	u128 lowest = ~(u128)0;
	uint64_t moved = 0;

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
		moved |= (uint64_t)1 << i;
	}
	*start = lowest;
	return moved;
}

static uint32_t find_announcer(const struct merge *merge)
{
	const struct merge_input *input = merge->input;
	uint32_t without_word = NOBODY;

	if (merge->values[SPECIAL])
		return NOBODY;
	for (size_t i = SOIL + input->soil_count + input->feed_count; i < merge->layer_count; i++) {
		if (merge->values[i] == LAYER_ASN_CLASH)
			without_word = UNCLEAR;
		else if (merge->values[i])
			return merge->values[i] - 1;
	}
	return without_word;
}

/* The feeds that count in the current range. */
static uint16_t feed_mask(const struct merge *merge)
{
	switch (merge->announcer) {
	case NOBODY:
		return merge->masks.nobody;
	case UNCLEAR:
		return 0;
	default:
		return merge->masks.networks[merge->announcer];
	}
}

static int64_t make_place(struct merge *merge)
{
	const struct merge_input *input = merge->input;
	struct place place;

	memset(&place, 0, sizeof(place));
	if (merge->values[SPECIAL]) {
		place.state = SOIL_SPECIAL;
		place.special = (uint8_t)merge->values[SPECIAL];
		return intern_add(&merge->atlas->places, &place);
	}
	vote_soil(&merge->atlas->voting, &merge->values[SOIL], input->soil_count, &place);
	feed_soil(input, &merge->values[SOIL + input->soil_count], feed_mask(merge), &place);
	if (merge->values[ANYCAST])
		place.state = SOIL_ANYCAST;
	if (merge->announcer < UNCLEAR)
		place.asn = merge->atlas->operators.entries[merge->announcer].known.asn;
	return intern_add(&merge->atlas->places, &place);
}

static int64_t find_place(struct merge *merge)
{
	const size_t word_count = merge->memory_size - 1; /* behind them, the place */
	uint32_t words[MEMORY_MOST];
	uint64_t hash = 0;

	merge->announcer = find_announcer(merge);
	words[0] = merge->announcer;
	words[1] = merge->values[SPECIAL];
	words[2] = merge->values[ANYCAST];
	memcpy(words + 3, &merge->values[SOIL], (word_count - 3) * sizeof(*words));
	for (size_t i = 0; i < word_count; i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u; /* Knuth, TAOCP 6.4 */
	uint32_t *memory = &merge->memory[(hash >> (64 - MEMORY_BITS)) * merge->memory_size];
	if (memory[word_count] && memcmp(memory, words, word_count * sizeof(*words)) == 0)
		return memory[word_count] - 1;
	int64_t place = make_place(merge);
	if (place >= 0) {
		memcpy(memory, words, word_count * sizeof(*words));
		memory[word_count] = (uint32_t)place + 1;
	}
	return place;
}

/* @size more addresses of the announcer are registered there. */
static int count_range(struct merge *merge, uint32_t registry, u128 size)
{
	country_t country =
		layer_second_country(registry) ? COUNTRY_NONE : layer_first_country(registry);

	return merge->announcer < UNCLEAR && country
		       ? tally_add(merge->tally, merge->announcer, country, size)
		       : 0;
}

static int merge_family(struct merge *merge, enum family family)
{
	struct changes *ranges = &merge->atlas->ranges[family];
	uint64_t moved = ~(uint64_t)0;
	int64_t place = 0;
	int error = 0;
	u128 start = 0;

	start_family(merge, family);
	while (moved && !error) {
		uint32_t registry = merge->values[REGISTRY];
		u128 here = start;

		/* A change of the registry alone is not a change of place. */
		if (moved & ~((uint64_t)1 << REGISTRY))
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
	merge.memory_size = MEMORY_FIXED + input->soil_count + input->feed_count;
	merge.memory = calloc((size_t)1 << MEMORY_BITS, merge.memory_size * sizeof(*merge.memory));
	int error = merge.tally && merge.memory
			    ? feed_masks_make(input, &atlas->operators, &merge.masks)
			    : -ENOMEM;
	for (enum family family = 0; family < FAMILIES && !error; family++)
		error = merge_family(&merge, family);
	feed_masks_free(&merge.masks);
	tally_free(merge.tally);
	free(merge.memory);
	return error;
}
