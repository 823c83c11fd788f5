/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that are known of addresses, from a file like /etc/hosts (hosts(5)). Nothing is resolved.
 */
#ifndef GABELOU_FLOW_HOSTS_H
#define GABELOU_FLOW_HOSTS_H

#include <stdio.h>

#include "userspace/base/address.h"
#include "userspace/base/diagnostic.h"

struct host {
	struct address address;
	char *name;
};

/* All zero is empty. */
struct hosts {
	struct host *items; /* sorted by address; of one address the first name in the file */
	size_t count;
};

/* A line: an address, then names, of which the first counts; '#' comments. What is no address is
 * skipped with a warning. 0, -ENOMEM or another -errno with a message. The caller frees it. */
int hosts_read(FILE *file, const char *name, struct hosts *hosts, struct diagnostics *diagnostics);
/* NULL: not known. */
const char *hosts_find(const struct hosts *hosts, struct address address);
void hosts_free(struct hosts *hosts);

#endif
