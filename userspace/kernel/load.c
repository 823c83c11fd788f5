// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "userspace/kernel/locals.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/replies.h"
#include "userspace/kernel/scopes.h"

/* What a trial needs: it reports its decision in skb->cb, its events are thrown away. */
#define TRIAL_RING_SIZE 4096 /* one page, the smallest there is */
#define TRIAL_FLOWS     64

const char *const program_names[FORMS] = {"egress", "egress_layer3", "egress_upper"};
const char *const shared_map_names[SHARED_MAPS] = {
	"events", "flows",   "events_lost", "senders",  "elsewhere",       "pause",
	"books",  "replies", "exchanges",   "openings", "reply_fragments", "answers"};

int loaded_program(const struct egress_bpf *skeleton, enum form form)
{
	const struct bpf_program *const programs[FORMS] = {skeleton->progs.egress,
							   skeleton->progs.egress_layer3,
							   skeleton->progs.egress_upper};

	return bpf_program__fd(programs[form]);
}

int loaded_map(const struct egress_bpf *skeleton, const char *name)
{
	return bpf_object__find_map_fd_by_name(skeleton->obj, name);
}

int loaded_share_maps(const struct egress_bpf *guard, struct bpf_object *object)
{
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, object)
	{
		if (!error && !bpf_map__is_internal(map))
			error = bpf_map__reuse_fd(map, loaded_map(guard, bpf_map__name(map)));
	}
	return error;
}

void loaded_destroy(struct egress_bpf *skeleton)
{
	egress_bpf__destroy(skeleton);
}

static __u8 program_without(uint32_t layers)
{
	return (layers & LAYER_BIT(LAYER_XDP_CONTEXT) ? WITHOUT_CONTEXT : 0) |
	       (layers & LAYER_BIT(LAYER_XDP_PULL) ? WITHOUT_PULL : 0) |
	       (layers & LAYER_BIT(LAYER_TAI_CLOCK) ? WITHOUT_TAI : 0) |
	       (layers & LAYER_BIT(LAYER_KERNEL_READS) ? WITHOUT_READS : 0);
}

/* The others a program finds out by itself (bpf/packet_xdp.h). */
static uint32_t kernel_lacks(void)
{
	uint32_t asked = LAYER_BIT(LAYER_TAI_CLOCK) | LAYER_BIT(LAYER_KERNEL_READS);

	return asked & ~layers_probe(asked);
}

static void configure(struct egress_bpf *skeleton, const struct load_request *request)
{
	const struct kernel_options *options = request->options;
	const struct table *table = request->table;

	struct guard_config config = {
		.flow_interval = options->flow_interval_ns ? options->flow_interval_ns
							   : FLOW_INTERVAL_DEFAULT_NS,
		.generation = request->generation,
		.control = options->control,
		.monitor = options->monitor,
		.last_word = options->last_word,
		.reject = options->reject,
		.trial = request->trial,
		.without = program_without(options->without | kernel_lacks()),
		.books = !options->without_books && !request->trial,
		.tunnel_count = options->tunnel_count,
	};

	config.rows = table->row_count;
	config.classes = table->class_count;
	config.scopes = (__u8)(table->row_count / table->class_count);
	config.scoped_by = request->unscoped ? 0 : scopes_asked(options);
	config.entries = table->entry_count;
	config.clock_floor = table_moment(TABLE_CLOCK_FLOOR);
	memcpy(config.tunnels, options->tunnels, sizeof(config.tunnels));
	config.reply_count = options->reply_count;
	memcpy(config.replies, options->replies, sizeof(config.replies));
	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		config.sizes[i] = (__u32)table->sections[i].size;
	locals_configure(options, &config);
	skeleton->rodata->config = config;
}

static int use_sections(struct egress_bpf *skeleton, const struct sections *sections)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(skeleton->obj, section_map_names[i]);
		int error = map ? bpf_map__reuse_fd(map, sections->map[i]) : -ENOENT;

		if (error)
			return error;
	}
	return 0;
}

static uint32_t counter_slots(const struct load_request *request)
{
	const struct table *table = request->table;

	return request->options->reply_count
		       ? COUNTER_SLOTS_WITH_REPLIES(table->row_count, table->entry_count)
		       : COUNTER_SLOTS(table->row_count, table->entry_count);
}

/* Before those that are there already are reused, as they are. */
static int size_replies(struct egress_bpf *skeleton, const struct kernel_options *options)
{
	int error = 0;

	for (int i = 0; i < SHARED_MAPS && !error; i++) {
		uint32_t room = replies_room(options, (enum shared_map)i);

		if (room)
			error = bpf_map__set_max_entries(
				bpf_object__find_map_by_name(skeleton->obj, shared_map_names[i]),
				room);
	}
	return error;
}

static int size_others(struct egress_bpf *skeleton, const struct load_request *request)
{
	int error = bpf_map__set_max_entries(skeleton->maps.counters, counter_slots(request));

	if (!error && !request->ethernet_only) /* a probe of an apply lets nothing in */
		error = size_replies(skeleton, request->options);
	if (!error)
		error = scopes_size(skeleton->obj, skeleton->rodata->config.scoped_by);

	if (!error && request->trial)
		error = bpf_map__set_max_entries(skeleton->maps.events, TRIAL_RING_SIZE);
	if (!error && request->trial)
		error = bpf_map__set_max_entries(skeleton->maps.flows, TRIAL_FLOWS);
	for (int i = 0; request->shared && i < SHARED_MAPS && !error; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(skeleton->obj, shared_map_names[i]);

		if (request->shared[i] >= 0)
			error = bpf_map__reuse_fd(map, request->shared[i]);
	}
	return error;
}

static int load_refused(int error, struct diagnostics *diagnostics)
{
	if (error == -EPERM || error == -EACCES)
		return message(diagnostics, error,
			       "the kernel refuses to load the guard: %s; run it as root, or with "
			       "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and CAP_SYS_ADMIN%s",
			       strerror(-error), libbpf_said());
	return message(diagnostics, error, "the guard cannot be loaded: %s%s", strerror(-error),
		       libbpf_said());
}

static int load(const struct load_request *request, const struct sections *sections,
		struct egress_bpf **skeleton, struct diagnostics *diagnostics)
{
	struct egress_bpf *loaded;
	int error;

	libbpf_silence();
	loaded = egress_bpf__open();
	if (!loaded)
		return load_refused(-errno, diagnostics);
	configure(loaded, request);
	if (request->ethernet_only) {
		bpf_program__set_autoload(loaded->progs.egress_layer3, false);
		bpf_program__set_autoload(loaded->progs.egress_upper, false);
	}
	error = use_sections(loaded, sections);
	if (!error)
		error = size_others(loaded, request);
	if (!error)
		error = egress_bpf__load(loaded);
	if (error)
		load_refused(error, diagnostics);
	else if (!request->unscoped)
		error = scopes_fill(loaded, request->options, diagnostics);
	if (error) {
		egress_bpf__destroy(loaded);
		return error;
	}
	*skeleton = loaded;
	return 0;
}

int load_generation(const struct load_request *request, struct egress_bpf **skeleton,
		    struct diagnostics *diagnostics)
{
	struct sections own;
	int error;

	if (request->sections)
		return load(request, request->sections, skeleton, diagnostics);
	error = sections_settle(request->table, &own, diagnostics);
	if (error)
		return error;
	error = load(request, &own, skeleton, diagnostics);
	sections_close(&own);
	return error;
}
