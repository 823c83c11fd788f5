/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of generations on the disk: gen-N.json each, with gen-N.counters.json once it is no
 * longer in force; "last", the highest number of one that was given up; and "current": the one in
 * force ("generation"), the boot in which it was put there (pins do not outlast a boot, records
 * do), and what is needed to finish its swap ("kernel", as in its record, which is long).
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
/* The same of any boot: what was in force when the machine went down. */
int record_read_any_boot(const struct kernel *kernel, json_t **current,
			 struct diagnostics *diagnostics);

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
/* Removes the record of a generation that did not stay in force, which takes its number along: a
 * link that ran it for a moment may have made an event that names it. */
void record_give_up(const struct kernel *kernel, uint32_t generation);
/* Gives up every record above @generation: of applies that ended before they put it in force. */
void record_give_up_above(const struct kernel *kernel, uint32_t generation);

/* The highest number that a generation ever had; 0: there was none. */
uint32_t record_last(const struct kernel *kernel);

/* A file of ours; -ENOENT without a message if it is not there. */
int record_read_json(const char *path, json_t **json, struct diagnostics *diagnostics);
int record_write_json(const char *path, const json_t *json, struct diagnostics *diagnostics);

/* Every generation that has a record, in no order; freed by the caller. */
int record_list(const struct kernel *kernel, uint32_t **generations, size_t *count);
/* How many classes, rows and entries the record's table has. -EPROTO: of another shape. */
int record_table_counts(const json_t *record, struct table *table);

#define BOOT_ID_SIZE 40
/* Of this boot, into @text. Returns @text; "" if it is not known. */
const char *boot_id(char text[BOOT_ID_SIZE]);

/* kept.c: the table beside a record. */
bool kept_exists(const struct kernel *kernel, uint32_t generation);
void kept_remove(const struct kernel *kernel, uint32_t generation);

/* "gen-N@suffix" to N; 0: it is something else. */
uint32_t generation_of_name(const char *name, const char *suffix);

/* Was it written by a build that reads tables, counters and events as this one does? */
bool record_abi_fits(const json_t *record);
/* -EPROTO with a message if what is in force is of a build that does not; -ENOENT without one if
 * nothing is. */
int record_check_abi(const struct kernel *kernel, struct diagnostics *diagnostics);
/* Was it written by one whose programs are the same, byte by byte? */
bool record_programs_fit(const json_t *record);

/* The stamps of this build, for a record: what record_abi_fits and record_programs_fit look for.
 * New references; NULL: out of memory. */
json_t *stamp_abi(void);
json_t *stamp_programs(void);

/* What this folder adds to a record under "kernel", to finish a swap and to read tables later. */
json_t *record_kernel_part(const struct table *table, const struct kernel_options *options);

/* The options that an apply was made with. options_free frees what this allocated. */
int record_options(const json_t *record, struct kernel_options *options);
void record_options_free(struct kernel_options *options);

#endif
