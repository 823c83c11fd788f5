/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcome of a sweep: class_ranges of table.h, put together from the lowest address up. */
#ifndef GABELOU_TABLE_CLASS_RANGES_H
#define GABELOU_TABLE_CLASS_RANGES_H

#include "userspace/table/table.h"

/* Room for @capacity of them. 0 or -ENOMEM, and then class_ranges_free is still right. */
int class_ranges_reserve(struct class_ranges *ranges, size_t capacity);
void class_ranges_free(struct class_ranges *ranges);

/* Within the room. A range of the same class as the one before goes on with it. */
static inline void class_ranges_append(struct class_ranges *ranges, u128 start, uint16_t class)
{
	if (ranges->count && ranges->classes[ranges->count - 1] == class)
		return;
	ranges->starts[ranges->count] = start;
	ranges->classes[ranges->count++] = class;
}

#endif
