// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/class_ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Megabytes that are written once from end to end: a page fault for every 4 kB would take a fifth
 * of the sweep. */
static void *allocate(size_t size)
{
	if (size < HUGE_PAGE)
		return malloc(size);
	size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *bytes = aligned_alloc(HUGE_PAGE, size);

	if (bytes)
		madvise(bytes, size, MADV_HUGEPAGE); /* a hint, which may be refused */
	return bytes;
}

int class_ranges_reserve(struct class_ranges *ranges, size_t capacity)
{
	ranges->starts = allocate(capacity * sizeof(*ranges->starts));
	ranges->classes = allocate(capacity * sizeof(*ranges->classes));
	return ranges->starts && ranges->classes ? 0 : -ENOMEM;
}

void class_ranges_free(struct class_ranges *ranges)
{
	free(ranges->starts);
	free(ranges->classes);
	*ranges = (struct class_ranges){0};
}
