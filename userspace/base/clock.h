/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks as nanoseconds (clock_gettime(2)). */
#ifndef GABELOU_BASE_CLOCK_H
#define GABELOU_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SECOND_NS 1000000000ll

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

#endif
