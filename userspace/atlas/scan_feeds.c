// SPDX-License-Identifier: GPL-2.0-or-later
/* The oracle's way to what feeds say, and to the parents that say where. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/scan.h"

/* One line of an owner table that is in force. */
struct owner_line {
	uint32_t asn;
	unsigned file;
	char parent[256];
	char since[16];
};

struct owner_lines {
	struct owner_line *items;
	size_t count;
	unsigned file;  /* that is read */
	char today[16]; /* dates of any length compare as text */
};

enum { OWNER_ASN, OWNER_PARENT = 2, OWNER_SINCE = 5, OWNER_FIELDS };

static int take_owner(struct scan *scan, char *text, void *argument)
{
	struct owner_lines *lines = argument;
	char *fields[OWNER_FIELDS];
	size_t count = scan_cut(text, fields, OWNER_FIELDS);
	const char *since = count > OWNER_SINCE ? fields[OWNER_SINCE] : "";

	(void)scan;
	if (count <= OWNER_PARENT || strcmp(since, lines->today) > 0)
		return 0;
	struct owner_line *items =
		reallocarray(lines->items, lines->count + 1, sizeof(*lines->items));
	if (!items)
		return -ENOMEM;
	lines->items = items;
	struct owner_line *line = &items[lines->count++];
	line->asn = (uint32_t)strtoul(fields[OWNER_ASN], NULL, 10);
	line->file = lines->file;
	snprintf(line->parent, sizeof(line->parent), "%s", fields[OWNER_PARENT]);
	snprintf(line->since, sizeof(line->since), "%s", since);
	return 0;
}

static int read_owners(struct scan *scan, struct owner_lines *lines)
{
	const struct data_files *files = &scan->config->data.files[DATA_OWNER];
	struct tm day;
	int error = 0;

	if (!gmtime_r(&scan->config->now, &day) ||
	    !strftime(lines->today, sizeof(lines->today), "%Y-%m-%d", &day))
		return -EINVAL;
	if (!files->count)
		return scan_lines(scan, NULL, "owners.csv", take_owner, lines);
	for (size_t i = 0; i < files->count && !error; i++) {
		lines->file = (unsigned)i;
		error = scan_lines(scan, files->items[i].path, NULL, take_owner, lines);
	}
	return error;
}

/* By the latest line of the last file that has one; "" without any. */
static const char *parent_of(const struct owner_lines *lines, uint32_t asn)
{
	const struct owner_line *best = NULL;

	for (size_t i = 0; i < lines->count; i++) {
		const struct owner_line *line = &lines->items[i];

		if (line->asn == asn &&
		    (!best || line->file > best->file || strcmp(line->since, best->since) > 0))
			best = line;
	}
	return best ? best->parent : "";
}

static bool counts(const struct scan *scan, const struct owner_lines *lines,
		   const struct data_file *file, const struct place *place, bool unclear)
{
	bool provider = !scan->has_prefixes;

	for (size_t i = 0; i < file->asn_count; i++)
		if (place->asn == file->asns[i])
			return true;
	if (!provider)
		return false;
	if (!place->asn)
		return !unclear;
	const char *parent = parent_of(lines, file->asns[0]);
	return *parent && strcmp(parent, parent_of(lines, place->asn)) == 0;
}

static void say(struct place *place, uint8_t feed, country_t country)
{
	if (!country || country == place->feed_soil)
		return;
	if (!place->feed_soil || country < place->feed_soil) {
		place->feed_other = place->feed_soil;
		place->feed_soil = country;
		place->feed = feed;
	} else if (!place->feed_other || country < place->feed_other) {
		place->feed_other = country;
	}
}

static int scan_feed(struct scan *scan, const struct owner_lines *lines,
		     const struct data_file *file, uint8_t feed, struct place *places)
{
	int error = scan_file(scan, WORD_COUNTRY, file->path, NULL);

	for (size_t i = 0; i < scan->count && !error; i++) {
		const struct mark *mark = &scan->marks[i];
		struct place *place = &places[i];

		if (!mark->covered || !counts(scan, lines, file, place, scan->unclear[i]))
			continue;
		if (!scan->has_prefixes && !place->provider)
			place->provider = file->asns[0];
		if (!place->feed)
			place->feed = feed;
		say(place, feed, (country_t)mark->low);
		say(place, feed, (country_t)mark->higher);
	}
	return error;
}

/* Reads start,end,country as a provider's list, and prefixes as an operator's geofeed, of the
 * networks that the configuration names. */
int scan_feeds(struct scan *scan, struct place *places)
{
	const struct data_files *files = &scan->config->data.files[DATA_FEEDS];
	struct owner_lines lines = {0};
	int error = files->count > ATLAS_FEEDS_MOST ? -E2BIG : 0;

	if (files->count && !error)
		error = read_owners(scan, &lines);
	for (size_t i = 0; i < files->count && !error; i++)
		error = scan_feed(scan, &lines, &files->items[i], (uint8_t)(i + 1), places);
	free(lines.items);
	return error;
}
