/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control traffic of the link, each protocol in its honest shape, and bent: with data behind it,
 * to another group, or from further away than the link. The argument says how.
 */
#ifndef GABELOU_TESTS_LAB_CONTROL_H
#define GABELOU_TESTS_LAB_CONTROL_H

#include "tests/lab/forms.h"

enum bend {
	HONEST,
	WITH_DATA,  /* carries more than the protocol needs */
	FROM_AFAR,  /* a hop limit or TTL that survives a router */
	ELSEWHERE,  /* not to the group that the protocol is for */
	WITHOUT_RA, /* no Router Alert */
};

/* The IPv4 group's or IPv6 group's own Ethernet address (RFC 1112, RFC 2464). */
static struct ends to_group4(const struct ends *ends, const char *group)
{
	struct ends result = *ends;

	inet_pton(AF_INET, group, result.destination4);
	memcpy(result.destination_mac, (uint8_t[]){1, 0, 0x5e}, 3);
	memcpy(result.destination_mac + 3, result.destination4 + 1, 3);
	result.destination_mac[3] &= 0x7f;
	return result;
}

static struct ends to_group6(const struct ends *ends, const char *group)
{
	struct ends result = *ends;

	inet_pton(AF_INET6, group, result.destination6);
	memcpy(result.destination_mac, (uint8_t[]){0x33, 0x33}, 2);
	memcpy(result.destination_mac + 2, result.destination6 + 12, 4);
	return result;
}

/* RFC 826: who has the destination? */
static void form_arp(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends all = *ends;

	memset(all.destination_mac, 0xff, 6);
	ethernet(frame, &all, ETHERTYPE_ARP);
	put32(frame, 0x00010800);
	put32(frame, 0x06040001);
	put(frame, ends->source_mac, 6);
	put(frame, ends->source4, 4);
	put_zero(frame, 6);
	put(frame, ends->destination4, 4);
	if (bend == WITH_DATA)
		for (int i = 0; i < 12; i++)
			payload(frame, ends);
}

/* A neighbour solicitation (RFC 4861, section 4.3) for an address on the link. */
static void form_nd(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends group = bend == ELSEWHERE ? *ends : to_group6(ends, "ff02::1:ff00:2");

	ethernet(frame, &group, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, &group, IPPROTO_ICMPV6), upper = frame->length;
	frame->bytes[at + 7] = bend == FROM_AFAR ? 64 : 255;
	put8(frame, 135);
	put_zero(frame, 7);
	put(frame, ends->source6, 15); /* the neighbour ...::2 in the sender's prefix */
	put8(frame, 2);
	put16(frame, 0x0101);
	put(frame, ends->source_mac, 6);
	if (bend == WITH_DATA)
		for (int i = 0; i < 12; i++)
			payload(frame, ends);
	ipv6_end(frame, at);
	ipv6_checksum(frame, at, upper, IPPROTO_ICMPV6, upper + 2);
}

/* An MLDv2 report (RFC 3810, section 5.2) for ff02::db8, behind a Router Alert. */
static void form_mld(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends group = bend == ELSEWHERE ? *ends : to_group6(ends, "ff02::16");

	memcpy(group.source6, (uint8_t[16]){0xfe, 0x80, [15] = 1}, 16);
	ethernet(frame, &group, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, &group, bend == WITHOUT_RA ? IPPROTO_ICMPV6 : IPPROTO_HOPOPTS);
	frame->bytes[at + 7] = bend == FROM_AFAR ? 64 : 1;
	if (bend != WITHOUT_RA) {
		put16(frame, IPPROTO_ICMPV6 << 8);
		put32(frame, 0x05020000);
		put16(frame, 0x0100); /* PadN of no bytes, as the kernel writes it */
	}
	size_t upper = frame->length;
	put8(frame, 143);
	put_zero(frame, 6);
	put8(frame, 1);
	put32(frame, 0x04000000);
	put(frame, (uint8_t[16]){0xff, 0x02, [14] = 0x0d, 0xb8}, 16);
	if (bend == WITH_DATA)
		for (int i = 0; i < 12; i++)
			payload(frame, ends);
	ipv6_end(frame, at);
	ipv6_checksum(frame, at, upper, IPPROTO_ICMPV6, upper + 2);
}

/* An IGMPv3 report (RFC 3376, section 4.2) for 239.1.1.1. */
static void form_igmp(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends group = bend == ELSEWHERE ? *ends : to_group4(ends, "224.0.0.22");
	uint8_t alert[4] = {148, 4, 0, 0};

	ethernet(frame, &group, ETHERTYPE_IPV4);
	size_t at = ipv4_options(frame, &group, IPPROTO_IGMP, alert,
				 bend == WITHOUT_RA ? 0 : sizeof(alert));
	size_t upper = frame->length;
	frame->bytes[at + 8] = bend == FROM_AFAR ? 64 : 1;
	put16(frame, 0x2200);
	put16(frame, 0);
	put32(frame, 1);
	put32(frame, 0x04000000);
	put32(frame, 0xef010101);
	if (bend == WITH_DATA)
		for (int i = 0; i < 12; i++)
			payload(frame, ends);
	set16(frame, upper + 2, sum_end(sum(0, frame->bytes + upper, frame->length - upper)));
	ipv4_end(frame, at);
}

/* A DHCP DISCOVER (RFC 2131): 0.0.0.0 to broadcast, 68 to 67. */
static void form_dhcp(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends all = *ends;

	if (bend != ELSEWHERE) {
		memset(all.destination_mac, 0xff, 6);
		memset(all.destination4, 0xff, 4);
		memset(all.source4, 0, 4);
	}
	ethernet(frame, &all, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, &all, IPPROTO_UDP), upper = frame->length;
	put16(frame, 68);
	put16(frame, 67);
	put32(frame, 0);
	put32(frame, 0x01010600);
	put(frame, ends->cookie, 4); /* transaction */
	put_zero(frame, 20);
	put(frame, ends->source_mac, 6);
	put_zero(frame, 10 + 64 + 128);
	put32(frame, 0x63825363);
	put32(frame, 0x350101ff);
	put_zero(frame, 56);
	set16(frame, upper + 4, (unsigned)(frame->length - upper));
	ipv4_end(frame, at);
}

/* A DHCPv6 SOLICIT (RFC 8415): to ff02::1:2, 546 to 547. */
static void form_dhcp6(struct frame *frame, const struct ends *ends, int bend)
{
	struct ends group = bend == ELSEWHERE ? *ends : to_group6(ends, "ff02::1:2");

	memcpy(group.source6, (uint8_t[16]){0xfe, 0x80, [15] = 1}, 16);
	ethernet(frame, &group, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, &group, IPPROTO_UDP), upper = frame->length;
	frame->bytes[at + 7] = 1;
	put16(frame, 546);
	put16(frame, 547);
	put32(frame, 0);
	put8(frame, 1);
	put(frame, ends->cookie, 3);
	put32(frame, 0x0001000a); /* client identifier: DUID-LL */
	put32(frame, 0x00030001);
	put(frame, ends->source_mac, 6);
	set16(frame, upper + 4, (unsigned)(frame->length - upper));
	ipv6_end(frame, at);
	ipv6_checksum(frame, at, upper, IPPROTO_UDP, upper + 6);
}

/* IEEE protocols: @ethertype 0 is spanning tree, in LLC. Their group address follows from it. */
static void form_group(struct frame *frame, const struct ends *ends, int ethertype)
{
	struct ends group = *ends;

	memcpy(group.destination_mac, LINK_GROUP, 6);
	group.destination_mac[5] = ethertype == 0x8809   ? 0x02
				   : ethertype == 0x88cc ? 0x0e
				   : ethertype == 0x888e ? 0x03
				   : ethertype == 0x88f7 ? 0x0e
							 : 0x00;
	if (ethertype == 0) {
		ethernet(frame, &group, 38);
		frame->protocol = 0x0004;
		put32(frame, 0x42420300); /* LLC, then a configuration BPDU */
		put_zero(frame, 34);
		return;
	}
	ethernet(frame, &group, (uint16_t)ethertype);
	if (ethertype == 0x8809)
		put16(frame, 0x0101); /* LACP, version 1 */
	else if (ethertype == 0x88cc)
		put(frame, "\x02\x07\x04\x02GABEL", 9); /* chassis, by MAC address */
	else if (ethertype == 0x888e)
		put32(frame, 0x01010000); /* EAPOL-Start */
	else
		put32(frame, 0x0202002c); /* PTP Pdelay_Req, version 2 */
	put_zero(frame, 64);
}

/* The same ethertype to an ordinary station: data in disguise. */
static void form_group_elsewhere(struct frame *frame, const struct ends *ends, int ethertype)
{
	form_group(frame, ends, ethertype);
	memcpy(frame->bytes, ends->destination_mac, 6);
}

#endif
