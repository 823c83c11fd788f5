/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exceptions of a row that denies (maps/decision.h). */
#ifndef GABELOU_BPF_ENTRIES_H
#define GABELOU_BPF_ENTRIES_H

#include "bpf/judge.h"

/* How except_entry() is asked. */
#define EXCEPT_FLOW(protocol, later_fragment, port) \
	((__u32)(protocol) << 24 | (__u32)(later_fragment) << 16 | (port))

/* Looked at by the verifier once, and not once per way that leads here. @flow:
 * EXCEPT_FLOW. The number of the entry plus 1, or 0. */
__noinline __u32 except_entry(__u32 row_number, __u32 flow)
{
	const struct class_row *row = lookup_row(0, row_number, 0);
	__u64 now = bpf_ktime_get_tai_ns();

	if (!row || !row->entries || now < config.clock_floor)
		return 0;
	return lookup_entry(0, row->entries,
			    (struct lookup_flow){
				    .protocol = flow >> 24,
				    .later_fragment = flow >> 16 & 1,
				    .port = (__u16)flow,
			    },
			    now);
}

#endif
