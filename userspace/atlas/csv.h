/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of sources: the fields of a line (RFC 4180, but a field ends with its line), addresses and
 * numbers. Sources have millions of lines, so nothing here allocates.
 */
#ifndef GABELOU_ATLAS_CSV_H
#define GABELOU_ATLAS_CSV_H

#include "userspace/base/address.h"
#include "userspace/base/file.h"

#define CSV_FIELDS_MOST 24

struct field {
	char *text; /* ended by NUL; quotes and the blanks around it are gone */
	size_t length;
	unsigned column; /* from 1 */
};

struct csv {
	struct field fields[CSV_FIELDS_MOST];
	size_t count; /* at least 1 */
	unsigned line;
};

/* Splits @line in place. NULL, or what is wrong with it and *column where. */
const char *csv_split(const struct line *line, struct csv *csv, unsigned *column);

/* Where in a field a comment begins: at '#', or at ';' behind a blank. NULL: there is none. */
char *text_comment(char *text);

/* Like address_parse, some five times faster for IPv6. */
int text_address(const char *text, size_t length, struct address *address);

/* Decimal digits only, up to UINT32_MAX. 0 or -EINVAL. */
int text_number(const char *text, size_t length, uint32_t *number);

/* The same, behind "AS" or not. */
int text_asn(const char *text, size_t length, uint32_t *asn);

/* Decimal digits only, up to 2^128 - 1. 0, -EINVAL, or -ERANGE if it is more than that. */
int text_integer(const char *text, size_t length, u128 *integer);

#endif
