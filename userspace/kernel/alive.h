/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a network namespace still exist? One that is deleted without a detach leaves its pins, and
 * with them a verdict table of many megabytes, in the kernel's memory.
 *
 * Nothing lists all namespaces: a process, a socket or a mount may keep one alive. But each has one
 * loopback interface, from its first moment to its last, and a device map (BPF_MAP_TYPE_DEVMAP) is
 * emptied by the kernel when the device in it goes away. So such a map, pinned as "alive" and never
 * read by a packet, tells of the namespace for sure.
 */
#ifndef GABELOU_KERNEL_ALIVE_H
#define GABELOU_KERNEL_ALIVE_H

#include "userspace/kernel/place.h"

/* Pins the mark of this namespace, unless it is there. Without one the namespace is never taken for
 * dead: so a failure is none of the caller's. */
void alive_mark(const struct kernel *kernel);
void alive_unmark(const struct kernel *kernel);

/* Removes pins and records of every marked namespace that is gone; in the machine's first namespace
 * also records of others that were in force in an earlier boot. */
void alive_sweep(const struct kernel *kernel);

#endif
