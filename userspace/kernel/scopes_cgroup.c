// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which cgroups the scopes claim.
 *
 * A unit may appear in any slice, and gets a new cgroup with each start. So every folder of every
 * slice has an entry, also one that no scope claims, and the slices are watched: a folder without
 * an entry is younger than the last look, and whose it is is not known (maps/scope.h). Of a path
 * the folders above it are watched likewise.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/cgroup.h"
#include "userspace/kernel/scopes.h"

#define DEPTH_MOST SCOPE_CGROUP_LEVELS

struct search {
	const struct kernel_options *options;
	struct scope_entries *entries;
	char path[PATH_SIZE]; /* of the folder that is looked at */
	bool by_unit;         /* slices matter */
	const char *wanted;   /* a unit that is looked for; NULL: none */
	char found[PATH_SIZE];
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* Without a slash at its end. */
static bool is_path(const char *wanted, const char *path)
{
	size_t length = strlen(path);

	return strncmp(wanted, path, length) == 0 &&
	       (!wanted[length] || (wanted[length] == '/' && !wanted[length + 1]));
}

static bool has_path(const struct names *names, const char *path)
{
	for (size_t i = 0; i < names->count; i++)
		if (is_path(names->items[i], path))
			return true;
	return false;
}

/* What a folder is by its own name and path: SCOPE_UNKNOWN if two scopes claim it. */
static uint32_t claimed(const struct search *search, const char *name, uint32_t above)
{
	uint32_t scope = above;
	const struct kernel_options *options = search->options;

	for (size_t i = 0; i < options->scope_count; i++)
		if (has_name(&options->scopes[i].units, name) ||
		    has_path(&options->scopes[i].cgroups, search->path))
			scope = SCOPE_JOINED(scope, (uint32_t)i + 1);
	return scope;
}

/* Does a path that is claimed lie below this folder? */
static bool leads_to_path(const struct search *search)
{
	const struct kernel_options *options = search->options;
	size_t length = strlen(search->path);

	for (size_t i = 0; i < options->scope_count; i++)
		for (size_t j = 0; j < options->scopes[i].cgroups.count; j++) {
			const char *path = options->scopes[i].cgroups.items[j];

			if (strncmp(path, search->path, length) == 0 && path[length] == '/' &&
			    path[length + 1])
				return true;
		}
	return false;
}

static int add(struct scope_entries *entries, uint64_t cgroup, uint32_t value)
{
	if (entries->count == entries->capacity) {
		size_t capacity = entries->capacity * 2 + 64;
		struct scope_entry *items = reallocarray(entries->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		entries->items = items;
		entries->capacity = capacity;
	}
	entries->items[entries->count++] = (struct scope_entry){cgroup, value};
	return 0;
}

static int visit(struct search *search, const char *name, uint32_t above, unsigned depth);

/* A folder that goes away meanwhile is nobody's any more. */
static int visit_children(struct search *search, int folder, uint32_t scope, unsigned depth)
{
	size_t length = strlen(search->path);
	DIR *list = fdopendir(folder);
	struct dirent *child;
	int error = 0;

	if (!list) {
		close(folder);
		return -ENOMEM;
	}
	while (!error && (child = readdir(list))) {
		if (child->d_type != DT_DIR || child->d_name[0] == '.' ||
		    length + 1 + strlen(child->d_name) >= sizeof(search->path))
			continue;
		search->path[length] = '/';
		strcpy(search->path + length + 1, child->d_name);
		error = visit(search, child->d_name, scope, depth + 1);
		search->path[length] = '\0';
	}
	closedir(list);
	return error;
}

static int visit(struct search *search, const char *name, uint32_t above, unsigned depth)
{
	uint64_t id;
	uint32_t scope = claimed(search, name, above);
	bool watched = leads_to_path(search) ||
		       (search->by_unit && (depth == 0 || ends_with(name, ".slice")));
	int error, folder = cgroup_open(search->path, &id);

	if (folder < 0)
		return folder == -ENOENT || folder == -ENODEV ? 0 : folder;
	if (search->wanted && strcmp(search->wanted, name) == 0)
		strcpy(search->found, search->path);
	error = add(search->entries, id, scope | (watched ? SCOPE_WATCHED : 0));
	if (!error && watched && depth + 1 < DEPTH_MOST)
		return visit_children(search, folder, scope, depth);
	close(folder);
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct scope_entry *left = a, *right = b;

	return left->cgroup < right->cgroup ? -1 : left->cgroup > right->cgroup;
}

static int search_all(struct search *search)
{
	int error = cgroup_root(search->path);

	for (size_t i = 0; i < search->options->scope_count; i++)
		search->by_unit |= search->options->scopes[i].units.count > 0;
	search->by_unit |= search->wanted != NULL;
	return error ? error : visit(search, "", SCOPE_UNCLAIMED, 0);
}

int scope_entries_find(const struct kernel_options *options, struct scope_entries *entries)
{
	struct search search = {.options = options, .entries = entries};
	int error = search_all(&search);

	if (!error && entries->count)
		qsort(entries->items, entries->count, sizeof(*entries->items), compare);
	return error;
}

/* The path of a unit; false: it is not there. */
static bool find_unit(const char *unit, char path[PATH_SIZE])
{
	const struct kernel_options none = {0};
	struct scope_entries entries = {0};
	struct search search = {.options = &none, .entries = &entries, .wanted = unit};

	search_all(&search);
	free(entries.items);
	strcpy(path, search.found);
	return search.found[0];
}

bool kernel_cgroup_exists(const char *unit_or_path)
{
	char path[PATH_SIZE];
	uint64_t id;

	if (unit_or_path[0] != '/')
		return find_unit(unit_or_path, path);
	int folder = cgroup_open(unit_or_path, &id);

	if (folder >= 0)
		close(folder);
	return folder >= 0;
}

/* A unit that is not there is known by its name alone. */
unsigned kernel_scope_of_cgroup(const struct kernel_options *options, const char *unit_or_path)
{
	struct search search = {.options = options};
	char path[PATH_SIZE];
	uint32_t scope = SCOPE_UNCLAIMED;

	if (unit_or_path[0] == '/')
		snprintf(path, sizeof(path), "%s", unit_or_path);
	else if (!find_unit(unit_or_path, path))
		return claimed(&search, unit_or_path, scope);
	for (char *at = path; *at; at++) {
		const char *name = at + 1;
		size_t length = strcspn(name, "/");

		if (*at != '/' || !length)
			continue;
		snprintf(search.path, sizeof(search.path), "%.*s", (int)(name + length - path),
			 path);
		scope = claimed(&search, strrchr(search.path, '/') + 1, scope);
	}
	return scope;
}
