// SPDX-License-Identifier: GPL-2.0-or-later
/* Prefixes that are announced from many places at once: their soil means nothing. */
#include <errno.h>

#include "userspace/atlas/tables.h"

static uint32_t clash_anycast(uint32_t first, uint32_t second)
{
	return first | second;
}

static int take_row(struct reader *reader, struct rows *rows)
{
	struct prefix prefix = {0};
	int error = reader_prefix(reader, &reader->csv.fields[0], &prefix);

	if (error)
		return error;
	if (reader->csv.count < 3)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu fields; write prefix,operator,source", reader->csv.count);
	return rows_append(&rows[prefix.family], prefix.value, prefix_last(&prefix), 1)
		       ? reader_no_memory(reader)
		       : 0;
}

int anycast_csv_read(struct reader *reader, struct layer *layer)
{
	struct rows rows[FAMILIES] = {0};
	int more, error = 0;

	while (!error && (more = reader_next(reader)) > 0)
		if (!reader_is_header(reader))
			error = take_row(reader, rows);
	if (!error)
		error = more;
	for (enum family family = 0; family < FAMILIES; family++) {
		if (!error && rows_resolve(&rows[family], family_last(family), clash_anycast,
					   &layer->changes[family]))
			error = reader_no_memory(reader);
		rows_free(&rows[family]);
	}
	return error;
}
