/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose packet it is: from what is known of the sender to a scope.
 *
 * A scope claims senders by interface, by source address or by cgroup. Each of these three that the
 * policy uses is asked, and gives the number of a scope, SCOPE_UNCLAIMED, or SCOPE_UNKNOWN. What
 * two of them claim for different scopes, and what one of them does not know, is judged by the
 * strictest: the set of rows that allows what every scope allows.
 */
#ifndef GABELOU_MAPS_SCOPE_H
#define GABELOU_MAPS_SCOPE_H

#include <linux/types.h>

#define SCOPE_UNCLAIMED 0 /* by no scope: the policy's own rules */
#define SCOPE_UNKNOWN   255

/* What claims senders, as a mask. */
#define SCOPES_BY_INTERFACE 1
#define SCOPES_BY_SOURCE    2
#define SCOPES_BY_CGROUP    4

/* Two claims about one sender. */
#define SCOPE_JOINED(one, other) \
	((one) == (other) || !(other) ? (one) : (one) ? SCOPE_UNKNOWN : (other))

/*
 * By source address, the section SOURCES (empty, 8 bytes, if no scope claims any): for each family
 * an index, and then the starts of ranges, which are sorted, of IPv4 and then of IPv6. A range ends
 * where the next one starts; the first starts at 0.
 *
 * All that is claimed has its first @common bits in common; of the addresses that have them, too,
 * the next 16 bits find the scope, or SCOPE_UNKNOWN where it is not one and the same.
 */
struct scope_range {
	__u64 high, low; /* host order; an IPv4 address is the upper half of high */
	__u32 scope;
	__u32 reserved;
};
#define SCOPE_INDEX_BITS  16
#define SCOPE_COMMON_MOST (64 - SCOPE_INDEX_BITS)
struct scope_index {
	__u64 base;   /* those bits, and then zeros */
	__u32 common; /* at most SCOPE_COMMON_MOST */
	__u32 ranges; /* at most SCOPE_RANGES_MOST */
	__u8 scopes[1 << SCOPE_INDEX_BITS];
};
struct scope_sources {
	struct scope_index index[2]; /* IPv4, IPv6 */
};
#define SCOPE_V4_HIGH(address) ((__u64)(address) << 32)
#define SCOPE_RANGES_BITS      13
#define SCOPE_RANGES_MOST      (1u << SCOPE_RANGES_BITS)

/*
 * By cgroup: of each folder that matters its scope, or SCOPE_UNKNOWN where two scopes claim it.
 * Where services appear (SCOPE_WATCHED) a folder that nobody has looked at yet may be one of a
 * scope: a sender in it is not known. The deepest folder that has an entry tells.
 */
#define SCOPE_WATCHED       0x100
#define SCOPE_CGROUPS_MOST  16384
#define SCOPE_CGROUP_LEVELS 16 /* that are looked at; what lies deeper is not known */

/* What a cgroup was found to be, for as long as the entries of cgroups stay the same: in one word,
 * since others write it at the same time. Of the id the lower half is a number that no other cgroup
 * has now, and the upper one tells those that had it before. */
#define SCOPE_FOUND(id, epoch, scope)                                                           \
	((__u64)(__u32)(id) << 32 | (__u64)((__u8)((id) >> 32)) << 24 | ((epoch)&0xffff) << 8 | \
	 (scope))
#define SCOPE_FOUND_SCOPE(word) ((__u32)((word)&0xff))
#define SCOPE_FOUND_BITS        12
#define SCOPE_FOUND_EPOCH       (1u << SCOPE_FOUND_BITS) /* the slot of the epoch itself */
#define SCOPE_FOUND_SLOT(id)    ((__u32)(id) & (SCOPE_FOUND_EPOCH - 1))

/* By interface, by its number, in a slot that may be another one's: every interface that was there
 * when somebody looked. Another one is not known. */
#define SCOPE_LINK(ifindex, scope) ((__u64)(ifindex) << 8 | (scope))
#define SCOPE_LINK_SCOPE(word)     ((__u32)((word)&0xff))
#define SCOPE_LINK_IFINDEX(word)   ((__u32)((word) >> 8))
#define SCOPE_LINKS_BITS           14
#define SCOPE_LINK_SLOT(ifindex)   ((ifindex) & ((1u << SCOPE_LINKS_BITS) - 1))

#endif
