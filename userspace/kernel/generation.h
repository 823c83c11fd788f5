/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations as pins: made whole before they are named current, dropped when no link runs them. */
#ifndef GABELOU_KERNEL_GENERATION_H
#define GABELOU_KERNEL_GENERATION_H

#include "userspace/kernel/attach.h"
#include "userspace/kernel/record.h"

/* Pins the programs, the counters and the sections under gen-N/. On failure nothing is left. */
int generation_pin(const struct kernel *kernel, uint32_t generation,
		   const struct egress_bpf *skeleton, struct diagnostics *diagnostics);
/* Pins one thing more there, while it is made. 0 or -errno. */
int generation_pin_one(const struct kernel *kernel, uint32_t generation, const char *name, int fd);
int generation_programs(const struct kernel *kernel, uint32_t generation,
			struct programs *programs);
void programs_close(struct programs *programs);

/* A pinned map of a generation: a file descriptor or -errno. */
int generation_map(const struct kernel *kernel, uint32_t generation, const char *name);

/* Removes the pins of a generation that is not in force. */
void generation_unpin(const struct kernel *kernel, uint32_t generation,
		      struct diagnostics *diagnostics);

/* A packet may still be in a program that no link runs any more. Begins to wait for it. */
void generation_begin_wait(struct kernel *kernel);
/* Retires every pinned generation but @keep (0: keeps none), after its last packet: writes its
 * counters beside its record, as [[slot, packets, bytes], ...], and removes its pins. No link may
 * run one of them any more. Returns how many there were. */
size_t generation_retire_others(struct kernel *kernel, uint32_t keep,
				struct diagnostics *diagnostics);

/* Whoever takes the lock: finishes a half-rolled swap, and removes what a killed apply left. What
 * it cannot do it says as warnings. */
void generation_recover(struct kernel *kernel, struct diagnostics *diagnostics);

/* The maps shared by all generations, from their pins; -1 where there is none or where it is not
 * what this program needs with these options. @current: as of record_read_current; NULL: nothing is
 * in force. */
void shared_open(const struct kernel *kernel, const json_t *current,
		 const struct kernel_options *options, int shared[SHARED_MAPS]);
/* Pins those of @skeleton that were not there before. */
int shared_pin(const struct kernel *kernel, const struct egress_bpf *skeleton,
	       const int shared[SHARED_MAPS], struct diagnostics *diagnostics);
/* Unpins what shared_pin pinned: those that are -1 in @shared; all if NULL. */
void shared_unpin(const struct kernel *kernel, const int *shared);
void shared_close(int shared[SHARED_MAPS]);

#endif
