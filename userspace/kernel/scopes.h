/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Senders of scopes, as the kernel's programs find them (maps/scope.h): interfaces by number and
 * cgroups by id, which both come and go. What nobody has looked at since is judged by the
 * strictest scope, so that being late never lets anything out.
 */
#ifndef GABELOU_KERNEL_SCOPES_H
#define GABELOU_KERNEL_SCOPES_H

#include "userspace/kernel/load.h"

/* Maps of a generation, pinned with it if it has scopes. */
enum scope_map { SCOPE_MAP_LINKS, SCOPE_MAP_CGROUPS, SCOPE_MAP_FOUND, SCOPE_MAPS };
extern const char *const scope_map_names[SCOPE_MAPS];

/* What the scopes claim senders by: a mask of SCOPES_BY_. */
uint8_t scopes_asked(const struct kernel_options *options);

/* Before the programs are loaded: what is not asked needs no room. */
struct bpf_object;
int scopes_size(struct bpf_object *object, uint8_t asked);

/* Looks at the interfaces and cgroups that are there. 0 or -errno with a message. */
int scopes_fill(const struct egress_bpf *skeleton, const struct kernel_options *options,
		struct diagnostics *diagnostics);
/* The same of a generation in force, as often as something may have changed. What goes wrong stays
 * as it was: what is new is then judged by the strictest scope. */
void scopes_follow(const struct kernel *kernel, uint32_t generation,
		   const struct kernel_options *options);

/* scopes_cgroup.c: what is claimed below the root of cgroup2. */
struct scope_entry {
	uint64_t cgroup; /* id */
	uint32_t value;  /* as in the map */
};
struct scope_entries {
	struct scope_entry *items;
	size_t count, capacity;
};
/* In the order of the ids. 0 or -errno (-ENOENT: no cgroup2 is mounted). */
int scope_entries_find(const struct kernel_options *options, struct scope_entries *entries);

#endif
