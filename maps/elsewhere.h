/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where packets go without meeting a guard, as keys of an LPM trie. User space fills it from the
 * routes; the value is the number of the refresh that last saw the entry.
 */
#ifndef GABELOU_MAPS_ELSEWHERE_H
#define GABELOU_MAPS_ELSEWHERE_H

#include <linux/types.h>

#define ELSEWHERE_MOST 16384

/*
 * device 0 and the prefix of a route; or an interface without a guard, for sockets that are bound
 * to it, and no address: ELSEWHERE_DEVICE_BITS. IPv4 as ::ffff:a.b.c.d.
 */
struct elsewhere_key {
	__u32 bits; /* of what follows that count */
	__u32 device;
	__u8 address[16]; /* network byte order */
};

#define ELSEWHERE_DEVICE_BITS  32
#define ELSEWHERE_ADDRESS_BITS 128
#define ELSEWHERE_MAPPED_BITS  96 /* before an IPv4 address */

#endif
