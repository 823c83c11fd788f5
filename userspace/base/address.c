// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct address address_from_bytes(enum family family, const void *bytes)
{
	const uint8_t *byte = bytes;
	struct address address = {.family = family};

	for (unsigned i = 0; i < family_bits(family) / 8; i++)
		address.value = address.value << 8 | byte[i];
	return address;
}

void address_to_bytes(struct address address, void *bytes)
{
	uint8_t *byte = bytes;

	for (unsigned i = family_bits(address.family) / 8; i-- > 0; address.value >>= 8)
		byte[i] = (uint8_t)address.value;
}

/* Dotted quad without inet_pton: sources have millions of lines. */
static int parse_v4(const char *text, size_t length, struct address *address)
{
	uint32_t value = 0;
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned number = 0;
		size_t start;

		if (part && (i >= length || text[i++] != '.'))
			return -EINVAL;
		start = i;
		while (i < length && text[i] >= '0' && text[i] <= '9' && i - start < 3)
			number = number * 10 + (unsigned)(text[i++] - '0');
		if (i == start || number > 255 || (text[start] == '0' && i - start > 1))
			return -EINVAL;
		value = value << 8 | number;
	}
	if (i != length)
		return -EINVAL;
	*address = (struct address){FAMILY_V4, value};
	return 0;
}

int address_parse(const char *text, size_t length, struct address *address)
{
	char copy[ADDRESS_TEXT_SIZE];
	uint8_t bytes[16];

	if (!memchr(text, ':', length))
		return parse_v4(text, length, address);
	if (length >= sizeof(copy) || memchr(text, '\0', length))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return -EINVAL;
	*address = address_from_bytes(FAMILY_V6, bytes);
	return 0;
}

static int parse_length(const char *text, size_t length, unsigned most, uint8_t *result)
{
	unsigned number = 0;

	if (length < 1 || length > 3 || (text[0] == '0' && length > 1))
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	if (number > most)
		return -EINVAL;
	*result = (uint8_t)number;
	return 0;
}

enum prefix_fault prefix_parse(const char *text, size_t length, struct prefix *prefix)
{
	const char *slash = memchr(text, '/', length);
	size_t address_length = slash ? (size_t)(slash - text) : length;
	struct address address;
	struct prefix result;

	if (address_parse(text, address_length, &address))
		return PREFIX_NOT_AN_ADDRESS;
	result = (struct prefix){address.family, (uint8_t)family_bits(address.family),
				 address.value};
	if (slash && parse_length(slash + 1, length - address_length - 1,
				  family_bits(address.family), &result.length))
		return PREFIX_BAD_LENGTH;
	result.value &= ~prefix_host_mask(result.family, result.length);
	*prefix = result;
	return result.value == address.value ? PREFIX_OK : PREFIX_HOST_BITS;
}

const char *address_format(struct address address, char *text)
{
	uint8_t bytes[16];

	address_to_bytes(address, bytes);
	inet_ntop(address.family == FAMILY_V4 ? AF_INET : AF_INET6, bytes, text, ADDRESS_TEXT_SIZE);
	return text;
}

const char *prefix_format(const struct prefix *prefix, char *text)
{
	address_format((struct address){prefix->family, prefix->value}, text);
	size_t length = strlen(text);
	snprintf(text + length, PREFIX_TEXT_SIZE - length, "/%u", prefix->length);
	return text;
}
