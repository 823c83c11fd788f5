/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict table read back as ranges: the inverse of lookup_v4_build and lookup_v6_build. So two
 * tables can be compared without the policy and the data that either was made of. */
#ifndef GABELOU_TABLE_UNFOLD_H
#define GABELOU_TABLE_UNFOLD_H

#include "userspace/atlas/ranges.h"
#include "userspace/table/table.h"

/* The classes of a family into @ranges, which is empty before. 0, -ENOMEM, or -EBADMSG: a section
 * points outside of itself. The caller frees them, also on failure. */
int table_unfold(const struct table *table, enum family family, struct changes *ranges);

#endif
