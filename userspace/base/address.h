/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP addresses, prefixes and ranges as numbers.
 *
 * One code path serves both families: an address is a 128-bit number in host order (an IPv4
 * address is its 32-bit value, so 1.0.0.0 is 0x01000000), and the family stands beside it.
 */
#ifndef GABELOU_BASE_ADDRESS_H
#define GABELOU_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 u128;

enum family { FAMILY_V4, FAMILY_V6, FAMILIES };

struct address {
	enum family family;
	u128 value; /* host order */
};

/* Host bits of value are zero. length: 0 to 32, or 0 to 128. */
struct prefix {
	enum family family;
	uint8_t length;
	u128 value;
};

#define ADDRESS_TEXT_SIZE 46 /* INET6_ADDRSTRLEN: RFC 5952 text and its NUL */
#define PREFIX_TEXT_SIZE  50

static inline unsigned family_bits(enum family family)
{
	return family == FAMILY_V4 ? 32 : 128;
}

/* The highest address of the family. */
static inline u128 family_last(enum family family)
{
	return family == FAMILY_V4 ? (u128)UINT32_MAX : ~(u128)0;
}

/* The mask of the low (host) bits that a prefix of this length leaves free. */
static inline u128 prefix_host_mask(enum family family, unsigned length)
{
	unsigned host = family_bits(family) - length;

	return host == 128 ? ~(u128)0 : ((u128)1 << host) - 1;
}

static inline u128 prefix_last(const struct prefix *prefix)
{
	return prefix->value | prefix_host_mask(prefix->family, prefix->length);
}

static inline bool prefix_contains(const struct prefix *prefix, struct address address)
{
	return prefix->family == address.family && address.value >= prefix->value &&
	       address.value <= prefix_last(prefix);
}

/* Text of @length bytes (not necessarily ended by NUL) to an address. 0 or -EINVAL; strict: no
 * leading zeros, no shortened IPv4, no zone. @address is untouched on failure. */
int address_parse(const char *text, size_t length, struct address *address);

enum prefix_fault {
	PREFIX_OK,
	PREFIX_NOT_AN_ADDRESS,
	PREFIX_BAD_LENGTH, /* not a number, or over the family's bits */
	PREFIX_HOST_BITS,  /* 10.0.0.1/8: the caller can suggest 10.0.0.0/8, stored in *prefix */
};
/* "192.0.2.0/24", "2001:db8::/32", or a bare address as /32 or /128. */
enum prefix_fault prefix_parse(const char *text, size_t length, struct prefix *prefix);

/* RFC 5952 text. @text has ADDRESS_TEXT_SIZE (PREFIX_TEXT_SIZE) bytes. Both return @text. */
const char *address_format(struct address address, char *text);
const char *prefix_format(const struct prefix *prefix, char *text);

/* Network byte order, as a packet has it: 4 bytes for IPv4, 16 for IPv6. */
struct address address_from_bytes(enum family family, const void *bytes);
void address_to_bytes(struct address address, void *bytes);

#endif
