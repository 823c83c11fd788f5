/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hooks on sockets: programs on a cgroup2, on the maps of a guard's generation and part of it.
 * They refuse at once what the guard would drop, and note who sends. Where they cannot be had,
 * nothing else is missing: so all of it is there, or nothing of it and a warning.
 */
#ifndef GABELOU_KERNEL_SOCKETS_H
#define GABELOU_KERNEL_SOCKETS_H

#include "userspace/kernel/load.h"
#include "userspace/kernel/place.h"

struct socket_bpf;
struct programs;

enum socket_hook {
	SOCKET_CONNECT4,
	SOCKET_CONNECT6,
	SOCKET_SENDMSG4,
	SOCKET_SENDMSG6,
	SOCKET_CREATE,
	SOCKET_OPTION,
	SOCKET_HOOKS
};

extern const char *const socket_names[SOCKET_HOOKS]; /* of programs and pins */

/* Loads them set as @guard, which is loaded, and on its maps. NULL in *loaded where the options
 * want none, and, with a warning, where the kernel has none. -ENOENT or -ENOTDIR with a message if
 * the options name a cgroup that is not there. */
int sockets_load(const struct kernel *kernel, const struct kernel_options *options,
		 const struct egress_bpf *guard, struct socket_bpf **loaded,
		 struct diagnostics *diagnostics);
void sockets_destroy(struct socket_bpf *loaded);
/* A borrowed file descriptor; -1 if @loaded is NULL. */
int sockets_program(const struct socket_bpf *loaded, enum socket_hook hook);
/* Pins them beside the guard of their generation; NULL: there is nothing to be pinned. */
int sockets_pin(const struct kernel *kernel, uint32_t generation, const struct socket_bpf *loaded,
		struct diagnostics *diagnostics);

/* Rolls the hooks of this network namespace forward to @programs, on the cgroup that the options
 * want; removes them where there are none to be had. After the guards, which have the last word:
 * what fails is a warning, and then no hook is left, for an older one would refuse by an older
 * table. */
void sockets_roll(const struct kernel *kernel, const struct programs *programs,
		  const struct kernel_options *options, struct diagnostics *diagnostics);

/* How many there were. */
size_t sockets_remove_all(const struct kernel *kernel, struct diagnostics *diagnostics);

#endif
