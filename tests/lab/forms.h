/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frame forms: every way to write a packet that a guard must understand or refuse, and honest
 * traffic beside them. Each goes to an approved destination, so that the form alone decides.
 */
#ifndef GABELOU_TESTS_LAB_FORMS_H
#define GABELOU_TESTS_LAB_FORMS_H

#include "tests/lab/frame.h"

typedef void form_builder(struct frame *frame, const struct ends *ends, int argument);

struct frame_form {
	const char *name;
	const char *family; /* whose destination matters: "4", "6", or "-" */
	const char *reason;
	form_builder *build;
	int argument;
};

static const uint8_t LINK_GROUP[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};

/* --- honest IP --- */

static void form_udp4(struct frame *frame, const struct ends *ends, int port)
{
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, (uint16_t)port);
	ipv4_end(frame, at);
}

static void form_tcp4(struct frame *frame, const struct ends *ends, int argument)
{
	(void)argument;
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_TCP);
	tcp(frame, ends);
	ipv4_end(frame, at);
}

static void form_udp6(struct frame *frame, const struct ends *ends, int port)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_UDP), upper = frame->length;
	udp(frame, ends, (uint16_t)port);
	ipv6_end(frame, at);
	ipv6_checksum(frame, at, upper, IPPROTO_UDP, upper + 6);
}

static void form_tcp6(struct frame *frame, const struct ends *ends, int argument)
{
	(void)argument;
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_TCP), upper = frame->length;
	tcp(frame, ends);
	ipv6_end(frame, at);
	ipv6_checksum(frame, at, upper, IPPROTO_TCP, upper + 16);
}

/* @tag: the ethertype before a second tag, or 0 for one tag alone. */
static void form_vlan4(struct frame *frame, const struct ends *ends, int tag)
{
	ethernet(frame, ends, tag ? (uint16_t)tag : ETHERTYPE_VLAN);
	put16(frame, 7);
	if (tag) {
		put16(frame, ETHERTYPE_VLAN);
		put16(frame, 8);
	}
	put16(frame, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv4_end(frame, at);
}

/* @field: of the IPv4 header's flags and fragment offset. The cookie stands in every fragment. */
static void form_fragment4(struct frame *frame, const struct ends *ends, int field)
{
	form_udp4(frame, ends, 53);
	set16(frame, frame->ip + 6, (unsigned)field);
	ipv4_checksum(frame, frame->ip);
}

static void form_fragment6(struct frame *frame, const struct ends *ends, int field)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_FRAGMENT);
	put8(frame, IPPROTO_UDP);
	put8(frame, 0);
	put16(frame, (unsigned)field);
	put32(frame, 0x47424c55);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* --- too short --- */

/* An Ethernet header and @size bytes of an honest packet. */
static void form_cut4(struct frame *frame, const struct ends *ends, int size)
{
	form_udp4(frame, ends, 53);
	frame->length = ETHERNET_SIZE + (size_t)size;
}

static void form_cut6(struct frame *frame, const struct ends *ends, int size)
{
	form_udp6(frame, ends, 53);
	frame->length = ETHERNET_SIZE + (size_t)size;
}

/* The IP length agrees with the frame; the upper layer's header has only @size bytes. */
static void form_short4(struct frame *frame, const struct ends *ends, int protocol)
{
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, (uint8_t)protocol);
	put_zero(frame, 3);
	ipv4_end(frame, at);
}

static void form_short6(struct frame *frame, const struct ends *ends, int next)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, (uint8_t)next);
	put8(frame, IPPROTO_UDP);
	put8(frame, 2); /* an extension header of 24 bytes, were there so many */
	put_zero(frame, 2);
	ipv6_end(frame, at);
}

/* --- other protocols of the link --- */

static void form_ethertype(struct frame *frame, const struct ends *ends, int type)
{
	ethernet(frame, ends, (uint16_t)type);
	if (type == 0x8847)
		put32(frame, 0x000101ff); /* MPLS: label 16, bottom of the stack */
	if (type == 0x8864) {
		put32(frame, 0x11000001); /* PPPoE session 1 */
		put16(frame, IPV4_SIZE + 8 + COOKIE_SIZE + 32 + 2);
		put16(frame, 0x0021); /* PPP: IPv4 */
	}
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv4_end(frame, at);
}

/* IEEE 802.2 LLC with SNAP: IPv4 inside, a length in place of the ethertype. */
static void form_snap(struct frame *frame, const struct ends *ends, int argument)
{
	(void)argument;
	ethernet(frame, ends, 8 + IPV4_SIZE + 8 + COOKIE_SIZE + 32);
	frame->protocol = 0x0004; /* ETH_P_802_2 */
	put32(frame, 0xaaaa0300);
	put16(frame, 0);
	put16(frame, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv4_end(frame, at);
}

/* An honest IPv4 packet; the kernel is told another protocol. */
static void form_lie(struct frame *frame, const struct ends *ends, int told)
{
	form_udp4(frame, ends, 53);
	frame->protocol = (uint16_t)told;
}

static void form_lie6(struct frame *frame, const struct ends *ends, int told)
{
	form_udp6(frame, ends, 53);
	frame->protocol = (uint16_t)told;
}

/* --- IP that contradicts itself --- */

static void form_version(struct frame *frame, const struct ends *ends, int type)
{
	if (type == ETHERTYPE_IPV4)
		form_udp6(frame, ends, 53);
	else
		form_udp4(frame, ends, 53);
	set16(frame, 12, (unsigned)type);
	frame->protocol = (uint16_t)type;
}

static void form_length4(struct frame *frame, const struct ends *ends, int length)
{
	form_udp4(frame, ends, 53);
	set16(frame, frame->ip + 2, (unsigned)length);
	ipv4_checksum(frame, frame->ip);
}

static void form_length6(struct frame *frame, const struct ends *ends, int length)
{
	form_udp6(frame, ends, 53);
	set16(frame, frame->ip + 4, (unsigned)length);
}

static void form_header_length(struct frame *frame, const struct ends *ends, int words)
{
	form_udp4(frame, ends, 53);
	frame->bytes[frame->ip] = (uint8_t)(0x40 | words);
	ipv4_checksum(frame, frame->ip);
}

/* @kind: loose source route (131), strict (137), record route (7), or no-operation (1). */
static void form_options(struct frame *frame, const struct ends *ends, int kind)
{
	uint8_t options[8] = {(uint8_t)kind, 7, 4, 198, 18, 0, 9, 0};

	if (kind == 1)
		memset(options, 1, sizeof(options));
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4_options(frame, ends, IPPROTO_UDP, options, sizeof(options));
	udp(frame, ends, 53);
	ipv4_end(frame, at);
}

/* --- IPv6 extension headers --- */

static void extension(struct frame *frame, uint8_t next)
{
	put8(frame, next);
	put8(frame, 0);
	put32(frame, 0x01040000); /* PadN */
	put16(frame, 0);
}

/* A routing header of the given type whose segments begin with the cookie's hiding place. */
static void routing(struct frame *frame, const struct ends *ends, uint8_t type)
{
	put8(frame, IPPROTO_UDP);
	put8(frame, 2); /* one address: 8 + 16 bytes */
	put8(frame, type);
	put8(frame, 1); /* segments left */
	put32(frame, 0);
	put(frame, ends->destination6, 16);
}

static void form_routing(struct frame *frame, const struct ends *ends, int type)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_ROUTING);
	routing(frame, ends, (uint8_t)type);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* The routing header stands behind destination options. */
static void form_routing_behind(struct frame *frame, const struct ends *ends, int type)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_DSTOPTS);
	extension(frame, IPPROTO_ROUTING);
	routing(frame, ends, (uint8_t)type);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* @count destination-option headers in a row. */
static void form_chain(struct frame *frame, const struct ends *ends, int count)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_DSTOPTS);
	for (int i = 1; i < count; i++)
		extension(frame, IPPROTO_DSTOPTS);
	extension(frame, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* One header of the given number, shaped as an extension header, then UDP. */
static void form_extension(struct frame *frame, const struct ends *ends, int number)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, (uint8_t)number);
	extension(frame, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* Hop-by-hop options anywhere but first (RFC 8200, section 4.1). */
static void form_hopbyhop_late(struct frame *frame, const struct ends *ends, int argument)
{
	(void)argument;
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, IPPROTO_DSTOPTS);
	extension(frame, IPPROTO_HOPOPTS);
	extension(frame, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv6_end(frame, at);
}

/* RFC 2675: payload length 0, the real one in a hop-by-hop option. */
static void form_jumbogram(struct frame *frame, const struct ends *ends, int argument)
{
	(void)argument;
	ethernet(frame, ends, ETHERTYPE_IPV6);
	ipv6(frame, ends, IPPROTO_HOPOPTS);
	put8(frame, IPPROTO_UDP);
	put8(frame, 0);
	put16(frame, 0xc204);
	put32(frame, 8 + 8 + COOKIE_SIZE + 32);
	udp(frame, ends, 53);
}

/* --- IP in IP and its kin --- */

/* An outer IPv4 header of the given protocol; @protocol 4 and 41 carry IP, GRE a GRE header. */
static void form_carry4(struct frame *frame, const struct ends *ends, int protocol)
{
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t outer = ipv4(frame, ends, (uint8_t)protocol), inner;
	if (protocol == IPPROTO_GRE)
		put32(frame, ETHERTYPE_IPV4);
	if (protocol == 97) { /* EtherIP (RFC 3378) */
		put16(frame, 0x3000);
		put(frame, ends->destination_mac, 6);
		put(frame, ends->source_mac, 6);
		put16(frame, ETHERTYPE_IPV4);
	}
	if (protocol == IPPROTO_IPV6) {
		inner = ipv6(frame, ends, IPPROTO_UDP);
		udp(frame, ends, 53);
		ipv6_end(frame, inner);
	} else {
		inner = ipv4(frame, ends, IPPROTO_UDP);
		udp(frame, ends, 53);
		ipv4_end(frame, inner);
	}
	ipv4_end(frame, outer);
}

static void form_carry6(struct frame *frame, const struct ends *ends, int protocol)
{
	ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t outer = ipv6(frame, ends, (uint8_t)protocol), inner;
	if (protocol == IPPROTO_GRE)
		put32(frame, ETHERTYPE_IPV6);
	if (protocol == IPPROTO_IPIP) {
		inner = ipv4(frame, ends, IPPROTO_UDP);
		udp(frame, ends, 53);
		ipv4_end(frame, inner);
	} else {
		inner = ipv6(frame, ends, IPPROTO_UDP);
		udp(frame, ends, 53);
		ipv6_end(frame, inner);
	}
	ipv6_end(frame, outer);
}

/* RFC 7348, with a whole frame inside. */
static void form_vxlan(struct frame *frame, const struct ends *ends, int port)
{
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	put16(frame, 40000);
	put16(frame, (unsigned)port);
	size_t length = frame->length;
	put32(frame, 0);
	put32(frame, 0x08000000);
	put32(frame, 7 << 8);
	put(frame, ends->destination_mac, 6);
	put(frame, ends->source_mac, 6);
	put16(frame, ETHERTYPE_IPV4);
	size_t inner = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv4_end(frame, inner);
	set16(frame, length, (unsigned)(frame->length - length + 4));
	ipv4_end(frame, at);
}

#endif
