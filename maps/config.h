/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generation's programs are set to. It is read-only data, set by user space before a program
 * is loaded: what a generation does not use disappears at verification.
 */
#ifndef GABELOU_MAPS_CONFIG_H
#define GABELOU_MAPS_CONFIG_H

#include <linux/types.h>

#include "maps/local.h"
#include "maps/reply.h"
#include "maps/table.h"
#include "maps/tunnel.h"

/* What a program does without, as on a kernel that has it not. */
#define WITHOUT_CONTEXT 1 /* bpf_cast_to_kern_ctx() */
#define WITHOUT_PULL    2 /* bpf_xdp_pull_data() */
#define WITHOUT_TAI     4 /* bpf_ktime_get_tai_ns() */
#define WITHOUT_READS   8 /* bpf_probe_read_kernel() */

struct guard_config {
	__u64 flow_interval; /* nanoseconds between two events of a flow */
	__u32 generation;
	__u32 control;                    /* mask of enum control */
	__u32 sizes[TABLE_SECTION_COUNT]; /* bytes of each section */
	__u32 rows;                       /* of the table */
	__u32 entries;                    /* exceptions of all rows; 0: nothing looks for them */
	__u32 classes;                    /* rows of one scope */
	__u64 clock_floor; /* TAI, nanoseconds: an earlier clock is wrong, and no exception holds */
	__u8 monitor;      /* let pass what is denied */
	__u8 last_word;    /* tc only: allow ends the chain of programs */
	__u8 trial;        /* BPF_PROG_RUN only: leave the decision behind */
	__u8 without;      /* mask of WITHOUT_ */
	__u8 tunnel_count;
	__u8 books;     /* count what is handed on, by interface */
	__u8 reject;    /* tell the sender of what is denied: maps/answer.h */
	__u8 scopes;    /* sets of rows; 1: there are no scopes */
	__u8 scoped_by; /* mask of SCOPES_BY_ */
	__u8 reserved[7];
	struct guard_tunnel tunnels[TUNNELS_MOST];
	struct reply_service replies[REPLY_SERVICES_MOST];
	__u32 reply_count; /* 0: nothing is a reply */
	__u32 reserved_replies;
	__u32 local_count; /* 0: nothing is local through some interfaces alone */
	__u32 reserved_too;
	struct guard_local locals[LOCAL_NETS_MOST];
};

/* Of the hooks on sockets, beside that. A cgroup may hold processes of many network namespaces:
 * what is in another one than the generation's is none of its business. */
struct socket_config {
	__u64 namespace; /* its cookie (SO_NETNS_COOKIE) */
	__u8 knows_task; /* the kernel tells such programs the process and its command */
	__u8 reserved[7];
};

#define SOCKET_CONFIG_SECTION ".rodata.socket" /* and the name of its map */

#endif
