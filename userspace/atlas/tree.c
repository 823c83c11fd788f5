// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/tree.h"

enum family tree_range(u128 v4, struct tree_leaf leaf, u128 *start, u128 *last)
{
	bool inside = leaf.depth >= 96 && leaf.start >> 32 == v4 >> 32;

	*start = inside ? (uint32_t)leaf.start : leaf.start;
	*last = inside ? (uint32_t)tree_last(leaf) : tree_last(leaf);
	return inside ? FAMILY_V4 : FAMILY_V6;
}

int tree_put(struct layer *layer, u128 v4, struct tree_leaf leaf, uint32_t value)
{
	u128 start, last;
	enum family family = tree_range(v4, leaf, &start, &last);
	int error = 0;

	if (family == FAMILY_V4)
		error = changes_append(&layer->changes[FAMILY_V6], v4, 0);
	else if (start <= v4 && v4 <= last) /* one word for both families */
		error = changes_append(&layer->changes[FAMILY_V4], 0, value);
	return error ? error : changes_append(&layer->changes[family], start, value);
}
