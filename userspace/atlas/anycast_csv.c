// SPDX-License-Identifier: GPL-2.0-or-later
/* Prefixes that are announced from many places at once: their soil means nothing. */
#include <errno.h>

#include "userspace/atlas/tables.h"

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

int anycast_csv_read(struct reader *reader, struct rows *rows)
{
	int more, error = 0;

	while (!error && (more = reader_next(reader)) > 0)
		if (!reader_is_header(reader))
			error = take_row(reader, rows);
	return error ? error : more;
}
