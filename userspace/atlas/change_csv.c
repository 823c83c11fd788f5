// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes, the form of our own files: "start,value" means value from start up to the next row of
 * the family; an empty value is a gap. IPv4 first, then IPv6, each ascending.
 */
#include <errno.h>

#include "userspace/atlas/layer.h"

static int take_row(struct reader *reader, const struct layer_context *context,
		    struct address *previous, struct layer *layer)
{
	const struct csv *csv = &reader->csv;
	const struct field *first = &csv->fields[0];
	struct address start;
	uint32_t value = 0;

	if (csv->count != 2)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu fields; write start,value as in the first row",
				    csv->count);
	if (text_address(first->text, first->length, &start))
		return reader_fault(reader, EBADMSG, first,
				    "\"%.40s\" is not an address; write start,value", first->text);
	bool ascends = start.family == previous->family ? start.value > previous->value
							: start.family == FAMILY_V6;
	if (!ascends && layer->changes[previous->family].count)
		return reader_fault(reader, EBADMSG, first,
				    "%s comes after a higher address; sort by start, IPv4 first",
				    first->text);
	int error = layer_value(reader, context, &csv->fields[1], &value);
	if (error)
		return error;
	struct changes *changes = &layer->changes[start.family];
	if ((!changes->count && start.value && changes_append(changes, 0, 0)) ||
	    changes_append(changes, start.value, value))
		return reader_no_memory(reader);
	*previous = start;
	return 0;
}

int change_csv_read(struct reader *reader, const struct layer_context *context, struct layer *layer)
{
	struct address previous = {.family = FAMILY_V4};
	int more = 1;

	while (more > 0) {
		int error = take_row(reader, context, &previous, layer);

		if (error)
			return error;
		more = reader_next(reader);
	}
	return more;
}
