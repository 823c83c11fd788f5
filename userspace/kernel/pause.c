// SPDX-License-Identifier: GPL-2.0-or-later
/* A pause is one value in a map that every generation's programs read (maps/pause.h). */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "maps/pause.h"

#include "userspace/base/clock.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

static int open_map(const struct kernel *kernel)
{
	char path[PATH_SIZE];
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int error = path_join(path, kernel->pins, "%s", shared_map_names[SHARED_PAUSE]);
	int map = error ? error : bpf_obj_get(path);

	if (map >= 0 &&
	    (bpf_obj_get_info_by_fd(map, &info, &size) || info.type != BPF_MAP_TYPE_ARRAY ||
	     info.value_size != sizeof(struct pause_until))) {
		close(map);
		return -ENOENT;
	}
	return map;
}

/* A map, or -ENOENT with a message where no program reads one. */
static int open_for_change(const struct kernel *kernel, struct diagnostics *diagnostics)
{
	uint32_t generation;
	int error = kernel->access == KERNEL_CHANGE
			    ? record_current(kernel, &generation, diagnostics)
			    : -EPERM;

	if (error == -EPERM)
		return message(diagnostics, error, "opened for reading only");
	if (error == -ENOENT)
		return message(diagnostics, error,
			       "nothing is enforced here, so there is nothing to pause");
	if (error)
		return error;
	int map = open_map(kernel);
	if (map < 0)
		return message(diagnostics, map,
			       "%s/%s: %s; what is enforced cannot be paused before the policy is "
			       "applied again",
			       kernel->pins, shared_map_names[SHARED_PAUSE], strerror(-map));
	return map;
}

static int write_pause(const struct kernel *kernel, const struct pause_until *until,
		       struct diagnostics *diagnostics)
{
	const uint32_t slot = 0;
	int map = open_for_change(kernel, diagnostics);

	if (map < 0)
		return map;
	int error = bpf_map_update_elem(map, &slot, until, BPF_ANY);
	close(map);
	FAULT("pause.written");
	if (error)
		return message(diagnostics, error, "the pause cannot be set: %s", strerror(-error));
	return 0;
}

int kernel_pause(struct kernel *kernel, uint64_t seconds, struct diagnostics *diagnostics)
{
	uint64_t tai = clock_ns(CLOCK_TAI);

	if (!seconds || seconds > KERNEL_PAUSE_MOST_S)
		return message(diagnostics, -ERANGE,
			       "a pause of %" PRIu64 " s: choose from 1 s to %u h", seconds,
			       KERNEL_PAUSE_MOST_S / 3600);
	if (tai < table_moment(TABLE_CLOCK_FLOOR))
		return message(diagnostics, -ETIME,
			       "the machine's clock is wrong (it is older than this gabelou), and "
			       "no pause holds by it; set the clock first");
	const struct pause_until until = {
		.boot = clock_ns(CLOCK_BOOTTIME) + seconds * SECOND_NS,
		.tai = tai + seconds * SECOND_NS,
	};
	return write_pause(kernel, &until, diagnostics);
}

int kernel_resume(struct kernel *kernel, struct diagnostics *diagnostics)
{
	return write_pause(kernel, &(struct pause_until){0}, diagnostics);
}

/* As the programs do it (bpf/pause.h). */
static uint64_t left_of(const struct pause_until *until)
{
	uint64_t boot = clock_ns(CLOCK_BOOTTIME), tai = clock_ns(CLOCK_TAI), left;

	if (boot >= until->boot)
		return 0;
	left = until->boot - boot;
	if (!layers_probe(LAYER_BIT(LAYER_TAI_CLOCK)))
		return left;
	if (tai < table_moment(TABLE_CLOCK_FLOOR) || tai >= until->tai)
		return 0;
	return until->tai - tai < left ? until->tai - tai : left;
}

int kernel_paused(struct kernel *kernel, uint64_t *seconds, struct diagnostics *diagnostics)
{
	const uint32_t slot = 0;
	struct pause_until until;
	int map = open_map(kernel);

	*seconds = 0;
	if (map == -ENOENT)
		return 0;
	int error = map < 0 ? map : bpf_map_lookup_elem(map, &slot, &until);
	if (map >= 0)
		close(map);
	if (error)
		return message(diagnostics, error, "whether there is a pause cannot be read: %s",
			       strerror(-error));
	if (until.boot)
		*seconds = (left_of(&until) + SECOND_NS - 1) / SECOND_NS;
	return 0;
}
