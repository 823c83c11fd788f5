// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/sockets.h"
#include "userspace/kernel/layers.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "bpf/socket.skel.h"
#include "userspace/kernel/attach.h"
#include "userspace/kernel/cgroup.h"
#include "userspace/kernel/elsewhere.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

const char *const socket_names[SOCKET_HOOKS] = {
	[SOCKET_CONNECT4] = "socket_connect4", [SOCKET_CONNECT6] = "socket_connect6",
	[SOCKET_SENDMSG4] = "socket_sendmsg4", [SOCKET_SENDMSG6] = "socket_sendmsg6",
	[SOCKET_CREATE] = "socket_create",     [SOCKET_OPTION] = "socket_option",
};

int sockets_program(const struct socket_bpf *loaded, enum socket_hook hook)
{
	if (!loaded)
		return -1;
	return bpf_program__fd(bpf_object__find_program_by_name(loaded->obj, socket_names[hook]));
}

void sockets_destroy(struct socket_bpf *loaded)
{
	socket_bpf__destroy(loaded);
}

/* Before Linux 6.1 the kernel keeps from some of these programs which process it is. */
static int load(uint64_t namespace, const struct egress_bpf *guard, bool knows_task,
		struct socket_bpf **loaded)
{
	struct socket_bpf *opened = socket_bpf__open();
	int error;

	if (!opened)
		return -errno;
	opened->rodata->config = guard->rodata->config;
	opened->rodata_socket->socket_config.namespace = namespace;
	opened->rodata_socket->socket_config.knows_task = knows_task;
	error = loaded_share_maps(guard, opened->obj);
	if (!error)
		error = socket_bpf__load(opened);
	if (error) {
		socket_bpf__destroy(opened);
		return error;
	}
	*loaded = opened;
	return 0;
}

/* A cgroup that is named must be there; the rest is not worth refusing a policy for. */
static int check_named(const struct kernel_options *options, struct diagnostics *diagnostics)
{
	uint64_t id;
	int cgroup = -ENAMETOOLONG;

	if (options->without_sockets || !options->cgroup)
		return 0;
	if (strlen(options->cgroup) < PATH_SIZE)
		cgroup = cgroup_open(options->cgroup, &id);
	if (cgroup < 0)
		return message(diagnostics, cgroup,
			       "sockets: %s: %s; name a folder of cgroup2 that is there, or write "
			       "`sockets: off`",
			       options->cgroup,
			       cgroup == -ENOTDIR ? "not a cgroup (version 2)" : strerror(-cgroup));
	close(cgroup);
	return 0;
}

int sockets_load(const struct kernel *kernel, const struct kernel_options *options,
		 const struct egress_bpf *guard, struct socket_bpf **loaded,
		 struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	const char *why;
	int error = check_named(options, diagnostics);

	*loaded = NULL;
	if (error)
		return error;
	cgroup_wanted(options, path, &why);
	if (why)
		return 0;
	libbpf_silence();
	error = options->without & LAYER_BIT(LAYER_SOCKET_TASK)
			? -EINVAL
			: load(kernel->cookie, guard, true, loaded);
	if (error)
		error = load(kernel->cookie, guard, false, loaded);
	if (error)
		message_warn(
			diagnostics,
			"sockets: the kernel refuses the hooks (%s): what is denied is dropped "
			"in silence, and the log does not name the process%s",
			strerror(-error), libbpf_said());
	return 0;
}

int sockets_pin(const struct kernel *kernel, uint32_t generation, const struct socket_bpf *loaded,
		struct diagnostics *diagnostics)
{
	for (int i = 0; loaded && i < SOCKET_HOOKS; i++) {
		int error = generation_pin_one(kernel, generation, socket_names[i],
					       sockets_program(loaded, (enum socket_hook)i));

		if (error)
			return message(diagnostics, error,
				       "the hooks on sockets of generation %u cannot be pinned: %s",
				       generation, strerror(-error));
	}
	return 0;
}

static int refresh_elsewhere(const struct kernel *kernel)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, "%s", shared_map_names[SHARED_ELSEWHERE]);
	int map = error ? error : bpf_obj_get(path);

	if (map < 0)
		return map;
	error = elsewhere_refresh(map);
	close(map);
	return error;
}

/* The link to be kept for a hook, or NULL. It is taken out of @found: what is left is superseded.
 */
static const struct cgroup_link *take(struct cgroup_link *found, size_t count, uint64_t cgroup,
				      enum socket_hook hook, struct cgroup_link *taken)
{
	for (size_t i = 0; i < count; i++) {
		if (found[i].hook != hook || found[i].cgroup != cgroup || !found[i].link)
			continue;
		*taken = found[i];
		found[i].link = 0;
		return taken;
	}
	return NULL;
}

static size_t remove_links(const struct kernel *kernel, const struct cgroup_link *found,
			   size_t count, struct diagnostics *diagnostics)
{
	size_t removed = 0;

	for (size_t i = 0; i < count; i++) {
		int error = found[i].link ? cgroup_detach(kernel, &found[i]) : 0;

		removed += found[i].link && !error;
		if (error && error != -ENOENT)
			message_warn(diagnostics, "sockets: a hook cannot be removed: %s",
				     strerror(-error));
	}
	return removed;
}

static int roll(const struct kernel *kernel, const struct programs *programs, const char *path,
		struct cgroup_link *found, size_t count)
{
	uint64_t id;
	int cgroup = cgroup_open(path, &id);
	int error = cgroup < 0 ? cgroup : refresh_elsewhere(kernel);

	for (int i = 0; i < SOCKET_HOOKS && !error; i++) {
		enum socket_hook hook = (enum socket_hook)i;
		struct cgroup_link taken;

		error = cgroup_attach(kernel, cgroup, hook, programs->socket[i],
				      take(found, count, id, hook, &taken));
	}
	if (cgroup >= 0)
		close(cgroup);
	return error;
}

void sockets_roll(const struct kernel *kernel, const struct programs *programs,
		  const struct kernel_options *options, struct diagnostics *diagnostics)
{
	struct cgroup_link found[CGROUP_LINKS_MOST];
	size_t count = cgroup_links(kernel, found);
	char path[PATH_SIZE];
	const char *why;

	cgroup_wanted(options, path, &why);
	if (!why && programs->socket[0] >= 0) {
		int error = roll(kernel, programs, path, found, count);

		if (error) {
			message_warn(diagnostics,
				     "sockets: the hooks cannot be attached to %s: %s; what is "
				     "denied is dropped in silence, and the log does not name the "
				     "process",
				     path, strerror(-error));
			count = cgroup_links(kernel, found);
		}
	}
	remove_links(kernel, found, count, diagnostics);
}

size_t sockets_remove_all(const struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct cgroup_link found[CGROUP_LINKS_MOST] = {0};
	size_t count = cgroup_links(kernel, found);

	return remove_links(kernel, found, count, diagnostics);
}

int kernel_sockets(struct kernel *kernel, char cgroup[KERNEL_CGROUP_SIZE], const char **why,
		   struct diagnostics *diagnostics)
{
	struct cgroup_link found[CGROUP_LINKS_MOST];
	struct kernel_options options;
	uint64_t id = 0;
	size_t there = 0;
	json_t *record;
	int error = kernel_record(kernel, &record, diagnostics);

	if (error)
		return error;
	error = record_options(record, &options);
	json_decref(record);
	if (error)
		return message(diagnostics, error, "the record of what is enforced is damaged");
	cgroup_wanted(&options, cgroup, why);
	record_options_free(&options);
	if (*why)
		return 0;
	int folder = cgroup_open(cgroup, &id);
	if (folder >= 0)
		close(folder);
	size_t count = cgroup_links(kernel, found);
	for (size_t i = 0; i < count; i++)
		there += found[i].cgroup == id;
	if (there < SOCKET_HOOKS)
		*why = "its hooks are not all there; apply the policy again";
	return 0;
}
