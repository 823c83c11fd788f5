/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of data/ as rows of text, and the checks that all of them share.
 *
 * A test looks at every row and names each fault with file and line before it fails: whoever mends
 * a table wants the whole list.
 */
#ifndef GABELOU_TESTS_UNIT_DATA_TABLE_H
#define GABELOU_TESTS_UNIT_DATA_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "userspace/atlas/reader.h"

#define TABLE_COLUMNS_MOST 8

struct table_row {
	unsigned line;
	uint32_t number; /* the first field, 0 where it is no number */
	const char *fields[TABLE_COLUMNS_MOST];
};

struct table {
	const char *path;
	char date[11];
	struct table_row *rows;
	size_t count, capacity;
	struct arena arena;
};

static unsigned table_faults;

/* One line of TAP for each fault; the first twenty say enough. */
__attribute__((format(printf, 3, 4))) static inline void
table_fault(const struct table *table, const struct table_row *row, const char *format, ...)
{
	va_list arguments;

	if (table_faults++ >= 20)
		return;
	printf("# %s:%u: ", table->path, row ? row->line : 0);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

static inline void table_expect_no_fault(void)
{
	unsigned faults = table_faults;

	fflush(stdout);
	table_faults = 0;
	assert_int_equal(faults, 0);
}

static inline struct table_row *table_grow(struct table *table)
{
	if (table->count == table->capacity) {
		table->capacity = 2 * table->capacity + 64;
		table->rows = reallocarray(table->rows, table->capacity, sizeof(*table->rows));
		assert_non_null(table->rows);
	}
	memset(&table->rows[table->count], 0, sizeof(*table->rows));
	return &table->rows[table->count++];
}

static inline void table_take(struct table *table, const struct csv *csv, size_t columns,
			      size_t header)
{
	struct table_row *row = table_grow(table);

	row->line = csv->line;
	if (text_number(csv->fields[0].text, csv->fields[0].length, &row->number))
		row->number = 0;
	if (columns && csv->count != columns)
		table_fault(table, row, "%zu fields; write %zu", csv->count, columns);
	for (size_t i = 0; i < (columns ? columns : TABLE_COLUMNS_MOST); i++) {
		const struct field *field = &csv->fields[i];

		row->fields[i] =
			i < csv->count ? arena_text(&table->arena, field->text, field->length) : "";
		assert_non_null(row->fields[i]);
	}
	/* The first row of a hand-kept table names its columns. */
	if (header && table->count == 1)
		table->count = 0;
}

/* Reads a table whose first row is @header (NULL: it has none). @columns is 0 where the last column
 * may hold commas. */
static inline void table_read(struct table *table, const char *path, const char *header,
			      size_t columns)
{
	struct diagnostics diagnostics = {0};
	struct reader reader;
	char first[256] = "";
	int more;

	*table = (struct table){.path = path};
	assert_int_equal(reader_open(&reader, path, &diagnostics), 0);
	while ((more = reader_next(&reader)) > 0) {
		for (size_t i = 0; header && reader.rows == 1 && i < reader.csv.count; i++)
			snprintf(first + strlen(first), sizeof(first) - strlen(first), "%s%s",
				 i ? "," : "", reader.csv.fields[i].text);
		table_take(table, &reader.csv, columns, header && reader.rows == 1);
	}
	memcpy(table->date, reader.date, sizeof(table->date));
	reader_close(&reader);
	for (size_t i = 0; i < diagnostics.count; i++)
		table_fault(table, NULL, "%s", diagnostics.items[i].text);
	diagnostics_free(&diagnostics);
	assert_int_equal(more, 0);
	assert_string_equal(first, header ? header : "");
	table_expect_no_fault();
}

static inline void table_free(struct table *table)
{
	free(table->rows);
	arena_free(&table->arena);
	*table = (struct table){0};
}

static inline int table_compare(const void *key, const void *row)
{
	uint32_t wanted = *(const uint32_t *)key;
	uint32_t number = ((const struct table_row *)row)->number;

	return wanted < number ? -1 : wanted > number;
}

/* A row with that first field, of a table that is sorted by it; NULL: none. */
static inline const struct table_row *table_find(const struct table *table, uint32_t number)
{
	return bsearch(&number, table->rows, table->count, sizeof(*table->rows), table_compare);
}

/* "2024", "2024-05", "2024-05-17" to a number that grows with time: 20240000, 20240500, 20240517.
 * 0: no date of the calendar. */
static inline unsigned table_date(const char *text)
{
	static const unsigned days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned parts[3] = {0};
	size_t length = strlen(text), count = 0;

	if (length != 4 && length != 7 && length != 10)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (i == 4 || i == 7) {
			if (text[i] != '-')
				return 0;
			count++;
		} else if (text[i] >= '0' && text[i] <= '9') {
			parts[count] = 10 * parts[count] + (unsigned)(text[i] - '0');
		} else {
			return 0;
		}
	}
	bool leap = (parts[0] % 4 == 0 && parts[0] % 100 != 0) || parts[0] % 400 == 0;
	if (parts[0] < 1800 || (count > 0 && (parts[1] < 1 || parts[1] > 12)))
		return 0;
	if (count > 1 && (parts[2] < 1 || parts[2] > days[parts[1]] + (parts[1] == 2 && leap)))
		return 0;
	return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static inline unsigned table_today(void)
{
	time_t now = time(NULL);
	struct tm broken_down;

	assert_non_null(gmtime_r(&now, &broken_down));
	return (unsigned)(broken_down.tm_year + 1900) * 10000 +
	       (unsigned)(broken_down.tm_mon + 1) * 100 + (unsigned)broken_down.tm_mday;
}

/* Empty, or a day, month or year that has begun. */
static inline void table_check_date(const struct table *table, const struct table_row *row,
				    const char *text)
{
	if (!*text)
		return;
	if (!table_date(text))
		table_fault(table, row, "\"%s\" is no date; write 2024, 2024-05 or 2024-05-17",
			    text);
	else if (table_date(text) > table_today())
		table_fault(table, row, "%s is in the future", text);
}

/* Rows ascend by their first field and do not repeat it. */
static inline void table_check_order(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_row *row = &table->rows[i];

		if (!row->number)
			table_fault(table, row, "\"%s\" is no ASN", row->fields[0]);
		else if (i && row->number == row[-1].number)
			table_fault(table, row, "AS%u is in line %u already", row->number,
				    row[-1].line);
		else if (i && row->number < row[-1].number)
			table_fault(table, row, "AS%u stands behind AS%u: sort the lines",
				    row->number, row[-1].number);
	}
}

/* The header says what the file is and when it was last looked at. */
static inline void table_check_header(const struct table *table)
{
	if (strlen(table->date) != 10 || !table_date(table->date) ||
	    table_date(table->date) > table_today())
		table_fault(table, NULL, "no \"# date:\" of a day that has been");
}

#endif
