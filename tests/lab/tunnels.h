/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets inside packets: every kind of tunnel that a policy can name, around every kind of packet
 * that matters, honest and not. The outer packet goes to the frame's destination, the inner one to
 * "inside" of the ends (tests/lab/frame.h).
 */
#ifndef GABELOU_TESTS_LAB_TUNNELS_H
#define GABELOU_TESTS_LAB_TUNNELS_H

#include "tests/lab/control.h"

enum carrier {
	BY_IP, /* IPIP, 6in4: the packet alone */
	BY_GRE,
	BY_GRE_FULL, /* checksum, key and sequence number */
	BY_GRE_ETHERNET,
	BY_GRE_ROUTED, /* RFC 1701: a source route */
	BY_GRE_PPTP,   /* RFC 2637: version 1 */
	BY_GRE_MPLS,
	BY_VXLAN,
	BY_VXLAN_OLD,   /* port 8472 */
	BY_VXLAN_GROUP, /* an extension's flag */
	BY_GENEVE,
	BY_GENEVE_IP,
	BY_GENEVE_OPTIONS,
	BY_GENEVE_LONG, /* 252 bytes of options: the rest is out of sight */
	BY_GENEVE_CONTROL,
	BY_UDP, /* no tunnel, but for its port: 4789 */
};

enum inside {
	INSIDE_UDP4,
	INSIDE_UDP6,
	INSIDE_TAGGED4,
	INSIDE_IPIP,  /* another tunnel */
	INSIDE_VXLAN, /* another tunnel */
	INSIDE_OPTIONS,
	INSIDE_ROUTING,
	INSIDE_CUT,
	INSIDE_LENGTH,
	INSIDE_ARP,
	INSIDE_MPLS,
};

enum outer { OUTER_4, OUTER_6, OUTER_4_FRAGMENT, OUTER_6_FRAGMENT, OUTER_6_OPTIONS };

/* The argument of form_tunnel(). */
#define TUNNELLED(outer, carrier, inside) ((outer) << 16 | (carrier) << 8 | (inside))

static uint16_t inside_type(enum inside inside)
{
	switch (inside) {
	case INSIDE_UDP6:
	case INSIDE_ROUTING:
		return ETHERTYPE_IPV6;
	case INSIDE_ARP:
		return ETHERTYPE_ARP;
	case INSIDE_MPLS:
		return 0x8847;
	default:
		return ETHERTYPE_IPV4;
	}
}

static void put_inside4(struct frame *frame, const struct ends *ends, enum inside inside)
{
	uint8_t route[8] = {131, 7, 4, 198, 18, 0, 9, 0};
	size_t at = inside == INSIDE_OPTIONS
			    ? ipv4_options(frame, ends, IPPROTO_UDP, route, sizeof(route))
			    : ipv4(frame, ends, inside == INSIDE_IPIP ? IPPROTO_IPIP : IPPROTO_UDP);

	if (inside == INSIDE_IPIP) {
		size_t inner = ipv4(frame, ends, IPPROTO_UDP);

		udp(frame, ends, 53);
		ipv4_end(frame, inner);
	} else {
		udp(frame, ends, inside == INSIDE_VXLAN ? 4789 : 53);
	}
	if (inside == INSIDE_VXLAN)
		memcpy(frame->bytes + frame->length - COOKIE_SIZE - 32,
		       (uint8_t[8]){8, 0, 0, 0, 0, 0, 7, 0}, 8);
	ipv4_end(frame, at);
	if (inside == INSIDE_CUT)
		frame->length = at + 12;
	if (inside == INSIDE_LENGTH) {
		set16(frame, at + 2, 1400);
		ipv4_checksum(frame, at);
	}
}

static void put_inside6(struct frame *frame, const struct ends *ends, enum inside inside)
{
	size_t at = ipv6(frame, ends, inside == INSIDE_ROUTING ? IPPROTO_ROUTING : IPPROTO_UDP);

	if (inside == INSIDE_ROUTING)
		routing(frame, ends, 4);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

static void put_inside_arp(struct frame *frame, const struct ends *ends)
{
	put32(frame, 0x00010800);
	put32(frame, 0x06040001);
	put(frame, ends->source_mac, 6);
	put(frame, ends->source4, 4);
	put_zero(frame, 6);
	put(frame, ends->destination4, 4);
}

/* @link: with an Ethernet header of its own. */
static void put_inside(struct frame *frame, const struct ends *ends, enum inside inside, bool link)
{
	struct ends inner = *ends;

	memcpy(inner.destination4, ends->inside4, 4);
	memcpy(inner.destination6, ends->inside6, 16);
	if (link) {
		put(frame, ends->destination_mac, 6);
		put(frame, ends->source_mac, 6);
		if (inside == INSIDE_TAGGED4)
			put32(frame, ETHERTYPE_VLAN << 16 | 7);
		put16(frame, inside_type(inside));
	}
	if (inside == INSIDE_ARP)
		put_inside_arp(frame, &inner);
	else if (inside == INSIDE_MPLS)
		put32(frame, 0x000101ff);
	else if (inside_type(inside) == ETHERTYPE_IPV6)
		put_inside6(frame, &inner, inside);
	else
		put_inside4(frame, &inner, inside);
}

static void put_gre(struct frame *frame, enum carrier carrier, enum inside inside)
{
	unsigned flags = carrier == BY_GRE_FULL     ? 0xb000
			 : carrier == BY_GRE_ROUTED ? 0x4000
			 : carrier == BY_GRE_PPTP   ? 0x2001
						    : 0;

	put16(frame, flags);
	put16(frame, carrier == BY_GRE_ETHERNET ? 0x6558
		     : carrier == BY_GRE_MPLS   ? 0x8847
						: inside_type(inside));
	if (carrier == BY_GRE_FULL)
		put_zero(frame, 12);
	if (carrier == BY_GRE_ROUTED || carrier == BY_GRE_PPTP)
		put_zero(frame, 4);
}

/* Returns where the UDP length stands. */
static size_t put_carrier_udp(struct frame *frame, enum carrier carrier, enum inside inside)
{
	bool geneve = carrier >= BY_GENEVE && carrier <= BY_GENEVE_CONTROL;
	unsigned options = carrier == BY_GENEVE_OPTIONS ? 8 : carrier == BY_GENEVE_LONG ? 252 : 0;
	size_t length;

	put16(frame, 40000);
	put16(frame, geneve ? 6081 : carrier == BY_VXLAN_OLD ? 8472 : 4789);
	length = frame->length;
	put32(frame, 0);
	if (carrier == BY_UDP)
		return length;
	if (geneve) {
		put8(frame, options / 4);
		put8(frame, carrier == BY_GENEVE_CONTROL ? 0x80 : 0);
		put16(frame, carrier == BY_GENEVE_IP ? inside_type(inside) : 0x6558);
	} else {
		put32(frame, carrier == BY_VXLAN_GROUP ? 0x88000007 : 0x08000000);
	}
	put32(frame, 7 << 8);
	put_zero(frame, options);
	return length;
}

static void form_tunnel(struct frame *frame, const struct ends *ends, int argument)
{
	enum outer outer = (enum outer)(argument >> 16);
	enum carrier carrier = (enum carrier)(argument >> 8 & 0xff);
	enum inside inside = (enum inside)(argument & 0xff);
	bool v4 = outer == OUTER_4 || outer == OUTER_4_FRAGMENT;
	uint8_t protocol = carrier >= BY_VXLAN                     ? IPPROTO_UDP
			   : carrier >= BY_GRE                     ? IPPROTO_GRE
			   : inside_type(inside) == ETHERTYPE_IPV6 ? IPPROTO_IPV6
								   : IPPROTO_IPIP;
	size_t at, length = 0;

	ethernet(frame, ends, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	at = v4                          ? ipv4(frame, ends, protocol)
	     : outer == OUTER_6_FRAGMENT ? ipv6(frame, ends, IPPROTO_FRAGMENT)
	     : outer == OUTER_6_OPTIONS  ? ipv6(frame, ends, IPPROTO_DSTOPTS)
					 : ipv6(frame, ends, protocol);
	if (outer == OUTER_6_OPTIONS)
		extension(frame, protocol);
	if (outer == OUTER_6_FRAGMENT) {
		put16(frame, (unsigned)protocol << 8);
		put16(frame, 1); /* others follow */
		put32(frame, 0x47424c55);
	}
	if (carrier >= BY_VXLAN)
		length = put_carrier_udp(frame, carrier, inside);
	else if (carrier >= BY_GRE)
		put_gre(frame, carrier, inside);
	put_inside(frame, ends, inside,
		   carrier == BY_GRE_ETHERNET ||
			   (carrier >= BY_VXLAN && carrier != BY_GENEVE_IP && carrier != BY_UDP));
	frame->ip = at;
	if (length)
		set16(frame, length, (unsigned)(frame->length - length + 4));
	if (!v4) {
		ipv6_end(frame, at);
		return;
	}
	if (outer == OUTER_4_FRAGMENT)
		set16(frame, at + 6, 0x2000);
	ipv4_end(frame, at);
}

/* With a guard whose policy names the endpoint for every kind: what it must say of a packet whose
 * inside goes to an approved destination. "inside" is the family of that destination, "-" where the
 * packet is denied or passes whatever it is. */
static const struct tunnel_form {
	const char *name;
	const char *inside;
	const char *reason;
	int argument;
} tunnel_forms[] = {
#define T(name, inside, reason, outer, carrier, kind)                                       \
	{                                                                                   \
		name, inside, reason, TUNNELLED(OUTER_##outer, BY_##carrier, INSIDE_##kind) \
	}
	T("in-ipip", "4", "rule-allow", 4, IP, UDP4),
	T("in-6in4", "6", "rule-allow", 4, IP, UDP6),
	T("in-4in6", "4", "rule-allow", 6, IP, UDP4),
	T("in-6in6", "6", "rule-allow", 6, IP, UDP6),
	T("in-6in6-options", "6", "rule-allow", 6_OPTIONS, IP, UDP6),
	T("in-gre4", "4", "rule-allow", 4, GRE, UDP4),
	T("in-gre4-ipv6", "6", "rule-allow", 4, GRE, UDP6),
	T("in-gre6", "6", "rule-allow", 6, GRE, UDP6),
	T("in-gre-key", "4", "rule-allow", 4, GRE_FULL, UDP4),
	T("in-gre-key-ipv6", "6", "rule-allow", 6, GRE_FULL, UDP6),
	T("in-gre-ethernet", "4", "rule-allow", 4, GRE_ETHERNET, UDP4),
	T("in-vxlan", "4", "rule-allow", 4, VXLAN, UDP4),
	T("in-vxlan-ipv6", "6", "rule-allow", 4, VXLAN, UDP6),
	T("in-vxlan6", "4", "rule-allow", 6, VXLAN, UDP4),
	T("in-vxlan-8472", "4", "rule-allow", 4, VXLAN_OLD, UDP4),
	T("in-vxlan-tagged", "4", "rule-allow", 4, VXLAN, TAGGED4),
	T("in-geneve", "4", "rule-allow", 4, GENEVE, UDP4),
	T("in-geneve6", "6", "rule-allow", 6, GENEVE, UDP6),
	T("in-geneve-ip", "4", "rule-allow", 4, GENEVE_IP, UDP4),
	T("in-geneve-options", "6", "rule-allow", 4, GENEVE_OPTIONS, UDP6),
	T("in-vxlan-arp", "-", "control", 4, VXLAN, ARP),

	T("in-ipip-ipip", "-", "tunnel", 4, IP, IPIP),
	T("in-gre-ipip", "-", "tunnel", 4, GRE, IPIP),
	T("in-vxlan-vxlan", "-", "tunnel", 4, VXLAN, VXLAN),
	T("in-vxlan-ipip", "-", "tunnel", 4, VXLAN, IPIP),
	T("in-gre-routed", "-", "tunnel", 4, GRE_ROUTED, UDP4),
	T("in-gre-pptp", "-", "tunnel", 4, GRE_PPTP, UDP4),
	T("in-gre-mpls", "-", "tunnel", 4, GRE_MPLS, UDP4),
	T("in-vxlan-group", "-", "tunnel", 4, VXLAN_GROUP, UDP4),
	T("in-geneve-control", "-", "tunnel", 4, GENEVE_CONTROL, UDP4),
	T("in-geneve-long", "-", "tunnel", 4, GENEVE_LONG, UDP4),
	T("in-no-vxlan", "-", "tunnel", 4, UDP, UDP4),
	T("in-fragment4", "-", "tunnel", 4_FRAGMENT, GRE, UDP4),
	T("in-fragment6", "-", "tunnel", 6_FRAGMENT, IP, UDP6),
	T("in-vxlan-mpls", "-", "ethertype", 4, VXLAN, MPLS),
	T("in-ipip-options", "-", "ip-options", 4, IP, OPTIONS),
	T("in-vxlan-options", "-", "ip-options", 4, VXLAN, OPTIONS),
	T("in-6in4-routing", "-", "ipv6-routing", 4, IP, ROUTING),
	T("in-ipip-length", "-", "ip-length", 4, IP, LENGTH),
	T("in-gre-cut", "-", "truncated", 4, GRE, CUT),
#undef T
};
#define TUNNEL_FORMS (sizeof(tunnel_forms) / sizeof(tunnel_forms[0]))

#endif
