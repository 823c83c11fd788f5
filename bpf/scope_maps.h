/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Senders by interface and by cgroup (maps/scope.h): of a generation, written by user space as
 * interfaces and units come and go. Without such scopes they have room for one entry. */
#ifndef GABELOU_BPF_SCOPE_MAPS_H
#define GABELOU_BPF_SCOPE_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "maps/scope.h"

/* SCOPE_LINK_SLOT */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SCOPE_LINKS_BITS);
	__type(key, __u32);
	__type(value, __u64);
} scope_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SCOPE_CGROUPS_MOST);
	__type(key, __u64);
	__type(value, __u32);
} scope_cgroups SEC(".maps");

/* SCOPE_FOUND_SLOT, and the epoch */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCOPE_FOUND_EPOCH + 1);
	__type(key, __u32);
	__type(value, __u64);
} scope_found SEC(".maps");

#endif
