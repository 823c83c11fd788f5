/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: flow events from the kernel, one after another, into the log. */
#ifndef GABELOU_AGENT_AGENT_H
#define GABELOU_AGENT_AGENT_H

#include <stdint.h>

#include "userspace/base/diagnostic.h"

struct agent_options {
	const char *log_path; /* NULL: standard output */
	uint64_t duration_ns; /* 0: until SIGTERM or SIGINT */
	/* What is worth a line to whoever watches the agent itself. */
	void (*say)(const struct diagnostics *diagnostics);
};

/*
 * Runs until its time is over or a signal ends it; SIGHUP reopens the log. Where nothing is
 * enforced it waits. 0; -EIO, said through say(), if events could not be written; -errno with
 * messages.
 */
int agent_run(const struct agent_options *options, struct diagnostics *diagnostics);

#endif
