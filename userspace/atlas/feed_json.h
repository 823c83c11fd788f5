/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the providers' JSON files share: strict reading, rows of a feed, and where a fault stands.
 */
#ifndef GABELOU_ATLAS_FEED_JSON_H
#define GABELOU_ATLAS_FEED_JSON_H

#include <jansson.h>

#include "userspace/atlas/layer.h"

struct feed_json {
	struct reader *reader;
	const struct layer_context *context;
	struct layer_rows *rows;
	enum data_format provider; /* whose regions they are */
	json_t *root;              /* an object */
};

/* Parses the whole file into @feed->root, an object. The caller frees it with feed_json_close. 0 or
 * -errno with a message that has line and column. */
int feed_json_open(struct feed_json *feed, struct reader *reader,
		   const struct layer_context *context, struct layer_rows *rows);
/* The end of every reader: passes @error on, and refuses a feed without rows. */
int feed_json_close(struct feed_json *feed, int error);

/* A part of @object, of which a message says that it is in @where. 0 or -errno with a message. */
int feed_json_array(struct feed_json *feed, const json_t *object, const char *where,
		    const char *key, json_t **array);
int feed_json_text(struct feed_json *feed, const json_t *object, const char *where, const char *key,
		   const char **text);
/* The same, NULL if there is no such key. */
int feed_json_optional(struct feed_json *feed, const json_t *object, const char *where,
		       const char *key, const char **text);

/* A row of the feed. @value is a country, or LAYER_FEED_SILENT. */
int feed_json_row(struct feed_json *feed, const char *prefix, uint32_t value);
/* The country of a region; LAYER_FEED_SILENT, if the table does not know it. Never guessed. */
uint32_t feed_json_region(const struct feed_json *feed, const char *region);

/* Whose word it is: the networks that the policy names, else these. */
int feed_json_networks(struct feed_json *feed, const uint32_t *asns, size_t count, bool provider);
void feed_json_describe(struct feed_json *feed, const char *name, const char *date);

/* Points to where @near stands in the file, as a JSON string; NULL: to the file. Returns -EBADMSG.
 */
int feed_json_fault(struct feed_json *feed, const char *near, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
