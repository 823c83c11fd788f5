/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generation does not use disappears at verification: these constants are read-only data,
 * set by user space before the program is loaded.
 */
#ifndef GABELOU_BPF_CONFIG_H
#define GABELOU_BPF_CONFIG_H

#include "maps/table.h"

const volatile __u32 config_generation;
const volatile __u64 config_flow_interval; /* nanoseconds between two events of a flow */
const volatile __u32 config_control;       /* mask of enum control */
const volatile __u8 config_monitor;        /* let pass what is denied */
const volatile __u8 config_last_word;      /* allow ends the chain of programs */
const volatile __u8 config_trial;          /* BPF_PROG_RUN only: leave the decision in skb->cb */

/* config_size_V4_ROOT and so on: bytes of each section. */
#define SECTION(identifier, name, text) const volatile __u32 config_size_##identifier;
TABLE_SECTIONS(SECTION)
#undef SECTION

#endif
