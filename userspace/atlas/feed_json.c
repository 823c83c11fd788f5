// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/feed_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/regions.h"

/* The largest feed has 4 MB, and jansson makes some 8 bytes of each. */
#define FEED_BYTES_MOST ((size_t)64 << 20)

/* jansson forgets where a value stood. A text that is at fault is at fault wherever it stands. */
static void find_text(const struct reader *reader, const char *text, unsigned *line,
		      unsigned *column)
{
	char quoted[128];
	const char *bytes = reader->file.bytes;
	size_t size = (size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", text);

	*line = *column = 0;
	if (size >= sizeof(quoted))
		return;
	const char *found = memmem(bytes, reader->file.size, quoted, size);
	if (!found)
		return;
	*line = 1;
	const char *start = bytes, *end;
	while ((end = memchr(start, '\n', (size_t)(found - start)))) {
		start = end + 1;
		++*line;
	}
	*column = (unsigned)(found - start) + 1;
}

int feed_json_fault(struct feed_json *feed, const char *near, const char *format, ...)
{
	struct field field = {0};
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	feed->reader->csv.line = 0;
	if (near)
		find_text(feed->reader, near, &feed->reader->csv.line, &field.column);
	return reader_fault(feed->reader, EBADMSG, &field, "%s", text);
}

int feed_json_open(struct feed_json *feed, struct reader *reader,
		   const struct layer_context *context, struct layer_rows *rows)
{
	json_error_t fault;
	int error = reader_refuse_page(reader);

	*feed = (struct feed_json){.reader = reader, .context = context, .rows = rows};
	if (error)
		return error;
	if (reader->file.size > FEED_BYTES_MOST)
		return reader_fault(reader, EFBIG, NULL,
				    "%zu bytes, and at most %zu of a feed are read; is it one?",
				    reader->file.size, FEED_BYTES_MOST);
	feed->root =
		json_loadb(reader->file.bytes, reader->file.size, JSON_REJECT_DUPLICATES, &fault);
	if (!feed->root && json_error_code(&fault) == json_error_out_of_memory)
		return reader_no_memory(reader);
	if (!feed->root) {
		struct field field = {.column = fault.column > 0 ? (unsigned)fault.column : 0};

		reader->csv.line = fault.line > 0 ? (unsigned)fault.line : 0;
		return reader_fault(reader, EBADMSG, &field, "not JSON: %s; fetch the file again",
				    fault.text);
	}
	if (json_is_object(feed->root))
		return 0;
	json_decref(feed->root);
	feed->root = NULL;
	return feed_json_fault(feed, NULL, "not a JSON object; fetch the file again");
}

int feed_json_close(struct feed_json *feed, int error)
{
	json_decref(feed->root);
	feed->root = NULL;
	if (!error && !feed->reader->rows)
		error = feed_json_fault(feed, NULL, "no prefixes in it; fetch the file again");
	return error;
}

int feed_json_array(struct feed_json *feed, const json_t *object, const char *where,
		    const char *key, json_t **array)
{
	*array = json_object_get(object, key);
	if (json_is_array(*array))
		return 0;
	return feed_json_fault(feed, NULL, "%s has no list \"%s\"; fetch the file again", where,
			       key);
}

int feed_json_optional(struct feed_json *feed, const json_t *object, const char *where,
		       const char *key, const char **text)
{
	const json_t *value = json_object_get(object, key);

	*text = json_string_value(value);
	if (!value || *text)
		return 0;
	return feed_json_fault(feed, NULL, "\"%s\" of %s is no text; fetch the file again", key,
			       where);
}

int feed_json_text(struct feed_json *feed, const json_t *object, const char *where, const char *key,
		   const char **text)
{
	int error = feed_json_optional(feed, object, where, key, text);

	if (error || *text)
		return error;
	return feed_json_fault(feed, NULL, "%s has no \"%s\"; fetch the file again", where, key);
}

int feed_json_row(struct feed_json *feed, const char *text, uint32_t value)
{
	struct reader *reader = feed->reader;
	char suggestion[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	if (reader->rows == SOURCE_ROWS_MOST)
		return feed_json_fault(feed, NULL, "over %zu prefixes; is it a feed?",
				       SOURCE_ROWS_MOST);
	switch (prefix_parse(text, strlen(text), &prefix)) {
	case PREFIX_OK:
		reader->rows++;
		return layer_row(reader, feed->rows, (struct address){prefix.family, prefix.value},
				 prefix_last(&prefix), value);
	case PREFIX_HOST_BITS:
		return feed_json_fault(feed, text, "%.60s has bits set beyond its length; write %s",
				       text, prefix_format(&prefix, suggestion));
	default:
		return feed_json_fault(
			feed, text, "\"%.60s\" is not a prefix; write one like 192.0.2.0/24", text);
	}
}

uint32_t feed_json_region(const struct feed_json *feed, const char *region)
{
	country_t country = regions_find(feed->context->regions, feed->provider, region);

	return country ? country : LAYER_FEED_SILENT;
}

int feed_json_networks(struct feed_json *feed, const uint32_t *asns, size_t count, bool provider)
{
	const struct data_file *file = feed->context->file;
	struct feed *whose = feed->context->feed;

	if (!whose)
		return 0;
	if (file && file->asn_count) {
		asns = file->asns;
		count = file->asn_count;
	}
	uint32_t *copy = calloc(count ? count : 1, sizeof(*copy));
	if (!copy)
		return reader_no_memory(feed->reader);
	for (size_t i = 0; i < count; i++)
		copy[i] = asns[i];
	free(whose->asns);
	*whose = (struct feed){.asns = copy, .asn_count = count, .provider = provider};
	return 0;
}

void feed_json_describe(struct feed_json *feed, const char *name, const char *date)
{
	struct reader *reader = feed->reader;

	if (!reader->name[0])
		snprintf(reader->name, sizeof(reader->name), "%s", name);
	if (date)
		reader_set_date_text(reader, date);
}
