// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/pipeline.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/kernel.h"

static int out_of_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

/* The data/ of the checkout that this binary was built in, or NULL. */
static char *checkout_data_dir(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');

		if (!slash)
			return NULL;
		*slash = '\0';
		if (up == 0 && (!strrchr(path, '/') || strcmp(strrchr(path, '/'), "/build") != 0))
			return NULL;
	}
	length = strlen(path);
	if ((size_t)length + sizeof("/data") > sizeof(path))
		return NULL;
	strcpy(path + length, "/data");
	return realpath(path, NULL);
}

char *pipeline_data_dir(struct diagnostics *diagnostics)
{
	static const char installed[] = GABELOU_PREFIX "/share/gabelou";
	const char *named = getenv("GABELOU_DATA");
	char *dir;

	if (named && *named) {
		dir = realpath(named, NULL);
		if (!dir)
			diagnostics_error(diagnostics, errno, (struct location){.file = named},
					  "no such data folder (from $GABELOU_DATA): %s; unset it "
					  "or name the folder that holds groups.csv",
					  strerror(errno));
		return dir;
	}
	dir = checkout_data_dir();
	if (!dir)
		dir = realpath(installed, NULL);
	if (!dir)
		diagnostics_error(diagnostics, ENOENT, (struct location){.file = installed},
				  "the data folder is missing; run 'make install', or name one in "
				  "$GABELOU_DATA");
	return dir;
}

static int read_groups(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	char path[PATH_MAX];

	pipeline->data_dir = pipeline_data_dir(diagnostics);
	if (!pipeline->data_dir)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/groups.csv", pipeline->data_dir);
	return groups_read(path, &pipeline->groups, diagnostics);
}

char *pipeline_absolute(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
	char *real = folder ? realpath(folder, NULL) : NULL, *absolute = NULL;

	/* A folder that is gone, of a record: then there is only the name. */
	if (!real)
		absolute = strdup(path);
	else if (asprintf(&absolute, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) < 0)
		absolute = NULL;
	free(folder);
	free(real);
	return absolute;
}

static int parse(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	int error = read_groups(pipeline, diagnostics);

	if (!error)
		error = policy_parse_sources(&pipeline->sources, pipeline->groups,
					     &pipeline->policy, diagnostics);
	if (error)
		return error;
	pipeline->policy_path = pipeline_absolute(pipeline->policy->file);
	return pipeline->policy_path ? 0 : out_of_memory(diagnostics);
}

int pipeline_read(struct pipeline *pipeline, const char *policy_path,
		  struct diagnostics *diagnostics)
{
	int error = policy_sources_read(policy_path, &pipeline->sources, diagnostics);

	return error ? error : parse(pipeline, diagnostics);
}

int pipeline_read_sources(struct pipeline *pipeline, const struct policy_sources *sources,
			  struct diagnostics *diagnostics)
{
	if (policy_sources_copy(sources, &pipeline->sources))
		return out_of_memory(diagnostics);
	return parse(pipeline, diagnostics);
}

int pipeline_survey(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	struct atlas_config config = {
		.data_dir = pipeline->data_dir,
		.data = pipeline->policy->data,
		.now = time(NULL),
	};

	return atlas_open(&config, ATLAS_CACHE_FOLDER, &pipeline->atlas, diagnostics);
}

int pipeline_compile(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	if (pipeline->policy->local == POLICY_LOCAL_CONNECTED) {
		int error = kernel_connected(&pipeline->connected, &pipeline->connected_count,
					     diagnostics);
		if (error)
			return error;
	}
	struct table_context context = {
		.connected = pipeline->connected,
		.connected_count = pipeline->connected_count,
		.memory = pipeline->into_maps ? &kernel_table_memory : NULL,
	};

	return table_compile(pipeline->policy, pipeline->atlas, &context, &pipeline->table,
			     diagnostics);
}

int pipeline_build(struct pipeline *pipeline, const char *policy_path,
		   struct diagnostics *diagnostics)
{
	int error = pipeline_read(pipeline, policy_path, diagnostics);

	if (!error)
		error = pipeline_survey(pipeline, diagnostics);
	if (!error)
		error = pipeline_compile(pipeline, diagnostics);
	return error;
}

void pipeline_free(struct pipeline *pipeline)
{
	table_free(pipeline->table);
	atlas_free(pipeline->atlas);
	policy_free(pipeline->policy);
	groups_free(pipeline->groups);
	free(pipeline->connected);
	policy_sources_free(&pipeline->sources);
	free(pipeline->policy_path);
	free(pipeline->data_dir);
	*pipeline = (struct pipeline){0};
}
