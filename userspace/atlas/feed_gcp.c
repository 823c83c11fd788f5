// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Google Cloud's cloud.json (https://support.google.com/a/answer/10026322): the addresses of
 * customers, by region. The scope "global" has no country.
 */
#include <stdio.h>

#include "userspace/atlas/feed_json.h"

static const uint32_t asns[] = {396982, 15169, 19527, 16550, 36384, 36385, 36492, 41264, 43515};

static int take_prefix(struct feed_json *feed, const json_t *item, const char *where)
{
	const char *prefix, *scope;
	int error = feed_json_optional(feed, item, where, "ipv4Prefix", &prefix);

	if (!error && !prefix)
		error = feed_json_text(feed, item, where, "ipv6Prefix", &prefix);
	if (!error)
		error = feed_json_text(feed, item, where, "scope", &scope);
	return error ? error : feed_json_row(feed, prefix, feed_json_region(feed, scope));
}

int gcp_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct feed_json feed;
	json_t *items = NULL;
	const char *date;
	int error = feed_json_open(&feed, reader, context, rows);

	if (error)
		return error;
	feed.provider = DATA_GCP;
	error = feed_json_networks(&feed, asns, sizeof(asns) / sizeof(asns[0]), true);
	if (!error)
		error = feed_json_text(&feed, feed.root, "the file", "creationTime", &date);
	if (!error)
		error = feed_json_array(&feed, feed.root, "the file", "prefixes", &items);
	for (size_t i = 0; !error && i < json_array_size(items); i++) {
		char where[64];

		snprintf(where, sizeof(where), "prefixes[%zu]", i);
		error = take_prefix(&feed, json_array_get(items, i), where);
	}
	if (!error)
		feed_json_describe(&feed, "Google Cloud", date);
	return feed_json_close(&feed, error);
}
