// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads every source of a configuration.
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

#include "userspace/atlas/merge.h"
#include "userspace/atlas/regions.h"
#include "userspace/atlas/tables.h"

/* One thread's share. */
struct branch {
	const struct atlas_config *config;
	struct reader reader;
	struct arena arena;
	struct source *sources;
	size_t source_count;
	struct operators *operators;
	struct regions regions; /* of providers, for their feeds */
	struct merge_input *input;
	struct feed *feed;             /* that is read; else NULL */
	struct rows anycast[FAMILIES]; /* what soil sources flag, and the list of our own */
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
		.anycast = role == DATA_SOIL ? branch->anycast : NULL,
		.feed = branch->feed,
		.regions = &branch->regions,
		.data_dir = branch->config->data_dir,
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

/* One feed, of the networks that the policy names; else its reader knows them. */
static int read_feed(struct branch *branch, const struct data_file *file, struct feed *feed,
		     struct layer *layer)
{
	branch->feed = feed;
	int error = read_layer(branch, DATA_FEEDS, file, 1, layer);
	branch->feed = NULL;
	if (!error && file->asn_count) {
		free(feed->asns);
		feed->asn_count = file->asn_count;
		feed->asns = calloc(file->asn_count, sizeof(*feed->asns));
		if (!feed->asns)
			return no_memory(branch->diagnostics);
		memcpy(feed->asns, file->asns, file->asn_count * sizeof(*feed->asns));
	}
	if (error || feed->asn_count)
		return error;
	return diagnostics_error(branch->diagnostics, EINVAL, (struct location){.file = file->path},
				 "whose word this feed is, it does not say; name the networks in "
				 "the policy, the main one first: {file: %s, asn: [64500]}",
				 file->path);
}

static int read_feeds(struct branch *branch)
{
	const struct data_files *files = &branch->config->data.files[DATA_FEEDS];
	struct merge_input *input = branch->input;
	int error = 0;

	if (files->count > ATLAS_FEEDS_MOST)
		return diagnostics_error(
			branch->diagnostics, E2BIG,
			(struct location){.file = files->items[ATLAS_FEEDS_MOST].path},
			"over %d feeds; leave out some", ATLAS_FEEDS_MOST);
	for (size_t i = 0; i < files->count && !error; i++) {
		input->feed_count = i + 1;
		error = read_feed(branch, &files->items[i], &input->feed_of[i], &input->feeds[i]);
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
	error = close_source(branch, SOURCE_ANYCAST,
			     anycast_csv_read(&branch->reader, branch->anycast));
	if (!error && overlay_anycast(branch->anycast, &branch->input->anycast))
		error = no_memory(branch->diagnostics);
	return error;
}

/* Feeds alone ask for it. */
static int read_regions(struct branch *branch)
{
	if (!branch->config->data.files[DATA_FEEDS].count)
		return 0;
	int error = open_source(branch, NULL, EMBEDDED_REGIONS);

	if (error)
		return error;
	return close_source(branch, SOURCE_REGIONS,
			    regions_csv_read(&branch->reader, &branch->regions));
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
		error = read_regions(branch);
	if (!error)
		error = read_feeds(branch);
	if (!error)
		error = read_layer(branch, DATA_REGISTRY, registries->items, registries->count,
				   &input->registry);
	if (!error)
		error = read_anycast(branch);
	for (enum family family = 0; family < FAMILIES; family++)
		rows_free(&branch->anycast[family]);
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

int merge_input_read(const struct atlas_config *config, struct merge_input *input,
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
	diagnostics_move(&aside, diagnostics);
	int error = countries.error ? countries.error : networks.error;
	if (!error &&
	    (join_sources(atlas, &countries, &networks) || overlay_special(&input->special)))
		error = no_memory(diagnostics);
	atlas->soil_count = input->soil_count;
	atlas->feed_count = input->feed_count;
	atlas->arenas[0] = countries.arena;
	atlas->arenas[1] = networks.arena;
	regions_free(&countries.regions);
	free(countries.sources);
	free(networks.sources);
	return error;
}

void merge_input_free(struct merge_input *input)
{
	layer_free(&input->special);
	layer_free(&input->anycast);
	layer_free(&input->registry);
	rows_free(&input->registered);
	for (size_t i = 0; i < input->soil_count; i++)
		layer_free(&input->soil[i]);
	for (size_t i = 0; i < input->feed_count; i++) {
		layer_free(&input->feeds[i]);
		free(input->feed_of[i].asns);
	}
	for (size_t i = 0; i < input->asn_count; i++)
		layer_free(&input->asn[i]);
}
