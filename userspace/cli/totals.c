// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool totals_not_judged(enum reason reason)
{
	return reason == REASON_CONTROL || reason == REASON_LIFELINE || reason == REASON_LOCAL ||
	       reason == REASON_GATEWAY;
}

static void sum(struct counter *into, const struct counter *counter)
{
	into->packets += counter->packets;
	into->bytes += counter->bytes;
}

static void add(struct totals *totals, const struct class_info *info, enum verdict verdict,
		enum reason reason, const struct counter *counter)
{
	struct total *total = &totals->items[totals->count];

	sum(&totals->reasons[reason], counter);
	if (counter->packets == 0 || totals_not_judged(reason))
		return;
	/* Anycast has no one soil, whatever the sources say. */
	*total = (struct total){.soil = info->state == SOIL_AGREED ? info->soil : COUNTRY_NONE,
				.verdict = verdict,
				.reply = reason == REASON_REPLY,
				.counter = *counter};
	text_reach(&info->reach, total->owner);
	totals->count++;
}

static int by_kind(const void *a, const void *b)
{
	const struct total *left = a, *right = b;

	if (left->soil != right->soil)
		return left->soil < right->soil ? -1 : 1;
	int owner = strcmp(left->owner, right->owner);
	if (owner)
		return owner;
	if (left->verdict != right->verdict)
		return (int)left->verdict - (int)right->verdict;
	return (int)left->reply - (int)right->reply;
}

static int by_packets(const void *a, const void *b)
{
	const struct total *left = a, *right = b;

	if (left->counter.packets != right->counter.packets)
		return left->counter.packets > right->counter.packets ? -1 : 1;
	return by_kind(a, b);
}

/* Rows of one kind stand together after sorting. */
static void merge(struct totals *totals)
{
	size_t kept = 0;

	qsort(totals->items, totals->count, sizeof(*totals->items), by_kind);
	for (size_t i = 0; i < totals->count; i++) {
		if (kept && by_kind(&totals->items[kept - 1], &totals->items[i]) == 0)
			sum(&totals->items[kept - 1].counter, &totals->items[i].counter);
		else
			totals->items[kept++] = totals->items[i];
	}
	totals->count = kept;
	qsort(totals->items, totals->count, sizeof(*totals->items), by_packets);
}

int totals_of(const struct manifest *manifest, const struct counter *counters, size_t count,
	      struct totals *totals)
{
	size_t rows = manifest->row_count, entries = manifest->entry_count;

	bool replies = count == COUNTER_SLOTS_WITH_REPLIES(rows, entries);

	if (!replies && count != COUNTER_SLOTS(rows, entries))
		return -EINVAL;
	*totals = (struct totals){.items = calloc(2 * rows + entries + 1, sizeof(*totals->items))};
	if (!totals->items)
		return -ENOMEM;
	for (size_t i = 0; i < REASON_COUNT; i++)
		sum(&totals->reasons[i], &counters[i]);
	for (size_t i = 0; i < rows; i++) {
		const struct manifest_row *row = &manifest->rows[i];

		add(totals, &row->info, row->act == ROW_ALLOW ? VERDICT_ALLOW : VERDICT_DENY,
		    row->reason, &counters[COUNTER_OF_ROW(i)]);
	}
	for (size_t i = 0; i < entries; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];

		add(totals, &manifest->rows[entry->row].info, entry->verdict, entry->reason,
		    &counters[COUNTER_OF_ENTRY(rows, i)]);
	}
	for (size_t i = 0; replies && i < rows; i++)
		add(totals, &manifest->rows[i].info, VERDICT_ALLOW, REASON_REPLY,
		    &counters[COUNTER_OF_REPLY(rows, entries, i)]);
	merge(totals);
	return 0;
}
