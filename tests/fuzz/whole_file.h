/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of a reader of whole files, and what must hold of every run. */
#ifndef GABELOU_TESTS_FUZZ_WHOLE_FILE_H
#define GABELOU_TESTS_FUZZ_WHOLE_FILE_H

#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/layer.h"
#include "userspace/atlas/regions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzzed_file {
	const struct data_file *file;
	enum data_role role;
	const struct regions *regions;
};

static inline void check_layer(const struct layer *layer)
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

static inline void check_rows(const struct rows *rows, enum family family)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->starts[i] > rows->lasts[i] || rows->lasts[i] > family_last(family) ||
		    (i && rows->starts[i] <= rows->lasts[i - 1]))
			abort();
}

static inline void
fuzz_whole_file(const struct fuzzed_file *fuzzed, const uint8_t *data, size_t size,
		int (*read)(struct reader *, const struct layer_context *, struct layer *))
{
	struct file file = {.path = strdup("fuzz"), .bytes = malloc(size), .size = size};
	struct diagnostics diagnostics = {0};
	struct operators operators = {0};
	struct rows anycast[FAMILIES] = {0};
	struct arena arena = {0};
	struct feed feed = {0};
	struct layer layer = {0};
	struct reader reader;
	struct layer_context context = {
		.kind = fuzzed->role == DATA_ASN     ? LAYER_ASN
			: fuzzed->role == DATA_FEEDS ? LAYER_FEED
						     : LAYER_COUNTRY,
		.role = fuzzed->role,
		.file = fuzzed->file,
		.operators = &operators,
		.arena = &arena,
		.anycast = anycast,
		.feed = &feed,
		.regions = fuzzed->regions,
		.data_dir = "data",
	};

	if (!file.path || !file.bytes)
		abort();
	memcpy(file.bytes, data, size);
	int error = reader_take(&reader, &file, &diagnostics);
	if (!error) {
		error = read(&reader, &context, &layer);
		if (!error)
			check_layer(&layer);
		reader_close(&reader);
	}
	if (error > 0 || (error != 0) != (diagnostics.errors == 1) || diagnostics.count > 1)
		abort();
	for (enum family family = 0; family < FAMILIES; family++) {
		check_rows(&anycast[family], family);
		rows_free(&anycast[family]);
	}
	layer_free(&layer);
	free(feed.asns);
	operators_free(&operators);
	arena_free(&arena);
	diagnostics_free(&diagnostics);
}

#endif
