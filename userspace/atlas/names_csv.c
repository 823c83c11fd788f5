// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "userspace/atlas/tables.h"

int table_entry(struct reader *reader, struct operators *operators, struct operator_entry **entry)
{
	const struct field *field = &reader->csv.fields[0];
	uint32_t asn = 0;

	if (text_number(field->text, field->length, &asn) || !asn)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not an ASN; write a number from 1 to 4294967295",
				    field->text);
	int64_t number = operators_add(operators, asn);
	if (number == -E2BIG)
		return reader_fault(reader, E2BIG, field,
				    "over %u different ASNs: this is not a table of ASNs",
				    OPERATORS_MOST);
	if (number < 0)
		return reader_no_memory(reader);
	*entry = &operators->entries[number];
	return 0;
}

int table_text(struct reader *reader, struct arena *arena, size_t number, const char **text)
{
	const struct csv *csv = &reader->csv;
	const char *copy = number < csv->count ? arena_text(arena, csv->fields[number].text,
							    csv->fields[number].length)
					       : "";
	if (!copy)
		return reader_no_memory(reader);
	*text = copy;
	return 0;
}

int names_csv_read(struct reader *reader, struct operators *operators, struct arena *arena)
{
	struct operator_entry *entry;
	int more, error;

	while ((more = reader_next(reader)) > 0) {
		if (reader_is_header(reader))
			continue;
		if (reader->csv.count < 2)
			return reader_fault(reader, EBADMSG, NULL, "no name; write asn,name");
		error = table_entry(reader, operators, &entry);
		if (!error && !*entry->known.name)
			error = table_text(reader, arena, 1, &entry->known.name);
		if (error)
			return error;
	}
	return more;
}
