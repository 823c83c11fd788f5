/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent leaves behind for status and for the next agent: /run/gabelou/agent-COOKIE.json,
 * one per network namespace, locked (flock) for as long as an agent runs.
 */
#ifndef GABELOU_AGENT_STATE_H
#define GABELOU_AGENT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "userspace/base/diagnostic.h"

struct agent_state {
	uint64_t sequence;    /* of the last event; the next agent goes on from here */
	uint64_t delivered;   /* events that are in the log */
	uint64_t kernel_lost; /* losses of the ring that the log already tells of */
	uint64_t log_lost;    /* events that could not be written */
	uint64_t untold;      /* those of them that the log does not tell of yet */
};

#define AGENT_PATH_SIZE 64
/* "/run/gabelou/KIND-COOKIE.json" of this network namespace. 0 or -errno. */
int agent_run_path(const char *kind, char path[AGENT_PATH_SIZE]);

/* Takes the file for an agent: its descriptor, or -errno (with a message). What an earlier agent
 * left goes to @state. */
int agent_state_take(struct agent_state *state, struct diagnostics *diagnostics);
void agent_state_write(int file, const struct agent_state *state);

/* Once nothing is enforced the counts begin anew, and the books. Leaves the file alone while an
 * agent runs. */
void agent_state_remove(void);

/* For status: what the last agent left, and whether one runs. All zero if there was none. */
struct agent_state agent_state_read(bool *running);

#endif
