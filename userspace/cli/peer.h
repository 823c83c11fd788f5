/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SSH connection that whoever applies a policy comes by: it is not to be cut by mistake. */
#ifndef GABELOU_CLI_PEER_H
#define GABELOU_CLI_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "userspace/agent/pipeline.h"

struct peer {
	struct address client, server;
	uint16_t client_port, server_port;
};

/* The value of SSH_CONNECTION (ssh(1)): client, its port, server, its port. False: it is none. */
bool peer_parse(const char *text, struct peer *peer);

/* The connection of this process, or of the nearest of those that started it (sudo hides it from
 * us), if it ends in this network namespace. */
bool peer_find(struct peer *peer);

/*
 * Would this policy, compiled, cut it? Then -ECANCELED with a message and the remedy, or with
 * @force a warning and 0. What passes as local, by the lifeline, by an exception or as a reply is
 * not cut, and nothing is in monitor mode.
 */
int peer_review(const struct pipeline *pipeline, bool force, struct diagnostics *diagnostics);

#endif
