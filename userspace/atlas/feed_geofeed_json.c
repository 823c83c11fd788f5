// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An operator's geofeed as JSON, the form of Vultr (https://geofeed.constant.com/?json): what RFC
 * 8805 says in lines, with the ASN whose word it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/atlas/feed_json.h"

static int take_subnet(struct feed_json *feed, const json_t *item, const char *where)
{
	const char *prefix, *country;
	int error = feed_json_text(feed, item, where, "ip_prefix", &prefix);

	if (!error)
		error = feed_json_text(feed, item, where, "alpha2code", &country);
	if (error)
		return error;
	if (strlen(country) > 2)
		return feed_json_fault(feed, country,
				       "\"%.40s\" is not a country code; write two letters, as in "
				       "ISO 3166-1, or nothing where it is not known",
				       country);
	country_t code = country_parse(country, strlen(country));
	return feed_json_row(feed, prefix, code ? code : LAYER_FEED_SILENT);
}

static int take_networks(struct feed_json *feed)
{
	const json_t *asn = json_object_get(feed->root, "asn");
	const struct data_file *file = feed->context->file;
	json_int_t number = json_integer_value(asn);

	if (json_is_integer(asn) && number > 0 && number <= UINT32_MAX) {
		uint32_t network = (uint32_t)number;

		return feed_json_networks(feed, &network, 1, false);
	}
	if (!asn && file && file->asn_count)
		return feed_json_networks(feed, NULL, 0, false);
	return feed_json_fault(feed, NULL,
			       asn ? "\"asn\" is not an ASN; write a number up to 4294967295"
				   : "the file does not say whose word it is; write `asns:` with "
				     "the networks of the operator");
}

int geofeed_json_read(struct reader *reader, const struct layer_context *context,
		      struct layer_rows *rows)
{
	struct feed_json feed;
	json_t *items = NULL;
	const char *name, *date;
	int error = feed_json_open(&feed, reader, context, rows);

	if (error)
		return error;
	error = take_networks(&feed);
	if (!error)
		error = feed_json_optional(&feed, feed.root, "the file", "description", &name);
	if (!error)
		error = feed_json_optional(&feed, feed.root, "the file", "updated", &date);
	if (!error)
		error = feed_json_array(&feed, feed.root, "the file", "subnets", &items);
	for (size_t i = 0; !error && i < json_array_size(items); i++) {
		char where[64];

		snprintf(where, sizeof(where), "subnets[%zu]", i);
		error = take_subnet(&feed, json_array_get(items, i), where);
	}
	if (!error)
		feed_json_describe(&feed, name ? name : "geofeed", date);
	return feed_json_close(&feed, error);
}
