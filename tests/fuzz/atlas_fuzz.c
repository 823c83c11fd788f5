// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no bytes make a reader of sources crash, leak or hang; what is read is well formed, and
 * what is refused comes with exactly one message. The first byte chooses the reader. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/merge.h"
#include "userspace/atlas/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum fuzzed {
	FUZZ_COUNTRY,
	FUZZ_ASN,
	FUZZ_ANYCAST,
	FUZZ_NAMES,
	FUZZ_OWNERS,
	FUZZ_DOUBTFUL,
	FUZZED
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

static int read_one(enum fuzzed fuzzed, struct reader *reader, struct operators *operators,
		    struct arena *arena)
{
	struct layer_context context = {
		.kind = fuzzed == FUZZ_ASN ? LAYER_ASN : LAYER_COUNTRY,
		.role = fuzzed == FUZZ_ASN ? DATA_ASN : DATA_SOIL,
		.operators = operators,
		.arena = arena,
	};
	struct owner_file file = {.number = 1, .now = 1767225600};
	struct rows rows[FAMILIES] = {0};
	struct layer layer = {0};
	int error;

	switch (fuzzed) {
	case FUZZ_NAMES:
		return names_csv_read(reader, operators, arena);
	case FUZZ_OWNERS:
		return owners_csv_read(reader, &file, operators, arena);
	case FUZZ_DOUBTFUL:
		return doubtful_csv_read(reader, operators, arena);
	case FUZZ_ANYCAST:
		error = anycast_csv_read(reader, rows);
		if (overlay_anycast(rows, &layer))
			abort();
		break;
	default:
		error = layer_read(reader, &context, &layer);
	}
	if (!error)
		check_layer(&layer);
	layer_free(&layer);
	return error;
}

static struct file file_of(const uint8_t *data, size_t size)
{
	struct file file = {.path = strdup("fuzz"), .bytes = malloc(size), .size = size};

	if (!file.path || !file.bytes)
		abort();
	memcpy(file.bytes, data, size);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct operators operators = {0};
	struct arena arena = {0};
	struct reader reader;
	struct source source;

	if (size < 2)
		return 0;
	struct file file = file_of(data + 1, size - 1);
	int error = reader_take(&reader, &file, &diagnostics);
	if (!error) {
		error = read_one(*data % FUZZED, &reader, &operators, &arena);
		if (!error && reader_describe(&reader, SOURCE_SOIL, &arena, &source))
			abort();
		reader_close(&reader);
	}
	if (error > 0 || (error != 0) != (diagnostics.errors == 1))
		abort();
	diagnostics_free(&diagnostics);
	operators_free(&operators);
	arena_free(&arena);
	return 0;
}
