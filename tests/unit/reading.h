/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source of bytes, read by the reader of its format, and what came out of it. */
#ifndef GABELOU_TESTS_UNIT_READING_H
#define GABELOU_TESTS_UNIT_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/atlas/layer.h"
#include "userspace/atlas/regions.h"

struct reading {
	/* What to read, and how. */
	enum data_role role;
	struct data_file file;
	const char *data_dir;
	const struct regions *regions;
	/* What came of it. */
	int error;
	struct reader reader;
	struct layer layer;
	struct operators operators;
	struct rows anycast[FAMILIES];
	struct feed feed;
	struct arena arena;
	struct diagnostics diagnostics;
};

static inline void reading_free(struct reading *reading)
{
	layer_free(&reading->layer);
	operators_free(&reading->operators);
	for (enum family family = 0; family < FAMILIES; family++)
		rows_free(&reading->anycast[family]);
	free(reading->feed.asns);
	arena_free(&reading->arena);
	diagnostics_free(&reading->diagnostics);
	memset(&reading->layer, 0, sizeof(*reading) - offsetof(struct reading, layer));
}

static inline struct layer_context reading_context(struct reading *reading)
{
	return (struct layer_context){
		.kind = reading->role == DATA_ASN     ? LAYER_ASN
			: reading->role == DATA_FEEDS ? LAYER_FEED
						      : LAYER_COUNTRY,
		.role = reading->role,
		.file = &reading->file,
		.operators = &reading->operators,
		.arena = &reading->arena,
		.anycast = reading->anycast,
		.feed = reading->role == DATA_FEEDS ? &reading->feed : NULL,
		.regions = reading->regions,
		.data_dir = reading->data_dir,
	};
}

static inline void read_bytes(struct reading *reading, const void *bytes, size_t size)
{
	struct file file = {.path = strdup("fixture"), .bytes = malloc(size ? size : 1)};
	struct layer_context context = reading_context(reading);

	reading_free(reading);
	assert_non_null(file.path);
	assert_non_null(file.bytes);
	file.size = size;
	memcpy(file.bytes, bytes, size);
	reading->error = reader_take(&reading->reader, &file, &reading->diagnostics);
	if (reading->error)
		return;
	reading->error = layer_read(&reading->reader, &context, &reading->layer);
	reader_close(&reading->reader);
}

/* Read without a word. */
static inline void reads(struct reading *reading, const void *bytes, size_t size)
{
	read_bytes(reading, bytes, size);
	if (reading->diagnostics.count)
		fail_msg("%s", reading->diagnostics.items[0].text);
	assert_int_equal(reading->error, 0);
}

/* Refused with this message alone. */
static inline void refuses(struct reading *reading, const void *bytes, size_t size,
			   const char *message)
{
	char text[1024] = "";

	read_bytes(reading, bytes, size);
	if (reading->diagnostics.count)
		diagnostic_format(&reading->diagnostics.items[0], text, sizeof(text));
	assert_string_equal(text, message);
	assert_true(reading->error < 0);
	assert_int_equal(reading->diagnostics.count, 1);
	reading_free(reading);
}

/* Every beginning of a file is refused, with one message. */
static inline void refuses_when_cut(struct reading *reading, const void *bytes, size_t size)
{
	for (size_t part = 1; part < 8; part++) {
		read_bytes(reading, bytes, size * part / 8);
		assert_true(reading->error < 0);
		assert_int_equal(reading->diagnostics.count, 1);
		reading_free(reading);
	}
}

static inline uint32_t value_at(const struct reading *reading, const char *text)
{
	struct address address;
	size_t at = 0;

	assert_int_equal(address_parse(text, strlen(text), &address), 0);
	const struct changes *changes = &reading->layer.changes[address.family];
	assert_true(changes->count && changes->starts[0] == 0);
	while (at + 1 < changes->count && changes->starts[at + 1] <= address.value)
		at++;
	return changes->values[at];
}

/* "FR"; "??": nothing; "silent": in the feed, no country known. */
static inline void expect_country(const struct reading *reading, const char *text,
				  const char *country)
{
	uint32_t value = value_at(reading, text);
	char code[3];

	if (value == LAYER_FEED_SILENT && strcmp(country, "silent") == 0)
		return;
	if (value > UINT16_MAX || value == LAYER_FEED_SILENT ||
	    strcmp(country_format((country_t)value, code), country) != 0)
		fail_msg("%s: %x, not %s", text, value, country);
}

static inline void expect_asn(const struct reading *reading, const char *text, uint32_t asn,
			      const char *name)
{
	uint32_t value = value_at(reading, text);

	if (!asn) {
		assert_int_equal(value, 0);
		return;
	}
	assert_true(value > 0 && value <= reading->operators.count);
	assert_int_equal(reading->operators.entries[value - 1].known.asn, asn);
	assert_string_equal(reading->operators.entries[value - 1].known.name, name);
}

#endif
