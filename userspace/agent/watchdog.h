/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that brings back what was before, once the time of an unconfirmed apply has run out:
 * "gabelou rollback --when-due", detached from whoever starts it. apply starts one before the swap,
 * so that it outlasts the terminal and apply itself; the agent starts another where there is none.
 */
#ifndef GABELOU_AGENT_WATCHDOG_H
#define GABELOU_AGENT_WATCHDOG_H

/* Starts it. It does not end before the returned descriptor is closed (by the end of this process,
 * in whatever way), and then ends if nothing is on trial. -errno if it cannot be started. */
int watchdog_start(void);

#endif
