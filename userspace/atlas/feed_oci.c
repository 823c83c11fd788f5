// SPDX-License-Identifier: GPL-2.0-or-later
/* Oracle Cloud's public_ip_ranges.json
 * (https://docs.oracle.com/iaas/Content/General/Concepts/addressranges.htm). */
#include <stdio.h>

#include "userspace/atlas/feed_json.h"

static const uint32_t asns[] = {31898, 792, 793, 794, 4192, 6142, 7160, 14506, 14544, 20054};

static int take_region(struct feed_json *feed, const json_t *item, const char *where)
{
	const char *region, *prefix;
	json_t *cidrs = NULL;
	int error = feed_json_text(feed, item, where, "region", &region);

	if (!error)
		error = feed_json_array(feed, item, where, "cidrs", &cidrs);
	for (size_t i = 0; !error && i < json_array_size(cidrs); i++) {
		char inside[64];

		snprintf(inside, sizeof(inside), "cidrs[%zu] of %s", i, where);
		error = feed_json_text(feed, json_array_get(cidrs, i), inside, "cidr", &prefix);
		if (!error)
			error = feed_json_row(feed, prefix, feed_json_region(feed, region));
	}
	return error;
}

int oci_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct feed_json feed;
	json_t *regions = NULL;
	const char *date;
	int error = feed_json_open(&feed, reader, context, rows);

	if (error)
		return error;
	feed.provider = DATA_OCI;
	error = feed_json_networks(&feed, asns, sizeof(asns) / sizeof(asns[0]), true);
	if (!error)
		error = feed_json_text(&feed, feed.root, "the file", "last_updated_timestamp",
				       &date);
	if (!error)
		error = feed_json_array(&feed, feed.root, "the file", "regions", &regions);
	for (size_t i = 0; !error && i < json_array_size(regions); i++) {
		char where[32];

		snprintf(where, sizeof(where), "regions[%zu]", i);
		error = take_region(&feed, json_array_get(regions, i), where);
	}
	if (!error)
		feed_json_describe(&feed, "Oracle Cloud", date);
	return feed_json_close(&feed, error);
}
