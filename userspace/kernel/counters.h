/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per-CPU counters, summed. */
#ifndef GABELOU_KERNEL_COUNTERS_H
#define GABELOU_KERNEL_COUNTERS_H

#include <jansson.h>
#include <stddef.h>

#include "maps/decision.h"

/* Slots 0 to @count - 1 of the map @map (a file descriptor), summed over CPUs. -ENOENT if it has
 * fewer. */
int counters_read(int map, struct counter *counters, size_t count);

/* How many slots the map has, or -errno. */
int counters_slots(int map);

/* [[slot, packets, bytes], ...] for the slots that are not zero. A new reference; NULL on error. */
json_t *counters_json(int map);

#endif
