// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats that are read, and how one is told from its content. Never from a file's name. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/atlas/layer.h"

/* A line of a registry's file has at least so many. */
#define BARS_LEAST 5

#define ROLE(role)   (1u << DATA_##role)
#define ROLES_RANGES (ROLE(SOIL) | ROLE(REGISTRY) | ROLE(ASN))

const struct format formats[DATA_FORMATS] = {
	[DATA_RANGES] = {ranges_read, false, ROLES_RANGES | ROLE(FEEDS)},
	[DATA_CHANGES] = {changes_read, false, ROLES_RANGES},
	[DATA_PREFIXES] = {prefixes_read, false, ROLES_RANGES | ROLE(FEEDS)},
	[DATA_DELEGATED] = {delegated_read, false, ROLE(REGISTRY)},
	[DATA_ASN_COUNTRY] = {asn_country_read, false, ROLE(REGISTRY)},
	[DATA_MMDB] = {mmdb_read, true, ROLES_RANGES},
	[DATA_LOCATION] = {location_read, true, ROLES_RANGES},
	[DATA_AWS] = {aws_read, true, ROLE(FEEDS)},
	[DATA_GCP] = {gcp_read, true, ROLE(FEEDS)},
	[DATA_AZURE] = {azure_read, true, ROLE(FEEDS)},
	[DATA_OCI] = {oci_read, true, ROLE(FEEDS)},
	[DATA_GEOFEED_JSON] = {geofeed_json_read, true, ROLE(FEEDS)},
};

struct magic {
	const char *bytes;
	size_t size;
	enum data_format format;
};

static const struct magic magics[] = {
	{"LOCDBXX", 7, DATA_LOCATION},
};

/* The metadata of a MaxMind DB lie in its last 128 KiB, behind this marker. */
#define MMDB_MARKER    "\xab\xcd\xefMaxMind.com"
#define MMDB_TAIL_SIZE ((size_t)128 << 10)

/* Keys of each JSON form, which no other one has together, in its first part. */
static const struct json_form {
	const char *keys[2];
	enum data_format format;
} json_forms[] = {
	{{"\"syncToken\"", "\"createDate\""}, DATA_AWS},
	{{"\"syncToken\"", "\"creationTime\""}, DATA_GCP},
	{{"\"changeNumber\"", "\"cloud\""}, DATA_AZURE},
	{{"\"last_updated_timestamp\"", "\"regions\""}, DATA_OCI},
	{{"\"subnets\"", "\"ip_prefix\""}, DATA_GEOFEED_JSON},
};

#define JSON_HEAD_SIZE ((size_t)64 << 10)

static enum data_format json_form(const struct file *file)
{
	size_t head = file->size < JSON_HEAD_SIZE ? file->size : JSON_HEAD_SIZE;

	for (size_t i = 0; i < sizeof(json_forms) / sizeof(json_forms[0]); i++) {
		const char *const *keys = json_forms[i].keys;

		if (memmem(file->bytes, head, keys[0], strlen(keys[0])) &&
		    memmem(file->bytes, head, keys[1], strlen(keys[1])))
			return json_forms[i].format;
	}
	return DATA_GUESSED;
}

enum data_format format_of_bytes(const struct file *file)
{
	const char *bytes = file->bytes;
	size_t tail = file->size < MMDB_TAIL_SIZE ? file->size : MMDB_TAIL_SIZE, at = 0;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (file->size >= magics[i].size &&
		    memcmp(bytes, magics[i].bytes, magics[i].size) == 0)
			return magics[i].format;
	if (memmem(bytes + file->size - tail, tail, MMDB_MARKER, strlen(MMDB_MARKER)))
		return DATA_MMDB;
	while (at < file->size && isspace((unsigned char)bytes[at]))
		at++;
	return at < file->size && bytes[at] == '{' ? json_form(file) : DATA_GUESSED;
}

static bool is_address(const struct field *field)
{
	struct address address;

	return text_address(field->text, field->length, &address) == 0;
}

/* A length behind it, right or wrong, or a comment. */
static bool is_prefix(const struct field *field)
{
	const char *comment = text_comment(field->text);
	size_t length = comment ? (size_t)(comment - field->text) : field->length;
	struct prefix prefix;

	while (length && isblank((unsigned char)field->text[length - 1]))
		length--;
	return (comment || memchr(field->text, '/', length)) &&
	       prefix_parse(field->text, length, &prefix) != PREFIX_NOT_AN_ADDRESS;
}

/* IPv6 addresses as integers are longer than 64 bits. */
static bool is_integer(const struct field *field)
{
	return field->length && strspn(field->text, "0123456789") == field->length;
}

static bool is_asn(const struct field *field)
{
	uint32_t asn;

	return text_asn(field->text, field->length, &asn) == 0;
}

/* A country, or what stands for none. */
static bool is_code(const struct field *field)
{
	return field->length == 0 || (field->length <= 2 && !is_integer(field));
}

static unsigned count_bars(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '|';
	return count;
}

static enum data_format no_format(struct reader *reader, const struct field *field,
				  const char *what)
{
	reader_fault(reader, EBADMSG, field,
		     "%s, so the format is not known; write start,end,value or prefix,value", what);
	return DATA_GUESSED;
}

/* The first field is an address, or an integer and the second too. No value has dots or colons, but
 * a wrong address may. */
static enum data_format address_form(struct reader *reader, enum data_role role)
{
	const struct csv *csv = &reader->csv;
	const struct field *first = &csv->fields[0], *second = &csv->fields[1];
	bool range = csv->count > 1 &&
		     (is_address(first) ? strpbrk(second->text, ".:") != NULL : is_integer(second));

	if (range && csv->count > 2)
		return DATA_RANGES;
	if (range) {
		reader_fault(reader, EBADMSG, NULL, "there is no value; write start,end,value");
		return DATA_GUESSED;
	}
	/* "192.0.2.1,FR": of this address alone, or from it on? The second is the form of our own
	 * files, and no feed is written so. */
	return csv->count == 2 && role != DATA_FEEDS ? DATA_CHANGES : DATA_PREFIXES;
}

/* What separates the fields, if it is no comma. */
static const char *other_separator(const char *text)
{
	if (strchr(text, '|'))
		return "the fields are separated by bars, not commas";
	if (strchr(text, '\t'))
		return "the fields are separated by tabs, not commas";
	return strchr(text, ';') ? "the fields are separated by semicolons, not commas" : NULL;
}

enum data_format format_of_row(struct reader *reader, enum data_role role)
{
	const struct csv *csv = &reader->csv;
	const struct field *first = &csv->fields[0];
	size_t value = reader->value ? reader->value : 1;
	char what[96];

	if (count_bars(first->text) >= BARS_LEAST)
		return DATA_DELEGATED;
	if (is_prefix(first))
		return DATA_PREFIXES;
	if (is_address(first) ||
	    (csv->count > 1 && is_integer(first) && is_integer(&csv->fields[1])))
		return address_form(reader, role);
	if (csv->count > value && is_asn(first) && is_code(&csv->fields[value]))
		return DATA_ASN_COUNTRY;
	const char *separator = other_separator(first->text);
	if (separator)
		return no_format(reader, first, separator);
	snprintf(what, sizeof(what), "\"%.40s\" is %s", first->text,
		 is_asn(first) ? "an ASN, but no country follows" : "no address, prefix or ASN");
	return no_format(reader, first, what);
}
