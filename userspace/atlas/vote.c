// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/merge.h"

/* A source that contradicts itself has a word, but agrees with none. */
static size_t supporters(const uint32_t *words, size_t count, country_t country)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += words[i] == country;
	return found;
}

/* How many of the @cast words a country needs. */
static size_t needed(enum data_agree agree, size_t cast)
{
	return agree == DATA_AGREE_ALL ? cast : cast / 2 + 1;
}

static void set_votes(const uint32_t *words, size_t count, struct place *place)
{
	size_t spare = count;

	for (size_t i = 0; i < count; i++) {
		country_t second = layer_second_country(words[i]);

		place->votes[i] = layer_first_country(words[i]);
		if (second)
			place->votes[spare++] = second;
	}
}

void vote_soil(const struct voting *voting, const uint32_t *words, size_t count,
	       struct place *place)
{
	size_t cast = 0, first = 0;

	set_votes(words, count, place);
	for (size_t i = count; i-- > 0;) {
		if (words[i]) {
			cast++;
			first = i;
		}
	}
	if (!cast || cast < voting->min_sources)
		return;
	if (voting->agree == DATA_AGREE_FIRST) {
		words += first;
		cast = count = 1;
	}
	place->state = SOIL_CONTESTED;
	for (size_t i = 0; i < count; i++) {
		country_t country = layer_first_country(words[i]);

		if (words[i] && supporters(words, count, country) >= needed(voting->agree, cast)) {
			place->state = SOIL_AGREED;
			place->soil = country;
			return;
		}
	}
}
