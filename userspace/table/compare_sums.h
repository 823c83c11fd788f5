/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of a comparison while it is under way. */
#ifndef GABELOU_TABLE_COMPARE_SUMS_H
#define GABELOU_TABLE_COMPARE_SUMS_H

#include "userspace/base/intern.h"
#include "userspace/table/compare.h"

enum direction { DIRECTION_LOST, DIRECTION_GAINED };

/* Inclusive. */
struct span {
	enum family family;
	u128 first, last;
};

/* What was lost or gained without a gap under one key: prefixes are counted once it ends. */
struct run {
	bool open;
	enum direction direction;
	size_t item;
	struct span span;
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

/* All of @span is lost or gained by a row. Spans ascend within a family. */
void sums_change(struct sums *sums, size_t item, enum direction direction, const struct span *span);
/* Ends the run, at the end of a family. */
void sums_end(struct sums *sums);

/* Countries, ASNs and reasons, which it takes, into the lists of a comparison, named and sorted;
 * and the owners out of the ASNs. -ENOMEM. */
int sums_lists(struct sums *countries, struct sums *asns, struct sums *reasons,
	       const struct atlas *before, const struct atlas *after,
	       struct comparison *comparison);

#endif
