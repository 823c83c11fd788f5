/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a flow log, read back: what flow_ecs() wrote, or any other event in the Elastic
 * Common Schema. A log has some 10 million lines in a fortnight, so a line as flow_ecs() writes it
 * is read where it lies, by what stands between its values; every other one by a JSON parser.
 */
#ifndef GABELOU_FLOW_LINE_H
#define GABELOU_FLOW_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text without an end of its own. */
struct slice {
	const char *text; /* NULL: absent */
	size_t length;
};

#define LINE_SECONDS 19 /* bytes of a time to the second: "2026-11-24T08:22:51" */

/* What the line says; absent slices have no text. Good until flow_line_release(). */
struct flow_line {
	struct slice time;        /* RFC 3339 in UTC, at least LINE_SECONDS long */
	struct slice destination; /* IP address */
	struct slice domain;      /* destination.domain, of other logs */
	struct slice transport;   /* "tcp"; else the IP protocol's number */
	struct slice country;     /* agreed soil of the destination */
	struct slice operator_name;
	struct slice rule;
	struct slice process_name;
	struct slice reason; /* reason_name() */
	struct slice reach;  /* as it stands in the line: "\"NL\",\"US\"" */
	struct slice parent;
	struct slice cgroup;
	uint64_t packets, bytes;
	uint64_t lost; /* events that this line says are lost */
	uint32_t asn;
	uint32_t process;
	int port;     /* of the destination; of ICMP the type; -1: none */
	bool flow;    /* a flow; else only time and lost are set */
	bool summary; /* more of a flow that had its line */
	bool monitor; /* it went on */
	json_t *json; /* what the slices point into, if not into the line */
	char joined[32];
};

/* Reads a line without its newline, as flow_ecs() writes it; false if it is not quite that. */
bool flow_line_read_own(const char *text, size_t length, struct flow_line *line);
/* Any line. NULL, or what is wrong with it, of *column (from 1; 0: not known); good until the next
 * call of this thread. */
const char *flow_line_read(const char *text, size_t length, struct flow_line *line,
			   unsigned *column);
void flow_line_release(struct flow_line *line);

#endif
