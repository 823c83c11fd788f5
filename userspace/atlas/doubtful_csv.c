// SPDX-License-Identifier: GPL-2.0-or-later
/* ASNs whose owner is not settled: they never get one by inference. */
#include <errno.h>

#include "userspace/atlas/tables.h"

enum doubtful_field {
	DOUBTFUL_ASN,
	DOUBTFUL_NAME,
	DOUBTFUL_PARENT,
	DOUBTFUL_REASON,
	DOUBTFUL_FIELDS
};

int doubtful_csv_read(struct reader *reader, struct operators *operators, struct arena *arena)
{
	struct operator_entry *entry;
	int more, error;

	while ((more = reader_next(reader)) > 0) {
		if (reader_is_header(reader))
			continue;
		if (reader->csv.count < DOUBTFUL_FIELDS)
			return reader_fault(reader, EBADMSG, NULL,
					    "%zu fields; write asn,name,candidate_parent,reason",
					    reader->csv.count);
		error = table_entry(reader, operators, &entry);
		if (error)
			return error;
		entry->known.doubtful = true;
		/* The citation of a listed owner says more. */
		if (!*entry->known.source)
			error = table_text(reader, arena, DOUBTFUL_REASON, &entry->known.source);
		if (!error && !*entry->known.name)
			error = table_text(reader, arena, DOUBTFUL_NAME, &entry->known.name);
		if (error)
			return error;
	}
	return more;
}
