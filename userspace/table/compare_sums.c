// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/compare_sums.h"

#include <errno.h>
#include <stdlib.h>

#define CAPACITY_FIRST 256

void sums_init(struct sums *sums)
{
	*sums = (struct sums){0};
	intern_init(&sums->keys, sizeof(uint32_t));
}

void sums_free(struct sums *sums)
{
	intern_free(&sums->keys);
	free(sums->items);
	*sums = (struct sums){0};
}

int64_t sums_find(struct sums *sums, uint32_t key)
{
	uint32_t known = sums->keys.count;

	if (known && sums->key == key)
		return (int64_t)sums->item;
	int64_t item = intern_add(&sums->keys, &key);
	if (item < 0)
		return item;
	if ((size_t)item >= sums->capacity) {
		size_t capacity = sums->capacity ? 2 * sums->capacity : CAPACITY_FIRST;
		struct compared *items = reallocarray(sums->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		sums->items = items;
		sums->capacity = capacity;
	}
	if (item == known)
		sums->items[item] = (struct compared){.name = "", .parent = ""};
	sums->key = key;
	sums->item = (size_t)item;
	return item;
}

/* How many CIDRs cover @first to @last exactly: the largest that fits, again and again. */
static uint64_t count_prefixes(enum family family, u128 first, u128 last)
{
	uint64_t count = 0;

	for (;;) {
		unsigned host = 0;

		while (host < family_bits(family) && !(first >> host & 1) &&
		       (first | (((u128)2 << host) - 1)) <= last)
			host++;
		count++;
		u128 end = first | (host == 128 ? ~(u128)0 : ((u128)1 << host) - 1);
		if (end == last)
			return count;
		first = end + 1;
	}
}

void sums_end(struct sums *sums, enum family family)
{
	struct run *run = &sums->run;

	if (!run->open)
		return;
	struct compare_space *space = &sums->items[run->item].space[family];
	uint64_t count = count_prefixes(family, run->first, run->last);

	if (run->direction == DIRECTION_LOST)
		space->lost_prefixes += count;
	else
		space->gained_prefixes += count;
	run->open = false;
}

void sums_change(struct sums *sums, enum family family, size_t item, enum direction direction,
		 u128 first, u128 last)
{
	struct compare_space *space = &sums->items[item].space[family];
	struct run *run = &sums->run;

	if (direction == DIRECTION_LOST)
		space->lost += last - first + 1;
	else
		space->gained += last - first + 1;
	if (run->open && run->item == item && run->direction == direction &&
	    run->last + 1 == first) {
		run->last = last;
		return;
	}
	sums_end(sums, family);
	*run = (struct run){true, direction, item, first, last};
}
