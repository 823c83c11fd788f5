/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard's programs into the kernel, over the sections of a table. Nothing here attaches. */
#ifndef GABELOU_KERNEL_LOAD_H
#define GABELOU_KERNEL_LOAD_H

#include "userspace/kernel/kernel.h"
#include "userspace/kernel/sections.h"

struct egress_bpf;

#define FLOW_INTERVAL_DEFAULT_NS 10000000000ull

/* The guard comes in these forms: for links with an Ethernet header, for those with none, and for
 * links over a guarded one, which counts. The gateway has the first two. */
enum form { FORM_ETHERNET, FORM_LAYER3, FORM_UPPER, FORMS, GATEWAY_FORMS = FORM_UPPER };

/* The maps that all generations of a namespace share. */
enum shared_map {
	SHARED_EVENTS,
	SHARED_FLOWS,
	SHARED_EVENTS_LOST,
	SHARED_SENDERS,
	SHARED_ELSEWHERE,
	SHARED_PAUSE,
	SHARED_BOOKS,
	SHARED_REPLIES,
	SHARED_EXCHANGES,
	SHARED_OPENINGS,
	SHARED_FRAGMENTS,
	SHARED_ANSWERS,
	SHARED_MAPS
};
extern const char *const shared_map_names[SHARED_MAPS];

struct load_request {
	const struct table *table;
	const struct kernel_options *options;
	uint32_t generation;
	bool trial;         /* leaves its decision in skb->cb; small ring and flow table */
	bool ethernet_only; /* leaves out the other forms */
	bool unscoped;      /* every sender falls under the default scope */
	const struct sections *sections; /* settled ones of the table; NULL: to be settled first */
	const int
		*shared; /* SHARED_MAPS file descriptors, borrowed, -1: a new map; NULL: all new */
};

/* On success the programs read sections that are frozen and equal to the table's, byte by byte. 0
 * or -errno with one message; *skeleton is untouched on failure. Several may be loaded at once,
 * each by a thread of its own. */
int load_generation(const struct load_request *request, struct egress_bpf **skeleton,
		    struct diagnostics *diagnostics);
void loaded_destroy(struct egress_bpf *skeleton);

/* Borrowed file descriptors of what was loaded. */
int loaded_program(const struct egress_bpf *skeleton, enum form form);
int loaded_map(const struct egress_bpf *skeleton, const char *name);

/* All programs of a generation declare the same maps: those of @guard are given to @object, which
 * is not yet loaded, by name. */
struct bpf_object;
int loaded_share_maps(const struct egress_bpf *guard, struct bpf_object *object);

extern const char *const program_names[FORMS];

/* Keeps libbpf from printing; what it would have said last in this thread is in libbpf_said. */
void libbpf_silence(void);
const char *libbpf_said(void);

#endif
