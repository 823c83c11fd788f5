/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A generation that is in force until it is confirmed: "pending" beside the records. */
#ifndef GABELOU_KERNEL_PENDING_H
#define GABELOU_KERNEL_PENDING_H

#include "userspace/kernel/place.h"

/* Written before the generation is named current: as long as it is not, this means nothing.
 * @previous: what comes back; 0: nothing, it is detached. 0 or -errno with a message. */
int pending_write(const struct kernel *kernel, uint32_t generation, uint32_t previous,
		  uint64_t time_ns, struct diagnostics *diagnostics);
void pending_remove(const struct kernel *kernel);

#endif
