// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

/* All slots in one call (Linux 5.13): there are thousands of them. */
static int read_all(int map, __u32 *slots, struct counter *each, size_t count)
{
	__u32 got = (__u32)count, next;
	int error = bpf_map_lookup_batch(map, NULL, &next, slots, each, &got, NULL);

	/* -ENOENT: that was the last slot. */
	return error == -ENOENT || !error ? (got == count ? 0 : -ENOENT) : error;
}

int counters_read(int map, struct counter *counters, size_t count)
{
	int possible = libbpf_num_possible_cpus(), error = -ENOMEM;

	if (possible < 0)
		return possible;
	size_t cpus = (size_t)possible;
	__u32 *slots = calloc(count, sizeof(*slots));
	struct counter *each = calloc(count * cpus, sizeof(*each));
	if (slots && each)
		error = read_all(map, slots, each, count);
	for (size_t i = 0; i < count && !error; i++) {
		counters[i] = (struct counter){0};
		for (size_t cpu = 0; cpu < cpus; cpu++) {
			counters[i].packets += each[i * cpus + cpu].packets;
			counters[i].bytes += each[i * cpus + cpu].bytes;
		}
	}
	free(slots);
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
