// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets whose checksum is left to the link, and lies about where it belongs.
 *
 *   offload off INTERFACE
 *	the link fills in no checksums: the kernel does, just before it hands the packet over
 *   offload on INTERFACE
 *	it does again
 *   offload move INTERFACE MAC SOURCE DESTINATION OTHER COUNT
 *	UDP to DESTINATION by PACKET_VNET_HDR, with the checksum's place in the destination and the
 *	sum such that it becomes OTHER (which must differ from DESTINATION in one 16-bit word)
 *   offload honest INTERFACE MAC SOURCE DESTINATION OTHER COUNT
 *	the same with the checksum where it belongs: nothing changes
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lab/frame.h"

#define START 20 /* the least that the kernel takes: within the IP header */

static void die(const char *what)
{
	fprintf(stderr, "offload: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static void switch_to(const char *interface, bool on)
{
	struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM, .data = on};
	struct ifreq request = {.ifr_data = (char *)&value};
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, interface, sizeof(request.ifr_name) - 1);
	if (any < 0 || ioctl(any, SIOCETHTOOL, &request))
		die(interface);
	close(any);
}

/* Where the two addresses differ; the sum from START on becomes OTHER's word there. */
static size_t aim(struct frame *frame, size_t destination, const uint8_t *other, size_t size)
{
	size_t at = 0;

	while (at < size && !memcmp(frame->bytes + destination + at, other + at, 2))
		at += 2;
	if (at >= size)
		die("the two destinations are the same");
	uint16_t want = (uint16_t) ~(other[at] << 8 | other[at + 1]);

	/* One's complement: what is added to the last word is added to the sum. */
	set16(frame, frame->length - 2, 0);
	uint16_t have = (uint16_t)~sum_end(sum(0, frame->bytes + START, frame->length - START));
	uint32_t rest = (uint32_t)want + (uint16_t)~have;
	set16(frame, frame->length - 2, (rest & 0xffff) + (rest >> 16));
	return destination + at;
}

static void build(struct frame *frame, const struct ends *ends, bool v6)
{
	ethernet(frame, ends, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	size_t at = v6 ? ipv6(frame, ends, IPPROTO_UDP) : ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	if (v6)
		ipv6_end(frame, at);
	else
		ipv4_end(frame, at);
}

static void send_frame(const char *interface, const struct frame *frame,
		       const struct virtio_net_hdr *header, long count)
{
	uint8_t packet[sizeof(*header) + sizeof(frame->bytes)];
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(frame->protocol),
				 .sll_ifindex = (int)if_nametoindex(interface)};
	int link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1;

	if (link < 0 || setsockopt(link, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)))
		die("PACKET_VNET_HDR");
	memcpy(packet, header, sizeof(*header));
	memcpy(packet + sizeof(*header), frame->bytes, frame->length);
	for (long i = 0; i < count; i++)
		if (sendto(link, packet, sizeof(*header) + frame->length, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 &&
		    errno != ENOBUFS)
			die("send");
	close(link);
}

int main(int argc, char **argv)
{
	static struct frame frame;
	struct ends ends = {.source_mac = {2, 0, 0, 0, 0, 1}, .cookie = "gabelou"};
	struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM};
	uint8_t other[16];

	errno = 0;
	if (argc == 3 && (strcmp(argv[1], "off") == 0 || strcmp(argv[1], "on") == 0)) {
		switch_to(argv[2], strcmp(argv[1], "on") == 0);
		return 0;
	}
	if (argc != 8 || strlen(argv[3]) != 17)
		die("off or on INTERFACE; move or honest INTERFACE MAC SOURCE DESTINATION OTHER "
		    "COUNT");
	bool v6 = strchr(argv[4], ':');
	int family = v6 ? AF_INET6 : AF_INET;
	for (size_t i = 0; i < 6; i++)
		sscanf(argv[3] + 3 * i, "%2hhx", &ends.destination_mac[i]);
	if (inet_pton(family, argv[4], v6 ? ends.source6 : ends.source4) != 1 ||
	    inet_pton(family, argv[5], v6 ? ends.destination6 : ends.destination4) != 1 ||
	    inet_pton(family, argv[6], other) != 1)
		die("addresses");
	build(&frame, &ends, v6);
	size_t destination = frame.ip + (v6 ? 24 : 16);
	header.csum_start = (uint16_t)(frame.ip + (v6 ? IPV6_SIZE : IPV4_SIZE));
	header.csum_offset = 6;
	if (strcmp(argv[1], "move") == 0) {
		header.csum_start = START;
		header.csum_offset =
			(uint16_t)(aim(&frame, destination, other, v6 ? 16 : 4) - START);
	}
	send_frame(argv[2], &frame, &header, atol(argv[7]));
	return 0;
}
