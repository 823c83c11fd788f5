// SPDX-License-Identifier: GPL-2.0-or-later
/* "asn,country": where each ASN is registered. What follows is not looked at. */
#include <errno.h>

#include "userspace/atlas/layer.h"

static int take_row(struct reader *reader, const struct layer_context *context)
{
	const struct csv *csv = &reader->csv;
	size_t at = reader->value ? reader->value : 1;
	uint32_t asn = 0, value = 0;

	if (csv->count <= at)
		return reader_fault(reader, EBADMSG, NULL, "no country; write asn,country");
	if (text_asn(csv->fields[0].text, csv->fields[0].length, &asn) || !asn)
		return reader_fault(reader, EBADMSG, &csv->fields[0],
				    "\"%.40s\" is not an ASN; write a number from 1 to 4294967295",
				    csv->fields[0].text);
	int error = layer_value(reader, context, &csv->fields[at], &value);
	if (error || !context->asns)
		return error;
	return rows_append(context->asns, asn, asn, value) ? reader_no_memory(reader) : 0;
}

int asn_country_read(struct reader *reader, const struct layer_context *context,
		     struct layer_rows *rows)
{
	int error = 0, more = 1;

	(void)rows;
	while (more > 0 && !error) {
		error = take_row(reader, context);
		if (!error)
			more = reader_next(reader);
	}
	return error ? error : more;
}
