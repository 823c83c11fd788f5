// SPDX-License-Identifier: GPL-2.0-or-later
/* What is enforced now, read from the pins of the current generation. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/kernel/counters.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

/* A swap may retire the generation between the look at "current" and the open of its pin. */
#define SWAPS_MOST 5

/* Opens @name of the current generation. -ENOENT without a message: nothing is in force. */
static int current_map(const struct kernel *kernel, const char *name, uint32_t *generation,
		       struct diagnostics *diagnostics)
{
	int map = -ENOENT;

	for (int i = 0; i < SWAPS_MOST && map == -ENOENT; i++) {
		int error = record_current(kernel, generation, diagnostics);

		if (error)
			return error;
		map = generation_map(kernel, *generation, name);
	}
	if (map < 0)
		return message(diagnostics, map,
			       "%s/gen-%u/%s: cannot be opened: %s; apply the policy again",
			       kernel->pins, *generation, name, strerror(-map));
	return map;
}

int kernel_counters(struct kernel *kernel, struct counter **counters, size_t *count,
		    struct diagnostics *diagnostics)
{
	uint32_t generation;
	int error = record_check_abi(kernel, diagnostics);

	if (error)
		return error;
	int map = current_map(kernel, "counters", &generation, diagnostics);
	if (map < 0)
		return map;
	int slots = counters_slots(map);
	error = slots < 0 ? slots : 0;
	struct counter *list = slots > 0 ? calloc((size_t)slots, sizeof(*list)) : NULL;
	if (!error)
		error = list ? counters_read(map, list, (size_t)slots) : -ENOMEM;
	close(map);
	if (error) {
		free(list);
		return message(diagnostics, error, "the counters cannot be read: %s",
			       strerror(-error));
	}
	*counters = list;
	*count = (size_t)slots;
	return 0;
}

/* Of a shared map of numbers, summed over CPUs. */
static int read_sums(const struct kernel *kernel, enum shared_map which, uint64_t *sums,
		     uint32_t slots)
{
	char path[PATH_SIZE];
	int cpus = libbpf_num_possible_cpus();
	int error = path_join(path, kernel->pins, "%s", shared_map_names[which]);
	uint64_t *each = error || cpus < 0 ? NULL : calloc((size_t)cpus, sizeof(*each));

	if (!each)
		return error ? error : -ENOMEM;
	int map = bpf_obj_get(path);
	error = map < 0 ? map : 0;
	for (uint32_t slot = 0; slot < slots; slot++) {
		if (!error)
			error = bpf_map_lookup_elem(map, &slot, each);
		sums[slot] = 0;
		for (int cpu = 0; cpu < cpus && !error; cpu++)
			sums[slot] += each[cpu];
	}
	if (map >= 0)
		close(map);
	free(each);
	return error;
}

int kernel_events_lost(struct kernel *kernel, uint64_t *lost)
{
	return read_sums(kernel, SHARED_EVENTS_LOST, lost, 1);
}

int kernel_answers(struct kernel *kernel, uint64_t packets[ANSWERS])
{
	return read_sums(kernel, SHARED_ANSWERS, packets, ANSWERS);
}

const char *answer_name(enum answer answer)
{
	static const char *const names[ANSWERS] = {
#define ANSWER(identifier, name, text) name,
		ANSWER_LIST(ANSWER)
#undef ANSWER
	};

	return names[answer];
}

const char *answer_text(enum answer answer)
{
	static const char *const texts[ANSWERS] = {
#define ANSWER(identifier, name, text) text,
		ANSWER_LIST(ANSWER)
#undef ANSWER
	};

	return texts[answer];
}

static int map_section(int map, void **bytes, size_t *size)
{
	struct bpf_map_info info = {0};
	__u32 info_size = sizeof(info);
	int error = bpf_obj_get_info_by_fd(map, &info, &info_size);

	if (error)
		return error;
	*size = (size_t)info.value_size * info.max_entries;
	void *memory = mmap(NULL, *size, PROT_READ, MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -errno;
	*bytes = memory;
	return 0;
}

static int map_sections(const struct kernel *kernel, uint32_t generation, struct table *table)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		int map = generation_map(kernel, generation, section_map_names[i]);

		if (map < 0)
			return map;
		int error = map_section(map, &table->sections[i].bytes, &table->sections[i].size);
		close(map);
		if (error)
			return error;
	}
	return 0;
}

/* Refuses a table of another layout, which would be read as nonsense. */
int record_table_counts(const json_t *record, struct table *table)
{
	const json_t *part = json_object_get(record, "kernel");

	if (json_integer_value(json_object_get(part, "table_abi")) != TABLE_ABI)
		return -EPROTO;
	table->class_count = (uint32_t)json_integer_value(json_object_get(part, "class_count"));
	table->row_count = (uint32_t)json_integer_value(json_object_get(part, "row_count"));
	table->entry_count = (uint32_t)json_integer_value(json_object_get(part, "entry_count"));
	return 0;
}

static int table_of(const struct kernel *kernel, uint32_t generation, struct table **table,
		    struct diagnostics *diagnostics)
{
	struct table *mapped = calloc(1, sizeof(*mapped));
	json_t *record = NULL;
	int error = mapped ? record_read(kernel, generation, &record, diagnostics) : -ENOMEM;

	if (!error)
		error = record_table_counts(record, mapped);
	json_decref(record);
	if (!error)
		error = map_sections(kernel, generation, mapped);
	if (error) {
		table_free(mapped);
		return error;
	}
	*table = mapped;
	return 0;
}

int kernel_table(struct kernel *kernel, struct table **table, struct diagnostics *diagnostics)
{
	uint32_t generation = 0;
	int error = -ENOENT;

	for (int i = 0; i < SWAPS_MOST && error == -ENOENT; i++) {
		error = record_current(kernel, &generation, diagnostics);
		if (error)
			return error;
		error = table_of(kernel, generation, table, diagnostics);
	}
	if (error && !diagnostics->errors)
		message(diagnostics, error,
			"the table of generation %u cannot be read: %s; apply the policy again",
			generation, strerror(-error));
	return error;
}
