// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Special-use space, by the IANA special-purpose registries of both families (RFC 6890), the
 * multicast registries, and the IPv6 address space (RFC 4291, section 2.4). No source is asked
 * about it.
 *
 * What the registries mark as globally reachable and what is announced like any other network
 * (AS112: RFC 7534, RFC 7535; AMT: RFC 7450) is left to the sources.
 */
#include "userspace/atlas/special.h"

#define V4(a, b, c, d, length, special, source)                                                 \
	{                                                                                       \
		{FAMILY_V4, length, (uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d)}, special, \
			source                                                                  \
	}
/* The first, second and last 32 bits: enough for every prefix here. */
#define V6(first, second, last, length, special, source)                                           \
	{                                                                                          \
		{FAMILY_V6, length, (u128)(first) << 96 | (u128)(second) << 64 | (last)}, special, \
			source                                                                     \
	}

/* clang-format off */
const struct special_prefix special_prefixes[] = {
	V4(0, 0, 0, 0, 8, SPECIAL_RESERVED, "RFC 791: this network"),
	V4(10, 0, 0, 0, 8, SPECIAL_PRIVATE, "RFC 1918"),
	V4(100, 64, 0, 0, 10, SPECIAL_PRIVATE, "RFC 6598: shared address space"),
	V4(127, 0, 0, 0, 8, SPECIAL_LOOPBACK, "RFC 1122"),
	V4(169, 254, 0, 0, 16, SPECIAL_LINK, "RFC 3927"),
	V4(172, 16, 0, 0, 12, SPECIAL_PRIVATE, "RFC 1918"),
	V4(192, 0, 0, 0, 24, SPECIAL_RESERVED, "RFC 6890: IETF protocol assignments"),
	V4(192, 0, 2, 0, 24, SPECIAL_RESERVED, "RFC 5737: documentation"),
	V4(192, 88, 99, 0, 24, SPECIAL_RESERVED, "RFC 7526: 6to4 relays, deprecated"),
	V4(192, 168, 0, 0, 16, SPECIAL_PRIVATE, "RFC 1918"),
	V4(198, 18, 0, 0, 15, SPECIAL_RESERVED, "RFC 2544: benchmarking"),
	V4(198, 51, 100, 0, 24, SPECIAL_RESERVED, "RFC 5737: documentation"),
	V4(203, 0, 113, 0, 24, SPECIAL_RESERVED, "RFC 5737: documentation"),
	V4(224, 0, 0, 0, 4, SPECIAL_MULTICAST, "RFC 5771"),
	V4(224, 0, 0, 0, 24, SPECIAL_LINK_MULTICAST, "RFC 5771, section 4: local network control"),
	V4(240, 0, 0, 0, 4, SPECIAL_RESERVED, "RFC 1112: reserved"),
	V4(255, 255, 255, 255, 32, SPECIAL_LINK_MULTICAST, "RFC 919: limited broadcast"),

	V6(0, 0, 0, 0, SPECIAL_RESERVED, "RFC 4291: not assigned"),
	V6(0x20000000, 0, 0, 3, SPECIAL_NONE, "RFC 3587: global unicast"),
	V6(0, 0, 0, 96, SPECIAL_EMBEDDED_LOW, "RFC 4291: IPv4-compatible, deprecated"),
	V6(0, 0, 0, 128, SPECIAL_RESERVED, "RFC 4291: unspecified"),
	V6(0, 0, 1, 128, SPECIAL_LOOPBACK, "RFC 4291"),
	V6(0, 0, 0xffff00000000, 96, SPECIAL_EMBEDDED_LOW, "RFC 4291: IPv4-mapped"),
	V6(0x0064ff9b, 0, 0, 96, SPECIAL_EMBEDDED_LOW, "RFC 6052: NAT64"),
	V6(0x0064ff9b, 0x00010000, 0, 48, SPECIAL_RESERVED, "RFC 8215: local NAT64"),
	V6(0x01000000, 0, 0, 64, SPECIAL_RESERVED, "RFC 6666: discard only"),
	V6(0x01000000, 0x00000001, 0, 64, SPECIAL_RESERVED, "RFC 9780: dummy"),
	V6(0x20010000, 0, 0, 23, SPECIAL_RESERVED, "RFC 2928: IETF protocol assignments"),
	V6(0x20010000, 0, 0, 32, SPECIAL_EMBEDDED_TEREDO, "RFC 4380"),
	V6(0x20010002, 0, 0, 48, SPECIAL_RESERVED, "RFC 5180: benchmarking"),
	V6(0x20010003, 0, 0, 32, SPECIAL_NONE, "RFC 7450: AMT, globally reachable"),
	V6(0x20010004, 0x01120000, 0, 48, SPECIAL_NONE, "RFC 7535: AS112, globally reachable"),
	V6(0x20010db8, 0, 0, 32, SPECIAL_RESERVED, "RFC 3849: documentation"),
	V6(0x20020000, 0, 0, 16, SPECIAL_EMBEDDED_6TO4, "RFC 3056"),
	V6(0x3fff0000, 0, 0, 20, SPECIAL_RESERVED, "RFC 9637: documentation"),
	V6(0x5f000000, 0, 0, 16, SPECIAL_RESERVED, "RFC 9602: SRv6 segment identifiers"),
	V6(0xfc000000, 0, 0, 7, SPECIAL_PRIVATE, "RFC 4193: unique local"),
	V6(0xfe800000, 0, 0, 10, SPECIAL_LINK, "RFC 4291"),
	V6(0xfec00000, 0, 0, 10, SPECIAL_RESERVED, "RFC 3879: site-local, deprecated"),
	V6(0xff000000, 0, 0, 8, SPECIAL_MULTICAST, "RFC 4291"),
	V6(0xff020000, 0, 0, 16, SPECIAL_LINK_MULTICAST, "RFC 4291: link-local scope"),
};
/* clang-format on */
const size_t special_prefix_count = sizeof(special_prefixes) / sizeof(special_prefixes[0]);

enum special special_of(struct address address)
{
	enum special special = SPECIAL_NONE;
	int longest = -1;

	for (size_t i = 0; i < special_prefix_count; i++) {
		const struct prefix *prefix = &special_prefixes[i].prefix;

		if (prefix->length > longest && prefix_contains(prefix, address)) {
			longest = prefix->length;
			special = special_prefixes[i].special;
		}
	}
	return special;
}

/* Bit for bit behind the prefix, but for the eight that stay zero (RFC 6052, section 2.2). */
static uint32_t nat64_inner(unsigned length, u128 value)
{
	uint32_t inner = 0;
	unsigned at = length;

	for (unsigned i = 0; i < 32; i++, at++) {
		if (at == 64)
			at = 72;
		inner = inner << 1 | (uint32_t)(value >> (127 - at) & 1);
	}
	return inner;
}

struct address special_inner(const struct prefix *nat64, size_t count, struct address address)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&nat64[i], address))
			return (struct address){FAMILY_V4,
						nat64_inner(nat64[i].length, address.value)};
	return special_embedded(special_of(address), address);
}

struct address special_embedded(enum special special, struct address address)
{
	struct address inner = {.family = FAMILY_V4};

	switch (special) {
	case SPECIAL_EMBEDDED_LOW:
		inner.value = (uint32_t)address.value;
		return inner;
	case SPECIAL_EMBEDDED_6TO4:
		inner.value = (uint32_t)(address.value >> 80);
		return inner;
	case SPECIAL_EMBEDDED_TEREDO:
		inner.value = (uint32_t)~address.value;
		return inner;
	default:
		return address;
	}
}
