/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Range algebra: from rows as a source writes them (in any order, nested, overlapping) to changes
 * (sorted, disjoint, the whole family covered).
 *
 * A value is a number whose meaning the caller knows; 0 is "no word".
 */
#ifndef GABELOU_ATLAS_RANGES_H
#define GABELOU_ATLAS_RANGES_H

#include "userspace/base/address.h"

/* Everything from starts[i] up to starts[i + 1] - 1 has values[i]. Once begun, starts[0] is 0 and
 * neighbours differ. All zero is an empty list. */
struct changes {
	size_t count, capacity;
	u128 *starts;
	uint32_t *values;
};

/* From @start on the value is @value. Starts ascend, equal ones replace. 0 or -ENOMEM. */
int changes_append(struct changes *changes, u128 start, uint32_t value);
/* Gives back the room that growing left over. */
void changes_trim(struct changes *changes);
void changes_free(struct changes *changes);

struct rows {
	size_t count, capacity;
	u128 *starts;
	u128 *lasts; /* inclusive */
	uint32_t *values;
};

int rows_append(struct rows *rows, u128 start, u128 last, uint32_t value);
void rows_free(struct rows *rows);

/* What two rows of the same size say together, where they cover the same address. Either may be
 * the result of an earlier call, and the order is not that of the file: the function must be
 * commutative and associative, and 0 its neutral element. */
typedef uint32_t (*rows_clash)(uint32_t first, uint32_t second);

/* The most specific (smallest) row that covers an address decides; among equals, @clash. @end is
 * the highest address of the family. @changes is empty before and covers everything after.
 * 0 or -ENOMEM. */
int rows_resolve(const struct rows *rows, u128 end, rows_clash clash, struct changes *changes);

#endif
