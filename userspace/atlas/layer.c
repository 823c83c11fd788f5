// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/layer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* How programs write that they know nothing, where it is longer than two characters. */
static bool is_nothing(const char *text)
{
	static const char *const words[] = {"none", "null", "n/a", "nan", "unknown"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* What is two characters long but not assigned by ISO 3166-1 means unknown: EU, AP, XK, ZZ, ??...
 */
static int country_value(struct reader *reader, const struct field *field, uint32_t *value)
{
	*value = COUNTRY_NONE;
	if (field->length > 2 && is_nothing(field->text))
		return 0;
	if (field->length > 2 && strspn(field->text, "0123456789") == field->length)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is a number, not a country code; if it is a "
				    "geoname_id of MaxMind's, give the .mmdb file of the same "
				    "database instead",
				    field->text);
	if (field->length > 2)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not a country code; write two letters, as in "
				    "ISO 3166-1, or nothing where it is not known%s",
				    field->text,
				    reader->has_header && !reader->value
					    ? "; if another column has it, name that in the "
					      "policy: `field: country_code`"
					    : "");
	char code[2] = {(char)toupper((unsigned char)field->text[0]),
			field->length == 2 ? (char)toupper((unsigned char)field->text[1]) : 0};
	*value = country_parse(code, field->length);
	return 0;
}

int layer_asn(struct reader *reader, const struct layer_context *context, uint32_t asn,
	      const struct field *field, uint32_t *value)
{
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
	return 0;
}

static int asn_value(struct reader *reader, const struct layer_context *context,
		     const struct field *field, uint32_t *value)
{
	const struct csv *csv = &reader->csv;
	uint32_t asn = 0;

	if (field->length && text_asn(field->text, field->length, &asn) &&
	    strcmp(field->text, "-") != 0)
		return reader_fault(reader, EBADMSG, field,
				    "\"%.40s\" is not an ASN; write a number up to 4294967295, "
				    "or nothing where it is not known",
				    field->text);
	int error = layer_asn(reader, context, asn, field, value);
	if (error || !*value)
		return error;

	/* The name stands behind the ASN, if at all. */
	struct asn_operator *holder = &context->operators->entries[*value - 1].known;
	const struct field *name = field + 1;
	if (field < csv->fields || name >= csv->fields + csv->count || *holder->name)
		return 0;
	holder->name = arena_text(context->arena, name->text, name->length);
	if (holder->name)
		return 0;
	holder->name = "";
	return reader_no_memory(reader);
}

int layer_value(struct reader *reader, const struct layer_context *context,
		const struct field *field, uint32_t *value)
{
	if (context->kind == LAYER_ASN)
		return asn_value(reader, context, field, value);
	int error = country_value(reader, field, value);
	if (context->kind == LAYER_FEED && !*value)
		*value = LAYER_FEED_SILENT;
	return error;
}

int layer_row(struct reader *reader, struct layer_rows *rows, struct address start, u128 last,
	      uint32_t value)
{
	return rows_append(&rows->rows[start.family], start.value, last, value)
		       ? reader_no_memory(reader)
		       : 0;
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

static uint32_t clash_feed(uint32_t first, uint32_t second)
{
	if (first == LAYER_FEED_SILENT)
		return second ? second : first;
	return second == LAYER_FEED_SILENT ? first ? first : second
					   : clash_countries(first, second);
}

rows_clash layer_clash(enum layer_kind kind)
{
	return kind == LAYER_ASN ? clash_asns : kind == LAYER_FEED ? clash_feed : clash_countries;
}

/* What may stand under a role, and under which one it belongs. */
static int check_role(struct reader *reader, enum data_format format, enum data_role role)
{
	const struct format *read = &formats[format];

	if (read->roles & 1u << role)
		return 0;
	for (enum data_role other = 0; other < DATA_ROLES; other++)
		if (read->roles & 1u << other)
			return reader_fault(reader, EINVAL, NULL,
					    "a file of format %s is no source of `%s:`; name it "
					    "under `%s:`",
					    data_format_name(format), data_role_name(role),
					    data_role_name(other));
	return reader_fault(reader, EINVAL, NULL, "a file of format %s cannot be read",
			    data_format_name(format));
}

/* MaxMind's CSV comes in pairs: prefixes with numbers of places, and the names of those. */
static int check_header(struct reader *reader)
{
	const struct csv *csv = &reader->csv;

	for (size_t i = 0; i < csv->count; i++)
		if (strcasecmp(csv->fields[i].text, "geoname_id") == 0)
			return reader_fault(reader, EBADMSG, &csv->fields[i],
					    "MaxMind's CSV has a geoname_id where a country code "
					    "is needed; give the .mmdb file of the same database "
					    "instead");
	return 0;
}

/* The column that the policy names, "country_code". */
static int find_value(struct reader *reader, const char *name)
{
	const struct csv *csv = &reader->csv;

	for (size_t i = 1; i < csv->count && reader->has_header; i++)
		if (strcasecmp(csv->fields[i].text, name) == 0)
			reader->value = i;
	if (reader->value)
		return 0;
	return reader_fault(reader, EINVAL, NULL,
			    "no column for values is called `%s` here; write `field:` with a name "
			    "from the header, or leave it out",
			    name);
}

/* Reads up to the first row that is no header. */
static int first_row(struct reader *reader, const struct data_file *file)
{
	int got = reader_next(reader), error = 0;

	if (got <= 0)
		return got;
	bool header = reader_is_header(reader);
	if (file && file->field)
		error = find_value(reader, file->field);
	else if (header)
		error = check_header(reader);
	if (error || !header)
		return error ? error : got;
	got = reader_next(reader);
	if (got == 0)
		return reader_fault(reader, ENODATA, NULL,
				    "a header and no rows; restore it from its source");
	return got;
}

/* The format, with the first row of a text read. -errno with a message. */
static int find_format(struct reader *reader, const struct layer_context *context)
{
	enum data_format format = context->file ? context->file->format : DATA_GUESSED;

	if (!format)
		format = format_of_bytes(&reader->file);
	if (formats[format].bytes)
		return format;
	int got = first_row(reader, context->file);
	if (got < 0)
		return got;
	if (!format)
		format = format_of_row(reader, context->role);
	return format ? (int)format : -EBADMSG;
}

/* Changes as rows: each lasts up to the next one. */
static int spill_changes(struct layer_rows *rows, enum family family)
{
	struct changes *changes = &rows->layer->changes[family];
	int error = 0;

	for (size_t i = 0; i < changes->count && !error; i++) {
		u128 last =
			i + 1 < changes->count ? changes->starts[i + 1] - 1 : family_last(family);

		if (changes->values[i])
			error = rows_append(&rows->rows[family], changes->starts[i], last,
					    changes->values[i]);
	}
	changes_free(changes);
	return error;
}

int layer_rows_read(struct reader *reader, const struct layer_context *context,
		    struct layer_rows *rows)
{
	int format = find_format(reader, context);

	if (format < 0)
		return format;
	int error = check_role(reader, (enum data_format)format, context->role);
	/* What an earlier file left as changes; this one may leave its own. */
	for (enum family family = 0; family < FAMILIES && !error; family++)
		if (rows->layer->changes[family].count && spill_changes(rows, family))
			error = reader_no_memory(reader);
	return error ? error : formats[format].read(reader, context, rows);
}

int layer_resolve(struct layer_rows *rows, enum layer_kind kind)
{
	int error = 0;

	for (enum family family = 0; family < FAMILIES; family++) {
		struct changes *changes = &rows->layer->changes[family];

		if (!error && rows->rows[family].count && changes->count)
			error = spill_changes(rows, family);
		if (!error && rows->rows[family].count)
			error = rows_resolve(&rows->rows[family], family_last(family),
					     layer_clash(kind), changes);
		else if (!error && !changes->count)
			error = changes_append(changes, 0, 0);
		changes_trim(changes);
	}
	layer_rows_free(rows);
	return error;
}

int layer_read(struct reader *reader, const struct layer_context *context, struct layer *layer)
{
	struct layer_rows rows = {.layer = layer};
	int error = layer_rows_read(reader, context, &rows);

	if (!error && layer_resolve(&rows, context->kind))
		error = reader_no_memory(reader);
	layer_rows_free(&rows);
	return error;
}

void layer_rows_free(struct layer_rows *rows)
{
	for (enum family family = 0; family < FAMILIES; family++)
		rows_free(&rows->rows[family]);
}

void layer_free(struct layer *layer)
{
	for (enum family family = 0; family < FAMILIES; family++)
		changes_free(&layer->changes[family]);
}
