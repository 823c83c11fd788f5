// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The deadline is by the clock that counts from boot, so that setting the time does not move it,
 * and of another boot it has always passed. Whoever finds it so brings back what was before.
 */
#include "userspace/kernel/pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "userspace/base/clock.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

#define PENDING "pending"

int pending_write(const struct kernel *kernel, uint32_t generation, uint32_t previous,
		  uint64_t time_ns, struct diagnostics *diagnostics)
{
	char path[PATH_SIZE], boot[BOOT_ID_SIZE];
	json_t *json = json_pack("{s:I, s:I, s:I, s:s}", "generation", (json_int_t)generation,
				 "previous", (json_int_t)previous, "deadline_ns",
				 (json_int_t)((int64_t)clock_ns(CLOCK_BOOTTIME) + (int64_t)time_ns),
				 "boot", boot_id(boot));
	int error = json ? path_join(path, kernel->state, PENDING) : -ENOMEM;

	if (!error)
		error = record_write_json(path, json, diagnostics);
	json_decref(json);
	FAULT("pending.written");
	return error;
}

void pending_remove(const struct kernel *kernel)
{
	char path[PATH_SIZE];

	if (path_join(path, kernel->state, PENDING) == 0)
		unlink(path);
}

/* What "current" of any boot names; 0: nothing. */
static uint32_t last_in_force(const struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	json_t *current;
	uint32_t generation = 0;

	if (record_read_any_boot(kernel, &current, &unheard) == 0) {
		generation = record_generation(current);
		json_decref(current);
	}
	diagnostics_free(&unheard);
	return generation;
}

static bool parse(const json_t *json, struct kernel_pending *pending)
{
	const char *boot = json_string_value(json_object_get(json, "boot"));
	const char *failed = json_string_value(json_object_get(json, "failed"));
	char this_boot[BOOT_ID_SIZE];

	*pending = (struct kernel_pending){
		.generation = record_generation(json),
		.previous = (uint32_t)json_integer_value(json_object_get(json, "previous")),
		.other_boot = !boot || strcmp(boot, boot_id(this_boot)) != 0,
	};
	if (!pending->other_boot)
		pending->left_ns = json_integer_value(json_object_get(json, "deadline_ns")) -
				   (int64_t)clock_ns(CLOCK_BOOTTIME);
	if (pending->left_ns < 0)
		pending->left_ns = 0;
	snprintf(pending->failed, sizeof(pending->failed), "%s", failed ? failed : "");
	return pending->generation != 0;
}

bool kernel_pending(const struct kernel *kernel, struct kernel_pending *pending)
{
	struct diagnostics unheard = {0};
	char path[PATH_SIZE];
	json_t *json = NULL;
	bool found = path_join(path, kernel->state, PENDING) == 0 &&
		     record_read_json(path, &json, &unheard) == 0 && parse(json, pending) &&
		     pending->generation == last_in_force(kernel);

	json_decref(json);
	diagnostics_free(&unheard);
	return found;
}

int kernel_confirm(struct kernel *kernel, struct diagnostics *diagnostics)
{
	if (kernel->access != KERNEL_CHANGE)
		return message(diagnostics, -EPERM, "opened for reading only");
	pending_remove(kernel);
	FAULT("pending.removed");
	return 0;
}

void kernel_pending_failed(struct kernel *kernel, const char *why)
{
	struct diagnostics unheard = {0};
	char path[PATH_SIZE];
	json_t *json = NULL;

	if (path_join(path, kernel->state, PENDING) == 0 &&
	    record_read_json(path, &json, &unheard) == 0 &&
	    json_object_set_new(json, "failed", json_string(why)) == 0)
		record_write_json(path, json, &unheard);
	json_decref(json);
	diagnostics_free(&unheard);
}

int kernel_pending_watch(const struct kernel *kernel, struct diagnostics *diagnostics)
{
	return lock_take(kernel, "watcher", 0, "another watcher", diagnostics);
}

bool kernel_pending_watched(const struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	int lock = kernel_pending_watch(kernel, &unheard);

	diagnostics_free(&unheard);
	if (lock >= 0)
		close(lock);
	return lock == -EBUSY;
}
