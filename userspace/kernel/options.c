// SPDX-License-Identifier: GPL-2.0-or-later
/* An apply's options, kept in its record: whoever finishes a swap must know them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/load.h"
#include "userspace/kernel/locals.h"
#include "userspace/kernel/record.h"

static json_t *globs_json(char *const *globs, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(globs[i]));
	return list;
}

/* [[protocol, low, high], ...] */
static json_t *replies_json(const struct kernel_options *options)
{
	json_t *list = json_array();

	for (size_t i = 0; i < options->reply_count; i++)
		json_array_append_new(list,
				      json_pack("[i, i, i]", options->replies[i].protocol,
						options->replies[i].low, options->replies[i].high));
	return list;
}

/* Of a record from before there were any: none. */
static int read_replies(const json_t *list, struct kernel_options *options)
{
	size_t size = json_array_size(list);

	if (size > REPLY_SERVICES_MOST)
		return -EBADMSG;
	for (size_t i = 0; i < size; i++) {
		const json_t *item = json_array_get(list, i);

		options->replies[i] = (struct reply_service){
			.protocol = (uint8_t)json_integer_value(json_array_get(item, 0)),
			.low = (uint16_t)json_integer_value(json_array_get(item, 1)),
			.high = (uint16_t)json_integer_value(json_array_get(item, 2)),
		};
	}
	options->reply_count = (uint8_t)size;
	return 0;
}

/* A list, and not a map: the first that matches counts. */
static json_t *roles_json(const struct kernel_options *options)
{
	json_t *list = json_array();

	for (size_t i = 0; i < options->role_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "glob", options->roles[i].glob,
						      "role", (int)options->roles[i].role));
	return list;
}

static json_t *names_json(const struct names *names)
{
	return globs_json(names->items, names->count);
}

/* But for their prefixes, which are in the table. */
static json_t *scopes_json(const struct kernel_options *options)
{
	json_t *list = json_array();

	for (size_t i = 0; i < options->scope_count; i++) {
		const struct policy_scope *scope = &options->scopes[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}", "name", scope->name,
						      "interfaces", names_json(&scope->interfaces),
						      "units", names_json(&scope->units), "cgroups",
						      names_json(&scope->cgroups)));
	}
	return list;
}

static json_t *lifeline_json(const struct kernel_options *options)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < options->lifeline_count; i++)
		json_array_append_new(list,
				      json_string(prefix_format(&options->lifeline[i], text)));
	return list;
}

json_t *record_kernel_part(const struct table *table, const struct kernel_options *options)
{
	json_t *guard =
		options->guard ? globs_json(options->guard, options->guard_count) : json_null();

	json_t *part = json_pack(
		"{s:o, s:o, s:i, s:i, s:b, s:b, s:b, s:I, s:o, s:o, s:o, s:s, s:b, s:b, s:o, s:I, "
		"s:I, s:I, s:I}",
		"abi", stamp_abi(), "programs", stamp_programs(), "table_abi", TABLE_ABI,
		"event_abi", EVENT_ABI, "monitor", options->monitor, "last_word",
		options->last_word, "reject", options->reject, "control",
		(json_int_t)options->control, "guard", guard, "inside",
		globs_json(options->inside, options->inside_count), "roles", roles_json(options),
		"sockets",
		options->without_sockets ? "off"
		: options->cgroup        ? options->cgroup
					 : "auto",
		"backstop", !options->without_backstop, "books", !options->without_books, "without",
		layers_names(options->without), "flow_interval_ns",
		(json_int_t)(options->flow_interval_ns ? options->flow_interval_ns
						       : FLOW_INTERVAL_DEFAULT_NS),
		"class_count", (json_int_t)table->class_count, "row_count",
		(json_int_t)table->row_count, "entry_count", (json_int_t)table->entry_count);

	if (part) {
		json_object_set_new(part, "replies", replies_json(options));
		json_object_set_new(part, "scopes", scopes_json(options));
		json_object_set_new(part, "lifeline", lifeline_json(options));
		json_object_set_new(part, "locals", locals_json(options));
	}
	return part;
}

/* The globs read so far belong to the caller, also on failure. */
static int read_globs(const json_t *list, char *const **globs, size_t *count)
{
	size_t size = json_array_size(list);
	char **read = calloc(size ? size : 1, sizeof(*read));

	if (!read)
		return -ENOMEM;
	*globs = read;
	for (size_t i = 0; i < size; i++) {
		const char *glob = json_string_value(json_array_get(list, i));

		read[i] = glob ? strdup(glob) : NULL;
		if (!read[i])
			return -EBADMSG;
		(*count)++;
	}
	return 0;
}

/* Of a record from before there were hooks: as if it said off. */
static int read_sockets(const char *sockets, struct kernel_options *options)
{
	options->without_sockets = !sockets || strcmp(sockets, "off") == 0;
	if (options->without_sockets || strcmp(sockets, "auto") == 0)
		return 0;
	options->cgroup = strdup(sockets);
	return options->cgroup ? 0 : -ENOMEM;
}

static int read_roles(const json_t *list, struct kernel_options *options)
{
	size_t size = json_array_size(list);
	struct role_glob *roles = calloc(size ? size : 1, sizeof(*roles));

	if (!roles)
		return -ENOMEM;
	options->roles = roles;
	for (size_t i = 0; i < size; i++) {
		const json_t *item = json_array_get(list, i);
		const char *glob = json_string_value(json_object_get(item, "glob"));

		roles[i].role =
			(enum interface_role)json_integer_value(json_object_get(item, "role"));
		roles[i].glob = glob ? strdup(glob) : NULL;
		options->role_count++;
		if (!roles[i].glob || roles[i].role > ROLE_GUEST)
			return -EBADMSG;
	}
	return 0;
}

static int read_names(const json_t *list, struct names *names)
{
	char *const *items = NULL;
	int error = read_globs(list, &items, &names->count);

	names->items = (char **)items;
	return error;
}

static int read_scopes(const json_t *list, struct kernel_options *options)
{
	size_t size = json_array_size(list);
	struct policy_scope *scopes = calloc(size ? size : 1, sizeof(*scopes));
	int error = 0;

	if (!scopes)
		return -ENOMEM;
	options->scopes = scopes;
	for (size_t i = 0; i < size && !error; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(item, "name"));

		options->scope_count++;
		scopes[i].name = name ? strdup(name) : NULL;
		error = scopes[i].name ? read_names(json_object_get(item, "interfaces"),
						    &scopes[i].interfaces)
				       : -EBADMSG;
		if (!error)
			error = read_names(json_object_get(item, "units"), &scopes[i].units);
		if (!error)
			error = read_names(json_object_get(item, "cgroups"), &scopes[i].cgroups);
	}
	return error;
}

/* Of a record from before it was in there: none. */
static int read_lifeline(const json_t *list, struct kernel_options *options)
{
	size_t size = json_array_size(list);
	struct prefix *lifeline = calloc(size ? size : 1, sizeof(*lifeline));

	if (!lifeline)
		return -ENOMEM;
	options->lifeline = lifeline;
	options->lifeline_count = size;
	for (size_t i = 0; i < size; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || prefix_parse(text, strlen(text), &lifeline[i]) != PREFIX_OK)
			return -EBADMSG;
	}
	return 0;
}

int record_options(const json_t *record, struct kernel_options *options)
{
	const json_t *part = json_object_get(record, "kernel");
	const json_t *guard = json_object_get(part, "guard");
	const json_t *inside = json_object_get(part, "inside");
	struct kernel_options read = {
		.monitor = json_is_true(json_object_get(part, "monitor")),
		.last_word = json_is_true(json_object_get(part, "last_word")),
		.reject = json_is_true(json_object_get(part, "reject")),
		.control = (uint32_t)json_integer_value(json_object_get(part, "control")),
		.without_backstop = json_is_false(json_object_get(part, "backstop")),
		.without_books = !json_is_true(json_object_get(part, "books")),
		.without = layers_named(json_object_get(part, "without")),
		.flow_interval_ns =
			(uint64_t)json_integer_value(json_object_get(part, "flow_interval_ns")),
	};

	const char *sockets = json_string_value(json_object_get(part, "sockets"));

	if (!json_is_object(part))
		return -EBADMSG;
	if ((json_is_array(guard) && read_globs(guard, &read.guard, &read.guard_count)) ||
	    (json_is_array(inside) && read_globs(inside, &read.inside, &read.inside_count)) ||
	    read_replies(json_object_get(part, "replies"), &read) ||
	    read_scopes(json_object_get(part, "scopes"), &read) ||
	    read_lifeline(json_object_get(part, "lifeline"), &read) ||
	    locals_read(json_object_get(part, "locals"), &read) ||
	    read_roles(json_object_get(part, "roles"), &read) || read_sockets(sockets, &read)) {
		record_options_free(&read);
		return -EBADMSG;
	}
	*options = read;
	return 0;
}

static void free_globs(char *const *globs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(globs[i]);
	free((void *)globs);
}

void record_options_free(struct kernel_options *options)
{
	free_globs(options->guard, options->guard_count);
	free_globs(options->inside, options->inside_count);
	free(options->cgroup);
	free((void *)options->lifeline);
	locals_free(options);
	for (size_t i = 0; i < options->role_count; i++)
		free(options->roles[i].glob);
	free((void *)options->roles);
	for (size_t i = 0; i < options->scope_count; i++) {
		free(options->scopes[i].name);
		free_globs(options->scopes[i].interfaces.items,
			   options->scopes[i].interfaces.count);
		free_globs(options->scopes[i].units.items, options->scopes[i].units.count);
		free_globs(options->scopes[i].cgroups.items, options->scopes[i].cgroups.count);
	}
	free((void *)options->scopes);
	*options = (struct kernel_options){0};
}
