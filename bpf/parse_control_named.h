/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control traffic that passes only where the policy names it (maps/control.h). */
#ifndef GABELOU_BPF_PARSE_CONTROL_NAMED_H
#define GABELOU_BPF_PARSE_CONTROL_NAMED_H

#include "bpf/parse_control.h"
#include "bpf/parse_tunnel.h"

#define IPPROTO_OSPF 89
#define IPPROTO_VRRP 112

#define VRRP_GROUP_V4 0xe0000012 /* 224.0.0.18 */
#define VRRP_GROUP_V6 0x12       /* ff02::12 */
#define OSPF_GROUP_V4 0xe0000005 /* and the next: all routers, designated routers */
#define OSPF_GROUP_V6 0x5

#define BFD_PORT        3784 /* RFC 5881: one hop; 4784 (RFC 5883) is judged by its destination */
#define BFD_SOURCE_PORT 49152
#define BFD_LEAST       24 /* RFC 5880, section 4.1 */
#define BFD_MOST        52 /* with SHA1 */

#define AZURE_HOST 0xa83f8110 /* 168.63.129.16, the same for every virtual machine */

/* What these shapes need to know of an IP header. */
struct control_hop {
	__u8 limit; /* TTL or hop limit */
	bool fragment;
	enum level level;
};

static __always_inline bool control_is_group(const struct packet *packet, __u32 v4, __u32 v6,
					     __u32 count)
{
	if (packet->ethertype == ETH_P_IP)
		return packet->destination_v4 - v4 < count;
	return packet->destination_high == 0xff02ull << 48 && packet->destination_low - v6 < count;
}

/* RFC 9568, section 5.1: never forwarded. RFC 2328, appendix A.1, and RFC 5340: to the groups, or
 * to a neighbour; a TTL of 1 goes no further than the link. */
static __always_inline bool control_routing_shape(const struct packet *packet, __u8 limit)
{
	if (packet->protocol == IPPROTO_VRRP)
		return limit == 255 && control_is_group(packet, VRRP_GROUP_V4, VRRP_GROUP_V6, 1);
	bool group = packet->ethertype == ETH_P_IP ? packet->destination_v4 >> 28 == 0xe
						   : packet->destination_high >> 56 == 0xff;

	return limit == 1 && (!group || control_is_group(packet, OSPF_GROUP_V4, OSPF_GROUP_V6, 2));
}

/* A protocol that is not TCP, UDP or ICMP. */
static __always_inline int other_protocol(context_t *context, struct packet *packet,
					  struct control_hop hop)
{
	__u32 control = packet->protocol == IPPROTO_VRRP   ? CONTROL_VRRP
			: packet->protocol == IPPROTO_OSPF ? CONTROL_OSPF
							   : 0;

	if (!(config.control & control))
		return tunnel_or_refused(context, packet, hop.fragment, hop.level);
	return !hop.fragment && control_routing_shape(packet, hop.limit) &&
			       packet_length(context) <= packet->network + CONTROL_LENGTH_MOST
		       ? REASON_CONTROL
		       : REASON_CONTROL_SHAPE;
}

/* RFC 5881, section 5: what came through a router has a TTL under 255. That it needs none to get
 * there our own routes must say. */
static __always_inline int control_bfd(context_t *context, const struct packet *packet,
				       __be16 source_port, struct control_hop hop)
{
	bool v4 = packet->ethertype == ETH_P_IP;
	__u32 size = packet_length(context) - packet->transport - sizeof(struct udphdr);

	if (hop.fragment || hop.limit != 255 || bpf_ntohs(source_port) < BFD_SOURCE_PORT ||
	    size < BFD_LEAST || size > BFD_MOST)
		return PARSE_DONE;
	return packet_neighbour(context, v4, packet->destination_high,
				v4 ? packet->destination_v4 : packet->destination_low)
		       ? REASON_CONTROL
		       : PARSE_DONE;
}

/* What UDP may be beside itself. */
static __always_inline int other_udp(context_t *context, struct packet *packet, __be16 source_port,
				     __be16 port, struct control_hop hop)
{
	if (unlikely(tunnel_port(port)))
		return tunnel_enter(context, packet, hop.fragment, hop.level);
	if (config.control & CONTROL_BFD && port == bpf_htons(BFD_PORT) && hop.level == LEVEL_OUTER)
		return control_bfd(context, packet, source_port, hop);
	return PARSE_DONE;
}

/* The host of a virtual machine in Azure, which lives by these: the agent's channel, health probes,
 * names and addresses. Elsewhere the address is Microsoft's like others. */
static __always_inline bool control_azure(const struct packet *packet, __be16 port)
{
	if (!(config.control & CONTROL_AZURE) || packet->outer ||
	    packet->destination_v4 != AZURE_HOST)
		return false;
	return packet->protocol == IPPROTO_TCP
		       ? port == bpf_htons(80) || port == bpf_htons(32526) || port == bpf_htons(53)
		       : port == bpf_htons(53) || port == bpf_htons(67);
}

#endif
