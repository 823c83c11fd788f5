// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefixes: "prefix[,value[,name]]", a prefix or a single address in each row, in any order, nested
 * or not; from '#' or ';' on a comment. So also an RFC 8805 geofeed, "prefix,country,region,city,
 * postal code", of which the country is taken (empty: not known). A geofeed does not say whose it
 * is: the policy must.
 */
#include <errno.h>
#include <string.h>

#include "userspace/atlas/layer.h"

/* What holds for all prefixes of the file. */
static int value_of_file(struct reader *reader, const struct layer_context *context,
			 uint32_t *value)
{
	const struct data_file *file = context->file;
	const struct field *field = &reader->csv.fields[0];

	if (context->kind == LAYER_ASN && file && file->asn_count == 1)
		return layer_asn(reader, context, file->asns[0], field, value);
	if (context->kind == LAYER_ASN)
		return reader_fault(reader, EBADMSG, field,
				    "no ASN behind the prefix; write prefix,asn, or for the whole "
				    "file {file: PATH, asn: [64500]} in the policy");
	if (!file || !file->country)
		return reader_fault(reader, EBADMSG, field,
				    "no country behind the prefix; write prefix,country, or for "
				    "the whole file {file: PATH, country: FR} in the policy");
	*value = file->country;
	return 0;
}

/* Ends @field before a comment. */
static bool cut_comment(struct field *field)
{
	char *comment = text_comment(field->text);

	if (!comment)
		return false;
	while (comment > field->text && strchr(" \t", comment[-1]))
		comment--;
	*comment = '\0';
	field->length = (size_t)(comment - field->text);
	return true;
}

static int take_row(struct reader *reader, const struct layer_context *context,
		    struct layer_rows *rows)
{
	struct csv *csv = &reader->csv;
	size_t at = reader->value ? reader->value : 1;
	struct prefix prefix = {0};
	uint32_t value = 0;

	for (size_t i = 0; i < csv->count && i <= at; i++)
		if (cut_comment(&csv->fields[i]))
			csv->count = i + 1;
	int error = reader_prefix(reader, &csv->fields[0], &prefix);
	if (!error)
		error = csv->count > at ? layer_value(reader, context, &csv->fields[at], &value)
					: value_of_file(reader, context, &value);
	if (error)
		return error;
	return layer_row(reader, rows, (struct address){prefix.family, prefix.value},
			 prefix_last(&prefix), value);
}

int prefixes_read(struct reader *reader, const struct layer_context *context,
		  struct layer_rows *rows)
{
	int error = 0, more = 1;

	while (more > 0 && !error) {
		error = take_row(reader, context, rows);
		if (!error)
			more = reader_next(reader);
	}
	return error ? error : more;
}
