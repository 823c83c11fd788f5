/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which scope claims a source address, as the kernel reads it (maps/scope.h). */
#ifndef GABELOU_TABLE_SOURCES_H
#define GABELOU_TABLE_SOURCES_H

#include "userspace/table/table.h"

/* Fills TABLE_SOURCES. -EOVERFLOW with a message: too many prefixes; -ENOMEM without one. */
int sources_fill(const struct policy *policy, struct table *table, struct diagnostics *diagnostics);

#endif
