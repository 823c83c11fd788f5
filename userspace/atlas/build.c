// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads every source of a configuration, and merges them.
 *
 * Countries and ASNs are read side by side by two threads that share nothing that either writes:
 * reading is most of the time, and half of it is on the way of whoever waits for a new policy.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/cache.h"
#include "userspace/atlas/special.h"
#include "userspace/atlas/tables.h"

/* One thread's share. */
struct branch {
	const struct atlas_config *config;
	struct reader reader;
	struct arena arena;
	struct source *sources;
	size_t source_count;
	struct operators *operators;
	struct merge_input *input;
	struct diagnostics *diagnostics;
	int error;
};

static int no_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

/* Opens @path, or the embedded file @name. */
static int open_source(struct branch *branch, const char *path, const char *name)
{
	char embedded[PATH_MAX];

	if (path)
		return reader_open(&branch->reader, path, branch->diagnostics);
	if ((size_t)snprintf(embedded, sizeof(embedded), "%s/%s", branch->config->data_dir, name) >=
	    sizeof(embedded))
		return diagnostics_error(branch->diagnostics, ENAMETOOLONG,
					 (struct location){.file = name},
					 "the path of the data folder is too long; use a shorter "
					 "one");
	return reader_open(&branch->reader, embedded, branch->diagnostics);
}

/* Notes what was read and closes it; passes @error on. */
static int close_source(struct branch *branch, enum source_role role, int error)
{
	if (!error) {
		struct source *sources =
			reallocarray(branch->sources, branch->source_count + 1, sizeof(*sources));
		if (sources)
			branch->sources = sources;
		if (!sources || reader_describe(&branch->reader, role, &branch->arena,
						&sources[branch->source_count]))
			error = no_memory(branch->diagnostics);
		else
			branch->source_count++;
	}
	reader_close(&branch->reader);
	return error;
}

/* What is read under a role. */
static const struct {
	enum source_role source;
	enum layer_kind kind;
	const char *embedded; /* what is read without a file of one's own; NULL: nothing */
} roles[DATA_ROLES] = {
	[DATA_SOIL] = {SOURCE_SOIL, LAYER_COUNTRY, EMBEDDED_SOIL},
	[DATA_FEEDS] = {SOURCE_FEED, LAYER_FEED, NULL},
	[DATA_REGISTRY] = {SOURCE_REGISTRY, LAYER_COUNTRY, EMBEDDED_REGISTRY},
	[DATA_ASN] = {SOURCE_ASN, LAYER_ASN, EMBEDDED_ASN},
	[DATA_OWNER] = {SOURCE_OWNER, LAYER_COUNTRY, EMBEDDED_OWNERS},
};

static int read_file(struct branch *branch, enum data_role role, const struct data_file *file,
		     struct layer_rows *rows)
{
	struct layer_context context = {
		.kind = roles[role].kind,
		.role = role,
		.file = file,
		.operators = branch->operators,
		.arena = &branch->arena,
		.asns = role == DATA_REGISTRY ? &branch->input->registered : NULL,
	};
	int error = open_source(branch, file ? file->path : NULL, roles[role].embedded);

	if (error)
		return error;
	error = layer_rows_read(&branch->reader, &context, rows);
	if (file && file->name)
		snprintf(branch->reader.name, sizeof(branch->reader.name), "%s", file->name);
	return close_source(branch, roles[role].source, error);
}

/* All files of @files, or the embedded one if there are none, as one layer. */
static int read_layer(struct branch *branch, enum data_role role, const struct data_file *files,
		      size_t count, struct layer *layer)
{
	struct layer_rows rows = {.layer = layer};
	int error = count ? 0 : read_file(branch, role, NULL, &rows);

	for (size_t i = 0; i < count && !error; i++)
		error = read_file(branch, role, &files[i], &rows);
	if (!error && layer_resolve(&rows, roles[role].kind))
		error = no_memory(branch->diagnostics);
	layer_rows_free(&rows);
	return error;
}

/* The files of a role that votes, or the embedded one. */
static int read_layers(struct branch *branch, enum data_role role, struct layer *layers,
		       size_t most, size_t *count)
{
	const struct data_files *files = &branch->config->data.files[role];
	int error = 0;

	if (files->count > most)
		return diagnostics_error(branch->diagnostics, E2BIG,
					 (struct location){.file = files->items[most].path},
					 "over %zu %s sources; leave out some", most,
					 data_role_name(role));
	if (!files->count) {
		*count = 1;
		return read_layer(branch, role, NULL, 0, &layers[0]);
	}
	for (size_t i = 0; i < files->count && !error; i++) {
		*count = i + 1;
		error = read_layer(branch, role, &files->items[i], 1, &layers[i]);
	}
	return error;
}

/* Files of the data folder are ours; all others are the user's own. */
static bool is_local(const char *path, const char *data_dir)
{
	char *real = realpath(path, NULL), *folder = realpath(data_dir, NULL);
	size_t length = folder ? strlen(folder) : 0;
	bool ours = real && folder && strncmp(real, folder, length) == 0 && real[length] == '/';

	free(real);
	free(folder);
	return !ours;
}

static int read_owner(struct branch *branch, const char *path, unsigned number)
{
	struct owner_file file = {
		.number = number,
		.local = path && is_local(path, branch->config->data_dir),
		.now = branch->config->now,
	};
	int error = open_source(branch, path, EMBEDDED_OWNERS);

	if (error)
		return error;
	return close_source(
		branch, SOURCE_OWNER,
		owners_csv_read(&branch->reader, &file, branch->operators, &branch->arena));
}

static int read_owners(struct branch *branch)
{
	const struct data_files *files = &branch->config->data.files[DATA_OWNER];
	int error = files->count ? 0 : read_owner(branch, NULL, 1);

	for (size_t i = 0; i < files->count && !error; i++)
		error = read_owner(branch, files->items[i].path, (unsigned)i + 1);
	return error;
}

static int read_tables(struct branch *branch)
{
	struct operators *operators = branch->operators;
	struct arena *arena = &branch->arena;
	int error = open_source(branch, NULL, EMBEDDED_ASN_NAMES);

	if (!error)
		error = close_source(branch, SOURCE_ASN_NAMES,
				     names_csv_read(&branch->reader, operators, arena));
	if (!error)
		error = read_owners(branch);
	if (!error)
		error = open_source(branch, NULL, EMBEDDED_DOUBTFUL);
	if (!error)
		error = close_source(branch, SOURCE_DOUBTFUL,
				     doubtful_csv_read(&branch->reader, operators, arena));
	return error;
}

static int read_anycast(struct branch *branch)
{
	int error = open_source(branch, NULL, EMBEDDED_ANYCAST);

	if (error)
		return error;
	return close_source(branch, SOURCE_ANYCAST,
			    anycast_csv_read(&branch->reader, &branch->input->anycast));
}

static uint32_t never_clashes(uint32_t first, uint32_t second)
{
	return first ? first : second;
}

static int fill_special(struct layer *layer)
{
	struct rows rows[FAMILIES] = {0};
	int error = 0;

	for (size_t i = 0; i < special_prefix_count && !error; i++) {
		const struct prefix *prefix = &special_prefixes[i].prefix;

		error = rows_append(&rows[prefix->family], prefix->value, prefix_last(prefix),
				    special_prefixes[i].special);
	}
	for (enum family family = 0; family < FAMILIES; family++) {
		if (!error)
			error = rows_resolve(&rows[family], family_last(family), never_clashes,
					     &layer->changes[family]);
		rows_free(&rows[family]);
	}
	return error;
}

/* What speaks of countries; never touches the operators. */
static void *read_countries(void *argument)
{
	struct branch *branch = argument;
	struct merge_input *input = branch->input;
	const struct data_files *registries = &branch->config->data.files[DATA_REGISTRY];
	int error = read_layers(branch, DATA_SOIL, input->soil, ATLAS_SOIL_SOURCES_MOST,
				&input->soil_count);

	if (!error)
		error = read_layer(branch, DATA_REGISTRY, registries->items, registries->count,
				   &input->registry);
	if (!error)
		error = read_anycast(branch);
	branch->error = error;
	return NULL;
}

/* What speaks of ASNs and their operators. */
static void *read_networks(void *argument)
{
	struct branch *branch = argument;
	struct merge_input *input = branch->input;
	int error = read_layers(branch, DATA_ASN, input->asn, ATLAS_ASN_SOURCES_MOST,
				&input->asn_count);

	branch->error = error ? error : read_tables(branch);
	return NULL;
}

static void read_side_by_side(struct branch *countries, struct branch *networks)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, read_networks, networks)) {
		read_networks(networks);
		read_countries(countries);
		return;
	}
	read_countries(countries);
	pthread_join(thread, NULL);
}

/* Soil sources come first of all. */
static int join_sources(struct atlas *atlas, struct branch *countries, struct branch *networks)
{
	size_t count = countries->source_count + networks->source_count;
	struct source *sources = reallocarray(countries->sources, count, sizeof(*sources));

	if (!sources)
		return -ENOMEM;
	memcpy(sources + countries->source_count, networks->sources,
	       networks->source_count * sizeof(*sources));
	countries->sources = NULL;
	atlas->sources = sources;
	atlas->source_count = count;
	return 0;
}

static void join_diagnostics(struct diagnostics *diagnostics, const struct diagnostics *more)
{
	for (size_t i = 0; i < more->count; i++) {
		const struct diagnostic *item = &more->items[i];
		struct location where = {item->file, item->line, item->column};
		const char *text = item->text ? item->text : "out of memory";

		if (item->severity == SEVERITY_ERROR)
			diagnostics_error(diagnostics, EINVAL, where, "%s", text);
		else
			diagnostics_warn(diagnostics, where, "%s", text);
	}
}

static int read_all(const struct atlas_config *config, struct merge_input *input,
		    struct atlas *atlas, struct diagnostics *diagnostics)
{
	struct diagnostics aside = {0};
	struct branch countries = {
		.config = config,
		.input = input,
		.diagnostics = diagnostics,
	};
	struct branch networks = {
		.config = config,
		.input = input,
		.operators = &atlas->operators,
		.diagnostics = &aside,
	};

	read_side_by_side(&countries, &networks);
	join_diagnostics(diagnostics, &aside);
	diagnostics_free(&aside);
	int error = countries.error ? countries.error : networks.error;
	if (!error && (join_sources(atlas, &countries, &networks) || fill_special(&input->special)))
		error = no_memory(diagnostics);
	atlas->soil_count = input->soil_count;
	atlas->arenas[0] = countries.arena;
	atlas->arenas[1] = networks.arena;
	free(countries.sources);
	free(networks.sources);
	return error;
}

static void free_input(struct merge_input *input)
{
	layer_free(&input->special);
	layer_free(&input->anycast);
	layer_free(&input->registry);
	rows_free(&input->registered);
	for (size_t i = 0; i < input->soil_count; i++)
		layer_free(&input->soil[i]);
	for (size_t i = 0; i < input->asn_count; i++)
		layer_free(&input->asn[i]);
}

int atlas_build(const struct atlas_config *config, struct atlas **atlas,
		struct diagnostics *diagnostics)
{
	struct merge_input input = {0};
	struct atlas *result = calloc(1, sizeof(*result));

	if (!result)
		return no_memory(diagnostics);
	result->agree = config->data.agree;
	int error = read_all(config, &input, result, diagnostics);
	if (!error && (merge_layers(&input, result) ||
		       registered_apply(&input.registered, &result->operators)))
		error = no_memory(diagnostics);
	free_input(&input);
	if (error) {
		atlas_free(result);
		return error;
	}
	operators_infer_seats(&result->operators);
	*atlas = result;
	return 0;
}

int atlas_open(const struct atlas_config *config, const char *folder, struct atlas **atlas,
	       struct diagnostics *diagnostics)
{
	size_t said = diagnostics->count;
	struct digest key, again;

	if (cache_key(config, &key))
		return atlas_build(config, atlas, diagnostics);
	if (cache_load(folder, &key, atlas) == 0) {
		(*atlas)->agree = config->data.agree;
		return 0;
	}
	int error = atlas_build(config, atlas, diagnostics);
	/* What was warned of must be warned of again, so it is built again. A source that changed
	 * meanwhile belongs to another key. A cache that cannot be written costs time, not truth.
	 */
	if (!error && diagnostics->count == said && !cache_key(config, &again) &&
	    memcmp(&key, &again, sizeof(key)) == 0)
		cache_save(folder, &key, *atlas);
	return error;
}
