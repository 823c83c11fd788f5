// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes, the form of our own files: "start,value" means value from start up to the next row of
 * the family; an empty value is a gap. IPv4 first, then IPv6, each ascending. Each family ends with
 * a gap: a file that was cut off would else give its last value to all addresses above.
 */
#include <errno.h>

#include "userspace/atlas/layer.h"

/* The row before the next family, or before the end. */
struct previous {
	struct address start;
	bool open;    /* its value is not a gap */
	bool guessed; /* that these are changes: a list of single addresses looks the same */
};

/* Refuses a family that does not end with a gap. */
static int close_family(struct reader *reader, const struct previous *previous)
{
	char text[ADDRESS_TEXT_SIZE];

	if (!previous->open)
		return 0;
	return reader_fault(
		reader, EBADMSG, NULL,
		"%s ends early: all above %s would have its value; fetch the file "
		"again, or end with START, and no value%s",
		previous->start.family == FAMILY_V4 ? "IPv4" : "IPv6",
		address_format(previous->start, text),
		previous->guessed ? "; for a list of single addresses, `format: prefixes`" : "");
}

static int take_row(struct reader *reader, const struct layer_context *context,
		    struct previous *previous, struct layer *layer)
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
	bool same = start.family == previous->start.family;
	bool ascends = same ? start.value > previous->start.value : start.family == FAMILY_V6;
	if (!ascends && layer->changes[previous->start.family].count)
		return reader_fault(reader, EBADMSG, first,
				    "%s comes after a higher address; sort by start, IPv4 first",
				    first->text);
	int error = same ? 0 : close_family(reader, previous);
	if (!error)
		error = layer_value(reader, context, &csv->fields[1], &value);
	if (error)
		return error;
	struct changes *changes = &layer->changes[start.family];
	if ((!changes->count && start.value && changes_append(changes, 0, 0)) ||
	    changes_append(changes, start.value, value))
		return reader_no_memory(reader);
	previous->start = start;
	previous->open = csv->fields[1].length > 0;
	return 0;
}

int changes_read(struct reader *reader, const struct layer_context *context,
		 struct layer_rows *rows)
{
	struct previous previous = {
		.start = {.family = FAMILY_V4},
		.guessed = context->file && !context->file->format,
	};
	int more = 1;

	while (more > 0) {
		int error = take_row(reader, context, &previous, rows->layer);

		if (error)
			return error;
		more = reader_next(reader);
	}
	return more < 0 ? more : close_family(reader, &previous);
}
