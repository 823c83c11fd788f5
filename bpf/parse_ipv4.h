/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 (RFC 791), strictly: what a receiver could read differently from us is denied. */
#ifndef GABELOU_BPF_PARSE_IPV4_H
#define GABELOU_BPF_PARSE_IPV4_H

#include <linux/ip.h>

#include "bpf/parse_control_named.h"
#include "bpf/parse_transport.h"

#define IPV4_OFFSET_MASK    0x1fff /* of frag_off: in units of 8 bytes */
#define IPV4_MORE_FRAGMENTS 0x2000

/* Is the transport header part of the packet, and not of the padding behind it? */
static __always_inline bool ipv4_holds_transport(__u32 total, __u8 protocol)
{
	return total == 0 /* a GSO packet's, which is not padded */ ||
	       total >= sizeof(struct iphdr) + transport_size(protocol);
}

/* Does the total length fit the frame? Frames up to the least one may be padded; the kernel's GSO
 * packets may be over 64 kB and then say 0 (IPv4 BIG TCP). */
static __always_inline bool ipv4_length_fits(const context_t *context, __u32 network, __u32 header,
					     __u32 total)
{
	__u32 room = packet_length(context) - network;

	if (likely(total == room))
		return true;
	if (packet_is_gso(context))
		return total == 0 && room > 0xffff;
	return total >= header && total < room &&
	       packet_length(context) <= ETH_FRAME_LEAST + network - ETH_HLEN;
}

static __always_inline int parse_ipv4_udp(context_t *context, struct packet *packet,
					  const struct udphdr *udp, struct control_hop hop)
{
	__be16 source = udp->source, port = udp->dest;
	int answer = control_dhcp4(packet, source, port);

	if (answer == PARSE_DONE && control_azure(packet, port))
		return REASON_CONTROL;
	return answer == PARSE_DONE ? other_udp(context, packet, source, port, hop) : answer;
}

static __always_inline int parse_ipv4_transport(context_t *context, struct packet *packet,
						struct control_hop hop)
{
	void *start = packet_data(context) + packet->transport;
	struct tcphdr *tcp = start;
	struct udphdr *udp = start;
	struct icmp_header *icmp = start;
	int answer;

	if (likely(packet->protocol == IPPROTO_TCP)) {
		answer = TRANSPORT_HEADER(context, packet->transport, tcp);
		return answer == PARSE_DONE && control_azure(packet, tcp->dest) ? REASON_CONTROL
										: answer;
	}
	switch (packet->protocol) {
	case IPPROTO_UDP:
		answer = TRANSPORT_HEADER(context, packet->transport, udp);
		return answer == PARSE_DONE ? parse_ipv4_udp(context, packet, udp, hop) : answer;
	case IPPROTO_ICMP:
		return TRANSPORT_HEADER(context, packet->transport, icmp);
	}
	return other_protocol(context, packet, hop);
}

static __always_inline int parse_ipv4(context_t *context, struct packet *packet, enum level level)
{
	struct iphdr *ip = packet_data(context) + packet->network;

	if (unlikely((void *)(ip + 1) > packet_end(context)))
		return packet_short(context, packet->network + sizeof(*ip));
	if (unlikely(ip->version != 4))
		return REASON_IP_VERSION;
	packet->protocol = ip->protocol;
	packet->destination_v4 = bpf_ntohl(ip->daddr);
	__u32 total = bpf_ntohs(ip->tot_len);
	if (unlikely(ip->ihl < 5 ||
		     !ipv4_length_fits(context, packet->network, ip->ihl * 4, total)))
		return REASON_IP_LENGTH;
	if (unlikely(ip->protocol == IPPROTO_IGMP))
		return control_igmp(context, packet->network);
	if (unlikely(ip->ihl != 5))
		return REASON_IP_OPTIONS;
	if (ip->frag_off &
	    bpf_htons(IPV4_OFFSET_MASK)) /* a later fragment has no transport header */
		return ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP ||
				       ip->protocol == IPPROTO_ICMP
			       ? PARSE_DONE
			       : protocol_refused(ip->protocol);
	if (unlikely(!ipv4_holds_transport(total, ip->protocol)))
		return REASON_TRUNCATED;
	packet->transport = packet->network + sizeof(*ip);
	return parse_ipv4_transport(
		context, packet,
		(struct control_hop){ip->ttl, (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS)) != 0,
				     level});
}

#endif
