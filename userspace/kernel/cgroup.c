// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/cgroup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"

#define PIN_FORMAT "link-%s"

/* FILEID_KERNFS, include/linux/exportfs.h: the handle of a cgroup's folder is its id. */
#define HANDLE_KERNFS 0xfe

static const enum bpf_attach_type attach_types[SOCKET_HOOKS] = {
	[SOCKET_CONNECT4] = BPF_CGROUP_INET4_CONNECT,  [SOCKET_CONNECT6] = BPF_CGROUP_INET6_CONNECT,
	[SOCKET_SENDMSG4] = BPF_CGROUP_UDP4_SENDMSG,   [SOCKET_SENDMSG6] = BPF_CGROUP_UDP6_SENDMSG,
	[SOCKET_CREATE] = BPF_CGROUP_INET_SOCK_CREATE, [SOCKET_OPTION] = BPF_CGROUP_SETSOCKOPT,
};

union cgroup_handle {
	struct file_handle handle;
	struct {
		unsigned bytes;
		int type;
		uint64_t id;
	} __attribute__((packed)) parts;
};

int cgroup_root(char path[PATH_SIZE])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	int error = -ENOENT;

	if (!mounts)
		return -errno;
	while (error && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0 && strlen(mount->mnt_dir) < PATH_SIZE) {
			strcpy(path, mount->mnt_dir);
			error = 0;
		}
	endmntent(mounts);
	return error;
}

void cgroup_wanted(const struct kernel_options *options, char path[PATH_SIZE], const char **why)
{
	path[0] = '\0';
	*why = NULL;
	if (options->without_sockets)
		*why = "the policy says off";
	else if (options->cgroup)
		snprintf(path, PATH_SIZE, "%s", options->cgroup);
	else if (!kernel_in_initial_namespace())
		*why = "this is not the machine's first network namespace, so the policy has to "
		       "name a cgroup (sockets: /sys/fs/cgroup/...)";
	else if (cgroup_root(path))
		*why = "no cgroup2 is mounted";
}

int cgroup_open(const char *path, uint64_t *id)
{
	union cgroup_handle handle = {.parts.bytes = sizeof(handle.parts.id)};
	struct statfs status;
	int mount, folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return -errno;
	if (fstatfs(folder, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC &&
	    name_to_handle_at(folder, "", &handle.handle, &mount, AT_EMPTY_PATH) == 0) {
		*id = handle.parts.id;
		return folder;
	}
	close(folder);
	return -ENOTDIR;
}

int kernel_cgroup_path(uint64_t id, char path[KERNEL_CGROUP_SIZE])
{
	union cgroup_handle handle = {
		.parts = {.bytes = sizeof(id), .type = HANDLE_KERNFS, .id = id}};
	char root[PATH_SIZE], link[64], full[PATH_SIZE + KERNEL_CGROUP_SIZE];
	int error = cgroup_root(root);
	int mount = error ? error : open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (mount < 0)
		return error ? error : -errno;
	int folder = open_by_handle_at(mount, &handle.handle, O_PATH | O_CLOEXEC);
	error = folder < 0 ? -errno : 0;
	close(mount);
	if (error)
		return error;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	ssize_t length = readlink(link, full, sizeof(full) - 1);
	close(folder);
	size_t skip = strlen(root);
	if (length < (ssize_t)skip || (size_t)length - skip >= KERNEL_CGROUP_SIZE)
		return -ENAMETOOLONG;
	full[length] = '\0';
	snprintf(path, KERNEL_CGROUP_SIZE, "%s", full[skip] ? full + skip : "/");
	return 0;
}

/* Is the link one of ours? One that was taken off is not: somebody may hold it still. */
static bool is_ours(const struct kernel *kernel, uint32_t id, struct cgroup_link *found)
{
	struct bpf_link_info info;
	int link = bpf_link_get_fd_by_id(id);
	bool ours = false;

	if (link < 0)
		return false;
	if (link_info(link, &info) && info.type == BPF_LINK_TYPE_CGROUP && info.cgroup.cgroup_id)
		for (int i = 0; i < SOCKET_HOOKS && !ours; i++) {
			*found = (struct cgroup_link){info.id, info.prog_id, info.cgroup.cgroup_id,
						      (enum socket_hook)i};
			ours = info.cgroup.attach_type == (__u32)attach_types[i] &&
			       program_is_hook_of(info.prog_id, kernel->cookie);
		}
	close(link);
	return ours;
}

size_t cgroup_links(const struct kernel *kernel, struct cgroup_link found[CGROUP_LINKS_MOST])
{
	size_t count = 0;
	__u32 id = 0;

	while (count < CGROUP_LINKS_MOST && bpf_link_get_next_id(id, &id) == 0)
		if (is_ours(kernel, id, &found[count]))
			count++;
	return count;
}

static int pin(const struct kernel *kernel, enum socket_hook hook, int link)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, PIN_FORMAT, socket_names[hook]);

	return error ? error : link_pin_at(path, link);
}

static int take_over(int link, uint32_t previous, int program)
{
	int before = link < 0 ? link : bpf_prog_get_fd_by_id(previous);
	int error = before < 0 ? before : link_update(link, program, before);

	if (before >= 0)
		close(before);
	return error;
}

int cgroup_attach(const struct kernel *kernel, int cgroup, enum socket_hook hook, int program,
		  const struct cgroup_link *existing)
{
	int link, error = 0;

	if (existing) {
		link = bpf_link_get_fd_by_id(existing->link);
		error = take_over(link, existing->program, program);
	} else {
		link = bpf_link_create(program, cgroup, attach_types[hook], NULL);
		error = link < 0 ? link : 0;
	}
	if (!error)
		error = pin(kernel, hook, link);
	if (link >= 0)
		close(link);
	return error;
}

/* The pin may be of another link by now. */
static void unpin(const struct kernel *kernel, enum socket_hook hook, uint32_t id)
{
	char path[PATH_SIZE];
	struct bpf_link_info info;
	int link = path_join(path, kernel->pins, PIN_FORMAT, socket_names[hook]);

	if (!link)
		link = bpf_obj_get(path);
	if (link < 0)
		return;
	if (link_info(link, &info) && info.id == id)
		unlink(path);
	close(link);
}

int cgroup_detach(const struct kernel *kernel, const struct cgroup_link *link)
{
	int fd = bpf_link_get_fd_by_id(link->link);

	unpin(kernel, link->hook, link->link);
	if (fd < 0)
		return fd;
	int error = bpf_link_detach(fd);
	close(fd);
	return error;
}
