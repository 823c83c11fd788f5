// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds another address inside: "tunnels:" and "nat64:". */
#include <stdlib.h>
#include <string.h>

#include "maps/tunnel.h"
#include "userspace/policy/parse.h"

#define NAT64_MOST 16

static const char *const kinds[] = {
#define TUNNEL(identifier, name, text) name,
	TUNNELS(TUNNEL)
#undef TUNNEL
};

static void read_to(struct reader *reader, const struct node *node, void *target)
{
	struct policy_tunnel *tunnel = target;

	policy_prefixes_read(reader, node, &tunnel->to, &tunnel->to_count);
	for (size_t i = 0; i < tunnel->to_count; i++)
		if (!tunnel->to[i].length)
			policy_fault(reader, node,
				     "a tunnel to everywhere; name the endpoint, as in "
				     "203.0.113.7");
}

static void read_protocol(struct reader *reader, const struct node *node, void *target)
{
	struct policy_tunnel *tunnel = target;

	if (!policy_list_check(reader, node, "kinds of tunnel", "[vxlan]"))
		return;
	for (size_t i = 0; i < node->count; i++) {
		int choice = policy_choice_read(reader, &node->children[i], "protocol", kinds,
						TUNNEL_COUNT);

		if (choice >= 0)
			tunnel->kinds |= 1u << choice;
	}
}

static void read_port(struct reader *reader, const struct node *node, void *target)
{
	struct policy_tunnel *tunnel = target;
	char *end = NULL;
	unsigned long port = node->kind == NODE_TEXT ? strtoul(node->text, &end, 10) : 0;

	if (!end || *end || node->text[0] < '1' || node->text[0] > '9' || port > UINT16_MAX)
		policy_fault(reader, node, "`%s` is not a port; write 1 to 65535, as in 4789",
			     policy_quote(node).text);
	else
		tunnel->port = (uint16_t)port;
}

static void read_why(struct reader *reader, const struct node *node, void *target)
{
	struct policy_tunnel *tunnel = target;

	tunnel->why = policy_line_read(reader, node, "why");
}

static const struct key tunnel_keys[] = {
	{"to", read_to, NULL},
	{"protocol", read_protocol, NULL},
	{"port", read_port, NULL},
	{"why", read_why, NULL},
};

static bool has_key(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->count; i += 2)
		if (node->children[i].kind == NODE_TEXT &&
		    strcmp(node->children[i].text, name) == 0)
			return true;
	return false;
}

static void read_tunnel(struct reader *reader, const struct node *node,
			struct policy_tunnel *tunnel)
{
	uint32_t by_port;

	policy_map_read(reader, node, "a tunnel", tunnel_keys,
			sizeof(tunnel_keys) / sizeof(*tunnel_keys), tunnel);
	if (node->kind != NODE_MAP)
		return;
	if (!has_key(node, "to"))
		policy_fault(reader, node, "a tunnel to nowhere; write `to: [203.0.113.7]`");
	if (!has_key(node, "protocol"))
		policy_fault(reader, node,
			     "a tunnel of no kind; write `protocol:`, as in [ipip] or [vxlan]");
	by_port = tunnel->kinds & TUNNEL_BY_PORT;
	if (tunnel->port && tunnel->kinds && (!by_port || by_port == TUNNEL_BY_PORT))
		policy_fault(reader, node,
			     by_port ? "`port:` is of vxlan or of geneve; write a line for each"
				     : "`port:` is for vxlan and geneve; remove it");
}

static void check_count(struct reader *reader, const struct node *node)
{
	const struct policy *policy = reader->policy;
	size_t count = 0;

	for (size_t i = 0; i < policy->tunnel_count; i++)
		count += policy->tunnels[i].to_count;
	if (count > TUNNELS_MOST)
		policy_fault(reader, node,
			     "%zu endpoints; name at most %d, as prefixes where they lie together",
			     count, TUNNELS_MOST);
}

void policy_tunnels_read(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	if (node->kind == NODE_LIST && !node->count)
		return;
	if (!policy_list_check(reader, node, "tunnels", "[{to: [203.0.113.7], protocol: [gre]}]"))
		return;
	policy->tunnels = policy_alloc(reader, node->count, sizeof(*policy->tunnels));
	for (size_t i = 0; policy->tunnels && i < node->count; i++)
		read_tunnel(reader, &node->children[i], &policy->tunnels[policy->tunnel_count++]);
	check_count(reader, node);
}

void policy_tunnels_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->tunnel_count; i++) {
		free(policy->tunnels[i].to);
		free(policy->tunnels[i].why);
	}
	free(policy->tunnels);
	free(policy->nat64);
}

/* RFC 6052, section 2.2. */
static bool nat64_length(unsigned length)
{
	return length == 96 || (length >= 32 && length <= 64 && length % 8 == 0);
}

static bool within(const struct prefix *inner, const char *outer)
{
	struct prefix space;

	prefix_parse(outer, strlen(outer), &space);
	return inner->family == FAMILY_V6 && inner->length >= space.length &&
	       prefix_contains(&space, (struct address){FAMILY_V6, inner->value});
}

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	const struct prefix *outer = a->length < b->length ? a : b, *inner = outer == a ? b : a;

	return prefix_contains(outer, (struct address){FAMILY_V6, inner->value});
}

static bool check_nat64(struct reader *reader, const struct node *node, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	prefix_format(prefix, text);
	if (prefix->family != FAMILY_V6 || !nat64_length(prefix->length))
		policy_fault(reader, node,
			     "%s is not a NAT64 prefix; write an IPv6 one of /32, /40, /48, /56, "
			     "/64 or /96 (RFC 6052)",
			     text);
	else if (prefix->length == 96 && (prefix->value >> 56 & 0xff))
		policy_fault(reader, node,
			     "%s is not a NAT64 prefix: its bits 64 to 71 are not zero (RFC 6052)",
			     text);
	else if (within(prefix, "2002::/16") || within(prefix, "2001::/32") ||
		 !(within(prefix, "2000::/3") || within(prefix, "fc00::/7") ||
		   within(prefix, "64:ff9b:1::/48")))
		policy_fault(reader, node,
			     "%s cannot be a NAT64 prefix of yours; write one of global unicast or "
			     "unique local space (64:ff9b::/96 is one by itself)",
			     text);
	else
		return true;
	return false;
}

void policy_nat64_read(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;
	char text[PREFIX_TEXT_SIZE], other[PREFIX_TEXT_SIZE];
	struct prefix *prefixes;
	size_t count;

	(void)target;
	if (node->kind == NODE_LIST && !node->count)
		return;
	policy_prefixes_read(reader, node, &policy->nat64, &policy->nat64_count);
	prefixes = policy->nat64;
	count = policy->nat64_count;
	if (count > NAT64_MOST)
		policy_fault(reader, node, "%zu NAT64 prefixes; name at most %d", count,
			     NAT64_MOST);
	for (size_t i = 0; i < count; i++) {
		if (!check_nat64(reader, node, &prefixes[i]))
			continue;
		if (i && prefixes[i - 1].family == FAMILY_V6 &&
		    overlap(&prefixes[i - 1], &prefixes[i]))
			policy_fault(reader, node, "%s and %s overlap; remove one",
				     prefix_format(&prefixes[i - 1], other),
				     prefix_format(&prefixes[i], text));
	}
}
