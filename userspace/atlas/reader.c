// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int reader_fault(struct reader *reader, int error, const struct field *field, const char *format,
		 ...)
{
	struct location where = {reader->file.path, reader->csv.line, field ? field->column : 0};
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return diagnostics_error(reader->diagnostics, error, where, "%s", text);
}

int reader_no_memory(struct reader *reader)
{
	return diagnostics_error(reader->diagnostics, ENOMEM,
				 (struct location){.file = reader->file.path}, "out of memory");
}

int reader_prefix(struct reader *reader, const struct field *field, struct prefix *prefix)
{
	char suggestion[PREFIX_TEXT_SIZE];

	switch (prefix_parse(field->text, field->length, prefix)) {
	case PREFIX_OK:
		return 0;
	case PREFIX_HOST_BITS:
		return reader_fault(reader, EBADMSG, field,
				    "%.60s has bits set beyond its length; write %s", field->text,
				    prefix_format(prefix, suggestion));
	case PREFIX_BAD_LENGTH:
		return reader_fault(reader, EBADMSG, field,
				    "%.60s has no length that fits; write one from 0 to %s",
				    field->text, strchr(field->text, ':') ? "128" : "32");
	default:
		return reader_fault(reader, EBADMSG, field,
				    "\"%.60s\" is not a prefix; write one like 192.0.2.0/24",
				    field->text);
	}
}

int reader_take(struct reader *reader, struct file *file, struct diagnostics *diagnostics)
{
	*reader = (struct reader){.file = *file, .diagnostics = diagnostics};
	*file = (struct file){0};
	const char *guess = guess_bytes(&reader->file);
	if (!guess)
		reader->lines = lines_open(&reader->file);
	if (reader->lines)
		return 0;
	int error = guess ? reader_fault(reader, EBADMSG, NULL, "this is %s", guess)
			  : reader_no_memory(reader);
	reader_close(reader);
	return error;
}

int reader_open(struct reader *reader, const char *path, struct diagnostics *diagnostics)
{
	struct file file;
	int error = file_read(path, SOURCE_BYTES_MOST, &file, diagnostics);

	return error ? error : reader_take(reader, &file, diagnostics);
}

void reader_close(struct reader *reader)
{
	lines_close(reader->lines);
	reader->lines = NULL;
	file_free(&reader->file);
}

/* "2026-06-01", and no other form. */
static bool is_date(const char *text)
{
	for (size_t i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : !isdigit((unsigned char)text[i]))
			return false;
	return text[10] == '\0';
}

int reader_refuse_page(struct reader *reader)
{
	const char *bytes = reader->file.bytes;
	size_t at = 0;

	while (at < reader->file.size && isspace((unsigned char)bytes[at]))
		at++;
	if (at == reader->file.size || bytes[at] != '<')
		return 0;
	return reader_fault(reader, EBADMSG, NULL, "this is %s", guess_text("<"));
}

void reader_set_date_text(struct reader *reader, const char *text)
{
	char date[sizeof(reader->date)] = "";

	memcpy(date, text, strnlen(text, sizeof(date) - 1));
	if (is_date(date))
		memcpy(reader->date, date, sizeof(date));
}

void reader_set_date(struct reader *reader, time_t moment)
{
	struct tm broken_down;
	char text[32];

	if (moment > 0 && gmtime_r(&moment, &broken_down) &&
	    strftime(text, sizeof(text), "%Y-%m-%d", &broken_down) == 10)
		reader_set_date_text(reader, text);
}

/* "# key: value" of the header; also the date as IPFire and tor write it, in English always:
 * "Thu, 25 Jun 2026 04:33:59 GMT". */
static void take_comment(struct reader *reader, const char *text, unsigned line)
{
	struct tm day = {0};

	text += strspn(text, "# ");
	if (strncmp(text, "name: ", 6) == 0) {
		snprintf(reader->name, sizeof(reader->name), "%s", text + 6);
	} else if (strncmp(text, "Generated: ", 11) == 0) {
		if (strptime(text + 11, "%a, %d %b %Y", &day))
			strftime(reader->date, sizeof(reader->date), "%Y-%m-%d", &day);
	} else if (strncmp(text, "date: ", 6) == 0) {
		if (is_date(text + 6))
			memcpy(reader->date, text + 6, sizeof(reader->date));
		else
			diagnostics_warn(reader->diagnostics,
					 (struct location){reader->file.path, line, 0},
					 "the date is not of the form 2026-06-01; the file's own "
					 "time is used");
	}
}

static void skip_byte_order_mark(struct line *line)
{
	if (line->number == 1 && strncmp(line->text, "\xef\xbb\xbf", 3) == 0) {
		line->text += 3;
		line->length -= 3;
	}
}

/* What cannot be split may be of a comment behind the first words of the row, which are split. */
static bool ends_in_comment(struct csv *csv)
{
	for (size_t i = 0; i < 2 && i + 1 < csv->count; i++) {
		if (text_comment(csv->fields[i].text)) {
			csv->count = i + 1;
			return true;
		}
	}
	return false;
}

static int take_row(struct reader *reader, const struct line *line)
{
	unsigned column = 0;

	reader->csv.line = line->number;
	if (reader->rows == SOURCE_ROWS_MOST)
		return reader_fault(reader, EFBIG, NULL, "over %zu rows; split the file",
				    SOURCE_ROWS_MOST);
	const char *guess = reader->rows ? NULL : guess_text(line->text);
	if (guess)
		return reader_fault(reader, EBADMSG, NULL, "this is %s", guess);
	const char *fault = csv_split(line, &reader->csv, &column);
	if (fault && !ends_in_comment(&reader->csv))
		return reader_fault(reader, EBADMSG, &(struct field){.column = column}, "%s",
				    fault);
	reader->rows++;
	return 1;
}

int reader_next(struct reader *reader)
{
	struct line line;
	int got;

	while ((got = lines_next(reader->lines, &line, reader->diagnostics)) > 0) {
		skip_byte_order_mark(&line);
		const char *text = line.text;
		while (*text == ' ' || *text == '\t')
			text++;
		if (*text == '#' || *text == ';') {
			if (!reader->rows)
				take_comment(reader, text, line.number);
		} else if (*text) {
			return take_row(reader, &line);
		}
	}
	if (got == 0 && reader->rows == 0) {
		reader->csv.line = 0;
		return reader_fault(reader, ENODATA, NULL,
				    "no rows in it; restore it from its source");
	}
	return got;
}

bool reader_is_header(struct reader *reader)
{
	const struct field *first = &reader->csv.fields[0];
	bool letters = first->length > 0;

	for (size_t i = 0; i < first->length; i++)
		letters = letters &&
			  (isalpha((unsigned char)first->text[i]) || strchr("_- ", first->text[i]));
	if (reader->rows == 1)
		reader->has_header = letters;
	return reader->rows == 1 && letters;
}

int reader_describe(const struct reader *reader, enum source_role role, struct arena *arena,
		    struct source *source)
{
	const char *slash = strrchr(reader->file.path, '/');
	const char *name = reader->name[0] ? reader->name : slash ? slash + 1 : reader->file.path;
	char date[32];
	struct tm broken_down;

	if (reader->date[0])
		snprintf(date, sizeof(date), "%s", reader->date);
	else if (!gmtime_r(&reader->file.modified, &broken_down) ||
		 !strftime(date, sizeof(date), "%Y-%m-%d", &broken_down))
		date[0] = '\0';
	*source = (struct source){
		.role = role,
		.name = arena_text(arena, name, strlen(name)),
		.path = arena_text(arena, reader->file.path, strlen(reader->file.path)),
		.date = arena_text(arena, date, strlen(date)),
		.digest = reader->file.digest,
		.rows = reader->rows - reader->has_header,
	};
	return source->name && source->path && source->date ? 0 : -ENOMEM;
}
