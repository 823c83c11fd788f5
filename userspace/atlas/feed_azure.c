// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Azure's ServiceTags (https://www.microsoft.com/download/details.aspx?id=56519).
 *
 * The tag AzureCloud.REGION has all addresses of a region; AzureCloud has those of every region and
 * some that are in none. Other tags are about services: their addresses are in these, or are not
 * customers'. The region is named as in the tags: centralfrance is what the portal calls
 * francecentral. The file says no date, only the number of its change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/atlas/feed_json.h"

static const uint32_t asns[] = {8075, 8068, 8069, 8070, 8071, 8072, 8073, 8074, 12076, 6584, 3598};

#define TAG_ALL "AzureCloud"

static int take_tag(struct feed_json *feed, const json_t *tag, const char *name)
{
	const json_t *properties = json_object_get(tag, "properties");
	json_t *prefixes;
	const char *region = "";
	int error = feed_json_array(feed, properties, name, "addressPrefixes", &prefixes);

	if (!error && name[strlen(TAG_ALL)])
		error = feed_json_text(feed, properties, name, "region", &region);
	if (error)
		return error;
	uint32_t value = feed_json_region(feed, region);
	for (size_t i = 0; !error && i < json_array_size(prefixes); i++) {
		const char *prefix = json_string_value(json_array_get(prefixes, i));

		error = prefix ? feed_json_row(feed, prefix, value)
			       : feed_json_fault(feed, NULL,
						 "addressPrefixes[%zu] of %s is no text; fetch the "
						 "file again",
						 i, name);
	}
	return error;
}

static int take_tags(struct feed_json *feed)
{
	json_t *tags;
	int error = feed_json_array(feed, feed->root, "the file", "values", &tags);

	for (size_t i = 0; !error && i < json_array_size(tags); i++) {
		const json_t *tag = json_array_get(tags, i);
		const char *name;
		char where[64];

		snprintf(where, sizeof(where), "values[%zu]", i);
		error = feed_json_text(feed, tag, where, "name", &name);
		if (!error && (strcmp(name, TAG_ALL) == 0 ||
			       strncmp(name, TAG_ALL ".", strlen(TAG_ALL ".")) == 0))
			error = take_tag(feed, tag, name);
	}
	return error;
}

/* Azure China is another company's network. */
static int check_cloud(struct feed_json *feed, const char *cloud)
{
	const struct data_file *file = feed->context->file;

	if (strcmp(cloud, "Public") == 0 || strcmp(cloud, "AzureGovernment") == 0 ||
	    (file && file->asn_count))
		return 0;
	return feed_json_fault(feed, cloud,
			       "the networks of the cloud \"%.40s\" are not known; write `asns:` "
			       "with those whose list it is",
			       cloud);
}

int azure_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct feed_json feed;
	const char *cloud = NULL;
	char name[64];
	int error = feed_json_open(&feed, reader, context, rows);

	if (error)
		return error;
	feed.provider = DATA_AZURE;
	const json_t *number = json_object_get(feed.root, "changeNumber");
	error = feed_json_text(&feed, feed.root, "the file", "cloud", &cloud);
	if (!error && !json_is_integer(number))
		error = feed_json_fault(&feed, NULL,
					"the file has no number \"changeNumber\"; fetch the file "
					"again");
	if (!error)
		error = check_cloud(&feed, cloud);
	if (!error)
		error = feed_json_networks(&feed, asns, sizeof(asns) / sizeof(asns[0]), true);
	if (!error)
		error = take_tags(&feed);
	if (!error) {
		snprintf(name, sizeof(name), "Azure %.20s, change %lld", cloud,
			 (long long)json_integer_value(number));
		feed_json_describe(&feed, name, NULL);
	}
	return feed_json_close(&feed, error);
}
