/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels: a packet inside another, whose destination is the one that counts. Denied, unless the
 * policy's "tunnels:" names the endpoint; then the destination inside is judged.
 *
 * TUNNEL(identifier, "name in the policy", "what it is")
 */
#ifndef GABELOU_MAPS_TUNNEL_H
#define GABELOU_MAPS_TUNNEL_H

#include <linux/types.h>

#define TUNNELS(TUNNEL)                                                               \
	TUNNEL(IPIP, "ipip", "IP protocol 4: IPv4 inside (RFC 2003, RFC 2473)")       \
	TUNNEL(6IN4, "6in4", "IP protocol 41: IPv6 inside (RFC 4213, RFC 2473)")      \
	TUNNEL(GRE, "gre", "IP protocol 47: IPv4, IPv6 or Ethernet (RFC 2784, 2890)") \
	TUNNEL(VXLAN, "vxlan", "UDP 4789 and 8472: Ethernet (RFC 7348)")              \
	TUNNEL(GENEVE, "geneve", "UDP 6081: Ethernet, IPv4 or IPv6 (RFC 8926)")

enum tunnel_number {
#define TUNNEL(identifier, name, text) TUNNEL_NUMBER_##identifier,
	TUNNELS(TUNNEL)
#undef TUNNEL
		TUNNEL_COUNT
};

/* An endpoint's kinds are a mask of these. */
enum tunnel {
#define TUNNEL(identifier, name, text) TUNNEL_##identifier = 1 << TUNNEL_NUMBER_##identifier,
	TUNNELS(TUNNEL)
#undef TUNNEL
		TUNNEL_BY_PORT = TUNNEL_VXLAN | TUNNEL_GENEVE
};

#define TUNNEL_PORT_VXLAN 4789
#define TUNNEL_PORT_VXLAN_OLD                                               \
	8472 /* what Linux took before there was a number (flannel, Cilium) \
	      */
#define TUNNEL_PORT_GENEVE 6081

#define TUNNELS_MOST 32 /* prefixes, of all lines of "tunnels:" together */

/* A prefix of endpoints. IPv4 as mapped into IPv6 (::ffff:0:0/96); host order. */
struct guard_tunnel {
	__u64 high, low;
	__u64 mask_high, mask_low;
	__u32 kinds; /* mask of enum tunnel */
	__u16 port;  /* of VXLAN or GENEVE; 0: their own */
	__u16 reserved;
};

#endif
