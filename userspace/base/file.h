/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files, read once.
 *
 * What is hashed is what is parsed: a file is read into memory in one go, its digest is taken of
 * those bytes, and nothing opens it again.
 */
#ifndef GABELOU_BASE_FILE_H
#define GABELOU_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "userspace/base/diagnostic.h"
#include "userspace/base/digest.h"

struct file {
	char *path; /* as it was given */
	void *bytes;
	size_t size;
	time_t modified;
	struct digest digest; /* of bytes, as they lie on the disk */
};

/* Refuses what is not a regular file, is empty, or has over @most bytes. 0 or -errno with one
 * message; @file is untouched on failure. The caller frees with file_free. */
int file_read(const char *path, size_t most, struct file *file, struct diagnostics *diagnostics);
void file_free(struct file *file);

/* A new descriptor of the bytes of @file, for libraries that want to open what they read: of those
 * very bytes, not of what lies under the path by now. -errno. */
int file_descriptor(const struct file *file);

/* Writes all @size bytes, however many calls it takes. 0 or -errno. */
int file_write(int fd, const void *bytes, size_t size);

/* Syncs the directory that @path is in: a rename in it survives a power cut. 0 or -errno. */
int file_sync_folder(const char *path);

/* Writes @size bytes to "@path.new", syncs it, renames it over @path and syncs the directory:
 * after a power cut there is the old file or the new one. mode as in open(2). */
int file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
		 struct diagnostics *diagnostics);

/*
 * The lines of a file, plain or zstd-compressed (found by its magic number), one after another.
 * A decompressed file is never held whole.
 */
struct lines;

struct line {
	char *text; /* ended by NUL in place of the newline (and of a CR before it) */
	size_t length;
	unsigned number; /* from 1 */
};

/* @file must outlive the lines. NULL: out of memory. */
struct lines *lines_open(const struct file *file);
/* 1: *line is the next line, good until the next call; 0: end of file; -errno with a message:
 * a broken or truncated frame, a NUL byte, a line of over 64 KiB, a last line with no newline
 * (the file ends early). */
int lines_next(struct lines *lines, struct line *line, struct diagnostics *diagnostics);
void lines_close(struct lines *lines);

#endif
