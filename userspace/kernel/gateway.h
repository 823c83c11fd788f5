/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway's programs (XDP): on the maps of a guard's generation, and part of it. */
#ifndef GABELOU_KERNEL_GATEWAY_H
#define GABELOU_KERNEL_GATEWAY_H

#include "userspace/kernel/attach.h"

struct gateway_bpf;

extern const char *const gateway_names[GATEWAY_FORMS];

/* Loads it set as @guard, which is loaded, in the same forms, and on its maps: table, counters,
 * events and flows. 0 or -errno with one message; *gateway is untouched on failure. */
int gateway_load(const struct egress_bpf *guard, struct gateway_bpf **gateway,
		 struct diagnostics *diagnostics);
void gateway_destroy(struct gateway_bpf *gateway);

/* A borrowed file descriptor; -1 if @gateway is NULL. */
int gateway_program(const struct gateway_bpf *gateway, enum form form);

/* Pins it beside the guard of its generation; NULL: there is nothing to be pinned. On failure the
 * caller removes the generation. */
int gateway_pin(const struct kernel *kernel, uint32_t generation, const struct gateway_bpf *gateway,
		struct diagnostics *diagnostics);

#endif
