// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/locals.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/message.h"

static struct guard_local local_of(const struct prefix *prefix, size_t entry)
{
	u128 mask = family_last(prefix->family) & ~prefix_host_mask(prefix->family, prefix->length);

	return (struct guard_local){
		.high = (uint64_t)(prefix->value >> 64),
		.low = (uint64_t)prefix->value,
		.mask_high = (uint64_t)(mask >> 64),
		.mask_low = (uint64_t)mask,
		.entry = 1u << entry,
		.v4 = prefix->family == FAMILY_V4,
	};
}

/* The policy's reader saw to it that there are not too many. */
void locals_configure(const struct kernel_options *options, struct guard_config *config)
{
	size_t entry = 0;

	config->local_count = 0;
	for (size_t i = 0; i < options->local_count; i++) {
		const struct policy_local_net *local = &options->locals[i];

		for (size_t j = 0; !policy_local_any(local) && j < local->to_count; j++)
			if (config->local_count < LOCAL_NETS_MOST && entry < LOCAL_ENTRIES_MOST)
				config->locals[config->local_count++] =
					local_of(&local->to[j], entry);
		entry += !policy_local_any(local);
	}
}

static bool is_meant(const struct policy_local_net *local, const struct interface *interface,
		     const struct interface *interfaces, size_t count)
{
	bool meant = names_match(&local->interfaces, interface->name);

	for (size_t i = 0; i < count && !meant; i++)
		if ((interface->master && interfaces[i].ifindex == interface->master) ||
		    interfaces[i].master == interface->ifindex)
			meant = names_match(&local->interfaces, interfaces[i].name);
	return meant;
}

static int fill_one(int map, const struct kernel_options *options,
		    const struct interface *interface, const struct interface *interfaces,
		    size_t count)
{
	uint32_t entries = 0, bit = 1;

	for (size_t i = 0; i < options->local_count; i++) {
		if (is_meant(&options->locals[i], interface, interfaces, count))
			entries |= bit;
		bit <<= !policy_local_any(&options->locals[i]);
	}
	if (entries)
		return bpf_map_update_elem(map, &interface->ifindex, &entries, BPF_ANY);
	int error = bpf_map_delete_elem(map, &interface->ifindex);
	return error == -ENOENT ? 0 : error;
}

/* Numbers of interfaces are given again only after all others were. */
int locals_fill(int map, const struct kernel_options *options, const struct interface *interfaces,
		size_t count, struct diagnostics *diagnostics)
{
	int error = 0;

	if (map < 0 || !options->local_count)
		return 0;
	for (size_t i = 0; i < count && !error; i++)
		error = fill_one(map, options, &interfaces[i], interfaces, count);
	return error ? message(diagnostics, error,
			       "which interfaces are local cannot be told to the guard: %s",
			       strerror(-error))
		     : 0;
}

static json_t *local_json(const struct policy_local_net *local)
{
	json_t *to = json_array(), *interfaces = json_array();
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < local->to_count; i++)
		json_array_append_new(to, json_string(prefix_format(&local->to[i], text)));
	for (size_t i = 0; i < local->interfaces.count; i++)
		json_array_append_new(interfaces, json_string(local->interfaces.items[i]));
	return json_pack("{s:o, s:o}", "to", to, "interfaces", interfaces);
}

json_t *locals_json(const struct kernel_options *options)
{
	json_t *list = json_array();

	for (size_t i = 0; i < options->local_count; i++)
		if (!policy_local_any(&options->locals[i]))
			json_array_append_new(list, local_json(&options->locals[i]));
	return list;
}

static int read_local(const json_t *item, struct policy_local_net *local)
{
	const json_t *to = json_object_get(item, "to");
	const json_t *interfaces = json_object_get(item, "interfaces");

	local->to = calloc(json_array_size(to) + 1, sizeof(*local->to));
	local->interfaces.items =
		calloc(json_array_size(interfaces) + 1, sizeof(*local->interfaces.items));
	if (!local->to || !local->interfaces.items)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(to); i++) {
		const char *text = json_string_value(json_array_get(to, i));

		if (!text || prefix_parse(text, strlen(text), &local->to[i]) != PREFIX_OK)
			return -EBADMSG;
		local->to_count++;
	}
	for (size_t i = 0; i < json_array_size(interfaces); i++) {
		const char *text = json_string_value(json_array_get(interfaces, i));

		local->interfaces.items[i] = text ? strdup(text) : NULL;
		if (!local->interfaces.items[i])
			return -EBADMSG;
		local->interfaces.count++;
	}
	return 0;
}

int locals_read(const json_t *list, struct kernel_options *options)
{
	size_t size = json_array_size(list);
	struct policy_local_net *locals = calloc(size + 1, sizeof(*locals));
	int error = 0;

	if (!locals)
		return -ENOMEM;
	if (size > LOCAL_ENTRIES_MOST)
		error = -EBADMSG;
	options->locals = locals;
	for (size_t i = 0; i < size && !error; i++) {
		options->local_count++;
		error = read_local(json_array_get(list, i), &locals[i]);
	}
	return error;
}

void locals_free(struct kernel_options *options)
{
	for (size_t i = 0; i < options->local_count; i++) {
		const struct policy_local_net *local = &options->locals[i];

		for (size_t j = 0; j < local->interfaces.count; j++)
			free(local->interfaces.items[j]);
		free(local->interfaces.items);
		free(local->to);
	}
	free((void *)options->locals);
	options->locals = NULL;
	options->local_count = 0;
}
