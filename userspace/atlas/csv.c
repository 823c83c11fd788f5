// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/csv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(struct field *field)
{
	while (field->length && is_blank(field->text[field->length - 1]))
		field->length--;
	while (field->length && is_blank(*field->text)) {
		field->text++;
		field->column++;
		field->length--;
	}
	field->text[field->length] = '\0';
}

/* From the opening quote on: unfolds "" in place. The place after the closing quote; NULL. */
static char *unquote(char *text, struct field *field)
{
	char *to = text, *from = text + 1;

	for (;; from++) {
		if (*from == '\0')
			return NULL;
		if (*from == '"' && *++from != '"')
			break;
		*to++ = *from;
	}
	field->text = text;
	field->length = (size_t)(to - text);
	return from;
}

static const char *split_quoted(char *at, struct field *field, char **rest)
{
	char *after = unquote(at, field);

	if (!after)
		return "a quote is opened and not closed";
	while (is_blank(*after))
		after++;
	if (*after != ',' && *after != '\0')
		return "text after a closing quote";
	*rest = *after ? after + 1 : NULL;
	field->text[field->length] = '\0';
	return NULL;
}

const char *csv_split(const struct line *line, struct csv *csv, unsigned *column)
{
	char *end = line->text + line->length;
	bool quotes = memchr(line->text, '"', line->length) != NULL;

	csv->count = 0;
	csv->line = line->number;
	for (char *at = line->text; at;) {
		struct field *field = &csv->fields[csv->count];
		char *first = at;

		*column = (unsigned)(at - line->text) + 1;
		if (csv->count++ == CSV_FIELDS_MOST)
			return "more fields than any source has";
		while (quotes && is_blank(*first))
			first++;
		if (quotes && *first == '"') {
			field->column = (unsigned)(first - line->text) + 1;
			const char *fault = split_quoted(first, field, &at);
			if (fault)
				return fault;
			continue;
		}
		char *comma = memchr(at, ',', (size_t)(end - at));
		*field = (struct field){at, (size_t)((comma ? comma : end) - at), *column};
		trim(field);
		at = comma ? comma + 1 : NULL;
	}
	return NULL;
}

char *text_comment(char *text)
{
	char *at = text + strcspn(text, "#;");

	while (*at == ';' && !(at > text && is_blank(at[-1])))
		at += 1 + strcspn(at + 1, "#;");
	return *at ? at : NULL;
}

int text_number(const char *text, size_t length, uint32_t *number)
{
	uint64_t value = 0;

	if (length < 1 || length > 10)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned char)text[i] - '0';

		if (digit > 9)
			return -EINVAL;
		value = value * 10 + digit;
	}
	if (value > UINT32_MAX)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

int text_asn(const char *text, size_t length, uint32_t *asn)
{
	bool letters = length > 2 && toupper((unsigned char)text[0]) == 'A' &&
		       toupper((unsigned char)text[1]) == 'S';
	size_t prefix = letters ? 2 : 0;

	return text_number(text + prefix, length - prefix, asn);
}

/* So many digits always fit into 64 bits. */
#define CHUNK_DIGITS 19

int text_integer(const char *text, size_t length, u128 *integer)
{
	u128 value = 0;
	size_t at = 0;

	while (length > 1 && *text == '0') {
		text++;
		length--;
	}
	if (length < 1)
		return -EINVAL;
	while (at < length) {
		uint64_t chunk = 0, scale = 1;

		for (size_t i = 0; i < CHUNK_DIGITS && at < length; i++, at++) {
			unsigned digit = (unsigned char)text[at] - '0';

			if (digit > 9)
				return -EINVAL;
			chunk = chunk * 10 + digit;
			scale *= 10;
		}
		/* The first two chunks fit: dividing is for what has more than both. */
		if (at > (size_t)2 * CHUNK_DIGITS && value > (~(u128)0 - chunk) / scale)
			return strspn(text + at, "0123456789") == length - at ? -ERANGE : -EINVAL;
		value = value * scale + chunk;
	}
	*integer = value;
	return 0;
}

/* The value of each hexadecimal digit, plus one; 0 for what is none. */
static const uint8_t hexadecimal[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* One to four digits. How many were read; 0: none, or over four. */
static size_t parse_group(const char *text, size_t length, uint32_t *group)
{
	size_t i = 0;

	*group = 0;
	for (; i < length && hexadecimal[(unsigned char)text[i]]; i++) {
		if (i == 4)
			return 0;
		*group = *group << 4 | (hexadecimal[(unsigned char)text[i]] - 1u);
	}
	return i;
}

/* RFC 4291, section 2.2, forms 1 and 2. */
static int parse_groups(const char *text, size_t length, u128 *result)
{
	u128 value = 0;
	int groups = 0, gap = -1; /* how many groups stand before "::" */
	size_t at = 0;

	if (length >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		at = 2;
	}
	while (at < length) {
		uint32_t group;
		size_t digits = parse_group(text + at, length - at, &group);

		if (!digits || groups == 8)
			return -EINVAL;
		value = value << 16 | group;
		groups++;
		at += digits;
		if (at == length)
			break;
		if (text[at++] != ':' || at == length)
			return -EINVAL;
		if (text[at] == ':') {
			if (gap >= 0)
				return -EINVAL;
			gap = groups;
			at++;
		}
	}
	if (gap < 0 ? groups != 8 : groups > 7)
		return -EINVAL;
	if (gap >= 0) {
		unsigned low_bits = 16u * (unsigned)(groups - gap);
		u128 low = value & (((u128)1 << low_bits) - 1);

		value = gap ? value >> low_bits << (16u * (unsigned)(8 - gap)) | low : low;
	}
	*result = value;
	return 0;
}

int text_address(const char *text, size_t length, struct address *address)
{
	u128 value;

	/* IPv4, and IPv6 with an IPv4 tail, which no source uses. */
	if (!memchr(text, ':', length) || memchr(text, '.', length))
		return address_parse(text, length, address);
	if (parse_groups(text, length, &value))
		return -EINVAL;
	*address = (struct address){FAMILY_V6, value};
	return 0;
}
