/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict table for the corpus: approved are 198.51.100.0/24, 203.0.113.16/28 and
 * 2001:db8:a::/48, by rule 0; every form of an IPv4 address inside an IPv6 one is judged by what is
 * inside (mapped, compatible, NAT64, 6to4, Teredo); all else is denied.
 */
#ifndef GABELOU_TESTS_PROG_CORPUS_TABLE_H
#define GABELOU_TESTS_PROG_CORPUS_TABLE_H

#include "tests/prog/hand_table.h"

enum corpus_class {
	CORPUS_LOW = HAND_EMBEDDED, /* mapped, compatible, NAT64 */
	CORPUS_6TO4,
	CORPUS_TEREDO,
	CORPUS_CLASSES
};

static inline struct table *corpus_table(struct diagnostics *diagnostics)
{
	static const u128 starts_v4[] = {0, 0xc6336400, 0xc6336500, 0xcb007110, 0xcb007120};
	static const uint16_t classes_v4[] = {HAND_DENIED, HAND_ALLOWED, HAND_DENIED, HAND_ALLOWED,
					      HAND_DENIED};
	static const struct {
		u128 start;
		uint16_t class;
	} v6[] = {
		{0, CORPUS_LOW}, /* ::/96 */
		{V6(0, 0x100000000), HAND_DENIED},
		{V6(0, 0xffff00000000), CORPUS_LOW},
		{V6(0, 0x1000000000000), HAND_DENIED},
		{V6(0x0064ff9b00000000, 0), CORPUS_LOW},
		{V6(0x0064ff9b00000000, 0x100000000), HAND_DENIED},
		{V6(0x2001000000000000, 0), CORPUS_TEREDO},
		{V6(0x2001000100000000, 0), HAND_DENIED},
		{V6(0x20010db8000a0000, 0), HAND_ALLOWED},
		{V6(0x20010db8000b0000, 0), HAND_DENIED},
		{V6(0x2002000000000000, 0), CORPUS_6TO4},
		{V6(0x2003000000000000, 0), HAND_DENIED},
	};
	enum { COUNT = sizeof(v6) / sizeof(v6[0]) };
	u128 starts_v6[COUNT];
	uint16_t classes_v6[COUNT];
	const struct class_row rows[CORPUS_CLASSES] = {
		[HAND_NONE] = {ROW_DENY, REASON_INTERNAL, RULE_NONE, 0},
		[HAND_DENIED] = {ROW_DENY, REASON_SOIL, RULE_NONE, 0},
		[HAND_ALLOWED] = {ROW_ALLOW, REASON_RULE_ALLOW, 0, 0},
		[CORPUS_LOW] = {ROW_EMBEDDED_LOW, REASON_SPECIAL, RULE_NONE, 0},
		[CORPUS_6TO4] = {ROW_EMBEDDED_6TO4, REASON_SPECIAL, RULE_NONE, 0},
		[CORPUS_TEREDO] = {ROW_EMBEDDED_TEREDO, REASON_SPECIAL, RULE_NONE, 0},
	};
	struct table *table = calloc(1, sizeof(*table));

	for (size_t i = 0; i < COUNT; i++) {
		starts_v6[i] = v6[i].start;
		classes_v6[i] = v6[i].class;
	}
	const struct class_ranges ranges[FAMILIES] = {
		{5, (u128 *)starts_v4, (uint16_t *)classes_v4}, {COUNT, starts_v6, classes_v6}};
	if (!table ||
	    lookup_v4_build(&ranges[FAMILY_V4], LOOKUP_SECTION_MOST, table, diagnostics) ||
	    lookup_v6_build(&ranges[FAMILY_V6], LOOKUP_SECTION_MOST, table, diagnostics) ||
	    table_section_alloc(table, TABLE_ROWS, sizeof(rows)) ||
	    table_section_alloc(table, TABLE_ENTRIES, 0) ||
	    table_section_alloc(table, TABLE_SOURCES, 0))
		abort();
	memcpy(table->sections[TABLE_ROWS].bytes, rows, sizeof(rows));
	table->class_count = table->row_count = CORPUS_CLASSES;
	return table;
}

#endif
