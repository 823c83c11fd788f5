// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/regions.h"

enum region_field { REGION_PROVIDER, REGION_NAME, REGION_COUNTRY, REGION_SOURCE, REGION_FIELDS };

static int compare(const void *left, const void *right)
{
	const struct region *a = left, *b = right;

	if (a->provider != b->provider)
		return a->provider < b->provider ? -1 : 1;
	return strcmp(a->name, b->name);
}

static enum data_format find_provider(const char *name)
{
	for (enum data_format format = DATA_AWS; format <= DATA_OCI; format++)
		if (strcmp(data_format_name(format), name) == 0)
			return format;
	return DATA_GUESSED;
}

static int parse_row(struct reader *reader, struct region *region)
{
	const struct field *fields = reader->csv.fields;
	const struct field *name = &fields[REGION_NAME], *country = &fields[REGION_COUNTRY];

	if (reader->csv.count < REGION_FIELDS || !fields[REGION_SOURCE].length)
		return reader_fault(reader, EBADMSG, NULL,
				    "a field is missing; write provider,region,country,source");
	*region = (struct region){
		.provider = find_provider(fields[REGION_PROVIDER].text),
		.country = country_parse(country->text, country->length),
		.line = reader->csv.line,
	};
	if (!region->provider)
		return reader_fault(reader, EBADMSG, &fields[REGION_PROVIDER],
				    "\"%.40s\" is no provider with a feed; write aws, gcp, azure "
				    "or oci",
				    fields[REGION_PROVIDER].text);
	if (!name->length || name->length >= sizeof(region->name) ||
	    strspn(name->text, "abcdefghijklmnopqrstuvwxyz0123456789-") != name->length)
		return reader_fault(reader, EBADMSG, name,
				    "\"%.80s\" is no name of a region; write small letters, digits "
				    "and dashes",
				    name->text);
	memcpy(region->name, name->text, name->length);
	if (!region->country)
		return reader_fault(reader, EBADMSG, country,
				    "\"%.40s\" is not a country code; write two letters, as in "
				    "ISO 3166-1",
				    country->text);
	return 0;
}

static int append(struct regions *regions, const struct region *region)
{
	if (regions->count == regions->capacity) {
		size_t capacity = regions->capacity ? 2 * regions->capacity : 256;
		struct region *items = reallocarray(regions->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		regions->items = items;
		regions->capacity = capacity;
	}
	regions->items[regions->count++] = *region;
	return 0;
}

static int check_unique(struct reader *reader, const struct regions *regions)
{
	for (size_t i = 1; i < regions->count; i++) {
		const struct region *one = &regions->items[i - 1], *other = &regions->items[i];

		if (compare(one, other) != 0)
			continue;
		reader->csv.line = one->line > other->line ? one->line : other->line;
		return reader_fault(reader, EBADMSG, NULL,
				    "region %s of %s stands on line %u already; keep one of them",
				    one->name, data_format_name(one->provider),
				    one->line < other->line ? one->line : other->line);
	}
	return 0;
}

int regions_csv_read(struct reader *reader, struct regions *regions)
{
	struct region region;
	int more, error = 0;

	while (!error && (more = reader_next(reader)) > 0) {
		if (strcmp(reader->csv.fields[0].text, "provider") == 0 && reader_is_header(reader))
			continue;
		error = parse_row(reader, &region);
		if (!error && append(regions, &region))
			error = reader_no_memory(reader);
	}
	if (error || more < 0)
		return error ? error : more;
	qsort(regions->items, regions->count, sizeof(*regions->items), compare);
	return check_unique(reader, regions);
}

country_t regions_find(const struct regions *regions, enum data_format provider, const char *name)
{
	struct region key = {.provider = provider};

	if (!regions || !regions->count || strlen(name) >= sizeof(key.name))
		return COUNTRY_NONE;
	strcpy(key.name, name);
	const struct region *found =
		bsearch(&key, regions->items, regions->count, sizeof(*regions->items), compare);
	return found ? found->country : COUNTRY_NONE;
}

void regions_free(struct regions *regions)
{
	free(regions->items);
	*regions = (struct regions){0};
}
