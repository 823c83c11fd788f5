/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source as text, and what a reader makes of it, or says against it, as text too. */
#ifndef GABELOU_TESTS_UNIT_ATLAS_SHEET_H
#define GABELOU_TESTS_UNIT_ATLAS_SHEET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/atlas/layer.h"

struct sheet {
	enum data_role role;
	struct data_file file;
};

static const enum layer_kind sheet_kinds[DATA_ROLES] = {
	[DATA_SOIL] = LAYER_COUNTRY,
	[DATA_FEEDS] = LAYER_FEED,
	[DATA_REGISTRY] = LAYER_COUNTRY,
	[DATA_ASN] = LAYER_ASN,
};

static char sheet_text[4096];
static char sheet_name[64], sheet_date[16];

static inline void sheet_add(const char *format, ...)
{
	size_t length = strlen(sheet_text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sheet_text + length, sizeof(sheet_text) - length, format, arguments);
	va_end(arguments);
}

static inline void sheet_add_value(enum layer_kind kind, const struct operators *operators,
				   uint32_t value)
{
	char code[3], second[3];

	if (!value) {
		sheet_add(" -");
	} else if (kind == LAYER_ASN && value == LAYER_ASN_CLASH) {
		sheet_add(" clash");
	} else if (kind == LAYER_ASN) {
		const struct asn_operator *holder = &operators->entries[value - 1].known;

		sheet_add(" AS%u%s%s", holder->asn, *holder->name ? " " : "", holder->name);
	} else if (kind == LAYER_FEED && value == LAYER_FEED_SILENT) {
		sheet_add(" silent");
	} else {
		country_format(layer_first_country(value), code);
		country_format(layer_second_country(value), second);
		sheet_add(" %s%s%s", code, layer_second_country(value) ? "/" : "",
			  layer_second_country(value) ? second : "");
	}
}

/* "1.0.0.0 FR, 1.0.1.0 -" of both families, then "AS1 to AS2 FR" of a registry. */
static inline void sheet_print(enum layer_kind kind, const struct layer *layer,
			       const struct operators *operators, const struct rows *asns)
{
	char text[ADDRESS_TEXT_SIZE];

	for (enum family family = 0; family < FAMILIES; family++) {
		const struct changes *changes = &layer->changes[family];

		assert_true(changes->count && changes->starts[0] == 0);
		for (size_t i = changes->values[0] == 0; i < changes->count; i++) {
			struct address start = {family, changes->starts[i]};

			sheet_add("%s%s", *sheet_text ? ", " : "", address_format(start, text));
			sheet_add_value(kind, operators, changes->values[i]);
		}
	}
	for (size_t i = 0; i < asns->count; i++) {
		sheet_add("%sAS%u to AS%u", *sheet_text ? ", " : "", (uint32_t)asns->starts[i],
			  (uint32_t)asns->lasts[i]);
		sheet_add_value(LAYER_COUNTRY, operators, asns->values[i]);
	}
}

static inline void sheet_read_bytes(const struct sheet *sheet, const void *bytes, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct operators operators = {0};
	struct layer layer = {0};
	struct arena arena = {0};
	struct feed feed = {0};
	struct rows asns = {0};
	struct reader reader = {0};
	struct file file = {.path = strdup("f"), .bytes = malloc(size), .size = size};
	struct layer_context context = {
		.kind = sheet_kinds[sheet->role],
		.role = sheet->role,
		.file = &sheet->file,
		.operators = &operators,
		.asns = &asns,
		.arena = &arena,
		.feed = &feed,
	};

	assert_true(file.path && file.bytes);
	memcpy(file.bytes, bytes, size);
	*sheet_text = '\0';
	int error = reader_take(&reader, &file, &diagnostics);
	if (!error) {
		error = layer_read(&reader, &context, &layer);
		strcpy(sheet_name, reader.name);
		strcpy(sheet_date, reader.date);
		reader_close(&reader);
	}
	assert_true(error <= 0);
	assert_int_equal(diagnostics.errors, error ? 1 : 0);
	if (!error)
		sheet_print(context.kind, &layer, &operators, &asns);
	else
		diagnostic_format(&diagnostics.items[diagnostics.count - 1], sheet_text,
				  sizeof(sheet_text));
	free(feed.asns);
	rows_free(&asns);
	layer_free(&layer);
	operators_free(&operators);
	arena_free(&arena);
	diagnostics_free(&diagnostics);
}

/* @expected is what is read, or the message. */
static inline void sheet_says(const struct sheet *sheet, const char *text, const char *expected)
{
	sheet_read_bytes(sheet, text, strlen(text));
	assert_string_equal(sheet_text, expected);
}

#endif
