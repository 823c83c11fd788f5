/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the prefixes of a policy's rules begin and end, in the order of a sweep. */
#ifndef GABELOU_TABLE_EDGES_H
#define GABELOU_TABLE_EDGES_H

#include "userspace/table/table.h"

struct edge {
	u128 at;
	uint32_t rule; /* policy->rule_count stands for "connected", what follows for nat64 */
	int change;    /* +1, -1 */
};

/* All zero is empty. */
struct edges {
	struct edge *items;
	size_t count;
};

/* Replaces what is there by the edges of one family, sorted. 0 or -ENOMEM. */
int edges_collect(struct edges *edges, const struct policy *policy,
		  const struct table_context *context, enum family family);
void edges_free(struct edges *edges);

#endif
