// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/base/file.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/message.h"

#define BOOT_ID         "/proc/sys/kernel/random/boot_id"
#define RECORD_MODE     0600
#define RECORD_MOST     ((size_t)64 << 20)
#define RECORD_FORMAT   "gen-%u.json"
#define COUNTERS_FORMAT "gen-%u.counters.json"

const char *boot_id(char text[BOOT_ID_SIZE])
{
	FILE *file = fopen(BOOT_ID, "re");

	text[0] = '\0';
	if (!file)
		return text;
	if (fgets(text, BOOT_ID_SIZE, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return text;
}

int record_write_json(const char *path, const json_t *json, struct diagnostics *diagnostics)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	int error;

	if (!text)
		return message(diagnostics, -ENOMEM, "%s: out of memory", path);
	error = file_replace(path, text, strlen(text), RECORD_MODE, diagnostics);
	free(text);
	return error;
}

int record_read_json(const char *path, json_t **json, struct diagnostics *diagnostics)
{
	json_error_t fault;
	struct file file;

	if (access(path, F_OK))
		return -errno;
	int error = file_read(path, RECORD_MOST, &file, diagnostics);
	if (error)
		return error;
	json_t *read = json_loadb(file.bytes, file.size, 0, &fault);
	file_free(&file);
	if (!read)
		return message(diagnostics, -EBADMSG,
			       "%s:%d:%d: the record is damaged: %s; apply the policy again", path,
			       fault.line, fault.column, fault.text);
	*json = read;
	return 0;
}

int record_read_any_boot(const struct kernel *kernel, json_t **current,
			 struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	json_t *read;
	int error = path_join(path, kernel->state, "current");

	if (!error)
		error = record_read_json(path, &read, diagnostics);
	if (error)
		return error;
	json_int_t number = json_integer_value(json_object_get(read, "generation"));
	if (number <= 0 || number > UINT32_MAX) {
		json_decref(read);
		return -ENOENT;
	}
	*current = read;
	return 0;
}

int record_read_current(const struct kernel *kernel, json_t **current,
			struct diagnostics *diagnostics)
{
	char boot[BOOT_ID_SIZE];
	json_t *read;
	int error = record_read_any_boot(kernel, &read, diagnostics);

	if (error)
		return error;
	const char *of = json_string_value(json_object_get(read, "boot"));
	if (!of || strcmp(of, boot_id(boot)) != 0) {
		json_decref(read);
		return -ENOENT;
	}
	*current = read;
	return 0;
}

uint32_t record_generation(const json_t *record)
{
	return (uint32_t)json_integer_value(json_object_get(record, "generation"));
}

int record_current(const struct kernel *kernel, uint32_t *generation,
		   struct diagnostics *diagnostics)
{
	json_t *current;
	int error = record_read_current(kernel, &current, diagnostics);

	if (error)
		return error;
	*generation = record_generation(current);
	json_decref(current);
	return 0;
}

int record_set_current(const struct kernel *kernel, const json_t *record,
		       struct diagnostics *diagnostics)
{
	char path[PATH_SIZE], boot[BOOT_ID_SIZE];
	int error = path_join(path, kernel->state, "current");

	if (error)
		return error;
	if (!record) {
		if (unlink(path) && errno != ENOENT)
			return message(diagnostics, -errno, "%s: cannot be removed: %s", path,
				       strerror(errno));
		return 0;
	}
	json_t *current =
		json_pack("{s:O, s:O, s:s}", "generation", json_object_get(record, "generation"),
			  "kernel", json_object_get(record, "kernel"), "boot", boot_id(boot));
	error = record_write_json(path, current, diagnostics);
	FAULT("current.written");
	json_decref(current);
	return error;
}

int record_write(const struct kernel *kernel, uint32_t generation, const json_t *record,
		 struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->state, RECORD_FORMAT, generation);

	return error ? error : record_write_json(path, record, diagnostics);
}

int record_write_counters(const struct kernel *kernel, uint32_t generation, const json_t *counters,
			  struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->state, COUNTERS_FORMAT, generation);

	return error ? error : record_write_json(path, counters, diagnostics);
}

/* There are none while the generation is in force. */
static int add_counters(const struct kernel *kernel, uint32_t generation, json_t *record,
			struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	json_t *counters;
	int error = path_join(path, kernel->state, COUNTERS_FORMAT, generation);

	if (!error)
		error = record_read_json(path, &counters, diagnostics);
	if (error)
		return error == -ENOENT ? 0 : error;
	return json_object_set_new(record, "counters", counters) ? -ENOMEM : 0;
}

int record_read(const struct kernel *kernel, uint32_t generation, json_t **record,
		struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	json_t *read;
	int error = path_join(path, kernel->state, RECORD_FORMAT, generation);

	if (!error)
		error = record_read_json(path, &read, diagnostics);
	if (error == -ENOENT)
		message(diagnostics, error, "%s: there is no such record", path);
	if (error)
		return error;
	error = add_counters(kernel, generation, read, diagnostics);
	if (error) {
		json_decref(read);
		return error;
	}
	*record = read;
	return 0;
}

bool record_exists(const struct kernel *kernel, uint32_t generation)
{
	char path[PATH_SIZE];

	return path_join(path, kernel->state, RECORD_FORMAT, generation) == 0 &&
	       access(path, F_OK) == 0;
}

void record_remove(const struct kernel *kernel, uint32_t generation)
{
	char path[PATH_SIZE];

	if (path_join(path, kernel->state, COUNTERS_FORMAT, generation) == 0)
		unlink(path);
	if (path_join(path, kernel->state, RECORD_FORMAT, generation) == 0)
		unlink(path);
	kept_remove(kernel, generation);
}

int record_list(const struct kernel *kernel, uint32_t **generations, size_t *count)
{
	DIR *directory = opendir(kernel->state);
	struct dirent *entry;
	uint32_t *list = calloc(1, sizeof(*list));
	size_t found = 0;

	while (directory && list && (entry = readdir(directory))) {
		uint32_t generation = generation_of_name(entry->d_name, ".json"), *more;

		if (!generation)
			continue;
		more = reallocarray(list, found + 1, sizeof(*more));
		if (!more) {
			free(list);
			list = NULL;
			break;
		}
		list = more;
		list[found++] = generation;
	}
	int error = !directory ? -errno : !list ? -ENOMEM : 0;
	if (directory)
		closedir(directory);
	if (error) {
		free(list);
		return error;
	}
	*generations = list;
	*count = found;
	return 0;
}

uint32_t generation_of_name(const char *name, const char *suffix)
{
	char *end;

	if (strncmp(name, "gen-", 4) != 0 || name[4] < '1' || name[4] > '9')
		return 0;
	unsigned long number = strtoul(name + 4, &end, 10);
	return strcmp(end, suffix) == 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}
