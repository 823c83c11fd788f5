/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets go without meeting a guard, told to the hooks on sockets: maps/elsewhere.h. */
#ifndef GABELOU_KERNEL_ELSEWHERE_H
#define GABELOU_KERNEL_ELSEWHERE_H

#include "userspace/kernel/place.h"

/* Fills @map (a file descriptor) from the routes and from which interfaces have a guard at this
 * moment; what is no longer so goes last. 0 or -errno. Where there are too many routes, everything
 * is taken to be elsewhere: the guard judges it. */
int elsewhere_refresh(int map);

/* Tells of changes to routes, addresses and interfaces. */
struct elsewhere_watch;
struct elsewhere_watch *elsewhere_watch_open(void); /* NULL: not to be had */
void elsewhere_watch_close(struct elsewhere_watch *watch);
/* Has anything changed since the last call? */
bool elsewhere_watch_changed(struct elsewhere_watch *watch);

#endif
