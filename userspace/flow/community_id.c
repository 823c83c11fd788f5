// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Community ID v1 (corelight/community-id-spec): one name for a flow that Zeek, Suricata, Wireshark
 * and Elastic agree on, whichever direction each of them saw.
 *
 *   "1:" base64(SHA-1(seed 2, address, address, protocol 1, zero 1, port 2, port 2)), big-endian,
 *
 * the smaller address:port first. ICMP has no ports: its type stands for one and the type of the
 * answer for the other; a message that nobody answers keeps its direction, and its code.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "userspace/flow/flow.h"
#include "userspace/flow/packet.h"

struct ports {
	uint16_t source, destination;
	bool one_way;
};

/* Question and answer, as Zeek pairs them. */
static const uint8_t icmp_pairs[][2] = {
	{8, 0},   /* echo */
	{13, 14}, /* timestamp */
	{15, 16}, /* information */
	{10, 9},  /* router solicitation, advertisement */
	{17, 18}, /* address mask */
};
static const uint8_t icmpv6_pairs[][2] = {
	{128, 129}, /* echo */
	{130, 131}, /* MLD query, report */
	{133, 134}, /* router solicitation, advertisement */
	{135, 136}, /* neighbour solicitation, advertisement */
	{139, 140}, /* node information */
	{144, 145}, /* home agent discovery */
};

static struct ports icmp_ports(const uint8_t (*pairs)[2], size_t count, uint16_t type_and_code)
{
	uint8_t type = type_and_code >> 8, code = type_and_code & 0xff;

	for (size_t i = 0; i < count; i++) {
		if (pairs[i][0] == type)
			return (struct ports){type, pairs[i][1], false};
		if (pairs[i][1] == type)
			return (struct ports){type, pairs[i][0], false};
	}
	return (struct ports){type, code, true};
}

static struct ports ports_of(const struct flow_key *key)
{
	if (key->protocol == IPPROTO_ICMP)
		return icmp_ports(icmp_pairs, sizeof(icmp_pairs) / sizeof(icmp_pairs[0]),
				  key->destination_port);
	if (key->protocol == IPPROTO_ICMPV6)
		return icmp_ports(icmpv6_pairs, sizeof(icmpv6_pairs) / sizeof(icmpv6_pairs[0]),
				  key->destination_port);
	return (struct ports){key->source_port, key->destination_port, false};
}

static size_t put(uint8_t *buffer, size_t at, const void *bytes, size_t size)
{
	memcpy(buffer + at, bytes, size);
	return at + size;
}

static size_t put_port(uint8_t *buffer, size_t at, uint16_t port)
{
	buffer[at] = port >> 8;
	buffer[at + 1] = port & 0xff;
	return at + 2;
}

const char *flow_community_id(const struct flow_event *event, char *text)
{
	const struct flow_key *key = &event->key;
	uint8_t input[2 + 16 + 16 + 2 + 4] = {0}, hash[SHA_DIGEST_LENGTH];
	size_t size = key->ethertype == ETHERTYPE_IPV4 ? 4 : 16, at = 2; /* the seed is 0 */

	if (!packet_has_addresses(key))
		return NULL;
	struct ports ports = ports_of(key);
	int order = memcmp(key->source, key->destination, size);
	bool keep = ports.one_way || order < 0 || (order == 0 && ports.source < ports.destination);
	at = put(input, at, keep ? key->source : key->destination, size);
	at = put(input, at, keep ? key->destination : key->source, size);
	input[at] = key->protocol;
	at += 2;
	if (packet_has_ports(key) || packet_is_icmp(key)) {
		at = put_port(input, at, keep ? ports.source : ports.destination);
		at = put_port(input, at, keep ? ports.destination : ports.source);
	}
	SHA1(input, at, hash);
	memcpy(text, "1:", 2);
	EVP_EncodeBlock((unsigned char *)text + 2, hash, sizeof(hash));
	return text;
}
