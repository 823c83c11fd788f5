/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks that pass without being judged through some interfaces only ("local:" as a list).
 *
 * What the table denies, and is sent to such a network through such an interface, passes as
 * REASON_LOCAL. Which interfaces these are is in the map "local_interfaces", ifindex -> a bit for
 * each entry of the list: interfaces come and go while a generation is in force.
 */
#ifndef GABELOU_MAPS_LOCAL_H
#define GABELOU_MAPS_LOCAL_H

#include <linux/types.h>

#define LOCAL_ENTRIES_MOST    32   /* that name interfaces: bits of the map's values */
#define LOCAL_NETS_MOST       64   /* in all of those */
#define LOCAL_INTERFACES_MOST 4096 /* that such a list may match */

/* Host order; IPv4 in the low 32 bits of low, all else zero. */
struct guard_local {
	__u64 high, low;
	__u64 mask_high, mask_low;
	__u32 entry; /* one bit */
	__u8 v4;
	__u8 reserved[3];
};

#endif
