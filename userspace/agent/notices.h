/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log is told beside flows, since somebody will want to know of it later: exceptions that
 * end, a week and a day ahead; trials, and how they end; what was rolled back; pauses. */
#ifndef GABELOU_AGENT_NOTICES_H
#define GABELOU_AGENT_NOTICES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "userspace/agent/manifest.h"
#include "userspace/kernel/kernel.h"

/* How near an exception's end is, in the steps in which it is announced. */
enum ending { ENDING_FAR, ENDING_WEEK, ENDING_DAY, ENDING_OVER };
enum ending ending_of(int64_t until, time_t now);

/* All zero is empty. */
struct notices {
	struct told {
		uint64_t exception; /* which it is, in whatever generation */
		enum ending ending; /* as it was told last */
	} * told;
	size_t count;
	uint32_t generation; /* in force at the last look; 0: there was none */
	uint32_t trial;      /* the one on trial then */
	bool paused;         /* then */
};

typedef void (*notices_tell)(const char *action, const char *message, void *context);

/* Tells of each exception of what is in force whose end came a step nearer since it was last told
 * of; at the first look, of each that ends within a week. */
void notices_look(struct notices *notices, const struct manifest *manifest, time_t now,
		  notices_tell tell, void *context);
/* Tells of a trial that began, was confirmed, or was taken back, and of any other rollback.
 * @pending is NULL if nothing is on trial. What was so before the first look is no news, but for a
 * trial. */
void notices_look_at_change(struct notices *notices, const struct manifest *manifest,
			    const struct kernel_pending *pending, notices_tell tell, void *context);
/* Tells of a pause that began or ended. @seconds: until it ends; 0: there is none. @note as of
 * kernel_noted(); may be NULL. */
void notices_look_at_pause(struct notices *notices, uint64_t seconds, const json_t *note,
			   notices_tell tell, void *context);
void notices_free(struct notices *notices);

#endif
