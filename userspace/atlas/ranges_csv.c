// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Range CSV: "start,end,value[,name]", addresses as text, both ends included, in any order; ranges
 * may be nested or overlap. What follows the name is not looked at.
 */
#include <errno.h>

#include "userspace/atlas/layer.h"

static int take_row(struct reader *reader, const struct layer_context *context,
		    struct layer_rows *rows)
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
	return error ? error : layer_row(reader, rows, ends[0], ends[1].value, value);
}

int ranges_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	int more = 1;

	if (context->feed) /* RFC 8805 has another form: this was made of a provider's list */
		context->feed->provider = true;
	while (more > 0) {
		int error = take_row(reader, context, rows);

		if (error)
			return error;
		more = reader_next(reader);
	}
	return more;
}
