// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Range CSV: "start,end,value[,name]", addresses as text, both ends included, in any order; ranges
 * may be nested or overlap. What follows the name is not looked at.
 */
#include <errno.h>

#include "userspace/atlas/layer.h"

static int take_row(struct reader *reader, const struct layer_context *context, struct rows *rows)
{
	const struct csv *csv = &reader->csv;
	struct address ends[2] = {0};
	uint32_t value = 0;

	if (csv->count < 3)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu field%s; write start,end,value as in the first row",
				    csv->count, csv->count == 1 ? "" : "s");
	for (size_t i = 0; i < 2; i++) {
		const struct field *field = &csv->fields[i];

		if (text_address(field->text, field->length, &ends[i]))
			return reader_fault(reader, EBADMSG, field,
					    "\"%.40s\" is not an address; write start,end,value "
					    "with addresses as text",
					    field->text);
	}
	if (ends[0].family != ends[1].family)
		return reader_fault(reader, EBADMSG, &csv->fields[1],
				    "the range starts in one family and ends in the other");
	if (ends[1].value < ends[0].value)
		return reader_fault(reader, EBADMSG, &csv->fields[1],
				    "the range ends before it starts; write the lower address "
				    "first");
	int error = layer_value(reader, context, &csv->fields[2], &value);
	if (error)
		return error;
	return rows_append(&rows[ends[0].family], ends[0].value, ends[1].value, value)
		       ? reader_no_memory(reader)
		       : 0;
}

int range_csv_read(struct reader *reader, const struct layer_context *context, struct layer *layer)
{
	struct rows rows[FAMILIES] = {0};
	int more = 1, error = 0;

	while (more > 0 && !error) {
		error = take_row(reader, context, rows);
		if (!error)
			more = reader_next(reader);
	}
	if (more < 0)
		error = more;
	for (enum family family = 0; family < FAMILIES; family++) {
		if (!error && rows_resolve(&rows[family], family_last(family),
					   layer_clash(context->kind), &layer->changes[family]))
			error = reader_no_memory(reader);
		rows_free(&rows[family]);
	}
	return error;
}
