/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A corpus of frames that a number repeats: every form that the lab sends, honest packets drawn at
 * random, and mutations of both. For whoever wants to compare two readers of packets.
 *
 * Half of the frames whose bytes were inserted, deleted or spliced have their IP length set right
 * again: else nearly all of them would end at that one check. IP checksums are left wrong: no
 * router and no host reads a packet otherwise for its checksum, it drops it.
 */
#ifndef GABELOU_TESTS_PROG_CORPUS_H
#define GABELOU_TESTS_PROG_CORPUS_H

#include <stdlib.h>

#include "tests/lab/form_table.h"
#include "tests/unit/random.h"

#define CORPUS_HEADERS 160  /* bytes at the front of a frame that are worth changing */
#define CORPUS_MOST    1500 /* bytes of a frame, so that what is inserted has room */

/* Approved and not, plain and carried in an IPv6 address: see tests/prog/corpus_table.h. */
static const char *const corpus_v4[] = {"198.51.100.7",   "203.0.113.17", "198.51.100.255",
					"192.0.2.1",      "203.0.113.32", "224.0.0.22",
					"255.255.255.255"};
static const char *const corpus_v6[] = {"2001:db8:a::7",      "2001:db8:a:ffff::1",
					"2001:db8:b::7",      "64:ff9b::198.51.100.7",
					"64:ff9b::192.0.2.1", "::ffff:198.51.100.7",
					"::192.0.2.1",        "2002:c633:6407::1",
					"2002:c000:201::1",   "2001:0:1234::39cc:9bf8",
					"2001:0:1234::1",     "ff02::1",
					"ff02::1:2",          "fe80::1"};
#define CORPUS_PICK(list) ((list)[random_next() % (sizeof(list) / sizeof((list)[0]))])

/* Every other frame goes to the first destination, which is approved. */
static inline struct ends corpus_ends(void)
{
	struct ends ends = {
		.source_mac = {2, 0, 0, 0, 0, 1},
		.destination_mac = {2, 0, 0, 0, 0, 2},
		.source4 = {10, 88, 0, 2},
		.source6 = {0xfd, [15] = 2},
	};

	inet_pton(AF_INET, random_chance(8) ? corpus_v4[0] : CORPUS_PICK(corpus_v4),
		  ends.destination4);
	inet_pton(AF_INET6, random_chance(8) ? corpus_v6[0] : CORPUS_PICK(corpus_v6),
		  ends.destination6);
	return ends;
}

/* A transport header of @protocol and up to 31 bytes of payload. */
static inline void corpus_transport(struct frame *frame, uint8_t protocol)
{
	static const uint16_t ports[] = {53, 443, 67, 68, 546, 547, 123, 8080};
	static const uint8_t types[] = {8, 0, 3, 128, 129, 2, 133, 135, 136, 143, 130};
	size_t start = frame->length;

	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
		put16(frame, CORPUS_PICK(ports));
		put16(frame, CORPUS_PICK(ports));
	} else {
		put16(frame, (unsigned)CORPUS_PICK(types) << 8);
		put16(frame, 0);
	}
	put_zero(frame, protocol == IPPROTO_TCP ? 16 : 4);
	if (protocol == IPPROTO_TCP)
		frame->bytes[start + 12] = 0x50;
	put_zero(frame, random_next() % 32);
	if (protocol == IPPROTO_UDP)
		set16(frame, start + 4, (unsigned)(frame->length - start));
}

static inline void corpus_ethernet(struct frame *frame, const struct ends *ends, uint16_t type)
{
	if (random_chance(3)) {
		ethernet(frame, ends, random_chance(8) ? ETHERTYPE_VLAN : 0x88a8);
		put16(frame, 7);
		put16(frame, type);
	} else {
		ethernet(frame, ends, type);
	}
}

static inline void corpus_ipv4(struct frame *frame, const struct ends *ends)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP};
	static const uint16_t fragments[] = {0x4000, 0x2000, 0x2001, 0x0002, 0x8000, 0x1fff};
	uint8_t protocol = random_chance(15) ? CORPUS_PICK(protocols) : (uint8_t)random_next();

	corpus_ethernet(frame, ends, ETHERTYPE_IPV4);
	size_t at = ipv4(frame, ends, protocol);
	corpus_transport(frame, protocol);
	if (random_chance(3))
		set16(frame, at + 6, CORPUS_PICK(fragments));
	ipv4_end(frame, at);
	if (random_chance(4) && frame->length < 60) /* a link pads it */
		frame->length = 60;
}

/* An extension header of kind @kind with @words of content, followed by @next. */
static inline void corpus_extension(struct frame *frame, uint8_t kind, uint8_t next)
{
	static const uint16_t fragments[] = {0, 0, 1, 1, 8, 9, 0xfff8, 2};
	unsigned words = random_chance(12) ? 0 : random_next() % 4;

	put8(frame, next);
	put8(frame, kind == IPPROTO_FRAGMENT ? 0 : kind == 51 ? words * 2 : words);
	if (kind == IPPROTO_FRAGMENT) {
		put16(frame, CORPUS_PICK(fragments));
		put32(frame, 0x47424c55);
		return;
	}
	put16(frame,
	      random_chance(12) ? 0x0104 : CORPUS_PICK(((uint16_t[]){0x0502, 0xc204, 0xc910})));
	put32(frame, 0);
	put_zero(frame, words * 8);
}

static inline void corpus_ipv6(struct frame *frame, const struct ends *ends)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMPV6};
	static const uint8_t kinds[] = {IPPROTO_DSTOPTS, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT,
					IPPROTO_HOPOPTS, IPPROTO_ROUTING, 51,
					IPPROTO_NONE};
	uint8_t protocol = random_chance(15) ? CORPUS_PICK(protocols) : (uint8_t)random_next();
	uint8_t chain[9];
	size_t count = random_chance(6) ? random_next() % 8 : random_next() % 3;

	for (size_t i = 0; i < count; i++)
		chain[i] = !i && random_chance(5) ? IPPROTO_HOPOPTS
			   : random_chance(13)    ? kinds[random_next() % 3]
						  : CORPUS_PICK(kinds);
	chain[count] = protocol;
	corpus_ethernet(frame, ends, ETHERTYPE_IPV6);
	size_t at = ipv6(frame, ends, chain[0]);
	if (random_chance(6))
		frame->bytes[at + 7] = random_chance(8) ? 255 : 1;
	for (size_t i = 0; i < count; i++)
		corpus_extension(frame, chain[i], chain[i + 1]);
	corpus_transport(frame, protocol);
	ipv6_end(frame, at);
}

/* Before it is mutated. */
static inline void corpus_honest(struct frame *frame)
{
	const struct frame_form *form = &forms[random_next() % FRAME_FORMS];
	struct ends ends = corpus_ends();

	*frame = (struct frame){0};
	if (random_chance(7))
		form->build(frame, &ends, form->argument);
	else if (random_chance(8))
		corpus_ipv4(frame, &ends);
	else
		corpus_ipv6(frame, &ends);
}

static inline size_t corpus_place(const struct frame *frame)
{
	size_t most = frame->length < CORPUS_HEADERS ? frame->length : CORPUS_HEADERS;

	return ETHERNET_SIZE - 2 + random_next() % (most - ETHERNET_SIZE + 2);
}

static inline void corpus_change(struct frame *frame)
{
	static const uint8_t telling[] = {0,   1,   2,   4,   5,    6,    17,   41,   43,
					  44,  47,  50,  51,  58,   59,   60,   64,   127,
					  128, 135, 137, 255, 0x45, 0x46, 0x60, 0x81, 0x88};
	size_t at = corpus_place(frame);

	if (at >= frame->length)
		return;
	if (random_chance(6))
		frame->bytes[at] ^= (uint8_t)(1 << random_next() % 8);
	else
		frame->bytes[at] = random_chance(8) ? CORPUS_PICK(telling) : (uint8_t)random_next();
}

/* Up to 16 bytes of noise, or of what stands there, or zeros, come in or go. */
static inline void corpus_insert(struct frame *frame)
{
	size_t at = corpus_place(frame), size = 1 + random_next() % 16;
	bool noise = random_chance(8);

	if (at > frame->length)
		return;
	memmove(frame->bytes + at + size, frame->bytes + at, frame->length - at);
	frame->length += size;
	for (size_t i = 0; noise && i < size; i++)
		frame->bytes[at + i] = (uint8_t)random_next();
}

static inline void corpus_delete(struct frame *frame)
{
	size_t at = corpus_place(frame), size = 1 + random_next() % 16;

	if (at + size > frame->length)
		return;
	memmove(frame->bytes + at, frame->bytes + at + size, frame->length - at - size);
	frame->length -= size;
}

/* The front of one frame, the end of another. */
static inline void corpus_splice(struct frame *frame)
{
	struct frame other;

	corpus_honest(&other);
	size_t at = corpus_place(frame), from = corpus_place(&other);
	if (at > frame->length || from > other.length)
		return;
	frame->length = at;
	put(frame, other.bytes + from, other.length - from);
}

/* Where the IP header seems to begin; 0: nowhere. */
static inline size_t corpus_ip(const struct frame *frame)
{
	size_t at = ETHERNET_SIZE - 2;

	for (int tags = 0; tags < 2 && at + 2 + IPV4_SIZE <= frame->length; tags++, at += 4) {
		unsigned type = frame->bytes[at] << 8 | frame->bytes[at + 1];

		if (type == ETHERTYPE_IPV4 ||
		    (type == ETHERTYPE_IPV6 && at + 2 + IPV6_SIZE <= frame->length))
			return at + 2;
	}
	return 0;
}

/* Its length field: right, or wrong by @by bytes. */
static inline void corpus_length(struct frame *frame, int by)
{
	size_t at = corpus_ip(frame);

	if (!at)
		return;
	if (frame->bytes[at - 2] == 0x08)
		set16(frame, at + 2, (unsigned)((int)(frame->length - at) + by) & 0xffff);
	else
		set16(frame, at + 4,
		      (unsigned)((int)(frame->length - at - IPV6_SIZE) + by) & 0xffff);
}

static inline void corpus_cut(struct frame *frame)
{
	if (random_chance(8))
		frame->length = ETHERNET_SIZE + random_next() % (frame->length - ETHERNET_SIZE + 1);
	else if (random_chance(8) && frame->length < 60)
		frame->length += 1 + random_next() % (60 - frame->length);
	else
		frame->length += 1 + random_next() % 64;
}

static inline void corpus_mutate(struct frame *frame)
{
	bool moved = true;

	switch (random_next() % 8) {
	case 0:
		corpus_insert(frame);
		break;
	case 1:
		corpus_delete(frame);
		break;
	case 2:
		corpus_splice(frame);
		break;
	case 3:
		corpus_cut(frame);
		break;
	case 4:
		corpus_length(frame, (int)(random_next() % 41) - 20);
		return;
	default:
		corpus_change(frame);
		moved = false;
	}
	if (moved && random_chance(8))
		corpus_length(frame, 0);
}

/* The frame of a number: the first ones are the forms as they are, then each is mutated one to
 * three times, but for one in sixteen, which stays honest. At least an Ethernet header long. */
static inline void corpus_frame(struct frame *frame, uint64_t seed, uint64_t number)
{
	random_seed(seed << 40 ^ number);
	for (int i = 0; i < 4; i++)
		random_next(); /* seeds lie close together */
	if (number < FRAME_FORMS) {
		struct ends ends = corpus_ends();

		*frame = (struct frame){0};
		inet_pton(AF_INET, corpus_v4[0], ends.destination4);
		inet_pton(AF_INET6, corpus_v6[0], ends.destination6);
		forms[number].build(frame, &ends, forms[number].argument);
		return;
	}
	corpus_honest(frame);
	for (uint64_t count = random_chance(1) ? 0 : 1 + random_next() % 3; count; count--)
		if (frame->length >= ETHERNET_SIZE && frame->length < CORPUS_MOST)
			corpus_mutate(frame);
	if (frame->length < ETHERNET_SIZE)
		frame->length = ETHERNET_SIZE;
}

#endif
