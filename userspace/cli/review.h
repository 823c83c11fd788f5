/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What check and apply both find fault with, beyond what the readers do. */
#ifndef GABELOU_CLI_REVIEW_H
#define GABELOU_CLI_REVIEW_H

#include <jansson.h>

#include "userspace/agent/pipeline.h"

/* Warns of data that is older than the policy's max-age. */
void review_ages(const struct pipeline *pipeline, struct diagnostics *diagnostics);

/* Warns of exceptions that are over. */
void review_exceptions(const struct policy *policy, struct diagnostics *diagnostics);

/* Warns of each glob under interfaces.guard and inside that no interface here matches. Returns how
 * many interfaces are to be guarded (loopback is none). */
size_t review_interfaces(const struct policy *policy, struct diagnostics *diagnostics);

/* Warns of senders of scopes that are not there now: interfaces, units, cgroups. */
void review_scopes(const struct policy *policy, struct diagnostics *diagnostics);

/* Says that what scopes let out was not compared, where there are some. @before: may be NULL. */
void review_planned(const struct policy *before, const struct policy *after,
		    struct diagnostics *diagnostics);

/* --strict: every warning is an error. Returns how many errors there are now. */
size_t review_strictly(struct diagnostics *diagnostics);

/* [{"name","role","date","age_days","sha256"}] */
json_t *review_data(const struct atlas *atlas);

#endif
