/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a change larger than expected? A broken download must not empty a country. Pure.
 *
 * Over the bound: a share of the allowed space of either family that is lost, or gained, over the
 * given one. A loss is surprising at any bound where it takes over half of the space of a country
 * that an allow rule names by its soil, of a country or owner that has at least a thousandth of the
 * allowed space, or of what is not judged. (Countries in which an approved owner happens to have a
 * few addresses come and go with every update.)
 */
#ifndef GABELOU_TABLE_BOUND_H
#define GABELOU_TABLE_BOUND_H

#include "userspace/table/compare.h"

#define BOUND_WHOLE 1000000 /* shares are in millionths */

/* "2%", "0.5%": from 0 to 100 with up to four decimals. @share is untouched if it is none. */
bool bound_parse(const char *text, unsigned *share);

/* An error for each way in which @comparison is over the bound, or surprising at any. @before: the
 * policy of the side before; NULL: not known, then every country counts as named. Returns how many.
 */
size_t bound_exceeded(const struct comparison *comparison, const struct policy *before,
		      unsigned share, struct diagnostics *diagnostics);

#endif
