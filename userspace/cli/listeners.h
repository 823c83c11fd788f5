/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of this host to which clients may come, and what a policy says of the answers. */
#ifndef GABELOU_CLI_LISTENERS_H
#define GABELOU_CLI_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "userspace/policy/policy.h"

/* Each port once, TCP first. */
struct listeners {
	struct service *items;
	size_t count;
	uint16_t low, high; /* ports that the kernel hands out: a UDP socket there called itself */
};

/* Adds what listens on more than loopback, from text like /proc/net/{tcp,tcp6,udp,udp6}. Of UDP the
 * ports of DHCP clients are left out. False: out of memory. */
bool listeners_parse(FILE *file, uint8_t protocol, struct listeners *listeners);
void listeners_free(struct listeners *listeners);
/* "22/tcp, 53/udp", or with @keys "{on: 22/tcp}, {on: 53/udp}"; the caller's. NULL: out of memory.
 */
char *listeners_text(const struct listeners *listeners, bool keys);

/*
 * Where public sockets listen in this network namespace and the policy has no replies: key, says so
 * and which two lines there are to choose between: as a warning or, where @ask says that somebody
 * sits at a terminal and the policy would drop, as a question. -ECANCELED with a message: the
 * answer is no.
 */
int listeners_review(const struct policy *policy, bool ask, struct diagnostics *diagnostics);

#endif
