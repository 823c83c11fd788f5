/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is enforced now, as apply, status and detach show it. */
#ifndef GABELOU_CLI_ENFORCED_H
#define GABELOU_CLI_ENFORCED_H

#include <stdio.h>

#include "userspace/agent/manifest.h"
#include "userspace/kernel/kernel.h"

/* All zero is empty. */
struct enforced {
	struct manifest *manifest;
	struct kernel_interface *interfaces;
	size_t interface_count;
};

/* 0; -ENOENT with a message if nothing is enforced; -errno with messages. */
int enforced_read(struct kernel *kernel, struct enforced *enforced,
		  struct diagnostics *diagnostics);
/* The manifest alone, opened for reading. 0; -ENOENT without a message if nothing is enforced. */
int enforced_manifest(struct manifest **manifest, struct diagnostics *diagnostics);
void enforced_free(struct enforced *enforced);

/* {"name","file","sha256","drop_ins"} */
json_t *enforced_policy(const struct enforced *enforced);
/* [{"name","ifindex","role","hook"}]: where traffic leaves; hook is null without a guard. */
json_t *enforced_interfaces(const struct enforced *enforced);
/* "eth0, eth1 (tcx)": the guarded ones; freed by the caller. NULL: out of memory. */
char *enforced_where(const struct enforced *enforced);

/* Is it one where traffic leaves, to be guarded? */
bool enforced_is_exit(const struct kernel_interface *interface);

#endif
