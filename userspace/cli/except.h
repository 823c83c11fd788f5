/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "gabelou except": exceptions as drop-ins of a policy, policy.d/except-NUMBER.yaml each. */
#ifndef GABELOU_CLI_EXCEPT_H
#define GABELOU_CLI_EXCEPT_H

#include <time.h>

#include "userspace/cli/cli.h"
#include "userspace/policy/policy.h"

struct except_request {
	char *policy;  /* absolute: whose exceptions */
	bool enforced; /* it is the one in force, so that a change of it is applied */
	char in_force[DIGEST_TEXT_SIZE]; /* the digest of what is */
	const char *port, *until;        /* as given; NULL: not given */
	const char *why;
	bool no_apply, force, strict, json;
	char *const *operands; /* targets, or the name of a drop-in */
	size_t operand_count;
};

/* Each returns the exit code. */
enum cli_exit except_add(const struct except_request *request, struct diagnostics *diagnostics);
enum cli_exit except_remove(const struct except_request *request, struct diagnostics *diagnostics);
enum cli_exit except_list(const struct except_request *request, struct diagnostics *diagnostics);

/* The text of a drop-in with one exception, by whoever is at work, at @now; the names among the
 * targets are resolved, which it says. NULL with a message. The caller frees. */
char *except_compose(const struct except_request *request, time_t now,
		     struct diagnostics *diagnostics);

/* "except-12" of "/etc/gabelou/policy.d/except-12.yaml" to 12; 0: it is no drop-in of ours. */
unsigned except_number(const char *file);

#endif
