/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control protocols: what a link needs to live. Each is let pass only in its narrow shape, and
 * only if the policy's "control:" names it (by itself or through "default").
 *
 * CONTROL(identifier, "name in the policy", in "default", "what is let pass")
 */
#ifndef GABELOU_MAPS_CONTROL_H
#define GABELOU_MAPS_CONTROL_H

#define CONTROLS(CONTROL)                                                                  \
	CONTROL(ARP, "arp", 1, "ARP for IPv4 over Ethernet, no trailing data (RFC 826)")   \
	CONTROL(ND, "nd", 1, "neighbour discovery, hop limit 255 (RFC 4861)")              \
	CONTROL(MLD, "mld", 1, "MLD with Router Alert, hop limit 1 (RFC 2710, 3810)")      \
	CONTROL(IGMP, "igmp", 1, "IGMP to multicast groups, TTL 1 (RFC 2236, 3376)")       \
	CONTROL(DHCP, "dhcp", 1, "DHCP client to broadcast, DHCPv6 client to ff02::1:2")   \
	CONTROL(LACP, "lacp", 1, "slow protocols to 01:80:c2:00:00:02 (IEEE 802.3)")       \
	CONTROL(LLDP, "lldp", 1, "LLDP to 01:80:c2:00:00:0x (IEEE 802.1AB)")               \
	CONTROL(STP, "stp", 1, "spanning tree to 01:80:c2:00:00:00 (IEEE 802.1D)")         \
	CONTROL(EAPOL, "802.1x", 1, "EAPOL to 01:80:c2:00:00:03 (IEEE 802.1X)")            \
	CONTROL(PTP, "ptp", 1, "PTP over Ethernet to its two groups (IEEE 1588)")          \
	CONTROL(VRRP, "vrrp", 0, "VRRP to its group, TTL 255 (RFC 9568)")                  \
	CONTROL(OSPF, "ospf", 0, "OSPF to its groups or to a neighbour, TTL 1 (RFC 2328)") \
	CONTROL(BFD, "bfd", 0, "BFD to a neighbour on the link, TTL 255 (RFC 5881)")       \
	CONTROL(AZURE, "azure", 0, "DHCP, DNS and health of 168.63.129.16, on Azure alone")

enum control_number {
#define CONTROL(identifier, name, is_default, text) CONTROL_NUMBER_##identifier,
	CONTROLS(CONTROL)
#undef CONTROL
		CONTROL_COUNT
};

/* A policy's choice is a mask of these. */
enum control {
#define CONTROL(identifier, name, is_default, text) \
	CONTROL_##identifier = 1 << CONTROL_NUMBER_##identifier,
	CONTROLS(CONTROL)
#undef CONTROL
		CONTROL_DEFAULT =
#define CONTROL(identifier, name, is_default, text) \
	(is_default ? 1 << CONTROL_NUMBER_##identifier : 0) |
			CONTROLS(CONTROL)
#undef CONTROL
				0
};

#endif
