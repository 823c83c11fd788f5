// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF links of the guard (TCX) and the gateway (XDP), and their pins. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"

/* An interface may have all of them. */
#define PIN_PREFIX  "link-"
#define PIN_TCX     PIN_PREFIX "%u"
#define PIN_XDP     PIN_PREFIX "xdp-%u"
#define PIN_INGRESS PIN_PREFIX "ingress-%u"

bool link_info(int link, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(link, info, &size) == 0;
}

static int pin_path(const struct kernel *kernel, enum hook hook, uint32_t ifindex,
		    char path[PATH_SIZE])
{
	if (hook == HOOK_XDP || hook == HOOK_XDP_GENERIC)
		return path_join(path, kernel->pins, PIN_XDP, ifindex);
	if (hook == HOOK_TCX_INGRESS)
		return path_join(path, kernel->pins, PIN_INGRESS, ifindex);
	return path_join(path, kernel->pins, PIN_TCX, ifindex);
}

int link_open_pin(const struct kernel *kernel, enum hook hook, uint32_t ifindex)
{
	char path[PATH_SIZE];
	int error = pin_path(kernel, hook, ifindex, path);

	return error ? error : bpf_obj_get(path);
}

int link_update(int link, int program, int previous)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (__u32)previous);

	return bpf_link_update(link, program, &options);
}

int link_pin_at(const char *path, int link)
{
	struct bpf_link_info ours, pinned;
	int error = bpf_obj_pin(link, path);

	if (error != -EEXIST)
		return error;
	int other = bpf_obj_get(path);
	bool same = other >= 0 && link_info(link, &ours) && link_info(other, &pinned) &&
		    ours.id == pinned.id;
	if (other >= 0)
		close(other);
	if (same)
		return 0;
	/* Of a link that is gone, or of an interface that had this number before. */
	if (unlink(path))
		return -errno;
	return bpf_obj_pin(link, path);
}

int link_pin(const struct kernel *kernel, enum hook hook, uint32_t ifindex, int link)
{
	char path[PATH_SIZE];
	int error = pin_path(kernel, hook, ifindex, path);

	return error ? error : link_pin_at(path, link);
}

void link_unpin(const struct kernel *kernel, enum hook hook, uint32_t ifindex)
{
	char path[PATH_SIZE];

	if (pin_path(kernel, hook, ifindex, path) == 0)
		unlink(path);
}

/* A link whose interface went away stays, at no interface; one that was detached, too. */
static bool pin_is_dead(const char *path)
{
	struct bpf_link_info info;
	int link = bpf_obj_get(path);

	if (link < 0)
		return false;
	/* xdp and tcx have the interface at the same place of the union. */
	bool dead = link_info(link, &info) &&
		    (info.type == BPF_LINK_TYPE_CGROUP ? info.cgroup.cgroup_id == 0
						       : info.xdp.ifindex == 0);
	close(link);
	return dead;
}

size_t link_unpin_all(const struct kernel *kernel, bool only_dead)
{
	DIR *directory = opendir(kernel->pins);
	struct dirent *entry;
	size_t removed = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		char path[PATH_SIZE];

		if (strncmp(entry->d_name, PIN_PREFIX, sizeof(PIN_PREFIX) - 1) != 0 ||
		    path_join(path, kernel->pins, "%s", entry->d_name))
			continue;
		if ((!only_dead || pin_is_dead(path)) && unlink(path) == 0)
			removed++;
	}
	closedir(directory);
	return removed;
}
