/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control traffic that a policy names: VRRP, OSPF, BFD, and the host of a virtual machine in Azure.
 * The argument: an IP protocol or a port, and behind it how it is bent. */
#ifndef GABELOU_TESTS_LAB_CONTROL_NAMED_H
#define GABELOU_TESTS_LAB_CONTROL_NAMED_H

#include "tests/lab/control.h"

#define BENT(what, bend) ((what) << 8 | (bend))

/* VRRP (112) or OSPF (89): to the group, or for UNICAST to the frame's own destination. */
enum { UNICAST = 16 };

static void put_routing_protocol(struct frame *frame, const struct ends *ends)
{
	put32(frame, 0x31010100);
	put(frame, ends->cookie, COOKIE_SIZE);
	put_zero(frame, 24);
}

static void form_routing4(struct frame *frame, const struct ends *ends, int argument)
{
	int protocol = argument >> 8, bend = argument & 0xff;
	bool vrrp = protocol == 112;
	struct ends group = bend == UNICAST || bend == ELSEWHERE
				    ? *ends
				    : to_group4(ends, vrrp ? "224.0.0.18" : "224.0.0.5");

	if (bend == ELSEWHERE)
		group = to_group4(ends, "239.0.0.9");
	ethernet(frame, &group, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, &group, (uint8_t)protocol);
	frame->bytes[at + 8] = bend == FROM_AFAR ? 64 : vrrp ? 255 : 1;
	put_routing_protocol(frame, ends);
	ipv4_end(frame, at);
}

static void form_routing6(struct frame *frame, const struct ends *ends, int argument)
{
	int protocol = argument >> 8, bend = argument & 0xff;
	bool vrrp = protocol == 112;
	struct ends group = to_group6(ends, vrrp ? "ff02::12" : "ff02::5");

	ethernet(frame, &group, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, &group, (uint8_t)protocol);
	frame->bytes[at + 7] = bend == FROM_AFAR ? 64 : vrrp ? 255 : 1;
	put_routing_protocol(frame, ends);
	ipv6_end(frame, at);
}

/* A BFD control packet (RFC 5880, section 4.1), TTL 255. */
static void form_bfd(struct frame *frame, const struct ends *ends, int bend)
{
	bool v6 = bend == UNICAST;

	ethernet(frame, ends, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	size_t at = v6 ? ipv6(frame, ends, IPPROTO_UDP) : ipv4(frame, ends, IPPROTO_UDP);
	size_t upper = frame->length;

	frame->bytes[at + (v6 ? 7 : 8)] = bend == FROM_AFAR ? 64 : 255;
	put16(frame, 49152);
	put16(frame, 3784);
	put32(frame, 0);
	put32(frame, 0x20400318);
	put(frame, ends->cookie, COOKIE_SIZE);
	put_zero(frame, bend == WITH_DATA ? 400 : 12);
	set16(frame, upper + 4, (unsigned)(frame->length - upper));
	if (v6)
		ipv6_end(frame, at);
	else
		ipv4_end(frame, at);
}

static void form_udp_to(struct frame *frame, const struct ends *ends, int port)
{
	form_udp4(frame, ends, port);
}

static void form_tcp_to(struct frame *frame, const struct ends *ends, int port)
{
	form_tcp4(frame, ends, 0);
	set16(frame, frame->ip + IPV4_SIZE + 2, (unsigned)port);
}

/* "-": for the form's own destination, else to the one that is given. What a policy that names
 * vrrp, ospf, bfd and azure must say if it denies the destination. */
static const struct frame_form named_forms[] = {
	{"vrrp", "-", "control", form_routing4, BENT(112, HONEST)},
	{"vrrp6", "-", "control", form_routing6, BENT(112, HONEST)},
	{"ospf", "-", "control", form_routing4, BENT(89, HONEST)},
	{"ospf6", "-", "control", form_routing6, BENT(89, HONEST)},
	{"ospf-neighbour", "4", "control", form_routing4, BENT(89, UNICAST)},
	{"vrrp-from-afar", "-", "control-shape", form_routing4, BENT(112, FROM_AFAR)},
	{"vrrp-unicast", "4", "control-shape", form_routing4, BENT(112, UNICAST)},
	{"vrrp-elsewhere", "-", "control-shape", form_routing4, BENT(112, ELSEWHERE)},
	{"vrrp6-from-afar", "-", "control-shape", form_routing6, BENT(112, FROM_AFAR)},
	{"ospf-from-afar", "-", "control-shape", form_routing4, BENT(89, FROM_AFAR)},
	{"ospf-elsewhere", "-", "control-shape", form_routing4, BENT(89, ELSEWHERE)},
	{"ospf6-from-afar", "-", "control-shape", form_routing6, BENT(89, FROM_AFAR)},
	{"bfd", "4", "control", form_bfd, HONEST},
	{"bfd6", "6", "control", form_bfd, UNICAST},
	{"bfd-from-afar", "4", "soil", form_bfd, FROM_AFAR},
	{"bfd-with-data", "4", "soil", form_bfd, WITH_DATA},
	{"azure-dns", "4", "control", form_udp_to, 53},
	{"azure-dhcp", "4", "control", form_udp_to, 67},
	{"azure-agent", "4", "control", form_tcp_to, 80},
	{"azure-health", "4", "control", form_tcp_to, 32526},
	{"azure-other", "4", "soil", form_tcp_to, 443},
};
#define NAMED_FORMS (sizeof(named_forms) / sizeof(named_forms[0]))

#endif
