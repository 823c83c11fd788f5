/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the agent's log is. */
#ifndef GABELOU_CLI_LOGS_H
#define GABELOU_CLI_LOGS_H

#include "userspace/flow/survey.h"

/* Where dist/gabelou-agent.service has it written. */
#define LOGS_DEFAULT "/var/log/gabelou.json"

/* Reads the @count files ("-": standard input); without any, LOGS_DEFAULT and what it was rotated
 * to, as far as that was written to since @since. 0; -ENOENT, or another -errno, with a message. */
int logs_read(struct survey *survey, char *const *files, size_t count, int64_t since,
	      struct diagnostics *diagnostics);

#endif
