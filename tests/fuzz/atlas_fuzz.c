// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no bytes make a reader of sources crash, leak or hang; what is read is well formed, and
 * what is refused comes with exactly one message.
 *
 * The first byte chooses the reader: one of the tables, or a format and the role it is read for.
 * FUZZ_FORMAT=prefixes in the environment keeps to one format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/merge.h"
#include "userspace/atlas/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum fuzzed {
	FUZZ_ANYCAST,
	FUZZ_NAMES,
	FUZZ_OWNERS,
	FUZZ_DOUBTFUL,
	FUZZ_LAYERS /* from here on by format and role */
};

static const struct {
	enum data_role role;
	enum layer_kind kind;
} roles[] = {
	{DATA_SOIL, LAYER_COUNTRY},
	{DATA_ASN, LAYER_ASN},
	{DATA_FEEDS, LAYER_FEED},
	{DATA_REGISTRY, LAYER_COUNTRY},
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

/* Those of text come first; the others have fuzzers of their own. */
#define FORMATS (DATA_ASN_COUNTRY + 1)

/* What one input is read into. */
struct target {
	struct diagnostics diagnostics;
	struct operators operators;
	struct arena arena;
	struct rows asns;
	struct feed feed;
};

static void check_layer(const struct layer *layer)
{
	for (enum family family = 0; family < FAMILIES; family++) {
		const struct changes *changes = &layer->changes[family];

		if (!changes->count || changes->starts[0])
			abort();
		for (size_t i = 1; i < changes->count; i++)
			if (changes->starts[i] <= changes->starts[i - 1] ||
			    changes->starts[i] > family_last(family) ||
			    changes->values[i] == changes->values[i - 1])
				abort();
	}
}

/* What is read of an ASN lies within the operators, and ASNs are in order. */
static void check_values(enum layer_kind kind, const struct layer *layer,
			 const struct target *target)
{
	for (enum family family = 0; family < FAMILIES && kind == LAYER_ASN; family++)
		for (size_t i = 0; i < layer->changes[family].count; i++)
			if (layer->changes[family].values[i] > target->operators.count &&
			    layer->changes[family].values[i] != LAYER_ASN_CLASH)
				abort();
	for (size_t i = 0; i < target->asns.count; i++)
		if (target->asns.starts[i] > target->asns.lasts[i] ||
		    target->asns.lasts[i] > UINT32_MAX)
			abort();
}

static enum data_format chosen_format(unsigned choice)
{
	static const char *only;

	if (!only)
		only = getenv("FUZZ_FORMAT") ? getenv("FUZZ_FORMAT") : "";
	for (enum data_format format = 0; format < FORMATS && *only; format++)
		if (strcmp(only, data_format_name(format)) == 0)
			return format;
	return (enum data_format)(choice % FORMATS);
}

static struct file file_of(const uint8_t *data, size_t size)
{
	struct file file = {.path = strdup("fuzz"), .bytes = malloc(size), .size = size};

	if (!file.path || !file.bytes)
		abort();
	memcpy(file.bytes, data, size);
	return file;
}

/* The same bytes as two files of one layer, for a registry. */
static int read_again(struct reader *reader, const struct layer_context *context,
		      struct layer_rows *rows, struct target *target)
{
	struct file again = file_of(reader->file.bytes, reader->file.size);

	reader_close(reader);
	int error = reader_take(reader, &again, &target->diagnostics);
	return error ? error : layer_rows_read(reader, context, rows);
}

static int read_layer(unsigned choice, struct reader *reader, struct target *target)
{
	uint32_t asns[] = {64500, 64501};
	unsigned more = choice / ROLES / FORMATS; /* what else the policy says of the file */
	char field[] = "country_code";
	struct data_file file = {
		.format = chosen_format(choice / ROLES),
		.country = more & 1 ? COUNTRY('F', 'R') : COUNTRY_NONE,
		.field = more & 2 ? field : NULL,
		.asns = asns,
		.asn_count = more & 1 ? 1 : 2,
	};
	struct layer_context context = {
		.kind = roles[choice % ROLES].kind,
		.role = roles[choice % ROLES].role,
		.file = &file,
		.operators = &target->operators,
		.arena = &target->arena,
		.asns = &target->asns,
		.feed = &target->feed,
	};
	struct layer layer = {0};
	struct layer_rows rows = {.layer = &layer};

	if (!file.format && format_of_bytes(&reader->file))
		return 0;
	int error = layer_rows_read(reader, &context, &rows);

	if (!error && context.role == DATA_REGISTRY)
		error = read_again(reader, &context, &rows, target);
	if (!error && layer_resolve(&rows, context.kind))
		abort();
	layer_rows_free(&rows);
	if (!error) {
		check_layer(&layer);
		check_values(context.kind, &layer, target);
	}
	layer_free(&layer);
	return error;
}

static int read_one(unsigned choice, struct reader *reader, struct target *target)
{
	struct owner_file file = {.number = 1, .now = 1767225600};
	struct rows rows[FAMILIES] = {0};
	struct layer layer = {0};
	int error;

	switch (getenv("FUZZ_FORMAT") ? FUZZ_LAYERS : choice) {
	case FUZZ_NAMES:
		return names_csv_read(reader, &target->operators, &target->arena);
	case FUZZ_OWNERS:
		return owners_csv_read(reader, &file, &target->operators, &target->arena);
	case FUZZ_DOUBTFUL:
		return doubtful_csv_read(reader, &target->operators, &target->arena);
	case FUZZ_ANYCAST:
		error = anycast_csv_read(reader, rows);
		if (overlay_anycast(rows, &layer))
			abort();
		if (!error)
			check_layer(&layer);
		layer_free(&layer);
		return error;
	default:
		return read_layer(choice, reader, target);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target target = {0};
	struct reader reader;
	struct source source;

	if (size < 2)
		return 0;
	struct file file = file_of(data + 1, size - 1);
	int error = reader_take(&reader, &file, &target.diagnostics);
	if (!error) {
		error = read_one(*data, &reader, &target);
		if (!error && reader_describe(&reader, SOURCE_SOIL, &target.arena, &source))
			abort();
		reader_close(&reader);
	}
	if (error > 0 || (error != 0) != (target.diagnostics.errors == 1))
		abort();
	diagnostics_free(&target.diagnostics);
	operators_free(&target.operators);
	arena_free(&target.arena);
	rows_free(&target.asns);
	free(target.feed.asns);
	return 0;
}
