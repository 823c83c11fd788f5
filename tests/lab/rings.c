// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets whose headers lie in pages that the sender can still write to, or are not linear.
 *
 *   rings ring INTERFACE MAC COOKIE SOURCE DESTINATION COUNT
 *	honest frames by PACKET_TX_RING
 *   rings flip INTERFACE MAC COOKIE SOURCE DESTINATION COUNT OTHER
 *	the same, and once the kernel has them, the destination becomes OTHER: a guard that judged
 *	the sender's memory would let them out to OTHER
 *   rings large INTERFACE MAC COOKIE SOURCE DESTINATION COUNT
 *	5 kB TCP packets for the kernel to cut (PACKET_VNET_HDR), IP header not linear
 *
 * For "flip" the interface needs a queue that holds packets for a while (tc qdisc add ... tbf).
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/frame.h"

#define SLOT_SIZE   2048
#define SLOTS       64
#define DATA_OFFSET (TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))
#define LARGE_SIZE  5000
#define SEGMENT     1000
#define DRAINS_MS   30000

static void die(const char *what)
{
	fprintf(stderr, "rings: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static int open_link(const char *interface, struct sockaddr_ll *to)
{
	int link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*to = (struct sockaddr_ll){.sll_family = AF_PACKET,
				   .sll_protocol = htons(ETHERTYPE_IPV4),
				   .sll_ifindex = (int)if_nametoindex(interface)};
	if (link < 0 || to->sll_ifindex == 0)
		die(interface);
	return link;
}

static void build_udp(struct frame *frame, const struct ends *ends)
{
	ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, IPPROTO_UDP);
	udp(frame, ends, 53);
	ipv4_end(frame, at);
}

static uint8_t *map_ring(int link, struct sockaddr_ll *to)
{
	int version = TPACKET_V2;
	struct tpacket_req request = {.tp_block_size = SLOT_SIZE * SLOTS,
				      .tp_block_nr = 1,
				      .tp_frame_size = SLOT_SIZE,
				      .tp_frame_nr = SLOTS};

	if (setsockopt(link, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(link, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) ||
	    bind(link, (struct sockaddr *)to, sizeof(*to)))
		die("PACKET_TX_RING");
	uint8_t *ring = mmap(NULL, SLOT_SIZE * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, link, 0);
	if (ring == MAP_FAILED)
		die("mmap");
	return ring;
}

/* Until no packet of the ring waits in a queue any more. */
static void await_queue(const uint8_t *ring, unsigned count)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int waited = 0; waited < DRAINS_MS; waited++) {
		unsigned waiting = 0;

		for (unsigned i = 0; i < count; i++) {
			const struct tpacket2_hdr *header =
				(const void *)(ring + (size_t)i * SLOT_SIZE);

			waiting += __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) ==
				   TP_STATUS_SENDING;
		}
		if (!waiting)
			return;
		nanosleep(&pause, NULL);
	}
	die("the queue does not drain");
}

/* @other: where the packets shall go once they are past the guard; NULL: no change. */
static void send_ring(const char *interface, const struct ends *ends, unsigned count,
		      const uint8_t *other)
{
	struct sockaddr_ll to;
	struct frame frame = {.length = 0};
	int link = open_link(interface, &to);
	uint8_t *ring = map_ring(link, &to);

	build_udp(&frame, ends);
	for (unsigned i = 0; i < count; i++) {
		struct tpacket2_hdr *header = (void *)(ring + (size_t)i * SLOT_SIZE);

		memcpy(ring + (size_t)i * SLOT_SIZE + DATA_OFFSET, frame.bytes, frame.length);
		header->tp_len = (uint32_t)frame.length;
		__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	}
	if (send(link, NULL, 0, MSG_DONTWAIT) < 0 && errno != ENOBUFS && errno != EAGAIN)
		die("send");
	for (unsigned i = 0; other && i < count; i++)
		memcpy(ring + (size_t)i * SLOT_SIZE + DATA_OFFSET + frame.ip + 16, other, 4);
	await_queue(ring, count);
}

static void send_large(const char *interface, const struct ends *ends, unsigned count)
{
	static uint8_t packet[sizeof(struct virtio_net_hdr) + 8192];
	struct virtio_net_hdr *header = (void *)packet;
	struct sockaddr_ll to;
	struct frame frame = {.length = 0};
	int link = open_link(interface, &to), yes = 1;

	if (setsockopt(link, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)))
		die("PACKET_VNET_HDR");
	ethernet(&frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(&frame, ends, IPPROTO_TCP), upper = frame.length;
	tcp(&frame, ends);
	frame.bytes[upper + 13] = 0x10; /* ACK: data belongs to it */
	set16(&frame, at + 2, LARGE_SIZE);
	ipv4_checksum(&frame, at);
	/* The kernel sums the segments; it wants the pseudo header's sum to begin with. */
	set16(&frame, upper + 16,
	      (uint16_t)~sum_end(
		      sum(IPPROTO_TCP + LARGE_SIZE - IPV4_SIZE, frame.bytes + at + 12, 8)));
	*header = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					  .hdr_len = ETHERNET_SIZE, /* all behind it in pages */
					  .gso_size = SEGMENT,
					  .csum_start = (uint16_t)upper,
					  .csum_offset = 16};
	memcpy(packet + sizeof(*header), frame.bytes, frame.length);
	for (unsigned i = 0; i < count; i++)
		if (sendto(link, packet, sizeof(*header) + ETHERNET_SIZE + LARGE_SIZE, 0,
			   (struct sockaddr *)&to, sizeof(to)) < 0 &&
		    errno != ENOBUFS)
			die("send");
}

int main(int argc, char **argv)
{
	struct ends ends = {0};
	uint8_t other[4];

	errno = 0;
	if (argc < 8 || strlen(argv[3]) != 17 || strlen(argv[4]) != 2 * COOKIE_SIZE)
		die("ring, flip or large INTERFACE MAC COOKIE SOURCE DESTINATION COUNT [OTHER]");
	for (size_t i = 0; i < 6; i++)
		sscanf(argv[3] + 3 * i, "%2hhx", &ends.destination_mac[i]);
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		sscanf(argv[4] + 2 * i, "%2hhx", &ends.cookie[i]);
	ends.source_mac[0] = 0x02;
	memcpy(ends.source_mac + 1, ends.cookie, 5);
	unsigned count = (unsigned)atoi(argv[7]);
	if (inet_pton(AF_INET, argv[5], ends.source4) != 1 ||
	    inet_pton(AF_INET, argv[6], ends.destination4) != 1 || count > SLOTS)
		die("addresses or count");
	if (strcmp(argv[1], "ring") == 0)
		send_ring(argv[2], &ends, count, NULL);
	else if (strcmp(argv[1], "large") == 0)
		send_large(argv[2], &ends, count);
	else if (strcmp(argv[1], "flip") == 0 && argc == 9 &&
		 inet_pton(AF_INET, argv[8], other) == 1)
		send_ring(argv[2], &ends, count, other);
	else
		die(argv[1]);
	return 0;
}
