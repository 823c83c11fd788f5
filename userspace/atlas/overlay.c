// SPDX-License-Identifier: GPL-2.0-or-later
/* The layers that lie over all sources: special-use space, and anycast prefixes. */
#include "userspace/atlas/merge.h"
#include "userspace/atlas/special.h"

static int resolve(struct rows *rows, rows_clash clash, struct layer *layer)
{
	int error = 0;

	for (enum family family = 0; family < FAMILIES; family++) {
		if (!error)
			error = rows_resolve(&rows[family], family_last(family), clash,
					     &layer->changes[family]);
		rows_free(&rows[family]);
	}
	return error;
}

static uint32_t never_clashes(uint32_t first, uint32_t second)
{
	return first ? first : second;
}

int overlay_special(struct layer *layer)
{
	struct rows rows[FAMILIES] = {0};
	int error = 0;

	for (size_t i = 0; i < special_prefix_count && !error; i++) {
		const struct prefix *prefix = &special_prefixes[i].prefix;

		error = rows_append(&rows[prefix->family], prefix->value, prefix_last(prefix),
				    special_prefixes[i].special);
	}
	int unresolved = resolve(rows, never_clashes, layer);
	return error ? error : unresolved;
}

static uint32_t clash_anycast(uint32_t first, uint32_t second)
{
	return first | second;
}

int overlay_anycast(struct rows *rows, struct layer *layer)
{
	return resolve(rows, clash_anycast, layer);
}
