// SPDX-License-Identifier: GPL-2.0-or-later
/* What others ask of a built atlas. */
#include <stdlib.h>
#include <sys/mman.h>

#include "userspace/atlas/merge.h"

void atlas_free(struct atlas *atlas)
{
	if (!atlas)
		return;
	if (atlas->mapped) {
		munmap(atlas->mapped, atlas->mapped_size);
		free(atlas);
		return;
	}
	for (enum family family = 0; family < FAMILIES; family++)
		changes_free(&atlas->ranges[family]);
	intern_free(&atlas->places);
	operators_free(&atlas->operators);
	free(atlas->sources);
	for (size_t i = 0; i < sizeof(atlas->arenas) / sizeof(atlas->arenas[0]); i++)
		arena_free(&atlas->arenas[i]);
	free(atlas);
}

struct atlas_ranges atlas_ranges(const struct atlas *atlas, enum family family)
{
	const struct changes *ranges = &atlas->ranges[family];

	return (struct atlas_ranges){ranges->count, ranges->starts, ranges->values};
}

uint32_t atlas_lookup(const struct atlas *atlas, struct address address)
{
	const struct changes *ranges = &atlas->ranges[address.family];
	size_t low = 0, high = ranges->count; /* the answer is in [low, high) */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (ranges->starts[middle] <= address.value)
			low = middle;
		else
			high = middle;
	}
	return ranges->values[low];
}

uint32_t atlas_place_count(const struct atlas *atlas)
{
	return atlas->places.count;
}

const struct place *atlas_place(const struct atlas *atlas, uint32_t number)
{
	return intern_key(&atlas->places, number);
}

const struct asn_operator *atlas_operator(const struct atlas *atlas, uint32_t asn)
{
	return operators_find(&atlas->operators, asn);
}

static void reach_add(struct reach *reach, country_t country)
{
	country_t state = country_state(country);
	unsigned at = reach->count;

	if (!country)
		return;
	for (unsigned i = 0; i < reach->count; i++)
		if (reach->countries[i] == state)
			return;
	for (; at > 0 && reach->countries[at - 1] > state; at--)
		reach->countries[at] = reach->countries[at - 1];
	reach->countries[at] = state;
	reach->count++;
}

static const struct asn_operator *find_holder(const struct atlas *atlas, uint32_t asn)
{
	return asn ? atlas_operator(atlas, asn) : NULL;
}

static bool is_listed(const struct asn_operator *holder)
{
	return holder && holder->basis != OWNER_UNKNOWN;
}

static void reach_add_holder(struct reach *reach, const struct asn_operator *holder, bool registry)
{
	if (is_listed(holder)) {
		reach_add(reach, holder->parent_country);
		reach_add(reach, holder->seat);
	} else if (holder && registry && !holder->doubtful) {
		reach_add(reach, holder->registry);
	}
}

struct reach atlas_reach(const struct atlas *atlas, const struct place *place, bool registry)
{
	const struct asn_operator *announcer = find_holder(atlas, place->asn);
	const struct asn_operator *provider = find_holder(atlas, place->provider);
	struct reach reach = {0};

	reach_add_holder(&reach, announcer, registry);
	reach_add_holder(&reach, provider, registry);
	if (!is_listed(announcer) && is_listed(provider))
		reach.feed = 1;
	else
		reach.inferred = reach.count && !is_listed(announcer);
	return reach;
}

const struct asn_operator *atlas_owner(const struct atlas *atlas, const struct place *place)
{
	const struct asn_operator *announcer = find_holder(atlas, place->asn);
	const struct asn_operator *provider = find_holder(atlas, place->provider);

	return !is_listed(announcer) && is_listed(provider) ? provider : announcer;
}

enum owner_basis owner_basis_of(const struct asn_operator *owner, const struct reach *reach)
{
	if (reach->inferred)
		return OWNER_INFERRED;
	if (reach->feed)
		return OWNER_FEED;
	return owner ? owner->basis : OWNER_UNKNOWN;
}

size_t atlas_source_count(const struct atlas *atlas)
{
	return atlas->source_count;
}

const struct source *atlas_source(const struct atlas *atlas, size_t number)
{
	return &atlas->sources[number];
}

size_t atlas_soil_source_count(const struct atlas *atlas)
{
	return atlas->soil_count;
}

size_t atlas_feed_count(const struct atlas *atlas)
{
	return atlas->feed_count;
}

const struct source *atlas_feed(const struct atlas *atlas, unsigned feed)
{
	size_t number = atlas->soil_count;

	while (atlas->sources[number].role != SOURCE_FEED || --feed)
		number++;
	return &atlas->sources[number];
}

enum data_agree atlas_agree(const struct atlas *atlas)
{
	return atlas->voting.agree;
}

unsigned atlas_min_sources(const struct atlas *atlas)
{
	return atlas->voting.min_sources;
}

const char *owner_basis_name(enum owner_basis basis)
{
	static const char *const names[] = {
		[OWNER_UNKNOWN] = "unknown",   [OWNER_SOURCED] = "sourced",
		[OWNER_ASSERTED] = "asserted", [OWNER_LOCAL] = "local",
		[OWNER_INFERRED] = "inferred", [OWNER_FEED] = "feed",
	};

	return names[basis];
}

const char *soil_state_name(enum soil_state state)
{
	static const char *const names[] = {
		[SOIL_UNKNOWN] = "unknown",     [SOIL_AGREED] = "agreed",
		[SOIL_CONTESTED] = "contested", [SOIL_SPECIAL] = "special",
		[SOIL_ANYCAST] = "anycast",
	};

	return names[state];
}

const char *source_role_name(enum source_role role)
{
	static const char *const names[] = {
		[SOURCE_SOIL] = "soil",         [SOURCE_FEED] = "feed",
		[SOURCE_ASN] = "asn",           [SOURCE_ASN_NAMES] = "asn-names",
		[SOURCE_OWNER] = "owner",       [SOURCE_DOUBTFUL] = "doubtful",
		[SOURCE_REGISTRY] = "registry", [SOURCE_ANYCAST] = "anycast",
		[SOURCE_REGIONS] = "regions",
	};

	return names[role];
}
