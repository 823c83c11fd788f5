// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/packet.h"

#include <netinet/in.h>
#include <string.h>

static bool is_ip(const struct flow_key *key)
{
	return key->ethertype == ETHERTYPE_IPV4 || key->ethertype == ETHERTYPE_IPV6;
}

bool packet_has_addresses(const struct flow_key *key)
{
	static const uint8_t zero[16];

	return is_ip(key) && (memcmp(key->source, zero, sizeof(zero)) != 0 ||
			      memcmp(key->destination, zero, sizeof(zero)) != 0);
}

bool packet_has_ports(const struct flow_key *key)
{
	return is_ip(key) && (key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP ||
			      key->protocol == IPPROTO_SCTP);
}

bool packet_is_icmp(const struct flow_key *key)
{
	return (key->ethertype == ETHERTYPE_IPV4 && key->protocol == IPPROTO_ICMP) ||
	       (key->ethertype == ETHERTYPE_IPV6 && key->protocol == IPPROTO_ICMPV6);
}

static enum family family_of(const struct flow_key *key)
{
	return key->ethertype == ETHERTYPE_IPV4 ? FAMILY_V4 : FAMILY_V6;
}

struct address packet_source(const struct flow_key *key)
{
	return address_from_bytes(family_of(key), key->source);
}

struct address packet_destination(const struct flow_key *key)
{
	return address_from_bytes(family_of(key), key->destination);
}

/* https://www.iana.org/assignments/protocol-numbers */
const char *packet_transport(const struct flow_key *key)
{
	static const char *const names[256] = {
		[IPPROTO_ICMP] = "icmp",
		[IPPROTO_IGMP] = "igmp",
		[IPPROTO_IPIP] = "ipv4",
		[IPPROTO_TCP] = "tcp",
		[IPPROTO_UDP] = "udp",
		[IPPROTO_DCCP] = "dccp",
		[IPPROTO_IPV6] = "ipv6",
		[IPPROTO_GRE] = "gre",
		[IPPROTO_ESP] = "esp",
		[IPPROTO_AH] = "ah",
		[89] = "ospfigp",
		[97] = "etherip",
		[IPPROTO_PIM] = "pim",
		[112] = "vrrp",
		[IPPROTO_SCTP] = "sctp",
		[IPPROTO_UDPLITE] = "udplite",
		[IPPROTO_ICMPV6] = "ipv6-icmp",
	};

	return is_ip(key) ? names[key->protocol] : NULL;
}
