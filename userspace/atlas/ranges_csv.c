// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Range CSV: "start,end,value[,name]", both ends included, in any order; ranges may be nested or
 * overlap. What follows the name is not looked at.
 *
 * Addresses are text, or integers as IP2Location and tor's geoip write them. An integer does not
 * say of which family it is (IPv6 begins with small ones too), so that is decided for the file:
 * one over 32 bits makes all of them IPv6.
 */
#include <errno.h>
#include <string.h>

#include "userspace/atlas/layer.h"

struct ranges {
	const struct layer_context *context;
	struct layer_rows *rows;
	struct rows integers; /* until the end shows their family */
	size_t value;         /* the field of the value */
	/* Lines of the first row of integers that can only be of the family, or 0. A value for the
	 * lowest 32 bits of IPv6, which are nobody's (RFC 4291, section 2.5.5.1), is IPv4. */
	unsigned line_v4, line_v6;
};

struct end {
	struct address address;
	bool integer; /* the family is not known */
};

static int take_end(struct reader *reader, const struct field *field, struct end *end)
{
	const char *fault = "is not an address";

	end->integer = false;
	if (text_address(field->text, field->length, &end->address) == 0)
		return 0;
	end->integer = true;
	end->address.family = FAMILY_V6;
	switch (text_integer(field->text, field->length, &end->address.value)) {
	case 0:
		return 0;
	case -ERANGE:
		fault = "is over 128 bits, and so no address";
	}
	return reader_fault(reader, EBADMSG, field,
			    "\"%.40s\" %s; write start,end,value with addresses as text or as "
			    "integers",
			    field->text, fault);
}

static int take_ends(struct reader *reader, struct end ends[2])
{
	const struct field *fields = reader->csv.fields;

	for (size_t i = 0; i < 2; i++) {
		int error = take_end(reader, &fields[i], &ends[i]);

		if (error)
			return error;
	}
	if (ends[0].integer != ends[1].integer)
		return reader_fault(reader, EBADMSG, &fields[1],
				    "one end of the range is text and one an integer; write both "
				    "as text");
	if (ends[0].address.family != ends[1].address.family)
		return reader_fault(reader, EBADMSG, &fields[1],
				    "the range starts in one family and ends in the other");
	if (ends[1].address.value < ends[0].address.value)
		return reader_fault(reader, EBADMSG, &fields[1],
				    "the range ends before it starts; write the lower address "
				    "first");
	return 0;
}

static int keep_integers(struct ranges *ranges, struct reader *reader, u128 start, u128 last,
			 uint32_t value)
{
	unsigned *line = last > UINT32_MAX ? &ranges->line_v6 : value ? &ranges->line_v4 : NULL;

	if (line && !*line)
		*line = reader->csv.line;
	if (ranges->line_v4 && ranges->line_v6)
		return reader_fault(reader, EBADMSG, &reader->csv.fields[0],
				    "integers of both families (the other one's are in line %u) "
				    "cannot be told apart; give each family a file of its own",
				    line == &ranges->line_v6 ? ranges->line_v4 : ranges->line_v6);
	return rows_append(&ranges->integers, start, last, value) ? reader_no_memory(reader) : 0;
}

static int take_row(struct ranges *ranges, struct reader *reader)
{
	const struct csv *csv = &reader->csv;
	struct end ends[2] = {0};
	uint32_t value = 0;

	if (csv->count <= ranges->value)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu field%s; write start,end,value as in the first row",
				    csv->count, csv->count == 1 ? "" : "s");
	int error = take_ends(reader, ends);
	if (!error)
		error = layer_value(reader, ranges->context, &csv->fields[ranges->value], &value);
	if (error)
		return error;
	u128 last = ends[1].address.value;
	return ends[0].integer ? keep_integers(ranges, reader, ends[0].address.value, last, value)
			       : layer_row(reader, ranges->rows, ends[0].address, last, value);
}

/* All rows of integers are of one family. */
static int place_integers(struct ranges *ranges, struct reader *reader)
{
	enum family family = ranges->line_v6 ? FAMILY_V6 : FAMILY_V4;
	struct rows *rows = &ranges->rows->rows[family], *integers = &ranges->integers;

	if (!rows->count) {
		rows_free(rows);
		*rows = *integers;
		*integers = (struct rows){0};
		return 0;
	}
	for (size_t i = 0; i < integers->count; i++)
		if (rows_append(rows, integers->starts[i], integers->lasts[i], integers->values[i]))
			return reader_no_memory(reader);
	return 0;
}

/* IP2Location's table of ASNs has the prefix before the ASN. */
static size_t find_value(const struct csv *csv)
{
	return csv->count > 3 && strchr(csv->fields[2].text, '/') ? 3 : 2;
}

int ranges_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct ranges ranges = {
		.context = context,
		.rows = rows,
		.value = reader->value > 1 ? reader->value : find_value(&reader->csv),
	};
	int more = 1, error = 0;

	if (context->feed) /* RFC 8805 has another form: this was made of a provider's list */
		context->feed->provider = true;
	while (more > 0 && !error) {
		error = take_row(&ranges, reader);
		if (!error)
			more = reader_next(reader);
	}
	if (!error)
		error = more;
	if (!error && ranges.integers.count)
		error = place_integers(&ranges, reader);
	rows_free(&ranges.integers);
	return error;
}
