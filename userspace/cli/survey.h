/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey, printed in three ways. */
#ifndef GABELOU_CLI_SURVEY_H
#define GABELOU_CLI_SURVEY_H

#include <jansson.h>
#include <stdio.h>

#include "userspace/flow/survey_groups.h"

#define SURVEY_GROUPS_SHOWN 20
#define SURVEY_UNTIL_MONTHS 3

/* Everything there is to print; borrowed. */
struct survey_page {
	const struct survey *survey;
	const struct survey_report *report;
	const struct hosts *hosts;
	char until[16]; /* last day of the exceptions: "2027-02-24" */
};

/* The same day SURVEY_UNTIL_MONTHS later, or the last of that month: "2027-02-28". */
void survey_until(int64_t now, char until[16]);

void survey_print(FILE *out, const struct survey_page *page);
/* The list "except:", of the first @most; 0: of all. Valid YAML, which check refuses until each
 * why: is filled in. */
void survey_print_exceptions(FILE *out, const struct survey_page *page, size_t most);
/* All of them as a file of policy.d, which is in order even where there are none. */
void survey_print_drop_in(FILE *out, const struct survey_page *page);
/* The keys of the manual; a new reference. */
json_t *survey_json(const struct survey_page *page);

/* "chronyd (chrony.service)", cleaned of what drives a terminal. */
#define SURVEY_SENDER_SIZE 700
const char *survey_sender(const struct survey_item *item, char text[SURVEY_SENDER_SIZE]);
/* "CLOUDFLARENET (AS13335), owner US" */
#define SURVEY_OPERATOR_SIZE 700
const char *survey_operator(const struct survey_item *item, char text[SURVEY_OPERATOR_SIZE]);
/* What the destination is called: by the log, or by @hosts; NULL: not known. */
const char *survey_name(const struct survey_page *page, const struct survey_item *item);

#endif
