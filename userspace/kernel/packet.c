// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <string.h>

#define PAYLOAD_SIZE 4
#define PORT_SOURCE  40000
#define PORT_HTTPS   443

static const uint8_t source_v4[4] = {192, 0, 2, 1};
static const uint8_t source_v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

/* RFC 1071 */
static uint16_t checksum(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)byte[i] << 8 | byte[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t header_v4(struct address destination, size_t payload, uint8_t *bytes)
{
	struct iphdr header = {
		.version = 4,
		.ihl = sizeof(header) / 4,
		.tot_len = htons((uint16_t)(sizeof(header) + payload)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
	};

	memcpy(&header.saddr, source_v4, sizeof(source_v4));
	address_to_bytes(destination, &header.daddr);
	header.check = checksum(&header, sizeof(header));
	memcpy(bytes, &header, sizeof(header));
	return sizeof(header);
}

static size_t header_v6(struct address destination, size_t payload, uint8_t *bytes)
{
	struct ipv6hdr header = {
		.version = 6,
		.payload_len = htons((uint16_t)payload),
		.nexthdr = IPPROTO_UDP,
		.hop_limit = 64,
	};

	memcpy(&header.saddr, source_v6, sizeof(source_v6));
	address_to_bytes(destination, &header.daddr);
	memcpy(bytes, &header, sizeof(header));
	return sizeof(header);
}

size_t packet_udp(struct address destination, uint8_t frame[PACKET_MOST])
{
	bool v4 = destination.family == FAMILY_V4;
	struct ethhdr ethernet = {
		.h_dest = {0x02, 0, 0, 0, 0, 2},
		.h_source = {0x02, 0, 0, 0, 0, 1},
		.h_proto = htons(v4 ? ETH_P_IP : ETH_P_IPV6),
	};
	struct udphdr udp = {
		.source = htons(PORT_SOURCE),
		.dest = htons(PORT_HTTPS),
		.len = htons(sizeof(udp) + PAYLOAD_SIZE),
	};
	size_t size = sizeof(ethernet);

	memset(frame, 0, PACKET_MOST);
	memcpy(frame, &ethernet, sizeof(ethernet));
	size += (v4 ? header_v4 : header_v6)(destination, sizeof(udp) + PAYLOAD_SIZE, frame + size);
	memcpy(frame + size, &udp, sizeof(udp));
	return size + sizeof(udp) + PAYLOAD_SIZE;
}
