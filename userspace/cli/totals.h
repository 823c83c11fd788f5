/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters, one slot per decision, summed up into what people ask for. Pure. */
#ifndef GABELOU_CLI_TOTALS_H
#define GABELOU_CLI_TOTALS_H

#include "maps/decision.h"
#include "userspace/agent/manifest.h"
#include "userspace/flow/text.h"

/* Judged traffic of one kind. */
struct total {
	country_t soil;              /* COUNTRY_NONE: not agreed */
	char owner[REACH_TEXT_SIZE]; /* "NL+US"; "": none */
	enum verdict verdict;
	bool reply; /* answers to connections that came in */
	struct counter counter;
};

struct totals {
	struct total *items; /* most packets first; none with 0 packets */
	size_t count;
	struct counter reasons[REASON_COUNT];
};

/* What was not judged: let pass without a soil and an owner, and counted apart. */
bool totals_not_judged(enum reason reason);

/* @counters: COUNTER_SLOTS of @manifest's rows and entries, or as many _WITH_REPLIES; or -EINVAL.
 * -ENOMEM. The caller frees totals->items. */
int totals_of(const struct manifest *manifest, const struct counter *counters, size_t count,
	      struct totals *totals);

#endif
