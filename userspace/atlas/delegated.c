// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a regional registry has given out: its "delegated" or "delegated-extended" file, by the RIR
 * statistics exchange format and the NRO's extended allocation and assignment reports.
 *
 *	2|ripencc|1790287199|3|19700101|20260924|+0200		header
 *	ripencc|*|ipv4|*|1|summary
 *	ripencc|FR|ipv4|2.0.0.0|1536|20100712|allocated|...	IPv4: a count of addresses
 *	ripencc|FR|ipv6|2a00::|29|20100712|allocated|...	IPv6: the length of a prefix
 *	ripencc|FR|asn|64500|2|20100712|assigned|...		a count of ASNs
 *
 * What is available, reserved or in IANA's pool is nobody's, and no word. Files of several
 * registries may follow one another, or be one: the NRO's nro-delegated-stats.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/atlas/layer.h"

/* The fields of a record. What follows, the opaque id and extensions, is not looked at. */
enum { REGISTRY, COUNTRY, TYPE, START, COUNT, DATE, STATUS, RECORD_FIELDS };
/* The fields of a header that are looked at, and of a summary. */
enum { HEADER_RECORDS = 3, HEADER_END = 5, SUMMARY_WORD = 5 };
#define PARTS_LEAST 6

struct delegated {
	struct reader *reader;
	const struct layer_context *context;
	struct layer_rows *rows;
	struct field parts[RECORD_FIELDS];
	size_t count; /* of parts */
	uint32_t announced, records;
};

static bool is_text(const struct field *field, const char *text)
{
	return strcmp(field->text, text) == 0;
}

/* Cuts a line at its bars, in place. */
static void split(struct delegated *delegated)
{
	const struct field *line = &delegated->reader->csv.fields[0];
	char *at = line->text;

	delegated->count = 0;
	while (at && delegated->count < RECORD_FIELDS) {
		char *bar = strchr(at, '|');

		if (bar)
			*bar = '\0';
		delegated->parts[delegated->count++] = (struct field){
			.text = at,
			.length = bar ? (size_t)(bar - at) : strlen(at),
			.column = line->column + (unsigned)(at - line->text),
		};
		at = bar ? bar + 1 : NULL;
	}
}

static int bad_part(struct delegated *delegated, const struct field *field, const char *what)
{
	return reader_fault(delegated->reader, EBADMSG, field, "\"%.40s\" is not %s", field->text,
			    what);
}

/* A file can be cut off between two lines; its header says how many there were. */
static int end_registry(struct delegated *delegated)
{
	if (delegated->records < delegated->announced)
		return reader_fault(delegated->reader, EBADMSG, NULL,
				    "the file ends early: %u of the %u records that its header "
				    "announces; fetch it again",
				    delegated->records, delegated->announced);
	return 0;
}

/* "20260924", of the first registry's header. */
static void take_date(struct delegated *delegated)
{
	const struct field *field = &delegated->parts[HEADER_END];
	struct reader *reader = delegated->reader;
	const char *text = field->text;

	if (reader->date[0])
		return;
	if (field->length == 8 && strspn(text, "0123456789") == 8)
		snprintf(reader->date, sizeof(reader->date), "%.4s-%.2s-%.2s", text, text + 4,
			 text + 6);
	else
		diagnostics_warn(
			reader->diagnostics,
			(struct location){reader->file.path, reader->csv.line, field->column},
			"the header's date is not of the form 20260601; the file's own "
			"time is used");
}

static int take_header(struct delegated *delegated)
{
	const struct field *records = &delegated->parts[HEADER_RECORDS];
	struct reader *reader = delegated->reader;
	int error = end_registry(delegated);

	if (error)
		return error;
	delegated->records = 0;
	if (text_number(records->text, records->length, &delegated->announced))
		return bad_part(delegated, records, "a count of records; fetch the file again");
	if (!reader->name[0])
		snprintf(reader->name, sizeof(reader->name), "%.32s delegated",
			 delegated->parts[REGISTRY + 1].text);
	take_date(delegated);
	return 0;
}

static int take_count(struct delegated *delegated, uint32_t first, uint32_t *last)
{
	const struct field *field = &delegated->parts[COUNT];
	uint32_t count = 0;

	if (text_number(field->text, field->length, &count) || !count)
		return bad_part(delegated, field, "a count; write a number from 1 on");
	if (count - 1 > UINT32_MAX - first)
		return reader_fault(delegated->reader, EBADMSG, field,
				    "%u from %s on are more than there are; fetch the file again",
				    count, delegated->parts[START].text);
	*last = first + (count - 1);
	return 0;
}

static int take_asn(struct delegated *delegated, uint32_t value)
{
	const struct field *start = &delegated->parts[START];
	struct rows *asns = delegated->context->asns;
	uint32_t first = 0, last = 0;

	if (text_number(start->text, start->length, &first))
		return bad_part(delegated, start, "an ASN; write a number up to 4294967295");
	int error = take_count(delegated, first, &last);
	if (error || !asns)
		return error;
	return rows_append(asns, first, last, value) ? reader_no_memory(delegated->reader) : 0;
}

static int take_v4(struct delegated *delegated, uint32_t value)
{
	const struct field *start = &delegated->parts[START];
	struct address address;
	uint32_t last = 0;

	if (text_address(start->text, start->length, &address) || address.family != FAMILY_V4)
		return bad_part(delegated, start, "an IPv4 address; write one like 192.0.2.0");
	int error = take_count(delegated, (uint32_t)address.value, &last);
	return error ? error : layer_row(delegated->reader, delegated->rows, address, last, value);
}

static int take_v6(struct delegated *delegated, uint32_t value)
{
	const struct field *start = &delegated->parts[START], *field = &delegated->parts[COUNT];
	struct address address;
	uint32_t length = 0;

	if (text_address(start->text, start->length, &address) || address.family != FAMILY_V6)
		return bad_part(delegated, start, "an IPv6 address; write one like 2001:db8::");
	if (text_number(field->text, field->length, &length) || length > 128)
		return bad_part(delegated, field, "a length; write a number from 0 to 128");
	u128 mask = prefix_host_mask(FAMILY_V6, length);
	if (address.value & mask) {
		struct prefix prefix = {FAMILY_V6, (uint8_t)length, address.value & ~mask};
		char suggestion[PREFIX_TEXT_SIZE];

		return reader_fault(delegated->reader, EBADMSG, start,
				    "%.60s has bits set beyond its length, %u; write that of %s",
				    start->text, length, prefix_format(&prefix, suggestion));
	}
	return layer_row(delegated->reader, delegated->rows, address, address.value | mask, value);
}

static int take_record(struct delegated *delegated)
{
	const struct field *parts = delegated->parts, *status = &parts[STATUS];
	uint32_t value = 0;

	delegated->records++;
	if (delegated->count < RECORD_FIELDS)
		return reader_fault(delegated->reader, EBADMSG, NULL,
				    "%zu fields; write registry|cc|type|start|value|date|status",
				    delegated->count);
	if (is_text(status, "available") || is_text(status, "reserved") ||
	    is_text(status, "ianapool"))
		return 0;
	if (!is_text(status, "allocated") && !is_text(status, "assigned"))
		return bad_part(delegated, status,
				"a status; write allocated, assigned, available or reserved");
	int error = layer_value(delegated->reader, delegated->context, &parts[COUNTRY], &value);
	if (error)
		return error;
	if (is_text(&parts[TYPE], "ipv4"))
		return take_v4(delegated, value);
	if (is_text(&parts[TYPE], "ipv6"))
		return take_v6(delegated, value);
	return is_text(&parts[TYPE], "asn")
		       ? take_asn(delegated, value)
		       : bad_part(delegated, &parts[TYPE], "a type; write asn, ipv4 or ipv6");
}

static int take_line(struct delegated *delegated)
{
	const struct field *parts = delegated->parts;

	if (delegated->reader->csv.count > 1)
		return reader_fault(delegated->reader, EBADMSG, &delegated->reader->csv.fields[1],
				    "a comma in a registry's file; fetch it again");
	split(delegated);
	if (delegated->count < PARTS_LEAST)
		return take_record(delegated);
	if (parts[0].text[0] >= '0' && parts[0].text[0] <= '9')
		return take_header(delegated);
	return is_text(&parts[SUMMARY_WORD], "summary") ? 0 : take_record(delegated);
}

int delegated_read(struct reader *reader, const struct layer_context *context,
		   struct layer_rows *rows)
{
	struct delegated delegated = {.reader = reader, .context = context, .rows = rows};
	int error = 0, more = 1;

	while (more > 0 && !error) {
		error = take_line(&delegated);
		if (!error)
			more = reader_next(reader);
	}
	if (!error)
		error = more;
	return error ? error : end_registry(&delegated);
}
