/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building frames by hand, layer after layer, for the lab's sender. Every layer writes honest
 * headers (lengths and checksums right); a form that lies changes them afterwards.
 */
#ifndef GABELOU_TESTS_LAB_FRAME_H
#define GABELOU_TESTS_LAB_FRAME_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHERNET_SIZE 14
#define IPV4_SIZE     20
#define IPV6_SIZE     40

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100

#define COOKIE_SIZE 8

struct frame {
	uint8_t bytes[2048];
	size_t length;
	uint16_t protocol; /* what the kernel is told (sll_protocol), host order */
	size_t ip;         /* offset of the outermost IP header */
};

/* Between whom, and the mark by which the far end knows the frame. */
struct ends {
	uint8_t source_mac[6], destination_mac[6];
	uint8_t source4[4], destination4[4];
	uint8_t source6[16], destination6[16];
	uint8_t inside4[4], inside6[16]; /* destinations inside a tunnel */
	uint8_t cookie[COOKIE_SIZE];
};

static inline void put(struct frame *frame, const void *bytes, size_t size)
{
	memcpy(frame->bytes + frame->length, bytes, size);
	frame->length += size;
}

static inline void put_zero(struct frame *frame, size_t size)
{
	memset(frame->bytes + frame->length, 0, size);
	frame->length += size;
}

static inline void put8(struct frame *frame, unsigned value)
{
	frame->bytes[frame->length++] = (uint8_t)value;
}

static inline void set16(struct frame *frame, size_t at, unsigned value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

static inline void put16(struct frame *frame, unsigned value)
{
	frame->length += 2;
	set16(frame, frame->length - 2, value);
}

static inline void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value & 0xffff);
}

/* RFC 1071. */
static inline uint32_t sum(uint32_t start, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		start += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return start;
}

static inline uint16_t sum_end(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static inline void ethernet(struct frame *frame, const struct ends *ends, uint16_t type)
{
	put(frame, ends->destination_mac, 6);
	put(frame, ends->source_mac, 6);
	put16(frame, type);
	frame->protocol = type;
}

/* @options: whole 32-bit words, NULL with size 0 for none. Returns the header's offset. */
static inline size_t ipv4_options(struct frame *frame, const struct ends *ends, uint8_t protocol,
				  const void *options, size_t size)
{
	size_t at = frame->length;

	put8(frame, 0x40 | (IPV4_SIZE + size) / 4);
	put8(frame, 0);
	put16(frame, 0);      /* length: ipv4_end */
	put16(frame, 0x4742); /* identification */
	put16(frame, 0);
	put8(frame, 64);
	put8(frame, protocol);
	put16(frame, 0); /* checksum: ipv4_end */
	put(frame, ends->source4, 4);
	put(frame, ends->destination4, 4);
	if (size)
		put(frame, options, size);
	frame->ip = at;
	return at;
}

static inline size_t ipv4(struct frame *frame, const struct ends *ends, uint8_t protocol)
{
	return ipv4_options(frame, ends, protocol, NULL, 0);
}

static inline void ipv4_checksum(struct frame *frame, size_t at)
{
	set16(frame, at + 10, 0);
	set16(frame, at + 10, sum_end(sum(0, frame->bytes + at, (frame->bytes[at] & 15u) * 4)));
}

static inline void ipv4_end(struct frame *frame, size_t at)
{
	set16(frame, at + 2, (unsigned)(frame->length - at));
	ipv4_checksum(frame, at);
}

static inline size_t ipv6(struct frame *frame, const struct ends *ends, uint8_t next)
{
	size_t at = frame->length;

	put32(frame, 0x60000000);
	put16(frame, 0); /* payload length: ipv6_end */
	put8(frame, next);
	put8(frame, 64);
	put(frame, ends->source6, 16);
	put(frame, ends->destination6, 16);
	frame->ip = at;
	return at;
}

static inline void ipv6_end(struct frame *frame, size_t at)
{
	set16(frame, at + 4, (unsigned)(frame->length - at - IPV6_SIZE));
}

/* The upper layer begins at @upper and runs to the end; its checksum field lies at @field. */
static inline void ipv6_checksum(struct frame *frame, size_t at, size_t upper, uint8_t protocol,
				 size_t field)
{
	uint32_t total = sum(0, frame->bytes + at + 8, 32);

	total += (uint32_t)(frame->length - upper) + protocol;
	set16(frame, field, 0);
	set16(frame, field, sum_end(sum(total, frame->bytes + upper, frame->length - upper)));
}

/* The cookie, and enough after it that no link pads the frame. */
static inline void payload(struct frame *frame, const struct ends *ends)
{
	put(frame, ends->cookie, COOKIE_SIZE);
	put_zero(frame, 32);
}

static inline void udp(struct frame *frame, const struct ends *ends, uint16_t port)
{
	put16(frame, 40000);
	put16(frame, port);
	put16(frame, 8 + COOKIE_SIZE + 32);
	put16(frame, 0); /* none: allowed in IPv4 (RFC 768) */
	payload(frame, ends);
}

/* A SYN with no options, and data after it for the cookie. */
static inline void tcp(struct frame *frame, const struct ends *ends)
{
	put16(frame, 40000);
	put16(frame, 443);
	put32(frame, 1);
	put32(frame, 0);
	put16(frame, 0x5002);
	put16(frame, 0xffff);
	put32(frame, 0);
	payload(frame, ends);
}

#endif
