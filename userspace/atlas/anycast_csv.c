// SPDX-License-Identifier: GPL-2.0-or-later
/* Prefixes that are announced from many places at once: their soil means nothing. */
#include <errno.h>

#include "userspace/atlas/tables.h"

static int take_row(struct reader *reader, struct rows *rows)
{
	const struct field *field = &reader->csv.fields[0];
	char suggestion[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	switch (prefix_parse(field->text, field->length, &prefix)) {
	case PREFIX_OK:
		break;
	case PREFIX_HOST_BITS:
		return reader_fault(reader, EBADMSG, field,
				    "%.60s has bits set beyond its length; write %s", field->text,
				    prefix_format(&prefix, suggestion));
	default:
		return reader_fault(reader, EBADMSG, field,
				    "\"%.60s\" is not a prefix; write one like 192.0.2.0/24",
				    field->text);
	}
	if (reader->csv.count < 3)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu fields; write prefix,operator,source", reader->csv.count);
	return rows_append(&rows[prefix.family], prefix.value, prefix_last(&prefix), 1)
		       ? reader_no_memory(reader)
		       : 0;
}

int anycast_csv_read(struct reader *reader, struct rows *rows)
{
	int more, error = 0;

	while (!error && (more = reader_next(reader)) > 0)
		if (!reader_is_header(reader))
			error = take_row(reader, rows);
	return error ? error : more;
}
