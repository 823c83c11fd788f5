// SPDX-License-Identifier: GPL-2.0-or-later
/* The flows that the kernel knows at this moment, read without disturbing the agent. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/load.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

#define BATCH 256

/* Each batch is a part of the map; one that changes meanwhile may show a flow twice, or not. */
static int read_batches(int map, kernel_flow_handler handler, void *context)
{
	static struct flow_key keys[BATCH];
	static struct flow_state states[BATCH];
	uint32_t cursor, next;
	bool under_way = false;
	int error;

	do {
		uint32_t count = BATCH;

		error = bpf_map_lookup_batch(map, under_way ? &cursor : NULL, &next, keys, states,
					     &count, NULL);
		if (error && error != -ENOENT)
			return error;
		for (uint32_t i = 0; i < count; i++)
			handler(&keys[i], &states[i], context);
		cursor = next;
		under_way = true;
	} while (!error);
	return 0;
}

int kernel_flows(struct kernel *kernel, kernel_flow_handler handler, void *context,
		 struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = record_check_abi(kernel, diagnostics);
	int map =
		error ? error : path_join(path, kernel->pins, "%s", shared_map_names[SHARED_FLOWS]);

	if (!map)
		map = bpf_obj_get(path);
	if (map == -ENOENT)
		return -ENOENT;
	error = map < 0 ? map : read_batches(map, handler, context);
	if (map >= 0)
		close(map);
	return error ? message(diagnostics, error, "%s: the flows cannot be read: %s", kernel->pins,
			       strerror(-error))
		     : 0;
}
