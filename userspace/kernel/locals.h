/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks that are local through some interfaces: from options to what the programs read. */
#ifndef GABELOU_KERNEL_LOCALS_H
#define GABELOU_KERNEL_LOCALS_H

#include <jansson.h>

#include "maps/config.h"
#include "userspace/kernel/interfaces.h"

#define LOCALS_MAP "local_interfaces"

/* The networks, as the programs have them. */
void locals_configure(const struct kernel_options *options, struct guard_config *config);
/* Says in the map which interfaces they are of, by their names as they are now: an interface is
 * meant by its own name, that of its bridge or bond, or, if it is one, that of a port. @map -1:
 * there is none. 0 or -errno with a message. */
int locals_fill(int map, const struct kernel_options *options, const struct interface *interfaces,
		size_t count, struct diagnostics *diagnostics);

/* For the record: [{"to": [prefixes], "interfaces": [globs]}]. */
json_t *locals_json(const struct kernel_options *options);
/* What was read so far belongs to the caller, also on failure: locals_free(). Of a record from
 * before there were any: none. */
int locals_read(const json_t *list, struct kernel_options *options);
void locals_free(struct kernel_options *options);

#endif
