// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/scopes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

const char *const scope_map_names[SCOPE_MAPS] = {"scope_links", "scope_cgroups", "scope_found"};

#define BELOW_MOST 16 /* links that one sends through */

uint8_t scopes_asked(const struct kernel_options *options)
{
	uint8_t asked = 0;

	for (size_t i = 0; i < options->scope_count; i++) {
		const struct policy_scope *scope = &options->scopes[i];

		asked |= scope->interfaces.count ? SCOPES_BY_INTERFACE : 0;
		asked |= scope->prefix_count ? SCOPES_BY_SOURCE : 0;
		asked |= scope->units.count || scope->cgroups.count ? SCOPES_BY_CGROUP : 0;
	}
	return asked;
}

int scopes_size(struct bpf_object *object, uint8_t asked)
{
	static const uint8_t by[SCOPE_MAPS] = {SCOPES_BY_INTERFACE, SCOPES_BY_CGROUP,
					       SCOPES_BY_CGROUP};
	int error = 0;

	for (int i = 0; i < SCOPE_MAPS && !error; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, scope_map_names[i]);

		if (!map)
			return -ENOENT;
		if (!(asked & by[i]))
			error = bpf_map__set_max_entries(map, 1);
	}
	return error;
}

/* The scope whose glob matches. */
unsigned kernel_scope_of_interface(const struct kernel_options *options, const char *name)
{
	for (size_t i = 0; i < options->scope_count; i++)
		if (names_match(&options->scopes[i].interfaces, name))
			return (unsigned)i + 1;
	return SCOPE_UNCLAIMED;
}

/* All interfaces of the namespace, and the scope of each. */
struct links {
	struct interface *items;
	size_t count;
	const struct kernel_options *options;
};

static uint32_t scope_of_link(const struct links *links, const struct interface *link,
			      unsigned depth);

static bool is_below(const struct interface *lower, const struct interface *upper)
{
	return lower->master == upper->ifindex || upper->lower == lower->ifindex;
}

/* A packet is known by the last of the links that it came in by, one over another: a bridge does
 * not tell its ports apart. */
static uint32_t scope_of_link(const struct links *links, const struct interface *link,
			      unsigned depth)
{
	uint32_t scope = kernel_scope_of_interface(links->options, link->name);

	for (size_t i = 0; i < links->count; i++)
		if (&links->items[i] != link && is_below(&links->items[i], link) &&
		    (depth == BELOW_MOST ||
		     scope_of_link(links, &links->items[i], depth + 1) != scope))
			return SCOPE_UNKNOWN;
	return scope;
}

static const struct interface *find_link(const struct links *links, uint32_t ifindex)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].ifindex == ifindex)
			return &links->items[i];
	return NULL;
}

/* Of two that share a slot the one that has it keeps it, and the other is not known. */
static int write_links(int map, const struct links *links)
{
	int error = 0;

	for (size_t i = 0; i < links->count && !error; i++) {
		uint32_t ifindex = links->items[i].ifindex, slot = SCOPE_LINK_SLOT(ifindex);
		uint64_t word = SCOPE_LINK(ifindex, scope_of_link(links, &links->items[i], 0));
		uint64_t known = 0;

		error = bpf_map_lookup_elem(map, &slot, &known);
		if (error || known == word ||
		    (SCOPE_LINK_IFINDEX(known) != ifindex &&
		     find_link(links, SCOPE_LINK_IFINDEX(known))))
			continue;
		error = bpf_map_update_elem(map, &slot, &word, BPF_ANY);
	}
	return error;
}

static int fill_links(int map, const struct kernel_options *options,
		      struct diagnostics *diagnostics)
{
	struct links links = {.options = options};
	int error = interfaces_list(&links.items, &links.count, diagnostics);

	if (error)
		return error;
	error = write_links(map, &links);
	free(links.items);
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct scope_entry *left = a, *right = b;

	return left->cgroup < right->cgroup ? -1 : left->cgroup > right->cgroup;
}

/* True if something was changed. */
static bool delete_stale(int map, const struct scope_entries *entries)
{
	uint64_t key, next;
	bool more = bpf_map_get_next_key(map, NULL, &next) == 0, changed = false;

	while (more) {
		const struct scope_entry entry = {.cgroup = next};

		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		if (!entries->count ||
		    !bsearch(&entry, entries->items, entries->count, sizeof(entry), compare))
			changed |= bpf_map_delete_elem(map, &key) == 0;
	}
	return changed;
}

/* The entries first: who reads the old epoch finds what was found before, or looks again. */
static int write_cgroups(int map, int found, const struct scope_entries *entries)
{
	uint32_t slot = SCOPE_FOUND_EPOCH, known;
	uint64_t epoch = 0;
	bool changed = delete_stale(map, entries);
	int error = 0;

	for (size_t i = 0; i < entries->count && !error; i++) {
		const struct scope_entry *entry = &entries->items[i];

		if (bpf_map_lookup_elem(map, &entry->cgroup, &known) == 0 && known == entry->value)
			continue;
		error = bpf_map_update_elem(map, &entry->cgroup, &entry->value, BPF_ANY);
		changed = true;
	}
	if (changed && bpf_map_lookup_elem(found, &slot, &epoch) == 0) {
		epoch++;
		bpf_map_update_elem(found, &slot, &epoch, BPF_ANY);
	}
	return error == -E2BIG ? 0 : error;
}

static int fill_cgroups(int map, int found, const struct kernel_options *options)
{
	struct scope_entries entries = {0};
	int error = scope_entries_find(options, &entries);

	if (!error)
		error = write_cgroups(map, found, &entries);
	free(entries.items);
	return error;
}

static int fill(const int maps[SCOPE_MAPS], const struct kernel_options *options,
		struct diagnostics *diagnostics)
{
	uint8_t asked = scopes_asked(options);
	int error = 0;

	if (asked & SCOPES_BY_INTERFACE)
		error = fill_links(maps[SCOPE_MAP_LINKS], options, diagnostics);
	if (!error && asked & SCOPES_BY_CGROUP)
		error = fill_cgroups(maps[SCOPE_MAP_CGROUPS], maps[SCOPE_MAP_FOUND], options);
	return error;
}

int scopes_fill(const struct egress_bpf *skeleton, const struct kernel_options *options,
		struct diagnostics *diagnostics)
{
	int maps[SCOPE_MAPS];

	for (int i = 0; i < SCOPE_MAPS; i++)
		maps[i] = loaded_map(skeleton, scope_map_names[i]);
	int error = fill(maps, options, diagnostics);
	if (error == -ENOENT)
		return message(diagnostics, error,
			       "a scope names a unit or a cgroup, and no cgroup2 is mounted; mount "
			       "it, or name senders by interface or prefix");
	if (error)
		return message(diagnostics, error, "the senders of scopes cannot be found: %s",
			       strerror(-error));
	return 0;
}

void scopes_follow(const struct kernel *kernel, uint32_t generation,
		   const struct kernel_options *options)
{
	struct diagnostics unheard = {0};
	int maps[SCOPE_MAPS];
	bool all = true;

	if (!(scopes_asked(options) & (SCOPES_BY_INTERFACE | SCOPES_BY_CGROUP)))
		return;
	for (int i = 0; i < SCOPE_MAPS; i++) {
		maps[i] = generation_map(kernel, generation, scope_map_names[i]);
		all = all && maps[i] >= 0;
	}
	if (all)
		fill(maps, options, &unheard);
	for (int i = 0; i < SCOPE_MAPS; i++)
		if (maps[i] >= 0)
			close(maps[i]);
	diagnostics_free(&unheard);
}
