/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain packet: no tag in its Ethernet frame, no IP options or extension headers, not a
 * fragment, TCP or UDP, lengths that agree, headers in linear memory. Nearly all traffic is plain,
 * and deserves a short way that stays in the instruction cache.
 *
 * A plain packet is one for which parse() says PARSE_DONE with the same destination; whatever is
 * in doubt is not plain and goes to parse(), which alone knows reasons.
 */
#ifndef GABELOU_BPF_PARSE_PLAIN_H
#define GABELOU_BPF_PARSE_PLAIN_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/parse_control_named.h"
#include "bpf/parse_transport.h"

#define ETHERTYPE_OFFSET 12
#define IPV4_PLAIN_FIRST 0x45   /* version 4, a header of 5 words */
#define IPV4_FRAGMENT    0x3fff /* of frag_off: more fragments, or an offset */
#define IPV6_PLAIN_FIRST 0x60   /* version 6; the low half belongs to the traffic class */

static __always_inline bool plain_transport(const context_t *context, struct packet *packet)
{
	void *start = packet_data(context) + packet->transport;
	const struct udphdr *udp = start;

	if (unlikely(packet_unsettled(context) < packet->transport + TRANSPORT_PORTS))
		return false;
	if (likely(packet->protocol == IPPROTO_TCP))
		return start + sizeof(struct tcphdr) <= packet_end(context);
	if (packet->protocol != IPPROTO_UDP || (void *)(udp + 1) > packet_end(context))
		return false;
	return !tunnel_port(udp->dest) &&
	       !(config.control & CONTROL_BFD && udp->dest == bpf_htons(BFD_PORT));
}

/* Off a wire the least frame is padded. (With IPv6 no plain packet is so short.) */
static __always_inline bool plain_length_ipv4(const context_t *context, const struct iphdr *ip)
{
	__u32 length = packet_length(context), room = length - ETH_HLEN;
	__u32 total = bpf_ntohs(ip->tot_len);

	return likely(total == room) ||
	       (PACKET_PADDED && length <= ETH_FRAME_LEAST && total < room &&
		total >= sizeof(*ip) + transport_size(ip->protocol));
}

static __always_inline bool plain_ipv4(const context_t *context, struct packet *packet)
{
	const struct iphdr *ip = packet_data(context) + ETH_HLEN;

	if (unlikely((void *)(ip + 1) > packet_end(context)) || *(__u8 *)ip != IPV4_PLAIN_FIRST ||
	    !plain_length_ipv4(context, ip) || ip->frag_off & bpf_htons(IPV4_FRAGMENT) ||
	    ip->daddr == 0xffffffff || /* may be DHCP */
	    (config.control & CONTROL_AZURE && ip->daddr == bpf_htonl(AZURE_HOST)))
		return false;
	packet->ethertype = ETH_P_IP;
	packet->network = ETH_HLEN;
	packet->transport = ETH_HLEN + sizeof(*ip);
	packet->protocol = ip->protocol;
	packet->destination_v4 = bpf_ntohl(ip->daddr);
	return plain_transport(context, packet);
}

static __always_inline bool plain_ipv6(const context_t *context, struct packet *packet)
{
	const struct ipv6hdr *ip = packet_data(context) + ETH_HLEN;

	if (unlikely((void *)(ip + 1) > packet_end(context)) ||
	    (*(__u8 *)ip & 0xf0) != IPV6_PLAIN_FIRST ||
	    bpf_ntohs(ip->payload_len) != packet_length(context) - ETH_HLEN - sizeof(*ip) ||
	    ip->daddr.in6_u.u6_addr8[0] == 0xff) /* may be DHCPv6 */
		return false;
	packet->ethertype = ETH_P_IPV6;
	packet->network = ETH_HLEN;
	packet->transport = ETH_HLEN + sizeof(*ip);
	packet->protocol = ip->nexthdr;
	packet->destination_high = bpf_be64_to_cpu(*(__be64 *)&ip->daddr.in6_u.u6_addr8[0]);
	packet->destination_low = bpf_be64_to_cpu(*(__be64 *)&ip->daddr.in6_u.u6_addr8[8]);
	return plain_transport(context, packet);
}

/* The ethertype of a frame that may be plain; 0 if it is not. */
static __always_inline __be16 plain_ethertype(const context_t *context)
{
	void *data = packet_data(context);

	if (unlikely(data + ETH_HLEN > packet_end(context)))
		return 0;
	__be16 ethertype = *(__be16 *)(data + ETHERTYPE_OFFSET);
	return packet_told(context, ethertype) == ethertype ? ethertype : 0;
}

#endif
