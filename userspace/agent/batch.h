/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines on their way to the log: written in batches, whole, and counted until they are there. */
#ifndef GABELOU_AGENT_BATCH_H
#define GABELOU_AGENT_BATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "userspace/agent/log.h"
#include "userspace/agent/state.h"

struct batch {
	struct log log;
	struct agent_state state;
	int state_file;
	char *bytes;
	size_t size, capacity;
	uint64_t events;             /* in bytes */
	uint64_t noted;              /* lost events that a line in bytes tells of */
	uint64_t failures;           /* events lost since batch_open */
	int last_error;              /* of the log: a fault is said once */
	bool closed;                 /* the reader of a pipe is gone */
	struct diagnostics messages; /* when a fault of the log began, and when it ended */
};

int batch_open(struct batch *batch, const char *log_path, struct diagnostics *diagnostics);
/* Goes on from where the last agent ended. -EBUSY with a message if one still runs. */
int batch_take_state(struct batch *batch, struct diagnostics *diagnostics);
void batch_close(struct batch *batch);

uint64_t batch_next_sequence(struct batch *batch);
/* Both drop the reference; NULL, out of memory, counts as lost. A note is not an event. */
void batch_add(struct batch *batch, json_t *line);
void batch_add_note(struct batch *batch, json_t *line);

/* How many events could not be written since the last call; the caller adds a note of them, and if
 * that cannot be written either, they come back. */
uint64_t batch_take_unwritten(struct batch *batch);

/* Writes what there is. */
void batch_flush(struct batch *batch);

#endif
