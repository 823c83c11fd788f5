/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a cgroup, or a source address of IPv6, to a scope (maps/scope.h). */
#ifndef GABELOU_BPF_SCOPE_WALK_H
#define GABELOU_BPF_SCOPE_WALK_H

#include "bpf/judge.h"
#include "bpf/scope_maps.h"

/* Verified once and by itself. */
__noinline __u32 scope_of_source_v6(__u64 high, __u64 low)
{
	return lookup_source_v6(0, high, low);
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

/* What is found is kept for as long as no entry changes. */
static __noinline __u32 scope_find(SCOPE_CONTEXT *context, __u64 cgroup)
{
	struct scope_found found = {.scope = SCOPE_UNKNOWN};
	__u32 zero = 0;
	__u32 *epoch = bpf_map_lookup_elem(&scope_epoch, &zero);

	if (!epoch)
		return SCOPE_UNKNOWN;
	found.epoch = *(volatile __u32 *)epoch;
	found.scope = scope_climb(context);
	bpf_map_update_elem(&scope_found, &cgroup, &found, BPF_ANY);
	return found.scope;
}

/* @cgroup: 0 where the sender has none that is known. */
static __always_inline __u32 scope_of_cgroup(SCOPE_CONTEXT *context, __u64 cgroup)
{
	__u32 zero = 0;
	__u32 *epoch;
	const struct scope_found *found;

	if (!cgroup)
		return SCOPE_UNKNOWN;
	found = bpf_map_lookup_elem(&scope_found, &cgroup);
	epoch = bpf_map_lookup_elem(&scope_epoch, &zero);
	if (likely(found && epoch && found->epoch == *epoch))
		return found->scope;
	return scope_find(context, cgroup);
}

#endif
