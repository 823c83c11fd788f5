/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a rule match a place? The one place in the code that knows the order of judgement:
 * local, deny, allow, deny by default (what cannot be understood and control are
 * decided by the kernel before the table is asked).
 */
#ifndef GABELOU_TABLE_MATCH_H
#define GABELOU_TABLE_MATCH_H

#include "userspace/table/table.h"

/* All of a rule but its prefixes: soil, owner and ASN. Allowing needs agreement and every member
 * of the reach; denying needs one voice and any member. */
bool match_place(const struct policy *policy, const struct rule *rule, const struct place *place,
		 const struct reach *reach);

/* Is this special space let pass unjudged by the policy's "local:"? */
bool match_local_special(const struct policy *policy, enum special special);

/* The verdict on a place of which it is known which rules match: matched[i] for policy->rules[i].
 * prefix_matched[i] says whether the rule's prefixes alone match (true where it has none). */
struct decision match_decide(const struct policy *policy, const struct place *place,
			     const struct reach *reach, bool local, const bool *matched,
			     const bool *prefix_matched);

#endif
