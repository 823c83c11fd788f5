/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generation's programs are set to. It is read-only data, set by user space before a program
 * is loaded: what a generation does not use disappears at verification.
 */
#ifndef GABELOU_MAPS_CONFIG_H
#define GABELOU_MAPS_CONFIG_H

#include <linux/types.h>

#include "maps/table.h"
#include "maps/tunnel.h"

struct guard_config {
	__u64 flow_interval; /* nanoseconds between two events of a flow */
	__u32 generation;
	__u32 control;                    /* mask of enum control */
	__u32 sizes[TABLE_SECTION_COUNT]; /* bytes of each section */
	__u8 monitor;                     /* let pass what is denied */
	__u8 last_word;                   /* tc only: allow ends the chain of programs */
	__u8 trial;                       /* BPF_PROG_RUN only: leave the decision behind */
	__u8 tunnel_count;
	struct guard_tunnel tunnels[TUNNELS_MOST];
};

#endif
