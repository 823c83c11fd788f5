// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/layer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* What is two characters long but not assigned by ISO 3166-1 means unknown: EU, AP, XK, ZZ, ... */
static int country_value(struct reader *reader, const struct field *field, uint32_t *value)
{
	if (field->length > 2)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not a country code; write two letters, as in "
				    "ISO 3166-1, or nothing where it is not known",
				    field->text);
	char code[2] = {(char)toupper((unsigned char)field->text[0]),
			field->length == 2 ? (char)toupper((unsigned char)field->text[1]) : 0};
	*value = country_parse(code, field->length);
	return 0;
}

static int asn_value(struct reader *reader, const struct layer_context *context,
		     const struct field *field, uint32_t *value)
{
	size_t prefix = field->length > 2 && strncasecmp(field->text, "AS", 2) == 0 ? 2 : 0;
	uint32_t asn = 0;

	if (field->length && text_number(field->text + prefix, field->length - prefix, &asn))
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not an ASN; write a number up to 4294967295, "
				    "or nothing where it is not known",
				    field->text);
	*value = 0;
	if (!asn)
		return 0;
	int64_t number = operators_add(context->operators, asn);
	if (number == -E2BIG)
		return reader_fault(reader, E2BIG, field,
				    "over %u different ASNs: this is not a table of ASNs",
				    OPERATORS_MOST);
	if (number < 0)
		return reader_no_memory(reader);
	*value = (uint32_t)number + 1;

	struct asn_operator *holder = &context->operators->entries[number].known;
	const struct csv *csv = &reader->csv;
	if (field != &csv->fields[2] || csv->count < 4 || *holder->name)
		return 0;
	holder->name = arena_text(context->arena, csv->fields[3].text, csv->fields[3].length);
	if (holder->name)
		return 0;
	holder->name = "";
	return reader_no_memory(reader);
}

int layer_value(struct reader *reader, const struct layer_context *context,
		const struct field *field, uint32_t *value)
{
	return context->kind == LAYER_COUNTRY ? country_value(reader, field, value)
					      : asn_value(reader, context, field, value);
}

/* The two lowest of up to four codes. */
static uint32_t clash_countries(uint32_t first, uint32_t second)
{
	country_t words[4] = {layer_first_country(first), layer_second_country(first),
			      layer_first_country(second), layer_second_country(second)};
	country_t lowest = COUNTRY_NONE, higher = COUNTRY_NONE;

	for (size_t i = 0; i < 4; i++)
		if (words[i] && (!lowest || words[i] < lowest))
			lowest = words[i];
	for (size_t i = 0; i < 4; i++)
		if (words[i] > lowest && (!higher || words[i] < higher))
			higher = words[i];
	return (uint32_t)higher << 16 | lowest;
}

static uint32_t clash_asns(uint32_t first, uint32_t second)
{
	if (!first || !second || first == second)
		return first ? first : second;
	return LAYER_ASN_CLASH;
}

rows_clash layer_clash(enum layer_kind kind)
{
	return kind == LAYER_COUNTRY ? clash_countries : clash_asns;
}

static bool is_address(const struct field *field)
{
	struct address address;

	return text_address(field->text, field->length, &address) == 0;
}

int layer_read(struct reader *reader, const struct layer_context *context, struct layer *layer)
{
	const struct csv *csv = &reader->csv;
	int got = reader_next(reader);

	if (got > 0 && reader_is_header(reader)) {
		got = reader_next(reader);
		if (got == 0)
			return reader_fault(reader, ENODATA, NULL,
					    "a header and no rows; restore it from its source");
	}
	if (got <= 0)
		return got;
	if (strchr(csv->fields[0].text, '/'))
		return reader_fault(reader, EBADMSG, &csv->fields[0],
				    "this is a list of prefixes, which is not read; give a CSV of "
				    "start,end,value");
	if (!is_address(&csv->fields[0]))
		return reader_fault(reader, EBADMSG, &csv->fields[0],
				    "\"%.40s\" is not an address; write start,end,value with "
				    "addresses as text",
				    csv->fields[0].text);
	if (csv->count == 1 || (csv->count == 2 && is_address(&csv->fields[1])))
		return reader_fault(reader, EBADMSG, NULL,
				    "there is no value; write start,end,value");
	int error = csv->count == 2 ? change_csv_read(reader, context, layer)
				    : range_csv_read(reader, context, layer);
	for (enum family family = 0; family < FAMILIES && !error; family++) {
		if (!layer->changes[family].count && changes_append(&layer->changes[family], 0, 0))
			return reader_no_memory(reader);
		changes_trim(&layer->changes[family]);
	}
	return error;
}

void layer_free(struct layer *layer)
{
	for (enum family family = 0; family < FAMILIES; family++)
		changes_free(&layer->changes[family]);
}
