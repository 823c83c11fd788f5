/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a cgroup, or a source address of IPv6, to a scope (maps/scope.h). */
#ifndef GABELOU_BPF_SCOPE_WALK_H
#define GABELOU_BPF_SCOPE_WALK_H

#include "bpf/judge.h"
#include "bpf/scope_maps.h"

/* Verified once and by itself. */
__noinline __u32 scope_search(__u32 family, __u64 high, __u64 low)
{
	return lookup_source_range(0, family, high, low);
}

static __always_inline __u32 scope_of_source(bool v4, __u64 high, __u64 low)
{
	__u32 scope = v4 ? lookup_source_index(0, 0, high) : lookup_source_index(0, 1, high);

	if (unlikely(scope == SCOPE_UNKNOWN))
		return scope_search(!v4, high, low);
	return scope;
}

/* From the root to the sender: the deepest entry tells; and below a folder that is watched, one
 * that nobody has looked at may be anybody's. The includer says what an ancestor is:
 * SCOPE_ANCESTOR(context, level), 0 beyond the sender's own; and the type of SCOPE_CONTEXT. */
static __always_inline __u32 scope_climb(SCOPE_CONTEXT *context)
{
	__u32 scope = SCOPE_UNCLAIMED;
	bool watched = false;

	for (int level = 0; level < SCOPE_CGROUP_LEVELS; level++) {
		__u64 cgroup = SCOPE_ANCESTOR(context, level);
		__u32 *entry;

		if (!cgroup)
			return scope;
		entry = bpf_map_lookup_elem(&scope_cgroups, &cgroup);
		if (!entry && watched)
			return SCOPE_UNKNOWN;
		watched = entry && *entry & SCOPE_WATCHED;
		if (entry && *entry & ~SCOPE_WATCHED)
			scope = *entry & ~SCOPE_WATCHED;
	}
	return SCOPE_UNKNOWN;
}

static __always_inline volatile __u64 *scope_slot(__u32 slot)
{
	return bpf_map_lookup_elem(&scope_found, &slot);
}

/* What is found is kept for as long as no entry changes: the epoch is read before the entries. */
static __noinline __u32 scope_find(SCOPE_CONTEXT *context, __u64 cgroup)
{
	volatile __u64 *epoch = scope_slot(SCOPE_FOUND_EPOCH);
	volatile __u64 *known = scope_slot(SCOPE_FOUND_SLOT(cgroup));
	__u64 before = epoch ? *epoch : 0;
	__u32 scope = scope_climb(context);

	if (known)
		*known = SCOPE_FOUND(cgroup, before, scope);
	return scope;
}

/* @cgroup: 0 where the sender has none that is known. */
static __always_inline __u32 scope_of_cgroup(SCOPE_CONTEXT *context, __u64 cgroup)
{
	volatile __u64 *epoch = scope_slot(SCOPE_FOUND_EPOCH);
	volatile __u64 *known = scope_slot(SCOPE_FOUND_SLOT(cgroup));
	__u64 word;

	if (!cgroup || !epoch || !known)
		return SCOPE_UNKNOWN;
	word = *known;
	if (likely(word - SCOPE_FOUND_SCOPE(word) == SCOPE_FOUND(cgroup, *epoch, 0)))
		return SCOPE_FOUND_SCOPE(word);
	return scope_find(context, cgroup);
}

#endif
