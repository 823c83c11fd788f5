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

/*
 * "data older than 120 days: DB-IP Lite (2026-06-01) and 3 more": the oldest of those of @items
 * that are over @over days and not over @not_over (0: no upper bound). NULL if there are none or
 * memory ran out; else the caller frees it.
 */
char *ages_message(const struct aged *items, size_t count, unsigned over, unsigned not_over,
		   time_t now);

#endif
