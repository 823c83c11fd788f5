/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict table: address -> class, and class -> decision, as sections of memory.
 *
 * Each section is one BPF array map with a single value of exactly the section's size, filled
 * through mmap and frozen before a packet sees it. User space reads the same bytes for explain
 * and plan. All numbers are in host byte order.
 *
 * SECTION(identifier, "name of the map", "what is in it")
 */
#ifndef GABELOU_MAPS_TABLE_H
#define GABELOU_MAPS_TABLE_H

#include <linux/types.h>

#include "maps/decision.h"
#include "maps/scope.h"

/* Bump with any change to the shape or meaning of a section: a mismatch replaces a generation. */
#define TABLE_ABI 4

#define TABLE_SECTIONS(SECTION)                                                   \
	SECTION(V4_ROOT, "v4_root", "2^24 __u16: class, or a pointer to a block") \
	SECTION(V4_BLOCKS, "v4_blocks", "what is longer than /24")                \
	SECTION(V6_ROOT, "v6_root", "the first bits of an IPv6 address")          \
	SECTION(V6_NODES, "v6_nodes", "the bits after them")                      \
	SECTION(ROWS, "rows", "struct class_row: scope x class")                  \
	SECTION(ENTRIES, "entries", "struct class_entry, runs named by the rows") \
	SECTION(SOURCES, "sources", "struct scope_sources: source -> scope")

enum table_section {
#define SECTION(identifier, name, text) TABLE_##identifier,
	TABLE_SECTIONS(SECTION)
#undef SECTION
		TABLE_SECTION_COUNT
};

#endif
