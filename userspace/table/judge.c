// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the verdict table in user space, by the steps of maps/lookup.h. */
#include <time.h>

#include "userspace/table/lookup.h"

#define NANOSECONDS 1000000000ull

uint16_t table_class(const struct table *table, struct address address)
{
	return address.family == FAMILY_V4
		       ? lookup_v4(table, (uint32_t)address.value)
		       : lookup_v6(table, (uint64_t)(address.value >> 64), (uint64_t)address.value);
}

/* The number of its first row. */
static uint32_t first_row(const struct table *table, unsigned scope)
{
	return scope * table->class_count;
}

struct address table_inner(const struct table *table, struct address address)
{
	return table_inner_in(table, 0, address);
}

struct address table_inner_in(const struct table *table, unsigned scope, struct address address)
{
	uint64_t high = (uint64_t)(address.value >> 64), low = (uint64_t)address.value;
	const struct class_row *row;

	if (address.family == FAMILY_V4)
		return address;
	row = lookup_row(table, first_row(table, scope), lookup_v6(table, high, low));
	if (!row || row->act <= ROW_ALLOW)
		return address;
	return (struct address){FAMILY_V4, lookup_embedded(row->act, high, low)};
}

static struct lookup_answer look_up(const struct table *table, unsigned scope,
				    struct address address)
{
	uint32_t first = first_row(table, scope);

	return address.family == FAMILY_V4
		       ? lookup_judge_v4(table, first, (uint32_t)address.value)
		       : lookup_judge_v6(table, first, (uint64_t)(address.value >> 64),
					 (uint64_t)address.value);
}

unsigned table_source_scope(const struct table *table, struct address source)
{
	if (table->sections[TABLE_SOURCES].size < sizeof(struct scope_sources))
		return SCOPE_UNCLAIMED;
	bool v4 = source.family == FAMILY_V4;
	uint64_t low = v4 ? 0 : (uint64_t)source.value;
	uint64_t high = v4 ? SCOPE_V4_HIGH(source.value) : (uint64_t)(source.value >> 64);
	unsigned scope = lookup_source_index(table, !v4, high);

	return scope == SCOPE_UNKNOWN ? lookup_source_range(table, !v4, high, low) : scope;
}

static struct decision decision_of(const struct lookup_answer *answer)
{
	if (!answer->row)
		return (struct decision){VERDICT_DENY, REASON_INTERNAL, RULE_NONE, answer->class};
	return (struct decision){LOOKUP_DENIES(answer->row) ? VERDICT_DENY : VERDICT_ALLOW,
				 answer->row->reason, answer->row->rule, answer->class};
}

struct decision table_judge(const struct table *table, struct address address)
{
	struct lookup_answer answer = look_up(table, 0, address);

	return decision_of(&answer);
}

/* The kernel's clock runs in TAI, ahead of UTC by what it was told (0 where nobody told it). */
uint64_t table_moment(int64_t seconds)
{
	struct timespec tai, utc;

	if (clock_gettime(CLOCK_TAI, &tai) || clock_gettime(CLOCK_REALTIME, &utc))
		return (uint64_t)seconds * NANOSECONDS;
	int64_t ahead = tai.tv_sec - utc.tv_sec;
	return (uint64_t)(seconds + (ahead > 0 ? ahead : 0)) * NANOSECONDS;
}

struct decision table_judge_flow(const struct table *table, struct address address,
				 const struct table_flow *flow)
{
	const struct class_entry *entries = table->sections[TABLE_ENTRIES].bytes;
	struct lookup_answer answer = look_up(table, flow->scope, address);
	struct decision decision = decision_of(&answer);

	if (!answer.row || decision.verdict == VERDICT_ALLOW || !answer.row->entries)
		return decision;
	uint32_t found =
		lookup_entry(table, answer.row->entries,
			     (struct lookup_flow){flow->protocol, flow->later_fragment, flow->port},
			     table_moment(flow->seconds));
	if (!found)
		return decision;
	return (struct decision){entries[found - 1].verdict, entries[found - 1].reason,
				 entries[found - 1].rule, answer.class};
}
