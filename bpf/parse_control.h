/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control traffic in its narrow shape (maps/control.h): what a link needs, and nothing that could
 * carry data further than the link.
 */
#ifndef GABELOU_BPF_PARSE_CONTROL_H
#define GABELOU_BPF_PARSE_CONTROL_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/config.h"
#include "bpf/packet.h"
#include "maps/control.h"

#define ETH_FRAME_LEAST     60 /* shorter frames are padded (IEEE 802.3, without FCS) */
#define ETH_GROUP_RESERVED  0x0180c2000000ull /* 01:80:c2:00:00:0x is never forwarded */
#define ETH_GROUP_PTP       0x011b19000000ull
#define CONTROL_LENGTH_MOST 1518
#define LACP_LENGTH_MOST    128
#define STP_LENGTH_MOST     128
#define ND_LENGTH_MOST      512 /* of the whole frame; router advertisements carry options */

static __always_inline __u64 ethernet_destination(const struct ethhdr *ethernet)
{
	__u64 address = 0;

	for (int i = 0; i < ETH_ALEN; i++)
		address = address << 8 | ethernet->h_dest[i];
	return address;
}

/* @shape decides between the two answers if the policy names @control; else it is unknown traffic.
 */
static __always_inline int control_answer(__u32 control, bool shape)
{
	if (!(config.control & control))
		return REASON_ETHERTYPE;
	return shape ? REASON_CONTROL : REASON_CONTROL_SHAPE;
}

#define ARP_REQUEST 1
#define ARP_REPLY   2

/* RFC 826; <linux/if_arp.h> needs more of a C library than there is here. */
struct arp_ethernet_ipv4 {
	__be16 hardware; /* 1: Ethernet */
	__be16 protocol;
	__u8 hardware_size;
	__u8 protocol_size;
	__be16 operation;
	__u8 addresses[20];
};

/* RFC 826: a request or a reply for IPv4 over Ethernet, padding at most to the least frame. */
static __always_inline int control_arp(context_t *context, __u32 offset)
{
	struct arp_ethernet_ipv4 arp;

	if (!packet_copy(context, offset, &arp, sizeof(arp)))
		return REASON_TRUNCATED;
	return control_answer(
		CONTROL_ARP,
		arp.hardware == bpf_htons(1) && arp.protocol == bpf_htons(ETH_P_IP) &&
			arp.hardware_size == ETH_ALEN && arp.protocol_size == 4 &&
			(arp.operation == bpf_htons(ARP_REQUEST) ||
			 arp.operation == bpf_htons(ARP_REPLY)) &&
			(packet_length(context) == offset + sizeof(arp) ||
			 packet_length(context) <= ETH_FRAME_LEAST + offset - ETH_HLEN));
}

/* A length in place of an ethertype (@claimed): spanning tree is LLC 42 42 03. What the length does
 * not cover is padding, and no receiver reads it. @length: of the frame. */
static __always_inline int control_llc(context_t *context, __u32 offset, __u64 group, __u32 length,
				       __u32 claimed)
{
	__u8 llc[3];

	if (!packet_copy(context, offset, llc, sizeof(llc)))
		return REASON_TRUNCATED;
	if (llc[0] != 0x42 || llc[1] != 0x42 || llc[2] != 0x03)
		return REASON_ETHERTYPE;
	return control_answer(CONTROL_STP, group == ETH_GROUP_RESERVED &&
						   length <= STP_LENGTH_MOST &&
						   claimed >= sizeof(llc) &&
						   offset + claimed <= packet_length(context));
}

/* Frames that are neither IPv4 nor IPv6. @link: where their Ethernet header is. */
__noinline int control_link(context_t *context, __u32 ethertype, __u32 offset, __u32 link)
{
	struct ethhdr ethernet;

	if (link > HEADERS_MOST || !packet_copy(context, link, &ethernet, sizeof(ethernet)))
		return REASON_TRUNCATED;
	__u64 group = ethernet_destination(&ethernet);
	bool reserved = (group & ~0xfull) == ETH_GROUP_RESERVED;
	__u32 length = packet_length(context) - link;
	bool fits = length <= CONTROL_LENGTH_MOST;

	switch (ethertype) {
	case ETH_P_ARP:
		return control_arp(context, offset);
	case ETH_P_SLOW:
		return control_answer(CONTROL_LACP, group == (ETH_GROUP_RESERVED | 2) &&
							    length <= LACP_LENGTH_MOST);
	case ETH_P_LLDP:
		return control_answer(CONTROL_LLDP, reserved && fits);
	case ETH_P_PAE:
		return control_answer(CONTROL_EAPOL, group == (ETH_GROUP_RESERVED | 3) && fits);
	case ETH_P_1588:
		return control_answer(
			CONTROL_PTP,
			(group == ETH_GROUP_PTP || group == (ETH_GROUP_RESERVED | 0xe)) && fits);
	}
	return ethertype < ETH_P_802_3_MIN ? control_llc(context, offset, group, length, ethertype)
					   : REASON_ETHERTYPE;
}

/* RFC 2236, RFC 3376, RFC 2113: TTL 1, to a group, alone or with Router Alert as the only option.
 */
__noinline int control_igmp(context_t *context, __u32 offset)
{
	struct {
		struct iphdr header;
		__be32 option;
	} ip;

	if (!(config.control & CONTROL_IGMP))
		return REASON_IP_PROTOCOL;
	if (!packet_copy(context, offset, &ip, sizeof(ip)))
		return REASON_TRUNCATED;
	bool options =
		ip.header.ihl == 5 || (ip.header.ihl == 6 && ip.option == bpf_htonl(0x94040000));
	bool group = (ip.header.daddr & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000);
	bool whole = !(ip.header.frag_off & bpf_htons(0x3fff));

	return options && group && whole && ip.header.ttl == 1 &&
			       packet_length(context) <= offset + CONTROL_LENGTH_MOST
		       ? REASON_CONTROL
		       : REASON_CONTROL_SHAPE;
}

/* RFC 2131: a client's broadcast. Renewals go to the server's own address and are judged by it. */
static __always_inline int control_dhcp4(const struct packet *packet, __be16 source_port,
					 __be16 destination_port)
{
	if ((config.control & CONTROL_DHCP) && packet->destination_v4 == 0xffffffff &&
	    destination_port == bpf_htons(67) && source_port == bpf_htons(68))
		return REASON_CONTROL;
	return PARSE_DONE;
}

/* RFC 8415: a client to All_DHCP_Relay_Agents_and_Servers, ff02::1:2. */
static __always_inline int control_dhcp6(const struct packet *packet, __be16 source_port,
					 __be16 destination_port)
{
	if ((config.control & CONTROL_DHCP) && packet->destination_high == 0xff02ull << 48 &&
	    packet->destination_low == 0x10002 && destination_port == bpf_htons(547) &&
	    source_port == bpf_htons(546))
		return REASON_CONTROL;
	return PARSE_DONE;
}

static __always_inline bool link_scope(const struct packet *packet)
{
	__u64 high = packet->destination_high;

	return high >> 48 == 0xff02 || high >> 54 == 0xfe80 >> 6;
}

/* RFC 4861 on the link, with hop limit 255; RFC 2710 and RFC 3810 with hop limit 1 and Router
 * Alert, so to a group. What goes to another address (a neighbour's global one) is judged by that
 * address. */
static __always_inline int control_icmp6(context_t *context, const struct packet *packet, __u8 type,
					 __u8 hop_limit, bool router_alert)
{
	bool group = packet->destination_high >> 56 == 0xff;

	if (type >= 133 && type <= 137 && (config.control & CONTROL_ND) && link_scope(packet))
		return hop_limit == 255 && packet_length(context) <= ND_LENGTH_MOST
			       ? REASON_CONTROL
			       : REASON_CONTROL_SHAPE;
	if (((type >= 130 && type <= 132) || type == 143) && (config.control & CONTROL_MLD) &&
	    group)
		return hop_limit == 1 && router_alert &&
				       packet_length(context) <= CONTROL_LENGTH_MOST
			       ? REASON_CONTROL
			       : REASON_CONTROL_SHAPE;
	return PARSE_DONE;
}

#endif
