/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the prefixes of a policy's rules begin and end, in the order of a sweep. */
#ifndef GABELOU_TABLE_EDGES_H
#define GABELOU_TABLE_EDGES_H

#include "userspace/table/table.h"

struct edge {
	u128 at;
	uint32_t rule; /* its number, or what else has prefixes */
	int change;    /* +1, -1 */
};

/* Beside the rules. */
#define EDGE_CONNECTED(policy) ((uint32_t)(policy)->rule_count)
#define EDGE_LIFELINE(policy)  ((uint32_t)(policy)->rule_count + 1)
#define EDGE_NAT64(policy, i)  ((uint32_t)((policy)->rule_count + 2 + (i)))
#define EDGE_OWNERS(policy)    ((policy)->rule_count + 2 + (policy)->nat64_count) /* all of them */

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
