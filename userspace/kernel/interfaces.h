/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of this network namespace, and which of them a policy wants guarded. */
#ifndef GABELOU_KERNEL_INTERFACES_H
#define GABELOU_KERNEL_INTERFACES_H

#include "userspace/kernel/load.h"

struct interface {
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	enum form form;
	bool loopback;
	bool wanted; /* by the policy: to be guarded */
	bool inside; /* by the policy: a gateway's port */
};

/* *interfaces is freed by the caller. 0 or -errno with a message. */
int interfaces_list(struct interface **interfaces, size_t *count, struct diagnostics *diagnostics);

/* Marks those that are to be guarded, and the gateway's ports; what is inside is guarded only if it
 * is named. -ENODEV with a message if there is nothing to guard; of a glob that matches none the
 * reader of the policy warns, who knows its line. */
int interfaces_select(struct interface *interfaces, size_t count,
		      const struct kernel_options *options, struct diagnostics *diagnostics);

#endif
