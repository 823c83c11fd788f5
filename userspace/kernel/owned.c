// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose program is it? Ours has the name of one that reads a verdict table, and does. */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maps/config.h"

#include "userspace/kernel/gateway.h"
#include "userspace/kernel/replies.h"

#define MAPS_MOST 32

uint32_t program_id(int program)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &size) ? 0 : info.id;
}

static bool map_is_rows(uint32_t id)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int map = bpf_map_get_fd_by_id(id);

	if (map < 0)
		return false;
	bool rows = bpf_obj_get_info_by_fd(map, &info, &size) == 0 &&
		    strcmp(info.name, section_map_names[TABLE_ROWS]) == 0;
	close(map);
	return rows;
}

static bool name_is_ours(const char *name)
{
	for (int i = 0; i < FORMS; i++)
		if (strcmp(name, program_names[i]) == 0)
			return true;
	for (int i = 0; i < GATEWAY_FORMS; i++)
		if (strcmp(name, gateway_names[i]) == 0)
			return true;
	for (int i = 0; i < GATEWAY_FORMS; i++)
		if (strcmp(name, reply_names[i]) == 0)
			return true;
	return false;
}

static bool fd_is_ours(int program)
{
	uint32_t maps[MAPS_MOST];
	struct bpf_prog_info info = {
		.map_ids = (uint64_t)(uintptr_t)maps,
		.nr_map_ids = MAPS_MOST,
	};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	if (!name_is_ours(info.name))
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MOST; i++)
		if (map_is_rows(maps[i]))
			return true;
	return false;
}

bool program_is_ours(uint32_t id)
{
	int program = bpf_prog_get_fd_by_id(id);

	if (program < 0)
		return false;
	bool ours = fd_is_ours(program);
	close(program);
	return ours;
}

/* The read-only data of a hook on sockets says for which network namespace it was loaded. */
static bool map_names_namespace(uint32_t id, uint64_t cookie)
{
	struct bpf_map_info info = {0};
	struct socket_config *config = NULL;
	__u32 size = sizeof(info), zero = 0;
	int map = bpf_map_get_fd_by_id(id);

	if (map < 0)
		return false;
	if (bpf_obj_get_info_by_fd(map, &info, &size) == 0 &&
	    strcmp(info.name, SOCKET_CONFIG_SECTION) == 0 && info.value_size >= sizeof(*config))
		config = calloc(1, info.value_size);
	bool names = config && bpf_map_lookup_elem(map, &zero, config) == 0 &&
		     config->namespace == cookie;
	free(config);
	close(map);
	return names;
}

static bool fd_is_hook_of(int program, uint64_t cookie)
{
	uint32_t maps[MAPS_MOST];
	struct bpf_prog_info info = {
		.map_ids = (uint64_t)(uintptr_t)maps,
		.nr_map_ids = MAPS_MOST,
	};
	__u32 size = sizeof(info);
	bool named = false;

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	for (int i = 0; i < SOCKET_HOOKS; i++)
		named = named || strcmp(info.name, socket_names[i]) == 0;
	for (uint32_t i = 0; named && i < info.nr_map_ids && i < MAPS_MOST; i++)
		if (map_names_namespace(maps[i], cookie))
			return true;
	return false;
}

bool program_is_hook_of(uint32_t id, uint64_t cookie)
{
	int program = bpf_prog_get_fd_by_id(id);

	if (program < 0)
		return false;
	bool hook = fd_is_hook_of(program, cookie);
	close(program);
	return hook;
}

bool attach_find(uint32_t ifindex, enum hook *hook)
{
	struct own_link own[OWN_MOST];
	size_t count;
	uint32_t program;

	*hook = HOOK_TCX;
	if (tcx_find(ifindex, own, &count) == 0 && count)
		return true;
	*hook = HOOK_CLSACT;
	if (clsact_find(ifindex, &program) == 0)
		return true;
	*hook = HOOK_TCX;
	return false;
}

bool attach_notes(uint32_t ifindex)
{
	struct own_link own[OWN_MOST];
	size_t count;
	uint32_t program;

	return (tcx_find_at(HOOK_TCX_INGRESS, ifindex, own, &count) == 0 && count) ||
	       clsact_find_at(HOOK_CLSACT_INGRESS, ifindex, &program) == 0;
}

bool attach_any(void)
{
	struct diagnostics unheard = {0};
	struct interface *interfaces;
	bool any = false;
	size_t count;
	int error = interfaces_list(&interfaces, &count, &unheard);

	diagnostics_free(&unheard);
	if (error)
		return true;
	for (size_t i = 0; i < count && !any; i++) {
		struct xdp_found xdp;
		enum hook hook;

		any = attach_find(interfaces[i].ifindex, &hook) ||
		      (xdp_find(interfaces[i].ifindex, &xdp) == 0 && xdp.ours);
	}
	free(interfaces);
	return any;
}
