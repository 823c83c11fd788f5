/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every reader of a source shares: the file, its lines, its header comments, its rows.
 *
 * Comments are lines that begin with '#' or ';'. Before the first row, "# name: ..." and "# date:
 * 2026-06-01" describe the source. Formats that are not read are refused by their names.
 */
#ifndef GABELOU_ATLAS_READER_H
#define GABELOU_ATLAS_READER_H

#include "userspace/atlas/arena.h"
#include "userspace/atlas/atlas.h"
#include "userspace/atlas/csv.h"
#include "userspace/base/file.h"

#define SOURCE_BYTES_MOST ((size_t)1 << 30)
#define SOURCE_ROWS_MOST  ((size_t)1 << 24)

struct reader {
	struct file file;
	struct lines *lines;
	struct csv csv; /* the current row */
	size_t rows;
	bool has_header; /* counted in rows */
	size_t value;    /* the field that the policy says the value is in; 0: where the format has
			  * it */
	char name[64];   /* "": none given */
	char date[11];
	struct diagnostics *diagnostics;
};

int reader_open(struct reader *reader, const char *path, struct diagnostics *diagnostics);
/* The same with a file that was read; the reader owns it from now on, also on failure. */
int reader_take(struct reader *reader, struct file *file, struct diagnostics *diagnostics);
/* 1: reader->csv is the next row; 0: end of file, after at least one row; -errno. */
int reader_next(struct reader *reader);
void reader_close(struct reader *reader);

/* Points to @field (NULL: to the line) and returns -error, a positive errno value. */
int reader_fault(struct reader *reader, int error, const struct field *field, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
int reader_no_memory(struct reader *reader);

/* Refuses an HTML page by that name, for readers that take no rows. 0 or -EBADMSG. */
int reader_refuse_page(struct reader *reader);

/* What a file says of its own age: a moment, or a text that begins with "2026-06-01"; what is no
 * date of the last centuries is as if it said nothing. */
void reader_set_date(struct reader *reader, time_t moment);
void reader_set_date_text(struct reader *reader, const char *text);

/* The prefix or single address in @field. 0, or -errno with a message. */
int reader_prefix(struct reader *reader, const struct field *field, struct prefix *prefix);

/* The record of the source, once it is read. Strings go into @arena. 0 or -ENOMEM. */
int reader_describe(const struct reader *reader, enum source_role role, struct arena *arena,
		    struct source *source);

/* Is the current row a header? So is the first one if its first field is a word, not a number. */
bool reader_is_header(struct reader *reader);

/* What the file is, if it is of a kind that is not read, with what to do instead; else NULL. */
const char *guess_bytes(const struct file *file);
const char *guess_text(const char *first_row);

#endif
