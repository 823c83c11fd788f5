// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many bytes the UTF-8 character at @text takes; 0: it is none (RFC 3629), or a control
 * character. Overlong forms and surrogates are left to the terminal: it shows them as faulty. */
static size_t printable(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] < 0x20 || text[0] == 0x7f || (text[0] >= 0x80 && text[0] < 0xc2) ||
	    text[0] > 0xf4)
		return 0;
	if (text[0] == 0xc2 && text[1] < 0xa0) /* U+0080 to U+009F */
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

const char *page_clean(const char *text, char *clean)
{
	char *to = clean;

	while (*text) {
		size_t length = printable((const unsigned char *)text);

		if (length) {
			memmove(to, text, length);
			to += length;
			text += length;
			continue;
		}
		*to++ = '?';
		do /* one mark for what was meant as one character */
			text++;
		while (*text && !begins_character(*text));
	}
	*to = '\0';
	return clean;
}

size_t page_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += begins_character(*text);
	return columns;
}

static size_t word_columns(const char *word, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += begins_character(word[i]);
	return columns;
}

void page_wrap(FILE *out, size_t column, size_t indent, const char *text)
{
	bool first = true;

	while (*(text += strspn(text, " "))) {
		size_t length = strcspn(text, " "), columns = word_columns(text, length);

		if (!first && column + 1 + columns > PAGE_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)length, text);
		column += columns + !first;
		first = false;
		text += length;
	}
	fputc('\n', out);
}

static void print(FILE *out, const char *label, const char *bullet, const char *format,
		  va_list arguments)
{
	size_t indent = PAGE_LABEL + strlen(bullet);
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	page_clean(text, text);
	fprintf(out, "%-*s%s", PAGE_LABEL, label, bullet);
	page_wrap(out, indent, indent, text);
	free(text);
}

void page_field(FILE *out, const char *label, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(out, label, "", format, arguments);
	va_end(arguments);
}

void page_item(FILE *out, const char *label, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(out, label, "- ", format, arguments);
	va_end(arguments);
}

const char *page_count(uint64_t count, char *text)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *to = text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

const char *page_bytes(uint64_t bytes, char *text)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = bytes;
	size_t unit = 0;

	/* 999.95 would be shown as 1000.0. */
	while (value >= (unit ? 999.95 : 1000) && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	snprintf(text, PAGE_COUNT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}
