/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of a generation. User space sets the real value sizes before loading; the sizes here
 * only let the file compile.
 */
#ifndef GABELOU_BPF_MAPS_H
#define GABELOU_BPF_MAPS_H

#include "maps/event.h"
#include "maps/table.h"

/* The table's sections: one value each, mmap'd and filled by user space, then frozen. */
#define SECTION(identifier, section_name, text) \
	struct { \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(max_entries, 1); \
		__uint(map_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG); \
		__uint(key_size, sizeof(__u32)); \
		__uint(value_size, 8); \
	} SECTION_MAP(identifier) SEC(".maps");
#define SECTION_MAP(identifier) table_##identifier
TABLE_SECTIONS(SECTION)
#undef SECTION

/* COUNTER_SLOTS of them; max_entries set by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

/* Shared by all generations of a network namespace (reused by pin). */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_state);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} events_lost SEC(".maps");

#endif
