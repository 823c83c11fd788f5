// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/fetch/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/base/file.h"

#define LOCK_PATH    "/var/lib/gabelou/update.lock"
#define STATE_FOLDER "/var/lib/gabelou"
#define SHRINK_MOST  2                  /* half of what it was */
#define GROWTH_MOST  4                  /* times what it was */
#define GROWTH_SPARE ((size_t)64 << 10) /* small files may grow by more */

static int out_of_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

static int take_lock(struct stage *stage, struct diagnostics *diagnostics)
{
	struct location where = {.file = LOCK_PATH};

	if (mkdir(STATE_FOLDER, 0700) && errno != EEXIST)
		return diagnostics_error(diagnostics, errno,
					 (struct location){.file = STATE_FOLDER},
					 "cannot be made: %s; run as root", strerror(errno));
	stage->lock = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (stage->lock < 0)
		return diagnostics_error(diagnostics, errno, where,
					 "cannot be opened: %s; run as root", strerror(errno));
	if (flock(stage->lock, LOCK_EX | LOCK_NB))
		return diagnostics_error(diagnostics, EBUSY, where,
					 "another update is running; try again when it is done");
	return 0;
}

static struct staged *find(const struct stage *stage, const char *path)
{
	for (size_t i = 0; i < stage->count; i++)
		if (strcmp(stage->items[i].file->path, path) == 0)
			return &stage->items[i];
	return NULL;
}

/* "/a/b.csv" -> "/a/.b.csv.fetched": in the same folder, so that it can be renamed. */
static char *fetched_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;
	char *result;

	return asprintf(&result, "%.*s.%s.fetched", folder, path, path + folder) < 0 ? NULL
										     : result;
}

static int add_file(struct stage *stage, const struct data_file *file)
{
	if (!file->url || find(stage, file->path))
		return 0;
	struct staged *items = reallocarray(stage->items, stage->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	stage->items = items;
	items[stage->count] = (struct staged){.file = file, .fetched = fetched_path(file->path)};
	return items[stage->count++].fetched ? 0 : -ENOMEM;
}

static int list_files(struct stage *stage, const struct data_config *config)
{
	int error = 0;

	for (enum data_role role = 0; role < DATA_ROLES; role++)
		for (size_t i = 0; i < config->files[role].count && !error; i++)
			error = add_file(stage, &config->files[role].items[i]);
	return error;
}

/* What the server said of the file last time, if it is still that file. */
static struct fetch_validators known(json_t *last, const struct staged *staged,
				     const struct stat *status)
{
	struct fetch_validators result = {0};
	json_t *files = json_object_get(last, "files"), *item;
	size_t i;

	json_array_foreach (files, i, item) {
		const char *file, *url, *etag, *modified;
		json_int_t size, mtime;

		if (json_unpack(item, "{s:s, s:s, s:s, s:s, s:I, s:I}", "file", &file, "url", &url,
				"etag", &etag, "modified", &modified, "size", &size, "mtime",
				&mtime) ||
		    strcmp(file, staged->file->path) != 0 || strcmp(url, staged->file->url) != 0 ||
		    size != status->st_size || mtime != status->st_mtime)
			continue;
		snprintf(result.etag, sizeof(result.etag), "%s", etag);
		snprintf(result.modified, sizeof(result.modified), "%s", modified);
	}
	return result;
}

static int check_digest(const struct staged *staged, const struct fetch_request *request,
			const struct digest *digest, struct diagnostics *diagnostics)
{
	const char *slash = strrchr(staged->file->url, '/');
	struct fetch_request list = *request;
	struct digest wanted;
	char *path;

	if (!staged->file->checksum)
		return 0;
	if (asprintf(&path, "%s.sum", staged->fetched) < 0)
		return out_of_memory(diagnostics);
	list.url = staged->file->checksum;
	list.to = path;
	int error = fetch_checksum(&list, slash ? slash + 1 : "", &wanted, diagnostics);
	if (!error && memcmp(&wanted, digest, sizeof(wanted)) != 0)
		error = diagnostics_error(
			diagnostics, EBADMSG, (struct location){.file = staged->file->url},
			"what came is not what its checksum is of; try again later, "
			"and if it stays so, ask who publishes it");
	free(path);
	return error;
}

static int check_size(const struct staged *staged, bool any_size, struct diagnostics *diagnostics)
{
	if (any_size || staged->size >= staged->size_before / SHRINK_MOST)
		return 0;
	return diagnostics_error(diagnostics, EBADMSG, (struct location){.file = staged->file->url},
				 "%zu bytes came, less than half of the %zu that this file had; if "
				 "that is right, update with --any-size",
				 staged->size, staged->size_before);
}

static int fetch_one(struct staged *staged, const struct stage_options *options, json_t *last,
		     struct diagnostics *diagnostics)
{
	struct stat status = {0};
	struct fetch_answer answer;

	if (stat(staged->file->path, &status) == 0)
		staged->size_before = (size_t)status.st_size;
	struct fetch_request request = {
		.url = staged->file->url,
		.to = staged->fetched,
		.most = staged->size_before && !options->any_size
				? staged->size_before * GROWTH_MOST + GROWTH_SPARE
				: FETCH_BYTES_MOST,
		.seconds = options->seconds,
		.authorities = options->authorities,
		.known = known(last, staged, &status),
	};
	int error = fetch_file(&request, &answer, diagnostics);
	if (error)
		return error;
	staged->validators = answer.unchanged ? request.known : answer.validators;
	staged->size = answer.size;
	staged->outcome = answer.unchanged ? STAGE_UNCHANGED : STAGE_FETCHED;
	if (answer.unchanged)
		return 0;
	error = check_digest(staged, &request, &answer.digest, diagnostics);
	return error ? error : check_size(staged, options->any_size, diagnostics);
}

/* Passes on what was said of one file, and keeps it for the record. */
static void note_failure(struct staged *staged, const struct diagnostics *said,
			 struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < said->count; i++) {
		const struct diagnostic *item = &said->items[i];

		diagnostics_error(diagnostics, EIO, (struct location){.file = item->file}, "%s",
				  item->text);
		if (!staged->message && item->text)
			staged->message = strdup(item->text);
	}
	staged->outcome = STAGE_FAILED;
	unlink(staged->fetched);
}

int stage_fetch(const struct data_config *config, const struct stage_options *options,
		struct stage *stage, struct diagnostics *diagnostics)
{
	*stage = (struct stage){.lock = -1};
	int error = take_lock(stage, diagnostics);

	if (error)
		return error;
	if (list_files(stage, config))
		return out_of_memory(diagnostics);
	json_t *last = stage_last();
	for (size_t i = 0; i < stage->count; i++) {
		struct diagnostics said = {0};

		if (fetch_one(&stage->items[i], options, last, &said))
			note_failure(&stage->items[i], &said, diagnostics);
		diagnostics_free(&said);
	}
	json_decref(last);
	return 0;
}

size_t stage_count(const struct stage *stage, enum stage_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < stage->count; i++)
		count += stage->items[i].outcome == outcome;
	return count;
}

/* It is still called by the name of its place. */
static int point(struct data_file *file, const struct staged *staged)
{
	const char *slash = strrchr(file->path, '/');
	char *path = strdup(staged->fetched);

	if (!file->name)
		file->name = strdup(slash ? slash + 1 : file->path);
	if (!path || !file->name) {
		free(path);
		return -ENOMEM;
	}
	free(file->path);
	file->path = path;
	return 0;
}

int stage_point(const struct stage *stage, struct data_config *config)
{
	for (enum data_role role = 0; role < DATA_ROLES; role++)
		for (size_t i = 0; i < config->files[role].count; i++) {
			struct data_file *file = &config->files[role].items[i];
			const struct staged *staged = find(stage, file->path);

			if (!staged || staged->outcome != STAGE_FETCHED)
				continue;
			if (point(file, staged))
				return -ENOMEM;
		}
	return 0;
}

int stage_keep(struct stage *stage, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < stage->count; i++) {
		const struct staged *staged = &stage->items[i];
		const char *path = staged->file->path;

		if (staged->outcome != STAGE_FETCHED)
			continue;
		int error = rename(staged->fetched, path) ? -errno : file_sync_folder(path);
		if (error)
			return diagnostics_error(diagnostics, -error,
						 (struct location){.file = path},
						 "cannot be replaced: %s", strerror(-error));
	}
	return 0;
}

void stage_free(struct stage *stage)
{
	for (size_t i = 0; i < stage->count; i++) {
		if (stage->items[i].fetched)
			unlink(stage->items[i].fetched);
		free(stage->items[i].fetched);
		free(stage->items[i].message);
	}
	free(stage->items);
	if (stage->lock >= 0)
		close(stage->lock);
	*stage = (struct stage){.lock = -1};
}
