/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of a verdict table in the kernel: a map each, frozen. */
#ifndef GABELOU_KERNEL_SECTIONS_H
#define GABELOU_KERNEL_SECTIONS_H

#include "userspace/table/table.h"

/* File descriptors, owned; not -1. */
struct sections {
	int map[TABLE_SECTION_COUNT];
};

/* The names of the maps: "table_V4_ROOT". */
extern const char *const section_map_names[TABLE_SECTION_COUNT];

/* Brings the table into maps, unless it was compiled into them (kernel_table_memory). On success
 * they are frozen and equal to the table's bytes, which stay readable where they are. 0 or -errno
 * with one message; *sections is untouched on failure. */
int sections_settle(const struct table *table, struct sections *sections,
		    struct diagnostics *diagnostics);
void sections_close(struct sections *sections);

#endif
