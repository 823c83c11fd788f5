/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program bench's two halves share. */
#ifndef GABELOU_TESTS_BENCH_PROGRAM_H
#define GABELOU_TESTS_BENCH_PROGRAM_H

#include <linux/types.h>

/* A destination as a packet has it; IPv4 in the first 4 bytes. */
struct drive_target {
	__u32 words[4];
};

#define DRIVE_TARGETS (1 << 18) /* room for so many */

#endif
