/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes from one verdict table to another: address space lost (allowed before, denied after)
 * and gained, by country, by owner and by ASN. Pure.
 *
 * Both tables are walked side by side, so what is compared is what the kernel reads. Space that is
 * not judged ("local:") is counted apart. IPv6 space that holds IPv4 addresses (mapped, NAT64,
 * 6to4, Teredo) is judged by those and counted as nothing of its own.
 */
#ifndef GABELOU_TABLE_COMPARE_H
#define GABELOU_TABLE_COMPARE_H

#include "userspace/table/table.h"

/* All borrowed. */
struct compare_side {
	const struct table *table; /* with its classes */
	const struct atlas *atlas; /* names its ASNs; NULL: the other side's does */
};

/* In addresses. Prefixes: the fewest CIDRs that cover what is lost, or gained. */
struct compare_space {
	u128 before, after, lost, gained;
	uint64_t lost_prefixes, gained_prefixes;
};

enum compare_owner { COMPARE_LISTED, COMPARE_UNLISTED, COMPARE_UNROUTED };

/* A country, an owner or an ASN. */
struct compared {
	/* Of a country: the soil, COUNTRY_NONE where sources do not agree on one. Else of the
	 * owner's parent; COUNTRY_NONE: not known. */
	country_t country;
	uint32_t asn;             /* of an ASN; 0: announced by nobody */
	const char *name;         /* of an ASN; borrowed from an atlas; "" where there is none */
	const char *parent;       /* of an owner or an ASN; borrowed likewise */
	enum compare_owner owner; /* of an owner or an ASN */
	struct compare_space space[FAMILIES];
};

/* What changes most first; what does not change comes last. */
struct compare_list {
	struct compared *items;
	size_t count;
	size_t changed;
};

/*
 * Before and lost are told by what the side before knows of an address, after and gained by the
 * side after: a network that was sold loses under one owner what it gains under another. The
 * prefixes of an owner are those of its ASNs.
 */
struct comparison {
	struct compare_space judged[FAMILIES]; /* allowed by a rule */
	struct compare_space local[FAMILIES];  /* not judged */
	struct compare_list countries, owners, asns;
};

/* 0, -ENOMEM, or -EBADMSG if a table cannot be read. @comparison is untouched on failure. */
int compare_tables(const struct compare_side *before, const struct compare_side *after,
		   struct comparison *comparison);
void comparison_free(struct comparison *comparison);

/* What the row of an address says. */
enum standing {
	STANDING_DENIED,
	STANDING_ALLOWED,
	STANDING_LOCAL,    /* let pass without being judged */
	STANDING_EMBEDDED, /* see the IPv4 address inside */
};
enum standing standing_of(const struct table *table, uint16_t class);

#endif
