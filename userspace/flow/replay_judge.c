// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "userspace/flow/replay.h"

static int compare_changes(const void *a, const void *b)
{
	const struct replay_target *left = &((const struct replay_change *)a)->target;
	const struct replay_target *right = &((const struct replay_change *)b)->target;

	if (left->packets != right->packets)
		return left->packets > right->packets ? -1 : 1;
	if (left->flows != right->flows)
		return left->flows > right->flows ? -1 : 1;
	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	if (left->address.family != right->address.family)
		return left->address.family < right->address.family ? -1 : 1;
	return left->address.value < right->address.value ? -1 : 1;
}

static void add(struct replay_list *list, const struct replay_change *change)
{
	list->items[list->count++] = *change;
	list->flows += change->target.flows;
	list->packets += change->target.packets;
	list->bytes += change->target.bytes;
}

/* Two passes: the first counts how many there are, so that memory is what is needed. */
static void judge(const struct replay *replay, const struct table *before,
		  const struct table *after, struct replay_verdicts *verdicts, size_t counts[2])
{
	counts[VERDICT_DENY] = counts[VERDICT_ALLOW] = 0;
	for (size_t i = 0; i < replay->count; i++) {
		struct replay_change change = {
			replay->targets[i],
			table_judge(before, replay->targets[i].address),
			table_judge(after, replay->targets[i].address),
		};

		if (change.before.verdict == change.after.verdict)
			continue;
		counts[change.after.verdict]++;
		if (verdicts)
			add(change.after.verdict == VERDICT_DENY ? &verdicts->cut
								 : &verdicts->let_out,
			    &change);
	}
}

int replay_judge(const struct replay *replay, const struct table *before, const struct table *after,
		 struct replay_verdicts *verdicts)
{
	size_t counts[2];

	judge(replay, before, after, NULL, counts);
	*verdicts = (struct replay_verdicts){
		.cut.items = calloc(counts[VERDICT_DENY] + 1, sizeof(struct replay_change)),
		.let_out.items = calloc(counts[VERDICT_ALLOW] + 1, sizeof(struct replay_change)),
	};
	if (!verdicts->cut.items || !verdicts->let_out.items)
		return -ENOMEM;
	judge(replay, before, after, verdicts, counts);
	qsort(verdicts->cut.items, verdicts->cut.count, sizeof(struct replay_change),
	      compare_changes);
	qsort(verdicts->let_out.items, verdicts->let_out.count, sizeof(struct replay_change),
	      compare_changes);
	return 0;
}

void replay_verdicts_free(struct replay_verdicts *verdicts)
{
	free(verdicts->cut.items);
	free(verdicts->let_out.items);
	*verdicts = (struct replay_verdicts){0};
}
