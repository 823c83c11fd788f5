/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The atlas: all sources merged. For any address its soil, ASN and owner, and who said so.
 *
 * Pure: reads files, knows no kernel and no policy. An atlas is immutable once built.
 */
#ifndef GABELOU_ATLAS_ATLAS_H
#define GABELOU_ATLAS_ATLAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "userspace/base/address.h"
#include "userspace/base/country.h"
#include "userspace/base/data_file.h"
#include "userspace/base/diagnostic.h"
#include "userspace/base/digest.h"

#define ATLAS_SOIL_SOURCES_MOST 8
#define ATLAS_FEEDS_MOST        16

/* data_dir holds the embedded files: soil.csv.zst, registry.csv.zst, asn.csv.zst,
 * asn-names.csv.zst, owners.csv, doubtful.csv, anycast.csv, regions.csv and location-key.pem. Of
 * the owner files the later ones win line by line; those that are not below data_dir are marked
 * local. */
struct atlas_config {
	const char *data_dir;
	struct data_config data; /* borrowed */
	time_t now;              /* for "since": the owner line in force at this moment */
};

enum soil_state { SOIL_UNKNOWN, SOIL_AGREED, SOIL_CONTESTED, SOIL_SPECIAL, SOIL_ANYCAST };

/* Special-use space, decided by us before any source is asked. See special.c for the RFCs. */
enum special {
	SPECIAL_NONE,
	SPECIAL_PRIVATE,        /* RFC 1918, RFC 4193, RFC 6598: what "local: private" means... */
	SPECIAL_LINK,           /* ...with link-local unicast (RFC 3927, RFC 4291) */
	SPECIAL_LINK_MULTICAST, /* ...and 224.0.0.0/24, ff02::/16, 255.255.255.255 */
	SPECIAL_MULTICAST,      /* every other multicast group */
	SPECIAL_LOOPBACK,
	SPECIAL_RESERVED,        /* documentation, benchmarking, 0/8, 240/4, unassigned v6, ... */
	SPECIAL_EMBEDDED_LOW,    /* ::ffff:0:0/96, ::/96, 64:ff9b::/96: judged by the inner IPv4 */
	SPECIAL_EMBEDDED_6TO4,   /* 2002::/16 */
	SPECIAL_EMBEDDED_TEREDO, /* 2001::/32 */
};

/*
 * What the atlas knows of a range. Equal places are one place, numbered from 0; place 0 is
 * "nothing known".
 *
 * A feed is the word of who uses the addresses, and beats the soil sources where it counts. A
 * provider's list of its own space counts in the networks that it is of, in those of operators with
 * the same parent as its main one, and where BGP shows nobody. An operator's geofeed counts in the
 * networks that it is of. Elsewhere a feed changes nothing.
 */
struct place {
	uint32_t asn;      /* 0: announced by nobody */
	uint32_t provider; /* the main ASN of the provider whose feed counts here; 0: none */
	country_t soil;    /* the merged answer; COUNTRY_NONE unless state is AGREED or ANYCAST */
	/* What the feeds that count say. COUNTRY_NONE: no country; in a feed that means that the
	 * soil is unknown. Feeds that contradict each other, or themselves, have two words: the two
	 * lowest codes. */
	country_t feed_soil, feed_other;
	uint8_t state;   /* enum soil_state */
	uint8_t special; /* enum special */
	uint8_t feed;    /* the first feed that says feed_soil, from 1; 0: no feed counts here */
	uint8_t zero[3]; /* equal places are equal bytes */
	/* Each source's word; COUNTRY_NONE: it has none. A source that contradicts itself has two
	 * words (and agrees with no other): the second one goes behind the last source's. */
	country_t votes[ATLAS_SOIL_SOURCES_MOST];
};
_Static_assert(sizeof(struct place) == 36, "no padding between equal places");

/* Everything from starts[i] up to starts[i + 1] - 1 (or the family's end) is places[i].
 * starts[0] is 0; neighbours differ. */
struct atlas_ranges {
	size_t count;
	const u128 *starts;
	const uint32_t *places;
};

enum owner_basis {
	OWNER_UNKNOWN,  /* in no owner table */
	OWNER_SOURCED,  /* a line that cites a page */
	OWNER_ASSERTED, /* a line without one ("general knowledge") */
	OWNER_LOCAL,    /* a line of the user's own file */
	OWNER_INFERRED, /* from the registry, under "unlisted: registry" */
	OWNER_FEED,     /* in a provider's feed, and of the announcer nothing else is known */
};
const char *owner_basis_name(enum owner_basis basis);
const char *soil_state_name(enum soil_state state);

/* Strings are owned by the atlas; "" where not known. */
struct asn_operator {
	uint32_t asn;
	const char *name;         /* of the ASN, from the ASN table */
	const char *organisation; /* from the owner table */
	const char *parent;
	country_t parent_country;
	country_t seat; /* explicit or inferred */
	bool seat_inferred;
	country_t registry;     /* where most of its announced space is registered */
	enum owner_basis basis; /* OWNER_UNKNOWN: not listed */
	bool doubtful;          /* on the doubtful list: never gets an owner by inference */
	const char *since;
	const char *source; /* the citation; for a doubtful one, the reason */
};

#define REACH_MOST 4
/* Sorted, distinct states (territories mapped by country_state); the rest COUNTRY_NONE. */
struct reach {
	country_t countries[REACH_MOST];
	uint8_t count;    /* 0: no owner */
	uint8_t inferred; /* 1: from the registry only */
	uint8_t feed;     /* 1: from a provider's feed only */
};

enum source_role {
	SOURCE_SOIL,
	SOURCE_FEED,
	SOURCE_ASN,
	SOURCE_ASN_NAMES,
	SOURCE_OWNER,
	SOURCE_DOUBTFUL,
	SOURCE_REGISTRY,
	SOURCE_ANYCAST,
	SOURCE_REGIONS
};
const char *source_role_name(enum source_role role);

struct source {
	enum source_role role;
	const char *name; /* "DB-IP Lite" from "# name:", else the file's name */
	const char *path;
	const char *date; /* "2026-06-01" from "# date:", else the file's modification time */
	struct digest digest;
	size_t rows;
};

struct atlas;
int atlas_build(const struct atlas_config *config, struct atlas **atlas,
		struct diagnostics *diagnostics);
#define ATLAS_CACHE_FOLDER "/var/cache/gabelou"
/* The same, but what was built is kept in @folder and taken from there while no source changes
 * (cache.h). An atlas that came with warnings is not kept, so that they are given each time, nor
 * one of a source that changed a moment before. */
int atlas_open(const struct atlas_config *config, const char *folder, struct atlas **atlas,
	       struct diagnostics *diagnostics);
void atlas_free(struct atlas *atlas);

struct atlas_ranges atlas_ranges(const struct atlas *atlas, enum family family);
uint32_t atlas_lookup(const struct atlas *atlas, struct address address); /* number of the place */
uint32_t atlas_place_count(const struct atlas *atlas);
const struct place *atlas_place(const struct atlas *atlas, uint32_t number);
/* NULL: the ASN is in no table at all. */
const struct asn_operator *atlas_operator(const struct atlas *atlas, uint32_t asn);
/* Seat and parent of the announcer, and of the provider where its feed counts. Of an unlisted
 * operator nothing, or with @registry its registry country (never for the doubtful). */
struct reach atlas_reach(const struct atlas *atlas, const struct place *place, bool registry);
/* The operator whose line in the owner tables tells: the announcer, else the provider of the feed.
 * Without such a line the announcer, which may be NULL. */
const struct asn_operator *atlas_owner(const struct atlas *atlas, const struct place *place);
/* What the reach of a place rests on. @owner is its atlas_owner(). */
enum owner_basis owner_basis_of(const struct asn_operator *owner, const struct reach *reach);
size_t atlas_source_count(const struct atlas *atlas);
/* The soil sources come first, in the order of struct place's votes. */
const struct source *atlas_source(const struct atlas *atlas, size_t number);
size_t atlas_soil_source_count(const struct atlas *atlas);
size_t atlas_feed_count(const struct atlas *atlas);
/* By the number that struct place has: from 1. */
const struct source *atlas_feed(const struct atlas *atlas, unsigned feed);
enum data_agree atlas_agree(const struct atlas *atlas);
/* How many soil sources must have a word, or else the soil is unknown. */
unsigned atlas_min_sources(const struct atlas *atlas);

/* The IPv4 address inside an embedded IPv6 one, by the kind of special space. */
struct address special_embedded(enum special special, struct address address);
enum special special_of(struct address address);
/* The IPv4 address inside, if @address lies in one of these NAT64 prefixes (RFC 6052); else what
 * special_embedded says. */
struct address special_inner(const struct prefix *nat64, size_t count, struct address address);

/* The oracle's way to a place: scans each source file row by row, no merged ranges, and marks the
 * addresses each row covers. @addresses are sorted by (family, value). Slow on purpose. */
int atlas_scan(const struct atlas_config *config, const struct address *addresses, size_t count,
	       struct place *places, struct diagnostics *diagnostics);

#endif
