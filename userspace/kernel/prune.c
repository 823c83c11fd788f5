// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/prune.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/kernel/fault.h"
#include "userspace/kernel/load.h"
#include "userspace/kernel/record.h"

#define BATCH 256

/* Sorted, the newest first; 0: to be kept. */
struct candidates {
	uint32_t *generations;
	size_t count;
};

static int newer_first(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return first < second ? 1 : first > second ? -1 : 0;
}

static int list_records(const struct kernel *kernel, struct candidates *list)
{
	int error = record_list(kernel, &list->generations, &list->count);

	if (!error)
		qsort(list->generations, list->count, sizeof(*list->generations), newer_first);
	return error;
}

static void keep(struct candidates *list, uint32_t generation)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->generations[i] == generation)
			list->generations[i] = 0;
}

static void keep_pinned(const struct kernel *kernel, struct candidates *list)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < list->count; i++)
		if (path_join(path, kernel->pins, "gen-%u", list->generations[i]) ||
		    access(path, F_OK) == 0)
			list->generations[i] = 0;
}

static int keep_of_flows(int map, struct candidates *list)
{
	static struct flow_key keys[BATCH];
	static struct flow_state states[BATCH];
	uint32_t cursor = 0, next = 0;
	bool begun = false;

	for (;;) {
		uint32_t count = BATCH;
		int error = bpf_map_lookup_batch(map, begun ? &cursor : NULL, &next, keys, states,
						 &count, NULL);

		if (error && error != -ENOENT)
			return error;
		for (uint32_t i = 0; i < count; i++)
			keep(list, keys[i].generation);
		if (error) /* -ENOENT: that was the last batch */
			return 0;
		begun = true;
		cursor = next;
	}
}

/* The ring as user space sees it (kernel/bpf/ringbuf.c): a page with the reader's position, one
 * with the writers', then the data twice in a row, so that no record is broken. */
struct ring {
	const unsigned long *reader, *writer;
	const char *data;
	size_t size;
};

/*
 * Walks what is not yet read, without reading it. What the reader takes meanwhile may be written
 * over: so its position is looked at again after each record, and what it has passed is left out.
 */
static void keep_of_ring(const struct ring *ring, struct candidates *list)
{
	unsigned long at = __atomic_load_n(ring->reader, __ATOMIC_ACQUIRE);
	unsigned long end = __atomic_load_n(ring->writer, __ATOMIC_ACQUIRE);

	while (at < end) {
		const char *record = ring->data + (at & (ring->size - 1));
		uint32_t length = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		const struct flow_event *event =
			(const struct flow_event *)(record + BPF_RINGBUF_HDR_SZ);
		uint32_t generation = event->key.generation;
		unsigned long reader = __atomic_load_n(ring->reader, __ATOMIC_ACQUIRE);

		if (reader > at) {
			at = reader;
			continue;
		}
		keep(list, generation);
		length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		at += (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
	}
}

static int keep_of_events(int map, struct candidates *list)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int error = bpf_obj_get_info_by_fd(map, &info, &size);

	if (error)
		return error;
	size_t whole = page + 2 * (size_t)info.max_entries;
	void *reader = mmap(NULL, page, PROT_READ, MAP_SHARED, map, 0);
	void *writer = mmap(NULL, whole, PROT_READ, MAP_SHARED, map, (off_t)page);

	if (reader == MAP_FAILED || writer == MAP_FAILED)
		error = -errno;
	else
		keep_of_ring(
			&(struct ring){reader, writer, (char *)writer + page, info.max_entries},
			list);
	if (reader != MAP_FAILED)
		munmap(reader, page);
	if (writer != MAP_FAILED)
		munmap(writer, whole);
	return error;
}

static int keep_named(const struct kernel *kernel, enum shared_map which,
		      int (*keep_of)(int map, struct candidates *list), struct candidates *list)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, "%s", shared_map_names[which]);

	if (error)
		return error;
	int map = bpf_obj_get(path);
	if (map < 0)
		return map == -ENOENT ? 0 : map;
	error = keep_of(map, list);
	close(map);
	return error;
}

void prune_records(const struct kernel *kernel)
{
	struct candidates all = {0}, old;
	int error = list_records(kernel, &all);

	if (!error && all.count > PRUNE_KEEP) {
		old = (struct candidates){all.generations + PRUNE_KEEP, all.count - PRUNE_KEEP};
		/* An event may still name the record; nobody goes back so far. */
		for (size_t i = 0; i < old.count; i++)
			kept_remove(kernel, old.generations[i]);
		keep_pinned(kernel, &old);
		error = keep_named(kernel, SHARED_FLOWS, keep_of_flows, &old);
		if (!error)
			error = keep_named(kernel, SHARED_EVENTS, keep_of_events, &old);
		for (size_t i = 0; i < old.count && !error; i++) {
			if (!old.generations[i])
				continue;
			record_remove(kernel, old.generations[i]);
			FAULT("prune.record");
		}
	}
	free(all.generations);
}
