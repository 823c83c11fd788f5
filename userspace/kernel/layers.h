/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gabelou asks of a kernel beside BPF for traffic control, layer by layer: since which Linux
 * it is there, and what its lack costs. The one list: the probe, status, the README's table and
 * GABELOU_WITHOUT follow from it.
 *
 * The version is where it came with Linux itself; distributions carry things back, and leave things
 * out when they build. So the version is for people, and a layer is found by using it.
 */
#ifndef GABELOU_KERNEL_LAYERS_H
#define GABELOU_KERNEL_LAYERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "userspace/base/diagnostic.h"

/* Without it there is no guard at all, and an apply is refused. */
#define LAYER_NEEDED "no policy can be applied"

/* X(identifier, name, Linux version, without it), in the order in which they came */
#define KERNEL_LAYERS(X)                                                                           \
	X(FROZEN_MAPS, "frozen-maps", "5.5", LAYER_NEEDED) /* filled by mmap, then frozen */       \
	X(RING_BUFFER, "ring-buffer", "5.8", LAYER_NEEDED) /* flow events */                       \
	X(KERNEL_READS, "kernel-reads", "5.8", /* locked down, a kernel may refuse them */         \
	  "scopes by source are not known; before Linux 6.2 a checksum may be written over a "     \
	  "destination that was judged")                                                           \
	X(ATOMICS, "atomics", "5.12", LAYER_NEEDED)         /* sums of flows, in the guard */      \
	X(MAP_BATCHES, "map-batches", "5.14", LAYER_NEEDED) /* flows and counters, read out */     \
	X(EGRESS_HOOK, "egress-hook", "5.16",                                                      \
	  "no backstop: new interfaces are open until the next apply")                             \
	X(XDP_FRAGS, "xdp-frags", "5.18",                                                          \
	  "no gateway: a policy with interfaces.inside is refused")                                \
	X(LARGE_MAPS, "large-maps", "6.0", LAYER_NEEDED) /* a section over 4 MiB */                \
	X(TAI_CLOCK, "tai-clock", "6.1", "no exceptions: a policy with except is refused")         \
	X(SOCKET_TASK, "socket-task", "6.1", "the log does not name the process that was refused") \
	X(XDP_CONTEXT, "xdp-context", "6.2",                                                       \
	  "what is sent to the gateway itself is judged like all else")                            \
	X(TCX, "tcx", "6.6", "the guard sits at clsact, where a tc command can remove it")         \
	X(OWNED_TABLES, "owned-tables", "6.9",                                                     \
	  "no backstop: new interfaces are open until the next apply")                             \
	X(EGRESS_OF_ALL, "egress-of-all", "6.16",                                                  \
	  "no backstop: new interfaces are open until the next apply")                             \
	X(XDP_PULL, "xdp-pull", "6.18", "the gateway denies a packet whose headers lie in pieces")

enum layer {
#define LAYER(identifier, name, since, without) LAYER_##identifier,
	KERNEL_LAYERS(LAYER)
#undef LAYER
		LAYERS
};

#define LAYER_BIT(layer) (1u << (layer))
#define LAYERS_ALL       (LAYER_BIT(LAYERS) - 1)
#define LAYERS_OF_BACKSTOP                                              \
	(LAYER_BIT(LAYER_EGRESS_HOOK) | LAYER_BIT(LAYER_OWNED_TABLES) | \
	 LAYER_BIT(LAYER_EGRESS_OF_ALL))

const char *layer_name(enum layer layer);
const char *layer_since(enum layer layer);
const char *layer_without(enum layer layer);
bool layer_is_needed(enum layer layer);

/* Those of the layers @wanted (a mask of LAYER_BIT) that this kernel has, each found by using it,
 * in a few milliseconds; all that it makes for this is gone when it returns. Needs the rights that
 * kernel_open() asks for. */
uint32_t layers_probe(uint32_t wanted);

/* 0; -ENOTSUP with a message if the kernel lacks a needed layer or one of @wanted, or if @without
 * names it. */
int layers_require(uint32_t wanted, uint32_t without, struct diagnostics *diagnostics);

/* "tcx,ring-buffer" to a mask, as GABELOU_WITHOUT has it; NULL is none. -EINVAL with a message if a
 * name is of no layer. */
int layers_parse(const char *list, uint32_t *layers, struct diagnostics *diagnostics);

/* A mask as a list of names, and back; what is not a name of today is passed over. */
json_t *layers_names(uint32_t layers);
uint32_t layers_named(const json_t *names);

/* [{"feature","present","since","without"}], all of them, in the order of the list. */
json_t *layers_json(uint32_t present);

#endif
