// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The owner table: asn,organisation,parent,jurisdiction,seat,since,source.
 *
 * "since" is a year, a month or a day (UTC); empty is always. Of the lines of an ASN, the latest
 * one in force wins; a later file's line wins over an earlier file's.
 */
#include <errno.h>
#include <string.h>

#include "userspace/atlas/tables.h"

enum owner_field {
	OWNER_ASN,
	OWNER_ORGANISATION,
	OWNER_PARENT,
	OWNER_JURISDICTION,
	OWNER_SEAT,
	OWNER_SINCE,
	OWNER_SOURCE,
	OWNER_FIELDS
};

static const char *const owner_fields[OWNER_FIELDS] = {
	[OWNER_ASN] = "asn",       [OWNER_ORGANISATION] = "organisation",
	[OWNER_PARENT] = "parent", [OWNER_JURISDICTION] = "jurisdiction",
	[OWNER_SEAT] = "seat",     [OWNER_SINCE] = "since",
	[OWNER_SOURCE] = "source",
};

static int check_header(struct reader *reader)
{
	const struct csv *csv = &reader->csv;

	for (size_t i = 0; i < csv->count; i++)
		if (i >= OWNER_FIELDS || strcmp(csv->fields[i].text, owner_fields[i]) != 0)
			return reader_fault(reader, EBADMSG, &csv->fields[i],
					    "unexpected column \"%.40s\"; the columns are asn,"
					    "organisation,parent,jurisdiction,seat,since,source",
					    csv->fields[i].text);
	return 0;
}

static int take_country(struct reader *reader, size_t number, country_t *country)
{
	const struct csv *csv = &reader->csv;
	const struct field *field = &csv->fields[number];

	*country = COUNTRY_NONE;
	if (number >= csv->count || (!field->length && number == OWNER_SEAT))
		return 0;
	*country = country_parse(field->text, field->length);
	if (*country)
		return 0;
	return reader_fault(reader, EBADMSG, field,
			    "\"%.40s\" is not a country; the %s is one upper-case ISO 3166-1 "
			    "code, like FR",
			    field->text, owner_fields[number]);
}

/* "2024", "2024-05", "2024-05-17" to 20240000, 20240500, 20240517; "" to 0. */
static int take_since(struct reader *reader, uint32_t *since)
{
	static const unsigned days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const struct csv *csv = &reader->csv;
	const struct field *field = &csv->fields[OWNER_SINCE];
	uint32_t year = 0, month = 0, day = 0;

	*since = 0;
	if (csv->count <= OWNER_SINCE || !field->length)
		return 0;
	size_t length = field->length;
	bool good =
		(length == 4 || length == 7 || length == 10) && !text_number(field->text, 4, &year);
	if (good && length >= 7)
		good = field->text[4] == '-' && !text_number(field->text + 5, 2, &month) &&
		       month >= 1 && month <= 12;
	if (good && length == 10)
		good = field->text[7] == '-' && !text_number(field->text + 8, 2, &day) &&
		       day >= 1 && day <= days[month];
	if (!good)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not a date; write 2024, 2024-05 or 2024-05-17",
				    field->text);
	*since = year * 10000 + month * 100 + day;
	return 0;
}

/* Today in the form of take_since. */
static uint32_t today(time_t now)
{
	struct tm broken_down;

	if (!gmtime_r(&now, &broken_down))
		return 0;
	return (uint32_t)(broken_down.tm_year + 1900) * 10000 +
	       (uint32_t)(broken_down.tm_mon + 1) * 100 + (uint32_t)broken_down.tm_mday;
}

/* A parent that rests on general knowledge has no page behind it, whatever names the ASN. */
static bool cites_a_page(const char *source)
{
	const char *parent = strstr(source, "parent:");

	if (parent)
		source = parent + strlen("parent:");
	while (*source == ' ')
		source++;
	return *source && strcmp(source, "general knowledge") != 0;
}

/* 1: this line replaces what the entry holds; 0: it does not; -errno. */
static int supersedes(struct reader *reader, const struct owner_file *file,
		      const struct operator_entry *entry, uint32_t since)
{
	if (since > today(file->now))
		return 0;
	if (entry->owner_file != file->number)
		return 1;
	if (since == entry->owner_since)
		return reader_fault(reader, EBADMSG, &reader->csv.fields[OWNER_ASN],
				    "AS%u is in line %u with the same \"since\"; leave one of "
				    "them, or date the change",
				    entry->known.asn, entry->owner_line);
	return since > entry->owner_since;
}

static int take_row(struct reader *reader, const struct owner_file *file,
		    struct operators *operators, struct arena *arena)
{
	const struct csv *csv = &reader->csv;
	struct operator_entry *entry;
	country_t parent_country = COUNTRY_NONE, seat = COUNTRY_NONE;
	uint32_t since = 0;

	if (csv->count <= OWNER_JURISDICTION || csv->count > OWNER_FIELDS)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu fields; write asn,organisation,parent,jurisdiction,seat,"
				    "since,source",
				    csv->count);
	int error = table_entry(reader, operators, &entry);
	if (!error)
		error = take_country(reader, OWNER_JURISDICTION, &parent_country);
	if (!error)
		error = take_country(reader, OWNER_SEAT, &seat);
	if (!error)
		error = take_since(reader, &since);
	if (!error)
		error = supersedes(reader, file, entry, since);
	if (error <= 0)
		return error;

	struct asn_operator *holder = &entry->known;
	error = table_text(reader, arena, OWNER_ORGANISATION, &holder->organisation);
	if (!error)
		error = table_text(reader, arena, OWNER_PARENT, &holder->parent);
	if (!error)
		error = table_text(reader, arena, OWNER_SINCE, &holder->since);
	if (!error)
		error = table_text(reader, arena, OWNER_SOURCE, &holder->source);
	holder->parent_country = parent_country;
	holder->seat = seat;
	holder->basis = file->local                    ? OWNER_LOCAL
			: cites_a_page(holder->source) ? OWNER_SOURCED
						       : OWNER_ASSERTED;
	entry->owner_file = file->number;
	entry->owner_since = since;
	entry->owner_line = csv->line;
	return error;
}

int owners_csv_read(struct reader *reader, const struct owner_file *file,
		    struct operators *operators, struct arena *arena)
{
	int more;

	while ((more = reader_next(reader)) > 0) {
		int error = reader_is_header(reader) ? check_header(reader)
						     : take_row(reader, file, operators, arena);
		if (error)
			return error;
	}
	return more;
}
