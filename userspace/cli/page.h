/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people: it fits a terminal of 80 columns and a ticket, and carries no control bytes. */
#ifndef GABELOU_CLI_PAGE_H
#define GABELOU_CLI_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PAGE_WIDTH 79 /* columns; the 80th would make some terminals wrap */
#define PAGE_LABEL 11 /* columns that page_field keeps for the label */

/* Control characters in @text, and what is not UTF-8, to '?', into @clean (as long as @text; may be
 * @text itself): names from a data file must not move the cursor. Returns @clean. */
const char *page_clean(const char *text, char *clean);

/* Columns that UTF-8 text takes (one per character). */
size_t page_columns(const char *text);

/* The words of @text, from @column on, wrapped to PAGE_WIDTH; later lines begin at @indent. Ends
 * the line. A word too long for a line stands on one of its own, whole. */
void page_wrap(FILE *out, size_t column, size_t indent, const char *text);

/* "label      text...", wrapped under the text. */
void page_field(FILE *out, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for one of a list: "label      - text...", wrapped under the text. */
void page_item(FILE *out, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define PAGE_COUNT_SIZE 32
/* "1,234,567". Returns @text. */
const char *page_count(uint64_t count, char *text);
/* "999 B", "1.5 kB", "12.0 GB". Returns @text. */
const char *page_bytes(uint64_t bytes, char *text);

#endif
