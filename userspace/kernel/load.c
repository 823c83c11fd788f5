// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "userspace/kernel/memory.h"
#include "userspace/kernel/message.h"

/* What a trial needs: it reports its decision in skb->cb, its events are thrown away. */
#define TRIAL_RING_SIZE 4096 /* one page, the smallest there is */
#define TRIAL_FLOWS     64

const char *const section_map_names[TABLE_SECTION_COUNT] = {
#define SECTION(identifier, name, text) "table_" #identifier,
	TABLE_SECTIONS(SECTION)
#undef SECTION
};
const char *const program_names[FORMS] = {"egress", "egress_layer3"};
const char *const shared_map_names[SHARED_MAPS] = {"events", "flows", "events_lost"};

int loaded_program(const struct egress_bpf *skeleton, enum form form)
{
	return bpf_program__fd(form == FORM_LAYER3 ? skeleton->progs.egress_layer3
						   : skeleton->progs.egress);
}

int loaded_map(const struct egress_bpf *skeleton, const char *name)
{
	return bpf_object__find_map_fd_by_name(skeleton->obj, name);
}

void loaded_destroy(struct egress_bpf *skeleton)
{
	egress_bpf__destroy(skeleton);
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
		.trial = request->trial,
	};

	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		config.sizes[i] = (__u32)table->sections[i].size;
	skeleton->rodata->config = config;
}

/* The sections' maps at exactly the size of the table's, or those of another generation. */
static int size_sections(struct egress_bpf *skeleton, const struct load_request *request)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(skeleton->obj, section_map_names[i]);
		int error;

		if (!map)
			return -ENOENT;
		if (request->sections_of)
			error = bpf_map__reuse_fd(
				map, loaded_map(request->sections_of, section_map_names[i]));
		else if (request->table->sections[i].map)
			error = bpf_map__reuse_fd(map, request->table->sections[i].map);
		else
			error = bpf_map__set_value_size(map,
							(__u32)request->table->sections[i].size);
		if (error)
			return error;
	}
	return 0;
}

static int size_others(struct egress_bpf *skeleton, const struct load_request *request)
{
	const struct table *table = request->table;
	int error = bpf_map__set_max_entries(skeleton->maps.counters,
					     COUNTER_SLOTS(table->row_count, table->entry_count));

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

static int fill_section(int map, const void *bytes, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, bytes, size);
	munmap(memory, size); /* a map with a writable mapping cannot be frozen */
	return bpf_map_freeze(map);
}

static int compare_section(int map, const void *bytes, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, map, 0);
	int error;

	if (memory == MAP_FAILED)
		return -errno;
	error = memcmp(memory, bytes, size) == 0 ? 0 : -EBADMSG;
	munmap(memory, size);
	return error;
}

/* The section ends up in the map, frozen, and equal to the table's byte by byte. */
static int settle_section(int map, const struct table *table, enum table_section section)
{
	void *bytes = table->sections[section].bytes;
	size_t size = table->sections[section].size;

	if (table->sections[section].map) /* it was compiled into it */
		return memory_seal(map, bytes, size);
	int error = fill_section(map, bytes, size);
	return error ? error : compare_section(map, bytes, size);
}

static int settle_sections(const struct egress_bpf *skeleton, const struct table *table,
			   struct diagnostics *diagnostics)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		int error = settle_section(loaded_map(skeleton, section_map_names[i]), table,
					   (enum table_section)i);

		if (error)
			return message(diagnostics, error,
				       "the section %s of the verdict table: %s",
				       section_map_names[i],
				       error == -EBADMSG ? "reads back otherwise than written"
							 : strerror(-error));
	}
	return 0;
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

static bool table_has_sections(const struct table *table)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		if (!table->sections[i].bytes || !table->sections[i].size)
			return false;
	return true;
}

int load_generation(const struct load_request *request, struct egress_bpf **skeleton,
		    struct diagnostics *diagnostics)
{
	struct egress_bpf *loaded;
	int error;

	if (!table_has_sections(request->table))
		return message(diagnostics, -EINVAL, "the verdict table has an empty section");
	libbpf_silence();
	loaded = egress_bpf__open();
	if (!loaded)
		return load_refused(-errno, diagnostics);
	configure(loaded, request);
	/* Who proves another one's sections looks at Ethernet frames only. */
	if (request->sections_of)
		bpf_program__set_autoload(loaded->progs.egress_layer3, false);
	error = size_sections(loaded, request);
	if (!error)
		error = size_others(loaded, request);
	if (!error)
		error = egress_bpf__load(loaded);
	if (error) {
		load_refused(error, diagnostics);
		goto destroy;
	}
	if (!request->sections_of)
		error = settle_sections(loaded, request->table, diagnostics);
	if (error)
		goto destroy;
	*skeleton = loaded;
	return 0;
destroy:
	egress_bpf__destroy(loaded);
	return error;
}
