/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two formats share that are binary trees over 128 bits of address: IPv4 lies inside such
 * a tree, and its leaves come in ascending order, so that they are changes as they are.
 */
#ifndef GABELOU_ATLAS_TREE_H
#define GABELOU_ATLAS_TREE_H

#include "userspace/atlas/layer.h"

#define TREE_BITS 128

/* All addresses whose first @depth bits are those of @start. */
struct tree_leaf {
	u128 start;
	unsigned depth;
};

/* Where IPv4 lies in a tree: the upper 96 bits of its addresses, the lower 32 being 0. */
#define TREE_V4_LOW    ((u128)0)            /* ::/96, MaxMind DB */
#define TREE_V4_MAPPED ((u128)0xffff << 32) /* ::ffff:0:0/96, location.db */

static inline u128 tree_last(struct tree_leaf leaf)
{
	return leaf.start | prefix_host_mask(FAMILY_V6, leaf.depth);
}

/* Everything below @leaf has @value. Each leaf follows the one before without a gap, from address
 * 0 on. 0 or -ENOMEM. */
int tree_put(struct layer *layer, u128 v4, struct tree_leaf leaf, uint32_t value);

/* The range of @leaf in the family that it belongs to; IPv6, if it holds both. */
enum family tree_range(u128 v4, struct tree_leaf leaf, u128 *start, u128 *last);

#endif
