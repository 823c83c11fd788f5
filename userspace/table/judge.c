// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the verdict table in user space, by the steps of maps/lookup.h. */
#include "userspace/table/lookup.h"

uint16_t table_class(const struct table *table, struct address address)
{
	return address.family == FAMILY_V4
		       ? lookup_v4(table, (uint32_t)address.value)
		       : lookup_v6(table, (uint64_t)(address.value >> 64), (uint64_t)address.value);
}

struct decision table_judge(const struct table *table, struct address address)
{
	struct lookup_answer answer =
		address.family == FAMILY_V4
			? lookup_judge_v4(table, 0, (uint32_t)address.value)
			: lookup_judge_v6(table, 0, (uint64_t)(address.value >> 64),
					  (uint64_t)address.value);

	if (!answer.row)
		return (struct decision){VERDICT_DENY, REASON_INTERNAL, RULE_NONE, answer.class};
	return (struct decision){LOOKUP_DENIES(answer.row) ? VERDICT_DENY : VERDICT_ALLOW,
				 answer.row->reason, answer.row->rule, answer.class};
}
