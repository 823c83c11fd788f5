// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the verdict table in user space, by the steps of maps/lookup.h. */
#include "userspace/table/lookup.h"

uint16_t table_class(const struct table *table, struct address address)
{
	return address.family == FAMILY_V4
		       ? lookup_v4(table, (uint32_t)address.value)
		       : lookup_v6(table, (uint64_t)(address.value >> 64), (uint64_t)address.value);
}

struct address table_inner(const struct table *table, struct address address)
{
	uint64_t high = (uint64_t)(address.value >> 64), low = (uint64_t)address.value;
	const struct class_row *row;

	if (address.family == FAMILY_V4)
		return address;
	row = lookup_row(table, 0, lookup_v6(table, high, low));
	if (!row || row->act <= ROW_ALLOW)
		return address;
	return (struct address){FAMILY_V4, lookup_embedded(row->act, high, low)};
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
