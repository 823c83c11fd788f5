// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the verdict table in user space, step by step as the kernel does. */
#include "userspace/table/table.h"

uint16_t table_class(const struct table *table, struct address address)
{
	return address.family == FAMILY_V4 ? lookup_v4(table, (uint32_t)address.value) :
					     lookup_v6(table, address.value);
}

static const struct class_row *row_of(const struct table *table, uint16_t class)
{
	const struct class_row *rows = table->sections[TABLE_ROWS].bytes;

	return class < table->row_count ? &rows[class] : NULL;
}

static uint32_t embedded(uint8_t act, u128 address)
{
	if (act == ROW_EMBEDDED_6TO4)
		return (uint32_t)(address >> 80);
	return act == ROW_EMBEDDED_TEREDO ? ~(uint32_t)address : (uint32_t)address;
}

struct decision table_judge(const struct table *table, struct address address)
{
	uint16_t class = table_class(table, address);
	const struct class_row *row = row_of(table, class);

	if (row && row->act > ROW_ALLOW) {
		class = lookup_v4(table, embedded(row->act, address.value));
		row = row_of(table, class);
	}
	if (!row || row->act > ROW_ALLOW)
		return (struct decision){ VERDICT_DENY, REASON_INTERNAL, RULE_NONE, class };
	return (struct decision){ row->act, row->reason, row->rule, class };
}
