// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/writer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/flow/text.h"

#define CAPACITY_FIRST 512

void writer_bytes(struct writer *writer, const char *bytes, size_t length)
{
	if (writer->failed || !length)
		return;
	if (length > writer->capacity - writer->length) {
		size_t capacity = writer->capacity ? writer->capacity : CAPACITY_FIRST;

		while (capacity < writer->length + length)
			capacity *= 2;
		char *grown = realloc(writer->bytes, capacity);
		writer->failed = !grown;
		if (!grown)
			return;
		writer->bytes = grown;
		writer->capacity = capacity;
	}
	memcpy(writer->bytes + writer->length, bytes, length);
	writer->length += length;
}

void writer_raw(struct writer *writer, const char *text)
{
	writer_bytes(writer, text, strlen(text));
}

/* How long @text is if it can stand between quotes as it is; else -1. */
static ptrdiff_t plain_length(const char *text)
{
	const char *end = text;

	for (; *end; end++)
		if (*end < 0x20 || *end > 0x7e || *end == '"' || *end == '\\')
			return -1;
	return end - text;
}

/* The rare ones: jansson knows what to escape, and what UTF-8 is. */
static void put_odd(struct writer *writer, const char *text)
{
	json_t *string = text_json(text);
	char *dumped = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

	if (dumped)
		writer_raw(writer, dumped);
	else
		writer->failed = true;
	free(dumped);
	json_decref(string);
}

void writer_text(struct writer *writer, const char *text)
{
	ptrdiff_t length = text ? plain_length(text) : 0;

	if (length < 0) {
		put_odd(writer, text);
	} else if (length == 0) {
		writer_raw(writer, "null");
	} else {
		writer_bytes(writer, "\"", 1);
		writer_bytes(writer, text, (size_t)length);
		writer_bytes(writer, "\"", 1);
	}
}

void writer_country(struct writer *writer, country_t country)
{
	char code[3];

	writer_text(writer, country ? country_format(country, code) : NULL);
}

void writer_number(struct writer *writer, uint32_t number)
{
	char digits[11];

	snprintf(digits, sizeof(digits), "%u", number);
	writer_raw(writer, digits);
}

void writer_bool(struct writer *writer, bool value)
{
	writer_raw(writer, value ? "true" : "false");
}

void writer_clear(struct writer *writer)
{
	writer->length = 0;
	writer->failed = false;
}

void writer_free(struct writer *writer)
{
	free(writer->bytes);
	*writer = (struct writer){0};
}
