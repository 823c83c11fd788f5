// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AWS ip-ranges.json (https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html).
 *
 * "region" is the region that a local zone or a Wavelength zone belongs to, be it in another
 * country: that of us-east-1-bue-1 in Buenos Aires is us-east-1. "network_border_group" is where
 * the addresses are announced, so it is what the table is asked for. An unknown zone of a known
 * region is unknown.
 */
#include <stdio.h>

#include "userspace/atlas/feed_json.h"

/* The networks of Amazon.com, Inc. that its cloud is announced from. */
static const uint32_t asns[] = {16509, 14618, 7224,  8987,  9059,  10124, 17493,
				19047, 21664, 38895, 39111, 62785, 214101};

static int take_prefix(struct feed_json *feed, const json_t *item, const char *where,
		       const char *key)
{
	const char *prefix, *region, *group;
	int error = feed_json_text(feed, item, where, key, &prefix);

	if (!error)
		error = feed_json_text(feed, item, where, "region", &region);
	if (!error)
		error = feed_json_optional(feed, item, where, "network_border_group", &group);
	if (error)
		return error;
	return feed_json_row(feed, prefix, feed_json_region(feed, group ? group : region));
}

static int take_prefixes(struct feed_json *feed, const char *list, const char *key)
{
	json_t *items;
	int error = feed_json_array(feed, feed->root, "the file", list, &items);

	for (size_t i = 0; !error && i < json_array_size(items); i++) {
		char where[64];

		snprintf(where, sizeof(where), "%s[%zu]", list, i);
		error = take_prefix(feed, json_array_get(items, i), where, key);
	}
	return error;
}

int aws_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct feed_json feed;
	const char *date;
	int error = feed_json_open(&feed, reader, context, rows);

	if (error)
		return error;
	feed.provider = DATA_AWS;
	error = feed_json_networks(&feed, asns, sizeof(asns) / sizeof(asns[0]), true);
	if (!error)
		error = feed_json_text(&feed, feed.root, "the file", "createDate", &date);
	if (!error)
		error = take_prefixes(&feed, "prefixes", "ip_prefix");
	if (!error)
		error = take_prefixes(&feed, "ipv6_prefixes", "ipv6_prefix");
	if (!error)
		feed_json_describe(&feed, "AWS ip-ranges", date);
	return feed_json_close(&feed, error);
}
