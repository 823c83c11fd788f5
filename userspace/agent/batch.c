// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beyond this a flood of events is written before the kernel's ring is read to its end. */
#define BATCH_BYTES_MOST (1u << 20)

int batch_open(struct batch *batch, const char *log_path, struct diagnostics *diagnostics)
{
	*batch = (struct batch){.state_file = -1};
	return log_open(&batch->log, log_path, diagnostics);
}

int batch_take_state(struct batch *batch, struct diagnostics *diagnostics)
{
	batch->state_file = agent_state_take(&batch->state, diagnostics);
	return batch->state_file < 0 ? batch->state_file : 0;
}

void batch_close(struct batch *batch)
{
	log_close(&batch->log);
	if (batch->state_file >= 0)
		close(batch->state_file);
	free(batch->bytes);
	diagnostics_free(&batch->messages);
}

uint64_t batch_next_sequence(struct batch *batch)
{
	return ++batch->state.sequence;
}

static void lose(struct batch *batch, uint64_t events)
{
	batch->state.untold += events;
	batch->failures += events;
	batch->state.log_lost += events;
}

static bool grow(struct batch *batch, size_t more)
{
	size_t capacity = batch->capacity ? batch->capacity : 65536;

	while (capacity < batch->size + more)
		capacity *= 2;
	if (capacity == batch->capacity)
		return true;
	char *bytes = realloc(batch->bytes, capacity);
	if (!bytes)
		return false;
	batch->bytes = bytes;
	batch->capacity = capacity;
	return true;
}

static bool append(struct batch *batch, json_t *line)
{
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t length = text ? strlen(text) : 0;
	bool fits = text && grow(batch, length + 1);

	if (fits) {
		memcpy(batch->bytes + batch->size, text, length);
		batch->bytes[batch->size + length] = '\n';
		batch->size += length + 1;
	}
	free(text);
	json_decref(line);
	return fits;
}

void batch_add(struct batch *batch, json_t *line)
{
	if (append(batch, line))
		batch->events++;
	else
		lose(batch, 1);
	if (batch->size > BATCH_BYTES_MOST)
		batch_flush(batch);
}

void batch_add_note(struct batch *batch, json_t *line)
{
	append(batch, line);
}

uint64_t batch_take_unwritten(struct batch *batch)
{
	uint64_t unwritten = batch->state.untold;

	batch->noted += unwritten;
	batch->state.untold = 0;
	return unwritten;
}

static void say_fault(struct batch *batch, int error)
{
	const char *name = batch->log.path ? batch->log.path : "standard output";

	diagnostics_warn(&batch->messages, (struct location){.file = name},
			 "events cannot be written: %s; they are counted, and the log will say how "
			 "many are missing",
			 strerror(-error));
}

void batch_flush(struct batch *batch)
{
	if (batch->size) {
		int error = log_write(&batch->log, batch->bytes, batch->size);

		if (error) {
			batch->state.untold += batch->noted;
			lose(batch, batch->events);
		} else {
			batch->state.delivered += batch->events;
		}
		batch->noted = 0;
		if (error && error != batch->last_error)
			say_fault(batch, error);
		if (!error && batch->last_error)
			diagnostics_warn(&batch->messages,
					 (struct location){.file = batch->log.path},
					 "events are written again");
		batch->last_error = error;
		batch->closed = batch->closed || error == -EPIPE;
		batch->size = 0;
		batch->events = 0;
	}
	if (batch->state_file >= 0)
		agent_state_write(batch->state_file, &batch->state);
}
