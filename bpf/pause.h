/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a pause hold? Asked only about what is denied, so what is allowed pays nothing. */
#ifndef GABELOU_BPF_PAUSE_H
#define GABELOU_BPF_PAUSE_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "bpf/config.h"
#include "bpf/likely.h"
#include "maps/pause.h"

/* Shared by all generations of a network namespace: a swap neither ends nor prolongs it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pause_until);
} pause SEC(".maps");

/* A wrong clock (decided as for exceptions) ends it. Verified once, wherever it is asked. */
__noinline int pause_holds(void)
{
	__u32 zero = 0;
	const struct pause_until *until = bpf_map_lookup_elem(&pause, &zero);

	if (!until || likely(!until->boot) || bpf_ktime_get_boot_ns() >= until->boot)
		return false;
	if (config.without & WITHOUT_TAI)
		return true;
	__u64 now = bpf_ktime_get_tai_ns();
	return now >= config.clock_floor && now < until->tai;
}

#endif
