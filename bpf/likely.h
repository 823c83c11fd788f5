/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of an allowed TCP or UDP packet should lie in one piece: it shares the instruction cache
 * with all that the kernel does for a packet. */
#ifndef GABELOU_BPF_LIKELY_H
#define GABELOU_BPF_LIKELY_H

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#endif
