// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The oracle's way to a place: every row of every source marks the addresses that it covers. No
 * merged ranges, no code in common with the readers and the merge; base/ and the list of special
 * prefixes are all it shares with them. Slow on purpose.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/scan.h"

#define SCAN_FILE_MOST ((size_t)1 << 30)

static bool below(struct address address, enum family family, u128 value)
{
	return address.family < family || (address.family == family && address.value < value);
}

static void mark(struct scan *scan, enum family family, u128 start, u128 last, uint32_t word)
{
	size_t low = 0, high = scan->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (below(scan->addresses[middle], family, start))
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < scan->count; i++) {
		struct mark *mark = &scan->marks[i];

		if (scan->addresses[i].family != family || scan->addresses[i].value > last)
			return;
		if (mark->covered && mark->size < last - start)
			continue;
		if (!mark->covered || mark->size > last - start)
			*mark = (struct mark){.covered = true, .size = last - start};
		if (word == 0 || word == mark->low || word == mark->higher)
			continue;
		if (mark->low == 0 || word < mark->low) {
			mark->higher = mark->low;
			mark->low = word;
		} else if (mark->higher == 0 || word < mark->higher) {
			mark->higher = word;
		}
	}
}

size_t scan_cut(char *text, char *fields[], size_t most)
{
	size_t count = 0;

	while (text && count < most) {
		char *next, *to;

		while (*text == ' ' || *text == '\t')
			text++;
		fields[count++] = to = text;
		if (*text == '"') {
			for (text++; *text && (*text != '"' || text[1] == '"'); text++) {
				text += *text == '"';
				*to++ = *text;
			}
			next = strchr(text, ',');
			*to = '\0';
		} else {
			next = strchr(text, ',');
			if (next)
				*next = '\0';
			to += strlen(text);
			while (to > text && (to[-1] == ' ' || to[-1] == '\t'))
				*--to = '\0';
		}
		text = next ? next + 1 : NULL;
	}
	return count;
}

static uint32_t parse_word(enum word_kind kind, const char *text)
{
	char code[2] = {(char)toupper((unsigned char)text[0])};

	if (kind == WORD_ASN)
		return (uint32_t)strtoul(text + (strncasecmp(text, "AS", 2) == 0 ? 2 : 0), NULL,
					 10);
	if (strlen(text) != 2)
		return COUNTRY_NONE;
	code[1] = (char)toupper((unsigned char)text[1]);
	return country_parse(code, 2);
}

/* Changes (start,word) hold until the next one: the pending one ends before @next. */
struct pending {
	bool any;
	struct address start;
	uint32_t word;
};

static void end_pending(struct scan *scan, struct pending *pending, const struct address *next)
{
	enum family family = pending->start.family;

	if (pending->any)
		mark(scan, family, pending->start.value,
		     next && next->family == family ? next->value - 1 : family_last(family),
		     pending->word);
	pending->any = false;
}

/* What is read row by row. */
struct row_scan {
	enum word_kind kind;
	struct pending pending;
	bool any; /* the first row may be a header */
};

static int scan_row(struct scan *scan, struct row_scan *rows, char *text)
{
	char *fields[4];
	size_t count = scan_cut(text, fields, 4);
	struct address start, last;
	struct prefix prefix;

	if (rows->kind == WORD_PREFIX || strchr(fields[0], '/')) {
		if (prefix_parse(fields[0], strlen(fields[0]), &prefix) != PREFIX_OK)
			return -EBADMSG;
		scan->has_prefixes = true;
		mark(scan, prefix.family, prefix.value, prefix_last(&prefix),
		     rows->kind == WORD_PREFIX ? 1 : parse_word(rows->kind, fields[1]));
		return 0;
	}
	if (address_parse(fields[0], strlen(fields[0]), &start))
		return -EBADMSG;
	if (count == 2) {
		end_pending(scan, &rows->pending, &start);
		rows->pending = (struct pending){true, start, parse_word(rows->kind, fields[1])};
		return 0;
	}
	if (count < 3 || address_parse(fields[1], strlen(fields[1]), &last) ||
	    last.family != start.family || last.value < start.value)
		return -EBADMSG;
	mark(scan, start.family, start.value, last.value, parse_word(rows->kind, fields[2]));
	return 0;
}

static int take_row(struct scan *scan, char *text, void *argument)
{
	struct row_scan *rows = argument;
	int error = scan_row(scan, rows, text);

	if (error && rows->any)
		return diagnostics_error(scan->diagnostics, -error, scan->where,
					 "not a row of a source");
	rows->any = true;
	return 0;
}

static int take_lines(struct scan *scan, struct lines *lines, scan_line take, void *argument)
{
	struct line line;
	int more, error;

	while ((more = lines_next(lines, &line, scan->diagnostics)) > 0) {
		if (line.number == 1 && strncmp(line.text, "\xef\xbb\xbf", 3) == 0)
			line.text += 3;
		if (*line.text == '#' || *line.text == '\0')
			continue;
		scan->where.line = line.number;
		error = take(scan, line.text, argument);
		if (error)
			return error;
	}
	return more;
}

int scan_lines(struct scan *scan, const char *path, const char *name, scan_line take,
	       void *argument)
{
	char embedded[PATH_MAX];
	struct file file;

	if (!path) {
		snprintf(embedded, sizeof(embedded), "%s/%s", scan->config->data_dir, name);
		path = embedded;
	}
	int error = file_read(path, SCAN_FILE_MOST, &file, scan->diagnostics);
	if (error)
		return error;
	scan->where = (struct location){.file = path};
	struct lines *lines = lines_open(&file);
	error = lines ? take_lines(scan, lines, take, argument) : -ENOMEM;
	lines_close(lines);
	file_free(&file);
	return error;
}

int scan_file(struct scan *scan, enum word_kind kind, const char *path, const char *name)
{
	struct row_scan rows = {.kind = kind};

	memset(scan->marks, 0, scan->count * sizeof(*scan->marks));
	scan->has_prefixes = false;
	int error = scan_lines(scan, path, name, take_row, &rows);
	if (!error)
		end_pending(scan, &rows.pending, NULL);
	return error;
}

static int scan_soil(struct scan *scan, struct place *places)
{
	const struct data_files *files = &scan->config->data.files[DATA_SOIL];
	size_t sources = files->count ? files->count : 1;

	if (sources > ATLAS_SOIL_SOURCES_MOST)
		return -E2BIG;
	for (size_t source = 0; source < sources; source++) {
		int error =
			scan_file(scan, WORD_COUNTRY,
				  files->count ? files->items[source].path : NULL, "soil.csv.zst");
		if (error)
			return error;
		for (size_t i = 0; i < scan->count; i++) {
			const struct mark *mark = &scan->marks[i];
			size_t spare = sources;

			places[i].votes[source] = (country_t)mark->low;
			if (!mark->higher)
				continue;
			scan->contradicted[i] |= (uint8_t)(1u << source);
			while (places[i].votes[spare])
				spare++;
			places[i].votes[spare] = (country_t)mark->higher;
		}
	}
	return 0;
}

static int scan_asn(struct scan *scan, struct place *places)
{
	const struct data_files *files = &scan->config->data.files[DATA_ASN];
	size_t sources = files->count ? files->count : 1;

	for (size_t source = 0; source < sources; source++) {
		int error =
			scan_file(scan, WORD_ASN, files->count ? files->items[source].path : NULL,
				  "asn.csv.zst");
		if (error)
			return error;
		for (size_t i = 0; i < scan->count; i++) {
			const struct mark *mark = &scan->marks[i];

			scan->unclear[i] |= mark->higher != 0;
			if (!places[i].asn && !mark->higher)
				places[i].asn = mark->low;
		}
	}
	return 0;
}

static unsigned count_words(const struct place *place, size_t sources)
{
	unsigned cast = 0;

	for (size_t i = 0; i < sources; i++)
		cast += place->votes[i] != COUNTRY_NONE;
	return cast;
}

/* The answer of the sources, by the definition of each way to agree. */
static void decide(const struct data_config *data, size_t sources, uint8_t contradicted,
		   struct place *place)
{
	enum data_agree agree = data->agree;
	unsigned cast = count_words(place, sources), most = 0;

	if (cast == 0 || cast < data->min_sources)
		return;
	for (size_t i = 0; i < sources; i++) {
		unsigned same = 0;

		if (!place->votes[i])
			continue;
		bool sound = !(contradicted >> i & 1);
		if (agree == DATA_AGREE_FIRST) {
			place->state = sound ? SOIL_AGREED : SOIL_CONTESTED;
			place->soil = sound ? place->votes[i] : COUNTRY_NONE;
			return;
		}
		for (size_t j = 0; j < sources; j++)
			same += sound && !(contradicted >> j & 1) &&
				place->votes[j] == place->votes[i];
		if (same > most) {
			most = same;
			place->soil = place->votes[i];
		}
	}
	bool agreed = agree == DATA_AGREE_ALL ? most == cast : 2 * most > cast;
	place->state = agreed ? SOIL_AGREED : SOIL_CONTESTED;
	if (place->state != SOIL_AGREED)
		place->soil = COUNTRY_NONE;
}

/* Who uses the addresses knows better than who guesses. */
static void overrule(struct place *place)
{
	bool one = place->feed_soil && !place->feed_other;

	if (!place->feed)
		return;
	place->state = one ? SOIL_AGREED : place->feed_other ? SOIL_CONTESTED : SOIL_UNKNOWN;
	place->soil = one ? place->feed_soil : COUNTRY_NONE;
}

static int scan_all(struct scan *scan, struct place *places)
{
	const struct data_config *data = &scan->config->data;
	size_t sources = data->files[DATA_SOIL].count ? data->files[DATA_SOIL].count : 1;
	int error = scan_soil(scan, places);

	if (!error)
		error = scan_asn(scan, places);
	if (!error)
		error = scan_feeds(scan, places);
	if (!error)
		error = scan_file(scan, WORD_PREFIX, NULL, "anycast.csv");
	for (size_t i = 0; i < scan->count && !error; i++) {
		enum special special = special_of(scan->addresses[i]);
		struct place *place = &places[i];

		decide(data, sources, scan->contradicted[i], place);
		overrule(place);
		if (scan->marks[i].low)
			place->state = SOIL_ANYCAST;
		if (special) {
			memset(place, 0, sizeof(*place));
			place->state = SOIL_SPECIAL;
			place->special = (uint8_t)special;
		}
	}
	return error;
}

int atlas_scan(const struct atlas_config *config, const struct address *addresses, size_t count,
	       struct place *places, struct diagnostics *diagnostics)
{
	struct scan scan = {
		.config = config,
		.addresses = addresses,
		.count = count,
		.marks = calloc(count + 1, sizeof(*scan.marks)),
		.contradicted = calloc(count + 1, sizeof(*scan.contradicted)),
		.unclear = calloc(count + 1, sizeof(*scan.unclear)),
		.diagnostics = diagnostics,
	};
	int error = -ENOMEM;

	memset(places, 0, count * sizeof(*places));
	if (scan.marks && scan.contradicted && scan.unclear)
		error = scan_all(&scan, places);
	free(scan.marks);
	free(scan.contradicted);
	free(scan.unclear);
	return error;
}
