/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that plan shows, gathered once and printed in two ways. */
#ifndef GABELOU_CLI_PLAN_H
#define GABELOU_CLI_PLAN_H

#include <jansson.h>
#include <stdio.h>

#include "userspace/agent/baseline.h"
#include "userspace/flow/replay.h"
#include "userspace/table/compare_exceptions.h"

struct plan {
	struct pipeline after;
	struct baseline before;
	struct comparison comparison;

	struct compared_exceptions exceptions;

	/* The new policy under "unlisted: deny" and then under "registry". */
	bool unlisted_matters; /* some rule names an owner */
	struct comparison unlisted;

	const char *flows_name; /* NULL: none were given */
	struct replay flows;
	struct replay_verdicts verdicts;
	struct replay_verdicts unlisted_verdicts; /* from deny to registry */
};

/* What is known of a destination; borrowed. */
struct plan_destination {
	country_t soil;                          /* COUNTRY_NONE: not agreed */
	const struct asn_operator *asn_operator; /* NULL: not known */
	struct reach reach;
};
struct plan_destination plan_destination(const struct plan *plan, struct address address);

/* The names of the sources that are not what the side before was made of: an array. */
json_t *plan_changed_sources(const struct plan *plan);

/* In /48s. */
double plan_blocks(u128 addresses);

/* Compares plan->after, which is compiled, with what is enforced. -ENOENT without a message if
 * nothing is; else -errno with messages. */
int plan_enforced(struct plan *plan, struct diagnostics *diagnostics);

void plan_free(struct plan *plan);

void plan_print(FILE *out, const struct plan *plan);
void plan_print_exceptions(FILE *out, const struct plan *plan);
json_t *plan_exceptions_json(const struct plan *plan);
/* The keys of the manual; a new reference. */
json_t *plan_json(const struct plan *plan);

#endif
