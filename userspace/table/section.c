// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory of a table's sections. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/table/table.h"

int table_section_alloc(struct table *table, enum table_section section, size_t size)
{
	size = size ? (size + 7) / 8 * 8 : 8;
	table->sections[section].size = size;
	if (table->memory && table->memory->allocate(section, size, &table->sections[section].bytes,
						     &table->sections[section].map) == 0)
		return 0;
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return -ENOMEM;
	/* A hint: fewer page faults while 32 MB are filled. It may be refused. */
	madvise(bytes, size, MADV_HUGEPAGE);
	table->sections[section].bytes = bytes;
	return 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (enum table_section i = 0; i < TABLE_SECTION_COUNT; i++) {
		if (table->sections[i].bytes)
			munmap(table->sections[i].bytes, table->sections[i].size);
		if (table->sections[i].map)
			close(table->sections[i].map);
	}
	free(table->classes);
	free(table);
}
