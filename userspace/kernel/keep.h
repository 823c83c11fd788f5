/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds what is pinned, so that it outlasts its pins: a guard whose pin is deleted, or whose bpffs
 * is unmounted, would leave its interface at that moment. As long as somebody keeps it open it goes
 * on judging, and its pin can be made again.
 */
#ifndef GABELOU_KERNEL_KEEP_H
#define GABELOU_KERNEL_KEEP_H

#include "userspace/kernel/kernel.h"

struct kernel_keep;

/* NULL: out of memory. It borrows @kernel, which may be opened for reading. */
struct kernel_keep *kernel_keep_new(struct kernel *kernel);

/* To be called every second or so: opens what is pinned of the generation in force, and pins again
 * what is no longer there, which it says as a warning. Lets go of everything once nothing is in
 * force. While somebody changes things it waits for the next call. */
void kernel_keep_check(struct kernel_keep *keep, struct diagnostics *diagnostics);

/* Closes all. Pins stay. */
void kernel_keep_free(struct kernel_keep *keep);

#endif
