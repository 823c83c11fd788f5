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
 * By source address, the section SOURCES (empty, 8 bytes, if no scope claims any):
 * a scope for each /16 of IPv4, or SCOPE_UNKNOWN where it is not one and the same; then the starts
 * of ranges, which are sorted, of IPv4 and then of IPv6. A range ends where the next one starts;
 * the first starts at 0.
 */
struct scope_range {
	__u64 high, low; /* host order; an IPv4 address is in low */
	__u32 scope;
	__u32 reserved;
};
struct scope_sources {
	__u32 count[2]; /* of the ranges of IPv4, of IPv6: each at most SCOPE_RANGES_MOST */
	__u8 by_sixteen[1 << 16];
};
#define SCOPE_RANGES_BITS 13
#define SCOPE_RANGES_MOST (1u << SCOPE_RANGES_BITS)

/*
 * By cgroup: of each folder that matters its scope, or SCOPE_UNKNOWN where two scopes claim it.
 * Where services appear (SCOPE_WATCHED) a folder that nobody has looked at yet may be one of a
 * scope: a sender in it is not known. The deepest folder that has an entry tells.
 */
#define SCOPE_WATCHED       0x100
#define SCOPE_CGROUPS_MOST  16384
#define SCOPE_CGROUP_LEVELS 16 /* that are looked at; what lies deeper is not known */

/* What a cgroup was found to be, for as long as the entries of cgroups stay the same. */
struct scope_found {
	__u32 epoch;
	__u32 scope;
};
#define SCOPE_FOUND_MOST 4096

/* By interface: every interface that was there when somebody looked; another one is not known. */
#define SCOPE_INTERFACES_MOST 16384

#endif
