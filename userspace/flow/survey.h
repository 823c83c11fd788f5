/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a flow log says would have been cut (monitor mode) or was (enforce mode): the flows of one
 * sender to one destination and port are one item. Pure but for reading files.
 */
#ifndef GABELOU_FLOW_SURVEY_H
#define GABELOU_FLOW_SURVEY_H

#include <stdio.h>

#include "userspace/base/address.h"
#include "userspace/base/diagnostic.h"
#include "userspace/flow/line.h"

/* Distinct items, some 400 bytes each; flows beyond are counted by sender and port alone. */
#define SURVEY_ITEMS_MOST (256u << 10)

#define SURVEY_LINE_MOST (64u << 10) /* bytes */

/* Strings are never NULL; "": not known. */
struct survey_item {
	const char *process, *unit;
	const char *transport; /* "tcp", "ipv6-icmp"; else the IP protocol's number */
	const char *reason;    /* reason_name() */
	const char *rule;      /* "deny #1" */
	const char *domain;    /* what the log itself calls the destination */
	const char *country;   /* its agreed soil */
	const char *operator_name, *parent;
	char reach[24]; /* "NL+US" */
	bool has_address;
	bool monitor; /* all of it went on */
	struct address address;
	uint32_t asn;
	int port; /* of the destination; of ICMP the type; -1: none */
	uint64_t flows, packets, bytes;
	char first[LINE_SECONDS + 1], last[LINE_SECONDS + 1]; /* UTC */
};

struct survey_table;

struct survey {
	struct survey_table *table;
	/* Set after survey_begin(): which flows count; several threads ask. NULL: all. */
	bool (*wanted)(const struct flow_line *line, const void *context);
	const void *context;
	struct survey_item *items; /* by survey_end(): most flows first */
	size_t count;
	char skip[LINE_SECONDS + 1];  /* of a file, what is older need not be read */
	char since[LINE_SECONDS + 1]; /* lines before are left out; "": none */
	char first[LINE_SECONDS + 1], last[LINE_SECONDS + 1]; /* of all lines read; "": no line */
	uint64_t lines, flows, packets, bytes;
	uint64_t cut;      /* of the flows: were really dropped or refused */
	uint64_t overflow; /* flows that are counted by sender and port alone */
	uint64_t before;   /* lines left out, since they are older than since */
	uint64_t lost;     /* events that the log itself says it lacks */
	uint64_t broken;   /* lines that are no event */
};

/* @since: seconds since 1970; 0: everything. 0 or -ENOMEM. The caller frees it. */
int survey_begin(struct survey *survey, int64_t since);
/* Adds what a line says. 0 or -ENOMEM. */
int survey_add(struct survey *survey, const struct flow_line *line);
/*
 * Adds all lines of a file, which is called @name in messages: the parts of a regular file side by
 * side, but for a beginning that is older than since; what gzip compressed is unpacked. A broken
 * line is left out with a warning, for a full disk may have cut it; a file of which no line can be
 * read is an error. 0; -EBADMSG, -ENOMEM or another -errno, with a message.
 */
int survey_read(struct survey *survey, int file, const char *name, struct diagnostics *diagnostics);
/* Sorts items and makes them readable. 0 or -ENOMEM. */
int survey_end(struct survey *survey);
void survey_free(struct survey *survey);

/* Adds what @from gathered, and empties it. 0 or -ENOMEM. */
int survey_merge(struct survey *survey, struct survey *from);

#endif
