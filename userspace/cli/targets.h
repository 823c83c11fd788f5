/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What explain is asked about, one address at a time: from the command line, and for an operand "-"
 * from standard input, a line at a time as it comes.
 */
#ifndef GABELOU_CLI_TARGETS_H
#define GABELOU_CLI_TARGETS_H

#include <netdb.h>
#include <stdio.h>

#include "userspace/base/address.h"
#include "userspace/cli/cli.h"
#include "userspace/policy/policy.h"

#define TARGETS_INPUT 65536 /* bytes; a longer line is an error */

struct target {
	const char *text; /* as it was asked for; good until the next call */
	struct address address;
	bool has_service; /* it was asked for a port, as in "[2001:db8::1]:443/tcp" */
	struct service service;
};

struct targets {
	const struct cli_operands *operands; /* borrowed, as is output */
	size_t operand;                      /* the next one */
	FILE *output;                        /* flushed before anything that may take time */
	struct addrinfo *found, *next;       /* the addresses of a name */
	struct target asked;                 /* of it: text and port */
	struct {
		int fd;
		unsigned line; /* from 1; 0: before the first */
		size_t start, end;
		bool open, ended, skipping; /* skipping: the rest of a line that was too long */
		char bytes[TARGETS_INPUT + 1];
	} input;
};

void targets_open(struct targets *targets, const struct cli_operands *operands, int input,
		  FILE *output);
/*
 * 1: *target is the next one; 0: there are no more; -errno: this one is no target, with a message
 * ("stdin:3: ..."), and the next call goes on behind it. A name has as many targets as addresses.
 * Of a line, what follows a "#" is left out, then blanks around it; nothing left is skipped.
 */
int targets_next(struct targets *targets, struct target *target, struct diagnostics *diagnostics);
void targets_close(struct targets *targets);

#endif
