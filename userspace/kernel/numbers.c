// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers of generations. None is ever given twice, for events outlive what they name. */
#include <dirent.h>
#include <errno.h>

#include "userspace/kernel/fault.h"
#include "userspace/kernel/record.h"

#define LAST "last"

static uint32_t read_last(const struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	char path[PATH_SIZE];
	json_t *read = NULL;
	json_int_t number = 0;

	if (path_join(path, kernel->state, LAST) == 0 &&
	    record_read_json(path, &read, &unheard) == 0)
		number = json_integer_value(json_object_get(read, "generation"));
	json_decref(read);
	diagnostics_free(&unheard);
	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static int write_last(const struct kernel *kernel, uint32_t generation)
{
	struct diagnostics unheard = {0};
	char path[PATH_SIZE];
	json_t *last = json_pack("{s:I}", "generation", (json_int_t)generation);
	int error = last ? path_join(path, kernel->state, LAST) : -ENOMEM;

	if (!error)
		error = record_write_json(path, last, &unheard);
	json_decref(last);
	diagnostics_free(&unheard);
	return error;
}

/* Where the number cannot be kept otherwise, the record stays to keep it. */
void record_give_up(const struct kernel *kernel, uint32_t generation)
{
	if (read_last(kernel) < generation && write_last(kernel, generation))
		return;
	FAULT("number.kept");
	record_remove(kernel, generation);
}

/* The highest number of a record. */
static uint32_t highest(const struct kernel *kernel)
{
	DIR *directory = opendir(kernel->state);
	struct dirent *entry;
	uint32_t last = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		uint32_t number = generation_of_name(entry->d_name, ".json");

		last = number > last ? number : last;
	}
	closedir(directory);
	return last;
}

void record_give_up_above(const struct kernel *kernel, uint32_t generation)
{
	for (uint32_t last = highest(kernel); last > generation; last = highest(kernel)) {
		record_give_up(kernel, last);
		if (highest(kernel) == last)
			return;
	}
}

uint32_t record_last(const struct kernel *kernel)
{
	uint32_t given_up = read_last(kernel), recorded = highest(kernel);

	return recorded > given_up ? recorded : given_up;
}
