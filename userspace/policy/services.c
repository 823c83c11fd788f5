// SPDX-License-Identifier: GPL-2.0-or-later
/* "port:": what is let through of a destination, as "443/tcp", "1000-2000/udp" or "8/icmp". */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

static const struct {
	const char *name;
	uint8_t protocol;
	uint16_t most; /* the highest port, or ICMP type */
} protocols[] = {
	{"tcp", IPPROTO_TCP, UINT16_MAX},
	{"udp", IPPROTO_UDP, UINT16_MAX},
	{"icmp", IPPROTO_ICMP, UINT8_MAX},
	{"icmpv6", IPPROTO_ICMPV6, UINT8_MAX},
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static size_t find_protocol(const char *name)
{
	size_t i = 0;

	while (i < PROTOCOLS && strcmp(protocols[i].name, name) != 0)
		i++;
	return i;
}

const char *service_format(const struct service *service, char *text)
{
	size_t i = 0;

	while (i < PROTOCOLS - 1 && protocols[i].protocol != service->protocol)
		i++;
	if (service->low == 0 && service->high == protocols[i].most)
		snprintf(text, 24, "%s", protocols[i].name);
	else if (service->low == service->high)
		snprintf(text, 24, "%u/%s", service->low, protocols[i].name);
	else
		snprintf(text, 24, "%u-%u/%s", service->low, service->high, protocols[i].name);
	return text;
}

/* A number up to @most at *text, which is moved behind it. -1: none. */
static long take_number(const char **text, uint16_t most)
{
	size_t digits = strspn(*text, "0123456789");
	long number = digits && digits <= 5 ? strtol(*text, NULL, 10) : -1;

	*text += digits;
	return number > most ? -1 : number;
}

/* "443", "1000-2000": what stands before the slash. */
static bool take_range(const char *text, const char *end, uint16_t most, struct service *service)
{
	long low = take_number(&text, most), high = low;

	if (low >= 0 && *text == '-') {
		text++;
		high = take_number(&text, most);
	}
	service->low = (uint16_t)low;
	service->high = (uint16_t)high;
	return text == end && low >= 0 && high >= low;
}

bool service_parse(const char *text, struct service *service)
{
	const char *slash = strchr(text, '/');
	size_t number = slash ? find_protocol(slash + 1) : PROTOCOLS;
	struct service found = {0};

	if (number == PROTOCOLS || !take_range(text, slash, protocols[number].most, &found) ||
	    found.low != found.high)
		return false;
	found.protocol = protocols[number].protocol;
	*service = found;
	return true;
}

bool policy_service_read(struct reader *reader, const struct node *item, struct service *service)
{
	const char *text = item->kind == NODE_TEXT ? item->text : "";
	const char *slash = strchr(text, '/');
	size_t number = find_protocol(slash ? slash + 1 : text);

	if (number == PROTOCOLS && !slash && *text && strspn(text, "0123456789-") == strlen(text)) {
		policy_fault(reader, item, "port %s without a protocol; write %s/tcp or %s/udp",
			     text, text, text);
		return false;
	}
	if (number == PROTOCOLS) {
		policy_fault(reader, item,
			     "`%s` is no port; write one like 443/tcp, 1000-2000/udp or 8/icmp "
			     "(tcp, udp, icmp, icmpv6)",
			     policy_quote(item).text);
		return false;
	}
	*service = (struct service){protocols[number].protocol, 0, protocols[number].most};
	if (!slash || take_range(text, slash, protocols[number].most, service))
		return true;
	policy_fault(reader, item, "`%s`: %s are numbers from 0 to %u, the lower one first",
		     policy_quote(item).text,
		     protocols[number].most == UINT16_MAX ? "ports" : "types",
		     protocols[number].most);
	return false;
}

void policy_port_read(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	if (!policy_list_check(reader, node, "ports", "[443/tcp]"))
		return;
	rule->services = policy_alloc(reader, node->count, sizeof(*rule->services));
	for (size_t i = 0; rule->services && i < node->count; i++)
		if (policy_service_read(reader, &node->children[i],
					&rule->services[rule->service_count]))
			rule->service_count++;
}
