/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of a comparison while it is under way. */
#ifndef GABELOU_TABLE_COMPARE_SUMS_H
#define GABELOU_TABLE_COMPARE_SUMS_H

#include "userspace/base/intern.h"
#include "userspace/table/compare.h"

enum direction { DIRECTION_LOST, DIRECTION_GAINED };

/* What was lost or gained without a gap under one key: prefixes are counted once it ends. */
struct run {
	bool open;
	enum direction direction;
	size_t item;
	u128 first, last;
};

/* One list, with a row for each key that was seen. */
struct sums {
	struct intern keys; /* uint32_t */
	struct compared *items;
	size_t capacity;
	uint32_t key; /* of the last call: neighbours are often alike */
	size_t item;
	struct run run;
};

void sums_init(struct sums *sums);
void sums_free(struct sums *sums);

/* The number of the row of @key; its items may move. -ENOMEM. */
int64_t sums_find(struct sums *sums, uint32_t key);

/* Everything from @first to @last is lost or gained by a row. */
void sums_change(struct sums *sums, enum family family, size_t item, enum direction direction,
		 u128 first, u128 last);
/* Ends the run, at the end of a family. */
void sums_end(struct sums *sums, enum family family);

/* Countries and ASNs, which it takes, into the lists of a comparison, named and sorted; and the
 * owners out of the ASNs. -ENOMEM. */
int sums_lists(struct sums *countries, struct sums *asns, const struct atlas *before,
	       const struct atlas *after, struct comparison *comparison);

#endif
