/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that fell silent. The guard sums up packets after a flow's first and reports them with the
 * first packet after the interval: a flow that ends in between leaves a sum that nobody reports.
 */
#ifndef GABELOU_KERNEL_SWEEP_H
#define GABELOU_KERNEL_SWEEP_H

#include "userspace/kernel/place.h"

/* Mode and interval belong to the generation that judged a flow; a swap leaves flows of two. */
struct sweep_generation {
	uint32_t number; /* 0: none */
	bool monitor;
	uint64_t interval_ns;
};

#define SWEEP_GENERATIONS 4

struct sweep {
	struct kernel *kernel;
	int flows;        /* the map */
	bool under_way;   /* cursor is where the last call stopped */
	uint32_t cursor;  /* of the kernel's batch lookup: a bucket */
	uint64_t next_ns; /* not before this time (CLOCK_BOOTTIME) */
	struct sweep_generation known[SWEEP_GENERATIONS];
	unsigned oldest; /* of those known: the next to be forgotten */
};

/* Looks at a bounded part of the flows, the next part with the next call, and not at all when it
 * was called a moment ago: those whose interval is over are taken out, and reported if they have a
 * sum. The number of reports, or -errno. */
int sweep_silent(struct sweep *sweep, kernel_event_handler handler, void *context);

#endif
