/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of a generation. User space sets the real value sizes before loading; the sizes here
 * only let the file compile.
 */
#ifndef GABELOU_BPF_MAPS_H
#define GABELOU_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "maps/elsewhere.h"
#include "maps/event.h"
#include "maps/local.h"
#include "maps/reply.h"
#include "maps/table.h"

/* The table's sections, table_V4_ROOT and so on: one value each, mmap'd and filled by user space,
 * then frozen. Not BPF_F_RDONLY_PROG: the kernel refuses to map such a map for writing (EACCES),
 * and filling it by bpf() instead would copy it once more inside the kernel. */
#define SECTION(identifier, name, text)            \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(max_entries, 1);            \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(key_size, sizeof(__u32));   \
		__uint(value_size, 8);             \
	} table_##identifier SEC(".maps");
TABLE_SECTIONS(SECTION)
#undef SECTION

/* Of a list under "local:": ifindex -> the entries that are of this interface, as bits. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LOCAL_INTERFACES_MOST);
	__type(key, __u32);
	__type(value, __u32);
} local_interfaces SEC(".maps");

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

/* Denied flows. Not an LRU map: an evicted flow would take its unreported packets with it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct flow_key);
	__type(value, struct flow_state);
} flows SEC(".maps");

/* Who sent through a socket: it lives as long as the socket, and a connection that comes in has its
 * listener's. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct sender);
} senders SEC(".maps");

/* Where packets go without meeting a guard: this host's own addresses, ways through interfaces that
 * have none. What is refused at the socket is what a guard would drop, and no more. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ELSEWHERE_MOST);
	__type(key, struct elsewhere_key);
	__type(value, __u64);
} elsewhere SEC(".maps");

/* Connections that came in (maps/reply.h). User space sets the real sizes where the policy names
 * ports for them. */
#define REPLY_MAP(kind, flags, key_type, value_type) \
	struct {                                     \
		__uint(type, kind);                  \
		__uint(map_flags, flags);            \
		__uint(max_entries, 1);              \
		__type(key, key_type);               \
		__type(value, value_type);           \
	}
REPLY_MAP(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, struct reply_key, struct reply)
replies SEC(".maps");
REPLY_MAP(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, struct reply_key, struct reply)
exchanges SEC(".maps");
REPLY_MAP(BPF_MAP_TYPE_LRU_HASH, 0, struct reply_key, struct reply_opening)
openings SEC(".maps");
REPLY_MAP(BPF_MAP_TYPE_LRU_HASH, 0, struct reply_fragment, __u64)
reply_fragments SEC(".maps");

/* Events that the ring refused. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} events_lost SEC(".maps");

#endif
