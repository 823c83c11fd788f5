/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How old the data is. Pure. */
#ifndef GABELOU_CLI_AGES_H
#define GABELOU_CLI_AGES_H

#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* Whole days from "2026-06-01" (UTC) to @now; 0 for a date to come; -1: not a date. */
int age_days(const char *date, time_t now);

struct aged {
	const char *name;
	const char *date;
};

#define AGES_REMEDY "run scripts/refresh-data, or name newer files under data:"

/*
 * "stale data: DB-IP Lite is 176 days old, and 5 more are over 45": names the oldest of those of
 * @items that are over @warn days old; "old data" if it is not over @stale. NULL if there is none
 * or memory ran out; else the caller frees it.
 */
char *ages_message(const struct aged *items, size_t count, unsigned warn, unsigned stale,
		   time_t now);

#endif
