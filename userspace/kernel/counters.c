// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

int counters_read(int map, struct counter *counters, size_t count)
{
	int cpus = libbpf_num_possible_cpus();
	struct counter *each;
	int error = 0;

	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	for (__u32 slot = 0; slot < count && !error; slot++) {
		error = bpf_map_lookup_elem(map, &slot, each);
		counters[slot] = (struct counter){0};
		for (int cpu = 0; cpu < cpus && !error; cpu++) {
			counters[slot].packets += each[cpu].packets;
			counters[slot].bytes += each[cpu].bytes;
		}
	}
	free(each);
	return error;
}

int counters_slots(int map)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int error = bpf_obj_get_info_by_fd(map, &info, &size);

	return error ? error : (int)info.max_entries;
}

json_t *counters_json(int map)
{
	int slots = counters_slots(map);
	struct counter *counters = slots > 0 ? calloc((size_t)slots, sizeof(*counters)) : NULL;
	json_t *list = NULL;

	if (!counters || counters_read(map, counters, (size_t)slots))
		goto done;
	list = json_array();
	for (int slot = 0; slot < slots; slot++)
		if (counters[slot].packets)
			json_array_append_new(list, json_pack("[i, I, I]", slot,
							      (json_int_t)counters[slot].packets,
							      (json_int_t)counters[slot].bytes));
done:
	free(counters);
	return list;
}
