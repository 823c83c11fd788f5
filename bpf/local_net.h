/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The networks of a list under "local:". */
#ifndef GABELOU_BPF_LOCAL_NET_H
#define GABELOU_BPF_LOCAL_NET_H

#include <stdbool.h>

#include "bpf/config.h"

/* Is the destination in a network of an entry of @entries (a mask)? IPv4 in @low. */
static __noinline bool local_net(__u64 high, __u64 low, bool v4, __u32 entries)
{
	for (__u32 i = 0; i < LOCAL_NETS_MOST && i < config.local_count; i++)
		if ((config.locals[i].entry & entries) && config.locals[i].v4 == v4 &&
		    (high & config.locals[i].mask_high) == config.locals[i].high &&
		    (low & config.locals[i].mask_low) == config.locals[i].low)
			return true;
	return false;
}

#endif
