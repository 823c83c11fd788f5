// SPDX-License-Identifier: GPL-2.0-or-later
/* From sums to lists that people read: names, owners, and what changed most first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/table/compare_sums.h"

/* Takes the rows of a sums. */
static struct compare_list list_of(struct sums *sums)
{
	struct compare_list list = {.items = sums->items, .count = sums->keys.count};

	sums->items = NULL;
	return list;
}

/* An ASN's name and owner, as one side's data has them. */
static void name_asn(const struct atlas *atlas, struct compared *item)
{
	const struct asn_operator *asn_operator =
		item->asn && atlas ? atlas_operator(atlas, item->asn) : NULL;

	item->owner = item->asn ? COMPARE_UNLISTED : COMPARE_UNROUTED;
	if (!asn_operator)
		return;
	item->name = asn_operator->name;
	if (asn_operator->basis == OWNER_UNKNOWN)
		return;
	item->owner = COMPARE_LISTED;
	item->parent = *asn_operator->parent ? asn_operator->parent : asn_operator->organisation;
	item->country =
		asn_operator->parent_country ? asn_operator->parent_country : asn_operator->seat;
}

static bool passes_after(const struct compared *item)
{
	return item->space[FAMILY_V4].after || item->space[FAMILY_V6].after;
}

/* What one side says of an ASN; the rest is 0. */
static struct compared half_of(const struct compared *asn, bool after, const struct atlas *atlas)
{
	struct compared half = {.asn = asn->asn, .name = "", .parent = ""};

	name_asn(atlas, &half);
	for (enum family family = 0; family < FAMILIES; family++) {
		const struct compare_space *space = &asn->space[family];

		half.space[family] =
			after ? (struct compare_space){.after = space->after,
						       .gained = space->gained,
						       .gained_prefixes = space->gained_prefixes}
			      : (struct compare_space){.before = space->before,
						       .lost = space->lost,
						       .lost_prefixes = space->lost_prefixes};
	}
	half.asn = 0;
	half.name = "";
	return half;
}

static int compare_owners(const void *a, const void *b)
{
	const struct compared *left = a, *right = b;

	if (left->owner != right->owner)
		return left->owner < right->owner ? -1 : 1;
	if (left->country != right->country)
		return left->country < right->country ? -1 : 1;
	return strcmp(left->parent, right->parent);
}

static void add(struct compared *to, const struct compared *from)
{
	for (enum family family = 0; family < FAMILIES; family++) {
		struct compare_space *sum = &to->space[family];
		const struct compare_space *part = &from->space[family];

		sum->before += part->before;
		sum->after += part->after;
		sum->lost += part->lost;
		sum->gained += part->gained;
		sum->lost_prefixes += part->lost_prefixes;
		sum->gained_prefixes += part->gained_prefixes;
	}
}

static int list_owners(const struct compare_list *asns, const struct atlas *before,
		       const struct atlas *after, struct compare_list *owners)
{
	struct compared *halves = calloc(2 * asns->count + 1, sizeof(*halves));

	if (!halves)
		return -ENOMEM;
	for (size_t i = 0; i < asns->count; i++) {
		halves[2 * i] = half_of(&asns->items[i], false, before);
		halves[2 * i + 1] = half_of(&asns->items[i], true, after);
	}
	qsort(halves, 2 * asns->count, sizeof(*halves), compare_owners);
	*owners = (struct compare_list){.items = halves};
	for (size_t i = 0; i < 2 * asns->count; i++) {
		struct compared *last = owners->count ? &halves[owners->count - 1] : NULL;

		if (last && compare_owners(last, &halves[i]) == 0)
			add(last, &halves[i]);
		else
			halves[owners->count++] = halves[i];
	}
	return 0;
}

/* The share of all that changed, of both families together: 0 to 2. */
static double weight(const struct compared *item, const struct compare_space *totals)
{
	double sum = 0;

	for (enum family family = 0; family < FAMILIES; family++) {
		u128 all = totals[family].lost + totals[family].gained;

		if (all)
			sum += (double)(item->space[family].lost + item->space[family].gained) /
			       (double)all;
	}
	return sum;
}

static int compare_weights(const void *a, const void *b, void *totals)
{
	const struct compared *left = a, *right = b;
	double left_weight = weight(left, totals), right_weight = weight(right, totals);

	if (left_weight != right_weight)
		return left_weight > right_weight ? -1 : 1;
	if (left->asn != right->asn)
		return left->asn < right->asn ? -1 : 1;
	return compare_owners(left, right);
}

/* Drops rows of nothing (an owner of only one side), and sorts the others. */
static void sort(struct compare_list *list, struct compare_space *totals)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct compare_space *space = list->items[i].space;

		if (!space[FAMILY_V4].before && !space[FAMILY_V4].after &&
		    !space[FAMILY_V6].before && !space[FAMILY_V6].after)
			continue;
		list->changed += space[FAMILY_V4].lost || space[FAMILY_V4].gained ||
				 space[FAMILY_V6].lost || space[FAMILY_V6].gained;
		list->items[kept++] = list->items[i];
	}
	list->count = kept;
	if (kept)
		qsort_r(list->items, kept, sizeof(*list->items), compare_weights, totals);
}

int sums_lists(struct sums *countries, struct sums *asns, const struct atlas *before,
	       const struct atlas *after, struct comparison *comparison)
{
	if (!before)
		before = after;
	if (!after)
		after = before;
	comparison->countries = list_of(countries);
	comparison->asns = list_of(asns);
	int error = list_owners(&comparison->asns, before, after, &comparison->owners);
	if (error)
		return error;
	for (size_t i = 0; i < comparison->asns.count; i++) {
		struct compared *item = &comparison->asns.items[i];

		name_asn(passes_after(item) ? after : before, item);
	}
	sort(&comparison->countries, comparison->judged);
	sort(&comparison->owners, comparison->judged);
	sort(&comparison->asns, comparison->judged);
	return 0;
}
