/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What notes connections that come in, for replies (maps/reply.h): a program on the maps of a
 * guard's generation, and part of it. */
#ifndef GABELOU_KERNEL_REPLIES_H
#define GABELOU_KERNEL_REPLIES_H

#include "userspace/kernel/attach.h"

struct ingress_bpf;

extern const char *const reply_names[GATEWAY_FORMS];

/* How many entries a shared map of replies has; 0: @which is another map. */
uint32_t replies_room(const struct kernel_options *options, enum shared_map which);

/* Loads it set as @guard, which is loaded, and on its maps; *ingress is NULL where the options name
 * no ports. 0 or -errno with one message; *ingress is untouched on failure. */
int replies_load(const struct egress_bpf *guard, const struct kernel_options *options,
		 struct ingress_bpf **ingress, struct diagnostics *diagnostics);
void replies_destroy(struct ingress_bpf *ingress);

/* A borrowed file descriptor; -1 if @ingress is NULL. */
int replies_program(const struct ingress_bpf *ingress, enum form form);

/* As gateway_pin(). */
int replies_pin(const struct kernel *kernel, uint32_t generation, const struct ingress_bpf *ingress,
		struct diagnostics *diagnostics);

/* replies_seed.c: notes the connections of this host's sockets that came in before, where @table
 * would let nothing go. @map: its "replies". What goes wrong is a warning. */
void replies_seed(int map, const struct table *table, const struct kernel_options *options,
		  struct diagnostics *diagnostics);

/* For tests: makes every entry older. 0 or -errno. */
int replies_age(const struct egress_bpf *guard, uint64_t nanoseconds);

#endif
