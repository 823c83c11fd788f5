// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats that are read, and how one is told from its content. Never from a file's name. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "userspace/atlas/layer.h"

#define ROLE(role)   (1u << DATA_##role)
#define ROLES_RANGES (ROLE(SOIL) | ROLE(REGISTRY) | ROLE(ASN))

const struct format formats[DATA_FORMATS] = {
	[DATA_RANGES] = {ranges_read, false, ROLES_RANGES},
	[DATA_CHANGES] = {changes_read, false, ROLES_RANGES},
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

/* IPv6 addresses as integers are longer than 64 bits. */
static bool is_integer(const struct field *field)
{
	return field->length && strspn(field->text, "0123456789") == field->length;
}

static bool is_asn(const struct field *field)
{
	const char *text = field->text;

	return is_integer(field) || (strncasecmp(text, "AS", 2) == 0 && text[2] &&
				     strspn(text + 2, "0123456789") == field->length - 2);
}

static enum data_format address_form(struct reader *reader)
{
	const struct csv *csv = &reader->csv;
	bool second = csv->count > 1 && is_address(&csv->fields[1]);

	if (csv->count == 1)
		return DATA_PREFIXES;
	if (second && csv->count > 2)
		return DATA_RANGES;
	if (second) {
		reader_fault(reader, EBADMSG, NULL, "there is no value; write start,end,value");
		return DATA_GUESSED;
	}
	return csv->count == 2 ? DATA_CHANGES : DATA_PREFIXES;
}

enum data_format format_of_row(struct reader *reader)
{
	const struct csv *csv = &reader->csv;
	const struct field *first = &csv->fields[0];

	if (strchr(first->text, '|'))
		return DATA_DELEGATED;
	if (strchr(first->text, '/'))
		return DATA_PREFIXES;
	if (is_address(first))
		return address_form(reader);
	if (csv->count > 2 && is_integer(first) && is_integer(&csv->fields[1]))
		return DATA_RANGES;
	if (csv->count > 1 && is_asn(first) && csv->fields[1].length <= 2)
		return DATA_ASN_COUNTRY;
	reader_fault(reader, EBADMSG, first,
		     "\"%.40s\" is no address, prefix or ASN, so the format is not known; write "
		     "start,end,value with addresses as text",
		     first->text);
	return DATA_GUESSED;
}
