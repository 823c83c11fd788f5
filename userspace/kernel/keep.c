// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/keep.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

struct pin {
	char path[PATH_SIZE];
	int fd;
};

struct kernel_keep {
	struct kernel *kernel;
	uint32_t generation; /* 0: none */
	struct pin *pins;
	size_t count;
};

struct kernel_keep *kernel_keep_new(struct kernel *kernel)
{
	struct kernel_keep *keep = calloc(1, sizeof(*keep));

	if (keep)
		keep->kernel = kernel;
	return keep;
}

static void let_go(struct kernel_keep *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		close(keep->pins[i].fd);
	free(keep->pins);
	keep->pins = NULL;
	keep->count = 0;
	keep->generation = 0;
}

void kernel_keep_free(struct kernel_keep *keep)
{
	if (!keep)
		return;
	let_go(keep);
	free(keep);
}

static bool is_kept(const struct kernel_keep *keep, const char *path)
{
	for (size_t i = 0; i < keep->count; i++)
		if (strcmp(keep->pins[i].path, path) == 0)
			return true;
	return false;
}

static void take_pin(struct kernel_keep *keep, const char *path)
{
	struct pin *pins, pin = {.fd = bpf_obj_get(path)};

	if (pin.fd < 0) /* a directory, or gone by now */
		return;
	pins = reallocarray(keep->pins, keep->count + 1, sizeof(*pins));
	if (!pins) {
		close(pin.fd);
		return;
	}
	memcpy(pin.path, path, strlen(path) + 1); /* it was joined to fit */
	keep->pins = pins;
	keep->pins[keep->count++] = pin;
}

static void take_directory(struct kernel_keep *keep, const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char pin[PATH_SIZE];

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && !path_join(pin, path, "%s", entry->d_name) &&
		    !is_kept(keep, pin))
			take_pin(keep, pin);
	if (directory)
		closedir(directory);
}

/* A link without an interface has no use, and whoever takes one off detaches it. (Links of other
 * kinds have something else there that is 0 then.) */
static bool is_dead_link(const struct pin *pin)
{
	struct bpf_link_info info;

	/* The kernel tells of maps by the same call. */
	if (strncmp(strrchr(pin->path, '/'), "/link-", 6) != 0 || !link_info(pin->fd, &info))
		return false;
	/* Of tcx links the number of the interface lies where that of XDP's does. */
	return info.type == BPF_LINK_TYPE_CGROUP ? info.cgroup.cgroup_id == 0
						 : info.xdp.ifindex == 0;
}

/* Forgets links that are no longer anywhere. Returns how many pins of others are gone. */
static size_t count_lost(struct kernel_keep *keep)
{
	size_t left = 0, lost = 0;

	for (size_t i = 0; i < keep->count; i++) {
		const struct pin pin = keep->pins[i];
		bool there = access(pin.path, F_OK) == 0;

		if (!there && is_dead_link(&pin)) {
			close(pin.fd);
			continue;
		}
		lost += !there;
		keep->pins[left++] = pin;
	}
	keep->count = left;
	return lost;
}

static void pin_again(struct kernel_keep *keep, size_t lost, struct diagnostics *diagnostics)
{
	char generation[PATH_SIZE];
	size_t failed = 0;
	int error = place_make(keep->kernel, diagnostics);

	if (error || path_join(generation, keep->kernel->pins, "gen-%u", keep->generation))
		return;
	mkdir(generation, 0700);
	for (size_t i = 0; i < keep->count; i++)
		if (access(keep->pins[i].path, F_OK) &&
		    bpf_obj_pin(keep->pins[i].fd, keep->pins[i].path))
			failed++;
	message_warn(diagnostics,
		     "%s: %zu pins of what is in force were gone, deleted or with their bpffs; "
		     "%zu were put back, and nothing stopped judging meanwhile",
		     keep->kernel->pins, lost, lost - failed);
	generation_recover(keep->kernel, diagnostics);
}

/* Pins go and come while somebody changes things: so under the lock, and of what is in force now.
 */
static void mend(struct kernel_keep *keep, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	uint32_t current = 0;
	int lock = lock_take(keep->kernel, "lock", 0, "another gabelou", &unheard);

	if (lock >= 0) {
		size_t lost = count_lost(keep);

		if (lost && record_current(keep->kernel, &current, &unheard) == 0 &&
		    current == keep->generation)
			pin_again(keep, lost, diagnostics);
		close(lock);
	}
	diagnostics_free(&unheard);
}

void kernel_keep_check(struct kernel_keep *keep, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	char directory[PATH_SIZE];
	uint32_t current;
	int error = record_current(keep->kernel, &current, &unheard);

	diagnostics_free(&unheard);
	if (error == -ENOENT || (!error && current != keep->generation))
		let_go(keep);
	if (error || path_join(directory, keep->kernel->pins, "gen-%u", current))
		return;
	keep->generation = current;
	if (count_lost(keep))
		mend(keep, diagnostics);
	take_directory(keep, keep->kernel->pins);
	take_directory(keep, directory);
}
