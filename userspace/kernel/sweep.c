// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/sweep.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <time.h>

#include "userspace/base/clock.h"
#include "userspace/kernel/load.h"
#include "userspace/kernel/record.h"

#define BATCH        256
#define BATCHES_MOST 16 /* a call */
#define PAUSE_NS     100000000u

static void read_generation(const struct kernel *kernel, struct sweep_generation *generation)
{
	struct diagnostics unheard = {0};
	struct kernel_options options = {0};
	json_t *record;

	if (record_read(kernel, generation->number, &record, &unheard) == 0) {
		if (record_options(record, &options) == 0) {
			generation->monitor = options.monitor;
			generation->interval_ns = options.flow_interval_ns;
			record_options_free(&options);
		}
		json_decref(record);
	}
	diagnostics_free(&unheard);
}

static const struct sweep_generation *generation_of(struct sweep *sweep, uint32_t number)
{
	struct sweep_generation *generation;

	for (int i = 0; i < SWEEP_GENERATIONS; i++)
		if (sweep->known[i].number == number)
			return &sweep->known[i];
	generation = &sweep->known[sweep->oldest];
	sweep->oldest = (sweep->oldest + 1) % SWEEP_GENERATIONS;
	*generation = (struct sweep_generation){number, false, FLOW_INTERVAL_DEFAULT_NS};
	read_generation(sweep->kernel, generation);
	return generation;
}

static int take_out(struct sweep *sweep, const struct flow_key *key, bool monitor, uint64_t now,
		    kernel_event_handler handler, void *context)
{
	struct flow_state state;

	/* With the sum as it is at this moment, not as it was in the batch. */
	if (bpf_map_lookup_and_delete_elem(sweep->flows, key, &state) || !state.packets)
		return 0;
	const struct flow_event event = {
		.key = *key,
		.time = now,
		.first = state.first ? state.first : now,
		.packets = state.packets,
		.bytes = state.bytes,
		.row = state.row,
		.rule = state.rule,
		.kind = EVENT_SUMMARY,
		.sender = state.sender,
		.flags = state.flags | (monitor ? EVENT_MONITOR : 0),
	};
	handler(&event, context);
	return 1;
}

/*
 * The guard reports with the first packet after the interval: once it is over, no packet came. A
 * steady flow is about to report by itself then, and a packet that the guard adds in the very
 * moment of the deletion is in no sum (the counters have it): so only what stayed silent for a
 * while longer is taken out.
 */
static bool is_silent(const struct flow_state *state, const struct sweep_generation *generation,
		      uint64_t now)
{
	uint64_t patience = generation->interval_ns + generation->interval_ns / 8;

	return now > state->reported && now - state->reported >= patience;
}

int sweep_silent(struct sweep *sweep, kernel_event_handler handler, void *context)
{
	static struct flow_key keys[BATCH];
	static struct flow_state states[BATCH];
	uint64_t now = clock_ns(CLOCK_BOOTTIME);
	int reports = 0;

	if (now < sweep->next_ns)
		return 0;
	sweep->next_ns = now + PAUSE_NS;
	for (int batch = 0; batch < BATCHES_MOST; batch++) {
		uint32_t count = BATCH, next = 0;
		int error =
			bpf_map_lookup_batch(sweep->flows, sweep->under_way ? &sweep->cursor : NULL,
					     &next, keys, states, &count, NULL);

		if (error && error != -ENOENT)
			return error;
		for (uint32_t i = 0; i < count; i++) {
			const struct sweep_generation *generation =
				generation_of(sweep, keys[i].generation);

			if (is_silent(&states[i], generation, now))
				reports += take_out(sweep, &keys[i], generation->monitor, now,
						    handler, context);
		}
		sweep->under_way = !error;
		sweep->cursor = next;
		if (error) /* -ENOENT: that was the last batch */
			break;
	}
	return reports;
}
