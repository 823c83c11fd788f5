/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of generations that nobody can ask for any more. */
#ifndef GABELOU_KERNEL_PRUNE_H
#define GABELOU_KERNEL_PRUNE_H

#include "userspace/kernel/place.h"

#define PRUNE_KEEP                                                                    \
	6 /* the newest, whatever names them: what is in force and five to go back to \
	   */

/* Removes the tables of generations that are not among the newest, and the records of generations
 * that are not among the newest, not pinned, and named neither by an event that waits in the ring
 * nor by a flow whose sum is still to be reported. Where that cannot be found out, all stay. Under
 * the lock. */
void prune_records(const struct kernel *kernel);

#endif
