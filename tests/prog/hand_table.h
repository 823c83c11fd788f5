/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict table made by hand, small in classes, whole in shape. */
#ifndef GABELOU_TESTS_PROG_HAND_TABLE_H
#define GABELOU_TESTS_PROG_HAND_TABLE_H

#include <stdlib.h>
#include <string.h>

#include "userspace/table/lookup.h"

enum hand_class { HAND_NONE, HAND_DENIED, HAND_ALLOWED, HAND_EMBEDDED, HAND_CLASSES };

#define V6(high, low) ((u128)(high) << 64 | (low))

/* Allowed: 198.51.100.0/24, 203.0.113.16/28, 2001:db8:a::/48. Embedded: 64:ff9b::/96. The rest is
 * denied, or with @swapped the other way round. */
static inline struct table *hand_table(bool swapped, const struct table_memory *memory,
				       struct diagnostics *diagnostics)
{
	static const u128 starts_v4[] = {0, 0xc6336400, 0xc6336500, 0xcb007110, 0xcb007120};
	static const u128 starts_v6[] = {
		0,
		V6(0x0064ff9b00000000, 0),
		V6(0x0064ff9b00000000, 0x100000000),
		V6(0x20010db8000a0000, 0),
		V6(0x20010db8000b0000, 0),
	};
	static const uint16_t classes_v4[] = {HAND_DENIED, HAND_ALLOWED, HAND_DENIED, HAND_ALLOWED,
					      HAND_DENIED};
	static const uint16_t classes_v6[] = {HAND_DENIED, HAND_EMBEDDED, HAND_DENIED, HAND_ALLOWED,
					      HAND_DENIED};
	const struct class_ranges v4 = {
		.count = 5, .starts = (u128 *)starts_v4, .classes = (uint16_t *)classes_v4};
	const struct class_ranges v6 = {
		.count = 5, .starts = (u128 *)starts_v6, .classes = (uint16_t *)classes_v6};
	const struct class_row rows[HAND_CLASSES] = {
		[HAND_NONE] = {ROW_DENY, REASON_INTERNAL, RULE_NONE, 0},
		[HAND_DENIED] = {swapped ? ROW_ALLOW : ROW_DENY,
				 swapped ? REASON_RULE_ALLOW : REASON_SOIL, swapped ? 0 : RULE_NONE,
				 0},
		[HAND_ALLOWED] = {swapped ? ROW_DENY : ROW_ALLOW,
				  swapped ? REASON_SOIL : REASON_RULE_ALLOW,
				  swapped ? RULE_NONE : 0, 0},
		[HAND_EMBEDDED] = {ROW_EMBEDDED_LOW, REASON_INTERNAL, RULE_NONE, 0},
	};
	struct table *table = calloc(1, sizeof(*table));

	if (table)
		table->memory = memory;

	if (!table || lookup_v4_build(&v4, LOOKUP_SECTION_MOST, table, diagnostics) ||
	    lookup_v6_build(&v6, LOOKUP_SECTION_MOST, table, diagnostics) ||
	    table_section_alloc(table, TABLE_ROWS, sizeof(rows)) ||
	    table_section_alloc(table, TABLE_ENTRIES, 0) ||
	    table_section_alloc(table, TABLE_SOURCES, 0))
		abort();
	memcpy(table->sections[TABLE_ROWS].bytes, rows, sizeof(rows));
	table->class_count = table->row_count = HAND_CLASSES;
	return table;
}

/* "198.51.100.1" to an address. */
static inline struct address hand_address(const char *text)
{
	struct address address;

	if (address_parse(text, strlen(text), &address))
		abort();
	return address;
}

#endif
