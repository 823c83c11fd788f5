/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pause: until it ends, what is denied passes, counted and reported as such. The kernel alone
 * compares with its clocks, so it ends with everything else dead.
 *
 * It ends with the first of two clocks. One counts from boot and cannot be set; the other is the
 * time of day (TAI), for a machine that was put to sleep as a whole and woken days later.
 */
#ifndef GABELOU_MAPS_PAUSE_H
#define GABELOU_MAPS_PAUSE_H

#include <linux/types.h>

/* Nanoseconds. All zero: there is none. Half of an old value and half of a new one is none either,
 * or ends with the earlier of the two. */
struct pause_until {
	__u64 boot; /* CLOCK_BOOTTIME */
	__u64 tai;  /* CLOCK_TAI; not looked at on kernels before 6.1 */
};

#endif
