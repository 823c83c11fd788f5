/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From layers to places: one sweep over all sources side by side. */
#ifndef GABELOU_ATLAS_MERGE_H
#define GABELOU_ATLAS_MERGE_H

#include "userspace/atlas/layer.h"
#include "userspace/base/intern.h"

#define ATLAS_ASN_SOURCES_MOST 8

/* overlay.c: what lies over all sources. 0 or -ENOMEM. */
int overlay_special(struct layer *layer);
/* Frees @rows, one of each family. */
int overlay_anycast(struct rows *rows, struct layer *layer);

/* How the words of the soil sources become one. */
struct voting {
	enum data_agree agree;
	unsigned min_sources; /* so many must have a word */
};

static inline struct voting voting_of(const struct data_config *data)
{
	return (struct voting){data->agree, data->min_sources};
}

struct atlas {
	struct voting voting;
	struct arena arenas[2]; /* one of each thread that reads */
	struct source *sources; /* soil first */
	size_t source_count;
	size_t soil_count, feed_count;
	struct operators operators;
	struct intern places;            /* of struct place */
	struct changes ranges[FAMILIES]; /* the values are numbers of places */
	void *mapped;                    /* all of the above lies in here (cache.h), or NULL */
	size_t mapped_size;
};

/* Special-use space beats anycast prefixes, which beat feeds, which beat soil sources. ASN sources:
 * the first that has a word. Registry countries go to the operators. */
struct merge_input {
	struct layer special; /* enum special */
	struct layer anycast; /* 1 is anycast */
	struct layer registry;
	struct rows registered; /* ASNs, as registries have given them out */
	struct layer soil[ATLAS_SOIL_SOURCES_MOST];
	size_t soil_count;
	struct layer feeds[ATLAS_FEEDS_MOST];
	struct feed feed_of[ATLAS_FEEDS_MOST]; /* whose word each of them is */
	size_t feed_count;
	struct layer asn[ATLAS_ASN_SOURCES_MOST];
	size_t asn_count;
};

/* Reads every source: layers, and what atlas has of operators, sources and texts. 0 or -errno with
 * messages; free the input in either case. */
int merge_input_read(const struct atlas_config *config, struct merge_input *input,
		     struct atlas *atlas, struct diagnostics *diagnostics);
void merge_input_free(struct merge_input *input);

/* Fills atlas->places, atlas->ranges and each operator's registry country. 0 or -ENOMEM. */
int merge_layers(const struct merge_input *input, struct atlas *atlas);

/* The merged soil of the words of a place: its votes, soil and state (agreed, contested or
 * unknown). An empty word is no vote. @words are values of LAYER_COUNTRY. */
void vote_soil(const struct voting *voting, const uint32_t *words, size_t count,
	       struct place *place);

/* Which feeds count where: masks of 1 << number of the feed. */
struct feed_masks {
	uint16_t *networks; /* by number of the announcer */
	uint16_t nobody;    /* where BGP shows nobody */
};
/* The owner tables are read by now. 0 or -ENOMEM. */
int feed_masks_make(const struct merge_input *input, const struct operators *operators,
		    struct feed_masks *masks);
void feed_masks_free(struct feed_masks *masks);

/* What the feeds of @mask say of a place, over what the soil sources said. @words are values of
 * LAYER_FEED. */
void feed_soil(const struct merge_input *input, const uint32_t *words, uint16_t mask,
	       struct place *place);

/*
 * The registry country of an operator is the one where most of its announced IPv4 addresses are
 * registered; without any, most of its IPv6 addresses. Ties: the lower code.
 */
struct tally;
struct tally *tally_new(const struct operators *operators);
/* @operator announces @size more addresses that are registered in @country. 0 or -ENOMEM. */
int tally_add(struct tally *tally, uint32_t operator, country_t country, u128 size);
/* Gives every operator without a registry country the one that leads, and forgets all counts. */
void tally_settle(struct tally *tally, struct operators *operators);
void tally_free(struct tally *tally);

/* Gives every operator of which nothing announced is registered the country that its ASN is
 * registered in; none where registries contradict each other. @registered are ranges of ASNs with
 * a country each. After merge_layers. 0 or -ENOMEM. */
int registered_apply(const struct rows *registered, struct operators *operators);

#endif
