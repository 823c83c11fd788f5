// SPDX-License-Identifier: GPL-2.0-or-later
/* A rule's address part: "asn:" and "to:". */
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

uint32_t policy_asn_number(struct reader *reader, const struct node *item)
{
	const char *text = item->kind == NODE_TEXT ? item->text : "";
	const char *digits = strncmp(text, "AS", 2) == 0 ? text + 2 : text;
	uint64_t number = 0;
	size_t i = 0;

	for (; digits[i] >= '0' && digits[i] <= '9' && number <= UINT32_MAX; i++)
		number = number * 10 + (uint64_t)(digits[i] - '0');
	if (number > UINT32_MAX)
		policy_fault(reader, item,
			     "%s is over the last AS number, 4294967295; write the "
			     "number of a network, as in 2376",
			     policy_quote(item).text);
	else if (i == 0 || digits[i] || digits[0] == '0')
		policy_fault(
			reader, item,
			number == 0 && i && !digits[i]
				? "AS `%s` is no network (RFC 7607); write the number of one, "
				  "as in 2376"
				: "`%s` is not an AS number; write digits, as in 2376 or AS2376",
			policy_quote(item).text);
	else
		return (uint32_t)number;
	return 0;
}

static int compare_asns(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

void policy_asn_read(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;
	size_t count = 0;

	if (!policy_list_check(reader, node, "AS numbers", "[2376]"))
		return;
	rule->asns = policy_alloc(reader, node->count, sizeof(*rule->asns));
	if (!rule->asns)
		return;
	for (size_t i = 0; i < node->count; i++) {
		uint32_t asn = policy_asn_number(reader, &node->children[i]);

		if (asn)
			rule->asns[count++] = asn;
	}
	qsort(rule->asns, count, sizeof(*rule->asns), compare_asns);
	for (size_t i = 0; i < count; i++) {
		if (rule->asn_count && rule->asns[rule->asn_count - 1] == rule->asns[i])
			policy_warn(reader, node, "AS %u stands in this list twice; remove one",
				    rule->asns[i]);
		else
			rule->asns[rule->asn_count++] = rule->asns[i];
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	return (left->length > right->length) - (left->length < right->length);
}

/* IPv6 space that embeds an IPv4 address is judged by that address: a rule never sees it. */
static const struct {
	const char *text;
	const char *source;
	unsigned shift; /* of the IPv4 address, in bits from the right */
	bool inverted;
} embedded[] = {
	{"::ffff:0:0/96", "IPv4-mapped, RFC 4291", 0, false},
	{"64:ff9b::/96", "NAT64, RFC 6052", 0, false},
	{"2002::/16", "6to4, RFC 3056", 80, false},
	{"2001::/32", "Teredo, RFC 4380", 0, true},
	{"::/96", "IPv4-compatible, RFC 4291", 0, false},
};

static bool refuse_embedded(struct reader *reader, const struct node *item,
			    const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	if (prefix->length == 128 && prefix->value <= 1)
		return false; /* :: and ::1 hold no IPv4 address */
	for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
		struct prefix space;

		prefix_parse(embedded[i].text, strlen(embedded[i].text), &space);
		if (prefix->family != FAMILY_V6 || prefix->length < space.length ||
		    !prefix_contains(&space, (struct address){FAMILY_V6, prefix->value}))
			continue;
		uint32_t inner = (uint32_t)(prefix->value >> embedded[i].shift);
		int length = (int)(prefix->length + embedded[i].shift) - 96;
		struct prefix v4 = {FAMILY_V4,
				    (uint8_t)(length < 0    ? 0
					      : length > 32 ? 32
							    : length),
				    embedded[i].inverted ? ~inner : inner};
		v4.value &= ~prefix_host_mask(FAMILY_V4, v4.length);
		policy_fault(reader, item,
			     "%s is judged by the IPv4 address inside it (%s); write %s",
			     policy_quote(item).text, embedded[i].source, prefix_format(&v4, text));
		return true;
	}
	return false;
}

static bool read_prefix(struct reader *reader, const struct node *item, struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	if (item->kind != NODE_TEXT) {
		policy_fault(reader, item,
			     "this is not an address or a prefix; write it in "
			     "quotes, as in \"2001:db8::\"");
		return false;
	}
	switch (prefix_parse(item->text, strlen(item->text), prefix)) {
	case PREFIX_OK:
		return !refuse_embedded(reader, item, prefix);
	case PREFIX_HOST_BITS:
		policy_fault(reader, item, "%s has bits set beyond its length; write %s",
			     policy_quote(item).text, prefix_format(prefix, text));
		return false;
	case PREFIX_BAD_LENGTH:
		policy_fault(reader, item, "%s has no valid length; write /0 to /%d",
			     policy_quote(item).text, strchr(item->text, ':') ? 128 : 32);
		return false;
	default:
		policy_fault(reader, item,
			     "`%s` is not an address or a prefix; write one, as in 203.0.113.0/24 "
			     "or \"2001:db8::/32\"",
			     policy_quote(item).text);
		return false;
	}
}

void policy_prefixes_read(struct reader *reader, const struct node *node, struct prefix **prefixes,
			  size_t *kept)
{
	char text[PREFIX_TEXT_SIZE];
	size_t count = 0;

	if (!policy_list_check(reader, node, "addresses or prefixes", "[203.0.113.0/24]"))
		return;
	struct prefix *list = policy_alloc(reader, node->count, sizeof(*list));
	if (!list)
		return;
	for (size_t i = 0; i < node->count; i++)
		if (read_prefix(reader, &node->children[i], &list[count]))
			count++;
	qsort(list, count, sizeof(*list), compare_prefixes);
	*prefixes = list;
	*kept = 0;
	for (size_t i = 0; i < count; i++) {
		const struct prefix *last = *kept ? &list[*kept - 1] : NULL;

		if (last && compare_prefixes(last, &list[i]) == 0)
			policy_warn(reader, node, "%s stands in this list twice; remove one",
				    prefix_format(last, text));
		else
			list[(*kept)++] = list[i];
	}
}

/* Like all embedded space; these are known once the whole file is read. */
static void refuse_nat64(struct reader *reader, const struct node *node,
			 const struct prefix *prefix)
{
	const struct policy *policy = reader->policy;
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < policy->nat64_count; i++)
		if (prefix->family == FAMILY_V6 && prefix->length >= policy->nat64[i].length &&
		    prefix_contains(&policy->nat64[i], (struct address){FAMILY_V6, prefix->value}))
			policy_fault(reader, node,
				     "%s is judged by the IPv4 address inside it (`nat64:`); write "
				     "that",
				     prefix_format(prefix, text));
}

void policy_to_read(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	policy_prefixes_read(reader, node, &rule->to, &rule->to_count);
	for (size_t i = 0; i < rule->to_count; i++)
		refuse_nat64(reader, node, &rule->to[i]);
}
