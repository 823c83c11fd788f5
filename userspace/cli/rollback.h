/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way back to what was enforced before. */
#ifndef GABELOU_CLI_ROLLBACK_H
#define GABELOU_CLI_ROLLBACK_H

#include "userspace/agent/pipeline.h"
#include "userspace/kernel/kernel.h"

/* What is needed to bring back a generation, read from the disk: it takes its time, for which no
 * lock is needed. All zero is empty. */
struct rollback {
	uint32_t to; /* 0: to nothing, it is detached */
	struct pipeline pipeline;
	json_t *record;
};
int rollback_prepare(struct kernel *kernel, uint32_t to, struct rollback *rollback,
		     struct diagnostics *diagnostics);
void rollback_free(struct rollback *rollback);

/*
 * Puts in force again what that generation was, under a new number: its policy, options and table
 * as they are on the disk beside its record, whatever became of the files that it was made of. @why
 * is kept in the record: "asked", "not-confirmed". Under the lock; kernel_retire() is to follow. 0
 * or -errno with messages: then what is in force stays.
 */
int rollback_perform(struct kernel *kernel, struct rollback *rollback, const char *why,
		     struct diagnostics *diagnostics);

/* Where the time of an unconfirmed apply has run out: back. Nothing else is done. @prepared may be
 * NULL or empty, or of that generation. */
int rollback_if_due(struct kernel *kernel, struct rollback *prepared,
		    struct diagnostics *diagnostics);

/* Before something else is put in force: the same, and -ECANCELED with the remedy while something
 * is on trial. */
int rollback_check_trial(struct kernel *kernel, struct diagnostics *diagnostics);

/* "gabelou rollback --when-due": waits until it is due and does it; ends where nothing is on trial
 * any more, though not before standard input does. The exit code. */
int rollback_watch(struct diagnostics *diagnostics);

#endif
