/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compact JSON, byte by byte into memory: what jansson's JSON_COMPACT would print of the same
 * values, without a node for each of them. The caller sees to commas and brackets.
 */
#ifndef GABELOU_CLI_WRITER_H
#define GABELOU_CLI_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/base/country.h"

/* All zero is empty. Out of memory it marks itself and takes no more: ask at the end. */
struct writer {
	char *bytes; /* length of them; not ended by a NUL */
	size_t length, capacity;
	bool failed;
};

void writer_bytes(struct writer *writer, const char *bytes, size_t length);
void writer_raw(struct writer *writer, const char *text); /* as it is */
/* A string; null for NULL and "". What is not UTF-8 loses its bytes over 0x7f to '?' (text_json).
 */
void writer_text(struct writer *writer, const char *text);
/* "FR"; null for COUNTRY_NONE. */
void writer_country(struct writer *writer, country_t country);
void writer_number(struct writer *writer, uint32_t number);
void writer_bool(struct writer *writer, bool value);

/* Empties it, and keeps the memory. */
void writer_clear(struct writer *writer);
void writer_free(struct writer *writer);

#endif
