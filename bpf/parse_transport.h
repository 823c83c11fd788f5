/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transport headers: only what ports, types and lengths need. The header must be there whole. */
#ifndef GABELOU_BPF_PARSE_TRANSPORT_H
#define GABELOU_BPF_PARSE_TRANSPORT_H

#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "bpf/packet.h"

/* RFC 792 and RFC 4443 begin alike; <linux/icmp.h> needs more of a C library than there is here. */
struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

#define TRANSPORT_PORTS 4         /* bytes: source and destination port of TCP and UDP */
#define TRANSPORT_NONE  (1 << 20) /* behind any place in a packet */

/* Bytes of the header that TCP, UDP and ICMP must have. */
static __always_inline __u32 transport_size(__u8 protocol)
{
	if (likely(protocol == IPPROTO_TCP))
		return sizeof(struct tcphdr);
	return protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP ? sizeof(struct udphdr) : 0;
}

/* Protocols that carry another destination inside (IANA protocol numbers). */
static __always_inline bool is_tunnel(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_ESP:
	case 55:  /* mobility, RFC 2004 */
	case 94:  /* IPIP, a historical number */
	case 97:  /* EtherIP, RFC 3378 */
	case 98:  /* ENCAP, RFC 1241 */
	case 115: /* L2TPv3, RFC 3931 */
	case 137: /* MPLS in IP, RFC 4023 */
	case 143: /* Ethernet in SRv6, RFC 8986 */
		return true;
	}
	return false;
}

/* A protocol that is not TCP, UDP or ICMP. */
static __always_inline int protocol_refused(__u8 protocol)
{
	return is_tunnel(protocol) ? REASON_TUNNEL : REASON_IP_PROTOCOL;
}

/* Is the header at @offset linear? PARSE_DONE, a reason, or PARSE_PULL. */
#define TRANSPORT_HEADER(context, offset, header)                      \
	((void *)((header) + 1) > packet_end(context)                  \
		 ? packet_short(context, (offset) + sizeof(*(header))) \
		 : PARSE_DONE)

#endif
