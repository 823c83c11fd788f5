// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables on the disk, gen-N.table beside gen-N.json: what a generation judged by, so that it can be
 * put in force again whatever became of the files that it was made of.
 *
 * A zstd frame with a checksum of its own, of the sections one after another, each behind its size
 * (__u64). How many classes, rows and entries there are stands in the record, and so does the
 * digest that the table must have.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "userspace/base/file.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

#define KEPT_FORMAT "gen-%u.table"
#define KEPT_MODE   0600
#define KEPT_MOST   ((size_t)1 << 30)
#define LEVEL       1 /* most of a table repeats itself: it shrinks to a hundredth all the same */

static int path_of(const struct kernel *kernel, uint32_t generation, char path[PATH_SIZE])
{
	return path_join(path, kernel->state, KEPT_FORMAT, generation);
}

bool kept_exists(const struct kernel *kernel, uint32_t generation)
{
	char path[PATH_SIZE];

	return path_of(kernel, generation, path) == 0 && access(path, F_OK) == 0;
}

void kept_remove(const struct kernel *kernel, uint32_t generation)
{
	char path[PATH_SIZE];

	if (path_of(kernel, generation, path) == 0)
		unlink(path);
}

static size_t bound_of(const struct table *table)
{
	size_t size = 0;

	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		size += table->sections[i].size + sizeof(uint64_t);
	return ZSTD_compressBound(size);
}

/* All of @bytes into @out, which has room for them. */
static int compress(ZSTD_CCtx *zstd, const void *bytes, size_t size, ZSTD_EndDirective end,
		    ZSTD_outBuffer *out)
{
	ZSTD_inBuffer in = {bytes, size, 0};
	size_t left;

	do {
		left = ZSTD_compressStream2(zstd, out, &in, end);
		if (ZSTD_isError(left) || out->pos == out->size)
			return -ENOMEM;
	} while (in.pos < in.size || (end == ZSTD_e_end && left));
	return 0;
}

static int pack(const struct table *table, ZSTD_outBuffer *out)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	int error = zstd ? 0 : -ENOMEM;

	if (zstd) {
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	}
	for (int i = 0; i < TABLE_SECTION_COUNT && !error; i++) {
		const uint64_t size = table->sections[i].size;

		error = compress(zstd, &size, sizeof(size), ZSTD_e_continue, out);
		if (!error)
			error = compress(zstd, table->sections[i].bytes, size, ZSTD_e_continue,
					 out);
	}
	if (!error)
		error = compress(zstd, "", 0, ZSTD_e_end, out);
	ZSTD_freeCCtx(zstd);
	return error;
}

static int keep(const struct kernel *kernel, uint32_t generation, const struct table *table,
		struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	ZSTD_outBuffer out = {.size = bound_of(table) + 1};
	int error = path_of(kernel, generation, path);

	/* Room that is not written to costs nothing. */
	out.dst = error ? NULL : malloc(out.size);
	if (!error)
		error = out.dst ? pack(table, &out) : -ENOMEM;
	if (error)
		message(diagnostics, error, "the table of generation %u cannot be packed: %s",
			generation, strerror(-error));
	else
		error = file_replace(path, out.dst, out.pos, KEPT_MODE, diagnostics);
	free(out.dst);
	FAULT("table.kept");
	return error;
}

int kernel_keep_table(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct table *table;
	uint32_t generation;
	int error = record_current(kernel, &generation, diagnostics);

	if (error || kept_exists(kernel, generation))
		return error;
	error = kernel_table(kernel, &table, diagnostics);
	if (error)
		return error;
	error = keep(kernel, generation, table, diagnostics);
	table_free(table);
	return error;
}

/* Exactly @size bytes; -EBADMSG where they are not there. */
static int unpack_bytes(ZSTD_DCtx *zstd, ZSTD_inBuffer *in, void *bytes, size_t size)
{
	ZSTD_outBuffer out = {bytes, size, 0};

	while (out.pos < out.size) {
		size_t taken = in->pos, made = out.pos;
		size_t left = ZSTD_decompressStream(zstd, &out, in);

		if (ZSTD_isError(left) || (in->pos == taken && out.pos == made))
			return -EBADMSG;
	}
	return 0;
}

static int unpack(const struct file *file, struct table *table)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = {file->bytes, file->size, 0};
	int error = zstd ? 0 : -ENOMEM;

	for (enum table_section i = 0; i < TABLE_SECTION_COUNT && !error; i++) {
		uint64_t size = 0;

		error = unpack_bytes(zstd, &in, &size, sizeof(size));
		if (!error && (!size || size % 8 || size > KEPT_MOST))
			error = -EBADMSG;
		if (!error)
			error = table_section_alloc(table, i, size);
		if (!error)
			error = unpack_bytes(zstd, &in, table->sections[i].bytes, size);
	}
	ZSTD_freeDCtx(zstd);
	return error;
}

static int check_digest(const struct table *table, const json_t *record)
{
	const char *wanted = json_string_value(json_object_get(record, "table"));
	char text[DIGEST_TEXT_SIZE];
	struct digest digest = table_digest(table);

	return wanted && strcmp(wanted, digest_format(&digest, text)) == 0 ? 0 : -EBADMSG;
}

/* Of @record, from the file at @path. */
static int read_kept(const char *path, const json_t *record, struct table **table,
		     struct diagnostics *diagnostics)
{
	struct table *read = calloc(1, sizeof(*read));
	struct file file;
	int error = read ? 0 : -ENOMEM;

	if (!error)
		error = record_table_counts(record, read);
	if (!error)
		error = file_read(path, KEPT_MOST, &file, diagnostics);
	if (!error) {
		read->memory = &kernel_table_memory;
		error = unpack(&file, read);
		file_free(&file);
	}
	if (!error)
		error = check_digest(read, record);
	if (error) {
		table_free(read);
		return error;
	}
	*table = read;
	return 0;
}

int kernel_kept_table(struct kernel *kernel, uint32_t generation, struct table **table,
		      struct diagnostics *diagnostics)
{
	size_t errors = diagnostics->errors;
	char path[PATH_SIZE];
	json_t *record = NULL;
	int error = path_of(kernel, generation, path);

	if (!error)
		error = record_read(kernel, generation, &record, diagnostics);
	if (!error)
		error = read_kept(path, record, table, diagnostics);
	json_decref(record);
	if (!error || diagnostics->errors > errors)
		return error;
	if (error == -EPROTO)
		return message(diagnostics, error,
			       "generation %u was made by another version, whose tables are not "
			       "of this shape; apply its policy again",
			       generation);
	return message(diagnostics, error,
		       "%s: what generation %u judged by is damaged (%s); choose another one, or "
		       "apply its policy again",
		       path, generation, strerror(-error));
}

static int newer_first(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return first < second ? 1 : first > second ? -1 : 0;
}

int kernel_kept(struct kernel *kernel, uint32_t **generations, size_t *count)
{
	uint32_t *all, *kept;
	size_t found = 0, number;
	int error = record_list(kernel, &all, &number);

	if (error)
		return error;
	kept = calloc(number + 1, sizeof(*kept));
	for (size_t i = 0; kept && i < number; i++)
		if (kept_exists(kernel, all[i]))
			kept[found++] = all[i];
	free(all);
	if (!kept)
		return -ENOMEM;
	qsort(kept, found, sizeof(*kept), newer_first);
	*generations = kept;
	*count = found;
	return 0;
}
