/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of generations on the disk: gen-N.json each, with gen-N.counters.json once it is no
 * longer in force; and "current": the one in force ("generation"), the boot in which it was put
 * there (pins do not outlast a boot, records do), and what is needed to finish its swap ("kernel",
 * as in its record, which is long).
 */
#ifndef GABELOU_KERNEL_RECORD_H
#define GABELOU_KERNEL_RECORD_H

#include "userspace/kernel/place.h"

/* 0, or -ENOENT without a message: nothing is in force, or "current" is of an earlier boot.
 * *current is a new reference, and may be asked for its generation and options as a record. */
int record_read_current(const struct kernel *kernel, json_t **current,
			struct diagnostics *diagnostics);
int record_current(const struct kernel *kernel, uint32_t *generation,
		   struct diagnostics *diagnostics);
uint32_t record_generation(const json_t *record);

/* All three are on the disk when they return. NULL as @record removes "current". */
int record_set_current(const struct kernel *kernel, const json_t *record,
		       struct diagnostics *diagnostics);
int record_write(const struct kernel *kernel, uint32_t generation, const json_t *record,
		 struct diagnostics *diagnostics);

int record_write_counters(const struct kernel *kernel, uint32_t generation, const json_t *counters,
			  struct diagnostics *diagnostics);

/* A new reference, "counters" included. -ENOENT with a message if there is none. */
int record_read(const struct kernel *kernel, uint32_t generation, json_t **record,
		struct diagnostics *diagnostics);
bool record_exists(const struct kernel *kernel, uint32_t generation);
void record_remove(const struct kernel *kernel, uint32_t generation);

/* The highest number of a record; 0: there is none. */
uint32_t record_last(const struct kernel *kernel);

/* "gen-N@suffix" to N; 0: it is something else. */
uint32_t generation_of_name(const char *name, const char *suffix);

/* What this folder adds to a record under "kernel", to finish a swap and to read tables later. */
json_t *record_kernel_part(const struct table *table, const struct kernel_options *options);

/* The options that an apply was made with. options_free frees what this allocated. */
int record_options(const json_t *record, struct kernel_options *options);
void record_options_free(struct kernel_options *options);

#endif
