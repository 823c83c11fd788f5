// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a feed counts, and what it says there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/merge.h"

_Static_assert(ATLAS_FEEDS_MOST <= 16, "a bit for each feed");

/* The parent of the feed's main network, or "". */
static const char *main_parent(const struct operators *operators, const struct feed *feed)
{
	const struct asn_operator *main = operators_find(operators, feed->asns[0]);

	return main ? main->parent : "";
}

static void count_parent(const struct operators *operators, const char *parent, uint16_t bit,
			 uint16_t *networks)
{
	for (uint32_t i = 0; i < operators->count; i++)
		if (strcmp(operators->entries[i].known.parent, parent) == 0)
			networks[i] |= bit;
}

int feed_masks_make(const struct merge_input *input, const struct operators *operators,
		    struct feed_masks *masks)
{
	masks->networks = calloc((size_t)operators->count + 1, sizeof(*masks->networks));
	if (!masks->networks)
		return -ENOMEM;
	for (size_t i = 0; i < input->feed_count; i++) {
		const struct feed *feed = &input->feed_of[i];
		const char *parent = main_parent(operators, feed);
		uint16_t bit = (uint16_t)(1u << i);

		for (size_t j = 0; j < feed->asn_count; j++) {
			int64_t number = operators_number(operators, feed->asns[j]);

			if (number >= 0)
				masks->networks[number] |= bit;
		}
		if (!feed->provider)
			continue;
		masks->nobody |= bit;
		if (*parent)
			count_parent(operators, parent, bit, masks->networks);
	}
	return 0;
}

void feed_masks_free(struct feed_masks *masks)
{
	free(masks->networks);
	*masks = (struct feed_masks){0};
}

/* The first of the feeds that counts and says @country, or, of those that say none, that counts. */
static uint8_t first_that_says(const uint32_t *words, size_t count, uint16_t mask,
			       country_t country)
{
	for (size_t i = 0; i < count; i++)
		if (mask >> i & 1 && words[i] &&
		    (!country || layer_first_country(words[i]) == country))
			return (uint8_t)(i + 1);
	return 0;
}

void feed_soil(const struct merge_input *input, const uint32_t *words, uint16_t mask,
	       struct place *place)
{
	rows_clash clash = layer_clash(LAYER_FEED);
	uint32_t said = 0;

	for (size_t i = 0; i < input->feed_count; i++) {
		const struct feed *feed = &input->feed_of[i];

		if (!words[i] || !(mask >> i & 1))
			continue;
		said = clash(said, words[i]);
		if (feed->provider && !place->provider)
			place->provider = feed->asns[0];
	}
	if (!said)
		return;
	place->soil = COUNTRY_NONE;
	place->state = SOIL_UNKNOWN;
	if (said != LAYER_FEED_SILENT) {
		place->feed_soil = layer_first_country(said);
		place->feed_other = layer_second_country(said);
		place->state = place->feed_other ? SOIL_CONTESTED : SOIL_AGREED;
	}
	if (place->state == SOIL_AGREED)
		place->soil = place->feed_soil;
	place->feed = first_that_says(words, input->feed_count, mask, place->feed_soil);
}
