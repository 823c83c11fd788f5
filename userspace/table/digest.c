// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/table.h"

struct digest table_digest(const struct table *table)
{
	struct digest digests[TABLE_SECTION_COUNT];

	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		digests[i] = digest_of(table->sections[i].bytes, table->sections[i].size);
	return digest_of(digests, sizeof(digests));
}
