/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 (RFC 8200), strictly, with a bounded walk over its extension headers. */
#ifndef GABELOU_BPF_PARSE_IPV6_H
#define GABELOU_BPF_PARSE_IPV6_H

#include <linux/ipv6.h>

#include "bpf/parse_control_named.h"
#include "bpf/parse_transport.h"

#define IPV6_EXTENSIONS_MOST 6
#define IPV6_OFFSET_MASK     0xfff8 /* of a fragment header's frag_off */
#define IPV6_MORE_FRAGMENTS  0x0001
#define ROUTER_ALERT_OPTION  0x0502 /* option type and length, RFC 2711 */

/* What a walk over the extension headers found. */
struct ipv6_walk {
	__u16 offset; /* of the header that is not an extension */
	__u8 protocol;
	bool fragment; /* a later fragment: there is no transport header */
	bool first;    /* a first fragment, and others follow */
	bool router_alert;
};

struct ipv6_extension {
	__u8 next;
	__u8 length;  /* in units of 8 bytes, without the first 8 */
	__be16 first; /* of the content: an option, or a fragment's offset */
};

/* Walks from walk->offset and walk->protocol. PARSE_DONE or a reason. Off the fast path. */
__noinline int parse_ipv6_extensions(context_t *context, struct ipv6_walk *walk)
{
	struct ipv6_extension extension;

	if (!walk) /* for the verifier, which looks at this function by itself */
		return REASON_INTERNAL;
	for (int i = 0; i < IPV6_EXTENSIONS_MOST; i++) {
		__u8 kind = walk->protocol;

		if (kind == IPPROTO_ROUTING)
			return REASON_IPV6_ROUTING;
		if (kind == IPPROTO_NONE || (kind == IPPROTO_HOPOPTS && i > 0))
			return REASON_IPV6_EXTENSION;
		if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_DSTOPTS && kind != IPPROTO_FRAGMENT)
			return PARSE_DONE;
		if (!packet_copy(context, walk->offset, &extension, sizeof(extension)))
			return walk->offset + sizeof(extension) > packet_length(context)
				       ? REASON_TRUNCATED
				       : REASON_IPV6_EXTENSION;
		walk->protocol = extension.next;
		if (kind == IPPROTO_FRAGMENT) {
			walk->offset += 8;
			if (extension.first & bpf_htons(IPV6_OFFSET_MASK)) {
				walk->fragment = true;
				return walk->offset > packet_length(context) ? REASON_TRUNCATED
									     : PARSE_DONE;
			}
			walk->first = (extension.first & bpf_htons(IPV6_MORE_FRAGMENTS)) != 0;
			continue;
		}
		if (kind == IPPROTO_HOPOPTS && extension.first == bpf_htons(ROUTER_ALERT_OPTION))
			walk->router_alert = true;
		walk->offset += (extension.length + 1) * 8;
		if (walk->offset > HEADERS_MOST)
			return walk->offset > packet_length(context) ? REASON_TRUNCATED
								     : REASON_IPV6_EXTENSION;
	}
	return REASON_IPV6_EXTENSION;
}

static __always_inline bool is_ipv6_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS ||
	       protocol == IPPROTO_NONE;
}

/* As ipv4_length_fits(); a payload length of 0 is BIG TCP if the kernel built it. */
static __always_inline int ipv6_length(const context_t *context, __u32 network, __u32 payload)
{
	__u32 room = packet_length(context) - network - sizeof(struct ipv6hdr);

	if (likely(payload == room))
		return PARSE_DONE;
	if (payload == 0)
		return packet_is_gso(context) && room > 0xffff ? PARSE_DONE : REASON_JUMBOGRAM;
	if (!packet_is_gso(context) && payload < room &&
	    packet_length(context) <= ETH_FRAME_LEAST + network - ETH_HLEN)
		return PARSE_DONE;
	return REASON_IP_LENGTH;
}

static __always_inline int parse_ipv6_udp(context_t *context, struct packet *packet,
					  const struct udphdr *udp, struct control_hop hop)
{
	__be16 source = udp->source, port = udp->dest;
	int answer = control_dhcp6(packet, source, port);

	return answer == PARSE_DONE ? other_udp(context, packet, source, port, hop) : answer;
}

static __always_inline int parse_ipv6_transport(context_t *context, struct packet *packet,
						struct control_hop hop, bool router_alert)
{
	void *start = packet_data(context) + packet->transport;
	struct tcphdr *tcp = start;
	struct udphdr *udp = start;
	struct icmp_header *icmp = start;
	int answer;

	if (likely(packet->protocol == IPPROTO_TCP))
		return TRANSPORT_HEADER(context, packet->transport, tcp);
	switch (packet->protocol) {
	case IPPROTO_UDP:
		answer = TRANSPORT_HEADER(context, packet->transport, udp);
		return answer == PARSE_DONE ? parse_ipv6_udp(context, packet, udp, hop) : answer;
	case IPPROTO_ICMPV6:
		answer = TRANSPORT_HEADER(context, packet->transport, icmp);
		return answer == PARSE_DONE
			       ? control_icmp6(context, packet, icmp->type, hop.limit, router_alert)
			       : answer;
	}
	return other_protocol(context, packet, hop);
}

static __always_inline int parse_ipv6(context_t *context, struct packet *packet, enum level level)
{
	struct ipv6hdr *ip = packet_data(context) + packet->network;
	struct ipv6_walk walk = {};

	if (unlikely((void *)(ip + 1) > packet_end(context)))
		return packet_short(context, packet->network + sizeof(*ip));
	if (unlikely(ip->version != 6))
		return REASON_IP_VERSION;
	packet->protocol = ip->nexthdr;
	packet->destination_high = bpf_be64_to_cpu(*(__be64 *)&ip->daddr.in6_u.u6_addr8[0]);
	packet->destination_low = bpf_be64_to_cpu(*(__be64 *)&ip->daddr.in6_u.u6_addr8[8]);
	struct control_hop hop = {.limit = ip->hop_limit, .level = level};
	int answer = ipv6_length(context, packet->network, bpf_ntohs(ip->payload_len));
	if (unlikely(answer != PARSE_DONE))
		return answer;

	walk.offset = packet->network + sizeof(*ip);
	walk.protocol = packet->protocol;
	if (unlikely(is_ipv6_extension(walk.protocol))) {
		answer = parse_ipv6_extensions(context, &walk);
		packet->protocol = walk.protocol;
		if (answer != PARSE_DONE)
			return answer;
		if (walk.fragment)
			return walk.protocol == IPPROTO_TCP || walk.protocol == IPPROTO_UDP ||
					       walk.protocol == IPPROTO_ICMPV6 ||
					       walk.protocol == IPPROTO_DSTOPTS
				       ? PARSE_DONE
				       : protocol_refused(walk.protocol);
		if (walk.offset > HEADERS_MOST)
			return REASON_IPV6_EXTENSION;
	}
	packet->transport = walk.offset;
	hop.fragment = walk.first;
	return parse_ipv6_transport(context, packet, hop, walk.router_alert);
}

#endif
