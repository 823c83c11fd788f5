/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sign of life on a terminal for what takes over half a second. */
#ifndef GABELOU_CLI_PROGRESS_H
#define GABELOU_CLI_PROGRESS_H

/* From half a second on, says on stderr that @what goes on ("reading data"), if that is a terminal.
 * @what must last until progress_end(). By a timer signal, not a thread: a process with threads may
 * not change its mount namespace. */
void progress_begin(const char *what);
/* Wipes it away. */
void progress_end(void);

#endif
