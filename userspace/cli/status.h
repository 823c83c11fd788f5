/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that status shows, gathered once and printed in two ways. */
#ifndef GABELOU_CLI_STATUS_H
#define GABELOU_CLI_STATUS_H

#include <stdio.h>

#include "userspace/agent/books.h"
#include "userspace/agent/state.h"
#include "userspace/cli/enforced.h"
#include "userspace/cli/totals.h"

struct status {
	struct enforced enforced;
	struct totals totals; /* of this generation */
	struct agent_state agent;
	bool agent_running;
	char cgroup[KERNEL_CGROUP_SIZE]; /* whose sockets are hooked */
	const char *sockets_why;         /* why they are not; NULL: they are */
	uint64_t events_lost;            /* in the kernel and in the agent */
	uint64_t answers[ANSWERS];       /* to what was denied, since the first apply */
	uint32_t layers;                 /* mask of LAYER_BIT: those that the guard could use */
	json_t *update; /* what the last update of data came to (stage.h); NULL: none */
	struct kernel_foreign *foreign; /* programs of others where packets leave */
	size_t foreign_count;
	bool backstop;            /* new interfaces are closed until they have a guard */
	struct agent_book *books; /* as the agent last left them */
	size_t book_count;
	bool on_trial;
	struct kernel_pending pending; /* if it is */
	uint64_t paused;               /* seconds until what is denied is denied again */
	json_t *pause;                 /* who paused it, and why (kernel_noted()); NULL: unknown */
	json_t *problems;              /* array of strings, worst first */
};

/* status_change.c: what was changed lately and may be meant otherwise. */
void status_find_changes(struct status *status);
/* "trial", "rolled_back" and "paused" of status --json; new references. */
json_t *status_trial(const struct status *status);
json_t *status_rolled_back(const struct status *status);
json_t *status_paused(const struct status *status);
/* Appends to the problems. */
void status_add_problem(struct status *status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* 0; -ENOENT with a message if nothing is enforced; -errno with messages. */
int status_read(struct kernel *kernel, struct status *status, struct diagnostics *diagnostics);
void status_free(struct status *status);

/* Of the kernel's layers those that what is enforced could use. */
uint32_t status_layers(const struct manifest *manifest);
/* What the kernel lacks, and what it costs. */
void status_print_kernel(FILE *out, const struct status *status);
/* Was the last update refused, or did it fail for a source? */
bool status_update_failed(const struct status *status);

/* Packets that went past the guard, as text that the caller frees; NULL: none. */
char *status_books_problem(const struct agent_book *book);
void status_print_books(FILE *out, const struct status *status);
json_t *status_books_json(const struct status *status);

void status_print(FILE *out, const struct status *status);
/* The keys of design.md; a new reference. */
json_t *status_json(const struct status *status);

/* In Prometheus' text format. */
void status_metrics(FILE *out, const struct status *status);

#endif
