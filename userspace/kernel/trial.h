/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial of sections that are in the kernel already, for the probes of an apply. */
#ifndef GABELOU_KERNEL_TRIAL_H
#define GABELOU_KERNEL_TRIAL_H

#include "userspace/kernel/load.h"

/* As kernel_trial_open, on sections that are settled, and for Ethernet frames only (NULL: settles
 * the table's, for all frames). */
int trial_open(const struct table *table, const struct kernel_options *options,
	       const struct sections *sections, struct kernel_trial **trial,
	       struct diagnostics *diagnostics);

#endif
