// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/edges.h"

#include <errno.h>
#include <stdlib.h>

static int add(struct edges *edges, enum family family, const struct prefix *prefix, uint32_t rule)
{
	if (prefix->family != family)
		return 0;
	struct edge *items = reallocarray(edges->items, edges->count + 2, sizeof(*items));
	if (!items)
		return -ENOMEM;
	edges->items = items;
	items[edges->count++] = (struct edge){prefix->value, rule, 1};
	u128 last = prefix_last(prefix);
	if (last != family_last(family))
		items[edges->count++] = (struct edge){last + 1, rule, -1};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	return left->at < right->at ? -1 : left->at > right->at;
}

int edges_collect(struct edges *edges, const struct policy *policy,
		  const struct table_context *context, enum family family)
{
	int error = 0;

	edges->count = 0;
	for (uint32_t i = 0; i < policy->rule_count; i++)
		for (size_t j = 0; j < policy->rules[i].to_count && !error; j++)
			error = add(edges, family, &policy->rules[i].to[j], i);
	if (policy->local == POLICY_LOCAL_CONNECTED && context)
		for (size_t i = 0; i < context->connected_count && !error; i++)
			error = add(edges, family, &context->connected[i], EDGE_CONNECTED(policy));
	for (size_t i = 0; i < policy->local_count && !error; i++)
		for (size_t j = 0; j < policy->locals[i].to_count && !error; j++)
			if (policy_local_any(&policy->locals[i]))
				error = add(edges, family, &policy->locals[i].to[j],
					    EDGE_CONNECTED(policy));
	for (size_t i = 0; i < policy->lifeline_count && !error; i++)
		error = add(edges, family, &policy->lifeline[i], EDGE_LIFELINE(policy));
	for (size_t i = 0; i < policy->nat64_count && !error; i++)
		error = add(edges, family, &policy->nat64[i], EDGE_NAT64(policy, i));
	if (edges->count)
		qsort(edges->items, edges->count, sizeof(*edges->items), compare);
	return error;
}

void edges_free(struct edges *edges)
{
	free(edges->items);
	*edges = (struct edges){0};
}
