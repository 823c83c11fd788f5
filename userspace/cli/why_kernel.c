// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel knows of a target, with or without an agent. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/base/clock.h"
#include "userspace/cli/why.h"
#include "userspace/flow/packet.h"
#include "userspace/flow/text.h"
#include "userspace/kernel/kernel.h"

struct gathering {
	struct why *why;
	struct kernel *kernel;
	uint32_t generation; /* the last one that was looked up */
	bool monitor;        /* in it */
	int64_t boot_ns;     /* CLOCK_REALTIME less CLOCK_BOOTTIME */
	bool failed;
};

static struct slice slice_of(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

/* Flows outlast the generation that judged them. */
static bool was_monitoring(struct gathering *gathering, uint32_t generation)
{
	struct diagnostics unheard = {0};
	json_t *record = NULL;

	if (generation != gathering->generation) {
		const char *mode = NULL;

		if (kernel_record_of(gathering->kernel, generation, &record, &unheard) == 0)
			mode = json_string_value(json_object_get(record, "mode"));
		gathering->monitor = mode && strcmp(mode, "monitor") == 0;
		gathering->generation = generation;
		json_decref(record);
		diagnostics_free(&unheard);
	}
	return gathering->monitor;
}

/* As a line of the log would have it. */
static void take_flow(const struct flow_key *key, const struct flow_state *state, void *context)
{
	struct gathering *gathering = context;
	const struct manifest *manifest = gathering->why->manifest;
	bool known = manifest && key->generation == manifest->generation;
	uint64_t last = state->first > state->reported ? state->first : state->reported;
	char time[TIME_TEXT_SIZE], address[ADDRESS_TEXT_SIZE] = "", number[8];
	char cgroup[KERNEL_CGROUP_SIZE], command[COMMAND_SIZE + 1] = "";
	const char *transport = packet_transport(key);
	bool has_cgroup =
		state->sender.cgroup && kernel_cgroup_path(state->sender.cgroup, cgroup) == 0;

	memcpy(command, state->sender.command, COMMAND_SIZE);
	snprintf(number, sizeof(number), "%u", key->protocol);
	if (packet_has_addresses(key))
		address_format(packet_destination(key), address);
	const struct flow_line line = {
		.time = slice_of(text_time(gathering->boot_ns + (int64_t)last, time)),
		.destination = slice_of(*address ? address : NULL),
		.transport = slice_of(transport ? transport : number),
		.process_name = slice_of(command),
		.cgroup = slice_of(has_cgroup ? cgroup : NULL),
		.reason = slice_of(reason_name(key->reason)),
		.rule = slice_of(known ? manifest_rule_name(manifest, state->rule) : NULL),
		.packets = state->packets,
		.bytes = state->bytes,
		.process = state->sender.process,
		.port = packet_is_icmp(key)     ? key->destination_port >> 8
			: packet_has_ports(key) ? key->destination_port
						: -1,
		.flow = true,
		.monitor = was_monitoring(gathering, key->generation),
	};
	gathering->failed |= survey_add(&gathering->why->live, &line) != 0;
}

static void gather_flows(struct why *why, struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct gathering gathering = {
		.why = why,
		.kernel = kernel,
		.boot_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME))};

	kernel_flows(kernel, take_flow, &gathering, diagnostics);
	if (gathering.failed)
		diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

static void judge_now(struct why *why, struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct table *table = NULL;

	if (kernel_table(kernel, &table, diagnostics))
		return;
	for (size_t i = 0; i < why->target.count; i++) {
		struct decision decision = table_judge(table, why->target.addresses[i]);

		why->now[i] = (struct why_now){why->target.addresses[i], decision,
					       manifest_rule_name(why->manifest, decision.rule)};
	}
	why->now_count = why->target.count;
	table_free(table);
}

static void ask(struct why *why, struct kernel *kernel, struct diagnostics *diagnostics)
{
	json_t *record = NULL;
	int error = kernel_record(kernel, &record, diagnostics);

	why->kernel_read = !error || error == -ENOENT;
	if (error || manifest_read(record, &why->manifest, diagnostics))
		return;
	gather_flows(why, kernel, diagnostics);
	judge_now(why, kernel, diagnostics);
}

void why_ask_kernel(struct why *why, int64_t since, struct diagnostics *diagnostics)
{
	struct diagnostics messages = {0};
	struct kernel *kernel = NULL;
	int error = survey_begin(&why->live, since);

	why->live.wanted = why_target_matches;
	why->live.context = &why->target;
	if (!error && kernel_open(KERNEL_READ, &kernel, &messages) == 0)
		ask(why, kernel, &messages);
	kernel_close(kernel);
	if (!error)
		error = survey_end(&why->live);
	diagnostics_move_as_warnings(&messages, diagnostics);
}

void why_free(struct why *why)
{
	survey_free(&why->log);
	survey_free(&why->live);
	manifest_free(why->manifest);
	*why = (struct why){0};
}
