// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/policy/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/base/file.h"

#define SOURCE_BYTES_MOST (4u << 20)

static int out_of_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

static int insert(struct policy_sources *sources, size_t at, const char *file, const void *bytes,
		  size_t size)
{
	struct policy_source *items =
		reallocarray(sources->items, sources->count + 1, sizeof(*items));
	struct policy_source source = {strdup(file), malloc(size + 1), size};

	if (items)
		sources->items = items;
	if (!items || !source.file || !source.bytes) {
		free(source.file);
		free(source.bytes);
		return -ENOMEM;
	}
	memcpy(source.bytes, bytes, size);
	source.bytes[size] = '\0';
	memmove(items + at + 1, items + at, (sources->count - at) * sizeof(*items));
	items[at] = source;
	sources->count++;
	return 0;
}

int policy_sources_add(struct policy_sources *sources, const char *file, const void *bytes,
		       size_t size)
{
	return insert(sources, sources->count, file, bytes, size);
}

int policy_sources_put(struct policy_sources *sources, const char *file, const char *text)
{
	size_t at = 1;

	while (at < sources->count && strcmp(sources->items[at].file, file) < 0)
		at++;
	return insert(sources, at < sources->count ? at : sources->count, file, text, strlen(text));
}

static void source_free(struct policy_source *source)
{
	free(source->file);
	free(source->bytes);
}

bool policy_sources_drop(struct policy_sources *sources, const char *file)
{
	size_t at = 1;

	while (at < sources->count && strcmp(sources->items[at].file, file) != 0)
		at++;
	if (at >= sources->count)
		return false;
	source_free(&sources->items[at]);
	sources->count--;
	memmove(sources->items + at, sources->items + at + 1,
		(sources->count - at) * sizeof(*sources->items));
	return true;
}

int policy_sources_copy(const struct policy_sources *sources, struct policy_sources *copy)
{
	for (size_t i = 0; i < sources->count; i++) {
		const struct policy_source *source = &sources->items[i];

		if (policy_sources_add(copy, source->file, source->bytes, source->size)) {
			policy_sources_free(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

void policy_sources_free(struct policy_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		source_free(&sources->items[i]);
	free(sources->items);
	*sources = (struct policy_sources){0};
}

struct digest policy_sources_digest(const struct policy_sources *sources)
{
	char digests[(POLICY_DROP_INS_MOST + 1) * DIGEST_TEXT_SIZE], *end = digests;

	if (sources->count == 1)
		return digest_of(sources->items[0].bytes, sources->items[0].size);
	for (size_t i = 0; i < sources->count && i <= POLICY_DROP_INS_MOST; i++) {
		struct digest digest = digest_of(sources->items[i].bytes, sources->items[i].size);

		digest_format(&digest, end);
		end += DIGEST_TEXT_SIZE;
		end[-1] = '\n';
	}
	return digest_of(digests, (size_t)(end - digests));
}

char *policy_sources_folder(const char *policy)
{
	const char *slash = strrchr(policy, '/');
	char *folder = NULL;

	if (asprintf(&folder, "%.*s" POLICY_DROP_INS, slash ? (int)(slash - policy + 1) : 0,
		     policy) < 0)
		return NULL;
	return folder;
}

static int read_one(const char *path, struct policy_sources *sources,
		    struct diagnostics *diagnostics)
{
	struct file file;
	int error = file_read(path, SOURCE_BYTES_MOST, &file, diagnostics);

	if (error)
		return error;
	error = policy_sources_add(sources, path, file.bytes, file.size);
	file_free(&file);
	return error ? out_of_memory(diagnostics) : 0;
}

/* Whoever may write a drop-in changes the policy: that is for the policy's owner, root, and who
 * runs us. */
static int check_owner(const char *path, const struct stat *policy, struct diagnostics *diagnostics)
{
	struct location where = {.file = path};
	struct stat status;

	if (stat(path, &status))
		return diagnostics_error(diagnostics, errno, where, "cannot be read: %s",
					 strerror(errno));
	if (status.st_mode & S_IWOTH)
		return diagnostics_error(diagnostics, EPERM, where,
					 "anybody may write here, and with it the policy; run "
					 "'chmod o-w %s'",
					 path);
	if (status.st_uid && status.st_uid != policy->st_uid && status.st_uid != geteuid())
		return diagnostics_error(diagnostics, EPERM, where,
					 "it belongs to user %u, who could change the policy by "
					 "it; make it root's or the policy's owner's, or remove it",
					 status.st_uid);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A name that looks like a drop-in's and is none: said, since its author believes it is read. */
static bool is_drop_in(const char *name, const char *folder, struct diagnostics *diagnostics)
{
	const char *dot = strrchr(name, '.');

	if (name[0] == '.' || !dot)
		return false;
	if (strcmp(dot, ".yml") == 0)
		diagnostics_warn(diagnostics, (struct location){.file = folder},
				 "%s is not read; give it a name that ends in .yaml", name);
	return strcmp(dot, ".yaml") == 0;
}

/* The names of the drop-ins in @folder, sorted. */
static int list(const char *folder, char **names, size_t *count, struct diagnostics *diagnostics)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;

	if (!directory)
		return diagnostics_error(diagnostics, errno, (struct location){.file = folder},
					 "the folder of drop-ins cannot be read: %s; make it one "
					 "that can, or remove it",
					 strerror(errno));
	while ((entry = readdir(directory))) {
		if (!is_drop_in(entry->d_name, folder, diagnostics))
			continue;
		if (*count == POLICY_DROP_INS_MOST) {
			closedir(directory);
			return diagnostics_error(
				diagnostics, E2BIG, (struct location){.file = folder},
				"over %d drop-ins; join some of them", POLICY_DROP_INS_MOST);
		}
		if (asprintf(&names[*count], "%s/%s", folder, entry->d_name) < 0) {
			closedir(directory);
			return out_of_memory(diagnostics);
		}
		++*count;
	}
	closedir(directory);
	qsort(names, *count, sizeof(*names), by_name);
	return 0;
}

static int read_drop_ins(const char *path, const char *folder, struct policy_sources *sources,
			 struct diagnostics *diagnostics)
{
	char *names[POLICY_DROP_INS_MOST];
	struct stat policy;
	size_t count = 0;
	int error = 0;

	if (access(folder, F_OK) && errno == ENOENT)
		return 0;
	if (stat(path, &policy))
		error = -errno;
	if (!error)
		error = check_owner(folder, &policy, diagnostics);
	if (!error)
		error = list(folder, names, &count, diagnostics);
	for (size_t i = 0; i < count; i++) {
		if (!error)
			error = check_owner(names[i], &policy, diagnostics);
		if (!error)
			error = read_one(names[i], sources, diagnostics);
		free(names[i]);
	}
	return error;
}

int policy_sources_read(const char *path, struct policy_sources *sources,
			struct diagnostics *diagnostics)
{
	char *folder = policy_sources_folder(path);
	int error = folder ? read_one(path, sources, diagnostics) : out_of_memory(diagnostics);

	if (!error)
		error = read_drop_ins(path, folder, sources, diagnostics);
	free(folder);
	if (error)
		policy_sources_free(sources);
	return error;
}
