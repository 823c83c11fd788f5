/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log file: whole lines, appended.
 *
 * The folder is held open, since the process may later move to another mount namespace, where the
 * same path is another file.
 */
#ifndef GABELOU_AGENT_LOG_H
#define GABELOU_AGENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/base/diagnostic.h"

struct log {
	const char *path; /* borrowed; NULL: standard output */
	char *name;       /* within the folder */
	int folder;
	int fd;
};

/* 0, or -errno with a message. @path NULL: standard output. */
int log_open(struct log *log, const char *path, struct diagnostics *diagnostics);
/* Opens the same name again, which may be a new file by now. On -errno the old one stays. */
int log_reopen(struct log *log);
/* Appends whole lines. 0, or -errno: then nothing of them is left in the file (a pipe keeps what
 * it took). */
int log_write(const struct log *log, const char *lines, size_t size);
void log_close(struct log *log);

#endif
