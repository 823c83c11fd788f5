// SPDX-License-Identifier: GPL-2.0-or-later
/* An apply's options, kept in its record: whoever finishes a swap must know them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/load.h"
#include "userspace/kernel/record.h"

json_t *record_kernel_part(const struct table *table, const struct kernel_options *options)
{
	json_t *guard = options->guard ? json_array() : json_null();

	for (size_t i = 0; options->guard && i < options->guard_count; i++)
		json_array_append_new(guard, json_string(options->guard[i]));
	return json_pack(
		"{s:i, s:i, s:b, s:b, s:I, s:o, s:o, s:I, s:I, s:I, s:I}", "table_abi", TABLE_ABI,
		"event_abi", EVENT_ABI, "monitor", options->monitor, "last_word",
		options->last_word, "control", (json_int_t)options->control, "guard", guard,
		"without", layers_names(options->without), "flow_interval_ns",
		(json_int_t)(options->flow_interval_ns ? options->flow_interval_ns
						       : FLOW_INTERVAL_DEFAULT_NS),
		"class_count", (json_int_t)table->class_count, "row_count",
		(json_int_t)table->row_count, "entry_count", (json_int_t)table->entry_count);
}

static int read_guard(const json_t *list, struct kernel_options *options)
{
	size_t count = json_array_size(list);
	char **globs = calloc(count ? count : 1, sizeof(*globs));

	if (!globs)
		return -ENOMEM;
	options->guard = globs;
	for (size_t i = 0; i < count; i++) {
		const char *glob = json_string_value(json_array_get(list, i));

		globs[i] = glob ? strdup(glob) : NULL;
		if (!globs[i])
			return -EBADMSG;
		options->guard_count++;
	}
	return 0;
}

int record_options(const json_t *record, struct kernel_options *options)
{
	const json_t *part = json_object_get(record, "kernel");
	const json_t *guard = json_object_get(part, "guard");
	struct kernel_options read = {
		.monitor = json_is_true(json_object_get(part, "monitor")),
		.last_word = json_is_true(json_object_get(part, "last_word")),
		.control = (uint32_t)json_integer_value(json_object_get(part, "control")),
		.without = layers_named(json_object_get(part, "without")),
		.flow_interval_ns =
			(uint64_t)json_integer_value(json_object_get(part, "flow_interval_ns")),
	};

	if (!json_is_object(part))
		return -EBADMSG;
	if (json_is_array(guard) && read_guard(guard, &read)) {
		record_options_free(&read);
		return -EBADMSG;
	}
	*options = read;
	return 0;
}

void record_options_free(struct kernel_options *options)
{
	for (size_t i = 0; i < options->guard_count; i++)
		free(options->guard[i]);
	free((void *)options->guard);
	*options = (struct kernel_options){0};
}
