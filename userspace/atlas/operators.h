/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything known of each ASN, found by its number. */
#ifndef GABELOU_ATLAS_OPERATORS_H
#define GABELOU_ATLAS_OPERATORS_H

#include "userspace/atlas/atlas.h"

/* There are some 120,000 ASNs in the world: more than this is not a table of ASNs. */
#define OPERATORS_MOST ((uint32_t)1 << 20)

struct operator_entry {
	struct asn_operator known;
	/* The owner line that is in force: which file, its "since" as a number, its line. */
	unsigned owner_file; /* from 1; 0: none */
	uint32_t owner_since;
	unsigned owner_line;
	uint32_t zero; /* no gap, as in what is known */
};
_Static_assert(sizeof(struct operator_entry) == 16 + sizeof(struct asn_operator), "no gaps");

struct operator_slot {
	uint32_t asn;
	uint32_t number; /* in entries, plus 1; 0: free */
};

struct operators {
	struct operator_entry *entries;
	uint32_t count, capacity;
	struct operator_slot *slots;
	uint32_t mask;
};

/* The number of the entry, added if it is new. -ENOMEM, or -E2BIG over OPERATORS_MOST. */
int64_t operators_add(struct operators *operators, uint32_t asn);
/* The number of the entry; -ENOENT. */
int64_t operators_number(const struct operators *operators, uint32_t asn);
const struct asn_operator *operators_find(const struct operators *operators, uint32_t asn);
/* Infers seats, once owners and registry countries are known. */
void operators_infer_seats(struct operators *operators);
void operators_free(struct operators *operators);

#endif
