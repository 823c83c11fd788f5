// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/alive.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/fault.h"
#include "userspace/kernel/record.h"

#define MARK             "alive"
#define NAMESPACE_PREFIX "ns-"
#define LOOPBACK         1 /* ifindex, in every network namespace */

void alive_mark(const struct kernel *kernel)
{
	const uint32_t slot = 0, loopback = LOOPBACK;
	char path[PATH_SIZE];

	if (path_join(path, kernel->pins, MARK) || access(path, F_OK) == 0)
		return;
	int map = bpf_map_create(BPF_MAP_TYPE_DEVMAP, "gabelou_alive", sizeof(slot),
				 sizeof(loopback), 1, NULL);
	if (map < 0)
		return;
	if (bpf_map_update_elem(map, &slot, &loopback, BPF_ANY) == 0)
		bpf_obj_pin(map, path);
	close(map);
	FAULT("alive.marked");
}

void alive_unmark(const struct kernel *kernel)
{
	char path[PATH_SIZE];

	if (path_join(path, kernel->pins, MARK) == 0)
		unlink(path);
}

static bool is_gone(const char *pins)
{
	char path[PATH_SIZE];
	uint32_t slot = 0, ifindex;

	if (path_join(path, pins, MARK))
		return false;
	int map = bpf_obj_get(path);
	if (map < 0)
		return false;
	bool gone = bpf_map_lookup_elem(map, &slot, &ifindex) == -ENOENT;
	close(map);
	return gone;
}

/* The mark last: interrupted, it is done again. */
static void remove_pins(const char *pins)
{
	DIR *directory = opendir(pins);
	struct dirent *entry;
	char path[PATH_SIZE];

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, MARK) == 0 ||
		    path_join(path, pins, "%s", entry->d_name))
			continue;
		if (generation_of_name(entry->d_name, ""))
			directory_remove(path);
		else
			unlink(path);
		FAULT("sweep.pins");
	}
	if (directory)
		closedir(directory);
}

static void remove_all(const char *pins, const char *name)
{
	char state[PATH_SIZE];

	remove_pins(pins);
	if (path_join(state, PLACE_STATE, "%s", name) == 0)
		directory_remove(state);
	FAULT("sweep.state");
	directory_remove(pins);
}

/* The next directory of a namespace but @own. Its path into @path, its name; NULL: there is none.
 */
static const char *next_other(DIR *directory, const char *folder, const char *own,
			      char path[PATH_SIZE])
{
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, NAMESPACE_PREFIX, strlen(NAMESPACE_PREFIX)) == 0 &&
		    path_join(path, folder, "%s", entry->d_name) == 0 && strcmp(path, own) != 0)
			return entry->d_name;
	return NULL;
}

static void sweep_pins(const struct kernel *kernel)
{
	DIR *directory = opendir(PLACE_PINS);
	const char *name;
	char pins[PATH_SIZE];

	while ((name = next_other(directory, PLACE_PINS, kernel->pins, pins)))
		if (is_gone(pins))
			remove_all(pins, name);
	if (directory)
		closedir(directory);
}

/* No namespace outlasts a boot but the first, whose cookie is the same in each. */
static void sweep_earlier_boots(const struct kernel *kernel)
{
	DIR *directory = opendir(PLACE_STATE);
	struct kernel other = {.lock = -1};

	while (next_other(directory, PLACE_STATE, kernel->state, other.state)) {
		struct diagnostics unheard = {0};
		json_t *any = NULL, *current = NULL;

		if (record_read_any_boot(&other, &any, &unheard) == 0 &&
		    record_read_current(&other, &current, &unheard) == -ENOENT) {
			directory_remove(other.state);
			FAULT("sweep.boot");
		}
		json_decref(any);
		json_decref(current);
		diagnostics_free(&unheard);
	}
	if (directory)
		closedir(directory);
}

void alive_sweep(const struct kernel *kernel)
{
	sweep_pins(kernel);
	if (kernel_in_initial_namespace())
		sweep_earlier_boots(kernel);
}
