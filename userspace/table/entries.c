// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/entries.h"

#include <errno.h>

#define ENTRIES_MOST (1u << (32 - ROW_ENTRIES_COUNT_BITS))

static uint32_t rule_entries(const struct rule *rule)
{
	return rule->service_count ? (uint32_t)rule->service_count : 1;
}

/* The exceptions that a row may have: rules of its scope, where they match. */
struct candidates {
	const struct rule *rules;
	const bool *matched;
	size_t count, first; /* number of the first */
};

/* How many entries a row needs. */
static uint32_t count_entries(const struct candidates *candidates)
{
	uint32_t count = 0;

	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->rules[i].kind == RULE_EXCEPT && candidates->matched[i])
			count += rule_entries(&candidates->rules[i]);
	return count;
}

/* None of a row that allows, and none where the sender may be in several scopes. */
static struct candidates candidates_of(const struct policy *policy, const struct intern *rule_sets,
				       const struct table *table, uint32_t row)
{
	const struct class_row *rows = table->sections[TABLE_ROWS].bytes;
	uint32_t set = table->classes[row % table->class_count].rules;
	uint32_t scope = row / table->class_count;
	size_t first;

	if (rows[row].act != ROW_DENY || set >= rule_sets->count || scope > policy->scope_count)
		return (struct candidates){0};
	const struct policy view = policy_of_scope(policy, scope, &first);
	const bool *matched = intern_key(rule_sets, set);
	return (struct candidates){view.rules, matched + first, view.rule_count, first};
}

static struct class_entry *put_rule(const struct rule *rule, uint16_t number,
				    struct class_entry *entry)
{
	static const struct service any = {0, 0, UINT16_MAX};
	const struct service *services = rule->service_count ? rule->services : &any;

	for (uint32_t i = 0; i < rule_entries(rule); i++)
		*entry++ = (struct class_entry){
			.until = table_moment(rule->until),
			.port_low = services[i].low,
			.port_high = services[i].high,
			.rule = number,
			.protocol = services[i].protocol,
			.verdict = VERDICT_ALLOW,
			.reason = REASON_RULE_EXCEPT,
			.flags = rule->service_count ? 0 : ENTRY_LATER_FRAGMENTS,
		};
	return entry;
}

static void put_row(const struct candidates *candidates, struct class_entry *entry)
{
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->rules[i].kind == RULE_EXCEPT && candidates->matched[i])
			entry = put_rule(&candidates->rules[i], (uint16_t)(candidates->first + i),
					 entry);
}

static int overflow(const struct policy *policy, uint32_t most, const char *what,
		    struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, EOVERFLOW, (struct location){.file = policy->file},
				 "exception overflow: over %u for %s; join those that differ in "
				 "one list only",
				 most, what);
}

int entries_fill(const struct policy *policy, const struct intern *rule_sets, struct table *table,
		 struct diagnostics *diagnostics)
{
	struct class_row *rows = table->sections[TABLE_ROWS].bytes;
	uint32_t total = 0;

	for (uint32_t i = 0; i < table->row_count; i++) {
		struct candidates candidates = candidates_of(policy, rule_sets, table, i);
		uint32_t count = count_entries(&candidates);

		if (count > ROW_ENTRIES_MOST)
			return overflow(policy, ROW_ENTRIES_MOST, "one destination", diagnostics);
		if (count > ENTRIES_MOST - total)
			return overflow(policy, ENTRIES_MOST, "all destinations", diagnostics);
		rows[i].entries = count ? ROW_ENTRIES(total, count) : 0;
		total += count;
	}
	if (table_section_alloc(table, TABLE_ENTRIES, total * sizeof(struct class_entry)))
		return -ENOMEM;
	struct class_entry *entries = table->sections[TABLE_ENTRIES].bytes;
	for (uint32_t i = 0; i < table->row_count; i++) {
		struct candidates candidates = candidates_of(policy, rule_sets, table, i);

		if (rows[i].entries)
			put_row(&candidates, &entries[ROW_ENTRIES_FIRST(rows[i].entries)]);
	}
	table->entry_count = total;
	return 0;
}
