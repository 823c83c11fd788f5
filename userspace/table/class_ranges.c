// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/class_ranges.h"

#include <errno.h>
#include <stdlib.h>

int class_ranges_reserve(struct class_ranges *ranges, size_t capacity)
{
	ranges->starts = malloc(capacity * sizeof(*ranges->starts));
	ranges->classes = malloc(capacity * sizeof(*ranges->classes));
	return ranges->starts && ranges->classes ? 0 : -ENOMEM;
}

void class_ranges_free(struct class_ranges *ranges)
{
	free(ranges->starts);
	free(ranges->classes);
	*ranges = (struct class_ranges){0};
}
