/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels to an endpoint that the policy names: from the outer packet to the one inside, whose
 * destination is then judged in its place. One level: a tunnel inside a tunnel is denied, and so is
 * what cannot be read (a fragment, an unknown shape, headers behind the first HEADERS_MOST bytes).
 * Headers are copied from linear memory only (packet_copy).
 *
 * A tunnel to anybody else is denied. VXLAN and GENEVE are known by port and shape: on another port
 * they are what UDP is.
 */
#ifndef GABELOU_BPF_PARSE_TUNNEL_H
#define GABELOU_BPF_PARSE_TUNNEL_H

#include <linux/if_ether.h>
#include <linux/in.h>

#include "bpf/config.h"
#include "bpf/judge_packet.h"
#include "bpf/parse_transport.h"

#define GRE_CHECKSUM 0x8000 /* RFC 2784 */
#define GRE_KEY      0x2000 /* RFC 2890 */
#define GRE_SEQUENCE 0x1000
#define GRE_KNOWN    (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)

#define VXLAN_SIZE            8
#define VXLAN_FIRST           0x08000000 /* RFC 7348: a network is named, and all else is zero */
#define GENEVE_SIZE           8
#define GENEVE_FIRST_MASK     0xc0800000 /* RFC 8926: the version, and "no data inside" */
#define GENEVE_OPTIONS(first) ((first) >> 22 & 0xfc) /* bytes of options */
#define ETH_P_INSIDE          0x6558 /* Ethernet inside: transparent Ethernet bridging */

/* May UDP to this port be a tunnel? One comparison rules out most. */
static __always_inline bool tunnel_port(__be16 port)
{
	__u16 from_lowest = bpf_ntohs(port) - TUNNEL_PORT_VXLAN;

	if (unlikely(from_lowest <= TUNNEL_PORT_VXLAN_OLD - TUNNEL_PORT_VXLAN) &&
	    (port == bpf_htons(TUNNEL_PORT_VXLAN) || port == bpf_htons(TUNNEL_PORT_VXLAN_OLD) ||
	     port == bpf_htons(TUNNEL_PORT_GENEVE)))
		return true;
	for (int i = 0; i < TUNNELS_MOST && i < config.tunnel_count; i++)
		if (config.tunnels[i].port && bpf_htons(config.tunnels[i].port) == port)
			return true;
	return false;
}

static __always_inline __u32 tunnel_kinds_at(__u32 kinds, __u16 own_port, __u16 port)
{
	if (!port)
		return kinds & ~TUNNEL_BY_PORT;
	if (own_port)
		return own_port == port ? kinds & TUNNEL_BY_PORT : 0;
	return kinds & (port == TUNNEL_PORT_GENEVE ? TUNNEL_GENEVE : TUNNEL_VXLAN);
}

/* The kinds of tunnel that the policy names for this destination. @port: of UDP, else 0. */
static __always_inline __u32 tunnel_named(const struct packet *packet, __u16 port)
{
	bool v4 = packet->ethertype == ETH_P_IP;
	__u64 high = v4 ? 0 : packet->destination_high;
	__u64 low = v4 ? 0xffffull << 32 | packet->destination_v4 : packet->destination_low;
	__u32 named = 0;

	for (int i = 0; i < TUNNELS_MOST && i < config.tunnel_count; i++)
		if ((high & config.tunnels[i].mask_high) == config.tunnels[i].high &&
		    (low & config.tunnels[i].mask_low) == config.tunnels[i].low)
			named |= tunnel_kinds_at(config.tunnels[i].kinds, config.tunnels[i].port,
						 port);
	return named;
}

static __always_inline bool tunnel_carries(__u16 ethertype)
{
	return ethertype == ETH_P_IP || ethertype == ETH_P_IPV6 || ethertype == ETH_P_INSIDE;
}

/* Its header is there, but behind the first HEADERS_MOST bytes, or a pull failed: it may be a
 * tunnel. No ethertype. */
#define TUNNEL_UNREADABLE 0xffff
#define TUNNEL_UDP_SIZE   (sizeof(struct udphdr) + 8)

/* Where the packet inside begins, and what it is. Ethertype 0: it is no tunnel, or cannot be read.
 */
struct tunnel_header {
	__u32 size;
	__u16 ethertype;
};

static __always_inline struct tunnel_header tunnel_gre(context_t *context, __u32 at)
{
	__be16 words[2] = {};

	if (!packet_copy(context, at, words, sizeof(words)))
		return (struct tunnel_header){};
	__u16 flags = bpf_ntohs(words[0]), ethertype = bpf_ntohs(words[1]);
	if (flags & ~GRE_KNOWN || !tunnel_carries(ethertype))
		return (struct tunnel_header){};
	return (struct tunnel_header){sizeof(words) + (flags & GRE_CHECKSUM ? 4 : 0) +
					      (flags & GRE_KEY ? 4 : 0) +
					      (flags & GRE_SEQUENCE ? 4 : 0),
				      ethertype};
}

/* By its shape: VXLAN, if @kinds has it, or GENEVE. */
static __always_inline struct tunnel_header tunnel_udp(context_t *context, __u32 at, __u32 kinds)
{
	__be32 words[2] = {};

	if (!packet_copy(context, at + sizeof(struct udphdr), words, sizeof(words)))
		return (struct tunnel_header){
			0, packet_length(context) < at + TUNNEL_UDP_SIZE ? 0 : TUNNEL_UNREADABLE};
	__u32 first = bpf_ntohl(words[0]);
	if (bpf_ntohl(words[1]) & 0xff)
		return (struct tunnel_header){};
	if (kinds & TUNNEL_VXLAN && first == VXLAN_FIRST)
		return (struct tunnel_header){sizeof(struct udphdr) + VXLAN_SIZE, ETH_P_INSIDE};
	if (kinds & TUNNEL_GENEVE && !(first & GENEVE_FIRST_MASK) && tunnel_carries((__u16)first))
		return (struct tunnel_header){
			sizeof(struct udphdr) + GENEVE_SIZE + GENEVE_OPTIONS(first), (__u16)first};
	return (struct tunnel_header){};
}

static __always_inline struct tunnel_header tunnel_header(context_t *context, __u8 protocol,
							  __u32 at, __u32 kinds)
{
	switch (protocol) {
	case IPPROTO_IPIP:
		return (struct tunnel_header){0, kinds & TUNNEL_IPIP ? ETH_P_IP : 0};
	case IPPROTO_IPV6:
		return (struct tunnel_header){0, kinds & TUNNEL_6IN4 ? ETH_P_IPV6 : 0};
	case IPPROTO_GRE:
		if (kinds & TUNNEL_GRE)
			return tunnel_gre(context, at);
		break;
	case IPPROTO_UDP:
		return tunnel_udp(context, at, kinds);
	}
	return (struct tunnel_header){};
}

/* An Ethernet frame inside, with at most one tag. PARSE_INSIDE or a reason. */
static __always_inline int tunnel_ethernet(context_t *context, struct packet *packet, __u32 at)
{
	__be16 types[3] = {}; /* the ethertype, and a tag that it may begin */
	__u32 type_at = at + 2 * ETH_ALEN;

	if (!packet_copy(context, type_at, types, sizeof(types[0])))
		return REASON_TUNNEL;
	packet->link = (__u16)at;
	packet->network = (__u16)(at + ETH_HLEN);
	packet->ethertype = bpf_ntohs(types[0]);
	if (packet->ethertype != ETH_P_8021Q && packet->ethertype != ETH_P_8021AD)
		return PARSE_INSIDE;
	if (!packet_copy(context, type_at, types, sizeof(types)))
		return REASON_TUNNEL;
	packet->network = (__u16)(at + ETH_HLEN + 4);
	packet->ethertype = bpf_ntohs(types[2]);
	return packet->ethertype == ETH_P_8021Q || packet->ethertype == ETH_P_8021AD ? REASON_VLAN
										     : PARSE_INSIDE;
}

/*
 * Into a tunnel that the policy names. PARSE_INSIDE with the packet at what is inside; a reason; or
 * PARSE_DONE, where the table shall judge the packet as it is: UDP that is no tunnel, or an
 * endpoint that a deny rule names (an exception alone would beat that). With scopes such an
 * endpoint is closed to all of them.
 */
__noinline int tunnel_read(context_t *context, struct packet *packet, bool fragment)
{
	if (!packet) /* for the verifier, which looks at this function by itself */
		return REASON_INTERNAL;
	__u32 at = packet->transport;
	bool udp = packet->protocol == IPPROTO_UDP;
	__be16 ports[2] = {};

	if (at > HEADERS_MOST || (udp && !packet_copy(context, at, ports, sizeof(ports))))
		return REASON_TUNNEL;
	__u32 named = tunnel_named(packet, bpf_ntohs(ports[1]));
	struct tunnel_header header =
		tunnel_header(context, packet->protocol, at, named ? named : TUNNEL_BY_PORT);
	if (!named || fragment || !header.ethertype || header.ethertype == TUNNEL_UNREADABLE)
		return udp && !named && !header.ethertype ? PARSE_DONE : REASON_TUNNEL;
	/* The strictest scope knows the deny rules of all. */
	if (judge_in((config.scopes - 1) * config.classes, packet).reason == REASON_RULE_DENY)
		return config.scopes > 1 ? REASON_TUNNEL : PARSE_DONE;
	packet->outer = (__u16)at;
	packet->outer_udp = udp;
	packet->transport = 0;
	at += header.size;
	packet->ethertype = header.ethertype;
	packet->network = (__u16)at;
	return header.ethertype == ETH_P_INSIDE ? tunnel_ethernet(context, packet, at)
						: PARSE_INSIDE;
}

/* Where a packet was found: known when the program is compiled. */
enum level {
	LEVEL_OUTER,
	LEVEL_INSIDE, /* in a tunnel */
};

/* There is none inside another. */
static __always_inline int tunnel_nested(context_t *context, const struct packet *packet)
{
	if (packet->protocol == IPPROTO_UDP && packet->transport <= HEADERS_MOST &&
	    !tunnel_udp(context, packet->transport, TUNNEL_BY_PORT).ethertype)
		return PARSE_DONE;
	return REASON_TUNNEL;
}

static __always_inline int tunnel_enter(context_t *context, struct packet *packet, bool fragment,
					enum level level)
{
	if (level == LEVEL_INSIDE)
		return tunnel_nested(context, packet);
	/* Only the copy has to lie in memory: the verifier forgets there what it knows of a number.
	 */
	struct packet copy = *packet;
	int answer = tunnel_read(context, &copy, fragment);

	*packet = copy;
	return answer;
}

/* A protocol that is not TCP, UDP or ICMP. */
static __always_inline int tunnel_or_refused(context_t *context, struct packet *packet,
					     bool fragment, enum level level)
{
	if (config.tunnel_count && level == LEVEL_OUTER &&
	    (packet->protocol == IPPROTO_IPIP || packet->protocol == IPPROTO_IPV6 ||
	     packet->protocol == IPPROTO_GRE))
		return tunnel_enter(context, packet, fragment, level);
	return protocol_refused(packet->protocol);
}

#endif
