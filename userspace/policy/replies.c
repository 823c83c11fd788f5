// SPDX-License-Identifier: GPL-2.0-or-later
/* "replies:": the ports of ours where answers to what comes in leave. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "maps/reply.h"
#include "userspace/policy/parse.h"

#define EXAMPLE "[{on: 443/tcp, why: our web site}]"

/* ICMP is answered where it asks for an echo; what else it tells has no answer. */
static bool is_answered(const struct service *on)
{
	if (on->protocol == IPPROTO_ICMP)
		return on->low == ICMP_ECHO && on->high == ICMP_ECHO;
	if (on->protocol == IPPROTO_ICMPV6)
		return on->low == ICMP6_ECHO_REQUEST && on->high == ICMP6_ECHO_REQUEST;
	return true;
}

static void read_on(struct reader *reader, const struct node *node, void *target)
{
	struct policy_reply *reply = target;

	if (!policy_service_read(reader, node, &reply->on))
		return;
	if (!is_answered(&reply->on))
		policy_fault(reader, node,
			     "`%s` has no answers; of ICMP write 8/icmp (echo), and of ICMPv6 "
			     "128/icmpv6",
			     policy_quote(node).text);
}

static void read_why(struct reader *reader, const struct node *node, void *target)
{
	struct policy_reply *reply = target;

	free(reply->why);
	reply->why = policy_line_read(reader, node, "why");
}

static const struct key reply_keys[] = {{"on", read_on, NULL}, {"why", read_why, NULL}};

/* Which item names the same ports, in whole or in part? That many: none. */
static size_t find_other(const struct policy *policy, const struct service *on)
{
	size_t i = 0;

	while (i < policy->reply_count &&
	       (policy->replies[i].on.protocol != on->protocol ||
		policy->replies[i].on.low > on->high || on->low > policy->replies[i].on.high))
		i++;
	return i;
}

static void add_reply(struct reader *reader, const struct node *list, size_t number)
{
	struct policy *policy = reader->policy;
	struct policy_reply *reply = &policy->replies[number];
	const struct node *item = &list->children[number];
	size_t other, errors = reader->diagnostics->errors;
	char ours[24], theirs[24];

	policy_map_read(reader, item, "a reply", reply_keys,
			sizeof(reply_keys) / sizeof(*reply_keys), reply);
	if (reader->diagnostics->errors == errors && !reply->on.protocol)
		policy_fault(reader, item, "a reply without a port of ours; write on: 443/tcp");
	other = reply->on.protocol ? find_other(policy, &reply->on) : number;
	if (other < number)
		policy_fault(reader, item, "%s: %s:%u names %s already; remove one",
			     service_format(&reply->on, ours), list->children[other].file,
			     list->children[other].line,
			     service_format(&policy->replies[other].on, theirs));
	policy->reply_count++;
}

void policy_replies_read(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	policy->replies_said = true;
	if (node->kind == NODE_TEXT && strcmp(node->text, "judge") == 0)
		return;
	if (node->kind != NODE_LIST || !node->count) {
		policy_fault(reader, node,
			     "`%s`: write judge (answers are judged like everything else), or the "
			     "ports of ours where they leave, as in " EXAMPLE,
			     policy_quote(node).text);
		return;
	}
	if (node->count > REPLY_SERVICES_MOST) {
		policy_fault(reader, node, "%zu replies; write at most %d, as ranges of ports",
			     node->count, REPLY_SERVICES_MOST);
		return;
	}
	policy->replies = policy_alloc(reader, node->count, sizeof(*policy->replies));
	for (size_t i = 0; policy->replies && i < node->count; i++)
		add_reply(reader, node, i);
}

void policy_replies_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->reply_count; i++)
		free(policy->replies[i].why);
	free(policy->replies);
}
