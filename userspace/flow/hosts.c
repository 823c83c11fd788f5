// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS        " \t\r\n"
#define WARNINGS_MOST 5

static int compare_addresses(struct address left, struct address right)
{
	if (left.family != right.family)
		return left.family < right.family ? -1 : 1;
	return left.value < right.value ? -1 : left.value > right.value;
}

static int compare_hosts(const void *a, const void *b)
{
	return compare_addresses(((const struct host *)a)->address,
				 ((const struct host *)b)->address);
}

static int add(struct hosts *hosts, struct address address, const char *name)
{
	/* Room doubles whenever the count is a power of two. */
	if ((hosts->count & (hosts->count - 1)) == 0) {
		size_t room = hosts->count ? 2 * hosts->count : 1;
		struct host *items = reallocarray(hosts->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		hosts->items = items;
	}
	struct host *host = &hosts->items[hosts->count];

	host->address = address;
	host->name = strdup(name);
	hosts->count += host->name != NULL;
	return host->name ? 0 : -ENOMEM;
}

/* glibc sorts by merging and keeps the order of equals: the first one in the file comes first. */
static void sort(struct hosts *hosts)
{
	size_t kept = 0;

	if (hosts->count)
		qsort(hosts->items, hosts->count, sizeof(*hosts->items), compare_hosts);
	for (size_t i = 0; i < hosts->count; i++) {
		if (kept && compare_hosts(&hosts->items[kept - 1], &hosts->items[i]) == 0)
			free(hosts->items[i].name);
		else
			hosts->items[kept++] = hosts->items[i];
	}
	hosts->count = kept;
}

static int take(struct hosts *hosts, char *line, struct location where, size_t *faults,
		struct diagnostics *diagnostics)
{
	char *rest = line, *address_text, *name;
	struct address address;

	line[strcspn(line, "#")] = '\0';
	address_text = strtok_r(rest, BLANKS, &rest);
	if (!address_text)
		return 0;
	/* A link-local address may have a zone: "fe80::1%lo0". */
	if (strchr(address_text, '%'))
		return 0;
	name = strtok_r(NULL, BLANKS, &rest);
	if (name && address_parse(address_text, strlen(address_text), &address) == 0)
		return add(hosts, address, name);
	if ((*faults)++ < WARNINGS_MOST)
		diagnostics_warn(diagnostics, where,
				 "\"%.64s\": left out; write an address and a name", address_text);
	return 0;
}

int hosts_read(FILE *file, const char *name, struct hosts *hosts, struct diagnostics *diagnostics)
{
	struct location where = {.file = name};
	size_t faults = 0, room = 0;
	char *line = NULL;
	int error = 0;

	errno = 0;
	while (!error && getline(&line, &room, file) >= 0) {
		where.line++;
		error = take(hosts, line, where, &faults, diagnostics);
	}
	free(line);
	if (!error && ferror(file))
		error = errno ? -errno : -EIO;
	if (error)
		return diagnostics_error(diagnostics, -error, (struct location){.file = name},
					 "cannot be read: %s", strerror(-error));
	sort(hosts);
	return 0;
}

const char *hosts_find(const struct hosts *hosts, struct address address)
{
	const struct host key = {.address = address};
	const struct host *found =
		hosts->count ? bsearch(&key, hosts->items, hosts->count, sizeof(key), compare_hosts)
			     : NULL;

	return found ? found->name : NULL;
}

void hosts_free(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->items[i].name);
	free(hosts->items);
	*hosts = (struct hosts){0};
}
