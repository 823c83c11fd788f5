// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/lifeline.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

/* Within the network header (RFC 791, RFC 8200, RFC 4861). */
#define IPV4_FIRST_BYTE   0
#define IPV4_NO_OPTIONS   0x45
#define IPV4_DESTINATION  16
#define IPV6_NEXT_HEADER  6
#define IPV6_HOP_LIMIT    7
#define IPV6_DESTINATION  24
#define IPV6_ICMP_TYPE    40 /* directly behind the header */
#define HOP_LIMIT_ON_LINK 255
#define SOLICITATION      135
#define ADVERTISEMENT     136

/* One rule, while its expressions are written. */
struct rule_draft {
	struct nftables *nftables;
	size_t list;
};

static struct rule_draft begin(struct nftables *nftables, const char *table, const char *chain)
{
	nftables_message(nftables, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nftables_put_text(nftables, NFTA_RULE_TABLE, table);
	nftables_put_text(nftables, NFTA_RULE_CHAIN, chain);
	return (struct rule_draft){nftables, nftables_nest(nftables, NFTA_RULE_EXPRESSIONS)};
}

static void put_data(struct nftables *nftables, int attribute, const void *bytes, size_t size)
{
	size_t data = nftables_nest(nftables, attribute);

	nftables_put(nftables, NFTA_DATA_VALUE, bytes, size);
	nftables_end(nftables, data);
}

/* The register is @bytes. */
static void compare(const struct rule_draft *draft, const void *bytes, size_t size)
{
	struct nftables *nftables = draft->nftables;
	struct nftables_expression expression = nftables_expression(nftables, "cmp");

	nftables_put_number(nftables, NFTA_CMP_SREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(nftables, NFTA_CMP_DATA, bytes, size);
	nftables_expression_end(nftables, expression);
}

/* Bytes of the network header into the register. */
static void load(const struct rule_draft *draft, uint32_t offset, uint32_t size)
{
	struct nftables *nftables = draft->nftables;
	struct nftables_expression expression = nftables_expression(nftables, "payload");

	nftables_put_number(nftables, NFTA_PAYLOAD_DREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftables_put_number(nftables, NFTA_PAYLOAD_OFFSET, offset);
	nftables_put_number(nftables, NFTA_PAYLOAD_LEN, size);
	nftables_expression_end(nftables, expression);
}

static void match_byte(const struct rule_draft *draft, uint32_t offset, uint8_t byte)
{
	load(draft, offset, 1);
	compare(draft, &byte, 1);
}

static void match_protocol(const struct rule_draft *draft, uint16_t ethertype)
{
	struct nftables *nftables = draft->nftables;
	struct nftables_expression expression = nftables_expression(nftables, "meta");
	uint16_t sent = htons(ethertype);

	nftables_put_number(nftables, NFTA_META_DREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_META_KEY, NFT_META_PROTOCOL);
	nftables_expression_end(nftables, expression);
	compare(draft, &sent, sizeof(sent));
}

static void mask(const struct rule_draft *draft, const void *bytes, uint32_t size)
{
	static const uint8_t nothing[16];
	struct nftables *nftables = draft->nftables;
	struct nftables_expression expression = nftables_expression(nftables, "bitwise");

	nftables_put_number(nftables, NFTA_BITWISE_SREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_BITWISE_DREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_BITWISE_LEN, size);
	put_data(nftables, NFTA_BITWISE_MASK, bytes, size);
	put_data(nftables, NFTA_BITWISE_XOR, nothing, size);
	nftables_expression_end(nftables, expression);
}

static void match_destination(const struct rule_draft *draft, const struct prefix *prefix)
{
	bool v4 = prefix->family == FAMILY_V4;
	uint32_t size = v4 ? 4 : 16;
	uint8_t bytes[16], bits[16];
	const struct address first = {prefix->family, prefix->value};
	const struct address network = {prefix->family,
					family_last(prefix->family) &
						~prefix_host_mask(prefix->family, prefix->length)};

	address_to_bytes(first, bytes);
	address_to_bytes(network, bits);
	load(draft, v4 ? IPV4_DESTINATION : IPV6_DESTINATION, size);
	mask(draft, bits, size);
	compare(draft, bytes, size);
}

static void accept_and_end(const struct rule_draft *draft)
{
	struct nftables *nftables = draft->nftables;
	struct nftables_expression expression = nftables_expression(nftables, "immediate");

	nftables_put_verdict(nftables, NF_ACCEPT);
	nftables_expression_end(nftables, expression);
	nftables_end(nftables, draft->list);
}

static void put_ipv4(struct nftables *nftables, const char *table, const char *chain,
		     const struct prefix *prefix)
{
	struct rule_draft draft = begin(nftables, table, chain);

	match_protocol(&draft, ETH_P_IP);
	match_byte(&draft, IPV4_FIRST_BYTE, IPV4_NO_OPTIONS);
	match_destination(&draft, prefix);
	accept_and_end(&draft);
}

static void put_ipv6(struct nftables *nftables, const char *table, const char *chain,
		     const struct prefix *prefix)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6};

	for (size_t i = 0; i < sizeof(protocols); i++) {
		struct rule_draft draft = begin(nftables, table, chain);

		match_protocol(&draft, ETH_P_IPV6);
		match_byte(&draft, IPV6_NEXT_HEADER, protocols[i]);
		match_destination(&draft, prefix);
		accept_and_end(&draft);
	}
}

static void put_neighbours(struct nftables *nftables, const char *table, const char *chain,
			   enum family family)
{
	static const uint8_t types[] = {SOLICITATION, ADVERTISEMENT};
	struct rule_draft draft;

	if (family == FAMILY_V4) {
		draft = begin(nftables, table, chain);
		match_protocol(&draft, ETH_P_ARP);
		accept_and_end(&draft);
		return;
	}
	for (size_t i = 0; i < sizeof(types); i++) {
		draft = begin(nftables, table, chain);
		match_protocol(&draft, ETH_P_IPV6);
		match_byte(&draft, IPV6_NEXT_HEADER, IPPROTO_ICMPV6);
		match_byte(&draft, IPV6_HOP_LIMIT, HOP_LIMIT_ON_LINK);
		match_byte(&draft, IPV6_ICMP_TYPE, types[i]);
		accept_and_end(&draft);
	}
}

void lifeline_put(struct nftables *nftables, const char *table, const char *chain,
		  const struct prefix *lifeline, size_t count)
{
	bool has[FAMILIES] = {false};

	for (size_t i = 0; i < count; i++) {
		enum family family = lifeline[i].family;

		if (!has[family])
			put_neighbours(nftables, table, chain, family);
		has[family] = true;
		if (family == FAMILY_V4)
			put_ipv4(nftables, table, chain, &lifeline[i]);
		else
			put_ipv6(nftables, table, chain, &lifeline[i]);
	}
}
