/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which country each region of a cloud provider is. */
#ifndef GABELOU_ATLAS_REGIONS_H
#define GABELOU_ATLAS_REGIONS_H

#include "userspace/atlas/reader.h"

#define REGION_NAME_SIZE 64

struct region {
	enum data_format provider;   /* whose feed names it: DATA_AWS, ... */
	char name[REGION_NAME_SIZE]; /* as the feed writes it */
	country_t country;
	unsigned line;
};

/* All zero is an empty table. */
struct regions {
	struct region *items; /* sorted by provider and name */
	size_t count, capacity;
};

/* provider,region,country,source. Reads to the end of the file; a region that stands twice, a
 * provider that has no feed, a code that does not exist or a line without a source is refused. */
int regions_csv_read(struct reader *reader, struct regions *regions);
/* COUNTRY_NONE: not in the table. */
country_t regions_find(const struct regions *regions, enum data_format provider, const char *name);
void regions_free(struct regions *regions);

#endif
