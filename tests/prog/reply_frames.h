/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of one connection, both ways, as the uplink sees them. */
#ifndef GABELOU_TESTS_PROG_REPLY_FRAMES_H
#define GABELOU_TESTS_PROG_REPLY_FRAMES_H

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

#define FRAME_MOST 256

enum way { CAME_IN, GOES_OUT };

struct peers {
	bool v6;
	uint8_t protocol;
	uint32_t remote; /* the last 32 bits of its address, which the hand table denies */
	uint16_t remote_port, own_port; /* ICMP: remote_port is the identifier */
};

struct reply_frame {
	uint8_t bytes[FRAME_MOST];
	size_t size;
	size_t transport; /* offset */
};

static inline void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* 2001:db8::REMOTE; 2001:db8:a:: is allowed by the hand table, and so stands for ourselves. */
static inline void put_v6(uint8_t *at, bool own, uint32_t low)
{
	put32(at, 0x20010db8);
	put32(at + 4, own ? 0x000a0000 : 0);
	put32(at + 8, 0);
	put32(at + 12, low);
}

#define OWN_V4 0xc6336401 /* 198.51.100.1 */

/* An IP packet at @at with room for @payload bytes of transport. Returns the size of its header. */
static inline size_t put_ip(uint8_t *at, const struct peers *peers, enum way way, size_t payload)
{
	memset(at, 0, 40);
	if (peers->v6) {
		at[0] = 0x60;
		put16(at + 4, (unsigned)payload);
		at[6] = peers->protocol;
		at[7] = 64;
		put_v6(at + 8, way == GOES_OUT, way == GOES_OUT ? 1 : peers->remote);
		put_v6(at + 24, way == CAME_IN, way == CAME_IN ? 1 : peers->remote);
		return 40;
	}
	at[0] = 0x45;
	put16(at + 2, (unsigned)payload + 20);
	at[8] = 64;
	at[9] = peers->protocol;
	put32(at + 12, way == GOES_OUT ? OWN_V4 : peers->remote);
	put32(at + 16, way == GOES_OUT ? peers->remote : OWN_V4);
	return 20;
}

/* Ethernet and IP; the transport header is left zero but for the ports of TCP and UDP. */
static inline struct reply_frame reply_frame(const struct peers *peers, enum way way,
					     size_t payload)
{
	struct reply_frame frame = {.transport = ETH_HLEN};
	bool out = way == GOES_OUT;

	put16(frame.bytes + 12, peers->v6 ? ETH_P_IPV6 : ETH_P_IP);
	frame.transport += put_ip(frame.bytes + ETH_HLEN, peers, way, payload);
	frame.size = frame.transport + payload;
	if (peers->protocol == IPPROTO_TCP || peers->protocol == IPPROTO_UDP) {
		put16(frame.bytes + frame.transport, out ? peers->own_port : peers->remote_port);
		put16(frame.bytes + frame.transport + 2,
		      out ? peers->remote_port : peers->own_port);
	}
	return frame;
}

struct segment {
	uint8_t flags;
	uint32_t sequence, acknowledged;
	size_t data; /* bytes */
};

static inline struct reply_frame reply_tcp(const struct peers *peers, enum way way,
					   struct segment segment)
{
	struct reply_frame frame = reply_frame(peers, way, 20 + segment.data);
	uint8_t *tcp = frame.bytes + frame.transport;

	put32(tcp + 4, segment.sequence);
	put32(tcp + 8, segment.acknowledged);
	tcp[12] = 5 << 4;
	tcp[13] = segment.flags;
	return frame;
}

static inline struct reply_frame reply_udp(const struct peers *peers, enum way way)
{
	struct reply_frame frame = reply_frame(peers, way, 8 + 16);

	put16(frame.bytes + frame.transport + 4, 8 + 16);
	return frame;
}

static inline struct reply_frame reply_icmp(const struct peers *peers, enum way way, uint8_t type)
{
	struct reply_frame frame = reply_frame(peers, way, 8 + 16);

	frame.bytes[frame.transport] = type;
	put16(frame.bytes + frame.transport + 4, peers->remote_port);
	return frame;
}

/* An ICMP error from us about what came in from @about's remote end. */
static inline struct reply_frame reply_error(const struct peers *about, uint8_t type)
{
	struct peers error = *about;
	struct reply_frame frame;
	size_t header = about->v6 ? 40 : 20;
	uint8_t *inner;

	error.protocol = about->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	frame = reply_frame(&error, GOES_OUT, 8 + header + 8);
	frame.bytes[frame.transport] = type;
	inner = frame.bytes + frame.transport + 8;
	put_ip(inner, about, CAME_IN, 40);
	put16(inner + header, about->remote_port);
	put16(inner + header + 2, about->own_port);
	return frame;
}

/* Makes a fragment of a frame: the first, whole as it is, or with @offset (in 8 bytes) a later one,
 * whose transport header is payload. */
static inline struct reply_frame reply_fragment_of(struct reply_frame frame, uint32_t id,
						   unsigned offset, bool more)
{
	uint8_t *ip = frame.bytes + ETH_HLEN;
	size_t payload = frame.size - frame.transport;

	if (ip[0] >> 4 == 4) {
		put16(ip + 4, id & 0xffff);
		put16(ip + 6, (more ? 0x2000 : 0) | offset);
		return frame;
	}
	memmove(ip + 48, ip + 40, payload);
	memset(ip + 40, 0, 8);
	ip[40] = ip[6];
	ip[6] = IPPROTO_FRAGMENT;
	put16(ip + 42, offset << 3 | more);
	put32(ip + 44, id);
	put16(ip + 4, (unsigned)payload + 8);
	frame.size += 8;
	frame.transport += 8;
	return frame;
}

#endif
