/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong, where, and what to write instead.
 *
 * Library code never prints. A function that can fail takes a
 * struct diagnostics, adds one message to it, and returns -errno; main prints
 * the messages at the top. Messages read
 * "file:line:column: what is wrong; what to write".
 */
#ifndef GABELOU_BASE_DIAGNOSTIC_H
#define GABELOU_BASE_DIAGNOSTIC_H

#include <stddef.h>

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnostic {
	enum severity severity;
	char *file;      /* NULL: the message belongs to no file */
	unsigned line;   /* from 1; 0: unknown */
	unsigned column; /* from 1; 0: unknown */
	char *text;
};

/* A growing list. All zero is an empty list. Owns its strings. */
struct diagnostics {
	struct diagnostic *items;
	size_t count;
	size_t errors; /* how many of them are errors */
};

/* Where a message points to. {0} points nowhere. The file name is borrowed. */
struct location {
	const char *file;
	unsigned line;
	unsigned column;
};

/* Both add one message; diagnostics_error returns @error negated, so that a caller may write
 * "return diagnostics_error(d, EINVAL, ...)". @error is a positive errno value. */
int diagnostics_error(struct diagnostics *diagnostics, int error, struct location where,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
void diagnostics_warn(struct diagnostics *diagnostics, struct location where, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

/* "file:line:column: text" in a buffer of the caller's; always ends with a NUL. Returns buffer. */
const char *diagnostic_format(const struct diagnostic *item, char *buffer, size_t size);

/* Moves every message to the end of another list, and leaves @from empty. */
void diagnostics_move(struct diagnostics *from, struct diagnostics *to);

/* The same, of a step whose failure must not fail the caller: what was an error is a warning. */
void diagnostics_move_as_warnings(struct diagnostics *from, struct diagnostics *to);

void diagnostics_free(struct diagnostics *diagnostics);

#endif
