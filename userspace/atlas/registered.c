// SPDX-License-Identifier: GPL-2.0-or-later
/* Where ASNs are registered, as the registries themselves say. */
#include "userspace/atlas/merge.h"

/* What holds at @asn. */
static uint32_t value_at(const struct changes *changes, uint32_t asn)
{
	size_t low = 0, high = changes->count; /* the answer is in [low, high) */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (changes->starts[middle] <= asn)
			low = middle;
		else
			high = middle;
	}
	return changes->values[low];
}

int registered_apply(const struct rows *registered, struct operators *operators)
{
	struct changes changes = {0};
	int error = rows_resolve(registered, UINT32_MAX, layer_clash(LAYER_COUNTRY), &changes);

	for (uint32_t i = 0; i < operators->count && !error; i++) {
		struct asn_operator *holder = &operators->entries[i].known;
		uint32_t value = value_at(&changes, holder->asn);

		if (!holder->registry && !layer_second_country(value))
			holder->registry = layer_first_country(value);
	}
	changes_free(&changes);
	return error;
}
