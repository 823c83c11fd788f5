/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing is put in force that was not proven. */
#ifndef GABELOU_KERNEL_PROBE_H
#define GABELOU_KERNEL_PROBE_H

#include "userspace/kernel/load.h"

/*
 * Runs packets of known verdict over @sections, which are settled, in a trial of their own, whose
 * counts and events go nowhere: an allowed and a denied address of each family as far as the table
 * has one, a sample over the whole space, and a truncated frame. -EBADMSG with a message if the
 * kernel and the table disagree.
 */
int probe_generation(const struct table *table, const struct kernel_options *options,
		     const struct sections *sections, struct diagnostics *diagnostics);

#endif
